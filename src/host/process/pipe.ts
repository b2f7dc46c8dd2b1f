import { errno } from '../files/errno.ts'
import { type Block, OpenFile } from './open-file.ts'

/** Bytes that a pipe takes before its writer waits; pipe(7). */
export const PIPE_CAPACITY = 65_536

let pipes = 0

/** A bounded queue of bytes between processes. */
export class Pipe {
  readonly name: string
  readonly isRemote: boolean
  readonly reader: OpenFile
  readonly writer: OpenFile
  readonly #capacity: number
  #chunks: Uint8Array[] = []
  #queued = 0
  #writing = true
  #reading = true
  readonly #waiting = new Set<() => void>()

  /** @param isRemote the other end is a visitor's connection */
  constructor(name?: string, capacity = PIPE_CAPACITY, isRemote = false) {
    this.isRemote = isRemote
    pipes = (pipes + 1) % 1_000_000
    this.name = name ?? `pipe:[${20_000 + pipes * 3}]`
    this.#capacity = capacity
    this.reader = new PipeEnd(this, 'read')
    this.writer = new PipeEnd(this, 'write')
  }

  get hasInput(): boolean {
    return this.#queued > 0 || !this.#writing
  }

  async take(max: number, block: Block): Promise<Uint8Array | undefined> {
    while (this.#queued === 0 && this.#writing && this.#reading) await this.#change(block)
    const chunk = this.#chunks[0]
    if (!chunk) return undefined
    if (chunk.length > max) {
      this.#chunks[0] = chunk.subarray(max)
      this.#queued -= max
      this.#wake()
      return chunk.subarray(0, max)
    }
    this.#chunks.shift()
    this.#queued -= chunk.length
    this.#wake()
    return chunk
  }

  async put(bytes: Uint8Array, block: Block): Promise<void> {
    let rest = bytes
    while (rest.length > 0) {
      if (!this.#reading) throw errno('EPIPE')
      const room = this.#capacity - this.#queued
      if (room > 0) {
        // The writer may use its buffer again, so the queue keeps a copy.
        this.#chunks.push(Uint8Array.from(rest.subarray(0, room)))
        this.#queued += Math.min(room, rest.length)
        rest = rest.subarray(room)
        this.#wake()
      } else {
        await this.#change(block)
      }
    }
  }

  close(end: 'read' | 'write'): void {
    if (end === 'read') {
      this.#reading = false
      this.#chunks = []
      this.#queued = 0
    } else {
      this.#writing = false
    }
    this.#wake()
  }

  #change(block: Block): Promise<void> {
    return block<void>((done) => {
      this.#waiting.add(done)
      return () => this.#waiting.delete(done)
    })
  }

  #wake(): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const done of waiting) done()
  }
}

class PipeEnd extends OpenFile {
  readonly #pipe: Pipe
  readonly #end: 'read' | 'write'

  constructor(pipe: Pipe, end: 'read' | 'write') {
    super()
    this.#pipe = pipe
    this.#end = end
  }

  get name(): string {
    return this.#pipe.name
  }

  override get isRemote(): boolean {
    return this.#pipe.isRemote
  }

  protected override get hasInput(): boolean {
    return this.#pipe.hasInput
  }

  protected override async take(max: number, block: Block): Promise<Uint8Array | undefined> {
    if (this.#end === 'write') throw errno('EBADF')
    return this.#pipe.take(max, block)
  }

  override async write(bytes: Uint8Array, block: Block): Promise<void> {
    if (this.#end === 'read') throw errno('EBADF')
    await this.#pipe.put(bytes, block)
  }

  protected override closed(): void {
    this.#pipe.close(this.#end)
  }
}
