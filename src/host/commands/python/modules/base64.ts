import { asInteger } from '../operators.ts'
import { functions } from '../signature.ts'
import { bytes, exceptionClass, raise, T, typeError, typeName, valueError } from '../types.ts'
import { PyBytes, PyClass, type Value } from '../value.ts'

const BinasciiError = new PyClass('Error', [exceptionClass('ValueError')], new Map(), true, T.type)
BinasciiError.module = 'binascii'

/** Bytes of an argument that may be text in ASCII. @throws Raised TypeError, ValueError */
function ascii(value: Value): Buffer {
  if (value instanceof PyBytes) return value.data
  if (typeof value !== 'string') throw typeError(`argument should be a bytes-like object or ASCII string, not '${typeName(value)}'`)
  if (/[^\x00-\x7f]/.test(value)) throw valueError('string argument should contain only ASCII characters')
  return Buffer.from(value)
}

export function byteArgument(value: Value): Buffer {
  if (value instanceof PyBytes) return value.data
  throw typeError(`a bytes-like object is required, not '${typeName(value)}'`)
}

/** binascii.a2b_base64 without strict mode. @throws Raised binascii.Error */
function decode(text: Buffer): Buffer {
  let digits = ''
  let count = 0
  for (const c of text.toString('latin1')) {
    if (/[A-Za-z0-9+/]/.test(c)) {
      digits += c
      count++
    } else if (c === '=' && count % 4 >= 2 && (count % 4 === 3 || /=$/.test(digits) || digits.endsWith('\0'))) break
    else if (c === '=' && count % 4 === 2) digits += ''
  }
  const rest = count % 4
  if (rest === 1)
    throw raise(BinasciiError, `Invalid base64-encoded string: number of data characters (${count}) cannot be 1 more than a multiple of 4`)
  const padding = (/=*\s*$/.exec(text.toString('latin1').replace(/[^A-Za-z0-9+/=]/g, ''))?.[0] ?? '').length
  if (rest !== 0 && padding < 4 - rest) throw raise(BinasciiError, 'Incorrect padding')
  return Buffer.from(digits, 'base64')
}

function alternative(text: Buffer, altchars: Value | undefined): Buffer {
  if (!(altchars instanceof PyBytes) || altchars.data.length !== 2) return text
  const [plus, slash] = altchars.data
  return Buffer.from(text.map((byte) => (byte === plus ? 0x2b : byte === slash ? 0x2f : byte)))
}

const A32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

function base32(data: Buffer): string {
  let out = ''
  for (let i = 0; i < data.length; i += 5) {
    const part = data.subarray(i, i + 5)
    let bits = 0n
    for (let j = 0; j < 5; j++) bits = (bits << 8n) | BigInt(part[j] ?? 0)
    let text = ''
    for (let j = 0; j < 8; j++) text = A32[Number((bits >> BigInt(5 * j)) & 31n)] + text
    const kept = [0, 2, 4, 5, 7, 8][part.length] as number
    out += text.slice(0, kept).padEnd(8, '=')
  }
  return out
}

function unbase32(text: string): Buffer {
  const digits = text.replace(/=+$/, '')
  if (text.length % 8 !== 0) throw raise(BinasciiError, 'Incorrect padding')
  const out: number[] = []
  let [bits, count] = [0, 0]
  for (const c of digits) {
    const value = A32.indexOf(c)
    if (value < 0) throw raise(BinasciiError, 'Non-base32 digit found')
    bits = ((bits << 5) | value) & 0xffff
    count += 5
    if (count < 8) continue
    count -= 8
    out.push((bits >> count) & 0xff)
  }
  return Buffer.from(out)
}

export function* base64Module(): Iterable<readonly [string, Value]> {
  const encode = (data: Value): string => byteArgument(data).toString('base64')
  const urlSafe = (text: string): string => text.replaceAll('+', '-').replaceAll('/', '_')
  yield* functions(
    {
      b64encode: [
        's, altchars=',
        (_m, data: Value, alt: Value | undefined) =>
          bytes(
            alt instanceof PyBytes
              ? encode(data)
                  .replaceAll('+', String.fromCharCode(alt.data[0] as number))
                  .replaceAll('/', String.fromCharCode(alt.data[1] as number))
              : encode(data),
          ),
      ],
      b64decode: [
        's, altchars=, validate=',
        (_m, text: Value, alt: Value | undefined, validate: Value | undefined) => {
          const data = alternative(ascii(text), alt)
          if (validate === true && !/^[A-Za-z0-9+/]*={0,2}$/.test(data.toString('latin1')))
            throw raise(BinasciiError, 'Only base64 data is allowed')
          return bytes(decode(data))
        },
      ],
      standard_b64encode: ['s', (_m, data: Value) => bytes(encode(data))],
      standard_b64decode: ['s', (_m, text: Value) => bytes(decode(ascii(text)))],
      urlsafe_b64encode: ['s', (_m, data: Value) => bytes(urlSafe(encode(data)))],
      urlsafe_b64decode: [
        's',
        (_m, text: Value) => bytes(decode(Buffer.from(ascii(text).toString('latin1').replaceAll('-', '+').replaceAll('_', '/')))),
      ],
      encodebytes: ['s', (_m, data: Value) => bytes((encode(data).match(/.{1,76}/g) ?? []).map((line) => `${line}\n`).join(''))],
      decodebytes: ['s', (_m, data: Value) => bytes(decode(byteArgument(data)))],
      b32encode: ['s', (_m, data: Value) => bytes(base32(byteArgument(data)))],
      b32decode: ['s, casefold=, map01=', (_m, text: Value) => bytes(unbase32(ascii(text).toString('latin1')))],
      b16encode: ['s', (_m, data: Value) => bytes(byteArgument(data).toString('hex').toUpperCase())],
      b16decode: ['s, casefold=', (_m, text: Value) => bytes(Buffer.from(ascii(text).toString('latin1'), 'hex'))],
    },
    'py:base64',
  )
}

function crc32(data: Uint8Array, start: number): number {
  let crc = ~start
  for (const byte of data) {
    crc ^= byte
    for (let i = 0; i < 8; i++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return ~crc >>> 0
}

function unhex(value: Value): Value {
  const text = ascii(value).toString('latin1')
  if (text.length % 2 === 1) throw raise(BinasciiError, 'Odd-length string')
  if (/[^0-9a-fA-F]/.test(text)) throw raise(BinasciiError, 'Non-hexadecimal digit found')
  return bytes(Buffer.from(text, 'hex'))
}

export function* binasciiModule(): Iterable<readonly [string, Value]> {
  yield ['Error', BinasciiError]
  const hexlify = (data: Value): Value => bytes(byteArgument(data).toString('hex'))
  yield* functions({
    hexlify: ['data, sep=', (_m, data: Value) => hexlify(data)],
    b2a_hex: ['data, sep=', (_m, data: Value) => hexlify(data)],
    unhexlify: ['hexstr', (_m, text: Value) => unhex(text)],
    a2b_hex: ['hexstr', (_m, text: Value) => unhex(text)],
    b2a_base64: [
      'data, *, newline=',
      (_m, data: Value, newline: Value | undefined) => bytes(byteArgument(data).toString('base64') + (newline === false ? '' : '\n')),
    ],
    a2b_base64: ['data, *, strict_mode=', (_m, text: Value) => bytes(decode(ascii(text)))],
    crc32: [
      'data, value=',
      (_m, data: Value, start: Value | undefined) => BigInt(crc32(byteArgument(data), Number(asInteger(start ?? 0n)))),
    ],
  })
}
