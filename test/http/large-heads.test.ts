import { afterEach, describe, expect, it } from 'vitest'
import http from '../../src/http/lure.ts'
import { type Playing, play } from '../harness.ts'
import { readReply } from './ask.ts'
import { MemoryHosts } from './memory-hosts.ts'

let playing: Playing | undefined
afterEach(async () => playing?.stop())

const LENGTH = 128 * 1024

/** What each web server says to a line of 128 KiB in a head, and to a target as long. */
const SITES: { persona: string; header: [status: number, page: RegExp]; target: [status: number, page: RegExp] }[] = [
  { persona: 'debian-web', header: [400, /400 Request Header Or Cookie Too Large/], target: [414, /<h1>414 Request-URI Too Large<\/h1>/] },
  { persona: 'ubuntu-gpu', header: [400, /400 Request Header Or Cookie Too Large/], target: [414, /<h1>414 Request-URI Too Large<\/h1>/] },
  { persona: 'hospital-integration', header: [400, /Size of a request header field exceeds/], target: [414, /exceeds the capacity/] },
  { persona: 'fuel-terminal', header: [400, /Size of a request header field exceeds/], target: [414, /exceeds the capacity/] },
  {
    persona: 'substation-gateway',
    header: [431, /431 Request Header Fields Too Large/],
    target: [431, /431 Request Header Fields Too Large/],
  },
  { persona: 'openwrt-router', header: [413, /Request Entity Too Large/], target: [413, /Request Entity Too Large/] },
]

async function sent(head: string): Promise<{ status: number; body: string; kept: string | undefined; event: Record<string, unknown> }> {
  const reply = readReply(await playing!.exchange(head, { quietMs: 8_000 }))
  const event = (await playing!.seen('http.request')).data
  const artifact = playing!.data<{ how: string; sha256: string }>('artifact').find(({ how }) => how === 'http.head')
  return { status: reply.status, body: reply.body, kept: playing!.artifacts.get(artifact?.sha256 ?? '')?.toString('latin1'), event }
}

describe.each(SITES)('128 KiB in one line of a head to $persona', ({ persona, header, target }) => {
  it.each([
    ['as a header', `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(LENGTH)}\r\nConnection: close\r\n\r\n`, header],
    ['as the target', `GET /${'a'.repeat(LENGTH)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`, target],
  ] as const)('%s is refused by the page of its web server, and recorded whole', async (_, head, [status, page]) => {
    playing = await play(http, { persona, hosts: new MemoryHosts() })
    const got = await sent(head)
    expect([got.status, got.event.refused]).toEqual([status, true])
    expect(got.body).toMatch(page)
    expect(got.kept).toBe(head)
    expect(playing.deadLetters).toEqual([])
  })
})
