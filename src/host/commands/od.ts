import type { Process } from '../command.ts'
import { Failure, gnuCommand } from './gnu/command.ts'
import { formatNumber } from './gnu/format-number.ts'
import { eachInput } from './gnu/inputs.ts'
import type { Options } from './gnu/options.ts'
import { parseSize } from './gnu/size.ts'

interface Format {
  size: number
  /** Characters that one item takes, its leading blank included. */
  width: number
  show(bytes: Buffer, at: number): string
  text: boolean
}

const NAMES = [
  'nul',
  'soh',
  'stx',
  'etx',
  'eot',
  'enq',
  'ack',
  'bel',
  'bs',
  'ht',
  'nl',
  'vt',
  'ff',
  'cr',
  'so',
  'si',
  'dle',
  'dc1',
  'dc2',
  'dc3',
  'dc4',
  'nak',
  'syn',
  'etb',
  'can',
  'em',
  'sub',
  'esc',
  'fs',
  'gs',
  'rs',
  'us',
  'sp',
]
const ESCAPES: Record<number, string> = { 0: '\\0', 7: '\\a', 8: '\\b', 9: '\\t', 10: '\\n', 11: '\\v', 12: '\\f', 13: '\\r' }
const OLD: Record<string, string> = { a: 'a', b: 'o1', c: 'c', d: 'u2', f: 'fF', h: 'x2', i: 'dI', l: 'dL', o: 'o2', s: 'd2', x: 'x2' }
const SIZES: Record<string, number> = { C: 1, S: 2, I: 4, L: 8, F: 4, D: 8 }

export default gnuCommand({
  name: 'od',
  usage: [
    '[OPTION]... [FILE]...',
    '[-abcdfilosx]... [FILE] [[+]OFFSET[.][b]]',
    '--traditional [OPTION]... [FILE] [[+]OFFSET[.][b] [+][LABEL][.][b]]',
  ],
  about: 'Write an unambiguous representation, octal bytes by default,\nof FILE to standard output.',
  authors: 'Jim Meyering',
  short: 'A:j:N:S:t:vw::abcdfhilosx',
  long: { 'address-radix': 'A', 'skip-bytes': 'j', 'read-bytes': 'N', strings: 'S', format: 't', 'output-duplicates': 'v', width: 'w' },
  async run(process, options) {
    const radix = options.value('A') ?? 'o'
    if (!/^[doxn]/.test(radix)) throw new Failure(`invalid output address radix '${radix}'; it must be one character from [doxn]`)
    const formats = formatsOf(options)
    const skip = sizeOption(options, 'j') ?? 0
    const limit = sizeOption(options, 'N')
    const width = options.has('w') ? Number(options.value('w') ?? 32) : 16
    const parts: Buffer[] = []
    let have = 0
    const fine = await eachInput(process, options.operands, async (input) => {
      const want = limit === undefined ? 16 * 1024 * 1024 : skip + limit - have
      while (have < (limit === undefined ? Number.POSITIVE_INFINITY : skip + limit)) {
        const chunk = await input.read(Math.min(65536, want))
        if (!chunk || parts.length > 65536) break
        parts.push(Buffer.from(chunk))
        process.hold(chunk.length)
        have += chunk.length
      }
    })
    const all = Buffer.concat(parts)
    if (!fine && parts.length === 0) return 1
    if (skip > all.length) throw new Failure('cannot skip past end of combined input')
    if (options.has('S')) {
      await strings(
        process,
        all.subarray(skip, limit === undefined ? undefined : skip + limit),
        skip,
        radix[0] as string,
        sizeOption(options, 'S') ?? 3,
      )
      return fine ? 0 : 1
    }
    await dump(
      process,
      all.subarray(skip, limit === undefined ? undefined : skip + limit),
      formats,
      skip,
      radix[0] as string,
      width,
      options.has('v'),
    )
    return fine ? 0 : 1
  },
})

function sizeOption(options: Options, key: string): number | undefined {
  const text = options.value(key)
  if (text === undefined) return undefined
  const value = /^0x[0-9a-f]+$/i.test(text) ? Number(text) : parseSize(text)
  if (value === undefined) throw new Failure(`invalid -${key} argument '${text}'`)
  return value
}

function formatsOf(options: Options): Format[] {
  const specs = options.given.flatMap(({ key, value }) =>
    key === 't' ? splitSpecs(value as string) : OLD[key] ? [OLD[key] as string] : [],
  )
  return (specs.length ? specs : ['o2']).map(formatOf)
}

