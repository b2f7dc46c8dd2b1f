import { createHash } from 'node:crypto'
import { LimitReached } from '../../sensor/visit.ts'
import { type Counts, checkCommand, encodeResponse, FIELD, NO_DATASET } from './command.ts'
import type { Dataset } from './dataset.ts'
import { decodeDataset, IMPLICIT, word } from './dataset.ts'
import type { DicomVisit } from './events.ts'
import { MAX_PDU } from './negotiation.ts'
import {
  ABORT,
  ABORT_UNEXPECTED,
  type Acceptance,
  type Association,
  DicomError,
  decodeFragments,
  encodeFragments,
  HEADER_BYTES,
  PDU,
  RELEASED,
  UnexpectedPdu,
} from './pdu.ts'

/** Bytes kept of one data set; the rest is hashed and counted. */
const KEEP = 16 * 1024 * 1024
const COMMAND_BYTES = 64 * 1024
/** How long DCMTK waits, after it has aborted, for the peer to close, ms. */
const ARTIM_MS = 30_000

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
        checkCommand(received.command)
        if (word(received.command, FIELD.dataset) === NO_DATASET) return received
      }
    }
  }

  async #fragments(): Promise<ReturnType<typeof decodeFragments> | undefined> {
    if ((await this.visit.peek(1)).length === 0) return this.#end('left')
    const header = await this.visit.exactly(HEADER_BYTES)
    const [type = 0, length] = [header[0], header.readUInt32BE(2)]
    if (type < PDU.associateRq || type > PDU.abort) throw new DicomError('an unknown PDU')
    if (length > MAX_PDU) throw new DicomError('a PDU larger than agreed')
    const body = await this.visit.exactly(length)
    if (type === PDU.data) return decodeFragments(body)
    if (type === PDU.abort) return this.#end('aborted')
    if (type !== PDU.releaseRq) throw new UnexpectedPdu()
    await this.visit.write(RELEASED)
    // The peer closes now; anything else that it sends breaks the connection.
    if ((await this.visit.peek(1)).length > 0) this.visit.reset()
    return this.#end('released')
  }

  #end(how: 'released' | 'aborted' | 'left'): undefined {
    this.visit.record('dicom.end', { how })
  }

  /** Aborts as DCMTK does: what was under way is read and thrown away until the peer closes; all but that breaks the connection. */
  async abort(reason: DicomError): Promise<void> {
    const { visit } = this
    if (reason instanceof UnexpectedPdu) return this.#break()
    await visit.write(ABORT)
    const until = performance.now() + ARTIM_MS
    try {
      for (;;) {
        const header = await visit.peek(HEADER_BYTES, { within: Math.max(1, until - performance.now()) })
        if (header.length < HEADER_BYTES) return
        const [type, length] = [header[0], header.readUInt32BE(2)]
        if (type === PDU.abort) return visit.reset()
        if ((type !== PDU.data && type !== PDU.releaseRq) || length > MAX_PDU) return this.#break()
        await visit.exactly(HEADER_BYTES + length, { within: Math.max(1, until - performance.now()) })
      }
    } catch (error) {
      if (!(error instanceof LimitReached) || error.limit !== 'read-deadline') throw error
    }
  }

  async #break(): Promise<void> {
    await this.visit.write(ABORT_UNEXPECTED)
    this.visit.reset()
  }

  /** The answer to one message. */
  async respond(
    { command, context }: Message,
    status: number,
    { counts = [], data }: { counts?: Counts; data?: Buffer } = {},
  ): Promise<void> {
    await this.send(context.id, encodeResponse(command, status, data !== undefined, counts), data)
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
