import { createSocket } from 'node:dgram'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DhcpError, type DhcpMessage, encodeDhcp, OPTION, optionOf, parseDhcp } from '../../../src/emulators/dhcp/codec.ts'
import dhcp from '../../../src/emulators/dhcp/index.ts'
import { type Playing, play } from '../../harness.ts'

let silent: Playing
let offering: Playing
beforeAll(async () => {
  silent = await play(dhcp, { persona: 'debian-web' })
  offering = await play(dhcp, { persona: 'debian-web', options: { offers: true } })
})
afterAll(() => Promise.all([silent.stop(), offering.stop()]))

function request(type: number, more: DhcpMessage['options'] = []): Buffer {
  return encodeDhcp({
    op: 1,
    hardware: 1,
    xid: 0xdeadbeef,
    flags: 0,
    ciaddr: '0.0.0.0',
    yiaddr: '0.0.0.0',
    siaddr: '0.0.0.0',
    giaddr: '0.0.0.0',
    chaddr: Buffer.concat([Buffer.from('02004c4f4f50', 'hex'), Buffer.alloc(10)]),
    options: [{ code: OPTION.TYPE, value: Buffer.of(type) }, ...more],
  })
}

/** The answer to one datagram, or nothing within 150 ms. */
async function ask(playing: Playing, bytes: Buffer): Promise<DhcpMessage | undefined> {
  const socket = createSocket('udp4')
  try {
    return await new Promise((resolve) => {
      socket.once('message', (answer) => resolve(parseDhcp(answer)))
      socket.send(bytes, playing.port(), '127.0.0.1')
      setTimeout(() => resolve(undefined), 150)
    })
  } finally {
    socket.close()
  }
}

describe('a request', () => {
  it('is written down and not answered', async () => {
    const more = [
      { code: OPTION.HOSTNAME, value: Buffer.from('kiosk') },
      { code: OPTION.VENDOR_CLASS, value: Buffer.from('MSFT 5.0') },
      { code: OPTION.REQUESTED_ADDRESS, value: Buffer.of(10, 0, 0, 9) },
      { code: OPTION.PARAMETERS, value: Buffer.of(1, 3, 6, 15) },
    ]
    expect(await ask(silent, request(1, more))).toBeUndefined()
    expect(silent.data('dhcp.request')).toEqual([
      {
        type: 'discover',
        xid: 0xdeadbeef,
        mac: '02:00:4c:4f:4f:50',
        ciaddr: '0.0.0.0',
        requested: '10.0.0.9',
        giaddr: '0.0.0.0',
        hostname: 'kiosk',
        vendorClass: 'MSFT 5.0',
        parameters: [1, 3, 6, 15],
        options: [
          [53, '01'],
          [12, '6b696f736b'],
          [60, '4d53465420352e30'],
          [50, '0a000009'],
          [55, '0103060f'],
        ],
      },
    ])
  })

  it('that is none is written down too', async () => {
    expect(await ask(silent, Buffer.from('hello'))).toBeUndefined()
    expect(silent.data('dhcp.malformed')).toEqual([{ message: '5 bytes', bytes: 'hello' }])
  })
})

describe('offers', () => {
  it('are of the persona’s network, the same for the same client', async () => {
    const [first, second] = [await ask(offering, request(1)), await ask(offering, request(1))]
    expect(first).toMatchObject({ op: 2, xid: 0xdeadbeef, yiaddr: second?.yiaddr })
    expect(first!.options.map(({ code }) => code)).toEqual([53, 54, 51, 58, 59, 1, 6, 15, 3])
    const server = optionOf(first!, OPTION.SERVER)!
    expect(first!.yiaddr.split('.').slice(0, 3)).toEqual([...server.subarray(0, 3)].map(String))
    expect(optionOf(first!, OPTION.TYPE)).toEqual(Buffer.of(2))
  })

  it('give an INFORM the facts and no lease, and leave a request to another server alone', async () => {
    const informed = await ask(offering, request(8, [{ code: OPTION.PARAMETERS, value: Buffer.of(1, 15) }]))
    expect(informed!.yiaddr).toBe('0.0.0.0')
    expect(informed!.options.map(({ code }) => code)).toEqual([53, 54, 1, 15])
    expect(await ask(offering, request(3, [{ code: OPTION.SERVER, value: Buffer.of(9, 9, 9, 9) }]))).toBeUndefined()
  })
})

it('the codec reads what it writes and throws nothing but its own error', () => {
  const option = fc.record({
    code: fc.integer({ min: 1, max: 254 }),
    value: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
  })
  fc.assert(
    fc.property(fc.array(option, { maxLength: 8 }), (options) => {
      const message = parseDhcp(request(1, options))
      expect(message.options.slice(1)).toEqual(options)
      expect(parseDhcp(encodeDhcp(message))).toEqual(message)
    }),
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (tail) => {
      try {
        parseDhcp(Buffer.concat([request(1).subarray(0, 240), tail]))
      } catch (error) {
        expect(error).toBeInstanceOf(DhcpError)
      }
    }),
  )
})
