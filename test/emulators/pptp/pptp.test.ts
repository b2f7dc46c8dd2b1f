import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeMessage, encodeStart, PptpError, parseHeader, parseOutgoing, parseStart } from '../../../src/emulators/pptp/codec.ts'
import pptp from '../../../src/emulators/pptp/index.ts'
import { type Playing, play } from '../../harness.ts'

let playing: Playing
beforeAll(async () => {
  playing = await play(pptp, { persona: 'debian-web' })
})
afterAll(() => playing.stop())

const start = { version: 0x0100, framing: 3, bearer: 3, channels: 0xffff, firmware: 1, hostname: 'host', vendor: 'vendor' }
const sccrq = encodeMessage({ type: 1, body: encodeStart(start, 0) })
const call = Buffer.concat([
  Buffer.from('0001000200000960 05f5e100 00000003 00000003 0040 0000 0000 0000'.replace(/ /g, ''), 'hex'),
  Buffer.alloc(128),
])

/** What pptpd 1.4.0-12 of Debian said, recorded on loopback. */
const STARTED = `009c00011a2b3c4d0002000001000100000000000000000000010001${'6c6f63616c'.padEnd(128, '0')}${'6c696e7578'.padEnd(128, '0')}`
const RECORDED: [string, Buffer[], string][] = [
  ['start', [sccrq], STARTED],
  ['echo', [sccrq, encodeMessage({ type: 5, body: Buffer.from('deadbeef', 'hex') })], `${STARTED}001400011a2b3c4d00060000deadbeef01000000`],
  ['stop', [sccrq, encodeMessage({ type: 3, body: Buffer.of(1, 0, 0, 0) })], `${STARTED}001000011a2b3c4d0004000001000000`],
  ['call', [sccrq, encodeMessage({ type: 7, body: call })], `${STARTED}002000011a2b3c4d00080000020000010100000005f5e1000004000000000000`],
  ['clear', [sccrq, encodeMessage({ type: 12, body: Buffer.of(0, 1, 0, 0) })], STARTED],
  ['unknown type', [sccrq, encodeMessage({ type: 99, body: Buffer.alloc(8) })], STARTED],
  ['echo before the start', [encodeMessage({ type: 5, body: Buffer.alloc(4) })], ''],
  ['no PPTP', [Buffer.from('GET / HTTP/1.0\r\n\r\n')], ''],
]

describe('poptop 1.4.0', () => {
  it.each(RECORDED)('%s', async (_name, sent, answer) => {
    expect((await playing.exchange(Buffer.concat(sent), { quietMs: 150 })).toString('hex')).toBe(answer)
  })

  it('writes down who calls', () => {
    expect(playing.data('pptp.start')[0]).toEqual(start)
    expect(playing.data('pptp.call')).toEqual([{ callId: 1, serial: 2, maxBps: 100_000_000, window: 64, phone: '' }])
    expect(playing.data('pptp.malformed')).toEqual([
      {
        message: 'control type 5 before the start',
        bytes: encodeMessage({ type: 5, body: Buffer.alloc(4) })
          .subarray(0, 16)
          .toString('latin1'),
      },
      { message: 'message type 21536', bytes: 'GET / HTTP/1.0\r\n\r\n' },
    ])
  })
})

it('the codec reads what it writes and throws nothing but its own error', () => {
  const name = fc.string({ unit: 'grapheme-ascii', maxLength: 64 })
  fc.assert(
    fc.property(name, name, (hostname, vendor) => {
      expect(parseStart(encodeStart({ ...start, hostname, vendor }, 0))).toEqual({ ...start, hostname, vendor })
    }),
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (given) => {
      const bytes = Buffer.from(given)
      for (const parse of [parseHeader, parseStart, parseOutgoing]) {
        try {
          parse(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(PptpError)
        }
      }
    }),
  )
})
