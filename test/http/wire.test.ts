import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseMultipart } from '../../src/http/multipart.ts'
import { ChunkError, ChunkedDecoder, encodeChunk } from '../../src/http/wire/chunked.ts'
import { httpDate, parseHttpDate } from '../../src/http/wire/http-date.ts'
import { mergeRanges, readRanges } from '../../src/http/wire/range.ts'
import { endOfHead, parseRequestHead } from '../../src/http/wire/request-head.ts'
import { readTarget, type TargetRules } from '../../src/http/wire/target.ts'

const bytes = (max = 400): fc.Arbitrary<Buffer> => fc.uint8Array({ maxLength: max }).map((b) => Buffer.from(b))
/** Bytes that look like HTTP often enough to reach the inner branches. */
const httpish = fc
  .array(
    fc.oneof(
      fc.constantFrom('GET ', '/', ' HTTP/1.1', '\r\n', '\n', 'Host: x', ':', ' ', '\t', '%2e', '..', '0', 'chunked', '\r', '\0'),
      fc.string({ maxLength: 5 }),
    ),
    {
      maxLength: 40,
    },
  )
  .map((parts) => Buffer.from(parts.join(''), 'latin1'))

/** Cuts bytes at arbitrary places, as a network does. */
function cutUp(whole: Buffer, cuts: readonly number[]): Buffer[] {
  const at = [0, ...cuts.map((c) => c % (whole.length + 1)).sort((a, b) => a - b), whole.length]
  return at.slice(1).map((end, i) => whole.subarray(at[i], end))
}

describe('the chunked coding', () => {
  it('gives back what was coded, however the network cuts it, and leaves what follows', () => {
    fc.assert(
      fc.property(
        fc.array(bytes(50), { maxLength: 8 }),
        bytes(20),
        fc.array(fc.nat(), { maxLength: 10 }),
        fc.boolean(),
        (pieces, rest, cuts, upper) => {
          const filled = pieces.filter((p) => p.length > 0)
          const coded = Buffer.concat([...filled.map((p) => encodeChunk(p, upper ? 'upper' : 'lower')), encodeChunk(Buffer.alloc(0))])
          const decoder = new ChunkedDecoder()
          const got: Buffer[] = []
          for (const part of cutUp(coded, cuts)) got.push(...decoder.push(part))
          expect(decoder.done).toBe(true)
          expect(Buffer.concat(got)).toEqual(Buffer.concat(filled))
          decoder.push(rest)
          expect(decoder.rest).toEqual(rest)
        },
      ),
    )
  })

  it('throws its own error and no other on any bytes', () => {
    fc.assert(
      fc.property(fc.oneof(bytes(), httpish), fc.array(fc.nat(), { maxLength: 5 }), (input, cuts) => {
        const decoder = new ChunkedDecoder()
        try {
          for (const part of cutUp(input, cuts)) decoder.push(part)
        } catch (error) {
          expect(error).toBeInstanceOf(ChunkError)
        }
      }),
    )
  })
})

