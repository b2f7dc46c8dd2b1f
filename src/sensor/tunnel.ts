import { type Evidence, evidence } from '../events/bytes.ts'
import { InnerConnection } from './inner-connection.ts'
import type { Door } from './lure.ts'
import type { Endpoint, Visit } from './visit.ts'

type Near = Pick<Visit, 'source' | 'signal' | 'read' | 'write' | 'end'>

/** What went through a tunnel towards its far end: the first 64 KiB, and the count of all. */
export interface Carried {
  data: Evidence
  bytes: number
}

const KEPT = 64 * 1024
/** After this long without an answer, a far server that does not understand closes. */
const SILENCE_MS = 20_000

/** The first bytes that went into a tunnel, and the count of all. */
class Heard {
  readonly #kept: Buffer[] = []
  #keptBytes = 0
  #bytes = 0

  add(bytes: Buffer): void {
    this.#bytes += bytes.length
    const part = bytes.subarray(0, KEPT - this.#keptBytes)
    this.#keptBytes += part.length
    if (part.length) this.#kept.push(Buffer.from(part))
  }

  get carried(): Carried {
    return { data: evidence(Buffer.concat(this.#kept)), bytes: this.#bytes }
  }
}

/**
 * Hands what is left of a visit to another lure of this process, as if the attacker had connected there; ends when one of the
 * two does. What the visit still reads or writes throws nothing from here on.
 * @param to the address that the attacker believes to have reached
 */
export async function tunnelTo(door: Door, visit: Near, to: Endpoint): Promise<Carried> {
  const heard = new Heard()
  const closed = Promise.withResolvers<void>()
  const inner = new InnerConnection(visit.source, to, {
    send: (bytes) => visit.write(bytes),
    end: () => void visit.end(),
    close: () => closed.resolve(),
  })
  const hangUp = (): void => void inner.destroy()
  visit.signal.addEventListener('abort', hangUp, { once: true })
  door.enter(inner)
  // What ends the visit, its bounds too, ends the inner connection by the signal.
  carry(visit, inner, heard).catch(hangUp)
  await closed.promise
  visit.signal.removeEventListener('abort', hangUp)
  return heard.carried
}

async function carry(visit: Near, inner: InnerConnection, heard: Heard): Promise<void> {
  for (;;) {
    const bytes = await visit.read()
    if (!bytes) return inner.receiveEnd()
    heard.add(bytes)
    await inner.receive(Buffer.from(bytes))
  }
}

/** A far end that takes bytes and gives none; it closes when it has heard nothing for 20 s. `hear` gets what came when it is over. */
export async function silentTunnel(visit: Near, hear: (carried: Carried) => void): Promise<void> {
  const heard = new Heard()
  try {
    for (;;) {
      const bytes = await visit.read({ within: SILENCE_MS })
      if (!bytes) return
      heard.add(bytes)
    }
  } finally {
    hear(heard.carried)
  }
}

/** The client's end of a connection into another lure of this process, for a proxy that speaks the protocol itself. */
export class InnerClient {
  readonly #inner: InnerConnection
  readonly #came: Buffer[] = []
  #ended = false
  #wake: (() => void) | undefined
  #taken: (() => void)[] = []

  constructor(door: Door, from: Endpoint, to: Endpoint) {
    const end = (): void => {
      this.#ended = true
      this.#wake?.()
    }
    this.#inner = new InnerConnection(from, to, {
      send: (bytes) => {
        this.#came.push(Buffer.from(bytes))
        this.#wake?.()
        return new Promise((resolve) => this.#taken.push(resolve))
      },
      end,
      close: end,
    })
    door.enter(this.#inner)
  }

  /** Resolves when the far lure has taken them. */
  async send(bytes: Buffer): Promise<void> {
    await this.#inner.receive(bytes)
  }

  /** What came next; undefined when the far lure has said all, or `within` ms have passed. */
  async read(within: number): Promise<Buffer | undefined> {
    if (this.#came.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, within)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    const bytes = this.#came.shift()
    this.#taken.shift()?.()
    return bytes
  }

  close(): void {
    for (const resolve of this.#taken.splice(0)) resolve()
    this.#inner.destroy()
  }
}
