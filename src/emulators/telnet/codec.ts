/** Telnet on the wire: RFC 854, options by RFC 855, what an option says by `IAC SB … IAC SE`. */

export const IAC = 255
export const Verb = {
  SE: 240,
  NOP: 241,
  BREAK: 243,
  INTERRUPT: 244,
  AYT: 246,
  GA: 249,
  SB: 250,
  WILL: 251,
  WONT: 252,
  DO: 253,
  DONT: 254,
} as const

export const Option = {
  BINARY: 0,
  ECHO: 1,
  SGA: 3,
  STATUS: 5,
  TIMING_MARK: 6,
  TTYPE: 24,
  NAWS: 31,
  TSPEED: 32,
  LFLOW: 33,
  LINEMODE: 34,
  XDISPLOC: 35,
  OLD_ENVIRON: 36,
  AUTHENTICATION: 37,
  ENCRYPT: 38,
  NEW_ENVIRON: 39,
} as const

export type OptionVerb = 'WILL' | 'WONT' | 'DO' | 'DONT'

export type Item =
  | { kind: 'data'; bytes: Buffer }
  | { kind: 'option'; verb: OptionVerb; option: number }
  | { kind: 'subnegotiation'; option: number; content: Buffer }
  /** Any other command: `IAC NOP`, `IAC AYT` … */
  | { kind: 'command'; code: number }

/** A sub-negotiation that is longer than any honest one. */
export class TelnetError extends Error {}

/** RFC 1572 sets no bound; telnetd's own buffer (netibuf) is of this order. */
export const LONGEST_SUBNEGOTIATION = 4096

/**
 * Takes apart what has come so far.
 * @returns its items, and the bytes at the end that are not a whole one yet
 * @throws TelnetError when a sub-negotiation goes on beyond {@link LONGEST_SUBNEGOTIATION}
 */
export function decode(bytes: Buffer): { items: Item[]; rest: Buffer } {
  const items: Item[] = []
  const text: Buffer[] = []
  const endText = (): void => {
    if (text.length) items.push({ kind: 'data', bytes: Buffer.concat(text.splice(0)) })
  }
  let at = 0
  while (at < bytes.length) {
    const iac = bytes.indexOf(IAC, at)
    const upTo = iac < 0 ? bytes.length : iac
    if (upTo > at) text.push(bytes.subarray(at, upTo))
    at = upTo
    if (iac < 0) break
    const found = commandAt(bytes, iac)
    if (!found) break
    at = found.end
    if (found.item.kind === 'data') text.push(found.item.bytes)
    else {
      endText()
      items.push(found.item)
    }
  }
  endText()
  return { items, rest: bytes.subarray(at) }
}

/** What begins with the IAC at `at`; undefined while it is not whole. */
function commandAt(bytes: Buffer, at: number): { item: Item; end: number } | undefined {
  const code = bytes[at + 1]
  if (code === undefined) return undefined
  if (code === IAC) return { item: { kind: 'data', bytes: Buffer.of(IAC) }, end: at + 2 }
  if (code === Verb.SB) return subnegotiationAt(bytes, at)
  const verb = verbOf(code)
  if (!verb) return { item: { kind: 'command', code }, end: at + 2 }
  const option = bytes[at + 2]
  return option === undefined ? undefined : { item: { kind: 'option', verb, option }, end: at + 3 }
}

function subnegotiationAt(bytes: Buffer, at: number): { item: Item; end: number } | undefined {
  const option = bytes[at + 2]
  if (option === undefined) return undefined
  const content: number[] = []
  for (let i = at + 3; i < bytes.length; i++) {
    if (content.length > LONGEST_SUBNEGOTIATION) throw new TelnetError('a sub-negotiation without end')
    const byte = bytes[i] as number
    if (byte !== IAC) {
      content.push(byte)
      continue
    }
    const next = bytes[i + 1]
    if (next === undefined) return undefined
    // Whatever command stands here ends it, as telnetd's state machine has it.
    if (next !== IAC) return { item: { kind: 'subnegotiation', option, content: Buffer.from(content) }, end: next === Verb.SE ? i + 2 : i }
    content.push(IAC)
    i++
  }
  if (content.length > LONGEST_SUBNEGOTIATION) throw new TelnetError('a sub-negotiation without end')
  return undefined
}

function verbOf(code: number): OptionVerb | undefined {
  return ({ 251: 'WILL', 252: 'WONT', 253: 'DO', 254: 'DONT' } as const)[code as 251 | 252 | 253 | 254]
}

export function encode(item: Item): Buffer {
  switch (item.kind) {
    case 'data':
      return escapeIac(item.bytes)
    case 'option':
      return Buffer.of(IAC, Verb[item.verb], item.option)
    case 'subnegotiation':
      return Buffer.concat([Buffer.of(IAC, Verb.SB, item.option), escapeIac(item.content), Buffer.of(IAC, Verb.SE)])
    case 'command':
      return Buffer.of(IAC, item.code)
  }
}

/** Doubles each IAC. */
export function escapeIac(bytes: Buffer): Buffer {
  if (!bytes.includes(IAC)) return bytes
  return Buffer.from(bytes.toString('latin1').replaceAll('\xff', '\xff\xff'), 'latin1')
}

/**
 * RFC 854: a client's Enter is CR LF or CR NUL; the terminal behind gets CR. A lone CR stays, as some bots send it.
 * @param afterCr whether the last byte before these was CR
 */
export function foldReturns(bytes: Buffer, afterCr: boolean): { bytes: Buffer; afterCr: boolean } {
  const kept: number[] = []
  let after = afterCr
  for (const byte of bytes) {
    if (!(after && (byte === 0x0a || byte === 0x00))) kept.push(byte)
    after = byte === 0x0d
  }
  return { bytes: Buffer.from(kept), afterCr: after }
}

/** Columns and rows of a window (RFC 1073); undefined for anything else. */
export function windowOf(content: Buffer): { columns: number; rows: number } | undefined {
  return content.length === 4 ? { columns: content.readUInt16BE(0), rows: content.readUInt16BE(2) } : undefined
}
