import { crc32, deflateRawSync, deflateSync, gunzipSync, gzipSync, inflateRawSync, inflateSync } from 'node:zlib'
import type { Machine } from '../machine.ts'
import { asInteger } from '../operators.ts'
import { define, functions } from '../signature.ts'
import { bytes, exceptionClass, raise, T } from '../types.ts'
import { PyClass, PyObject, type Value } from '../value.ts'
import { byteArgument } from './base64.ts'

const ZlibError = new PyClass('error', [exceptionClass('Exception')], new Map(), true, T.type)
ZlibError.module = 'zlib'
/** What decompressing may give. */
const LARGEST = 16 * 1024 * 1024

/** Inflates by the format that wbits names. @throws Raised zlib.error, MemoryError */
function inflate(data: Buffer, wbits: number): Buffer {
  const options = { maxOutputLength: LARGEST }
  try {
    if (wbits < 0) return inflateRawSync(data, options)
    if (wbits > 31) return data[0] === 0x1f ? gunzipSync(data, options) : inflateSync(data, options)
    return wbits > 15 ? gunzipSync(data, options) : inflateSync(data, options)
  } catch (error) {
    const code = (error as { code?: string }).code
    if (code === 'ERR_BUFFER_TOO_LARGE') throw raise('MemoryError')
    if (code === 'Z_BUF_ERROR') throw raise(ZlibError, 'Error -5 while decompressing data: incomplete or truncated stream')
    const message = (error as Error).message
    throw raise(ZlibError, `Error -3 while decompressing data: ${message}`)
  }
}

class Codec extends PyObject {
  parts: Buffer[] = []
  readonly run: (data: Buffer) => Buffer

  constructor(cls: PyClass, run: (data: Buffer) => Buffer) {
    super(cls)
    this.run = run
  }
}

/** A compressor or decompressor object: it gives all at once, at its end or as soon as it can. */
function codecClass(name: string, early: boolean): PyClass {
  const cls = new PyClass(name, [T.object], new Map(), true, T.type)
  cls.module = 'zlib'
  const feed = (m: Machine, self: Codec, data: Value): Value => {
    m.allocate(byteArgument(data).length)
    self.parts.push(Buffer.from(byteArgument(data)))
    if (!early) return bytes('')
    const result = self.run(Buffer.concat(self.parts))
    self.parts = []
    return bytes(result)
  }
  cls.dict.set(early ? 'decompress' : 'compress', define(early ? 'decompress' : 'compress', 'self, data, max_length=', feed, true))
  cls.dict.set(
    'flush',
    define(
      'flush',
      'self, mode=',
      (_m, self: Codec) => bytes(early || self.parts.length === 0 ? '' : self.run(Buffer.concat(self.parts.splice(0)))),
      true,
    ),
  )
  return cls
}

const COMPRESS = codecClass('Compress', false)
const DECOMPRESS = codecClass('Decompress', true)

function adler32(data: Uint8Array, start: number): number {
  let [a, b] = [start & 0xffff, (start >>> 16) & 0xffff]
  for (const byte of data) {
    a = (a + byte) % 65_521
    b = (b + a) % 65_521
  }
  return ((b << 16) | a) >>> 0
}

const level = (value: Value | undefined): { level: number } => ({
  level: Math.min(9, Math.max(-1, Number(asInteger(value ?? -1n) ?? -1n))),
})

function deflate(data: Buffer, wbits: number, given: Value | undefined): Buffer {
  return wbits < 0 ? deflateRawSync(data, level(given)) : wbits > 15 ? gzipSync(data, level(given)) : deflateSync(data, level(given))
}

export function* zlibModule(): Iterable<readonly [string, Value]> {
  yield ['error', ZlibError]
  for (const [name, value] of Object.entries({
    MAX_WBITS: 15,
    DEFLATED: 8,
    DEF_MEM_LEVEL: 8,
    Z_BEST_COMPRESSION: 9,
    Z_BEST_SPEED: 1,
    Z_DEFAULT_COMPRESSION: -1,
    Z_NO_COMPRESSION: 0,
    Z_FINISH: 4,
    Z_SYNC_FLUSH: 2,
  }))
    yield [name, BigInt(value)]
  yield ['ZLIB_VERSION', '1.2.13']
  yield ['ZLIB_RUNTIME_VERSION', '1.2.13']
  const whole = (value: Value | undefined): number => Number(asInteger(value ?? 15n) ?? 15n)
  yield* functions({
    compress: [
      'data, level=, wbits=',
      (_m, data: Value, given: Value | undefined, wbits: Value | undefined) => bytes(deflate(byteArgument(data), whole(wbits), given)),
    ],
    decompress: [
      'data, wbits=, bufsize=',
      async (m, data: Value, wbits: Value | undefined) => {
        const result = inflate(byteArgument(data), whole(wbits))
        m.allocate(result.length)
        const pause = m.spend(1 + (result.length >> 8))
        if (pause) await pause
        return bytes(result)
      },
    ],
    compressobj: [
      'level=, method=, wbits=, *args',
      (_m, given: Value | undefined, _method: Value | undefined, wbits: Value | undefined) =>
        new Codec(COMPRESS, (data) => deflate(data, whole(wbits), given)),
    ],
    decompressobj: ['wbits=, zdict=', (_m, wbits: Value | undefined) => new Codec(DECOMPRESS, (data) => inflate(data, whole(wbits)))],
    crc32: [
      'data, value=',
      (_m, data: Value, start: Value | undefined) => BigInt(crc32(byteArgument(data), Number(asInteger(start ?? 0n)))),
    ],
    adler32: [
      'data, value=',
      (_m, data: Value, start: Value | undefined) => BigInt(adler32(byteArgument(data), Number(asInteger(start ?? 1n)))),
    ],
  })
}
