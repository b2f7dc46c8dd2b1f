import { createHash, createHmac, getHashes } from 'node:crypto'
import { crc32, deflateRawSync, deflateSync, gunzipSync, gzipSync, inflateRawSync, inflateSync } from 'node:zlib'
import { exact } from '../operators.ts'
import type { Php } from '../php.ts'
import { isTrue, type Key, keyOf, PhpArray, PhpObject, textOf, toInt, type Value } from '../value.ts'
import type { Native, Natives } from './native.ts'

const latin1 = (value: string): Buffer => Buffer.from(value, 'latin1')
const s = (value: Value | undefined, preset = ''): string => (value === undefined || value === null ? preset : textOf(value))
const MOST_INFLATED = { maxOutputLength: 8 * 1024 * 1024 }

const text =
  (make: (text: string, args: readonly Value[]) => Value): Native =>
  (args, php) => {
    const result = make(s(args[0]), args)
    return typeof result === 'string' ? php.text(result) : result
  }

function digest(algorithm: string, value: string, binary: Value | undefined): string {
  const hash = createHash(algorithm).update(latin1(value))
  return isTrue(binary ?? null) ? hash.digest('latin1') : hash.digest('hex')
}

function hashed(name: string, value: string, binary: Value | undefined, php: Php): Value {
  const lower = name.toLowerCase()
  if (lower === 'crc32b') return crc32(latin1(value)).toString(16).padStart(8, '0')
  const algorithm = lower.replace('/', '-')
  if (!getHashes().includes(algorithm)) return php.fail('ValueError', 'hash(): Argument #1 ($algo) must be a valid hashing algorithm')
  return digest(algorithm, value, binary)
}

const inflate =
  (name: string, work: (bytes: Buffer) => Buffer): Native =>
  ([value], php) => {
    try {
      return php.text(work(latin1(s(value))).toString('latin1'))
    } catch (error) {
      if (!(error instanceof Error)) throw error
      php.warn(`${name}(): data error`)
      return false
    }
  }

