import { createHash, randomBytes } from 'node:crypto'
import type { Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { byteString, hostText, LINE_BYTES, LineReader, rawBytes } from './gnu/bytes.ts'
import { complain, Failure, gnuCommand } from './gnu/command.ts'
import { collation, compareBytes } from './gnu/locale.ts'
import type { Options } from './gnu/options.ts'
import { compareVersions } from './gnu/versions.ts'

interface Key {
  from: { field: number; char: number; blanks: boolean }
  to: { field: number; char: number; blanks: boolean } | undefined
  flags: string
}

const ORDERING = 'bdfghiMnRrV'
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']
/** Lines that are sorted at once; a host of this size would run out of memory too. */
const MOST_LINES = 2_000_000

export default gnuCommand({
  name: 'sort',
  usage: ['[OPTION]... [FILE]...', '[OPTION]... --files0-from=F'],
  about: 'Write sorted concatenation of all FILE(s) to standard output.',
  authors: 'Mike Haertel and Paul Eggert',
  trouble: 2,
  short: 'bdfghiMnRrVcCmo:sS:t:T:uzk:',
  long: {
    'ignore-leading-blanks': 'b',
    'dictionary-order': 'd',
    'ignore-case': 'f',
    'general-numeric-sort': 'g',
    'human-numeric-sort': 'h',
    'ignore-nonprinting': 'i',
    'month-sort': 'M',
    'numeric-sort': 'n',
    'random-sort': 'R',
    reverse: 'r',
    'version-sort': 'V',
    check: 'c',
    merge: 'm',
    output: 'o',
    stable: 's',
    'buffer-size': 'S',
    'field-separator': 't',
    'temporary-directory': 'T',
    unique: 'u',
    'zero-terminated': 'z',
    key: 'k',
    parallel: 'parallel=',
    'batch-size': 'batch-size=',
    'random-source': 'random-source=',
    sort: 'sort=',
  },
  async run(process, options) {
    const compare = comparison(process, options)
    const lines = await readAll(process, options)
    if (!lines) return 2
    if (options.has('c', 'C')) return check(process, options, lines, compare)
    const sorted = sortLines(lines, compare, options)
    const kept = options.has('u') ? sorted.filter((line, i) => i === 0 || compare.keys(sorted[i - 1] as string, line) !== 0) : sorted
    const end = options.has('z') ? '\0' : '\n'
    const output = options.value('o')
    const out = output === undefined ? process.stdout : process.openOutput(output, 'truncate')
    for (let at = 0; at < kept.length; at += 4096) {
      await process.spend(4096)
      await out.write(rawBytes(kept.slice(at, at + 4096).join(end) + end))
    }
    return 0
  },
})

async function readAll(process: Process, options: Options): Promise<string[] | undefined> {
  const lines: string[] = []
  for (const name of options.operands.length ? options.operands : ['-']) {
    try {
      const reader = new LineReader(process, name === '-' ? process.stdin : process.openInput(name), options.has('z') ? '\0' : '\n')
      for (let line = await reader.next(); line !== undefined; line = await reader.next()) {
        if (lines.length >= MOST_LINES) throw new Failure('memory exhausted', 2)
        lines.push(line)
        process.hold(line.length + LINE_BYTES)
      }
    } catch (error) {
      if (!(error instanceof HostError) || error.code === 'EPIPE') throw error
      await complain(process, error.code === 'EISDIR' ? `read failed: ${name}: ${error.message}` : `cannot read: ${name}: ${error.message}`)
      return undefined
    }
  }
  return lines
}

interface Comparison {
  keys(a: string, b: string): number
  whole(a: string, b: string): number
}

function sortLines(lines: string[], compare: Comparison, options: Options): string[] {
  const stable = options.has('s') || options.has('u')
  return lines.sort((a, b) => compare.keys(a, b) || (stable ? 0 : compare.whole(a, b)))
}

async function check(process: Process, options: Options, lines: string[], compare: Comparison): Promise<number> {
  for (let i = 1; i < lines.length; i++) {
    const order =
      compare.keys(lines[i - 1] as string, lines[i] as string) ||
      (options.has('u') ? 1 : options.has('s') ? 0 : compare.whole(lines[i - 1] as string, lines[i] as string))
    if (order <= 0) continue
    if (options.has('c') && options.value('c') === undefined)
      await complain(process, `${options.operands[0] ?? '-'}:${i + 1}: disorder: ${lines[i]}`)
    return 1
  }
  return 0
}

function comparison(process: Process, options: Options): Comparison {
  const global =
    options.given
      .filter((o) => ORDERING.includes(o.key))
      .map((o) => o.key)
      .join('') + sortWord(options)
  const separator = options.value('t')
  if (separator !== undefined && separator !== '\\0' && byteString(separator).length !== 1) {
    throw new Failure(separator === '' ? 'empty tab' : `multi-character tab '${separator}'`, 2)
  }
  const mark = separator === undefined ? undefined : separator === '\\0' ? '\0' : byteString(separator)
  const collate = byteCollation(process)
  const keys = options.values('k').map((text) => parseKey(text, global))
  const orders = keys.map((key) => ({ key, compare: ordering(key.flags, collate) }))
  const wholeOrder = ordering(global, collate)
  const reversed = global.includes('r')
  return {
    keys(a, b) {
      if (orders.length === 0) return wholeOrder(a, b)
      for (const { key, compare } of orders) {
        const order = compare(extract(a, key, mark), extract(b, key, mark))
        if (order) return order
      }
      return 0
    },
    whole: (a, b) => collate(a, b) * (reversed ? -1 : 1),
  }
}

function sortWord(options: Options): string {
  const words: Record<string, string> = {
    'general-numeric': 'g',
    'human-numeric': 'h',
    month: 'M',
    numeric: 'n',
    random: 'R',
    version: 'V',
  }
  return words[options.value('sort') ?? ''] ?? ''
}

function parseKey(text: string, global: string): Key {
  const found = /^(\d+)(?:\.(\d+))?([a-zA-Z]*)(?:,(\d+)(?:\.(\d+))?([a-zA-Z]*))?$/.exec(text)
  if (!found) {
    const number = /^\d/.test(text)
    throw new Failure(
      number
        ? `stray character in field spec: invalid field specification '${text}'`
        : `invalid number at field start: invalid count at start of '${text}'`,
      2,
    )
  }
  if (Number(found[1]) === 0) throw new Failure(`field number is zero: invalid field specification '${text}'`, 2)
  const own = (found[3] as string) + (found[6] ?? '')
  return {
    from: { field: Number(found[1]), char: Number(found[2] ?? 1), blanks: found[3]!.includes('b') },
    to:
      found[4] === undefined ? undefined : { field: Number(found[4]), char: Number(found[5] ?? 0), blanks: (found[6] ?? '').includes('b') },
    flags: own === '' ? global : own,
  }
}

/** Start offset and end offset of field `n` (1-based). Without `-t` a field begins with the blanks before it. */
function fieldBounds(line: string, n: number, mark: string | undefined): [number, number] {
  let at = 0
  for (let i = 1; ; i++) {
    let end: number
    if (mark !== undefined) {
      end = line.indexOf(mark, at)
      if (end < 0) end = line.length
    } else {
      end = at
      while (end < line.length && isBlank(line[end] as string)) end++
      while (end < line.length && !isBlank(line[end] as string)) end++
    }
    if (i === n) return [at, end]
    if (end >= line.length) return [line.length, line.length]
    at = mark !== undefined ? end + 1 : end
  }
}

function isBlank(c: string): boolean {
  return c === ' ' || c === '\t'
}

function extract(line: string, key: Key, mark: string | undefined): string {
  let [start] = fieldBounds(line, key.from.field, mark)
  if (key.from.blanks || key.flags.includes('b')) while (start < line.length && isBlank(line[start] as string)) start++
  start = Math.min(line.length, start + key.from.char - 1)
  if (!key.to) return line.slice(start)
  const [toStart, toEnd] = fieldBounds(line, key.to.field, mark)
  if (key.to.char === 0) return line.slice(start, toEnd)
  let end = toStart
  if (key.to.blanks) while (end < line.length && isBlank(line[end] as string)) end++
  return line.slice(start, Math.min(line.length, end + key.to.char))
}

function byteCollation(process: Process): (a: string, b: string) => number {
  const collate = collation(process)
  return collate === compareBytes ? (a, b) => (a < b ? -1 : a > b ? 1 : 0) : (a, b) => collate(hostText(a), hostText(b))
}

function ordering(flags: string, collate: (a: string, b: string) => number): (a: string, b: string) => number {
  const sign = flags.includes('r') ? -1 : 1
  const prepared = (text: string): string => {
    let result = flags.includes('b') ? text.replace(/^[ \t]+/, '') : text
    if (flags.includes('d')) result = result.replace(/[^A-Za-z0-9 \t]/g, '')
    if (flags.includes('i')) result = result.replace(/[^\x20-\x7e]/g, '')
    return flags.includes('f') ? result.toUpperCase() : result
  }
  const by = (value: (text: string) => number) => (a: string, b: string) => sign * (value(a) - value(b))
  if (flags.includes('n')) return (a, b) => sign * compareDecimals(a, b)
  if (flags.includes('g')) return by(general)
  if (flags.includes('h')) return (a, b) => sign * (humanPower(a) - humanPower(b) || compareDecimals(a, b))
  if (flags.includes('M')) return by((text) => MONTHS.indexOf(text.trimStart().slice(0, 3).toUpperCase()))
  if (flags.includes('V')) return (a, b) => sign * compareVersions(a, b)
  if (flags.includes('R')) return randomOrder()
  return (a, b) => sign * collate(prepared(a), prepared(b))
}

/** `sort -n` compares digits, not floating numbers: any length is exact. */
function compareDecimals(a: string, b: string): number {
  const [x, y] = [decimal(a), decimal(b)]
  if (x.negative !== y.negative) return x.negative ? -1 : 1
  const order =
    x.whole.length - y.whole.length ||
    (x.whole < y.whole ? -1 : x.whole > y.whole ? 1 : x.fraction < y.fraction ? -1 : x.fraction > y.fraction ? 1 : 0)
  return x.negative ? -order : order
}

function decimal(text: string): { negative: boolean; whole: string; fraction: string } {
  const found = /^[ \t]*(-?)0*(\d*)(?:\.(\d*))?/.exec(text.slice(0, 400)) as RegExpExecArray
  const fraction = (found[3] ?? '').replace(/0+$/, '')
  return { negative: found[1] === '-' && (found[2] !== '' || fraction !== ''), whole: found[2] as string, fraction }
}

function general(text: string): number {
  const value = Number.parseFloat(text.trimStart())
  return Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value
}

function humanPower(text: string): number {
  const found = /^[ \t]*(-?)(\d*\.?\d*)([kKMGTPEZY]?)/.exec(text.slice(0, 100)) as RegExpExecArray
  const power = found[3] ? 'KMGTPEZY'.indexOf((found[3] as string).toUpperCase()) + 1 : 0
  if (!/[1-9]/.test(found[2] as string)) return 0
  return found[1] === '-' ? -power - 1 : power + 1
}

function randomOrder(): (a: string, b: string) => number {
  const salt = randomBytes(8)
  const hash = (text: string): string => createHash('md5').update(salt).update(text, 'latin1').digest('hex')
  return (a, b) => (a === b ? 0 : hash(a) < hash(b) ? -1 : 1)
}
