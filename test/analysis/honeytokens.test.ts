import { describe, expect, it } from 'vitest'
import { honeytokenReturns, honeytokensOf, mintedReturns } from '../../src/analysis/honeytokens.ts'
import { uuid7 } from '../../src/events/uuid7.ts'
import { openSqliteStore } from '../../src/store/sqlite/store.ts'
import { sampleEvent } from '../store/sample-events.ts'
import { tempFolder } from '../store/temp-folder.ts'

const persona = {
  name: 'web',
  files: new Map([
    [
      '/root/.aws/credentials',
      Buffer.from('[default]\naws_access_key_id = AKIAQ3EXAMPLEKEY4567\naws_secret_access_key = wJalrXUtnFEMIK7MDENGbPxRfiCYq8EXAMPLE\n'),
    ],
    [
      '/srv/app/.env',
      Buffer.from(
        'DB_HOST=127.0.0.1\nDB_PASSWORD=vK3-tarn-0912\nMAIL_PASSWORD=${SMTP}\nLOG_PATH=/var/log/app.log\nSECRET_FILE=/run/secret\n',
      ),
    ],
    ['/etc/passwd', Buffer.from('root:x:0:0:root:/root:/bin/bash\n')],
  ]),
  site: new Map<string, Buffer>(),
}

describe('honeytokens', () => {
  it('are the secrets in the files of a persona, not the words around them', () => {
    expect(honeytokensOf(persona).map(({ kind, secret }) => `${kind}: ${secret}`)).toEqual([
      'AWS key: AKIAQ3EXAMPLEKEY4567',
      'AWS secret: wJalrXUtnFEMIK7MDENGbPxRfiCYq8EXAMPLE',
      'password: vK3-tarn-0912',
    ])
  })

  it('of the mint are reported with whom they were shown to and who used them', async () => {
    const store = openSqliteStore(tempFolder())
    const data = {
      kind: 'password',
      name: 'tw_portal',
      owner: 'web',
      place: '/srv/app/.env',
      value: 'vK3tarn0912xyz',
      mintedFor: '192.0.2.1',
      mintedAt: 1000,
      how: 'login',
      field: 'password',
      seenIn: 'x',
    }
    for (const [time, srcIp] of [
      [5000, '198.51.100.1'],
      [6000, '198.51.100.2'],
      [7000, '198.51.100.1'],
    ] as const)
      store.append(sampleEvent({ session: uuid7(), time, srcIp, type: 'honeytoken.returned', data }))
    await store.flush()
    const returns = await mintedReturns(store)
    await store.close()
    expect(returns).toMatchObject([
      {
        file: '/srv/app/.env',
        count: 3,
        mintedFor: '192.0.2.1',
        usedBy: ['198.51.100.1', '198.51.100.2'],
        firstSeen: 5000,
        lastSeen: 7000,
      },
    ])
  })

  it('are reported when somebody tries them', async () => {
    const store = openSqliteStore(tempFolder())
    const login = { method: 'password', username: 'tarn', password: 'vK3-tarn-0912', accepted: false }
    store.append(sampleEvent({ session: uuid7(), time: 5000, type: 'login', data: login }))
    store.append(sampleEvent({ session: uuid7(), time: 6000, type: 'login', data: { ...login, password: 'vK3-tarn-0913' } }))
    const command = { kind: 'shell', input: "mysql -u tarn -p'vK3-tarn-0912' app", output: '', source: 'static', durationMs: 1 }
    store.append(sampleEvent({ session: uuid7(), time: 7000, type: 'turn', data: command }))
    await store.flush()
    const returns = await honeytokenReturns(honeytokensOf(persona), store)
    await store.close()
    expect(returns).toMatchObject([
      { how: 'command', file: '/srv/app/.env', value: command.input, firstSeen: 7000 },
      { how: 'login', file: '/srv/app/.env', value: 'vK3-tarn-0912', count: 1, firstSeen: 5000 },
    ])
  })
})
