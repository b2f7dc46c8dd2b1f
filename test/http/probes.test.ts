import { afterEach, describe, expect, it } from 'vitest'
import http from '../../src/http/lure.ts'
import { type Playing, play } from '../harness.ts'
import { MemoryHosts } from './memory-hosts.ts'
import { isFound, probeRequest, probes } from './probes.ts'

let playing: Playing | undefined
afterEach(async () => playing?.stop())

describe('recorded probes for products that this persona does not run', () => {
  it('find nothing, get what nginx answers, and are recorded whole', async () => {
    playing = await play(http, { persona: 'debian-web', hosts: new MemoryHosts(), settings: { limits: { connectionsPerSource: 200 } } })
    const all = probes()
    const replies = await Promise.all(
      all.map(async (probe) => (await playing!.exchange(probeRequest(probe), { quietMs: 5_000 })).toString()),
    )
    const found = all.filter((probe, i) => isFound(probe, replies[i]!)).map((probe) => probe.name)
    // A plug-in that does not exist is not there: what this one looks for is the opposite.
    expect(found).toEqual(['wp-random-plugin-404'])
    const statuses = new Map<string, string[]>()
    for (const [i, reply] of replies.entries()) {
      expect(reply, all[i]!.name).toMatch(/^HTTP\/1\.1 \d{3} .*\r\nServer: nginx\/1\.22\.1\r\n/)
      const status = reply.slice(9, 12)
      statuses.set(status, [...(statuses.get(status) ?? []), `${all[i]!.method} ${all[i]!.path}`])
    }
    expect([...statuses.keys()].sort()).toEqual(['200', '400', '404', '405'])
    // What exists: the front page, whatever the query says.
    expect(statuses.get('200')!.filter((target) => !/^GET (\/|\/index\.html|\/robots\.txt|\/sitemap\.xml)(\?|$)/.test(target))).toEqual([])
    await playing.seen('http.request', all.length)
    expect(playing.deadLetters).toEqual([])
  }, 20_000)
})
