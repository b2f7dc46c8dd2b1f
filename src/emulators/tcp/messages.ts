import { LimitReached, type Visit } from '../../sensor/visit.ts'
import type { Framing } from './service.ts'

/** More than this at once is a message, whatever it is. */
export const LONGEST_MESSAGE = 16 * 1024
/** A line whose end does not come within this is taken as it is: `echo -n ruok | nc`. */
const QUIET_MS = 700

const BLANK_LINE = /\r?\n\r?\n/

/**
 * Cuts what a client sends into messages, without the line ends that finish them.
 *
 * - `line`: up to a line feed
 * - `block`: up to an empty line, as header blocks
 * - `chunk`: what comes at once, as Beelzebub takes it
 * - `auto`: text by lines, anything else as it comes
 */
export class Messages {
  readonly #visit: Visit
  readonly #framing: Framing
  readonly #until: number
  #rest: Buffer = Buffer.alloc(0)

  /** @param until when the connection ends, by `performance.now()` */
  constructor(visit: Visit, framing: Framing, until: number) {
    this.#visit = visit
    this.#framing = framing
    this.#until = until
  }

  /** The next message; undefined when the client has closed or the time is over. */
  async next(framing: Framing = this.#framing): Promise<Buffer | undefined> {
    if (this.#rest.length === 0) {
      const first = await this.#read(this.#left)
      if (!first || first === 'quiet') return undefined
      this.#rest = first
    }
    for (;;) {
      const cut = cutOf(this.#rest, framing)
      if (cut) return this.#take(cut.end, cut.next)
      const isPatient = framing === 'line' || framing === 'block'
      const more = await this.#read(isPatient ? this.#left : Math.min(QUIET_MS, this.#left))
      if (!more || more === 'quiet') return this.#take(this.#rest.length, this.#rest.length)
      this.#rest = Buffer.concat([this.#rest, more])
    }
  }

  get #left(): number {
    return Math.max(1, Math.ceil(this.#until - performance.now()))
  }

  #take(end: number, next: number): Buffer {
    const message = this.#rest.subarray(0, end)
    this.#rest = this.#rest.subarray(next)
    return withoutLineEnd(message)
  }

  async #read(within: number): Promise<Buffer | 'quiet' | undefined> {
    try {
      return await this.#visit.read({ within })
    } catch (error) {
      if (error instanceof LimitReached && error.limit === 'read-deadline') return 'quiet'
      throw error
    }
  }
}

/** Where the first message ends and the next one begins. */
function cutOf(bytes: Buffer, framing: Framing): { end: number; next: number } | undefined {
  const whole = { end: bytes.length, next: bytes.length }
  if (framing === 'chunk' || bytes.length >= LONGEST_MESSAGE) return whole
  if (framing === 'block') {
    const found = BLANK_LINE.exec(bytes.toString('latin1'))
    return found ? { end: found.index, next: found.index + found[0].length } : undefined
  }
  const end = bytes.indexOf(0x0a)
  const line = end < 0 ? bytes : bytes.subarray(0, end)
  if (framing === 'auto' && !isText(line)) return whole
  return end < 0 ? undefined : { end, next: end + 1 }
}

/** No control characters but tab, carriage return, escape and backspace; bytes above 0x7f may be UTF-8. */
export function isText(bytes: Uint8Array): boolean {
  return bytes.every((byte) =>
    byte >= 0x20 ? byte !== 0x7f : byte === 0x09 || byte === 0x0a || byte === 0x0d || byte === 0x1b || byte === 0x08,
  )
}

function withoutLineEnd(bytes: Buffer): Buffer {
  let end = bytes.length
  while (end > 0 && (bytes[end - 1] === 0x0a || bytes[end - 1] === 0x0d)) end--
  return bytes.subarray(0, end)
}
