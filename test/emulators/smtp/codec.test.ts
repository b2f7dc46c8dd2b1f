import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DataDecoder, encodeData, parseCommand, parsePath, SmtpSyntaxError } from '../../../src/emulators/smtp/codec.ts'

const line = fc.oneof(
  fc.constantFrom('.', '..', '', '.x', 'x.'),
  fc.string({ unit: 'binary-ascii', maxLength: 40 }).map((s) => s.replace(/[\r\n]/g, '')),
)

function decode(bytes: Buffer, cuts: number[], bareNewlines = false): { decoder: DataDecoder; rest: Buffer | undefined } {
  const decoder = new DataDecoder({ keep: 1_000_000, bareNewlines })
  let at = 0
  for (const cut of [...cuts.map((c) => c % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]) {
    if (cut <= at) continue
    const rest = decoder.push(bytes.subarray(at, cut))
    if (rest) return { decoder, rest: Buffer.concat([rest, bytes.subarray(cut)]) }
    at = cut
  }
  return { decoder, rest: undefined }
}

describe('the data of a message', () => {
  it('comes out as it went in, however it is cut, and leaves what follows', () => {
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.nat()), fc.boolean(), (lines, cuts, bareNewlines) => {
        const message = Buffer.from(lines.map((l) => `${l}\r\n`).join(''), 'latin1')
        const { decoder, rest } = decode(Buffer.concat([encodeData(message), Buffer.from('QUIT\r\n')]), cuts, bareNewlines)
        expect(rest?.toString()).toBe('QUIT\r\n')
        expect(decoder.message).toEqual(message)
        expect(decoder.size).toBe(message.length)
      }),
    )
  })

  it.each(['\n.\n', '\n.\r\n', '\r\n.\n'])('ends at %j on a lax server only, and both notice', (end) => {
    const lax = decode(Buffer.from(`a${end}b`), [], true)
    expect(lax.rest?.toString()).toBe('b')
    const strict = decode(Buffer.from(`a${end}b\r\n.\r\n`), [], false)
    expect(strict.decoder.message.toString()).toContain('b\r\n')
    expect([lax.decoder.sawSmuggling, strict.decoder.sawSmuggling]).toEqual([true, true])
  })

  it('is kept up to the bound and counted beyond it', () => {
    const decoder = new DataDecoder({ keep: 10, bareNewlines: false })
    expect(decoder.push(Buffer.from(`${'x'.repeat(600_000)}\r\nyy\r\n.\r\n`))).toEqual(Buffer.alloc(0))
    expect(decoder.size).toBe(600_006)
    expect(decoder.message.toString()).toBe('xxxxxxxxxx')
  })

  it('may be any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.array(fc.nat()), (bytes, cuts) => void decode(Buffer.from(bytes), cuts, true)),
    )
  })
})

describe('a path', () => {
  it('is read with brackets, quotes, routes and parameters', () => {
    expect(parsePath('FROM:<a@b.c> SIZE=10 BODY=8BITMIME', 'FROM')).toEqual({
      address: 'a@b.c',
      written: '<a@b.c>',
      route: undefined,
      parameters: ['SIZE=10', 'BODY=8BITMIME'],
    })
    expect(parsePath('to: <"a > b"@c>', 'TO').address).toBe('"a > b"@c')
    expect(parsePath('TO:<@x,@y:a@b>', 'TO')).toMatchObject({ address: 'a@b', route: 'x,@y' })
    expect(parsePath('FROM:<>', 'FROM').address).toBe('')
  })

  it('throws its own error or none for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii', maxLength: 80 }), (text) => {
        parseCommand(Buffer.from(text, 'latin1'))
        try {
          parsePath(`TO:${text}`, 'TO')
        } catch (error) {
          expect(error).toBeInstanceOf(SmtpSyntaxError)
        }
      }),
    )
  })
})
