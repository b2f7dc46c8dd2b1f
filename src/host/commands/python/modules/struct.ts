import { asFloat, asInteger } from '../operators.ts'
import { functions } from '../signature.ts'
import { bytes, exceptionClass, iteratorOf, raise, T, tupleOf, typeError } from '../types.ts'
import { PyBytes, PyClass, type Value } from '../value.ts'
import { byteArgument } from './base64.ts'

const StructError = new PyClass('error', [exceptionClass('Exception')], new Map(), true, T.type)
StructError.module = 'struct'

interface Item {
  code: string
  count: number
  size: number
  /** Padding before it. */
  pad: number
}

const SIZES: Readonly<Record<string, number>> = {
  x: 1,
  c: 1,
  b: 1,
  B: 1,
  '?': 1,
  h: 2,
  H: 2,
  i: 4,
  I: 4,
  l: 4,
  L: 4,
  q: 8,
  Q: 8,
  e: 2,
  f: 4,
  d: 8,
  s: 1,
  p: 1,
  n: 8,
  N: 8,
  P: 8,
}
const MOST = 1024 * 1024

function parse(format: string): { little: boolean; items: Item[]; size: number } {
  const order = /^[@=<>!]/.exec(format)?.[0] ?? '@'
  const native = order === '@'
  const items: Item[] = []
  let size = 0
  for (const [, digits, code] of format
    .replace(/^[@=<>!]/, '')
    .replace(/\s+/g, '')
    .matchAll(/(\d*)(.)/gs)) {
    const unit = code === 'l' || code === 'L' ? (native ? 8 : 4) : SIZES[code as string]
    if (unit === undefined) throw raise(StructError, 'bad char in struct format')
    const count = digits === '' ? 1 : Number(digits)
    const pad = native && code !== 's' && code !== 'p' ? (unit - (size % unit)) % unit : 0
    size += pad + unit * count
    if (size > MOST) throw raise('MemoryError')
    items.push({ code: code as string, count, size: unit, pad })
  }
  return { little: order !== '>' && order !== '!', items, size }
}

const isSigned = (code: string): boolean => 'bhilqn'.includes(code)

function packNumber(out: Buffer, at: number, { code, size }: Item, little: boolean, value: Value): void {
  if (code === '?') {
    out[at] = value === true || (typeof value === 'bigint' && value !== 0n) ? 1 : 0
    return
  }
  if (code === 'f' || code === 'd') {
    const number = asFloat(value)
    if (number === undefined) throw raise(StructError, 'required argument is not a float')
    if (code === 'f') little ? out.writeFloatLE(number, at) : out.writeFloatBE(number, at)
    else little ? out.writeDoubleLE(number, at) : out.writeDoubleBE(number, at)
    return
  }
  const whole = asInteger(value)
  if (whole === undefined) throw raise(StructError, 'required argument is not an integer')
  const bits = BigInt(size * 8)
  const [low, high] = isSigned(code) ? [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n] : [0n, (1n << bits) - 1n]
  if (whole < low || whole > high) {
    if (size === 1) throw raise(StructError, `${isSigned(code) ? 'byte' : 'ubyte'} format requires ${low} <= number <= ${high}`)
    if (size === 2) throw raise(StructError, `${isSigned(code) ? 'short' : 'ushort'} format requires ${low} <= number <= ${high}`)
    throw raise(StructError, size === 8 ? 'int too large to convert' : `'${code}' format requires ${low} <= number <= ${high}`)
  }
  let left = BigInt.asUintN(size * 8, whole)
  for (let i = 0; i < size; i++) {
    out[at + (little ? i : size - 1 - i)] = Number(left & 255n)
    left >>= 8n
  }
}

