import { createHash } from 'node:crypto'
import type { Dataset } from './dataset.ts'
import { decodeDataset, IMPLICIT, word } from './dataset.ts'
import type { DicomVisit } from './events.ts'
import { MAX_PDU } from './negotiation.ts'
import { type Acceptance, type Association, DicomError, decodeFragments, encodeFragments, HEADER_BYTES, PDU, RELEASED } from './pdu.ts'

/** Bytes kept of one data set; the rest is hashed and counted. */
const KEEP = 16 * 1024 * 1024
const COMMAND_BYTES = 64 * 1024
const NO_DATASET = 0x0101

export interface Message {
  context: { id: number; abstractSyntax: string; transferSyntax: string }
  command: Dataset
  /** Present when the command announces it. */
  data?: { bytes: Buffer; size: number; sha256: string }
}

/** One association: messages in, messages out. */
export class DicomConnection {
  readonly visit: DicomVisit
  readonly asked: Association
  readonly contexts = new Map<number, Message['context']>()

  constructor(visit: DicomVisit, asked: Association, accepted: Acceptance) {
    this.visit = visit
    this.asked = asked
    for (const { id, result, transferSyntax } of accepted.contexts) {
      const abstractSyntax = asked.contexts.find((one) => one.id === id)?.abstractSyntax ?? ''
      if (result === 0) this.contexts.set(id, { id, abstractSyntax, transferSyntax })
    }
  }

  /** The next message; undefined when the peer released, aborted or left. @throws DicomError */
  async receive(): Promise<Message | undefined> {
    const command = new Assembly(COMMAND_BYTES)
    const data = new Assembly(KEEP)
    let received: Message | undefined
    for (;;) {
      const fragments = await this.#fragments()
      if (!fragments) return undefined
      for (const { context: id, isCommand, isLast, bytes } of fragments) {
        const context = this.contexts.get(id)
        if (!context || isCommand === (received !== undefined)) throw new DicomError('a fragment out of its place')
        ;(isCommand ? command : data).add(bytes)
        if (!isLast) continue
        if (!isCommand) return { ...(received as Message), data: data.done() }
        received = { context, command: decodeDataset(command.done().bytes, IMPLICIT) }
        if (word(received.command, 0x0800) === NO_DATASET) return received
      }
    }
  }

  async #fragments(): Promise<ReturnType<typeof decodeFragments> | undefined> {
    if ((await this.visit.peek(1)).length === 0) return undefined
    const header = await this.visit.exactly(HEADER_BYTES)
    const length = header.readUInt32BE(2)
    if (length > MAX_PDU * 2) throw new DicomError('a PDU larger than agreed')
    const body = await this.visit.exactly(length)
    if (header[0] === PDU.data) return decodeFragments(body)
    if (header[0] === PDU.releaseRq) await this.visit.write(RELEASED)
    else if (header[0] !== PDU.abort) throw new DicomError('an unexpected PDU')
    return undefined
  }

  async send(context: number, command: Buffer, data?: Buffer): Promise<void> {
    const parts = [...encodeFragments(context, true, command, this.asked.maxPdu)]
    if (data) parts.push(...encodeFragments(context, false, data, this.asked.maxPdu))
    await this.visit.write(Buffer.concat(parts))
  }
}

class Assembly {
  readonly #keep: number
  readonly #hash = createHash('sha256')
  readonly #chunks: Buffer[] = []
  #kept = 0
  #size = 0

  constructor(keep: number) {
    this.#keep = keep
  }

  add(bytes: Buffer): void {
    this.#hash.update(bytes)
    this.#size += bytes.length
    const part = bytes.subarray(0, this.#keep - this.#kept)
    if (part.length === 0) return
    this.#chunks.push(Buffer.from(part))
    this.#kept += part.length
  }

  done(): { bytes: Buffer; size: number; sha256: string } {
    return { bytes: Buffer.concat(this.#chunks), size: this.#size, sha256: this.#hash.digest('hex') }
  }
}
