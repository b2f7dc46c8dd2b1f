import { PythonSyntaxError, type Span } from './syntax.ts'

export interface Token extends Span {
  type: 'name' | 'number' | 'string' | 'operator' | 'newline' | 'indent' | 'dedent' | 'end'
  text: string
}

const OPERATOR = /\*\*=|\/\/=|>>=|<<=|\.\.\.|\*\*|\/\/|>>|<<|<=|>=|==|!=|->|[-+*/%&|^@:]=|[-+*/%@&|^~<>()[\]{},:.;=]/y
const PLAIN = /[^'"\\]+/y
const CLOSES: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' }
const NAME = /[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{Mn}\p{Mc}\p{Nd}\p{Pc}]*/uy
const NUMBER =
  /0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|(?:\d(?:_?\d)*\.(?:\d(?:_?\d)*)?|\.\d(?:_?\d)*|\d(?:_?\d)*)(?:[eE][-+]?\d(?:_?\d)*)?[jJ]?/y
const PREFIX = /(?:[rR][bBfF]?|[bBfF][rR]?|[uU])?(?:'''|"""|'|")/y
/** CPython's MAXLEVEL and MAXINDENT. */
const MOST_BRACKETS = 200
const MOST_INDENTS = 100

interface Bracket {
  text: string
  line: number
  column: number
}

/** Tokens of a source text. Reads all of it at once; a fault waits as the last token's place until the parser gets there. */
export class Tokenizer {
  readonly tokens: Token[] = []
  /** What stopped the reading, if something did. */
  fault: PythonSyntaxError | undefined
  readonly #lines: string[]
  readonly #brackets: Bracket[] = []
  readonly #indents: { width: number; tabs: number }[] = [{ width: 0, tabs: 0 }]
  #line = 0
  #column = 0

  constructor(source: string) {
    this.#lines = source.split('\n')
    try {
      this.#read()
    } catch (error) {
      if (!(error instanceof PythonSyntaxError)) throw error
      this.fault = error
    }
  }

  /** The bracket that is open at the end of what was read. */
  get open(): Bracket | undefined {
    return this.#brackets.at(-1)
  }

  #read(): void {
    while (this.#line < this.#lines.length) {
      this.#column = 0
      if (this.#brackets.length === 0 && !this.#indentation()) {
        this.#line++
        continue
      }
      this.#restOfLine()
      this.#line++
    }
    const last = this.#lines.length
    const open = this.#brackets.at(-1)
    if (open) throw new PythonSyntaxError(`'${open.text}' was never closed`, point(open.line, open.column, 1), 'SyntaxError', true)
    if (this.tokens.length > 0 && this.tokens.at(-1)?.type !== 'newline') this.#add('newline', '', last, this.#lines.at(-1)?.length ?? 0)
    while (this.#indents.length > 1) {
      this.#indents.pop()
      this.#add('dedent', '', last + 1, 0)
    }
    // What is missing at the end is missed behind the last line.
    const text = this.#lines.at(-1) === '' && last > 1 ? last - 1 : last
    const at = { line: text, column: (this.#lines[text - 1] as string).length }
    this.tokens.push({ type: 'end', text: '', line: at.line, column: at.column, endLine: at.line, endColumn: at.column })
  }

  /** Whether the line has something on it. */
  #indentation(): boolean {
    const text = this.#lines[this.#line] as string
    let width = 0
    let tabs = 0
    let at = 0
    for (; at < text.length; at++) {
      const c = text[at]
      if (c === ' ') {
        width++
        tabs++
      } else if (c === '\t') {
        width = (Math.floor(width / 8) + 1) * 8
        tabs++
      } else if (c === '\f') width = tabs = 0
      else break
    }
    if (at >= text.length || text[at] === '#' || text[at] === '\r') return false
    this.#column = at
    const last = this.#indents.at(-1) as { width: number; tabs: number }
    const lineNumber = this.#line + 1
    if (width === last.width) {
      if (tabs !== last.tabs) throw this.#tabError()
      return true
    }
    if (width > last.width) {
      if (tabs <= last.tabs) throw this.#tabError()
      if (this.#indents.length >= MOST_INDENTS)
        throw new PythonSyntaxError('too many levels of indentation', point(lineNumber, at, 1), 'IndentationError')
      this.#indents.push({ width, tabs })
      this.#add('indent', '', lineNumber, at)
      return true
    }
    while ((this.#indents.at(-1) as { width: number }).width > width) {
      this.#indents.pop()
      this.#add('dedent', '', lineNumber, at)
    }
    if ((this.#indents.at(-1) as { width: number }).width !== width)
      throw new PythonSyntaxError(
        'unindent does not match any outer indentation level',
        point(lineNumber, text.length, 0),
        'IndentationError',
      )
    return true
  }

  #tabError(): PythonSyntaxError {
    const text = this.#lines[this.#line] as string
    return new PythonSyntaxError('inconsistent use of tabs and spaces in indentation', point(this.#line + 1, text.length, 0), 'TabError')
  }

  #restOfLine(): void {
    for (;;) {
      const text = this.#lines[this.#line] as string
      while (/[ \t\f\r]/.test(text[this.#column] ?? '')) this.#column++
      const c = text[this.#column]
      if (c === undefined || c === '#') {
        if (this.#brackets.length === 0) this.#add('newline', '\n', this.#line + 1, c === undefined ? text.length : this.#column)
        return
      }
      if (c === '\\' && /^\r?$/.test(text.slice(this.#column + 1))) {
        if (this.#line + 1 >= this.#lines.length || (this.#line + 2 === this.#lines.length && this.#lines[this.#line + 1] === ''))
          throw new PythonSyntaxError('unexpected EOF while parsing', point(this.#line + 1, this.#column + 1, 0), 'SyntaxError', true)
        this.#line++
        this.#column = 0
        continue
      }
      this.#token(text)
    }
  }

  #token(text: string): void {
    const line = this.#line + 1
    const column = this.#column
    const prefix = match(PREFIX, text, column)
    if (prefix !== undefined) {
      this.#string(prefix)
      return
    }
    const c = text[column] as string
    if (/[0-9]/.test(c) || (c === '.' && /[0-9]/.test(text[column + 1] ?? ''))) {
      this.#number(text)
      return
    }
    const name = match(NAME, text, column)
    if (name !== undefined) {
      this.#add('name', name, line, column)
      this.#column += name.length
      return
    }
    const operator = match(OPERATOR, text, column)
    if (operator === undefined) throw this.#strange(text)
    this.#bracket(operator)
    this.#add('operator', operator, line, column)
    this.#column += operator.length
  }

  #strange(text: string): PythonSyntaxError {
    const line = this.#line + 1
    const code = text.codePointAt(this.#column) as number
    const c = String.fromCodePoint(code)
    if (c === '\\') return new PythonSyntaxError('unexpected character after line continuation character', point(line, this.#column + 1, 1))
    if (code < 128) return new PythonSyntaxError('invalid syntax', point(line, this.#column, 1))
    const hex = code.toString(16).toUpperCase().padStart(4, '0')
    const printable = !/[\p{C}\p{Z}]/u.test(c)
    return new PythonSyntaxError(
      printable ? `invalid character '${c}' (U+${hex})` : `invalid non-printable character U+${hex}`,
      point(line, this.#column, 1),
    )
  }

  #bracket(text: string): void {
    const at = { text, line: this.#line + 1, column: this.#column }
    if (text === '(' || text === '[' || text === '{') {
      if (this.#brackets.length >= MOST_BRACKETS) throw new PythonSyntaxError('too many nested parentheses', point(at.line, at.column, 1))
      this.#brackets.push(at)
      return
    }
    const opens = CLOSES[text]
    if (!opens) return
    const open = this.#brackets.pop()
    if (!open) throw new PythonSyntaxError(`unmatched '${text}'`, point(at.line, at.column, 1))
    if (open.text === opens) return
    throw new PythonSyntaxError(
      open.line === at.line
        ? `closing parenthesis '${text}' does not match opening parenthesis '${open.text}'`
        : `closing parenthesis '${text}' does not match opening parenthesis '${open.text}' on line ${open.line}`,
      point(at.line, at.column, 1),
    )
  }

  #number(text: string): void {
    const line = this.#line + 1
    const found = match(NUMBER, text, this.#column) as string
    const after = text[this.#column + found.length] ?? ''
    const end = this.#column + found.length
    if (/^0[0-9_]*[1-9]/.test(found) && /^[0-9_]+$/.test(found))
      throw new PythonSyntaxError(
        'leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers',
        point(line, this.#column, found.replace(/^(0+).*$/, '$1').length),
      )
    if (/[\p{L}_]/u.test(after) && !/^(?:and|else|for|if|in|is|or|not)\b/.test(text.slice(end))) {
      const kind = /^0[xX]/.test(found) ? 'hexadecimal' : /^0[oO]/.test(found) ? 'octal' : /^0[bB]/.test(found) ? 'binary' : 'decimal'
      throw new PythonSyntaxError(`invalid ${kind} literal`, point(line, end - 1, 1))
    }
    this.#add('number', found, line, this.#column)
    this.#column = end
  }

  #string(prefix: string): void {
    const [line, column] = [this.#line + 1, this.#column]
    const quote = /['"]+$/.exec(prefix)?.[0] as string
    let text = prefix
    this.#column += prefix.length
    for (;;) {
      const source = this.#lines[this.#line] as string
      if (this.#column >= source.length) {
        if (quote.length === 1)
          throw new PythonSyntaxError(`unterminated string literal (detected at line ${this.#line + 1})`, point(line, column, 1))
        if (this.#line + 1 >= this.#lines.length)
          throw new PythonSyntaxError(
            `unterminated triple-quoted string literal (detected at line ${this.#lines.length - (this.#lines.at(-1) === '' ? 1 : 0)})`,
            point(line, column, 1),
            'SyntaxError',
            true,
          )
        text += '\n'
        this.#line++
        this.#column = 0
        continue
      }
      if (source[this.#column] === '\\') {
        if (this.#column + 1 < source.length) {
          text += source.slice(this.#column, this.#column + 2)
          this.#column += 2
          continue
        }
        if (this.#line + 1 >= this.#lines.length)
          throw new PythonSyntaxError(
            `unterminated string literal (detected at line ${this.#line + 1})`,
            point(line, column, 1),
            'SyntaxError',
            true,
          )
        text += '\\\n'
        this.#line++
        this.#column = 0
        continue
      }
      if (source.startsWith(quote, this.#column)) {
        this.#column += quote.length
        this.tokens.push({ type: 'string', text: text + quote, line, column, endLine: this.#line + 1, endColumn: this.#column })
        return
      }
      const plain = match(PLAIN, source, this.#column) ?? (source[this.#column] as string)
      text += plain
      this.#column += plain.length
    }
  }

  #add(type: Token['type'], text: string, line: number, column: number): void {
    this.tokens.push({ type, text, line, column, endLine: line, endColumn: column + (type === 'newline' ? 1 : text.length) })
  }
}

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0]
}

export function point(line: number, column: number, length: number): Span {
  return { line, column, endLine: line, endColumn: column + length }
}
