/**
 * An SSH server that never gets to its name. RFC 4253 §4.2 lets a server send other lines before its identification;
 * this one sends such lines for ever, slowly, and listens to what the client says meanwhile.
 *
 *   client: SSH-2.0-Go                       → ssh-tarpit.client
 *   us:     k7:wq"Rf                          (a piece at once, so that nobody gives up on a silent port)
 *   us:     V~0e{\r\n                         (after some seconds)
 *   client: KEXINIT                          → fingerprint hassh
 *   us:     4 ;d…                             (for hours)
 *
 * One timing wheel serves all connections; a held one costs its socket and little more (bench/tarpit-memory.ts).
 */
import { z } from 'zod'
import { Evidence, evidence } from '../../events/bytes.ts'
import { defineLure } from '../../sensor/lure.ts'
import type { Visit } from '../../sensor/visit.ts'
import { GreetingError, hassh, readKexInit, readVersionLine } from './codec.ts'
import { jitteredDelay, randomBelow, tarpitLine } from './drip.ts'
import { type Due, TimingWheel } from './timing-wheel.ts'

const events = {
  /** The client's first line, which is its version unless it is no SSH client. */
  'ssh-tarpit.client': z.object({ line: Evidence, isSsh: z.boolean() }),
  'ssh-tarpit.released': z.object({ heldMs: z.number(), lines: z.number(), bytes: z.number(), heardBytes: z.number() }),
}
type TarpitVisit = Visit<typeof events>

const Milliseconds = z.number().int().min(100).max(600_000)

const options = z
  .strictObject({
    /** Bounds of the wait between two pieces. */
    delayMs: z.strictObject({ min: Milliseconds, max: Milliseconds }).default({ min: 5_000, max: 40_000 }),
    /** Bounds of the wait for the first piece: before clients that want a banner within five seconds give up. */
    firstMs: z.strictObject({ min: Milliseconds, max: Milliseconds }).default({ min: 200, max: 1_500 }),
    /** Longest line, CR and LF included. */
    lineLength: z.number().int().min(3).max(255).default(48),
  })
  .refine(({ delayMs, firstMs }) => delayMs.min <= delayMs.max && firstMs.min <= firstMs.max, 'min must not be above max')
type Options = z.output<typeof options>

/** Bytes of a client that are looked at; what it sends beyond is dropped. */
const LISTEN_BYTES = 8 * 1024
const DAY_MS = 86_400_000

export default defineLure({
  name: 'ssh-tarpit',
  standsFor: ['Endlessh'],
  about: 'SSH that never identifies itself and holds who waits',
  profiles: ['tarpit'],
  ports: [{ transport: 'tcp', port: 22, alternate: 2223 }],
  options,
  events,
  // Holding is the purpose: a day rather than the hour of other visits.
  limits: { visitMs: DAY_MS },

  start: ({ options }) => new Tarpit(options),
  close: (tarpit) => tarpit.stop(),

  async serve(visit, { room: tarpit }) {
    const held = tarpit.hold(visit)
    const openedAt = performance.now()
    let heardBytes = 0
    try {
      heardBytes = await listen(visit)
    } finally {
      tarpit.release(held)
      const heldMs = Math.round(performance.now() - openedAt)
      visit.record('ssh-tarpit.released', { heldMs, lines: held.lines, bytes: held.bytes, heardBytes })
    }
  },
})

/** One connection in the wheel. */
interface Held extends Due {
  visit: TarpitVisit
  /** What is left of the present line. */
  rest: Buffer
  isWriting: boolean
  lines: number
  bytes: number
}

const NOTHING = Buffer.alloc(0)

/** All held connections of one port, on one wheel. */
class Tarpit {
  readonly #options: Options
  readonly #wheel = new TimingWheel<Held>((held) => this.#drip(held))

  constructor(options: Options) {
    this.#options = options
  }

  hold(visit: TarpitVisit): Held {
    const held: Held = { visit, rest: NOTHING, isWriting: false, lines: 0, bytes: 0, slot: -1, turns: 0 }
    this.#wheel.schedule(held, jitteredDelay(this.#options.firstMs))
    return held
  }

  release(held: Held): void {
    this.#wheel.cancel(held)
  }

  stop(): void {
    this.#wheel.stop()
  }

  #drip(held: Held): void {
    this.#wheel.schedule(held, jitteredDelay(this.#options.delayMs))
    // A client that does not read gets nothing more until it does: no bytes pile up here.
    if (held.isWriting) return
    const piece = nextPiece(held, this.#options.lineLength)
    held.isWriting = true
    held.visit.write(piece).then(
      () => {
        held.isWriting = false
        held.bytes += piece.length
      },
      // The client has gone; listen() notices.
      () => this.#wheel.cancel(held),
    )
  }
}

/** One to three bytes of the line or all that is left of it, as it falls. */
function nextPiece(held: Held, longest: number): Buffer {
  const line = held.rest.length ? held.rest : tarpitLine({ min: 3, max: longest })
  const size = randomBelow(2) ? line.length : 1 + randomBelow(3)
  held.rest = line.subarray(size)
  if (held.rest.length === 0) {
    held.rest = NOTHING
    held.lines++
  }
  return line.subarray(0, size)
}

/** Hears the client out until it goes; how much it said. */
async function listen(visit: TarpitVisit): Promise<number> {
  const greeting = new Greeting(visit)
  let total = 0
  for (;;) {
    const bytes = await visit.read()
    if (!bytes) return total
    total += bytes.length
    greeting.hear(bytes)
  }
}

/** What a client says of itself: its version, then how it would encrypt. */
class Greeting {
  readonly #visit: TarpitVisit
  /** Bytes not yet understood; undefined once there is nothing more to learn. */
  #bytes: Buffer | undefined = NOTHING
  #hasLine = false

  constructor(visit: TarpitVisit) {
    this.#visit = visit
  }

  hear(bytes: Buffer): void {
    if (!this.#bytes) return
    const heard = this.#bytes.length ? Buffer.concat([this.#bytes, bytes]) : bytes
    try {
      this.#bytes = this.#understand(heard)
    } catch (error) {
      if (!(error instanceof GreetingError)) throw error
      if (!this.#hasLine) recordClient(this.#visit, heard.subarray(0, 255))
      this.#bytes = undefined
    }
  }

  /** What has to wait for more bytes. */
  #understand(bytes: Buffer): Buffer | undefined {
    if (!this.#hasLine) {
      const first = readVersionLine(bytes)
      if (!first) return bytes
      this.#hasLine = true
      recordClient(this.#visit, first.line)
      return first.rest.length ? this.#understand(first.rest) : NOTHING
    }
    const lists = readKexInit(bytes)
    if (lists) this.#visit.record('fingerprint', { kind: 'hassh', ...hassh(lists) })
    return lists || bytes.length > LISTEN_BYTES ? undefined : bytes
  }
}

function recordClient(visit: TarpitVisit, line: Buffer): void {
  visit.record('ssh-tarpit.client', { line: evidence(line), isSsh: line.toString('latin1', 0, 4) === 'SSH-' })
}
