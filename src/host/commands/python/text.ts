import { floatRepr } from './numbers.ts'

const QUICK: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** repr of a str. */
export function textRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  if (/^[ !#-&(-[\]-~]*$/.test(text)) return `'${text}'`
  let out = ''
  for (const c of text) {
    if (c === quote) out += `\\${c}`
    else if (QUICK[c]) out += QUICK[c]
    else if (c >= ' ' && c <= '~') out += c
    else out += isPrintable(c) ? c : escapeCode(c.codePointAt(0) as number)
  }
  return quote + out + quote
}

export function isPrintable(c: string): boolean {
  return c === ' ' || !/[\p{C}\p{Z}]/u.test(c)
}

export function escapeCode(code: number): string {
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`
}

/** ascii() of what repr gave. */
export function asciiOnly(text: string): string {
  return text.replace(/[^\x00-\x7f]/gu, (c) => escapeCode(c.codePointAt(0) as number))
}

/** repr of bytes. */
export function bytesRepr(data: Uint8Array): string {
  const text = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('latin1')
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  let out = ''
  for (const c of text) {
    if (c === quote) out += `\\${c}`
    else if (QUICK[c]) out += QUICK[c]
    else out += c >= ' ' && c <= '~' ? c : `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`
  }
  return `b${quote}${out}${quote}`
}

let lastText = ''
let lastIsAstral = false

/** Whether a text has characters that take two code units, so that positions must be counted. */
export function isAstral(text: string): boolean {
  if (text.length < 32) return /[\ud800-\udbff]/.test(text)
  if (text !== lastText) {
    lastIsAstral = /[\ud800-\udbff]/.test(text)
    lastText = text
  }
  return lastIsAstral
}

export function lengthOf(text: string): number {
  return isAstral(text) ? [...text].length : text.length
}

export function characters(text: string): string[] {
  return isAstral(text) ? [...text] : text.split('')
}

export function simpleRepr(value: null | boolean | bigint | number | string): string {
  if (value === null) return 'None'
  if (typeof value === 'string') return textRepr(value)
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  return typeof value === 'number' ? floatRepr(value) : value.toString()
}
