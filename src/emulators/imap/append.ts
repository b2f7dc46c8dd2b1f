import { ImapSyntaxError, parseCommand, type Segments, type Token, textOf } from './codec.ts'
import type { Literal } from './command-reader.ts'
import { normalizeFlags } from './selection.ts'
import { type Handler, type ImapSession, latin1 } from './session.ts'

/** What is taken of one APPEND. */
const APPEND_BYTES = 16 * 1024 * 1024
const QUOTA = 'NO [OVERQUOTA] Quota exceeded (mailbox for user is full)'

/** Looks at what stands before the message, so that a wrong mailbox or flag is refused before it comes. */
export function judgeAppend(session: ImapSession, segments: Segments, literal: Literal): string | undefined {
  if (literal.total > APPEND_BYTES) return QUOTA
  if (segments.length > 1) return undefined
  const line = (segments[0] as Segments[number]).line.toString('latin1').replace(/\{\d{1,10}\+?\}$/, '')
  try {
    const { args } = parseCommand([{ line: Buffer.from(line.trimEnd(), 'latin1') }])
    const name = textOf(args[0])
    // The name of the mailbox may be this literal itself.
    if (name === undefined) return undefined
    const folder = session.store.folder(name)
    if (!folder || folder.isNode) return `NO [TRYCREATE] Mailbox doesn't exist: ${name}`
    flagsOf(args[1])
    return undefined
  } catch (error) {
    if (error instanceof ImapSyntaxError) return `BAD Error in IMAP command APPEND: ${error.message}`
    throw error
  }
}

function flagsOf(token: Token | undefined): string[] {
  if (token?.kind !== 'list') return []
  const result = normalizeFlags(token.items.map((item) => textOf(item) ?? ''))
  if ('unknown' in result) throw new ImapSyntaxError(`Invalid system flag ${result.unknown}`)
  return result.flags
}

/** RFC 3501 §6.3.11 and RFC 3502: one message or several, each with flags and a date that may be left out. */
export const append: Handler = async (session, args) => {
  const name = textOf(args[0])
  if (name === undefined) throw new ImapSyntaxError('Invalid arguments')
  const folder = session.store.folder(name)
  if (!folder || folder.isNode) return `NO [TRYCREATE] Mailbox doesn't exist: ${name}`
  const uids: number[] = []
  for (let at = 1; at < args.length; ) {
    const flags = flagsOf(args[at])
    if (args[at]?.kind === 'list') at++
    const date = args[at + 1]?.kind === 'string' ? Date.parse((textOf(args[at]) ?? '').replace(/-/, ' ').replace(/-/, ' ')) : undefined
    if (date !== undefined) at++
    const message = args[at++]
    if (message?.kind !== 'string') throw new ImapSyntaxError('Invalid arguments')
    const bytes = Buffer.from(message.text, 'latin1')
    const { sha256 } = session.visit.capture(bytes, { how: 'imap.append' })
    const stored = session.store.append(folder, withCrlf(bytes), flags, date === undefined || Number.isNaN(date) ? Date.now() : date)
    session.stateOf(folder).learn(flags)
    session.visit.record('imap.append', { folder: latin1(folder.name), size: bytes.length, sha256, flags, kept: stored !== undefined })
    if (!stored) return QUOTA
    uids.push(stored.uid)
  }
  if (uids.length === 0) throw new ImapSyntaxError('Invalid arguments')
  await session.tellGrowth(folder)
  const range = uids.length > 1 ? `${uids[0]}:${uids.at(-1)}` : uids[0]
  return `OK [APPENDUID ${folder.uidValidity} ${range}] Append completed`
}

function withCrlf(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString('latin1').replace(/\r?\n/g, '\r\n'), 'latin1')
}
