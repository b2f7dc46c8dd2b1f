import { randomBytes } from 'node:crypto'
import type { SipRequest } from './codec.ts'
import type { Line } from './line.ts'
import { Allowance, type Header, type Reply, type ReplyWriter } from './reply.ts'

/** What a way there and back is taken to last (RFC 3261 §17.1.1.1). */
const T1_MS = 500
/** A final answer to an INVITE is sent so often again to who does not acknowledge it. */
const MOST_REPEATS = 2

/** One request and what has been answered to it (RFC 3261 §17.2). */
export class ServerTransaction {
  readonly request: SipRequest
  readonly line: Line
  /** Ours, in the `To` of all its answers. */
  readonly toTag = newTag()
  readonly allowance: Allowance
  /** What waits for bytes that pay for it. */
  pending: (() => void) | undefined
  readonly #writer: ReplyWriter
  #last: Buffer | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(request: SipRequest, line: Line, writer: ReplyWriter, bytes: number) {
    this.request = request
    this.line = line
    this.#writer = writer
    this.allowance = new Allowance(line, bytes)
  }

  /**
   * Sends an answer, in a shorter form or not at all where the request was too small for it.
   * @returns its status; undefined when it was not sent
   */
  answer(status: number, reason: string, extra: readonly Header[] = [], rest: Partial<Reply> = {}): number | undefined {
    const reply = { status, reason, toTag: this.toTag, extra, ...rest }
    const { left } = this.allowance
    const bytes = this.#writer.write(this.request, this.line, reply, left)
    if (!bytes) {
      const answerBytes = this.#writer.write(this.request, this.line, reply)?.length ?? 0
      this.line.record('sip.suppressed', { status, requestBytes: Math.round(Math.max(0, left)), answerBytes })
      return undefined
    }
    this.#last = bytes
    this.#send(bytes)
    // Whoever has proven nothing may be a victim, who will never acknowledge.
    const isRepeated = this.request.method === 'INVITE' && status >= 200 && this.line.transport === 'UDP' && this.line.isProven
    if (isRepeated) this.#repeatLater(bytes, 0)
    return status
  }

  /** A retransmission pays for its answer, and for what its request was too small for. */
  retransmitted(bytes: number): void {
    this.allowance.add(bytes)
    const { pending } = this
    this.pending = undefined
    if (pending) pending()
    else if (this.#last && this.#last.length <= this.allowance.left) this.#send(this.#last)
  }

  /** An ACK has come. */
  acknowledged(): void {
    clearTimeout(this.#timer)
  }

  #send(bytes: Buffer): void {
    this.allowance.spend(bytes.length)
    this.line.send(bytes)
  }

  #repeatLater(bytes: Buffer, repeats: number): void {
    clearTimeout(this.#timer)
    if (repeats === MOST_REPEATS) return
    this.#timer = setTimeout(
      () => {
        this.#send(bytes)
        this.#repeatLater(bytes, repeats + 1)
      },
      T1_MS * 2 ** repeats,
    )
    this.#timer.unref()
  }
}

/** As chan_sip makes them. */
function newTag(): string {
  return `as${randomBytes(4).toString('hex')}`
}
