import type { Socket } from 'node:net'
import { type Asdu, decodeAsdu } from '../../../src/emulators/iec104/asdu.ts'
import { decodeFrame, encodeFrame, type Frame, U } from '../../../src/emulators/iec104/frame.ts'
import { connect } from '../../harness.ts'

/** A controlling station for tests: numbers its frames and keeps what comes. */
export class Master {
  readonly frames: Frame[] = []
  closed = false
  readonly #socket: Socket
  #pending = Buffer.alloc(0)
  #send = 0
  #receive = 0
  #wake: (() => void) | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    socket.on('close', () => {
      this.closed = true
      this.#wake?.()
    })
    socket.on('error', () => undefined)
  }

  static async open(port: number, { start = true } = {}): Promise<Master> {
    const master = new Master(await connect(port))
    if (start) {
      master.control(U.startAct)
      await master.until((frame) => frame.kind === 'U' && frame.function === U.startCon)
    }
    return master
  }

  control(kind: number): void {
    this.#socket.write(encodeFrame({ kind: 'U', function: kind }))
  }

  /** Sends an ASDU given in hex, acknowledging all that has come. */
  asdu(hex: string): void {
    this.#socket.write(
      encodeFrame({ kind: 'I', send: this.#send++, receive: this.#receive, asdu: Buffer.from(hex.replaceAll(' ', ''), 'hex') }),
    )
  }

  write(bytes: Buffer): void {
    this.#socket.write(bytes)
  }

  acknowledge(): void {
    this.#socket.write(encodeFrame({ kind: 'S', receive: this.#receive }))
  }

  /** ASDUs that have come so far. */
  get asdus(): Asdu[] {
    return this.frames.flatMap((frame) => (frame.kind === 'I' ? [decodeAsdu(frame.asdu)] : []))
  }

  /** Waits for the first frame that satisfies; undefined when the connection ends before. */
  async until(wanted: (frame: Frame) => boolean, withinMs = 5000): Promise<Frame | undefined> {
    const end = Date.now() + withinMs
    for (;;) {
      const found = this.frames.find(wanted)
      if (found || this.closed) return found
      if (Date.now() > end) throw new Error('no such frame')
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 50)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }

  /** The first ASDU of a type and cause. */
  async asduOf(type: number, cause: number): Promise<Asdu> {
    const matches = (frame: Frame): boolean => frame.kind === 'I' && frame.asdu[0] === type && (frame.asdu[2]! & 0x3f) === cause
    const frame = await this.until(matches)
    if (frame?.kind !== 'I') throw new Error('the connection ended')
    return decodeAsdu(frame.asdu)
  }

  close(): void {
    this.#socket.destroy()
  }

  #take(chunk: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, chunk])
    while (this.#pending.length >= 2 && this.#pending.length >= 2 + this.#pending[1]!) {
      const length = 2 + this.#pending[1]!
      const frame = decodeFrame(this.#pending.subarray(2, length))
      this.#pending = this.#pending.subarray(length)
      if (frame.kind === 'I') this.#receive = (frame.send + 1) % 32_768
      this.frames.push(frame)
    }
    this.#wake?.()
  }
}
