/** A stretch of text, or one character of it that would not show as itself. */
export interface Piece {
  text: string
  /** True for the written form of a control or format character: `^[`, `\x9b`, `\u{202e}`. */
  control: boolean
}

/** Characters that terminals and browsers obey rather than show, and CRLF, which counts as one new line. */
const CONTROL = /\r\n|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]|\p{Cf}/gu

/**
 * Text that is safe to show to an operator: attackers and models write escape sequences on purpose. Control
 * characters appear in caret or hex form, bidirectional overrides and other invisible format characters as \u{…}.
 * New lines and tabs stay.
 */
export function printable(text: string): string {
  return text.replace(CONTROL, written)
}

/** The same on one line: new lines and tabs show as \n and \t. */
export function printableLine(text: string): string {
  return printable(text).replace(/\n/g, '\\n').replace(/\t/g, '\\t')
}

/** {@link printable}, with what was written in place of a character kept apart from what stood there itself. */
export function pieces(text: string): Piece[] {
  const found: Piece[] = []
  let end = 0
  for (const match of text.matchAll(CONTROL)) {
    if (match[0] === '\r\n') continue
    if (match.index > end) found.push({ text: text.slice(end, match.index).replaceAll('\r\n', '\n'), control: false })
    found.push({ text: written(match[0]), control: true })
    end = match.index + match[0].length
  }
  if (end < text.length) found.push({ text: text.slice(end).replaceAll('\r\n', '\n'), control: false })
  return found
}

function written(character: string): string {
  if (character === '\r\n') return '\n'
  const code = character.codePointAt(0) as number
  if (code < 0x20 || code === 0x7f) return `^${String.fromCharCode(code ^ 0x40)}`
  if (code < 0xa0) return `\\x${code.toString(16)}`
  return `\\u{${code.toString(16)}}`
}
