import { PythonSyntaxError, type Span } from './syntax.ts'

const SIMPLE: Readonly<Record<string, string>> = {
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\n': '',
}

export interface StringToken {
  raw: boolean
  bytes: boolean
  format: boolean
  /** Between the quotes. */
  body: string
  /** Characters before the body. */
  opening: number
}

export function takeApart(text: string): StringToken {
  const found = /^([a-zA-Z]*)('''|"""|'|")/.exec(text) as RegExpExecArray
  const prefix = (found[1] as string).toLowerCase()
  const quote = found[2] as string
  return {
    raw: prefix.includes('r'),
    bytes: prefix.includes('b'),
    format: prefix.includes('f'),
    body: text.slice(found[0].length, text.length - quote.length),
    opening: found[0].length,
  }
}

/** Text of a str literal's body. @throws PythonSyntaxError at `at` */
export function unescaped(body: string, at: Span): string {
  if (!body.includes('\\')) return body
  return decode(body, (message) => unicodeError(message, at), true)
}

/** @throws PythonSyntaxError */
export function bytesOf({ raw, body }: StringToken, at: Span): Uint8Array {
  if (/[^\x00-\x7f]/.test(body)) throw new PythonSyntaxError('bytes can only contain ASCII literal characters', at)
  const text = raw ? body : decode(body, (message) => new PythonSyntaxError(`(value error) ${message}`, at), false)
  return Buffer.from(text, 'latin1')
}

function unicodeError(message: string, at: Span): PythonSyntaxError {
  return new PythonSyntaxError(`(unicode error) 'unicodeescape' codec can't decode bytes in position ${message}`, at)
}

/** Undoes the escapes of a body; `fail` makes the error. */
export function decode(body: string, fail: (message: string) => Error, unicode: boolean): string {
  let text = ''
  for (let at = 0; at < body.length; at++) {
    const c = body[at] as string
    if (c !== '\\') {
      text += c
      continue
    }
    const next = body[++at] ?? ''
    const simple = SIMPLE[next]
    if (simple !== undefined) text += simple
    else if (/[0-7]/.test(next)) {
      const digits = /^[0-7]{1,3}/.exec(body.slice(at, at + 3))?.[0] as string
      text += String.fromCharCode(Number.parseInt(digits, 8) & (unicode ? 0x1ff : 0xff))
      at += digits.length - 1
    } else if (next === 'x' || (unicode && (next === 'u' || next === 'U'))) {
      const length = next === 'x' ? 2 : next === 'u' ? 4 : 8
      const digits = /^[0-9a-fA-F]*/.exec(body.slice(at + 1, at + 1 + length))?.[0] as string
      if (digits.length < length) {
        if (!unicode) throw fail(`invalid \\x escape at position ${at - 1}`)
        const kind = next === 'x' ? '\\xXX' : next === 'u' ? '\\uXXXX' : '\\UXXXXXXXX'
        throw fail(`${at - 1}-${at + digits.length}: truncated ${kind} escape`)
      }
      const code = Number.parseInt(digits, 16)
      if (code > 0x10ffff) throw fail(`${at - 1}-${at + length}: illegal Unicode character`)
      text += String.fromCodePoint(code)
      at += length
    } else text += `\\${next}`
  }
  return text
}
