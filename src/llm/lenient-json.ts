/** Deepest nesting that is read; an answer's schema has three levels. */
const DEEPEST = 32

/**
 * Reads the first JSON object in a text as models write it: with prose or a fence around it, trailing commas, comments,
 * raw line breaks in strings, Python's words and quotes, missing ends.
 *
 * @returns the object; where the text ended before the object did, `cut` is the name it ended at, or the empty text between two
 *   names. Undefined when there is no object.
 * @example parseLenient('Sure: ```json\n{"exitCode": 0, "stdout": "a')  // → { value: { exitCode: 0, stdout: 'a' }, cut: 'stdout' }
 */
export function parseLenient(text: string): { value: Record<string, unknown>; cut: string | undefined } | undefined {
  for (let at = text.indexOf('{'), tries = 0; at >= 0 && tries < 8; at = text.indexOf('{', at + 1), tries++) {
    const reader = new Reader(text, at)
    const value = reader.object(0)
    if (value && (Object.keys(value).length > 0 || !reader.cut)) return { value, cut: reader.cut ? reader.lastName : undefined }
  }
  return undefined
}

const TRACES = ['think', 'thinking', 'reasoning', 'thought']

/** Takes thinking traces out: they are not part of the answer, and may hold braces. */
export function withoutThinking(text: string): string {
  let kept = text
  for (const trace of TRACES) kept = withoutTrace(kept, `<${trace}>`, `</${trace}>`)
  // The form of gpt-oss: everything before its final channel is thinking.
  const final = '<|channel|>final<|message|>'
  const at = kept.lastIndexOf(final)
  return at < 0 ? kept : kept.slice(at + final.length)
}

function withoutTrace(text: string, open: string, close: string): string {
  // The opening tag is often part of the chat template and missing here; so everything before the last end is a trace.
  const end = text.lastIndexOf(close)
  const kept = end < 0 ? text : text.slice(end + close.length)
  const begin = kept.indexOf(open)
  return begin < 0 ? kept : kept.slice(0, begin)
}

/** What a model meant by a missing or unreadable value. */
const NOTHING = Symbol('nothing')

class Reader {
  /** The text ended before the object did. */
  cut = false
  /** The name on the top level that was read last; empty after its value's end. */
  lastName = ''
  readonly #text: string
  #at: number

  constructor(text: string, at: number) {
    this.#text = text
    this.#at = at
  }

  object(depth: number): Record<string, unknown> | undefined {
    if (depth > DEEPEST) return undefined
    const found: Record<string, unknown> = {}
    this.#at++
    for (;;) {
      this.#skip()
      const c = this.#text[this.#at]
      if (c === undefined) return this.#ended(found)
      if (c === '}') {
        this.#at++
        return found
      }
      if (c === ',') {
        this.#at++
        continue
      }
      const quoted = c === '"' || c === "'"
      const key = quoted ? this.#string(c) : this.#word()
      if (key === '' && !quoted) return undefined
      this.#skip()
      if (this.#text[this.#at] === undefined) return this.#ended(found)
      if (this.#text[this.#at] !== ':') return undefined
      this.#at++
      if (depth === 0) this.lastName = key
      const value = this.#value(depth)
      if (depth === 0 && !this.cut) this.lastName = ''
      // A name that every object inherits must not be set by a model.
      if (value !== NOTHING && key !== '__proto__') found[key] = value
      if (this.cut) return found
    }
  }

  #array(depth: number): unknown[] | typeof NOTHING {
    if (depth > DEEPEST) return NOTHING
    const found: unknown[] = []
    this.#at++
    for (;;) {
      this.#skip()
      const c = this.#text[this.#at]
      if (c === undefined) return this.#ended(found)
      if (c === ']') {
        this.#at++
        return found
      }
      if (c === ',') {
        this.#at++
        continue
      }
      const before = this.#at
      const value = this.#value(depth)
      if (value !== NOTHING) found.push(value)
      if (this.cut || this.#at === before) return found
    }
  }

  #value(depth: number): unknown {
    this.#skip()
    const c = this.#text[this.#at]
    if (c === undefined) return this.#ended(NOTHING)
    if (c === '"' || c === "'") return this.#string(c)
    if (c === '{') return this.object(depth + 1) ?? NOTHING
    if (c === '[') return this.#array(depth + 1)
    return meaning(this.#word())
  }

  /** A quoted string; raw control characters are taken as they are, unknown escapes as the character itself. */
  #string(quote: string): string {
    let text = ''
    let from = ++this.#at
    for (; this.#at < this.#text.length; this.#at++) {
      const c = this.#text[this.#at]
      if (c === quote && this.#closes(quote)) {
        text += this.#text.slice(from, this.#at++)
        return text
      }
      if (c !== '\\') continue
      text += this.#text.slice(from, this.#at) + this.#escape()
      from = this.#at + 1
    }
    this.cut = true
    return text + this.#text.slice(from)
  }

  /** An unescaped quote inside a text is not its end: after the end comes a comma, colon or bracket. */
  #closes(quote: string): boolean {
    const next = /[^\s]/y
    for (let i = this.#at + 1; i < this.#text.length && i < this.#at + 64; i++) {
      next.lastIndex = i
      if (next.test(this.#text)) return ',:}]'.includes(this.#text[i] as string) || (quote === '"' && this.#text.startsWith('```', i))
    }
    return true
  }

  /** Reads the escape at the current place and stays on its last character. */
  #escape(): string {
    const c = this.#text[++this.#at]
    if (c === undefined) return ''
    if (c === 'u') {
      const hex = this.#text.slice(this.#at + 1, this.#at + 5)
      if (!/^[0-9a-f]{4}$/i.test(hex)) return ''
      this.#at += 4
      return String.fromCharCode(Number.parseInt(hex, 16))
    }
    return ESCAPES[c] ?? c
  }

  #word(): string {
    const word = /[^\s,:{}[\]"']{0,64}/y
    word.lastIndex = this.#at
    const found = word.exec(this.#text)?.[0] ?? ''
    this.#at += found.length
    return found
  }

  #skip(): void {
    const space = /\s*(?:\/\/[^\n]*\n?|\/\*[^*]*\*\/|\s)*/y
    space.lastIndex = this.#at
    this.#at += space.exec(this.#text)?.[0].length ?? 0
  }

  #ended<T>(found: T): T {
    this.cut = true
    return found
  }
}

const ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' }

function meaning(word: string): unknown {
  if (/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(word)) return Number(word)
  if (/^true$/i.test(word)) return true
  if (/^false$/i.test(word)) return false
  if (/^(null|none|undefined|nil)$/i.test(word)) return null
  return word === '' ? NOTHING : word
}
