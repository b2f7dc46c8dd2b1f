import type { Process, ProcessInput } from '../command.ts'
import { isBusyBox } from './busybox/flavour.ts'
import { gnuCommand } from './gnu/command.ts'
import { eachInput } from './gnu/inputs.ts'
import { speaksUtf8 } from './gnu/locale.ts'
import { quotedIfNeeded } from './gnu/quote.ts'

interface Counts {
  l: number
  w: number
  m: number
  c: number
  L: number
}

const ORDER = ['l', 'w', 'm', 'c', 'L'] as const

export default gnuCommand({
  name: 'wc',
  usage: ['[OPTION]... [FILE]...', '[OPTION]... --files0-from=F'],
  about: 'Print newline, word, and byte counts for each FILE, and a total line if\nmore than one FILE is specified.',
  authors: 'Paul Rubin and David MacKenzie',
  short: 'clLmw',
  long: { bytes: 'c', chars: 'm', lines: 'l', 'max-line-length': 'L', words: 'w', 'files0-from': 'files0-from=' },
  async run(process, options) {
    const asked = ORDER.filter((key) => options.has(key))
    const columns = asked.length ? asked : (['l', 'w', 'c'] as const)
    const total: Counts = { l: 0, w: 0, m: 0, c: 0, L: 0 }
    const width = widthOf(process, options.operands, columns.length)
    const print = (counts: Counts, name: string | undefined): Promise<void> => {
      const numbers = columns.map((key) => String(counts[key]).padStart(width)).join(' ')
      return process.stdout.write(`${numbers}${name === undefined ? '' : ` ${quotedIfNeeded(name)}`}\n`)
    }
    const fine = await eachInput(process, options.operands, async (input, name) => {
      const counts = await count(process, input)
      for (const key of ORDER) total[key] = key === 'L' ? Math.max(total.L, counts.L) : total[key] + counts[key]
      const shown = options.operands.length ? name : undefined
      await print(counts, shown)
    })
    if (options.operands.length > 1) await print(total, 'total')
    return fine ? 0 : 1
  },
})

/** GNU sizes the columns by the sum of the files' sizes; 7 when something is no regular file and more than one number is shown. */
function widthOf(process: Process, operands: readonly string[], columns: number): number {
  if (isBusyBox(process)) return columns === 1 ? 1 : 9
  if (columns === 1 && operands.length <= 1) return 1
  let sum = 0
  let minimum = 1
  for (const name of operands.length ? operands : ['-']) {
    const stat = name === '-' ? undefined : statOf(process, name)
    if (stat?.type === 'file') sum += stat.size
    else if (name === '-' || stat) minimum = 7
  }
  return Math.max(minimum, String(sum).length)
}

function statOf(process: Process, name: string): { type: string; size: number } | undefined {
  return process.files.may('r', name) ? process.files.stat(name) : undefined
}

async function count(process: Process, input: ProcessInput): Promise<Counts> {
  const isUtf8 = speaksUtf8(process)
  const counts: Counts = { l: 0, w: 0, m: 0, c: 0, L: 0 }
  let inWord = false
  let column = 0
  for (let chunk = await input.read(); chunk !== undefined; chunk = await input.read()) {
    await process.spend(chunk.length >> 6)
    counts.c += chunk.length
    for (const byte of chunk) {
      // In UTF-8 a character has one byte that does not go on with another's.
      if (!isUtf8 || (byte & 0xc0) !== 0x80) counts.m++
      if (byte === 10) counts.l++
      const space = byte === 32 || (byte >= 9 && byte <= 13)
      if (space) inWord = false
      else if (!inWord && byte > 32 && byte < 127) {
        counts.w++
        inWord = true
      }
      if (byte === 10 || byte === 13 || byte === 12) {
        counts.L = Math.max(counts.L, column)
        column = 0
      } else if (byte === 9) column += 8 - (column % 8)
      else if (byte >= 32 && byte < 127) column++
    }
  }
  counts.L = Math.max(counts.L, column)
  return counts
}
