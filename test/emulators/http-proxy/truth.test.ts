import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../../src/config/identity.ts'
import proxy from '../../../src/emulators/http-proxy/index.ts'
import { createHosts } from '../../../src/host/hosts.ts'
import { MemoryState, noEngine, type Playing, play } from '../../harness.ts'
import recording from './recording.json' with { type: 'json' }

const players = new Map<string, Playing>()
beforeAll(async () => {
  const identity = new Identity(Buffer.alloc(32, 7))
  for (const [name, options] of Object.entries({
    open: { safePorts: true },
    deny: { safePorts: true },
    basic: { auth: 'basic', realm: 'proxy', safePorts: true, login: { policy: 'list' } },
    digest: { auth: 'digest', realm: 'proxy', safePorts: true },
    privoxy: {},
  })) {
    const state = new MemoryState()
    const hosts = createHosts({ identity, engine: noEngine, state })
    players.set(name, await play(proxy, { persona: 'debian-web', identity, state, hosts, options }))
  }
})
afterAll(() => Promise.all([...players.values()].map((playing) => playing.stop())))

/** Dates, names, ports and what follows from their length are another each time. */
function masked(reply: string): string {
  return reply
    .replace(/(Date|Expires): \w{3}, \d.* GMT/g, '$1: DATE')
    .replace(/Generated .* GMT by [\w-]+/, 'Generated DATE by HOST')
    .replace(/ from [\w-]+:?\d*/g, ' from HOST')
    .replace(/Via: 1.1 [\w-]+/, 'Via: 1.1 HOST')
    .replace(/Content-Length: \d+/, 'Content-Length: N')
    .replace(/nonce="[0-9a-f]{32}"/, 'nonce="N"')
    .replace(/Privoxy@[\w-]+/g, 'Privoxy@HOST')
    .replace(/on [\w-]+ \(127\.0\.0\.1\), port \d+/, 'on HOST')
}

describe('Squid 5.7 and Privoxy 3.0.34', () => {
  it.each(recording)('$name', async ({ name, send, reply, end }) => {
    const playing = players.get(name.split('/')[0]!)!
    const port = playing.port(name.startsWith('privoxy') ? 1 : 0)
    const answer = (await playing.exchange(Buffer.from(send, 'latin1'), { port, quietMs: 150 })).toString('latin1')
    expect(masked(answer)).toBe(masked(reply))
    const length = /Content-Length: (\d+)/.exec(answer)?.[1]
    if (length && !name.endsWith('head')) expect(answer.length - answer.indexOf('\r\n\r\n') - 4).toBe(Number(length))
    expect(['open', 'closed']).toContain(end)
  })
})