function splitSpecs(text: string): string[] {
  const specs = text.match(/[acdfoux](?:\d+|[CSILFD])?z?/g) ?? []
  const wrong = text.slice(specs.join('').length)[0]
  if (wrong !== undefined) throw new Failure(`invalid character '${wrong}' in type string '${text}'`)
  return specs
}

function formatOf(spec: string): Format {
  const kind = spec[0] as string
  const text = spec.endsWith('z')
  const given = spec.slice(1).replace(/z$/, '')
  if (kind === 'a' || kind === 'c')
    return { size: 1, width: 4, text, show: (bytes, at) => (kind === 'a' ? named(bytes[at] as number) : printable(bytes[at] as number)) }
  const size = given === '' ? (kind === 'f' ? 8 : 4) : (SIZES[given] ?? Number(given))
  if (kind === 'f') {
    const digits = size === 4 ? 8 : 17
    return {
      size,
      width: size === 4 ? 16 : 25,
      text,
      show: (bytes, at) => formatNumber(`%.${digits}g`, size === 4 ? bytes.readFloatLE(at) : bytes.readDoubleLE(at)),
    }
  }
  if (![1, 2, 4, 8].includes(size))
    throw new Failure(`invalid type string '${spec}';\nthis system doesn't provide a ${size}-byte integral type`)
  const bits = BigInt(size * 8)
  const read = (bytes: Buffer, at: number): bigint => {
    let value = 0n
    for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[at + i] ?? 0)
    return kind === 'd' ? BigInt.asIntN(size * 8, value) : value
  }
  const base = kind === 'x' ? 16 : kind === 'o' ? 8 : 10
  const most = kind === 'd' ? String(-(1n << (bits - 1n))).length : ((1n << bits) - 1n).toString(base).length
  const pad = kind === 'x' || kind === 'o' ? '0' : ' '
  return { size, width: most + 1, text, show: (bytes, at) => read(bytes, at).toString(base).padStart(most, pad) }
}

function named(byte: number): string {
  const seven = byte & 0x7f
  return seven === 127 ? 'del' : (NAMES[seven] ?? String.fromCharCode(seven))
}

function printable(byte: number): string {
  return ESCAPES[byte] ?? (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : byte.toString(8).padStart(3, '0'))
}

/** `-S N`: texts of at least N printable characters that a zero byte ends. */
async function strings(process: Process, bytes: Buffer, offset: number, radix: string, least: number): Promise<void> {
  let start = 0
  let out = ''
  for (const [at, byte] of bytes.entries()) {
    if ((byte >= 32 && byte < 127) || (byte >= 8 && byte <= 13)) continue
    if (byte === 0 && at - start >= least)
      out += `${addressOf(offset + start, radix)}${radix === 'n' ? '' : ' '}${bytes.toString('latin1', start, at)}\n`
    start = at + 1
  }
  await process.stdout.write(out)
}

function addressOf(at: number, radix: string): string {
  return radix === 'n' ? '' : at.toString(radix === 'd' ? 10 : radix === 'x' ? 16 : 8).padStart(radix === 'x' ? 6 : 7, '0')
}

async function dump(
  process: Process,
  bytes: Buffer,
  formats: Format[],
  offset: number,
  radix: string,
  width: number,
  all: boolean,
): Promise<void> {
  const address = (at: number): string => addressOf(offset + at, radix)
  // Several formats are lined up: each item is as wide as the widest format needs for the same bytes.
  const perByte = Math.max(...formats.map((f) => f.width / f.size))
  let last: Buffer | undefined
  let starred = false
  let out = ''
  for (let at = 0; at < bytes.length; at += width) {
    const line = bytes.subarray(at, at + width)
    if (!all && last?.equals(line) && line.length === width) {
      if (!starred) out += '*\n'
      starred = true
      continue
    }
    last = line
    starred = false
    out += formats
      .map((format, i) => (i === 0 ? address(at) : ' '.repeat(address(at).length)) + row(line, format, perByte, width))
      .join('\n')
    out += '\n'
    if (out.length > 16384) {
      await process.spend(out.length >> 4)
      await process.stdout.write(out)
      out = ''
    }
  }
  await process.stdout.write(`${out}${radix === 'n' ? '' : `${address(bytes.length)}\n`}`)
}

function row(line: Buffer, format: Format, perByte: number, width: number): string {
  let text = ''
  for (let at = 0; at < line.length; at += format.size) text += format.show(line, at).padStart(Math.round(perByte * format.size))
  if (!format.text) return text
  const ascii = [...line].map((b) => (b >= 32 && b < 127 ? String.fromCharCode(b) : '.')).join('')
  return `${text.padEnd(Math.round(perByte * width))}  >${ascii}<`
}
