import { byteString, latin1, rawBytes } from './gnu/bytes.ts'
import { Failure, gnuCommand, Usage } from './gnu/command.ts'
import { eachInput } from './gnu/inputs.ts'
import type { Options } from './gnu/options.ts'
import { Regex, RegexError } from './regex/regex.ts'

const MOST_PIECES = 1000

interface Mark {
  /** As it was given, for messages. */
  text: string
  line?: number
  regex?: Regex
  offset: number
  /** `%…%`: what comes before is left out. */
  skips: boolean
  repeat: number
}

export default gnuCommand({
  name: 'csplit',
  usage: '[OPTION]... FILE PATTERN...',
  about:
    "Output pieces of FILE separated by PATTERN(s) to files 'xx00', 'xx01', ...,\nand output byte counts of each piece to standard output.",
  authors: 'Stuart Kemp and David MacKenzie',
  short: 'b:f:kn:sqz',
  long: {
    'suffix-format': 'b',
    prefix: 'f',
    'keep-files': 'k',
    digits: 'n',
    silent: 's',
    quiet: 'q',
    'elide-empty-files': 'z',
    'suppress-matched': 'suppress-matched',
  },
  async run(process, options) {
    const [file, ...patterns] = options.operands
    if (file === undefined) throw new Usage('missing operand')
    if (patterns.length === 0) throw new Usage(`missing operand after '${file}'`)
    const marks = marksOf(patterns)
    let lines: string[] = []
    const fine = await eachInput(
      process,
      [file],
      async (input) => {
        lines = latin1(await input.all()).match(/[^\n]*\n|[^\n]+$/g) ?? []
      },
      (name, error) => `cannot open '${name}' for reading: ${error.message}`,
    )
    if (!fine) return 1
    await process.spend(lines.length)
    const { pieces, fault } = cut(lines, marks, options)
    const names: string[] = []
    for (const piece of pieces) {
      const bytes = rawBytes(piece)
      if (bytes.length === 0 && options.has('z')) continue
      const name = `${options.value('f') ?? 'xx'}${String(names.length).padStart(Number(options.value('n') ?? 2), '0')}`
      await process.openOutput(name, 'truncate').write(bytes)
      names.push(name)
      if (!options.has('s', 'q')) await process.stdout.write(`${bytes.length}\n`)
    }
    if (fault === undefined) return 0
    if (!options.has('k')) for (const name of names) process.files.remove(name)
    throw new Failure(fault)
  },
})

function marksOf(patterns: readonly string[]): Mark[] {
  const marks: Mark[] = []
  for (const text of patterns) {
    const last = marks.at(-1)
    const repeat = /^\{(\d{1,6}|\*)\}$/.exec(text)?.[1]
    const found = /^([/%])([\s\S]*)\1([-+]?\d{1,6})?$/.exec(text)
    if (repeat !== undefined && last) last.repeat = repeat === '*' ? Number.POSITIVE_INFINITY : Number(repeat)
    else if (/^\d{1,9}$/.test(text)) {
      if (Number(text) === 0) throw new Failure(`${text}: line number must be greater than zero`)
      marks.push({ text, line: Number(text), offset: 0, skips: false, repeat: 0 })
    } else if (found) {
      const [, delimiter, pattern, offset = '0'] = found as unknown as [string, string, string, string?]
      marks.push({ text, regex: compiled(text, pattern), offset: Number(offset), skips: delimiter === '%', repeat: 0 })
    } else if (/^[/%]/.test(text)) throw new Failure(`${text}: closing delimiter '${text[0]}' missing`)
    else throw new Failure(`'${text}': invalid pattern`)
  }
  return marks
}

function compiled(text: string, pattern: string): Regex {
  try {
    return Regex.compile(byteString(pattern), 'basic')
  } catch (error) {
    if (error instanceof RegexError) throw new Failure(`${text}: invalid regular expression: ${error.message}`)
    throw error
  }
}

function cut(lines: readonly string[], marks: readonly Mark[], options: Options): { pieces: string[]; fault?: string } {
  const pieces: string[] = []
  const isSuppressed = options.has('suppress-matched')
  let at = 0
  /** Where the search for the next match begins: not at the line that matched before. */
  let from = 0
  const give = (end: number, skips: boolean): void => {
    if (!skips) pieces.push(lines.slice(at, end).join(''))
    at = end
  }
  for (const mark of marks) {
    for (let turn = 0; turn <= mark.repeat && pieces.length < MOST_PIECES; turn++) {
      const again = mark.repeat > 0 && turn > 0 ? ` on repetition ${turn}` : ''
      let end: number
      if (mark.line !== undefined) {
        end = mark.line * (turn + 1) - 1
        if (end > lines.length || (end === lines.length && again)) {
          if (mark.repeat === Number.POSITIVE_INFINITY) return { pieces: [...pieces, lines.slice(at).join('')] }
          give(lines.length, false)
          return { pieces, fault: `'${mark.text}': line number out of range${again}` }
        }
      } else {
        const found = lines.findIndex((line, i) => i >= from && mark.regex?.exec(line.replace(/\n$/, '')))
        if (found < 0) {
          if (mark.repeat === Number.POSITIVE_INFINITY) {
            if (!mark.skips) pieces.push(lines.slice(at).join(''))
            return { pieces }
          }
          give(lines.length, mark.skips)
          return { pieces, fault: `'${mark.text}': match not found${again}` }
        }
        end = Math.max(at, found + mark.offset)
        from = found + 1
      }
      give(end, mark.skips)
      from = Math.max(from, at)
      if (mark.line === undefined) from = Math.max(from, at + 1)
      if (isSuppressed) at++
    }
  }
  return { pieces: [...pieces, lines.slice(at).join('')] }
}
