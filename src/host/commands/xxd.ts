import { latin1 } from './gnu/bytes.ts'
import { attempt, complainOf, gnuCommand } from './gnu/command.ts'

/** xxd takes its long options with one dash as well. */
const LONG_WITH_ONE_DASH = new Map([
  ['-ps', '-p'],
  ['-plain', '-p'],
  ['-postscript', '-p'],
  ['-bits', '-b'],
  ['-cols', '-c'],
  ['-groupsize', '-g'],
  ['-include', '-i'],
  ['-len', '-l'],
  ['-offset', '-o'],
  ['-revert', '-r'],
  ['-seek', '-s'],
  ['-uppercase', '-u'],
  ['-autoskip', '-a'],
])

export default gnuCommand({
  name: 'xxd',
  package: 'xxd',
  version: 'xxd 2022-01-14 by Juergen Weigert et al.',
  usage: '[options] [infile [outfile]]',
  short: 'abc:Cdeg:hil:n:o:prs:uv',
  modern: (words) => words.map((word) => LONG_WITH_ONE_DASH.get(word) ?? word),
  long: { bits: 'b', cols: 'c', plain: 'p', ps: 'p', postscript: 'p', revert: 'r', len: 'l', seek: 's', include: 'i', uppercase: 'u' },
  async run(process, options) {
    const [file = '-', output] = options.operands
    let bytes: Buffer = Buffer.alloc(0)
    const limit = options.value('l') === undefined ? undefined : Number(options.value('l'))
    const fine = await attempt(
      async () => {
        const input = file === '-' ? process.stdin : process.openInput(file)
        bytes = Buffer.from(
          await input.all(limit === undefined ? undefined : Math.min(limit + Number(options.value('s') ?? 0), 16 * 1024 * 1024)),
        )
      },
      (error) => complainOf(process, file, error),
    )
    if (!fine) return 2
    const out = output === undefined ? process.stdout : process.openOutput(output, 'truncate')
    if (options.has('r')) {
      await out.write(revert(latin1(bytes), options.has('p')))
      return 0
    }
    const part = bytes.subarray(Number(options.value('s') ?? 0), limit === undefined ? undefined : Number(options.value('s') ?? 0) + limit)
    const upper = options.has('u')
    const text = options.has('p')
      ? plain(part, Number(options.value('c') ?? 30))
      : options.has('i')
        ? include(part, file)
        : classic(part, {
            bits: options.has('b'),
            columns: Number(options.value('c') ?? (options.has('b') ? 6 : 16)),
            group: Number(options.value('g') ?? (options.has('b') ? 1 : options.has('e') ? 4 : 2)),
            offset: Number(options.value('s') ?? 0) + Number(options.value('o') ?? 0),
            littleEndian: options.has('e'),
            decimal: options.has('d'),
            skipsZeros: options.has('a'),
          })
    await out.write(upper ? upperHex(text) : text)
    return 0
  },
})

function plain(bytes: Buffer, columns: number): string {
  const text = bytes.toString('hex')
  if (columns <= 0) return `${text}\n`
  let out = ''
  for (let at = 0; at < text.length; at += 2 * columns) out += `${text.slice(at, at + 2 * columns)}\n`
  return out
}

function include(bytes: Buffer, file: string): string {
  const cells = [...bytes].map((b) => `0x${b.toString(16).padStart(2, '0')}`)
  const rows: string[] = []
  for (let at = 0; at < cells.length; at += 12) rows.push(`  ${cells.slice(at, at + 12).join(', ')}`)
  const body = rows.join(',\n')
  if (file === '-') return `${body}\n`
  const name = file.replace(/[^A-Za-z0-9]/g, '_')
  return `unsigned char ${name}[] = {\n${body}\n};\nunsigned int ${name}_len = ${bytes.length};\n`
}

interface Layout {
  bits: boolean
  columns: number
  /** Bytes that stand together; 0 for all. */
  group: number
  offset: number
  littleEndian: boolean
  decimal: boolean
  /** Lines of zeros become one `*`. */
  skipsZeros: boolean
}

function classic(bytes: Buffer, layout: Layout): string {
  const { bits, columns, group, littleEndian } = layout
  let out = ''
  const cell = (byte: number | undefined): string =>
    byte === undefined ? '  ' : bits ? byte.toString(2).padStart(8, '0') : byte.toString(16).padStart(2, '0')
  const full = columns * (bits ? 8 : 2) + (group ? Math.ceil(columns / group) : 1)
  let zeros = 0
  for (let at = 0; at < bytes.length; at += Math.max(1, columns)) {
    const line = bytes.subarray(at, at + columns)
    const isLast = at + columns >= bytes.length
    zeros = layout.skipsZeros && line.every((byte) => byte === 0) ? zeros + 1 : 0
    if (zeros === 2 && !isLast) out += '*\n'
    if (zeros > 1 && !isLast) continue
    let text = ''
    const size = group || line.length
    for (let start = 0; start < line.length; start += size) {
      const cells = Array.from({ length: Math.min(size, littleEndian ? size : line.length - start) }, (_, i) => cell(line[start + i]))
      text += (littleEndian ? cells.reverse() : cells).join('') + (group && start + size <= line.length ? ' ' : '')
    }
    const ascii = [...line].map((b) => (b >= 32 && b < 127 ? String.fromCharCode(b) : '.')).join('')
    const address = (layout.offset + at).toString(layout.decimal ? 10 : 16).padStart(8, '0')
    out += `${address}: ${text.padEnd(full)} ${ascii}\n`
  }
  return out
}

function revert(text: string, isPlain: boolean): Buffer {
  if (isPlain) return Buffer.from(text.replace(/[^0-9a-fA-F]/g, ''), 'hex')
  const parts: Buffer[] = []
  for (const line of text.split('\n')) {
    const found = /^[0-9a-fA-F]+: ?((?:[0-9a-fA-F]{2,8} ?)+)/.exec(line.slice(0, 400))
    if (found) parts.push(Buffer.from((found[1] as string).split('  ')[0]!.replaceAll(' ', ''), 'hex'))
  }
  return Buffer.concat(parts)
}

/** Letters of the bytes only, not of the text beside them. */
function upperHex(text: string): string {
  return text.replace(
    /^([0-9a-f]{8}: )?(.*?)( {2}.*)?$/gm,
    (_, address = '', hex: string, shown = '') => address + hex.toUpperCase() + shown,
  )
}
