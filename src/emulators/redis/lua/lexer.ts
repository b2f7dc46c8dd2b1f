/** The script does not compile; the message is Lua's, without chunk name and line. */
export class LuaSyntaxError extends Error {
  readonly line: number

  constructor(message: string, line: number) {
    super(message)
    this.name = 'LuaSyntaxError'
    this.line = line
  }
}

export interface Token {
  kind: 'name' | 'keyword' | 'number' | 'string' | 'symbol' | 'eof'
  text: string
  line: number
}

const KEYWORDS = new Set(
  'and break do else elseif end false for function if in local nil not or repeat return then true until while'.split(' '),
)
const SYMBOLS = ['...', '..', '==', '~=', '<=', '>=', ...'+-*/%^#<>=(){}[];:,.']
const ESCAPES: Record<string, string> = { n: '\n', r: '\r', t: '\t', a: '\x07', b: '\b', f: '\f', v: '\v' }

/** Splits Lua 5.1 source (§2.1 of its manual) into tokens. @throws LuaSyntaxError */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  let line = 1
  const add = (kind: Token['kind'], text: string): void => void tokens.push({ kind, text, line })
  while (at < source.length) {
    const char = source[at] as string
    if (char === '\n') line++
    if (/\s/.test(char)) {
      at++
      continue
    }
    if (source.startsWith('--', at)) {
      const long = longBracket(source, at + 2)
      if (long) line += countLines(long.text)
      at = long ? long.end : endOfLine(source, at)
      continue
    }
    const long = longBracket(source, at)
    if (long) {
      add('string', long.text.replace(/^\r?\n/, ''))
      line += countLines(long.text)
      at = long.end
      continue
    }
    if (char === '"' || char === "'") {
      const { text, end } = quoted(source, at, line)
      add('string', text)
      at = end
      continue
    }
    const window = source.slice(at, at + 256)
    const number = /^(?:0x[0-9a-f]{1,16}|(?:\d{1,40}\.?\d{0,40}|\.\d{1,40})(?:e[+-]?\d{1,4})?)/i.exec(window)
    const word = /^[A-Za-z_][A-Za-z0-9_]{0,199}/.exec(window)
    const symbol = SYMBOLS.find((s) => source.startsWith(s, at))
    const found = number?.[0] ?? word?.[0] ?? symbol
    if (found === undefined) throw new LuaSyntaxError(`unexpected symbol near '${char}'`, line)
    add(number ? 'number' : word ? (KEYWORDS.has(found) ? 'keyword' : 'name') : 'symbol', found)
    at += found.length
  }
  add('eof', '<eof>')
  return tokens
}

function endOfLine(source: string, at: number): number {
  const end = source.indexOf('\n', at)
  return end < 0 ? source.length : end
}

function countLines(text: string): number {
  return text.split('\n').length - 1
}

/** `[[ … ]]` and `[==[ … ]==]`. */
function longBracket(source: string, at: number): { text: string; end: number } | undefined {
  const open = source[at] === '[' ? /^\[(={0,16})\[/.exec(source.slice(at, at + 18)) : null
  if (!open) return undefined
  const close = `]${open[1]}]`
  const start = at + open[0].length
  const end = source.indexOf(close, start)
  return end < 0 ? undefined : { text: source.slice(start, end), end: end + close.length }
}

function quoted(source: string, start: number, line: number): { text: string; end: number } {
  const quote = source[start]
  let text = ''
  for (let at = start + 1; at < source.length; at++) {
    const char = source[at] as string
    if (char === quote) return { text, end: at + 1 }
    if (char === '\n') break
    if (char !== '\\') {
      text += char
      continue
    }
    const decimal = /^\d{1,3}/.exec(source.slice(at + 1, at + 4))
    text += decimal ? String.fromCharCode(Number(decimal[0]) & 0xff) : (ESCAPES[source[at + 1] ?? ''] ?? source[at + 1] ?? '')
    at += decimal ? decimal[0].length : 1
  }
  throw new LuaSyntaxError(`unfinished string near '${source.slice(start, start + 60).split('\n')[0]}'`, line)
}
