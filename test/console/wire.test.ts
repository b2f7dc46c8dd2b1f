import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PICTURE_POLICY, pictureOf } from '../../src/console/api/picture.ts'
import { evidence } from '../../src/events/bytes.ts'
import type { SundewEvent } from '../../src/events/schema.ts'
import { uuid7 } from '../../src/events/uuid7.ts'
import { sampleEvent } from '../store/sample-events.ts'
import { type Browser, ConsoleUnderTest } from './console-under-test.ts'

let console: ConsoleUnderTest
let browser: Browser

beforeAll(async () => {
  console = await ConsoleUnderTest.open()
  browser = await console.browser('vera', 'viewer')
})

afterAll(() => console.close())

const answer = (head: string, body: Buffer | string): Buffer =>
  Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n`), Buffer.from(body)])

function turn(
  session: string,
  over: Partial<SundewEvent>,
  output: Buffer,
  input: Buffer = Buffer.from('GET / HTTP/1.1\r\n\r\n'),
): SundewEvent {
  const data = { kind: 'web', input: evidence(input), output: evidence(output), source: 'llm', durationMs: 1500 }
  return sampleEvent({ session, lure: 'http', dstPort: 80, type: 'turn', data, ...over })
}

describe('the picture of a page', () => {
  it('is the HTML of an answer, however it was packed', () => {
    const html = '<h1>hé</h1>'
    const html1 = (bytes: Buffer): string | undefined => pictureOf(bytes)?.html.toString()
    expect(html1(answer('content-type: text/html', html))).toBe(html)
    expect(html1(answer('Content-Type: text/html\r\nContent-Encoding: gzip', gzipSync(html)))).toBe(html)
    expect(html1(answer('Content-Type: text/html\r\nTransfer-Encoding: chunked', '4\r\n<h1>\r\n2;x=y\r\nhi\r\n0\r\n\r\n'))).toBe('<h1>hi')
    // Cut by the event in the middle.
    const long = gzipSync('<p>x</p>'.repeat(5_000))
    expect(html1(answer('Content-Type: text/html\r\nContent-Encoding: gzip', long.subarray(0, 60)))).toMatch(/^<p>x/)
    expect(pictureOf(answer('Content-Type: text/html; charset=windows-1251', html))?.charset).toBe('windows-1251')
  })

  it('is none of anything else', () => {
    expect(pictureOf(answer('Content-Type: image/svg+xml', '<svg onload=x>'))).toBeUndefined()
    expect(pictureOf(answer('X: text/html', '<b>'))).toBeUndefined()
    expect(pictureOf(Buffer.from('$ ls\r\ncontent-type: text/html\r\n\r\n<b>'))).toBeUndefined()
    expect(pictureOf(answer('Content-Type: text/html\r\nContent-Encoding: gzip', 'no gzip'))).toBeUndefined()
  })

  it('has no element that asks for something by itself', () => {
    const html =
      '<LINK rel=dns-prefetch href=//evil.example><li<link>nk><meta http-equiv=refresh content=0><iframe src=//evil.example></iframe>'
    const shown = pictureOf(answer('Content-Type: text/html', html))?.html.toString() ?? ''
    expect(shown).not.toMatch(/<\/?(?:link|meta|i?frame)\b/i)
    expect(shown).toContain('<x-LINK rel=dns-prefetch')
  })

  it('comes with a policy that lets it do nothing', async () => {
    const session = uuid7()
    const event = turn(session, {}, answer('Content-Type: text/html', '<script>hacked()</script>hello'))
    await console.keep([event])
    const { status, text, headers } = await browser.get(`/sessions/${session}/pictures/${event.id}`)
    expect({ status, text, type: headers['content-type'] }).toEqual({
      status: 200,
      text: '<script>hacked()</script>hello',
      type: 'text/html; charset=utf-8',
    })
    expect(headers['content-security-policy']).toBe(PICTURE_POLICY)
    expect(PICTURE_POLICY).toMatch(/^sandbox; default-src 'none';/)
    expect(headers['x-content-type-options']).toBe('nosniff')
    expect((await browser.get(`/sessions/${session}/pictures/${uuid7()}`)).status).toBe(404)
  })
})

describe('the capture of a session', () => {
  it('holds what was said at its time, in packets whose sums are right', async () => {
    const session = uuid7()
    const time = 1_780_000_000_000
    const long = Buffer.alloc(4_000, 'x')
    await console.keep([
      sampleEvent({ session, time, lure: 'http', dstPort: 80, type: 'session.open', data: {} }),
      turn(session, { time: time + 2_000 }, long, Buffer.of(0, 255, 10)),
      sampleEvent({ session, time: time + 3_000, lure: 'http', dstPort: 80, type: 'session.close', data: { reason: 'attacker' } }),
    ])
    const { bytes, headers } = await browser.get(`/sessions/${session}/pcapng`)
    expect(headers['content-disposition']).toBe(`attachment; filename="sundew-http-${session}.pcapng"`)
    const packets = packetsOf(bytes)
    const payloads = packets.map(({ packet }) => packet.subarray(40)).filter(({ length }) => length > 0)
    expect(payloads).toEqual([Buffer.of(0, 255, 10), ...[0, 1_400, 2_800].map((at) => long.subarray(at, at + 1_400))])
    expect(packets.map((one) => one.time - time)).toEqual([0, 0, 0, 0, 500, 2_000, 2_000, 2_000, 3_000, 3_000, 3_000])
    for (const { packet } of packets) {
      const pseudo = Buffer.concat([packet.subarray(12, 20), Buffer.of(0, 6), lengthOf(packet), packet.subarray(20)])
      expect([sumOf(packet.subarray(0, 20)), sumOf(pseudo)]).toEqual([0xffff, 0xffff])
    }
  })

  it('of datagrams and of IPv6 too', async () => {
    const session = uuid7()
    const at = { session, lure: 'dns', transport: 'udp', srcIp: '2001:db8::7', dstIp: '2001:db8::53', dstPort: 53 } as const
    await console.keep([sampleEvent({ ...at, type: 'dns.query', data: { data: { base64: '/w==' } } })])
    const [only] = packetsOf((await browser.get(`/sessions/${session}/pcapng`)).bytes)
    expect(only?.packet.toString('hex')).toMatch(/^600000000009114020010db8/)
    expect(only?.packet.subarray(-1)).toEqual(Buffer.of(255))
  })
})

function lengthOf(packet: Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(packet.length - 20)
  return length
}

/** Enhanced packet blocks of a pcapng file. */
function packetsOf(file: Buffer): { time: number; packet: Buffer }[] {
  const found: { time: number; packet: Buffer }[] = []
  for (let at = 0; at < file.length; at += file.readUInt32LE(at + 4)) {
    const length = file.readUInt32LE(at + 4)
    expect(file.readUInt32LE(at + length - 4)).toBe(length)
    if (file.readUInt32LE(at) !== 6) continue
    const time = (file.readUInt32LE(at + 12) * 2 ** 32 + file.readUInt32LE(at + 16)) / 1000
    found.push({ time, packet: Buffer.from(file.subarray(at + 28, at + 28 + file.readUInt32LE(at + 20))) })
  }
  return found
}

/** The ones' complement sum of a header with its own checksum in it. */
function sumOf(bytes: Buffer): number {
  let sum = 0
  for (let at = 0; at < bytes.length; at += 2) sum += (bytes[at] as number) * 256 + (bytes[at + 1] ?? 0)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16)
  return sum
}
