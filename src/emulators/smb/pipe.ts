import { Association, type AssociationSetup } from '../../sensor/dcerpc/association.ts'
import { DcerpcError, HEADER_BYTES, parseHeader } from '../../sensor/dcerpc/pdu.ts'
import { SmbStatus, STATUS } from './status.ts'

/** Answers that wait to be read; a client that only writes is told so. */
const LARGEST_QUEUE = 4 * 1024 * 1024

/** A named pipe in message mode with DCE/RPC in it: what is written are PDUs, each answer is a message. */
export class Pipe {
  readonly #association: Association
  #input = Buffer.alloc(0)
  #queue: Buffer[] = []
  #queued = 0

  constructor(setup: AssociationSetup) {
    this.#association = new Association(setup)
  }

  /** @throws SmbStatus when what is written is no DCE/RPC */
  write(bytes: Buffer): void {
    this.#input = Buffer.concat([this.#input, bytes])
    try {
      while (this.#input.length >= HEADER_BYTES) {
        const { length } = parseHeader(this.#input)
        if (this.#input.length < length) break
        const answer = this.#association.receive(this.#input.subarray(0, length))
        this.#input = this.#input.subarray(length)
        this.#push(answer)
      }
    } catch (error) {
      if (!(error instanceof DcerpcError)) throw error
      this.#input = Buffer.alloc(0)
      throw new SmbStatus(STATUS.INVALID_PARAMETER)
    }
  }

  /** The next message or its first part. `more` when the rest of it waits. */
  read(max: number): { bytes: Buffer; more: boolean } {
    const message = this.#queue.shift()
    if (!message) throw new SmbStatus(STATUS.PIPE_EMPTY)
    const bytes = message.subarray(0, max)
    this.#queued -= bytes.length
    if (message.length > max) this.#queue.unshift(message.subarray(max))
    return { bytes, more: message.length > max }
  }

  get waiting(): number {
    return this.#queued
  }

  /** Each fragment of an answer is a message. */
  #push(answer: Buffer): void {
    if (this.#queued + answer.length > LARGEST_QUEUE) throw new SmbStatus(STATUS.INSUFFICIENT_RESOURCES)
    for (let at = 0; at < answer.length; ) {
      const { length } = parseHeader(answer.subarray(at))
      this.#queue.push(answer.subarray(at, at + length))
      at += length
    }
    this.#queued += answer.length
  }
}
