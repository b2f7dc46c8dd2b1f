/** A piece of a PHP file. `html` stands outside of `<?php … ?>`; `template` and `command` are what stands between quotes, as it was written. */
export interface Token {
  kind: 'html' | 'string' | 'template' | 'heredoc' | 'integer' | 'float' | 'variable' | 'name' | 'operator' | 'cast' | 'command' | 'end'
  text: string
  line: number
  /** Of a string: the quotes that it had. */
  quote?: "'" | '"'
  /** What is wrong here, for the parser to say when it comes to this token. */
  error?: PhpSyntaxError
}

/** Wrong syntax, in PHP's words. */
export class PhpSyntaxError extends Error {
  readonly line: number

  constructor(message: string, line: number) {
    super(message)
    this.line = line
  }
}

const OPEN = /<\?(?:php(?=\s|$)|=)/gi
const SPACE = /[ \t\r\n\v\f]+/y
const COMMENT = /(?:#(?!\[)|\/\/)(?:(?!\?>)[^\n])*/y
const CAST = /\([ \t]{0,20}(int|integer|string|binary|float|double|real|bool|boolean|array|object|unset)[ \t]{0,20}\)/iy
const OPERATOR =
  /<=>|\*\*=|\.\.\.|<<=|>>=|===|!==|\?\?=|\?->|\+\+|--|->|=>|==|!=|<>|<=|>=|&&|\|\||\?\?|\+=|-=|\*=|\/=|\.=|%=|&=|\|=|\^=|<<|>>|\*\*|::|#\[|[-+*/%.,;()[\]{}=<>!?:@&|^~$]/y
const NUMBER =
  /0[xX][0-9a-fA-F]+(?:_[0-9a-fA-F]+)*|0[bB][01]+(?:_[01]+)*|(?:\d+(?:_\d+)*)?\.\d+(?:_\d+)*(?:[eE][-+]?\d+)?|\d+(?:_\d+)*(?:\.(?!\.))?(?:[eE][-+]?\d+)?/y
const VARIABLE = /\$[a-zA-Z_\x80-\xff][\w\x80-\xff]*/y
const NAME = /\\?[a-zA-Z_\x80-\xff][\w\x80-\xff]*(?:\\[a-zA-Z_\x80-\xff][\w\x80-\xff]*)*/y
const HEREDOC = /<<<[ \t]*(?:"([a-zA-Z_]\w*)"|'([a-zA-Z_]\w*)'|([a-zA-Z_]\w*))\r?\n/y
const PAIRS: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' }

const NEW_LINE = 0x0a
/** Longest program that is read, bytes. */
const LONGEST = 1024 * 1024

/** Never throws: what is no token, or a bracket that does not match, is an error where it stands. */
export function tokensOf(file: string): Token[] {
  const lexer = new Lexer(file.slice(0, LONGEST))
  try {
    lexer.file()
  } catch (error) {
    if (!(error instanceof PhpSyntaxError)) throw error
    lexer.tokens.push({ kind: 'end', text: '', line: error.line, error })
  }
  return lexer.tokens
}

class Lexer {
  readonly tokens: Token[] = []
  readonly #text: string
  readonly #open: { bracket: string; line: number }[] = []
  #at = 0
  #line = 1
  /** A brace in a text was found to have no end. */
  #leftOpen = false

  constructor(text: string) {
    this.#text = text
  }

  file(): void {
    // The line that names the interpreter of a script is none of it.
    if (this.#text.startsWith('#!')) this.#skip(this.#text.indexOf('\n') + 1 || this.#text.length)
    while (this.#at < this.#text.length) {
      OPEN.lastIndex = this.#at
      const open = OPEN.exec(this.#text)
      const html = this.#text.slice(this.#at, open?.index)
      if (html !== '') this.#push('html', html)
      this.#skip(html.length)
      if (!open) break
      this.#skip(open[0].length)
      if (open[0].endsWith('=')) this.#push('name', 'echo')
      this.#code()
      this.#push('operator', ';')
    }
    const left = this.#open.at(-1)
    if (left) throw new PhpSyntaxError(`Unclosed '${left.bracket}'${left.line === this.#line ? '' : ` on line ${left.line}`}`, this.#line)
    this.#push('end', '')
  }

  #push(kind: Token['kind'], text: string, extra: Partial<Token> = {}): void {
    this.tokens.push({ kind, text, line: this.#line, ...extra })
  }

  /** Goes on behind `length` characters, and counts their lines. */
  #skip(length: number): void {
    const end = this.#at + length
    for (let at = this.#at; at < end; at++) if (this.#text.charCodeAt(at) === NEW_LINE) this.#line++
    this.#at = end
  }

  #match(form: RegExp): RegExpExecArray | undefined {
    form.lastIndex = this.#at
    return form.exec(this.#text) ?? undefined
  }

  /** Up to and with `?>`; the new line behind that belongs to it. */
  #code(): void {
    while (this.#at < this.#text.length) {
      const skipped = this.#match(SPACE) ?? this.#match(COMMENT)
      if (skipped) this.#skip(skipped[0].length)
      else if (this.#text.startsWith('/*', this.#at)) this.#comment()
      else if (this.#text.startsWith('?>', this.#at)) {
        this.#skip(2)
        this.#skip(this.#text.startsWith('\r\n', this.#at) ? 2 : this.#text[this.#at] === '\n' ? 1 : 0)
        return
      } else this.#token()
    }
  }

  #comment(): void {
    const end = this.#text.indexOf('*/', this.#at + 2)
    this.#skip(end < 0 ? this.#text.length - this.#at : end + 2 - this.#at)
  }

  #token(): void {
    const quote = this.#text[this.#at] as string
    const heredoc = this.#match(HEREDOC)
    if (quote === "'" || quote === '"' || quote === '`') this.#quoted(quote)
    else if (heredoc) this.#heredoc(heredoc)
    else this.#word(quote)
  }

  #word(sign: string): void {
    for (const [kind, form] of [
      ['variable', VARIABLE],
      ['name', NAME],
      ['number', NUMBER],
      ['cast', CAST],
      ['operator', OPERATOR],
    ] as const) {
      const found = this.#match(form)?.[0]
      if (found === undefined) continue
      if (kind === 'operator') this.#bracket(found)
      if (kind === 'number') this.#push(/^0x|^0b|^\d+(?:_\d+)*$/i.test(found) ? 'integer' : 'float', found)
      else this.#push(kind, found)
      this.#skip(found.length)
      return
    }
    const code = sign.charCodeAt(0)
    throw new PhpSyntaxError(
      `syntax error, unexpected ${code < 0x20 || code === 0x7f ? `character 0x${code.toString(16).toUpperCase().padStart(2, '0')}` : `token "${sign}"`}`,
      this.#line,
    )
  }

  #bracket(text: string): void {
    if (text === '#[' || text === '(' || text === '[' || text === '{') this.#open.push({ bracket: text.at(-1) as string, line: this.#line })
    const wanted = PAIRS[text]
    if (wanted === undefined) return
    const open = this.#open.pop()
    if (!open) throw new PhpSyntaxError(`Unmatched '${text}'`, this.#line)
    if (open.bracket !== wanted) {
      const where = open.line === this.#line ? '' : ` on line ${open.line}`
      throw new PhpSyntaxError(`Unclosed '${open.bracket}'${where} does not match '${text}'`, this.#line)
    }
  }

  #quoted(quote: string): void {
    const start = this.#at
    let end = start + 1
    while (end < this.#text.length && this.#text[end] !== quote) {
      if (quote !== "'" && this.#text[end] === '{' && this.#text[end + 1] === '$') end = this.#behindBraces(end)
      else end += this.#text[end] === '\\' ? 2 : 1
    }
    if (end >= this.#text.length) throw unterminated(this.#text.slice(start + 1), quote, this.#line)
    const body = this.#text.slice(start + 1, end)
    if (quote === "'") this.#push('string', body.replace(/\\(['\\])/g, '$1'), { quote })
    else this.#push(quote === '"' ? 'template' : 'command', body)
    this.#skip(end + 1 - start)
  }

  /** What stands in `{$…}` may have quotes of its own. */
  #behindBraces(from: number): number {
    if (this.#leftOpen) return from + 1
    let depth = 0
    for (let at = from; at < this.#text.length; at++) {
      const sign = this.#text[at]
      if (sign === "'" || sign === '"') {
        at = this.#text.indexOf(sign, at + 1)
        if (at < 0) break
      } else if (sign === '{') depth++
      else if (sign === '}' && --depth === 0) return at + 1
    }
    // Nor will another that is looked for from further on.
    this.#leftOpen = true
    return from + 1
  }

  #heredoc(head: RegExpExecArray): void {
    const mark = (head[1] ?? head[2] ?? head[3]) as string
    const line = this.#line
    const from = this.#at + head[0].length
    const closing = new RegExp(`(?:^|\\n)([ \\t]*)${mark}(?!\\w)`, 'g')
    closing.lastIndex = from - 1
    const end = closing.exec(this.#text)
    if (!end) throw new PhpSyntaxError('syntax error, unexpected end of file', this.#line)
    const indent = end[1]?.length ?? 0
    const raw = this.#text.slice(from, Math.max(from, end.index)).replace(/\r$/, '')
    const body =
      indent > 0
        ? raw
            .split('\n')
            .map((text) => text.slice(Math.min(indent, /^[ \t]*/.exec(text)?.[0].length ?? 0)))
            .join('\n')
        : raw
    if (head[2] !== undefined) this.tokens.push({ kind: 'string', text: body, line, quote: "'" })
    else this.tokens.push({ kind: 'heredoc', text: body, line })
    this.#skip(end.index + end[0].length - this.#at)
  }
}

function unterminated(rest: string, quote: string, line: number): PhpSyntaxError {
  const last = line + (rest.match(/\n/g)?.length ?? 0)
  if (quote === "'") return new PhpSyntaxError(`syntax error, unexpected string content "${shown(rest)}"`, line)
  if (quote === '`') return new PhpSyntaxError('syntax error, unexpected end of file, expecting variable or "${" or "{$"', last)
  return new PhpSyntaxError('syntax error, unexpected end of file, expecting variable or "${" or "{$"', last)
}

/** Of a text in an error so much is shown. */
export function shown(text: string): string {
  return text.length > 30 ? `${text.slice(0, 30)}...` : text
}

/** A token as bison names it in `syntax error, unexpected …`. */
export function tokenName({ kind, text, quote }: Token): string {
  switch (kind) {
    case 'end':
      return 'end of file'
    case 'integer':
      return `integer "${text}"`
    case 'float':
      return `floating-point number "${text}"`
    case 'variable':
      return `variable "${text}"`
    case 'string':
      return `${quote === '"' ? 'double' : 'single'}-quoted string "${shown(text)}"`
    case 'template':
      return /\$[a-zA-Z_{]|\{\$/.test(text) ? 'token """' : `double-quoted string "${shown(text)}"`
    case 'heredoc':
      return 'heredoc start'
    case 'command':
      return 'token "`"'
    case 'html':
      return 'inline html'
    case 'name':
      if (KEYWORDS.has(text.toLowerCase())) return `token "${text}"`
      return text.startsWith('\\')
        ? `fully qualified name "${text}"`
        : text.includes('\\')
          ? `qualified name "${text}"`
          : `identifier "${text}"`
    default:
      return `token "${text}"`
  }
}

export const KEYWORDS: ReadonlySet<string> = new Set(
  (
    'abstract and array as break callable case catch class clone const continue declare default do echo else elseif empty enddeclare ' +
    'endfor endforeach endif endswitch endwhile eval exit die extends final finally fn for foreach function global goto if implements ' +
    'include include_once instanceof insteadof interface isset list match namespace new or print private protected public readonly ' +
    'require require_once return static switch throw trait try unset use var while xor yield'
  ).split(' '),
)
