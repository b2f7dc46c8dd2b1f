import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DEFAULT_SEPARATORS, escapeText, Hl7Error, parseMessage, unescapeText } from '../../../src/emulators/hl7/codec.ts'
import { encodeFrame, MllpDecoder, type Piece } from '../../../src/emulators/hl7/mllp.ts'

const bytes = fc.uint8Array({ maxLength: 400 }).map((b) => Buffer.from(b))

function piecesOf(whole: Buffer, cuts: readonly number[], keep = 1024): Piece[] {
  const decoder = new MllpDecoder(keep)
  let at = 0
  for (const cut of cuts) {
    decoder.push(whole.subarray(at, at + cut + 1))
    at += cut + 1
  }
  decoder.push(whole.subarray(at))
  decoder.settle()
  const pieces: Piece[] = []
  for (let piece = decoder.next(); piece; piece = decoder.next()) pieces.push(piece)
  return pieces
}

describe('MLLP', () => {
  it('gives back the messages that were framed, however the bytes are cut', () => {
    const message = bytes.filter((b) => !b.includes(0x1c)).map((b) => b.toString('latin1'))
    fc.assert(
      fc.property(fc.array(message, { maxLength: 5 }), fc.array(fc.nat(60)), (messages, cuts) => {
        const pieces = piecesOf(Buffer.concat(messages.map((one) => encodeFrame(one, 'mllp'))), cuts)
        expect(pieces.map((piece) => piece.bytes.toString('latin1'))).toEqual(messages)
      }),
    )
  })

  it('loses no byte of what lies between frames', () => {
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(60)), (noise, cuts) => {
        expect(() => piecesOf(noise, cuts)).not.toThrow()
      }),
    )
    const pieces = piecesOf(Buffer.from('junk\x0bMSH|1\x1c\x0bMSH|2\x1c\r\nMSH|^~\\&|bare\r'), [])
    expect(pieces.map(({ is, bytes }) => [is, String(bytes)])).toEqual([
      ['noise', 'junk'],
      ['frame', 'MSH|1'],
      ['frame', 'MSH|2'],
      ['frame', 'MSH|^~\\&|bare\r'],
    ])
  })

  it('keeps the beginning of a large message, and the size and hash of the whole', () => {
    const large = `MSH|${'x'.repeat(5000)}`
    const [piece] = piecesOf(encodeFrame(large, 'mllp'), [700, 700, 700], 1000)
    expect(piece).toMatchObject({ size: large.length, sha256: createHash('sha256').update(large).digest('hex') })
    expect(piece?.bytes).toHaveLength(1000)
  })
})

describe('messages', () => {
  it('carry any text through an escape and back', () => {
    const text = bytes.map((b) => b.toString('latin1'))
    fc.assert(
      fc.property(text, (one) => {
        expect(unescapeText(escapeText(one, DEFAULT_SEPARATORS), DEFAULT_SEPARATORS)).toBe(one)
      }),
    )
  })

  it('of any bytes throw nothing but their own error', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          bytes,
          bytes.map((b) => Buffer.concat([Buffer.from('MSH|^~\\&'), b])),
        ),
        (any) => {
          try {
            const { segments } = parseMessage(any)
            for (const segment of segments) segment.component(9, 2)
          } catch (error) {
            expect(error).toBeInstanceOf(Hl7Error)
          }
        },
      ),
    )
  })

  it('say themselves what separates their fields, and count the separator as the first', () => {
    const { segments } = parseMessage(Buffer.from('MSH#@!%*#APP#FAC#\nPID#1##7@@@H!8'))
    expect(segments[0]?.field(1)).toBe('#')
    expect(segments[0]?.field(2)).toBe('@!%*')
    expect(segments[0]?.field(3)).toBe('APP')
    expect(segments[1]?.component(3, 4)).toBe('H')
    expect(segments[1]?.repetitions(3)).toEqual(['7@@@H', '8'])
  })
})
