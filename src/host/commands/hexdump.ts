import type { Process } from '../command.ts'
import { gnuCommand } from './gnu/command.ts'
import { eachInput } from './gnu/inputs.ts'
import { parseSize } from './gnu/size.ts'

type Row = (line: Buffer, full: number) => string

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0')
const words = (line: Buffer, show: (word: number) => string): string => {
  let text = ''
  for (let at = 0; at < line.length; at += 2) text += show((line[at] as number) | ((line[at + 1] ?? 0) << 8))
  return text
}

const ROWS: Record<string, Row> = {
  x: (line) => words(line, (w) => `    ${hex(w, 4)}`),
  d: (line) => words(line, (w) => `   ${String(w).padStart(5, '0')}`),
  o: (line) => words(line, (w) => `  ${w.toString(8).padStart(6, '0')}`),
  b: (line) => [...line].map((b) => ` ${b.toString(8).padStart(3, '0')}`).join(''),
  c: (line) => [...line].map((b) => ` ${printable(b)}`).join(''),
  C: canonical,
  plain: (line) => words(line, (w) => ` ${hex(w, 4)}`),
}
const ESCAPES: Record<number, string> = { 0: '\\0', 7: '\\a', 8: '\\b', 9: '\\t', 10: '\\n', 11: '\\v', 12: '\\f', 13: '\\r' }

export default gnuCommand({
  name: 'hexdump',
  package: 'bsdextrautils',
  paths: ['/usr/bin/hexdump', '/usr/bin/hd'],
  version: 'hexdump from util-linux 2.38.1',
  usage: '[options] <file>...',
  about: 'Display file contents in hexadecimal, decimal, octal, or ascii.',
  short: 'bcCde:f:L:n:os:vxhV',
  long: {
    'one-byte-octal': 'b',
    'one-byte-char': 'c',
    canonical: 'C',
    'two-bytes-decimal': 'd',
    length: 'n',
    'two-bytes-octal': 'o',
    skip: 's',
    'no-squeezing': 'v',
    'two-bytes-hex': 'x',
  },
  async run(process, options) {
    const canonicalByName = (process.argv[0] as string).endsWith('hd')
    const style = options.last('b', 'c', 'C', 'd', 'o', 'x') ?? (canonicalByName ? 'C' : 'plain')
    const skip = parseSize(options.value('s') ?? '0') ?? 0
    const length = options.value('n') === undefined ? Number.POSITIVE_INFINITY : (parseSize(options.value('n') as string) ?? 0)
    const parts: Buffer[] = []
    let have = 0
    const fine = await eachInput(process, options.operands, async (input) => {
      for (let chunk = await input.read(65536); chunk && parts.length < 65536; chunk = await input.read(65536)) {
        parts.push(Buffer.from(chunk))
        have += chunk.length
        if (have >= skip + length) return
      }
    })
    const bytes = Buffer.concat(parts).subarray(skip, skip + Math.min(length, have))
    const format = options.value('e')
    if (format !== undefined) await process.stdout.write(byFormat(bytes, format))
    else await dump(process, bytes, skip, ROWS[style] as Row, style === 'C' ? 8 : 7, options.has('v'))
    return fine ? 0 : 1
  },
})

async function dump(process: Process, bytes: Buffer, offset: number, row: Row, digits: number, all: boolean): Promise<void> {
  let last: Buffer | undefined
  let starred = false
  let out = ''
  for (let at = 0; at < bytes.length; at += 16) {
    const line = bytes.subarray(at, at + 16)
    if (!all && line.length === 16 && last?.equals(line)) {
      if (!starred) out += '*\n'
      starred = true
      continue
    }
    last = line
    starred = false
    out += `${hex(offset + at, digits)}${padded(row(line, 16), row)}\n`
    if (out.length > 16384) {
      await process.spend(out.length >> 4)
      await process.stdout.write(out)
      out = ''
    }
  }
  await process.stdout.write(bytes.length ? `${out}${hex(offset + bytes.length, digits)}\n` : '')
}

/** util-linux fills a short last line with blanks up to the full width. */
function padded(text: string, row: Row): string {
  return row === ROWS.C ? text : text.padEnd(row(Buffer.alloc(16), 16).length)
}

function canonical(line: Buffer): string {
  const cells = Array.from({ length: 16 }, (_, i) => (i < line.length ? ` ${hex(line[i] as number, 2)}` : '   '))
  const ascii = [...line].map((b) => (b >= 32 && b < 127 ? String.fromCharCode(b) : '.')).join('')
  return ` ${cells.slice(0, 8).join('')} ${cells.slice(8).join('')}  |${ascii}|`
}

function printable(byte: number): string {
  return (ESCAPES[byte] ?? (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : byte.toString(8).padStart(3, '0'))).padStart(3)
}

/** The one use of `-e` that people make: `'16/1 "%02x "'` with an optional text after it. */
function byFormat(bytes: Buffer, format: string): string {
  const units = [...format.matchAll(/(\d+)?(?:\/(\d+))?\s*"([^"]*)"/g)]
  let text = ''
  let at = 0
  while (at < bytes.length) {
    const before = at
    for (const [, count, size, pattern] of units) {
      const conversion = /%0?(\d*)[xXduoc_]/.exec(pattern as string)
      if (!conversion) {
        text += unescaped(pattern as string)
        continue
      }
      for (let i = 0; i < Number(count ?? 1) && at < bytes.length; i++) {
        const width = Number(size ?? 1)
        let value = 0
        for (let k = width - 1; k >= 0; k--) value = value * 256 + (bytes[at + k] ?? 0)
        at += width
        const base = /x/i.test(conversion[0]) ? 16 : /o/.test(conversion[0]) ? 8 : 10
        const shown = /c|_/.test(conversion[0])
          ? String.fromCharCode(value)
          : value.toString(base).padStart(Number(conversion[1] || 0), '0')
        text += unescaped((pattern as string).replace(conversion[0], shown))
      }
    }
    if (at === before) break
  }
  return text
}

function unescaped(text: string): string {
  return text.replaceAll('\\n', '\n').replaceAll('\\t', '\t')
}
