import { byteString, Writer } from './gnu/bytes.ts'
import { Failure, gnuCommand, Usage } from './gnu/command.ts'
import { formatNumber } from './gnu/format-number.ts'

export default gnuCommand({
  name: 'seq',
  usage: ['[OPTION]... LAST', '[OPTION]... FIRST LAST', '[OPTION]... FIRST INCREMENT LAST'],
  about: 'Print numbers from FIRST to LAST, in steps of INCREMENT.',
  authors: 'Ulrich Drepper',
  short: '+f:s:w',
  // A negative number is no option.
  modern: (words) => {
    const at = words.findIndex((word, i) => /^-[\d.]/.test(word) && !/^-[fs]$/.test(words[i - 1] ?? ''))
    return at < 0 || words.includes('--') ? words : words.toSpliced(at, 0, '--')
  },
  long: { format: 'f', separator: 's', 'equal-width': 'w' },
  async run(process, options) {
    const words = operandsOf(process.argv.slice(1), options.operands)
    if (words.length === 0) throw new Usage('missing operand')
    if (words.length > 3) throw new Usage(`extra operand '${words[3]}'`)
    for (const word of words)
      if (!/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$|^[-+]?0x[\da-f]+$|^[-+]?inf(inity)?$/i.test(word))
        throw new Usage(`invalid floating point argument: '${word}'`)
    const [first, step, last] =
      words.length === 1 ? ['1', '1', words[0]!] : words.length === 2 ? [words[0]!, '1', words[1]!] : [words[0]!, words[1]!, words[2]!]
    if (Number(step) === 0) throw new Usage(`invalid Zero increment value: '${step}'`)
    const decimals = Math.max(decimalsOf(first), decimalsOf(step))
    const width = options.has('w') ? Math.max(Number(first).toFixed(decimals).length, Number(last).toFixed(decimals).length) : 0
    const format = options.value('f')
    const unknown = /%[-+ #0']*\d*(?:\.\d+)?([^efgaEFGA%\d.])/.exec(format ?? '')?.[1]
    if (unknown) throw new Failure(`format '${format}' has unknown %${unknown} directive`)
    if (format !== undefined && !/%[-+ #0']*\d*(\.\d+)?[efgaEFGA]/.test(format)) throw new Failure(`format '${format}' has no % directive`)
    const show = (value: number): string => {
      if (format !== undefined)
        return format.replace(/%([-+ #0']*)(\d*)(?:\.(\d+))?([efgaEFGA])/, (spec) => formatNumber(spec, value)).replaceAll('%%', '%')
      const text = value.toFixed(decimals)
      return width ? text.replace(/^-?/, (sign) => sign + '0'.repeat(Math.max(0, width - text.length))) : text
    }
    const separator = byteString(options.value('s') ?? '\n')
    const end = lastValue(last)
    const [start, by] = [Number(first), Number(step)]
    const out = new Writer(process.stdout)
    let printed = false
    for (let i = 0; ; i++) {
      const value = start + i * by
      if (by > 0 ? value > end + by * 1e-10 : value < end + by * 1e-10) break
      const pause = process.spend(1)
      if (pause) await pause
      await out.write((printed ? separator : '') + byteString(show(value)))
      printed = true
    }
    if (printed) await out.write('\n')
    await out.flush()
    return 0
  },
})

/** Negative numbers look like options: whatever parses as a number is an operand. */
function operandsOf(words: readonly string[], parsed: readonly string[]): string[] {
  return words.some((word) => /^-[\d.]/.test(word))
    ? words.filter((word, i) => /^[-+]?[\d.]/.test(word) && !/^-[fs]$/.test(words[i - 1] ?? ''))
    : [...parsed]
}

function lastValue(text: string): number {
  return /inf/i.test(text) ? Number.POSITIVE_INFINITY : Number(text)
}

function decimalsOf(text: string): number {
  const found = /\.(\d+)(?:e|$)/i.exec(text)
  return Math.min(50, found?.[1]?.length ?? 0)
}
