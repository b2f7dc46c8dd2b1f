import { afterEach, describe, expect, it } from 'vitest'
import http from '../../src/http/lure.ts'
import { type Playing, play } from '../harness.ts'
import { MemoryHosts } from './memory-hosts.ts'
import { isFound, probeRequest, probes } from './probes.ts'

let playing: Playing | undefined
afterEach(async () => playing?.stop())

/** The score as a table, one class of probes a line. */
function formatted(rows: Record<string, Record<string, number>>): string {
  return Object.entries(rows)
    .map(
      ([kind, counts]) =>
        `  ${kind.padEnd(16)}${Object.entries(counts)
          .map(([name, n]) => ` ${name} ${String(n).padStart(3)}`)
          .join('')}`,
    )
    .join('\n')
}

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
    const score = all.map(({ class: kind }, i) => ({ kind, status: replies[i]!.slice(9, 12), found: found.includes(all[i]!.name) }))
    const rows = [...new Set(score.map(({ kind }) => kind))].sort().map((kind) => {
      const own = score.filter((one) => one.kind === kind)
      const with404 = own.filter(({ status }) => status === '404').length
      return [kind, { probes: own.length, found: own.filter((one) => one.found).length, notFound: with404, other: own.length - with404 }]
    })
    process.stdout.write(`${formatted(Object.fromEntries(rows))}\n`)
    // What is not a 404 asks for the front page or is refused by nginx before it looks for a file.
    expect(score.filter(({ status }) => status === '404').length).toBeGreaterThan(all.length * 0.75)
    expect([...statuses.keys()].sort()).toEqual(['200', '400', '404', '405'])
    // What exists: the front page, whatever the query says.
    expect(statuses.get('200')!.filter((target) => !/^GET (\/|\/index\.html|\/robots\.txt|\/sitemap\.xml)(\?|$)/.test(target))).toEqual([])
    await playing.seen('http.request', all.length)
    expect(playing.deadLetters).toEqual([])
  }, 20_000)
})
