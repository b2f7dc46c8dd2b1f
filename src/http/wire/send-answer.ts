import type { EventSchemas } from '../../events/schema.ts'
import { LimitReached, type Visit, VisitEnded } from '../../sensor/visit.ts'
import type { WebResponse } from '../response.ts'
import { encodeChunk } from './chunked.ts'
import { type Delivery, type DeliveryFacts, deliver } from './deliver.ts'
import { heldBack } from './held-back.ts'

/** What went out. */
export interface Sent {
  /** 0 = nothing was answered. */
  status: number
  bytes: number
  /** The first bytes, for the event. */
  first: Buffer
  /** Whether another request may follow. */
  keepAlive: boolean
  /** What ended it before all was out: the attacker went, or a limit was reached. */
  cut?: VisitEnded | LimitReached
}

const KEPT_FIRST = 16 * 1024
/** Pieces that are kept before they become one: an answer told in drops has thousands. */
const MOST_PIECES = 32

/** Puts an answer on the wire. One that is cut short is still an answer, which its request is written down with. */
export async function sendAnswer(visit: Visit<EventSchemas>, response: WebResponse, facts: DeliveryFacts): Promise<Sent> {
  const line = new Wire(visit)
  try {
    return await send(line, response, facts)
  } catch (error) {
    if (error instanceof VisitEnded || error instanceof LimitReached) return { ...line.sent(response.status, false), cut: error }
    throw error
  }
}

async function send(line: Wire, response: WebResponse, facts: DeliveryFacts): Promise<Sent> {
  if (response.raw) {
    await line.write(response.raw)
    return line.sent(response.status, false)
  }
  const delivery = deliver(await heldBack(response, facts.server), facts)
  const { chunkCase } = facts.server
  const head = Buffer.from(facts.simple ? '' : delivery.head, 'latin1')
  if (Buffer.isBuffer(delivery.body)) await line.write(Buffer.concat([head, ...wholeBody(delivery.body, delivery, chunkCase)]))
  else {
    await line.write(head)
    for await (const piece of delivery.body)
      if (piece.length > 0) await line.write(delivery.chunked ? encodeChunk(piece, chunkCase) : piece)
    if (delivery.chunked) await line.write(LAST_CHUNK)
  }
  return line.sent(delivery.status, delivery.keepAlive && !facts.simple)
}

const LAST_CHUNK = encodeChunk(Buffer.alloc(0))

function wholeBody(body: Buffer, { chunked }: Delivery, chunkCase: 'upper' | 'lower'): Buffer[] {
  if (!chunked) return [body]
  return body.length > 0 ? [encodeChunk(body, chunkCase), LAST_CHUNK] : [LAST_CHUNK]
}

class Wire {
  readonly #visit: Visit<EventSchemas>
  #first: Buffer[] = []
  #kept = 0
  #bytes = 0

  constructor(visit: Visit<EventSchemas>) {
    this.#visit = visit
  }

  async write(bytes: Buffer): Promise<void> {
    this.#bytes += bytes.length
    const part = bytes.subarray(0, KEPT_FIRST - this.#kept)
    if (part.length > 0) this.#first.push(part)
    this.#kept += part.length
    if (this.#first.length > MOST_PIECES) this.#first = [Buffer.concat(this.#first)]
    await this.#visit.write(bytes)
  }

  sent(status: number, keepAlive: boolean): Sent {
    return { status, bytes: this.#bytes, first: Buffer.concat(this.#first), keepAlive }
  }
}