function pack(format: string, values: readonly Value[]): Buffer {
  const { little, items, size } = parse(format)
  const wanted = items.reduce((sum, { code, count }) => sum + (code === 'x' ? 0 : code === 's' || code === 'p' ? 1 : count), 0)
  if (wanted !== values.length) throw raise(StructError, `pack expected ${wanted} items for packing (got ${values.length})`)
  const out = Buffer.alloc(size)
  let [at, next] = [0, 0]
  for (const item of items) {
    at += item.pad
    if (item.code === 'x') {
      at += item.count
      continue
    }
    if (item.code === 's' || item.code === 'p') {
      const value = values[next++] as Value
      if (!(value instanceof PyBytes)) throw raise(StructError, `argument for '${item.code}' must be a bytes object`)
      value.data.copy(out, at, 0, Math.min(item.count, value.data.length))
      at += item.count
      continue
    }
    for (let i = 0; i < item.count; i++, at += item.size) {
      const value = values[next++] as Value
      if (item.code === 'c') {
        if (!(value instanceof PyBytes) || value.data.length !== 1)
          throw raise(StructError, 'char format requires a bytes object of length 1')
        out[at] = value.data[0] as number
      } else packNumber(out, at, item, little, value)
    }
  }
  return out
}

function unpackNumber(data: Buffer, at: number, { code, size }: Item, little: boolean): Value {
  if (code === '?') return data[at] !== 0
  if (code === 'c') return bytes(data.subarray(at, at + 1))
  if (code === 'f') return little ? data.readFloatLE(at) : data.readFloatBE(at)
  if (code === 'd') return little ? data.readDoubleLE(at) : data.readDoubleBE(at)
  let whole = 0n
  for (let i = 0; i < size; i++) whole = (whole << 8n) | BigInt(data[at + (little ? size - 1 - i : i)] as number)
  return isSigned(code) ? BigInt.asIntN(size * 8, whole) : whole
}

function unpack(format: string, data: Buffer): Value[] {
  const { little, items } = parse(format)
  const values: Value[] = []
  let at = 0
  for (const item of items) {
    at += item.pad
    if (item.code === 's' || item.code === 'p') {
      values.push(bytes(Buffer.from(data.subarray(at, at + item.count))))
      at += item.count
      continue
    }
    for (let i = 0; i < item.count; i++, at += item.size) if (item.code !== 'x') values.push(unpackNumber(data, at, item, little))
  }
  return values
}

function text(format: Value): string {
  if (typeof format === 'string') return format
  if (format instanceof PyBytes) return format.data.toString('latin1')
  throw typeError(`Struct() argument 1 must be a str or bytes object, not ${format === null ? 'NoneType' : typeof format}`)
}

export function* structModule(): Iterable<readonly [string, Value]> {
  yield ['error', StructError]
  yield* functions({
    calcsize: ['format', (_m, format: Value) => BigInt(parse(text(format)).size)],
    pack: ['format, *args', (_m, format: Value, values: Value[]) => bytes(pack(text(format), values))],
    unpack: [
      'format, buffer',
      (_m, format: Value, data: Value) => {
        const { size } = parse(text(format))
        const { length } = byteArgument(data)
        if (length !== size) throw raise(StructError, `unpack requires a buffer of ${size} bytes`)
        return tupleOf(unpack(text(format), byteArgument(data)))
      },
    ],
    unpack_from: [
      'format, buffer, offset=',
      (_m, format: Value, data: Value, offset: Value | undefined) => {
        const from = Number(asInteger(offset ?? 0n))
        const { size } = parse(text(format))
        const part = byteArgument(data).subarray(from, from + size)
        if (part.length < size)
          throw raise(
            StructError,
            `unpack_from requires a buffer of at least ${size + from} bytes for unpacking ${size} bytes at offset ${from} (actual buffer size is ${byteArgument(data).length})`,
          )
        return tupleOf(unpack(text(format), part))
      },
    ],
    iter_unpack: [
      'format, buffer',
      (_m, format: Value, data: Value) => {
        const { size } = parse(text(format))
        const whole = byteArgument(data)
        if (size === 0 || whole.length % size !== 0)
          throw raise(StructError, `iterative unpacking requires a buffer of a multiple of ${size} bytes`)
        return iteratorOf(
          Array.from({ length: whole.length / size }, (_, i) => tupleOf(unpack(text(format), whole.subarray(i * size, (i + 1) * size)))),
        )
      },
    ],
  })
}