function percentDecoded(value: string): string {
  return value.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

function percentEncoded(value: string, plus: boolean): string {
  return value.replace(plus ? /[^A-Za-z0-9_.-]/g : /[^A-Za-z0-9_.~-]/g, (sign) =>
    sign === ' ' && plus ? '+' : `%${sign.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  )
}

function base64(value: string, strict: boolean): Value {
  if (strict && /[^A-Za-z0-9+/=\s]/.test(value)) return false
  return Buffer.from(value.replace(/[^A-Za-z0-9+/]/g, ''), 'base64').toString('latin1')
}

/** JSON as PHP writes it; texts are UTF-8 in bytes. */
function json(value: Value, flags: number, indent: string): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'number') return exact(value).replace('E', 'e')
  if (typeof value === 'string') return jsonText(value, flags)
  const array = value instanceof PhpArray ? value : value.properties
  const isPretty = (flags & 128) !== 0
  const inner = isPretty ? `${indent}    ` : ''
  const [open, close] = value instanceof PhpArray && array.isList ? '[]' : '{}'
  if (array.size === 0) return `${open}${close}`
  const items = [...array.entries()].map(
    ([key, one]) => inner + (open === '[' ? '' : `${jsonText(String(key), flags)}:${isPretty ? ' ' : ''}`) + json(one, flags, inner),
  )
  return isPretty ? `${open}\n${items.join(',\n')}\n${indent}${close}` : `${open}${items.join(',')}${close}`
}

function jsonText(value: string, flags: number): string {
  const decoded = latin1(value).toString('utf8')
  const quoted = JSON.stringify(decoded)
  const slashes = (flags & 64) !== 0 ? quoted : quoted.replaceAll('/', '\\/')
  if ((flags & 256) !== 0) return Buffer.from(slashes, 'utf8').toString('latin1')
  return slashes.replace(/[\u007f-\uffff]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function fromJson(value: unknown, asArray: boolean, php: Php): Value {
  if (value === null || typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value
  if (typeof value === 'string') return Buffer.from(value, 'utf8').toString('latin1')
  const entries = Object.entries(value as object).map(([key, one]): [Key, Value] => [
    Array.isArray(value) ? Number(key) : asArray ? keyOf(key) : key,
    fromJson(one, asArray, php),
  ])
  for (const _ of entries) php.item()
  if (asArray || Array.isArray(value)) return new PhpArray(entries)
  const object = new PhpObject(php.classes.get('stdclass') as never)
  for (const [key, one] of entries) object.properties.set(key, one)
  return object
}

function serialized(value: Value, depth = 0): string {
  if (depth > 50) return 'N;'
  if (value === null) return 'N;'
  if (typeof value === 'boolean') return `b:${value ? 1 : 0};`
  if (typeof value === 'bigint') return `i:${value};`
  if (typeof value === 'number') return `d:${exact(value)};`
  if (typeof value === 'string') return `s:${value.length}:"${value}";`
  const array = value instanceof PhpArray ? value : value.properties
  const items = [...array.entries()]
    .map(([key, one]) => serialized(typeof key === 'number' ? BigInt(key) : key) + serialized(one, depth + 1))
    .join('')
  if (value instanceof PhpArray) return `a:${array.size}:{${items}}`
  return `O:${value.type.name.length}:"${value.type.name}":${array.size}:{${items}}`
}

class Unserializer {
  at = 0
  readonly #text: string
  readonly #php: Php

  constructor(text: string, php: Php) {
    this.#text = text
    this.#php = php
  }

  value(depth = 0): Value | undefined {
    const found =
      /(?:N;|b:([01]);|i:(-?\d{1,19});|d:([-+.0-9E]{1,40}|NAN|-?INF);|s:(\d{1,9}):"|a:(\d{1,9}):\{|O:\d{1,5}:"([\w\\]{1,200})":(\d{1,9}):\{)/y
    found.lastIndex = this.at
    const match = found.exec(this.#text)
    if (!match || depth > 50) return undefined
    this.at = found.lastIndex
    const [, bool, int, float, length, size, type, properties] = match
    if (bool !== undefined) return bool === '1'
    if (int !== undefined) return BigInt.asIntN(64, BigInt(int))
    if (float !== undefined) return Number(float)
    if (length !== undefined) {
      const end = this.at + Number(length)
      const text = this.#text.slice(this.at, end)
      if (this.#text.slice(end, end + 2) !== '";') return undefined
      this.at = end + 2
      return text
    }
    if (size === undefined && properties === undefined) return null
    const entries = this.#entries(Number(size ?? properties), depth)
    if (!entries) return undefined
    if (type === undefined) return entries
    const object = new PhpObject(this.#php.classes.get(type.toLowerCase()) ?? (this.#php.classes.get('stdclass') as never))
    object.properties.become(entries)
    return object
  }

  #entries(count: number, depth: number): PhpArray | undefined {
    const array = new PhpArray()
    for (let i = 0; i < count; i++) {
      this.#php.item()
      const key = this.value(depth + 1)
      const value = this.value(depth + 1)
      if (key === undefined || value === undefined) return undefined
      array.set(keyOf(key), value)
    }
    if (this.#text[this.at] !== '}') return undefined
    this.at++
    return array
  }
}

const ERRORS: Readonly<Record<string, string>> = { '0': 'No error', '4': 'Syntax error' }

export const CODING: Natives = {
  md5: text((v, [, binary]) => digest('md5', v, binary)),
  sha1: text((v, [, binary]) => digest('sha1', v, binary)),
  crc32: text((v) => BigInt(crc32(latin1(v)))),
  hash: ([name, value, binary], php) => hashed(s(name), s(value), binary, php),
  hash_hmac: ([name, value, key]) =>
    createHmac(s(name), latin1(s(key)))
      .update(latin1(s(value)))
      .digest('hex'),
  hash_algos: () => PhpArray.of(['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512', 'crc32b']),
  hash_equals: ([a, b]) => s(a) === s(b),
  base64_encode: text((v) => latin1(v).toString('base64')),
  base64_decode: text((v, [, strict]) => base64(v, isTrue(strict ?? null))),
  bin2hex: text((v) => latin1(v).toString('hex')),
  hex2bin: ([value], php) => {
    const hex = s(value)
    if (hex.length % 2 === 0 && /^[0-9a-fA-F]*$/.test(hex)) return Buffer.from(hex, 'hex').toString('latin1')
    php.warn(
      hex.length % 2 === 1
        ? 'hex2bin(): Hexadecimal input string must have an even length'
        : 'hex2bin(): Input string must be hexadecimal string',
    )
    return false
  },
  urlencode: text((v) => percentEncoded(v, true)),
  rawurlencode: text((v) => percentEncoded(v, false)),
  urldecode: text((v) => percentDecoded(v.replaceAll('+', ' '))),
  rawurldecode: text((v) => percentDecoded(v)),
  gzinflate: inflate('gzinflate', (bytes) => inflateRawSync(bytes, MOST_INFLATED)),
  gzuncompress: inflate('gzuncompress', (bytes) => inflateSync(bytes, MOST_INFLATED)),
  gzdecode: inflate('gzdecode', (bytes) => gunzipSync(bytes, MOST_INFLATED)),
  gzdeflate: text((v) => deflateRawSync(latin1(v)).toString('latin1')),
  gzcompress: text((v) => deflateSync(latin1(v)).toString('latin1')),
  gzencode: text((v) => gzipSync(latin1(v)).toString('latin1')),
  convert_uudecode: text((v) => uudecoded(v)),
  json_encode: ([value = null, flags = 0n]) => json(value, Number(toInt(flags)), ''),
  json_decode: ([value, asArray = false, , flags = 0n], php) => {
    php.jsonError = 0n
    try {
      const objects = (Number(toInt(flags)) & 1) !== 0
      return fromJson(JSON.parse(latin1(s(value)).toString('utf8')), isTrue(asArray) || objects, php)
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      php.jsonError = 4n
      if ((Number(toInt(flags)) & 4_194_304) !== 0) return php.fail('JsonException', 'Syntax error')
      return null
    }
  },
  json_last_error: (_, php) => php.jsonError,
  json_last_error_msg: (_, php) => ERRORS[php.jsonError.toString()] ?? 'No error',
  serialize: ([value = null]) => serialized(value),
  unserialize: ([value], php) => {
    const data = s(value)
    const reader = new Unserializer(data, php)
    const found = reader.value()
    if (found !== undefined) return found
    php.report('Notice', `unserialize(): Error at offset ${reader.at} of ${data.length} bytes`)
    return false
  },
  parse_url: ([address, part]) => parsedUrl(s(address), part === undefined || part === null ? -1 : Number(toInt(part))),
  parse_str: ([query], _php, refs) => {
    const fields = s(query)
      .split('&')
      .filter((field) => field !== '')
      .map((field): [Key, Value] => {
        const [name = '', ...value] = field.split('=')
        return [keyOf(percentDecoded(name.replaceAll('+', ' '))), percentDecoded(value.join('=').replaceAll('+', ' '))]
      })
    if (refs[1]) refs[1].value = new PhpArray(fields)
    return null
  },
  http_build_query: ([fields]) =>
    fields instanceof PhpArray
      ? [...fields.entries()].map(([key, one]) => `${percentEncoded(String(key), true)}=${percentEncoded(textOf(one), true)}`).join('&')
      : '',
  password_hash: ([value]) =>
    `$2y$10$${createHash('sha512')
      .update(latin1(s(value)))
      .digest('base64')
      .replace(/[+=]/g, '.')
      .slice(0, 53)}`,
  uniqid: ([prefix], php) =>
    s(prefix) +
    Math.floor((php.machine.now?.() ?? Date.now()) / 1000).toString(16) +
    Math.floor(Math.random() * 0xfffff)
      .toString(16)
      .padStart(5, '0'),
  pack: ([format, ...values]) => packed(s(format), values),
}

function uudecoded(value: string): string {
  return value
    .split('\n')
    .map((line) => {
      const length = (line.charCodeAt(0) - 32) & 63
      const bits = [...line.slice(1)].map((sign) => ((sign.charCodeAt(0) - 32) & 63).toString(2).padStart(6, '0')).join('')
      return (bits.match(/.{8}/g) ?? [])
        .map((byte) => String.fromCharCode(Number.parseInt(byte, 2)))
        .join('')
        .slice(0, length)
    })
    .join('')
}

/** `H*`, `a`, `C`, `n`, `N`, `v`, `V` with counts. */
function packed(format: string, values: readonly Value[]): string {
  let next = 0
  let result = ''
  for (const [, code = '', count] of format.slice(0, 1000).matchAll(/([a-zA-Z])(\*|\d{1,6})?/g)) {
    if (code === 'H') {
      result += Buffer.from(s(values[next++]), 'hex').toString('latin1')
    } else if (code === 'a' || code === 'A') {
      const text = s(values[next++])
      result += count === '*' ? text : text.slice(0, Number(count ?? 1)).padEnd(Number(count ?? 1), code === 'a' ? '\0' : ' ')
    } else {
      const times = count === '*' ? values.length - next : Number(count ?? 1)
      const size = { C: 1, c: 1, n: 2, v: 2, N: 4, V: 4, J: 8, P: 8 }[code] ?? 0
      for (let i = 0; i < times && next < values.length; i++) {
        const bytes = Buffer.alloc(8)
        bytes.writeBigUInt64BE(BigInt.asUintN(64, toInt(values[next++] ?? 0n)))
        const part = bytes.subarray(8 - size)
        result += (code === 'v' || code === 'V' || code === 'P' ? part.reverse() : part).toString('latin1')
      }
    }
  }
  return result
}

function parsedUrl(address: string, part: number): Value {
  const found =
    /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/(?:([^:@/?#]*)(?::([^@/?#]*))?@)?([^:/?#]*)(?::(\d{1,5}))?)?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(
      address,
    )
  if (!found) return false
  const [, scheme, user, pass, host, port, path, query, fragment] = found
  const parts = {
    scheme,
    host,
    port: port === undefined ? undefined : BigInt(port),
    user,
    pass,
    path: path === '' ? undefined : path,
    query,
    fragment,
  }
  const given = Object.entries(parts).filter((entry): entry is [string, string | bigint] => entry[1] !== undefined)
  if (part < 0) return new PhpArray(given)
  return given.find(([name]) => name === ['scheme', 'host', 'port', 'user', 'pass', 'path', 'query', 'fragment'][part])?.[1] ?? null
}
