import { LimitReached, type Visit } from '../../sensor/visit.ts'
import { announcedLiteral } from './codec.ts'

/** Dovecot's imap_max_line_length. */
const LINE_BYTES = 64 * 1024
const LITERALS = 64

export interface Literal {
  size: number
  /** Bytes of this command's literals, this one included. */
  total: number
  waits: boolean
}

/** Decides about a literal before it is read: undefined takes it, a text refuses the command with it. */
export type Judge = (segments: readonly { line: Buffer; literal?: Buffer }[], literal: Literal) => string | undefined

export interface ReadCommand {
  segments: { line: Buffer; literal?: Buffer }[]
  /** Why the rest was not read. */
  refusal: string | undefined
  /** Milliseconds that the client took to send its literals. */
  waitedMs: number
}

/** Reads a command with its literals, asking for each that waits for leave (RFC 3501 §7.5). */
export async function readCommand(visit: Visit, judge: Judge, within: number | undefined): Promise<ReadCommand> {
  const segments: ReadCommand['segments'] = []
  let total = 0
  let waitedMs = 0
  for (;;) {
    const line = await visit.line(LINE_BYTES, within === undefined ? {} : { within })
    const literal = announcedLiteral(line)
    if (!literal) return { segments: [...segments, { line }], refusal: undefined, waitedMs }
    total += literal.size
    const refusal = segments.length >= LITERALS ? 'BAD Too many literals' : judge([...segments, { line }], { ...literal, total })
    if (refusal !== undefined) {
      // What is announced with a plus comes in any case, and is no command.
      if (!literal.waits) await discard(visit, literal.size)
      return { segments: [...segments, { line }], refusal, waitedMs }
    }
    const askedAt = performance.now()
    if (literal.waits) await visit.write('+ OK\r\n')
    segments.push({ line, literal: await visit.exactly(literal.size) })
    waitedMs += performance.now() - askedAt
  }
}

const DISCARDED = 64 * 1024 * 1024

async function discard(visit: Visit, size: number): Promise<void> {
  if (size > DISCARDED) throw new LimitReached('literal', DISCARDED)
  for (let left = size; left > 0; ) left -= (await visit.exactly(Math.min(left, LINE_BYTES))).length
}
