/** RFC 3501 §9 as bytes: the arguments of a command, with its literals; strings and lists of an answer. */

/** Nested lists that are still read; real clients use three. */
const DEEPEST = 32

/** What breaks the grammar, in Dovecot's words. */
export class ImapSyntaxError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'ImapSyntaxError'
  }
}

export type Token =
  /** Without quotes: an atom, a number, NIL, a flag, a section. */
  | { kind: 'atom'; text: string }
  /** Quoted, or a literal. One character a byte. */
  | { kind: 'string'; text: string }
  | { kind: 'list'; items: Token[] }

/** A command as it is read: lines without their ends, and after each but the last the literal that it announced. */
export type Segments = readonly { line: Buffer; literal?: Buffer }[]

/** The literal that a line ends with: `{12}` asks for leave first, `{12+}` (RFC 7888) does not. */
export function announcedLiteral(line: Buffer): { size: number; waits: boolean } | undefined {
  const match = /\{(\d{1,10})(\+?)\}$/.exec(line.subarray(-14).toString('latin1'))
  return match ? { size: Number(match[1]), waits: match[2] === '' } : undefined
}

export interface Command {
  tag: string
  /** In capitals; empty when there is none. */
  name: string
  args: Token[]
}

/** @throws ImapSyntaxError */
export function parseCommand(segments: Segments): Command {
  const reader = new Reader(segments)
  const tag = reader.word()
  const name = reader.word().toUpperCase()
  return { tag, name, args: reader.items() }
}

/** Tag and name alone, which an answer needs when the rest cannot be read. */
export function commandName(line: Buffer): { tag: string; name: string } {
  const [tag = '', name = ''] = line.toString('latin1', 0, 256).split(' ')
  return { tag, name: name.toUpperCase() }
}

class Reader {
  readonly #segments: Segments
  #segment = 0
  #at = 0

  constructor(segments: Segments) {
    this.#segments = segments
  }

  get #line(): Buffer {
    return (this.#segments[this.#segment] as Segments[number]).line
  }

  /** Up to the next blank. */
  word(): string {
    const end = this.#line.indexOf(0x20, this.#at)
    const word = this.#line.toString('latin1', this.#at, end < 0 ? undefined : end)
    this.#at = end < 0 ? this.#line.length : end + 1
    return word
  }

  items(): Token[] {
    const stack: Token[][] = [[]]
    for (;;) {
      const items = stack.at(-1) as Token[]
      const byte = this.#line[this.#at]
      if (byte === undefined) {
        if (stack.length > 1) throw new ImapSyntaxError("Missing ')'")
        return items
      }
      if (byte === 0x20) this.#at++
      else if (byte === 0x28) {
        if (stack.length >= DEEPEST) throw new ImapSyntaxError('Too many lists')
        this.#at++
        stack.push([])
      } else if (byte === 0x29) {
        const done = stack.pop() as Token[]
        const outer = stack.at(-1)
        if (!outer) throw new ImapSyntaxError("Unexpected ')'")
        this.#at++
        outer.push({ kind: 'list', items: done })
      } else items.push(this.#token(byte))
    }
  }

  #token(byte: number): Token {
    if (byte === 0x22) return this.#quoted()
    const literal = this.#line[this.#at] === 0x7b ? this.#literal() : undefined
    return literal ?? this.#atom()
  }

  #quoted(): Token {
    let text = ''
    for (let at = this.#at + 1; at < this.#line.length; at++) {
      const byte = this.#line[at] as number
      if (byte === 0x22) {
        this.#at = at + 1
        return { kind: 'string', text }
      }
      const escaped = byte === 0x5c && at + 1 < this.#line.length
      if (escaped) at++
      text += String.fromCharCode(this.#line[at] as number)
    }
    throw new ImapSyntaxError("Missing '\"'")
  }

  /** Undefined when the brace is no literal but an odd atom. */
  #literal(): Token | undefined {
    const { literal } = this.#segments[this.#segment] as Segments[number]
    const isAnnouncement = announcedLiteral(this.#line) !== undefined && this.#line.indexOf(0x7d, this.#at) === this.#line.length - 1
    if (!literal || !isAnnouncement) return undefined
    this.#segment++
    this.#at = 0
    return { kind: 'string', text: literal.toString('latin1') }
  }

  #atom(): Token {
    let end = this.#at
    while (end < this.#line.length && !isAtomEnd(this.#line[end] as number)) end++
    const text = this.#line.toString('latin1', this.#at, end)
    // A quote in the middle of an atom belongs to it, or nothing would be read at all.
    this.#at = end === this.#at ? end + 1 : end
    return { kind: 'atom', text: text || this.#line.toString('latin1', end, end + 1) }
  }
}

const isAtomEnd = (byte: number): boolean => byte === 0x20 || byte === 0x28 || byte === 0x29 || byte === 0x22 || byte === 0x7b

/** The text of an argument that is an astring; undefined for a list. */
export function textOf(token: Token | undefined): string | undefined {
  return token === undefined || token.kind === 'list' ? undefined : token.text
}

/** A string of an answer: quoted where that is allowed, a literal otherwise; NIL for undefined. */
export function nstring(text: string | undefined): string {
  if (text === undefined) return 'NIL'
  // Dovecot writes a literal rather than escape anything.
  return /["\\\r\n\x00\x80-\xff]/.test(text) ? literal(text) : `"${text}"`
}

export const literal = (text: string): string => `{${text.length}}\r\n${text}`

/** A mailbox name of an answer: an atom where it can be one. */
export function astring(text: string): string {
  if (/^[A-Za-z0-9!#$&',\-./:;<=>?@[\]^_`|}~+]+$/.test(text) && text.toUpperCase() !== 'NIL') return text
  return /[\r\n\x00\x80-\xff]/.test(text) ? literal(text) : `"${text.replace(/["\\]/g, '\\$&')}"`
}

/** Writes tokens as a client would; the other side of {@link parseCommand}. Strings become literals. */
export function encodeCommand(tag: string, name: string, args: readonly Token[]): Segments {
  const segments: { line: Buffer; literal?: Buffer }[] = []
  let line = `${tag} ${name}`
  const write = (token: Token): void => {
    if (token.kind === 'atom') line += token.text
    else if (token.kind === 'string') {
      segments.push({ line: Buffer.from(`${line}{${token.text.length}}`, 'latin1'), literal: Buffer.from(token.text, 'latin1') })
      line = ''
    } else {
      line += '('
      for (const [i, item] of token.items.entries()) {
        if (i) line += ' '
        write(item)
      }
      line += ')'
    }
  }
  for (const arg of args) {
    line += ' '
    write(arg)
  }
  segments.push({ line: Buffer.from(line, 'latin1') })
  return segments
}
