import type { HostText } from '../../command.ts'
import { bytesOf } from './machine.ts'

/** A command line of perl, taken apart. */
export interface PerlOptions {
  code: string
  /** `-e`, `-`, or the name of the program's file. */
  file: string
  /** Where the program is read from when `-e` gave none. */
  source: HostText | undefined
  args: HostText[]
  /** `-n`, `-p`. */
  loops: boolean
  prints: boolean
  /** `-l`. */
  chomps: boolean
  lineEnd: string | undefined
  /** `-a`, `-F`: what the lines are split by. */
  splits: string | undefined
  /** `-i`: the ending of the copies. */
  inPlace: string | undefined
  /** `-0`. */
  separator: string | undefined
  checks: boolean
  warns: boolean
  /** `-M`, `-m`: statements before the program. */
  modules: string[]
  shows: 'version' | 'configuration' | undefined
  /** What `-V:` asks for. */
  asked: string | undefined
}

/** Reads perl's switches. Gives the message for a wrong one. */
export function readOptions(words: readonly HostText[]): PerlOptions | string {
  const options: PerlOptions = {
    code: '',
    file: '-e',
    source: undefined,
    args: [],
    loops: false,
    prints: false,
    chomps: false,
    lineEnd: undefined,
    splits: undefined,
    inPlace: undefined,
    separator: undefined,
    checks: false,
    warns: false,
    modules: [],
    shows: undefined,
    asked: undefined,
  }
  const lines: string[] = []
  let at = 0
  for (; at < words.length; at++) {
    const word = words[at] as string
    if (word === '--') {
      at++
      break
    }
    if (!word.startsWith('-') || word === '-') break
    if (word === '--version') {
      options.shows = 'version'
      continue
    }
    for (let i = 1; i < word.length; i++) {
      const letter = word[i] as string
      const rest = word.slice(i + 1)
      if (letter === 'e' || letter === 'E') {
        const code = rest !== '' ? rest : words[++at]
        if (code === undefined) return `No code specified for -${letter}.\n`
        lines.push(code)
        if (letter === 'E') options.modules.push("use feature ':5.36'")
        break
      }
      if (letter === 'M' || letter === 'm') {
        const name = rest || words[++at]
        if (name === undefined) return `Missing argument to -${letter}\n`
        options.modules.push(moduleLine(name, letter === 'm'))
        break
      }
      if (letter === 'I' || letter === 'x') {
        if (letter === 'I' && rest === '') at++
        break
      }
      if (letter === 'i') {
        options.inPlace = rest
        break
      }
      if (letter === 'F') {
        const pattern = rest || (words[++at] ?? ' ')
        options.splits = /^([/"']).*\1$/.test(pattern) ? pattern : `/${pattern.replaceAll('/', '\\/')}/`
        options.loops = true
        break
      }
      if (letter === '0') {
        const digits = /^(?:x[0-9a-fA-F]+|[0-7]*)/.exec(rest)?.[0] ?? ''
        const code = digits.startsWith('x') ? Number.parseInt(digits.slice(1), 16) : Number.parseInt(digits || '0', 8)
        options.separator = digits === '0' ? '' : code >= 0o400 && !digits.startsWith('x') ? 'slurp' : String.fromCodePoint(code)
        i += digits.length
        continue
      }
      if (letter === 'l') {
        const digits = /^[0-7]+/.exec(rest)?.[0] ?? ''
        options.chomps = true
        options.lineEnd = digits ? String.fromCharCode(Number.parseInt(digits, 8)) : (options.separator ?? '\n')
        i += digits.length
        continue
      }
      if (letter === 'C' || letter === 'D' || letter === 'd') break
      if (letter === 'V' || letter === 'v') {
        options.shows = letter === 'v' ? 'version' : 'configuration'
        if (rest.startsWith(':')) options.asked = rest.slice(1)
        break
      }
      if (letter === 'n' || letter === 'p') {
        options.loops = true
        options.prints ||= letter === 'p'
      } else if (letter === 'a') {
        options.splits ??= "' '"
        options.loops = true
      } else if (letter === 'c') options.checks = true
      else if (letter === 'w' || letter === 'W') options.warns = true
      else if (!/[sStTuUXfh-]/.test(letter)) return `Unrecognized switch: -${word.slice(i)}  (-h will show valid options).\n`
    }
  }
  const rest = words.slice(at)
  if (lines.length === 0 && !options.shows) {
    options.source = rest.shift() ?? '-'
    options.file = bytesOf(options.source)
  }
  options.args = [...rest]
  options.code = lines.map((line) => `${bytesOf(line)}\n`).join('')
  return options
}

/** `-MFoo=a,b` is `use Foo split(/,/,q{a,b})`. */
function moduleLine(name: string, bare: boolean): string {
  const no = name.startsWith('-')
  const plain = no ? name.slice(1) : name
  const [module, list] = plain.split(/=(.*)/s)
  return `${no ? 'no' : 'use'} ${module}${list === undefined ? (bare ? ' ()' : '') : ` qw(${list.replaceAll(',', ' ')})`}`
}