describe('a request head', () => {
  const token = fc.stringMatching(/^[A-Za-z0-9!#$&'*+.^_`|~-]{1,12}$/)
  const value = fc.stringMatching(/^[\x21-\x7e\xa0-\xff]([\x20-\x7e\xa0-\xff]{0,20}[\x21-\x7e\xa0-\xff])?$/)

  it('is read as it was written: order, case and bytes of every header', () => {
    fc.assert(
      fc.property(
        token,
        fc.stringMatching(/^\/[\x21-\x7e]{0,30}$/),
        fc.array(fc.tuple(token, value), { maxLength: 12 }),
        (method, target, headers) => {
          const raw = Buffer.from(`${method} ${target} HTTP/1.1\r\n${headers.map(([n, v]) => `${n}: ${v}\r\n`).join('')}\r\n`, 'latin1')
          const head = parseRequestHead(raw)
          expect(head.line).toMatchObject({ method, target, protocol: 'HTTP/1.1', padded: false, bareLf: false })
          expect(head.headers).toEqual(headers)
          expect([...head.flaws]).toEqual([])
          expect(endOfHead(raw)).toBe(raw.length)
        },
      ),
    )
  })

  it('is read from any bytes without throwing, and its end is the same wherever the search was resumed', () => {
    fc.assert(
      fc.property(fc.oneof(bytes(), httpish), fc.nat(), (input, seen) => {
        parseRequestHead(input)
        const end = endOfHead(input)
        const before = seen % (input.length + 1)
        if (end < 0 || end > before) expect(endOfHead(input, Math.max(0, before - 2))).toBe(end)
      }),
    )
  })
})

describe('a target', () => {
  const rules: fc.Arbitrary<TargetRules> = fc.record({
    aboveRoot: fc.constantFrom('refuse', 'clamp'),
    encodedSlash: fc.constantFrom('decode', 'not-found'),
    nul: fc.constantFrom('refuse', 'not-found'),
    badPercent: fc.constantFrom('refuse', 'keep'),
    fragment: fc.constantFrom('cut', 'refuse'),
  })

  it('never leads above the root and never keeps a dot segment or an empty one', () => {
    const parts = fc.array(fc.constantFrom('/', '..', '.', '%2e', '%2E%2e', '%2f', 'a', '%00', '%', '?', '#', 'ä', '\\', '//'), {
      maxLength: 20,
    })
    fc.assert(
      fc.property(
        fc.oneof(
          parts.map((p) => `/${p.join('')}`),
          httpish.map((b) => b.toString('latin1')),
        ),
        rules,
        (target, how) => {
          const found = readTarget(target, how)
          if ('problem' in found) return
          const segments = found.path.split('/')
          expect(segments[0]).toBe('')
          expect(segments.slice(1, -1)).not.toContain('')
          expect(segments).not.toContain('..')
          expect(segments).not.toContain('.')
        },
      ),
    )
  })
})

describe('a multipart body', () => {
  it('gives back its parts to the byte', () => {
    const name = fc.stringMatching(/^[a-z]{1,8}$/)
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.option(name), bytes(60)), { maxLength: 6 }), (parts) => {
        const whole = Buffer.concat([
          ...parts.flatMap(([field, file, body]) => [
            Buffer.from(`--bnd\r\nContent-Disposition: form-data; name="${field}"${file === null ? '' : `; filename="${file}"`}\r\n\r\n`),
            body,
            Buffer.from('\r\n'),
          ]),
          Buffer.from('--bnd--\r\n'),
        ])
        fc.pre(parts.every(([, , body]) => !body.includes('--bnd')))
        expect(parseMultipart(whole, 'bnd').map((p) => [p.name, p.filename ?? null, p.body])).toEqual(parts)
      }),
    )
  })

  it('is read from any bytes without throwing', () => {
    fc.assert(
      fc.property(
        fc.oneof(bytes(), httpish),
        fc.string({ minLength: 1, maxLength: 3 }),
        (body, boundary) => void parseMultipart(body, boundary),
      ),
    )
  })
})

describe('ranges', () => {
  it('lie within the file, and merging loses no byte', () => {
    const spec = fc.tuple(fc.option(fc.nat(200)), fc.option(fc.nat(200))).map(([a, b]) => `${a ?? ''}-${b ?? ''}`)
    const reach = fc.constantFrom('last' as const, 'any' as const)
    const rules = { blanks: ' ', wrong: 'ignore', most: 100, beyond: 'ignore' } as const
    fc.assert(
      fc.property(
        fc.array(spec, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 150 }),
        fc.nat(20),
        reach,
        (specs, size, gap, how) => {
          const found = readRanges(`bytes=${specs.join(',')}`, size, rules)
          if (typeof found === 'string') return
          const covered = (list: readonly { from: number; to: number }[]): Set<number> =>
            new Set(list.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, i) => from + i)))
          for (const { from, to } of found) expect(from >= 0 && from <= to && to < size).toBe(true)
          const merged = covered(mergeRanges(found, { gap, with: how }))
          for (const at of covered(found)) expect(merged.has(at)).toBe(true)
        },
      ),
    )
  })
})

it('a date is read back to the second', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_102_444_800 }), (seconds) => {
      expect(parseHttpDate(httpDate(seconds * 1000))).toBe(seconds * 1000)
    }),
  )
})
