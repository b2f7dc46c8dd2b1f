import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  encodeReply,
  formatDouble,
  ProtocolError,
  type Reply,
  RequestDecoder,
  RequestTooLarge,
  splitInline,
} from '../../../src/emulators/redis/codec.ts'
import { request } from './conversation.ts'

const bounds = { multibulk: 1024 * 1024, keep: 1024, request: 64 * 1024 }
const bytes = fc.uint8Array({ maxLength: 300 }).map((b) => Buffer.from(b))
const binaryString = bytes.map((b) => b.toString('latin1'))

function decodeAll(pieces: readonly Buffer[]): string[][] {
  const decoder = new RequestDecoder(bounds)
  const requests: string[][] = []
  for (const piece of pieces) {
    decoder.push(piece)
    for (let one = decoder.next(); one; one = decoder.next()) requests.push(one.args)
  }
  return requests
}

describe('the request decoder', () => {
  it('gives back what a client encoded, however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(binaryString, { minLength: 1, maxLength: 6 }), { maxLength: 5 }),
        fc.array(fc.nat(40)),
        (commands, cuts) => {
          const whole = Buffer.from(commands.map(request).join(''), 'latin1')
          const pieces: Buffer[] = []
          let at = 0
          for (const cut of cuts) {
            pieces.push(whole.subarray(at, at + cut + 1))
            at += cut + 1
          }
          expect(decodeAll([...pieces, whole.subarray(at)])).toEqual(commands)
        },
      ),
    )
  })

  it('throws nothing but its own errors on any bytes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(bytes, fc.constantFrom('*3\r\n', '$5\r\n', '$-1\r\n', '"', '\r\n', '*99999\r\n').map(Buffer.from))),
        (pieces) => {
          try {
            decodeAll(pieces)
          } catch (error) {
            expect(error instanceof ProtocolError || error instanceof RequestTooLarge).toBe(true)
          }
        },
      ),
    )
  })

  it('keeps the beginning of a long argument and the hash of the whole', () => {
    const value = 'x'.repeat(5000)
    const decoder = new RequestDecoder(bounds)
    const whole = Buffer.from(request(['SET', 'k', value]) + request(['PING']))
    for (let at = 0; at < whole.length; at += 700) decoder.push(whole.subarray(at, at + 700))
    const [first, second] = [decoder.next(), decoder.next()]
    expect(first?.args[2]).toBe('x'.repeat(1024))
    expect(first?.cut).toEqual([{ index: 2, length: 5000, sha256: createHash('sha256').update(value).digest('hex') }])
    expect(second?.args).toEqual(['PING'])
  })

  it('refuses a request of more than it may hold', () => {
    const decoder = new RequestDecoder(bounds)
    decoder.push(Buffer.from(request(Array.from({ length: 2000 }, () => 'argument'))))
    expect(() => decoder.next()).toThrow(RequestTooLarge)
  })

  it('lets a stranger send ten arguments and 16 KiB, no more', () => {
    for (const [text, message] of [
      ['*11\r\n', 'unauthenticated multibulk length'],
      ['*1\r\n$16385\r\n', 'unauthenticated bulk length'],
    ] as const) {
      const decoder = new RequestDecoder(bounds)
      decoder.guarded = true
      decoder.push(Buffer.from(text))
      expect(() => decoder.next()).toThrow(message)
    }
  })
})

describe('an inline request', () => {
  it.each([
    ['SET k v', ['SET', 'k', 'v']],
    ['  GET   k  ', ['GET', 'k']],
    ['SET k "a b\\x41\\n"', ['SET', 'k', 'a bA\n']],
    ["SET k 'a \\' b'", ['SET', 'k', "a ' b"]],
    ['pre"quoted"', ['prequoted']],
    ['GET k\0rest', ['GET', 'k']],
    ['', []],
  ])('%j is %j', (line, words) => {
    expect(splitInline(line)).toEqual(words)
  })

  it.each(['"open', "'open", '"closed"after', '"a\\"'])('%j has unbalanced quotes', (line) => {
    expect(splitInline(line)).toBeUndefined()
  })
})

describe('a reply', () => {
  it.each<[Reply, string, string]>([
    [null, '$-1\r\n', '_\r\n'],
    [{ noArray: true }, '*-1\r\n', '_\r\n'],
    [{ map: [['a', 1]] }, '*2\r\n$1\r\na\r\n:1\r\n', '%1\r\n$1\r\na\r\n:1\r\n'],
    [{ set: ['a'] }, '*1\r\n$1\r\na\r\n', '~1\r\n$1\r\na\r\n'],
    [{ push: ['a'] }, '*1\r\n$1\r\na\r\n', '>1\r\n$1\r\na\r\n'],
    [{ double: 0.5 }, '$3\r\n0.5\r\n', ',0.5\r\n'],
    [{ verbatim: 'ab' }, '$2\r\nab\r\n', '=6\r\ntxt:ab\r\n'],
    [{ error: 'ERR a\r\nb' }, '-ERR a  b\r\n', '-ERR a  b\r\n'],
  ])('%j is %j in RESP2 and %j in RESP3', (reply, resp2, resp3) => {
    expect(encodeReply(reply, 2).toString()).toBe(resp2)
    expect(encodeReply(reply, 3).toString()).toBe(resp3)
  })

  it('prints doubles as C does with %.17g', () => {
    const printed = [0.1, 3, 1e20, 1e17, 123456.789, 1e-5, 0.0001, -2.5, Number.POSITIVE_INFINITY].map(formatDouble)
    expect(printed).toEqual(['0.10000000000000001', '3', '1e+20', '1e+17', '123456.789', '1.0000000000000001e-05', '0.0001', '-2.5', 'inf'])
  })

  it('gives a double that reads as the same number', () => {
    fc.assert(fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (n) => Number(formatDouble(n)) === n))
  })
})
