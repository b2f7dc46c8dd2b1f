import { Failure } from '../gnu/command.ts'
import type { Options } from '../gnu/options.ts'
import { Regex, RegexError, type Syntax } from '../regex/regex.ts'
import { isWordByte } from '../regex/syntax.ts'

/** All patterns of one grep: a line is selected when any of them matches. */
export class Matcher {
  readonly #regexes: readonly Regex[]
  readonly #words: boolean
  readonly #lines: boolean

  private constructor(regexes: readonly Regex[], words: boolean, lines: boolean) {
    this.#regexes = regexes
    this.#words = words
    this.#lines = lines
  }

  static compile(patterns: readonly string[], options: Options, name: string): Matcher {
    const kind = options.last('E', 'F', 'G', 'P') ?? (name === 'egrep' ? 'E' : name === 'fgrep' ? 'F' : 'G')
    const syntax: Syntax = kind === 'E' ? 'extended' : kind === 'P' ? 'perl' : 'basic'
    const ignoreCase =
      options.last('i', 'y', 'no-ignore-case') !== undefined && options.last('i', 'y', 'no-ignore-case') !== 'no-ignore-case'
    const regexes = patterns.map((pattern) => {
      try {
        return Regex.compile(kind === 'F' ? literal(pattern) : pattern, syntax, ignoreCase)
      } catch (error) {
        if (!(error instanceof RegexError)) throw error
        throw new Failure(wording(error.message), 2)
      }
    })
    return new Matcher(regexes, options.has('w'), options.has('x'))
  }

  test(line: string): boolean {
    if (!this.#words && !this.#lines) return this.#regexes.some((regex) => regex.test(line))
    return this.#regexes.some((regex) => this.#next(regex, line, 0) !== undefined)
  }

  /** Non-empty matches from left to right, the longest at each place. */
  *matches(line: string): Generator<[from: number, to: number]> {
    let at = 0
    while (at <= line.length) {
      let best: [number, number] | undefined
      for (const regex of this.#regexes) {
        const found = this.#next(regex, line, at)
        if (found && (!best || found[0] < best[0] || (found[0] === best[0] && found[1] > best[1]))) best = found
      }
      if (!best) return
      if (best[1] > best[0]) yield best
      at = Math.max(best[1], best[0] + 1)
    }
  }

  #next(regex: Regex, line: string, from: number): [number, number] | undefined {
    for (let at = from; at <= line.length; ) {
      const found = regex.exec(line, at)
      if (!found) return undefined
      const [start, end] = found as [number, number]
      if (this.#lines ? start === 0 && end === line.length : !this.#words || isWord(line, start, end)) return [start, end]
      at = start + 1
    }
    return undefined
  }
}

function isWord(line: string, start: number, end: number): boolean {
  const before = start > 0 && isWordByte(line.charCodeAt(start - 1))
  const after = end < line.length && isWordByte(line.charCodeAt(end))
  return !before && !after
}

function literal(text: string): string {
  return text.replace(/[\\.[\]*^$]/g, '\\$&')
}

/** GNU grep's dfa words some errors in its own way (grep 3.8). */
function wording(message: string): string {
  if (message.startsWith('Unmatched [')) return 'Invalid regular expression'
  if (message.startsWith('Unmatched ( or')) return 'Unmatched ( or \\('
  return message
}
