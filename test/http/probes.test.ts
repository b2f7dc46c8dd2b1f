import { afterEach, describe, expect, it } from 'vitest'
import http from '../../src/http/lure.ts'
import { type Playing, play } from '../harness.ts'
import { ask, type Reply, scan } from './ask.ts'
import { MemoryHosts } from './memory-hosts.ts'

let playing: Playing | undefined
afterEach(async () => playing?.stop())

interface Site {
  persona: string
  /** Its `Server` line; none where the server sends none. */
  server: string | undefined
  /** How many of the probes get which status. */
  statuses: Record<number, number>
}

/** What is no 404 asks for the front page, or is refused by that server before it looks for a file. */
const SITES: Site[] = [
  { persona: 'debian-web', server: 'nginx/1.22.1', statuses: { 200: 22, 400: 9, 404: 142, 405: 1 } },
  { persona: 'hospital-integration', server: 'Apache/2.4.71 (Debian)', statuses: { 200: 22, 400: 8, 404: 142, 405: 2 } },
  { persona: 'openwrt-router', server: undefined, statuses: { 200: 23, 400: 1, 404: 149, 413: 1 } },
  { persona: 'ubuntu-gpu', server: 'nginx/1.18.0 (Ubuntu)', statuses: { 200: 22, 400: 9, 404: 142, 405: 1 } },
  { persona: 'substation-gateway', server: 'lighttpd/1.4.69', statuses: { 200: 21, 400: 5, 404: 147, 431: 1 } },
  { persona: 'fuel-terminal', server: 'Apache/2.4.71 (Debian)', statuses: { 200: 22, 400: 8, 404: 142, 405: 2 } },
  // It has no site: its front page is forbidden.
  { persona: 'android-tv', server: 'nginx', statuses: { 400: 9, 403: 20, 404: 145 } },
]

/** The answer without what differs from one request to the next: the time, and the target where the page names it. */
function shapeOf({ head, body }: Reply): string {
  return `${head.replace(/\r\nDate: [^\r]*/, '')}\n${body.replace(/(requested URL ).*( was not)/, '$1$2')}`.replace(
    /Content-Length: \d+/i,
    '',
  )
}

/** What a site says to one who asks for something that no site has. */
async function ownNotFound(one: Playing, method: string): Promise<string> {
  return shapeOf(await ask(one, method, '/w3k9-zz-8412/q7.html', { body: method === 'GET' ? '' : 'a=1' }))
}

describe.each(SITES)('recorded probes for products that $persona does not run', ({ persona, server, statuses }) => {
  it("find nothing, get this site's own 404, and are recorded whole", async () => {
    playing = await play(http, { persona, hosts: new MemoryHosts(), settings: { limits: { connectionsPerSource: 300 } } })
    const { finds, replies } = await scan(playing)
    // A plug-in that does not exist is not there: what this one looks for is an absence.
    expect(finds).toEqual(['wp-random-plugin-404'])
    const counts = Object.groupBy(replies, ({ reply }) => reply.status)
    expect(Object.fromEntries(Object.entries(counts).map(([status, those]) => [status, those?.length]))).toEqual(statuses)
    for (const { probe, reply } of replies) expect(reply.header('server'), probe.name).toBe(server)
    await playing.seen('http.request', replies.length)
    const missing = counts[404]!.filter(({ probe }) => Object.keys(probe.headers).length === 0)
    const own = new Map(
      await Promise.all(
        [...new Set(missing.map(({ probe }) => probe.method))].map(
          async (method) => [method, await ownNotFound(playing!, method)] as const,
        ),
      ),
    )
    for (const { probe, reply } of missing) expect(shapeOf(reply), probe.name).toBe(own.get(probe.method))
    // What exists: the front page, whatever the query says.
    const shown = (counts[200] ?? []).map(({ probe }) => probe.path)
    expect(shown.filter((target) => !/^(\/|\/index\.html|\/robots\.txt|\/sitemap\.xml)(\?|$)/.test(target))).toEqual([])
    expect(playing.deadLetters).toEqual([])
  }, 30_000)
})
