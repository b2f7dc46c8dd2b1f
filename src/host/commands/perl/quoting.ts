import { PerlSyntaxError } from './syntax.ts'

const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}', '<': '>' }
const SINGLE: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', a: '\x07', e: '\x1b', f: '\f', b: '\b', '0': '\0' }

/** Text between delimiters from `at`, which is the opening one; brackets nest. @throws PerlSyntaxError when it does not end */
export function delimited(source: string, at: number, line: number, file: string): { text: string; end: number; open: string } {
  const open = source[at] as string
  const close = CLOSING[open] ?? open
  let depth = 1
  for (let i = at + 1; i < source.length; i++) {
    const char = source[i]
    if (char === '\\') i++
    else if (char === close && --depth === 0) return { text: source.slice(at + 1, i), end: i + 1, open }
    else if (char === open && close !== open) depth++
  }
  throw new PerlSyntaxError(
    `Can't find string terminator ${close === '"' ? `'"'` : `"${close}"`} anywhere before EOF at ${file} line ${line}.\n`,
  )
}

/** What single quotes leave: only the delimiters and the backslash are escaped. */
export function singleQuoted(text: string, open: string): string {
  const close = CLOSING[open] ?? open
  return text.replace(/\\([\s\S])/g, (whole, char: string) => (char === '\\' || char === open || char === close ? char : whole))
}

/** An escape of double quotes at `at` (behind the backslash): the text that it stands for and where it ends. */
export function escapeAt(text: string, at: number): { value: string; end: number } {
  const rest = text.slice(at, at + 24)
  const hex = /^x(?:\{\s*([0-9A-Fa-f]{1,6})\s*\}|([0-9A-Fa-f]{0,2}))/.exec(rest)
  if (hex) return { value: codeText(Number.parseInt(hex[1] ?? (hex[2] || '0'), 16)), end: at + hex[0].length }
  const octal = /^(?:0[0-7]{0,2}|[1-7][0-7]{1,2})/.exec(rest)
  if (octal) return { value: String.fromCharCode(Number.parseInt(octal[0], 8)), end: at + octal[0].length }
  if (rest[0] === 'c') return { value: String.fromCharCode((rest.charCodeAt(1) & 0x5f) ^ 64), end: at + 2 }
  const char = rest[0] ?? '\\'
  return { value: SINGLE[char] ?? char, end: at + 1 }
}

export function codeText(code: number): string {
  return code > 0x10ffff ? '\ufffd' : String.fromCodePoint(code)
}

/** The characters of one side of `tr///`, ranges written out. */
export function transliterationSet(text: string): string {
  let out = ''
  const chars: string[] = []
  for (let i = 0; i < text.length; ) {
    if (text[i] === '\\') {
      const { value, end } = escapeAt(text, i + 1)
      chars.push(value)
      i = end
    } else chars.push(text[i++] as string)
  }
  for (let i = 0; i < chars.length; i++) {
    const [from, to] = [chars[i] as string, chars[i + 2]]
    if (chars[i + 1] !== '-' || to === undefined) {
      out += from
      continue
    }
    for (let code = from.charCodeAt(0); code <= to.charCodeAt(0); code++) out += String.fromCharCode(code)
    i += 2
  }
  return out
}
