import { randomInt } from 'node:crypto'
import type { Visit } from '../../sensor/visit.ts'

/** A document that is told piece by piece. */
export interface Document {
  head: string
  /** Between two records. */
  between: string
  tail: string
  /** The nth record; undefined = there are no more. */
  record: (n: number) => string | undefined
  /** Records that it has at least, however soon it ends. */
  least: number
}

export interface DripRules {
  /** Milliseconds until it is brought to its end; infinite = never. */
  holdMs: number
  /** Told once, when it is over. `seenMs` is when its client was surely still there: a FIN shows only at the next piece. */
  over: (facts: { complete: boolean; heldMs: number; seenMs: number; bytes: number; records: number }) => void
}

/** Bytes of one piece. */
const PIECE = { min: 6, max: 48 }
/** Bounds of the wait between two pieces while little is known of the client, and the most that anybody waits. */
const WAIT = { minMs: 60, maxMs: 900, longestMs: 8_000 }

/**
 * Sends a document slowly. When its time is over the rest of the record and the end are sent at once, so that what was
 * received is whole. A client that goes away ends it.
 * @throws VisitEnded, LimitReached as the visit does
 */
export async function* drip(document: Document, visit: Pick<Visit, 'pause'>, { holdMs, over }: DripRules): AsyncGenerator<Buffer> {
  const startedAt = performance.now()
  const elapsed = (): number => performance.now() - startedAt
  // Who is known to wait for minutes is told less a minute.
  const maxMs = Math.min(WAIT.longestMs, Math.max(WAIT.maxMs, holdMs / 50))
  let text = document.head
  let records = 0
  let bytes = 0
  let complete = false
  let seenMs = 0
  let lastMs = 0
  const more = (): boolean => {
    const next = document.record(records)
    if (next === undefined) return false
    text += records === 0 ? next : document.between + next
    records++
    return true
  }
  const sent = (piece: string): Buffer => {
    const buffer = Buffer.from(piece, 'utf8')
    bytes += buffer.length
    return buffer
  }
  try {
    while (elapsed() < holdMs) {
      while (text.length < PIECE.max && more());
      if (text === '') break
      const size = randomInt(PIECE.min, PIECE.max + 1)
      const piece = text.slice(0, size)
      text = text.slice(size)
      seenMs = lastMs
      lastMs = elapsed()
      yield sent(piece)
      await visit.pause(Math.max(0, Math.min(wait(maxMs), holdMs - elapsed())))
    }
    while (records < document.least && more());
    yield sent(text + document.tail)
    complete = true
  } finally {
    over({ complete, heldMs: Math.round(elapsed()), seenMs, bytes, records })
  }
}

/** Log-normal between the bounds: most waits are short, no two alike. */
function wait(maxMs: number): number {
  const bell = (randomInt(1024) + randomInt(1024) + randomInt(1024) + randomInt(1024)) / 2048 - 1
  const middle = Math.sqrt(WAIT.minMs * maxMs)
  return middle * Math.exp(bell * Math.log(maxMs / middle))
}
