/** A program that awk refuses. */
export class AwkError extends Error {
  readonly line: number
  /** Source text at fault. */
  readonly near: string

  constructor(message: string, line: number, near: string) {
    super(message)
    this.name = 'AwkError'
    this.line = line
    this.near = near
  }
}

export interface Token {
  /** `number`, `string`, `regex`, `name`, `call` (a name directly before a parenthesis), `newline`, `end`, or the sign or word itself. */
  type: string
  text: string
  line: number
  at: number
}

const WORDS = new Set(
  'BEGIN END function func if else while for do break continue next nextfile exit return delete in getline print printf'.split(' '),
)
export const BUILTINS = new Set(
  'length substr index split sub gsub match sprintf sin cos atan2 exp log sqrt int rand srand tolower toupper system close fflush gensub strftime systime mktime and or xor lshift rshift compl strtonum asort asorti patsplit typeof'.split(
    ' ',
  ),
)
const SIGNS = [
  '**=',
  '+=',
  '-=',
  '*=',
  '/=',
  '%=',
  '^=',
  '**',
  '++',
  '--',
  '<=',
  '>=',
  '==',
  '!=',
  '!~',
  '&&',
  '||',
  '>>',
  '|&',
  '{',
  '}',
  '(',
  ')',
  '[',
  ']',
  ';',
  ',',
  '+',
  '-',
  '*',
  '/',
  '%',
  '^',
  '!',
  '>',
  '<',
  '|',
  '?',
  ':',
  '~',
  '$',
  '=',
]
const ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r', '\\': '\\', '"': '"', '/': '/', a: '\x07', b: '\b', f: '\f', v: '\v' }
/** After these a slash divides; anywhere else it begins a regular expression. */
const OPERAND_ENDS = new Set(['number', 'string', 'regex', 'name', ')', ']', '$', '++', '--', 'length'])

export function tokenize(source: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  let line = 1
  const push = (type: string, text: string): void => void tokens.push({ type, text, line, at })
  while (at < source.length) {
    const c = source[at] as string
    if (c === ' ' || c === '\t' || c === '\r') at++
    else if (c === '\\' && source[at + 1] === '\n') {
      at += 2
      line++
    } else if (c === '\\' && source.startsWith('\r\n', at + 1)) {
      at += 3
      line++
    } else if (c === '#') {
      const end = source.indexOf('\n', at)
      at = end < 0 ? source.length : end
    } else if (c === '\n') {
      push('newline', '\n')
      at++
      line++
    } else if (c === '"') {
      const [text, next] = stringAt(source, at + 1, line)
      push('string', text)
      at = next
    } else if (c === '/' && !OPERAND_ENDS.has(tokens.at(-1)?.type ?? '')) {
      const [text, next] = regexAt(source, at + 1, line)
      push('regex', text)
      at = next
    } else if (/[0-9.]/.test(c) && /^(0[xX][0-9a-fA-F]+|\d+\.?\d*([eE][-+]?\d+)?|\.\d+([eE][-+]?\d+)?)/.test(source.slice(at, at + 64))) {
      const text = (
        /^(0[xX][0-9a-fA-F]+|\d+\.?\d*([eE][-+]?\d+)?|\.\d+([eE][-+]?\d+)?)/.exec(source.slice(at, at + 64)) as RegExpExecArray
      )[0]
      push('number', text)
      at += text.length
    } else if (/[A-Za-z_]/.test(c)) {
      const text = (/^\w+/.exec(source.slice(at, at + 256)) as RegExpExecArray)[0]
      const type = WORDS.has(text)
        ? text === 'func'
          ? 'function'
          : text
        : BUILTINS.has(text)
          ? text === 'length'
            ? 'length'
            : 'builtin'
          : source[at + text.length] === '('
            ? 'call'
            : 'name'
      push(type, text)
      at += text.length
    } else {
      const sign = SIGNS.find((s) => source.startsWith(s, at))
      if (!sign) throw new AwkError('syntax error', line, c)
      push(sign === '**' ? '^' : sign === '**=' ? '^=' : sign, sign)
      at += sign.length
    }
    if (tokens.length > 100_000) throw new AwkError('program too long', line, '')
  }
  push('newline', '')
  push('end', '')
  return tokens
}

function stringAt(source: string, from: number, line: number): [text: string, next: number] {
  let text = ''
  for (let at = from; at < source.length; at++) {
    const c = source[at] as string
    if (c === '"') return [text, at + 1]
    if (c === '\n') break
    if (c !== '\\') {
      text += c
      continue
    }
    const next = source[++at] ?? ''
    const octal = /^[0-7]{1,3}/.exec(source.slice(at, at + 3))
    if (octal) {
      text += String.fromCharCode(Number.parseInt(octal[0], 8) & 0xff)
      at += octal[0].length - 1
    } else if (next === 'x' && /^[0-9a-fA-F]{1,2}/.test(source.slice(at + 1, at + 3))) {
      const hex = (/^[0-9a-fA-F]{1,2}/.exec(source.slice(at + 1, at + 3)) as RegExpExecArray)[0]
      text += String.fromCharCode(Number.parseInt(hex, 16))
      at += hex.length
    } else if (next === '\n') text += ''
    else text += ESCAPES[next] ?? `\\${next}`
  }
  throw new AwkError('runaway string constant', line, source.slice(from - 1, from + 20))
}

function regexAt(source: string, from: number, line: number): [text: string, next: number] {
  let inBracket = false
  for (let at = from; at < source.length; at++) {
    const c = source[at] as string
    if (c === '\n') break
    if (c === '\\') at++
    else if (c === '[' && !inBracket) {
      inBracket = true
      if (source[at + 1] === '^') at++
      if (source[at + 1] === ']') at++
    } else if (c === ']') inBracket = false
    else if (c === '/' && !inBracket) return [source.slice(from, at).replaceAll('\\/', '/'), at + 1]
  }
  throw new AwkError('runaway regular expression', line, source.slice(from - 1, from + 20))
}
