import { escapePattern } from './pattern.ts'

/** One word after expansion. `pattern` is its text with `\` before what was quoted; `special` says that a glob may be in it. */
export interface Field {
  text: string
  pattern: string
  special: boolean
  quoted: boolean
}

const GLOB = /[*?[]/

/** Characters that a word cannot exceed; bash would die of `xrealloc: cannot allocate`. */
export const LONGEST_TEXT = 4 * 1024 * 1024

export class TooLong extends Error {}

/** Words and fields that one command may have. */
export const MOST_FIELDS = 500_000

const BOOKED_AT_ONCE = 65_536

/** What an array of strings holds for each, beside its text. */
export const STRING_BYTES = 32

/** Bytes that words take. */
export function weightOf(words: readonly string[]): number {
  return words.reduce((sum, word) => sum + word.length + STRING_BYTES, 0)
}

/** Collects the pieces of a word: literal text, quoted text, and expansions that may be split at IFS. */
export class FieldBuilder {
  readonly fields: Field[] = []
  readonly #ifs: string
  readonly #splits: boolean
  readonly #grown: (bytes: number) => void
  #open: Field | undefined
  /** White space has just ended a field: a delimiter that follows belongs to it (POSIX XCU 2.6.5). */
  #afterSpace = false
  #size = 0
  #unbooked = 0

  /** @param grown told of the bytes that the fields take, in steps */
  constructor(splits: boolean, ifs: string, grown: (bytes: number) => void) {
    this.#splits = splits
    this.#ifs = ifs
    this.#grown = grown
  }

  quoted(text: string): void {
    const field = this.#field(text.length)
    field.quoted = true
    field.text += text
    field.pattern += escapePattern(text)
  }

  literal(text: string): void {
    if (text === '') return
    const field = this.#field(text.length)
    field.text += text
    field.pattern += text.replace(/[\\*?[\]]/g, '\\$&')
  }

  /** Characters of the program text that are a pattern. */
  glob(text: string): void {
    const field = this.#field(text.length)
    field.text += text
    field.pattern += text
    field.special = true
  }

  /** What an unquoted expansion gave. */
  expansion(text: string): void {
    if (text === '') return
    if (!this.#splits || this.#ifs === '') {
      this.#raw(text)
      return
    }
    let from = 0
    const ifs = new Set(Array.from(this.#ifs, (char) => char.charCodeAt(0)))
    for (let at = 0; at < text.length; at++) {
      if (!ifs.has(text.charCodeAt(at))) continue
      if (at > from) this.#raw(text.slice(from, at))
      this.#delimiter(text[at] as string)
      from = at + 1
    }
    if (from < text.length) this.#raw(text.slice(from))
  }

  /** Begins another field, as between the elements of "$@". */
  break(): void {
    if (this.#open) this.fields.push(this.#open)
    this.#open = undefined
    this.#afterSpace = false
  }

  finish(): Field[] {
    this.break()
    return this.fields
  }

  get isOpen(): boolean {
    return this.#open !== undefined
  }

  #raw(text: string): void {
    const field = this.#field(text.length)
    field.text += text
    field.pattern += text
    field.special ||= GLOB.test(text)
  }

  #delimiter(char: string): void {
    const space = char === ' ' || char === '\t' || char === '\n'
    if (this.#open) {
      this.fields.push(this.#open)
      this.#open = undefined
      this.#afterSpace = space
    } else if (!space) {
      if (!this.#afterSpace) this.fields.push({ text: '', pattern: '', special: false, quoted: true })
      this.#afterSpace = false
    }
    if (this.fields.length > MOST_FIELDS) throw new TooLong()
    this.#book(STRING_BYTES)
  }

  #field(growth: number): Field {
    this.#size += growth
    if (this.#size > LONGEST_TEXT) throw new TooLong()
    this.#book(growth)
    this.#afterSpace = false
    this.#open ??= { text: '', pattern: '', special: false, quoted: false }
    return this.#open
  }

  /** Small words are not worth booking. */
  #book(bytes: number): void {
    this.#unbooked += bytes
    if (this.#unbooked < BOOKED_AT_ONCE) return
    this.#grown(this.#unbooked)
    this.#unbooked = 0
  }
}

/** Gives the outcome of an expansion, quoted or to be split. */
export function give(out: FieldBuilder, text: string, quoted: boolean): void {
  if (quoted) out.quoted(text)
  else out.expansion(text)
}
