/**
 * Cuts what a printer port receives into PJL lines, files that a PJL line announces, and print jobs. However the bytes are
 * spread over reads, the pieces are the same.
 */
import { createHash } from 'node:crypto'
import { ByteQueue } from '../../sensor/byte-queue.ts'
import { PJL_LINE, type PjlCommand, PjlError, parsePjl } from './pjl.ts'

/** Universal exit language: ends a job, whatever it is. */
export const UEL = Buffer.from('\x1b%-12345X', 'latin1')
const PJL = Buffer.from('@PJL')
const LF = 0x0a
const MOST_BLANKS = 4096

export interface Body {
  /** The bytes, or as many of the first as were held. */
  bytes: Buffer
  size: number
  sha256: string
}

export type Piece =
  | { is: 'command'; command: PjlCommand }
  /** FSDOWNLOAD or FSAPPEND with its file. */
  | ({ is: 'file'; command: PjlCommand } & Body)
  /** Bytes of a job that is under way, which a printer that can answer answers at once. */
  | { is: 'part'; bytes: Buffer }
  /** `language` as PJL announced it. */
  | ({ is: 'job'; language: string | undefined } & Body)

/** Memory for bodies on their way in, shared by all who print at once. */
export class BodyMemory {
  readonly #most: number
  readonly #mostOfOne: number
  #held = 0

  constructor(most: number, mostOfOne: number) {
    this.#most = most
    this.#mostOfOne = mostOfOne
  }

