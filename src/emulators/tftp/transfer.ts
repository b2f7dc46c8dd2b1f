import type { Dialogue } from '../../sensor/visit.ts'
import { decodeTftp, ERROR, encodeTftp, TftpFormatError, type TftpPacket } from './codec.ts'
import type { Negotiated } from './negotiation.ts'

/** How often something is sent again to a client that has answered before (tftpd-hpa's TRIES). */
const TRIES = 6
/** How long a client is waited for that has not answered yet; nothing is sent again to it. */
const FIRST_ANSWER_MS = 5000

/** What one side of a transfer came to. */
export interface Outcome {
  complete: boolean
  /** ERROR of the client. */
  error?: { code: number; message: string }
}

/** Sends a file in blocks, each after the last was acknowledged (RFC 1350 §2). */
export async function sendFile(dialogue: Dialogue, content: Buffer, { blockSize, timeoutMs, options }: Negotiated): Promise<Outcome> {
  const peer = new Peer(dialogue, timeoutMs)
  if (options.length) {
    const answer = await peer.exchange({ op: 'OACK', options }, (packet) => packet.op === 'ACK' && packet.block === 0)
    if (!answer) return peer.outcome(false)
  }
  for (let at = 0, block = 1; ; at += blockSize, block = (block + 1) & 0xffff) {
    const data = content.subarray(at, at + blockSize)
    const answer = await peer.exchange({ op: 'DATA', block, data }, (packet) => packet.op === 'ACK' && packet.block === block)
    if (!answer) return peer.outcome(false)
    if (data.length < blockSize) return peer.outcome(true)
  }
}

/** Takes a file in blocks; the bytes beyond `keep` are acknowledged and counted. */
export async function receiveFile(
  dialogue: Dialogue,
  { blockSize, timeoutMs, options }: Negotiated,
  keep: number,
): Promise<Outcome & { content: Buffer; size: number }> {
  const peer = new Peer(dialogue, timeoutMs)
  const parts: Buffer[] = []
  let kept = 0
  let size = 0
  let question: TftpPacket = options.length ? { op: 'OACK', options } : { op: 'ACK', block: 0 }
  for (let block = 1; ; block = (block + 1) & 0xffff) {
    const expected = block
    const answer = await peer.exchange(question, (packet) => packet.op === 'DATA' && packet.block === expected)
    if (answer?.op !== 'DATA') return { ...peer.outcome(false), content: Buffer.concat(parts), size }
    const part = answer.data.subarray(0, Math.max(0, keep - kept))
    parts.push(Buffer.from(part))
    kept += part.length
    size += answer.data.length
    question = { op: 'ACK', block }
    if (answer.data.length < blockSize) {
      peer.say(question)
      return { ...peer.outcome(true), content: Buffer.concat(parts), size }
    }
  }
}

/** The other side of a transfer: waits for what must come, and says again what may have been lost. */
class Peer {
  readonly #dialogue: Dialogue
  readonly #timeoutMs: number
  #isProven = false
  #error: { code: number; message: string } | undefined

  constructor(dialogue: Dialogue, timeoutMs: number) {
    this.#dialogue = dialogue
    this.#timeoutMs = timeoutMs
  }

  outcome(complete: boolean): Outcome {
    return this.#error ? { complete, error: this.#error } : { complete }
  }

  /** Whether it went out. */
  say(packet: TftpPacket): boolean {
    return this.#dialogue.send(encodeTftp(packet)) === undefined
  }

  /** Sends a packet until the right one comes back; undefined when it never does. */
  async exchange(packet: TftpPacket, isAnswer: (packet: TftpPacket) => boolean): Promise<TftpPacket | undefined> {
    for (let tries = 0; tries < TRIES; tries++) {
      const isSent = this.say(packet)
      // Only who has answered our port is known to be there; a victim whose address was forged gets one packet.
      if (!isSent && !this.#isProven) return undefined
      const answer = await this.#answer(isAnswer)
      if (answer || this.#error || !this.#isProven) return answer
    }
    return undefined
  }

  async #answer(isAnswer: (packet: TftpPacket) => boolean): Promise<TftpPacket | undefined> {
    const deadline = Date.now() + (this.#isProven ? this.#timeoutMs : FIRST_ANSWER_MS)
    for (;;) {
      const left = deadline - Date.now()
      const bytes = left > 0 ? await this.#dialogue.receive(left) : undefined
      if (!bytes) return undefined
      const packet = decoded(bytes)
      if (!packet) continue
      if (packet.op === 'ERROR') {
        this.#error = { code: packet.code, message: packet.message.slice(0, 200) }
        return undefined
      }
      if (!isAnswer(packet)) continue
      // This port was drawn for the transfer and told to the source alone: it receives what we send.
      this.#isProven = true
      this.#dialogue.sourceIsProven()
      return packet
    }
  }
}

function decoded(bytes: Buffer): TftpPacket | undefined {
  try {
    return decodeTftp(bytes)
  } catch (error) {
    if (error instanceof TftpFormatError) return undefined
    throw error
  }
}

/** tftpd-hpa's words for an error of its own. */
export const refusal = (code: keyof typeof ERROR, message: string): Buffer => encodeTftp({ op: 'ERROR', code: ERROR[code], message })
