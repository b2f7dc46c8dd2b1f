import { createSocket } from 'node:dgram'
import { existsSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openStateStore } from '../../src/store/state.ts'
import { sundew } from '../cli/run-sundew.ts'
import { tempFolder } from '../store/temp-folder.ts'
import { fakeHttp, fakeTcp } from './fake-server.ts'

/** A settings file with these outputs, as the operator's command line is given it. */
function configured(outputs: readonly Record<string, unknown>[]): { data: string; run: (...words: string[]) => ReturnType<typeof sundew> } {
  const data = tempFolder()
  const file = join(data, 'sundew.yaml')
  writeFileSync(file, JSON.stringify({ data, prompts: 'prompts', outputs }))
  return { data, run: (...words) => sundew('outputs', ...words, '--config', file) }
}

async function fakeUdp(): Promise<number> {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  onTestFinished(() => void socket.close())
  return (socket.address() as AddressInfo).port
}

describe('sundew outputs test', () => {
  it.each([
    ['elasticsearch', { template: false }],
    ['splunk', { token: 't' }],
    ['loki', {}],
    ['webhook', {}],
    ['otlp', {}],
  ])('sends %s an event that is marked as a test, and says that it was taken', async (kind, settings) => {
    const { url, received } = await fakeHttp({ status: 200, body: '{"errors":false,"items":[]}' })
    const { code, out } = await configured([{ kind, url, ...settings }]).run('test', kind)
    expect([code, out]).toEqual([0, expect.stringMatching(new RegExp(`^${kind} took the test event [0-9a-f-]{36} in `))])
    expect(received.map(({ body }) => body).join()).toMatch(/sundew-test/)
  })

  it('writes to files and sockets as well', async () => {
    const heard: string[] = []
    const { port } = await fakeTcp((socket) => socket.on('data', (data) => heard.push(String(data))))
    const { data, run } = configured([
      { kind: 'tpot' },
      { kind: 'syslog', name: 'tcp', host: '127.0.0.1', port, transport: 'tcp' },
      { kind: 'syslog', name: 'udp', host: '127.0.0.1', port: await fakeUdp() },
    ])
    for (const name of ['tpot', 'tcp', 'udp']) expect((await run('test', name)).code).toBe(0)
    expect(existsSync(join(data, 'tpot/cowrie/log/cowrie.json'))).toBe(true)
    await expect.poll(() => heard.join()).toContain('note:test')
  })

  it('says why an event was not taken', async () => {
    const { url } = await fakeHttp({ status: 401, body: 'who are you' })
    const { code, err } = await configured([{ kind: 'webhook', name: 'siem', url }]).run('test', 'siem')
    expect([code, err]).toEqual([1, expect.stringMatching(/^siem did not take a test event: .*401/)])
  })
})

describe('sundew outputs', () => {
  it('lists what there is, and knows no other', async () => {
    const { run } = configured([{ kind: 'webhook', name: 'siem', url: 'http://127.0.0.1:9', enabled: false }])
    expect((await run()).out).toMatch(/^siem +webhook .*off$/m)
    const { code, err } = await run('test', 'nowhere')
    expect([code, err]).toEqual([2, expect.stringContaining('there is no output "nowhere"')])
  })

  it('replay leaves word for the sensor, from when on', async () => {
    const { data, run } = configured([{ kind: 'webhook', name: 'siem', url: 'http://127.0.0.1:9' }])
    expect((await run('replay', 'siem', '--since', '2026-01-02')).out).toMatch(/^siem gets everything since 2026-01-02T00:00:00.000Z again/)
    const state = openStateStore(data)
    onTestFinished(() => state.close())
    expect(String(state.get('output.replay', 'siem'))).toBe(String(Date.UTC(2026, 0, 2)))
    expect((await run('replay', 'siem')).code).toBe(2)
  })
})
