import { connect as tlsConnect } from 'node:tls'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { ja4, parseClientHello } from '../../src/sensor/client-hello.ts'
import { defineLure } from '../../src/sensor/lure.ts'
import { type Playing, play } from '../harness.ts'

const uint16 = (n: number): Buffer => Buffer.from([n >> 8, n & 0xff])
const vector16 = (...parts: Buffer[]): Buffer => Buffer.concat([uint16(Buffer.concat(parts).length), ...parts])
const list = (text: string): number[] => text.split(',').map((h) => Number.parseInt(h, 16))

function hello(ciphers: number[], extensions: [type: number, data: Buffer][]): Buffer {
  const body = Buffer.concat([
    uint16(0x0303),
    Buffer.alloc(32, 7),
    Buffer.from([0]),
    vector16(...ciphers.map(uint16)),
    Buffer.from([1, 0]),
    vector16(...extensions.map(([type, data]) => Buffer.concat([uint16(type), vector16(data)]))),
  ])
  const message = Buffer.concat([Buffer.from([1, 0]), vector16(body)])
  return Buffer.concat([Buffer.from([0x16, 3, 1]), vector16(message)])
}

describe('JA4', () => {
  it("gives the specification's example for a browser with GREASE, SNI, h2 and TLS 1.3", () => {
    const ciphers = list('0a0a,1301,1302,1303,c02b,c02f,c02c,c030,cca9,cca8,c013,c014,009c,009d,002f,0035')
    const algorithms = list('0403,0804,0401,0503,0805,0501,0806,0601')
    const plain = list('0005,000a,000b,0012,0015,0017,001b,0023,002d,0033,4469,ff01')
    const extensions: [number, Buffer][] = [
      [0x1a1a, Buffer.alloc(0)],
      [0, Buffer.alloc(4)],
      [16, vector16(Buffer.from('\x02h2\x08http/1.1', 'latin1'))],
      [13, vector16(...algorithms.map(uint16))],
      [43, Buffer.concat([Buffer.from([6]), uint16(0x2a2a), uint16(0x0304), uint16(0x0303)])],
      ...plain.map((type): [number, Buffer] => [type, Buffer.alloc(0)]),
    ]
    expect(ja4(parseClientHello(hello(ciphers, extensions))!).value).toBe('t13d1516h2_8daaf6152771_e5627efa2ab1')
  })

  it('reads any bytes as a hello or as none, without throwing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (bytes, framed) => {
        const record = framed
          ? Buffer.concat([Buffer.from([0x16, 3, 1]), vector16(Buffer.from([1, 0, 0, 0]), Buffer.from(bytes))])
          : Buffer.from(bytes)
        const found = parseClientHello(record)
        if (found) expect(ja4(found).value).toMatch(/^t..[di]\d{4}..?_[0-9a-f]{12}_[0-9a-f]{12}$/)
      }),
    )
  })
})

describe('a TLS port', () => {
  let playing: Playing | undefined
  afterEach(async () => playing?.stop())

  it('records the fingerprint of the client, in the session that the visit joins', async () => {
    const session = '0199c3f0-0000-7000-8000-000000000001'
    const lure = defineLure({
      name: 'probe',
      standsFor: [],
      about: 'a lure for tests',
      profiles: ['mini'],
      ports: [{ transport: 'tcp', port: 7, tls: true }],
      options: z.strictObject({}),
      events: {},
      joinsSessions: true,
      answersPlainOnTls: true,
      async serve(visit) {
        visit.join(session)
        await visit.write(visit.tls ? 'secure' : 'plain')
      },
    })
    playing = await play(lure, { persona: 'plain', prompts: 'test/fixtures/prompts' })
    expect((await playing.exchange('hello')).toString()).toBe('plain')
    const { promise, resolve } = Promise.withResolvers<string>()
    const socket = tlsConnect({ port: playing.port(), rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
    socket.on('error', () => resolve('')).on('data', (d) => resolve(d.toString()))
    expect(await promise).toBe('secure')
    socket.destroy()
    await playing.seen('session.close', 2)
    expect(playing.data('fingerprint')).toMatchObject([{ kind: 'ja4', value: expect.stringMatching(/^t13i\d{4}h1_/) }])
    expect(playing.events.map((e) => e.session)).toEqual(playing.events.map(() => session))
    expect(playing.events.map((e) => e.type)).toEqual(['session.open', 'session.close', 'session.open', 'fingerprint', 'session.close'])
  })

  it('ends at once for a client that leaves before its hello', async () => {
    const lure = defineLure({
      name: 'probe',
      standsFor: [],
      about: 'a lure for tests',
      profiles: ['mini'],
      ports: [{ transport: 'tcp', port: 7, tls: true }],
      options: z.strictObject({}),
      events: {},
      serve: async () => undefined,
    })
    playing = await play(lure, { persona: 'plain', prompts: 'test/fixtures/prompts' })
    await playing.exchange('', { end: true })
    await playing.exchange(Buffer.from([0x16, 3, 1, 1, 0]), { end: true })
    expect((await playing.seen('session.close', 2)).data).toMatchObject({ reason: 'attacker' })
  })
})