  /** How many of `wanted` further bytes may be held by one who holds `own`. */
  take(wanted: number, own: number): number {
    const granted = Math.max(0, Math.min(wanted, this.#mostOfOne - own, this.#most - this.#held))
    this.#held += granted
    return granted
  }

  release(bytes: number): void {
    this.#held -= bytes
  }
}

type State = { is: 'between' } | { is: 'job'; body: BodyInProgress; language: string | undefined } | FileState
interface FileState {
  is: 'file'
  body: BodyInProgress
  command: PjlCommand
  left: number
}

export class PrintDecoder {
  readonly #memory: BodyMemory
  readonly #queue = new ByteQueue()
  #state: State = { is: 'between' }
  #hasEnded = false

  constructor(memory: BodyMemory) {
    this.#memory = memory
  }

  push(bytes: Buffer): void {
    this.#queue.push(bytes)
  }

  /** No more bytes come. */
  end(): void {
    this.#hasEnded = true
  }

  /** Gives the memory of an unfinished body back. */
  close(): void {
    if (this.#state.is !== 'between') this.#state.body.release()
    this.#state = { is: 'between' }
  }

  /** The next whole piece; undefined while it has not come. */
  next(): Piece | undefined {
    for (;;) {
      const state = this.#state
      const step = state.is === 'between' ? this.#between() : state.is === 'job' ? this.#job(state) : this.#file(state)
      if (step !== 'again') return step
    }
  }

  #between(): Piece | 'again' | undefined {
    const blanks = this.#blanks()
    const head = this.#queue.peek(blanks + UEL.length).subarray(blanks)
    if (head.equals(UEL)) {
      this.#queue.take(blanks + UEL.length)
      return 'again'
    }
    if (upper(head.subarray(0, PJL.length)).equals(PJL)) {
      this.#queue.take(blanks)
      return this.#line()
    }
    if (head.length === 0 && this.#hasEnded) return undefined
    const mayBecomeMore = isStartOf(head, UEL) || isStartOf(upper(head), PJL)
    if (mayBecomeMore && !this.#hasEnded && blanks < MOST_BLANKS) return undefined
    // Blanks before a job are the job's.
    this.#state = { is: 'job', body: new BodyInProgress(this.#memory), language: undefined }
    return 'again'
  }

  /** How many line ends, spaces and NULs lie between what was and what comes. */
  #blanks(): number {
    const head = this.#queue.peek(Math.min(this.#queue.length, MOST_BLANKS))
    const at = head.findIndex((byte) => byte !== 0 && byte !== 0x0a && byte !== 0x0d && byte !== 0x20)
    return at < 0 ? head.length : at
  }

  #line(): Piece | 'again' | undefined {
    const end = this.#queue.indexOf(LF)
    const isWhole = end >= 0 && end <= PJL_LINE
    if (!isWhole && this.#queue.length <= PJL_LINE && !this.#hasEnded) return undefined
    const bytes = this.#queue.take(isWhole ? end + 1 : Math.min(this.#queue.length, PJL_LINE))
    // Without a line end a UEL ends the line.
    const cut = bytes.indexOf(UEL)
    if (cut >= 0) this.#queue.unshift(bytes.subarray(cut))
    try {
      return this.#begin(
        parsePjl(
          bytes
            .subarray(0, cut < 0 ? bytes.length : cut)
            .toString('latin1')
            .trimEnd(),
        ),
      )
    } catch (error) {
      if (!(error instanceof PjlError)) throw error
      return 'again'
    }
  }

  /** A command; one that announces bytes waits for them. */
  #begin(command: PjlCommand): Piece | 'again' {
    if (command.command === 'FSDOWNLOAD' || command.command === 'FSAPPEND') {
      const left = Number.parseInt(command.options.get('SIZE') ?? '', 10)
      this.#state = { is: 'file', body: new BodyInProgress(this.#memory), command, left: left > 0 ? left : 0 }
      return 'again'
    }
    if (command.command === 'ENTER') {
      const language = command.options.get('LANGUAGE')?.toUpperCase()
      this.#state = { is: 'job', body: new BodyInProgress(this.#memory), language }
    }
    return { is: 'command', command }
  }

  #file(state: FileState): Piece | undefined {
    const bytes = this.#queue.take(Math.min(state.left, this.#queue.length))
    state.body.add(bytes)
    state.left -= bytes.length
    if (state.left > 0 && !this.#hasEnded) return undefined
    this.#state = { is: 'between' }
    return { is: 'file', command: state.command, ...state.body.done() }
  }

  /** How many of the last bytes are the first of a UEL. */
  #startOfUel(): number {
    const most = Math.min(UEL.length - 1, this.#queue.length)
    const tail = this.#queue.peek(this.#queue.length).subarray(-most)
    for (let n = most; n > 0; n--) if (isStartOf(tail.subarray(most - n), UEL)) return n
    return 0
  }

  #job(state: Extract<State, { is: 'job' }>): Piece | 'again' | undefined {
    const end = this.#queue.indexOf(UEL)
    // The last bytes may be the first of a UEL.
    const sure = end >= 0 ? end : this.#queue.length - (this.#hasEnded ? 0 : this.#startOfUel())
    if (sure > 0) {
      const bytes = this.#queue.take(sure)
      state.body.add(bytes)
      return { is: 'part', bytes }
    }
    if (end < 0 && !this.#hasEnded) return undefined
    this.#state = { is: 'between' }
    const body = state.body.done()
    return body.size === 0 ? 'again' : { is: 'job', language: state.language, ...body }
  }
}

function isStartOf(head: Buffer, whole: Buffer): boolean {
  return head.length < whole.length && whole.subarray(0, head.length).equals(head)
}

function upper(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString('latin1').toUpperCase(), 'latin1')
}

class BodyInProgress {
  readonly #memory: BodyMemory
  readonly #hash = createHash('sha256')
  #chunks: Buffer[] = []
  #held = 0
  #size = 0

  constructor(memory: BodyMemory) {
    this.#memory = memory
  }

  add(bytes: Buffer): void {
    if (bytes.length === 0) return
    this.#hash.update(bytes)
    this.#size += bytes.length
    const granted = this.#memory.take(bytes.length, this.#held)
    if (granted === 0) return
    // A sender of single bytes must not cost more than what it sends.
    if (this.#chunks.length > 64) this.#chunks = [Buffer.concat(this.#chunks)]
    this.#chunks.push(Buffer.from(bytes.subarray(0, granted)))
    this.#held += granted
  }

  release(): void {
    this.#memory.release(this.#held)
    this.#held = 0
    this.#chunks = []
  }

  done(): Body {
    const bytes = Buffer.concat(this.#chunks)
    this.release()
    return { bytes, size: this.#size, sha256: this.#hash.digest('hex') }
  }
}
