import { parseInner } from './inner-parser.ts'
import { escapeAt } from './quoting.ts'
import type { Node } from './syntax.ts'

/** A text in double quotes: pieces, variables, and calls for `\U…\E` and its kind. */
export function interpolate(text: string, line: number, file: string): Node {
  return new Interpolation(text, line, file, false).read()
}

/** A pattern: variables are put in, everything else is the pattern's. */
export function interpolatePattern(text: string, line: number, file: string): Node {
  return new Interpolation(text, line, file, true).read()
}

const CASES: Readonly<Record<string, string>> = { U: 'uc', L: 'lc', Q: 'quotemeta', F: 'fc' }

class Interpolation {
  readonly #text: string
  readonly #line: number
  readonly #file: string
  readonly #isPattern: boolean
  #at = 0

  constructor(text: string, line: number, file: string, isPattern: boolean) {
    this.#text = text
    this.#line = line
    this.#file = file
    this.#isPattern = isPattern
  }

  read(): Node {
    return this.#joined(this.#parts(false))
  }

  #joined(parts: Node[]): Node {
    const [only] = parts
    if (parts.length === 0) return { type: 'string', value: '', line: this.#line }
    return parts.length === 1 && only?.type === 'string' ? only : { type: 'interpolated', parts, line: this.#line }
  }

  /** Pieces up to the end, or to `\E`. */
  #parts(nested: boolean): Node[] {
    const parts: Node[] = []
    let plain = ''
    const flush = (): void => {
      if (plain !== '') parts.push({ type: 'string', value: plain, line: this.#line })
      plain = ''
    }
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at] as string
      if (char === '\\') {
        const next = this.#text[this.#at + 1] ?? ''
        if (next === 'E') {
          this.#at += 2
          if (nested) break
          continue
        }
        if (CASES[next]) {
          this.#at += 2
          flush()
          parts.push(this.#call(CASES[next] as string, this.#joined(this.#parts(true))))
          continue
        }
        if (next === 'u' || next === 'l') {
          this.#at += 2
          flush()
          const rest = this.#parts(nested)
          parts.push(this.#call(next === 'u' ? 'ucfirst' : 'lcfirst', this.#joined(rest)))
          return parts
        }
        if (this.#isPattern) {
          plain += char + next
          this.#at += 2
        } else {
          const { value, end } = escapeAt(this.#text, this.#at + 1)
          plain += value
          this.#at = end
        }
        continue
      }
      const variable = char === '$' || char === '@' ? this.#variable() : undefined
      if (variable === undefined) {
        plain += char
        this.#at++
        continue
      }
      flush()
      parts.push(parseInner(variable, this.#file, this.#line))
      this.#at += variable.length
    }
    flush()
    return parts
  }

  #call(name: string, of: Node): Node {
    return { type: 'call', name, args: [of], parenthesised: true, line: this.#line }
  }

  /** The source of the variable here, with its subscripts; undefined when none begins. */
  #variable(): string | undefined {
    const rest = this.#text.slice(this.#at, this.#at + 4000)
    const start = this.#isPattern
      ? /^(?:\$(?:\$*(?:::)?[A-Za-z_]\w*(?:::\w+)*|\{\^?\w+\}|\{\s*\$|\d+|&)|@(?:\$*[A-Za-z_]\w*|\{))/.exec(rest)
      : /^(?:\$(?:\$*(?:::)?[A-Za-z_]\w*(?:::\w+)*|\{|\d+|\+(?=[{[])|[&!@0,.;/\\`'](?![\w(])|\$(?!\w)|#\{?\$?\w|[!&@])|@(?:\$*[A-Za-z_]\w*|\{))/.exec(
          rest,
        )
    if (!start) return undefined
    let end = start[0].length
    if (/^[$@]#?\{$/.test(start[0]) || start[0].endsWith('{') || /^\$\{\s*\$$/.test(start[0])) end = closing(rest, start[0].indexOf('{'))
    else if (rest.startsWith('$#')) return /^\$#(?:\{[^}]*\}|\$?\w+)/.exec(rest)?.[0]
    if (end < 0) return undefined
    for (;;) {
      const next = rest.slice(end, end + 60)
      const arrow = /^->(?=[[{])/.exec(next)
      const bracket = end + (arrow?.[0].length ?? 0)
      const open = rest[bracket]
      if (open === '[' && this.#isIndex(rest.slice(bracket)) && (arrow || start[0][0] === '$' || start[0][0] === '@'))
        end = closing(rest, bracket)
      else if (open === '{' && !(this.#isPattern && /^\{\d*,?\d*\}/.test(rest.slice(bracket)))) end = closing(rest, bracket)
      else return rest.slice(0, end)
      if (end < 0) return undefined
    }
  }

  /** In patterns `[` may begin a class; in texts only what looks like an index is one. */
  #isIndex(rest: string): boolean {
    return (
      /^\[(?:-?\d+|\$#?\w+(?:\s*[-+]\s*\d+)?|\$#?\{?\$?\w+\}?|[^\]]*\.\.[^\]]*|-?\d+(?:,\s*-?\d+)+)\]/.test(rest) &&
      !(this.#isPattern && /^\[\d/.test(rest) && /^\[\d+[^\d\]]/.test(rest))
    )
  }
}

/** Behind the bracket that closes the one at `at`; -1 when none does. */
function closing(text: string, at: number): number {
  const open = text[at] as string
  const close = open === '[' ? ']' : '}'
  let depth = 0
  for (let i = at; i < text.length; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === open) depth++
    else if (text[i] === close && --depth === 0) return i + 1
  }
  return -1
}
