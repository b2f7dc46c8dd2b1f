/** RFC 5321 as bytes: command lines, paths with their parameters, and the message after DATA. */

export class SmtpSyntaxError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'SmtpSyntaxError'
  }
}

export interface Command {
  /** In capitals. */
  verb: string
  /** All behind the verb, without the blanks around it; one character a byte. */
  argument: string
}

export function parseCommand(line: Buffer): Command {
  const text = line.toString('latin1').replace(/^[ \t]+|[ \t\r]+$/g, '')
  const blank = text.search(/[ \t]/)
  const verb = blank < 0 ? text : text.slice(0, blank)
  return { verb: verb.toUpperCase(), argument: blank < 0 ? '' : text.slice(blank + 1).trim() }
}

export interface Path {
  /** Without brackets and source route; empty for `<>`. */
  address: string
  /** As it was written, with the brackets if there were any. */
  written: string
  /** `a` of `<@a:b@c>`: the hosts that the mail should travel by. */
  route: string | undefined
  parameters: string[]
}

/**
 * Reads `FROM:<a@b> SIZE=1` and `TO:a@b`; both servers take a path without brackets too.
 * @throws SmtpSyntaxError
 */
export function parsePath(argument: string, keyword: 'FROM' | 'TO'): Path {
  const start = new RegExp(`^${keyword}:[ \\t]{0,10}`, 'i').exec(argument)
  if (!start) throw new SmtpSyntaxError(`no ${keyword}:`)
  const rest = argument.slice(start[0].length)
  const end = pathEnd(rest)
  const written = rest.slice(0, end)
  const after = rest.slice(end)
  if (after !== '' && !/^[ \t]/.test(after)) throw new SmtpSyntaxError('something follows the path')
  const bare = written.startsWith('<') ? written.slice(1, -1) : written
  const route = /^@([^:]{1,255}):/.exec(bare)
  const address = route ? bare.slice(route[0].length) : bare
  if (!isAddress(address)) throw new SmtpSyntaxError('not an address')
  return { address, written, route: route?.[1], parameters: after.split(/[ \t]+/).filter(Boolean) }
}

/** Offset behind the path. @throws SmtpSyntaxError when its bracket is not closed */
function pathEnd(text: string): number {
  const isBracketed = text.startsWith('<')
  let isQuoted = false
  for (let at = 0; at < text.length; at++) {
    const c = text[at] as string
    if (c === '\\') at++
    else if (c === '"') isQuoted = !isQuoted
    else if (isQuoted) continue
    else if (isBracketed && c === '>') return at + 1
    else if (!isBracketed && (c === ' ' || c === '\t')) return at
  }
  if (isBracketed || isQuoted) throw new SmtpSyntaxError('path is not closed')
  return text.length
}

function isAddress(text: string): boolean {
  if (text === '') return true
  const unquoted = text.replace(/"(?:[^"\\]|\\.){0,500}"/g, 'q')
  if (/[\s<>()"\x00-\x1f\x7f]/.test(unquoted) || unquoted.startsWith('@') || unquoted.endsWith('@')) return false
  // A dotted quad without brackets is not a domain.
  return !/@\d{1,3}(\.\d{1,3}){3}$/.test(unquoted)
}

/** The two sides of an address; without `@` there is no domain. */
export function splitAddress(address: string): { local: string; domain: string | undefined } {
  const at = address.lastIndexOf('@')
  return at < 0 ? { local: address, domain: undefined } : { local: address.slice(0, at), domain: address.slice(at + 1).toLowerCase() }
}

export interface DataRules {
  /** Bytes of the message that are kept; more are counted. */
  keep: number
  /** Whether LF alone ends a line, so that LF . LF ends the message too (CVE-2023-51764 and its kin). */
  bareNewlines: boolean
}

/** Collects a message until its final dot, RFC 5321 §4.1.1.4, and undoes dot-stuffing (§4.5.2). */
export class DataDecoder {
  readonly #rules: DataRules
  readonly #lines: Buffer[] = []
  #partial: Buffer = Buffer.alloc(0)
  /** How the last line ended: only a line that follows CRLF can be the final dot of a strict server. */
  #afterCrlf = true
  #kept = 0
  /** Bytes of the message, those that were not kept included. */
  size = 0
  /** A dot between line ends that are not CRLF: somebody tries what this server takes for the end. */
  sawSmuggling = false

  constructor(rules: DataRules) {
    this.#rules = rules
  }

  /** Takes bytes; gives those behind the end of the message once it has come. */
  push(chunk: Buffer): Buffer | undefined {
    const bytes = this.#partial.length ? Buffer.concat([this.#partial, chunk]) : chunk
    let at = 0
    for (;;) {
      const lf = bytes.indexOf(0x0a, at)
      if (lf < 0) break
      const line = bytes.subarray(at, lf + 1)
      at = lf + 1
      if (this.#isEnd(line)) {
        this.#partial = Buffer.alloc(0)
        return bytes.subarray(at)
      }
      this.#take(line)
    }
    this.#partial = bytes.subarray(at)
    // A line may be longer than any message: what can no longer be kept is only counted.
    if (this.#partial.length > LONGEST_LINE) {
      this.#take(this.#partial)
      this.#partial = Buffer.alloc(0)
      this.#afterCrlf = false
    }
    return undefined
  }

  get message(): Buffer {
    return Buffer.concat(this.#lines, this.#kept)
  }

  #isEnd(line: Buffer): boolean {
    if (line[0] !== 0x2e || line.length > 3 || (line.length === 3 && line[1] !== 0x0d)) return false
    const isStrict = line.length === 3 && this.#afterCrlf
    if (line.length <= 3 && !isStrict) this.sawSmuggling = true
    return isStrict || this.#rules.bareNewlines
  }

  #take(line: Buffer): void {
    this.#afterCrlf = line.at(-1) === 0x0a && line.at(-2) === 0x0d
    const plain = line[0] === 0x2e ? line.subarray(1) : line
    this.size += plain.length
    const room = this.#rules.keep - this.#kept
    if (room <= 0) return
    const kept = plain.subarray(0, room)
    this.#lines.push(Buffer.from(kept))
    this.#kept += kept.length
  }
}

const LONGEST_LINE = 256 * 1024

/** How a client sends a message; the other side of {@link DataDecoder}. */
export function encodeData(message: Buffer): Buffer {
  const lines = message.toString('latin1').split('\r\n')
  if (lines.at(-1) === '') lines.pop()
  return Buffer.from(
    `${lines.map((line) => (line.startsWith('.') ? `.${line}` : line)).join('\r\n')}${lines.length ? '\r\n' : ''}.\r\n`,
    'latin1',
  )
}
