import { toText } from '../text.ts'
import { Failure, gnuCommand } from './gnu/command.ts'

const LETTERS = ['', 'K', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y']

export default gnuCommand({
  name: 'numfmt',
  usage: '[OPTION]... [NUMBER]...',
  about: 'Reformat NUMBER(s), or the numbers from standard input if none are specified.',
  authors: 'Assaf Gordon',
  applet: false,
  short: 'd:z',
  long: {
    from: 'from=',
    to: 'to=',
    suffix: 'suffix=',
    padding: 'padding=',
    round: 'round=',
    field: 'field=',
    header: 'header?',
    invalid: 'invalid=',
    format: 'format=',
    grouping: 'grouping',
    delimiter: 'd',
  },
  async run(process, options) {
    const from = options.value('from') ?? 'none'
    const to = options.value('to') ?? 'none'
    const padding = Number(options.value('padding') ?? 0)
    const show = (word: string): string => {
      const text = `${scaled(parse(word, from), to, options.value('round') ?? 'from-zero')}${options.value('suffix') ?? ''}`
      return padding < 0 ? text.padEnd(-padding) : text.padStart(padding)
    }
    if (options.operands.length) {
      await process.stdout.write(options.operands.map((word) => `${show(word)}\n`).join(''))
      return 0
    }
    const field = Number(options.value('field') ?? 1)
    const lines = toText(Buffer.from(await process.stdin.all()))
      .replace(/\n$/, '')
      .split('\n')
    const skip = Number(options.value('header') ?? (options.has('header') ? 1 : 0))
    const out = lines.map((line, i) => {
      if (i < skip) return line
      let seen = 0
      return line.replace(/[^ \t]+/g, (word) => (++seen === field ? show(word) : word))
    })
    await process.stdout.write(out.map((line) => `${line}\n`).join(''))
    return 0
  },
})

function parse(word: string, from: string): number {
  const found = /^\s*(-?\d+(?:\.\d+)?)\s*([KMGTPEZYk]?)(i?)$/.exec(word)
  if (!found) throw new Failure(`invalid number: '${word}'`, 2)
  const power = LETTERS.indexOf((found[2] as string).toUpperCase())
  if (power > 0 && from === 'none') throw new Failure(`rejecting suffix in input: '${word}' (consider using --from)`, 2)
  const base = from === 'iec' || from === 'iec-i' || (from === 'auto' && found[3] === 'i') ? 1024 : 1000
  return Number(found[1]) * base ** Math.max(0, power)
}

function scaled(value: number, to: string, round: string): string {
  if (to === 'none') return Number.isInteger(value) ? String(value) : String(rounded(value, round))
  const base = to === 'si' ? 1000 : 1024
  let power = 0
  let rest = value
  while (Math.abs(rest) >= base && power < LETTERS.length - 1) {
    rest /= base
    power++
  }
  if (power === 0) return String(rounded(rest, round))
  let shown = Math.abs(rest) < 10 ? rounded(rest * 10, round) / 10 : rounded(rest, round)
  if (Math.abs(shown) >= base) {
    shown /= base
    power++
  }
  const text = Math.abs(shown) < 10 ? shown.toFixed(1) : String(shown)
  return `${text}${LETTERS[power]}${to === 'iec-i' ? 'i' : ''}`
}

function rounded(value: number, how: string): number {
  switch (how) {
    case 'up':
      return Math.ceil(value)
    case 'down':
      return Math.floor(value)
    case 'towards-zero':
      return Math.trunc(value)
    case 'nearest':
      return Math.round(value)
    default:
      return value < 0 ? Math.floor(value) : Math.ceil(value)
  }
}
