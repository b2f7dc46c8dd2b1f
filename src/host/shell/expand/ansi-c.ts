import type { HostText } from '../../command.ts'

const SIMPLE: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  e: '\x1b',
  E: '\x1b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '?': '?',
}

/** Decodes the escapes of `$'…'` (bash(1), QUOTING). */
export function ansiC(text: HostText): HostText {
  return text.replace(/\\(x[0-9A-Fa-f]{1,2}|u[0-9A-Fa-f]{1,4}|U[0-9A-Fa-f]{1,8}|[0-7]{1,3}|c[\s\S]|[\s\S])/g, (whole, code: string) => {
    const kind = code[0] as string
    if (kind === 'x') return code.length > 1 ? byteText(Number.parseInt(code.slice(1), 16)) : whole
    if (kind === 'u' || kind === 'U') return code.length > 1 ? codePointText(Number.parseInt(code.slice(1), 16)) : whole
    if (/[0-7]/.test(kind)) return byteText(Number.parseInt(code, 8) & 0xff)
    if (kind === 'c' && code.length > 1) return String.fromCharCode((code.charCodeAt(1) & 0x1f) >>> 0)
    return SIMPLE[kind] ?? whole
  })
}

/** One byte as host text: ASCII is itself, a byte above is kept as it is (see HostText). */
export function byteText(byte: number): string {
  return byte < 0x80 ? String.fromCharCode(byte) : String.fromCharCode(0xdc00 + byte)
}

export function codePointText(code: number): string {
  return code <= 0x10ffff ? String.fromCodePoint(code) : ''
}
