import { PerlSyntaxError, Unsupported } from './syntax.ts'

/** Brackets, blocks, signs and conditions within each other. */
const DEEPEST = 400

interface Heredoc {
  mark: string
  indented: boolean
  filled: (text: string, line: number) => void
  line: number
}

/** The text of a program and the place where it is read. */
export class SourceReader {
  protected readonly source: string
  protected readonly file: string
  protected at = 0
  /** Names of the program's own functions, as far as they were read. */
  readonly subs = new Set<string>()
  /** Names that `use constant` has made. */
  readonly constants = new Set<string>()
  strict = false
  #line: number
  #counted = 0
  #waiting: Heredoc[] = []
  #depth = 0

  constructor(source: string, file: string, line = 1) {
    this.source = source
    this.file = file
    this.#line = line
    for (const [, name] of source.matchAll(/\bsub\s+([A-Za-z_]\w{0,100})/g)) this.subs.add(name as string)
  }

  get line(): number {
    for (; this.#counted < this.at; this.#counted++) if (this.source[this.#counted] === '\n') this.#line++
    return this.#line
  }

  /** The line of the last thing that is written. */
  get lastLine(): number {
    return this.source.trimEnd().split('\n').length
  }

  get atEnd(): boolean {
    return this.at >= this.source.length
  }

  rest(length: number): string {
    return this.source.slice(this.at, this.at + length)
  }

  skip(length: number): void {
    this.at += length
  }

  looksAt(text: string): boolean {
    return this.source.startsWith(text, this.at)
  }

  /** Passes blanks, comments, pod and the bodies of here-documents. */
  blank(): void {
    for (;;) {
      const char = this.source[this.at]
      if (char === '\n') {
        this.at++
        if (this.#waiting.length > 0) this.#readHeredocs()
        if (this.source[this.at] === '=' && /^=[a-z]/.test(this.rest(2))) this.#pod()
      } else if (char === ' ' || char === '\t' || char === '\r' || char === '\f') this.at++
      else if (char === '#') {
        const end = this.source.indexOf('\n', this.at)
        this.at = end < 0 ? this.source.length : end
      } else return
    }
  }

  take(text: string): boolean {
    this.blank()
    if (!this.looksAt(text)) return false
    this.at += text.length
    return true
  }

  expect(text: string): void {
    if (!this.take(text)) this.fail()
  }

  /** Takes one of these words. */
  word<W extends string>(...words: W[]): W | undefined {
    this.blank()
    const found = /^[a-z]+(?!\w)/.exec(this.rest(12))?.[0]
    if (!found || !words.includes(found as W) || /^\w+\s*=>/.test(this.rest(40))) return undefined
    this.at += found.length
    return found as W
  }

  heredoc(mark: string, indented: boolean, filled: Heredoc['filled']): void {
    this.#waiting.push({ mark, indented, filled, line: this.line })
  }

  /** Brackets within brackets: nobody writes hundreds. */
  nested<T>(read: () => T): T {
    if (++this.#depth > DEEPEST) throw new Unsupported('deep nesting')
    try {
      return read()
    } finally {
      this.#depth--
    }
  }

  fail(): never {
    const near = this.source.slice(this.at).split('\n')[0] ?? ''
    throw new PerlSyntaxError(`syntax error at ${this.file} line ${this.line}, ${near === '' ? 'at EOF' : `near "${near.slice(0, 80)}"`}\n`)
  }

  #readHeredocs(): void {
    for (const { mark, indented, filled, line } of this.#waiting.splice(0)) {
      const lines: string[] = []
      for (;;) {
        if (this.at >= this.source.length)
          throw new PerlSyntaxError(`Can't find string terminator "${mark}" anywhere before EOF at ${this.file} line ${line}.\n`)
        const end = this.source.indexOf('\n', this.at)
        const text = this.source.slice(this.at, end < 0 ? undefined : end)
        this.at = end < 0 ? this.source.length : end + 1
        if ((indented ? text.trimStart() : text) === mark) break
        lines.push(text)
      }
      const from = line + 1
      const lead = indented ? Math.min(...lines.filter((text) => text.trim() !== '').map((text) => /^\s*/.exec(text)?.[0].length ?? 0)) : 0
      filled(lines.map((text) => `${text.slice(Number.isFinite(lead) ? lead : 0)}\n`).join(''), from)
    }
  }

  #pod(): void {
    const end = /^=cut\b.*$/m.exec(this.source.slice(this.at))
    this.at = end ? this.at + end.index + end[0].length : this.source.length
  }
}
