/** Cuts the text of a program into objects (PLRM §3.2), as far as it has come. */
import { PsArray, PsName, type PsObject, PsString } from './objects.ts'

const BLANK = /[\0\t\n\f\r \x04]/
const DELIMITER = /[()<>[\]{}/%\0\t\n\f\r \x04]/
const DEEPEST = 32
const ESCAPES: Record<string, string> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' }

/** Text that is no program of ASCII: an image, most often. */
export class NotText extends Error {
  constructor() {
    super('no text')
    this.name = 'NotText'
  }
}

export interface Scanned {
  object: PsObject
  /** Where the next one begins. */
  end: number
}

/** The object at `from`; undefined when it has not come whole. @throws NotText */
export function scan(text: string, from: number, isAll: boolean, depth = 0): Scanned | undefined {
  if (depth > DEEPEST) throw new NotText()
  const at = skipBlanks(text, from, isAll)
  const first = text[at]
  if (first === undefined) return undefined
  if (/[^\x09-\x0d\x20-\x7e]/.test(first)) throw new NotText()
  switch (first) {
    case '(':
      return scanString(text, at)
    case '{':
      return scanProcedure(text, at, isAll, depth)
    case '<':
      return scanAngle(text, at, isAll)
    case '>':
      if (text[at + 1] === undefined && !isAll) return undefined
      return name(text[at + 1] === '>' ? '>>' : '>', at)
    case '[':
    case ']':
    case '}':
    case ')':
      return name(first, at)
    default:
      return scanWord(text, at, isAll)
  }
}

function name(text: string, at: number): Scanned {
  return { object: new PsName(text, true), end: at + text.length }
}

/** The next character that means something; the end of the text while a comment may go on. */
function skipBlanks(text: string, from: number, isAll: boolean): number {
  let at = from
  for (;;) {
    while (at < text.length && BLANK.test(text[at] as string)) at++
    if (text[at] !== '%') return at
    const length = text.slice(at).search(/[\r\n]/)
    if (length < 0) return isAll ? text.length : text.length + 1
    at += length
  }
}

function scanString(text: string, at: number): Scanned | undefined {
  let value = ''
  let open = 1
  for (let i = at + 1; i < text.length; i++) {
    const c = text[i] as string
    if (c === '\\') {
      const octal = /^[0-7]{1,3}/.exec(text.slice(i + 1, i + 4))?.[0]
      const next = text[i + 1]
      if (next === undefined) return undefined
      if (octal) value += String.fromCharCode(Number.parseInt(octal, 8) & 0xff)
      else if (next !== '\n') value += ESCAPES[next] ?? next
      i += octal?.length ?? 1
      continue
    }
    if (c === '(') open++
    if (c === ')' && --open === 0) return { object: new PsString(value), end: i + 1 }
    value += c
  }
  return undefined
}

function scanProcedure(text: string, at: number, isAll: boolean, depth: number): Scanned | undefined {
  const items: PsObject[] = []
  for (let next = at + 1; ; ) {
    const scanned = scan(text, next, isAll, depth + 1)
    if (!scanned) return undefined
    next = scanned.end
    if (scanned.object instanceof PsName && scanned.object.isExecutable && scanned.object.text === '}') {
      return { object: new PsArray(items, true), end: next }
    }
    items.push(scanned.object)
  }
}

/** `<<`, or a string in hexadecimal. */
function scanAngle(text: string, at: number, isAll: boolean): Scanned | undefined {
  if (text[at + 1] === undefined && !isAll) return undefined
  if (text[at + 1] === '<') return name('<<', at)
  const end = text.indexOf('>', at)
  if (end < 0) return undefined
  const digits = text.slice(at + 1, end).replace(/[^0-9A-Fa-f]/g, '')
  return { object: new PsString(Buffer.from(digits.length % 2 ? `${digits}0` : digits, 'hex').toString('latin1')), end: end + 1 }
}

function scanWord(text: string, at: number, isAll: boolean): Scanned | undefined {
  const isLiteral = text[at] === '/'
  const start = at + (isLiteral ? (text[at + 1] === '/' ? 2 : 1) : 0)
  let end = start
  while (end < text.length && !DELIMITER.test(text[end] as string)) end++
  // Without anything behind it a word may go on.
  if (end === text.length && !isAll) return undefined
  const word = text.slice(start, end)
  if (isLiteral) return { object: new PsName(word, false), end }
  const number = numberOf(word)
  return { object: number ?? new PsName(word, true), end }
}

function numberOf(word: string): number | undefined {
  if (/^[+-]?(?:\d{1,15}\.?\d{0,15}|\.\d{1,15})(?:[eE][+-]?\d{1,3})?$/.test(word)) return Number(word)
  const [, base, digits = ''] = /^(\d{1,2})#([0-9A-Za-z]{1,10})$/.exec(word) ?? []
  const value = base === undefined || Number(base) < 2 || Number(base) > 36 ? Number.NaN : Number.parseInt(digits, Number(base))
  return Number.isNaN(value) ? undefined : value
}
