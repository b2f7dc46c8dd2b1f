/** What ends the reading of a serialized value: it is broken, or deeper than any. */
class SerializedError extends Error {}

const DEEPEST = 32
const MOST_TEXTS = 64

/** The texts of a value that PHP serialized, in their order: all of them, and those that are no names of properties or keys. */
export interface SerializedTexts {
  all: string[]
  values: string[]
}

/** @returns undefined for what unserialize() would not take */
export function textsOf(serialized: string): SerializedTexts | undefined {
  const reader = new Reader(serialized)
  try {
    reader.value(0)
  } catch (error) {
    if (!(error instanceof SerializedError)) throw error
    return undefined
  }
  return reader.found
}

class Reader {
  readonly found: SerializedTexts = { all: [], values: [] }
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  value(depth: number, isName = false): void {
    if (depth > DEEPEST) throw new SerializedError()
    const kind = this.#text[this.#at] ?? ''
    if (kind === 's' || kind === 'E') this.#keep(this.#string(), isName)
    else if (kind === 'a' || kind === 'O') {
      if (kind === 'O') this.#string()
      this.#members(this.#number(kind === 'a' ? 'a:' : ''), depth)
    } else if (kind === 'C') {
      this.#string()
      this.#skip(this.#number('') + 1)
    } else this.#scalar()
  }

  #scalar(): void {
    const [scalar] = /^(?:[ibdrR]:[-+.\dEINAF]{1,32}|N);/.exec(this.#text.slice(this.#at, this.#at + 40)) ?? []
    if (scalar === undefined) throw new SerializedError()
    this.#at += scalar.length
  }

  #members(count: number, depth: number): void {
    for (let n = 0; n < count; n++) {
      this.value(depth + 1, true)
      this.value(depth + 1)
    }
    if (this.#text[this.#at++] !== '}') throw new SerializedError()
  }

  #keep(text: string, isName: boolean): void {
    if (this.found.all.length >= MOST_TEXTS) return
    this.found.all.push(text)
    if (!isName) this.found.values.push(text)
  }

  /** `s:2:"id";` or, of a class, `O:8:"stdClass":`; the length counts, quotes inside do not end it. */
  #string(): string {
    const [head, digits = ''] = /^[sEOC]:\+?(\d{1,6}):"/.exec(this.#text.slice(this.#at, this.#at + 16)) ?? []
    if (head === undefined) throw new SerializedError()
    const from = this.#at + head.length
    const end = from + Number(digits)
    if (!/^"[;:]$/.test(this.#text.slice(end, end + 2))) throw new SerializedError()
    this.#at = end + 2
    return this.#text.slice(from, end)
  }

  /** A count and the brace behind it. */
  #number(before: string): number {
    const [head, digits = ''] = /^(?:a:)?(\d{1,6}):\{/.exec(this.#text.slice(this.#at, this.#at + 16)) ?? []
    if (head === undefined || head.startsWith('a:') !== (before === 'a:')) throw new SerializedError()
    this.#at += head.length
    return Number(digits)
  }

  #skip(length: number): void {
    this.#at += length
    if (this.#at > this.#text.length) throw new SerializedError()
  }
}
