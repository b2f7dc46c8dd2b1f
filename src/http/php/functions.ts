import { createHash, getHashes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { escapeHtml } from '../html.ts'
import { numberOf, textOf, type Value } from './value.ts'

/** No text that code makes grows longer, bytes. */
const LONGEST = 256 * 1024

type Pure = (...args: Value[]) => Value
const text =
  (make: (text: string, ...rest: Value[]) => Value): Pure =>
  (value = null, ...rest) =>
    make(textOf(value), ...rest)
const number =
  (make: (...numbers: number[]) => number): Pure =>
  (...args) =>
    make(...args.map(numberOf))
const latin1 = (value: string): Buffer => Buffer.from(value, 'latin1')
const digest = (algorithm: string, value: string): string => createHash(algorithm).update(latin1(value)).digest('hex')

/** Functions that only compute. What PHP has and this list has not gives null. */
export const PURE: Readonly<Record<string, Pure>> = {
  md5: text((s) => digest('md5', s)),
  sha1: text((s) => digest('sha1', s)),
  crc32: text((s) => crc32(latin1(s))),
  hash: text((name, s = '') => hashed(name.toLowerCase(), textOf(s))),
  base64_encode: text((s) => latin1(s).toString('base64')),
  base64_decode: text((s) => Buffer.from(s, 'base64').toString('latin1')),
  bin2hex: text((s) => latin1(s).toString('hex')),
  hex2bin: text((s) => Buffer.from(s, 'hex').toString('latin1')),
  strrev: text((s) => [...s].reverse().join('')),
  str_rot13: text((s) => s.replace(/[a-z]/gi, (c) => String.fromCharCode(c.charCodeAt(0) + (c.toLowerCase() < 'n' ? 13 : -13)))),
  strtoupper: text((s) => s.replace(/[a-z]+/g, (part) => part.toUpperCase())),
  strtolower: text((s) => s.replace(/[A-Z]+/g, (part) => part.toLowerCase())),
  ucfirst: text((s) => s.charAt(0).toUpperCase() + s.slice(1)),
  trim: text((s) => s.replace(/^[ \t\n\r\0\v]+/, '').replace(/[ \t\n\r\0\v]+$/, '')),
  strlen: text((s) => s.length),
  str_repeat: text((s, times = 0) => s.repeat(Math.max(0, Math.min(numberOf(times), Math.floor(LONGEST / Math.max(1, s.length)))))),
  str_replace: (from = '', to = '', subject = '') =>
    textOf(subject)
      .replaceAll(textOf(from) || '\0\0', () => textOf(to))
      .slice(0, LONGEST),
  substr: text((s, from = 0, length = null) => substring(s, numberOf(from), length === null ? undefined : numberOf(length))),
  strpos: text((s, needle = '') => (s.includes(textOf(needle)) ? s.indexOf(textOf(needle)) : false)),
  chr: (code = 0) => String.fromCharCode(numberOf(code) & 0xff),
  ord: text((s) => s.charCodeAt(0) || 0),
  dechex: (value = 0) => Math.trunc(numberOf(value)).toString(16),
  intval: number((n) => Math.trunc(n)),
  floor: number((n) => Math.floor(n)),
  abs: number((n) => Math.abs(n)),
  sqrt: number((n) => Math.sqrt(n)),
  pow: number((a, b = 1) => a ** b),
  max: number((...n) => Math.max(...n)),
  min: number((...n) => Math.min(...n)),
  hexdec: text((s) => Number.parseInt(s, 16) || 0),
  bindec: text((s) => Number.parseInt(s, 2) || 0),
  urlencode: text((s) => encodeURIComponent(s).replaceAll('%20', '+')),
  rawurlencode: text((s) => encodeURIComponent(s)),
  urldecode: text((s) => percentDecoded(s.replaceAll('+', ' '))),
  htmlspecialchars: text((s) => escapeHtml(s)),
  nl2br: text((s) => s.replaceAll('\n', '<br />\n')),
  json_encode: (value = null) => JSON.stringify(plain(value)).replaceAll('/', '\\/'),
  implode: (glue = '', list = null) => (list instanceof Map ? [...list.values()].map(textOf).join(textOf(glue)) : ''),
  sprintf: (format = '', ...args) => formatted(textOf(format), args),
  is_string: (value = null) => typeof value === 'string',
  function_exists: text((name) => Object.hasOwn(PURE, name.toLowerCase())),
  error_reporting: () => 0,
  ini_set: () => '',
  set_time_limit: () => true,
  ignore_user_abort: () => 0,
  session_start: () => true,
  header: () => null,
  http_response_code: () => 200,
  unlink: () => true,
  sleep: () => 0,
  usleep: () => null,
}

function hashed(name: string, value: string): Value {
  if (name === 'crc32b') return crc32(latin1(value)).toString(16).padStart(8, '0')
  const algorithm = name.replace('/', '-')
  return getHashes().includes(algorithm) ? digest(algorithm, value) : false
}

function substring(text: string, from: number, length: number | undefined): string {
  const start = from < 0 ? Math.max(0, text.length + from) : from
  const end = length === undefined ? text.length : length < 0 ? text.length + length : start + length
  return text.slice(start, Math.max(start, end))
}

function percentDecoded(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

function plain(value: Value): unknown {
  if (!(value instanceof Map)) return value
  const isList = [...value.keys()].every((key, n) => key === String(n))
  return isList ? [...value.values()].map(plain) : Object.fromEntries([...value].map(([key, item]) => [key, plain(item)]))
}

/** `%s`, `%d`, `%x`, `%05d`, `%.2f`, `%%`. */
export function formatted(format: string, args: readonly Value[]): string {
  let next = 0
  return format
    .slice(0, LONGEST)
    .replace(/%(0?)(\d{0,3})(?:\.(\d{1,2}))?([sdxXfu%])/g, (_, zero: string, width: string, digits: string | undefined, type: string) => {
      if (type === '%') return '%'
      const value = args[next++] ?? null
      const shown =
        type === 's'
          ? textOf(value)
          : type === 'f'
            ? numberOf(value).toFixed(digits === undefined ? 6 : Number(digits))
            : type === 'x' || type === 'X'
              ? Math.trunc(numberOf(value)).toString(16)
              : String(Math.trunc(numberOf(value)))
      return (type === 'X' ? shown.toUpperCase() : shown).padStart(Number(width), zero === '' ? ' ' : '0')
    })
}
