/**
 * Text that is safe to show in an operator's terminal: attackers and models write escape sequences on purpose. Control
 * characters appear in caret or hex form, bidirectional overrides and other invisible format characters as \u{…}.
 * New lines and tabs stay.
 */
export function printable(text: string): string {
  return text
    .replace(/\r\n/g, '\n')
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, (c) => `^${String.fromCharCode(c.charCodeAt(0) ^ 0x40)}`)
    .replace(/[\u0080-\u009f]/g, (c) => `\\x${c.charCodeAt(0).toString(16)}`)
    .replace(/\p{Cf}|[\u2028\u2029]/gu, (c) => `\\u{${(c.codePointAt(0) as number).toString(16)}}`)
}

/** The same on one line: new lines and tabs show as \n and \t. */
export function printableLine(text: string): string {
  return printable(text).replace(/\n/g, '\\n').replace(/\t/g, '\\t')
}
