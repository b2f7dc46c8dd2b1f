/**
 * HL7 version 2 messages (chapter 2, "Control") as segments, fields and components. Every message says in its first bytes
 * which separators it uses. Text is held as characters U+0000–U+00FF, one a byte.
 */

/** Not a message of HL7 version 2. */
export class Hl7Error extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'Hl7Error'
  }
}

const MOST_SEGMENTS = 20_000
const MOST_FIELDS = 500
const MOST_PARTS = 500

/** MSH-1 and the four or five characters of MSH-2. */
export interface Separators {
  field: string
  component: string
  repetition: string
  escape: string
  subcomponent: string
  /** MSH-2 as it was sent: from version 2.7 on it has a fifth, truncation. */
  encoding: string
}

export const DEFAULT_SEPARATORS: Separators = separatorsOf('|', '^~\\&')

function separatorsOf(field: string, encoding: string): Separators {
  const [component = '^', repetition = '~', escaping = '\\', subcomponent = '&'] = encoding
  return { field, component, repetition, escape: escaping, subcomponent, encoding }
}

export class Segment {
  readonly name: string
  readonly text: string
  readonly #separators: Separators
  #fields: string[] | undefined

  constructor(text: string, separators: Separators) {
    this.text = text
    this.name = text.slice(0, 3)
    this.#separators = separators
  }

  /** Field `n`, counted from one as the standard does; of header segments 1 is the separator itself. */
  field(n: number): string {
    this.#fields ??= this.text.split(this.#separators.field, MOST_FIELDS)
    const isHeader = this.name === 'MSH' || this.name === 'BHS' || this.name === 'FHS'
    if (isHeader && n === 1) return this.#separators.field
    return this.#fields[isHeader ? n - 1 : n] ?? ''
  }

  /** Repetitions of a field. */
  repetitions(n: number): string[] {
    return this.field(n).split(this.#separators.repetition, MOST_PARTS)
  }

  /** Component `c` of field `n` of its first repetition, from one, unescaped. */
  component(n: number, c: number): string {
    return component(this.repetitions(n)[0] ?? '', c, this.#separators)
  }
}

/** Component `n` of a field, from one, unescaped. */
export function component(field: string, n: number, separators: Separators): string {
  return unescapeText(field.split(separators.component, MOST_PARTS)[n - 1] ?? '', separators)
}

export interface Hl7Message {
  separators: Separators
  segments: readonly Segment[]
}

/** @throws Hl7Error when the bytes begin with no header segment */
export function parseMessage(bytes: Buffer): Hl7Message {
  const text = bytes.toString('latin1').replace(/^\s{1,8}/, '')
  const header = /^(MSH|BHS|FHS)([^A-Za-z0-9\s])/.exec(text)
  if (!header) throw new Hl7Error('no header segment')
  const field = header[2] as string
  const encoding =
    text
      .slice(4, 10)
      .split(/[\r\n]/, 1)[0]
      ?.split(field, 1)[0] ?? ''
  if (encoding.length > 5 || new Set(field + encoding).size !== encoding.length + 1) throw new Hl7Error('separators that do not separate')
  const separators = separatorsOf(field, encoding)
  const lines = text.split(/[\r\n]+/, MOST_SEGMENTS + 1)
  if (lines.length > MOST_SEGMENTS) throw new Hl7Error(`more than ${MOST_SEGMENTS} segments`)
  return { separators, segments: lines.filter((line) => line !== '').map((line) => new Segment(line, separators)) }
}

/** A message as bytes go: each segment ends with CR. */
export function encodeMessage(segments: readonly string[]): string {
  return segments.map((segment) => `${segment}\r`).join('')
}

/** One segment of fields 1, 2, 3 …; empty ones at the end are left out. */
export function encodeSegment(name: string, fields: readonly string[], separators: Separators): string {
  let last = fields.length
  while (last > 0 && fields[last - 1] === '') last--
  return [name, ...fields.slice(0, last)].join(separators.field)
}

/** Text as data of a field (chapter 2 §2.7): separators and line ends in it are escaped. */
export function escapeText(text: string, separators: Separators): string {
  const names = new Map([
    [separators.escape, 'E'],
    [separators.field, 'F'],
    [separators.component, 'S'],
    [separators.repetition, 'R'],
    [separators.subcomponent, 'T'],
    ['\r', 'X0D'],
    ['\n', 'X0A'],
  ])
  const escapeOne = (c: string): string => {
    const name = names.get(c)
    return name === undefined ? c : `${separators.escape}${name}${separators.escape}`
  }
  return Array.from(text, escapeOne).join('')
}

/** What {@link escapeText} made, and hexadecimal data of any length; an escape that nobody knows stays as it is. */
export function unescapeText(text: string, separators: Separators): string {
  if (!text.includes(separators.escape)) return text
  const parts = text.split(separators.escape)
  let plain = parts[0] as string
  for (let i = 1; i < parts.length; i++) {
    const meant = i + 1 < parts.length ? escaped(parts[i] as string, separators) : undefined
    plain += meant === undefined ? separators.escape + parts[i] : meant + parts[++i]
  }
  return plain
}

function escaped(name: string, separators: Separators): string | undefined {
  switch (name) {
    case 'E':
      return separators.escape
    case 'F':
      return separators.field
    case 'S':
      return separators.component
    case 'R':
      return separators.repetition
    case 'T':
      return separators.subcomponent
    default:
      return /^X(?:[0-9A-Fa-f]{2}){1,512}$/.test(name) ? Buffer.from(name.slice(1), 'hex').toString('latin1') : undefined
  }
}
