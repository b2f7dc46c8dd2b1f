import type { SundewEvent } from '../events/schema.ts'

/** The far end of an output. One call at a time. */
export interface Sink {
  /**
   * Resolves when all of them are delivered or were refused for good. May deliver an event again that an earlier, failed call
   * had delivered already: receivers know it by its id.
   * @throws {Refused} when some can never be delivered; the others are
   * @throws anything else when the call may be repeated
   */
  send(events: readonly SundewEvent[], signal: AbortSignal): Promise<void>
  close?(): Promise<void> | void
}

/** Events that will not be taken however often they come. Without ids: the batch as a whole, of which one at least is at fault. */
export class Refused extends Error {
  readonly reasons: ReadonlyMap<string, string> | undefined

  constructor(message: string, reasons?: ReadonlyMap<string, string>) {
    super(message)
    this.name = 'Refused'
    this.reasons = reasons
  }
}

/** The receiver said how long it wants to be left alone. */
export class Busy extends Error {
  readonly retryAfterMs: number | undefined

  constructor(message: string, retryAfterMs: number | undefined) {
    super(message)
    this.name = 'Busy'
    this.retryAfterMs = retryAfterMs
  }
}

/** Rejects when a call is given up: for clients that may never say so themselves. */
export function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

/** What an error says, for `status`: several in one (all addresses of a host, all partitions of a topic) hide what went wrong in themselves. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const inner = error instanceof AggregateError ? [...new Set(error.errors.map(reasonOf))].join('; ') : error.cause && reasonOf(error.cause)
  return [error.message, inner].filter(Boolean).join(': ') || error.name
}
