import { toText } from '../text.ts'
import { complain, Failure, gnuCommand } from './gnu/command.ts'
import { localQuotes } from './gnu/locale.ts'

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
    'from-unit': 'from-unit=',
    'to-unit': 'to-unit=',
    delimiter: 'd',
  },
  async run(process, options) {
    const from = options.value('from') ?? 'none'
    const to = options.value('to') ?? 'none'
    const format = formatOf(options.value('format'))
    const padding = Number(options.value('padding') ?? format.width)
    const unit = unitOf(options.value('from-unit')) / unitOf(options.value('to-unit'))
    const invalid = options.value('invalid') ?? 'abort'
    let status = 0
    const show = (word: string): string => {
      try {
        const value = parse(word, from) * unit
        const text = `${scaled(value, to, options.value('round') ?? 'from-zero', format.decimals ?? decimalsOf(word, unit))}${options.value('suffix') ?? ''}`
        return format.before + (padding < 0 ? text.padEnd(-padding) : text.padStart(padding)) + format.after
      } catch (error) {
        if (!(error instanceof Failure) || invalid === 'abort') throw error
        if (invalid !== 'ignore') complaints.push(error.message)
        if (invalid === 'fail') status = 2
        return word
      }
    }
    const complaints: string[] = []
    const end = async (text: string): Promise<number> => {
      for (const message of complaints) await complain(process, localQuotes(process, message))
      await process.stdout.write(text)
      return status
    }
    if (options.operands.length) {
      return end(options.operands.map((word) => `${show(word)}\n`).join(''))
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
    return end(out.map((line) => `${line}\n`).join(''))
  },
})

interface NumberFormat {
  before: string
  after: string
  width: number
  decimals: number | undefined
}

/** `--format`: what stands around the number, its width and its decimals. */
function formatOf(text = '%f'): NumberFormat {
  const [, before, flags, width, decimals, after] = /^((?:[^%]|%%)*)%([-0']*)(\d*)(?:\.(\d{1,2}))?f((?:[^%]|%%)*)$/.exec(text) ?? []
  if (before === undefined) throw new Failure(`invalid format '${text}', directive must be %[0]['][-][N][.][N]f`)
  return {
    before: before.replaceAll('%%', '%'),
    after: (after as string).replaceAll('%%', '%'),
    width: Number(width) * (flags?.includes('-') ? -1 : 1),
    decimals: decimals === undefined ? undefined : Number(decimals),
  }
}

/** A unit size: a number, or one with a letter. */
function unitOf(text = '1'): number {
  const [, digits, letter, binary] = /^(\d*)([KMGTPEZY]?)(i?)$/.exec(text) ?? []
  const size = Number(digits || 1) * (binary ? 1024 : 1000) ** LETTERS.indexOf(letter ?? '')
  if (digits === undefined || text === '' || size === 0) throw new Failure(`invalid unit size: '${text}'`)
  return size
}

/** A number that is not scaled keeps the decimals that it came with. */
function decimalsOf(word: string, unit: number): number {
  return unit === 1 ? (/\.(\d+)/.exec(word)?.[1]?.length ?? 0) : 0
}

function parse(word: string, from: string): number {
  const found = /^\s*(-?\d+(?:\.\d+)?)\s*([KMGTPEZYk]?)(i?)$/.exec(word)
  if (!found) throw new Failure(`invalid number: '${word}'`, 2)
  const power = LETTERS.indexOf((found[2] as string).toUpperCase())
  if (power > 0 && from === 'none') throw new Failure(`rejecting suffix in input: '${word}' (consider using --from)`, 2)
  const base = from === 'iec' || from === 'iec-i' || (from === 'auto' && found[3] === 'i') ? 1024 : 1000
  return Number(found[1]) * base ** Math.max(0, power)
}

function scaled(value: number, to: string, round: string, decimals: number): string {
  if (to === 'none') return (rounded(Number((value * 10 ** decimals).toPrecision(15)), round) / 10 ** decimals).toFixed(decimals)
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
