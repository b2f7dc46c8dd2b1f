import { setImmediate } from 'node:timers/promises'
import type { ByteBudget } from './byte-budget.ts'
import { ChunkError, ChunkedDecoder, type ChunkFlaw, type ChunkRules } from './chunked.ts'
import type { Framing } from './framing.ts'
import type { Inbox } from './inbox.ts'

export type BodyEnd = 'complete' | 'closed' | 'slow' | 'bad-chunk' | 'too-large'

export interface BodyWait {
  /** Milliseconds between two pieces. */
  pieceMs: number
  /** Milliseconds for all that is left; undefined = only the pieces count. */
  totalMs?: number
  /** Stop at this many bytes. */
  max?: number | undefined
}

/** Bytes that are kept whether the budget has room or not. */
const FREE = 64 * 1024

/** Reads the body of one request from the inbox and takes its coding off. What follows it stays in the inbox. */
export class BodyReader {
  readonly #inbox: Inbox
  readonly #source: Counted | Chunks
  readonly #keep: number
  readonly #budget: ByteBudget
  readonly #pieces: Buffer[] = []
  #length = 0
  #charged = 0
  #isFull = false
  #bytes = 0
  #end: BodyEnd | undefined
  #flaw: ChunkFlaw = 'syntax'

  /** @param keep bytes to keep; the rest is counted. @param budget for the kept bytes, until {@link free} */
  constructor(inbox: Inbox, framing: Framing, chunks: ChunkRules, keep: number, budget: ByteBudget) {
    this.#inbox = inbox
    this.#source = framing.kind === 'chunked' ? new Chunks(chunks) : new Counted(framing.kind === 'length' ? framing.bytes : 0)
    this.#keep = keep
    this.#budget = budget
  }

  /** What was kept of the body. */
  get kept(): Buffer {
    if (this.#pieces.length > 1) this.#pieces.splice(0, this.#pieces.length, Buffer.concat(this.#pieces))
    return this.#pieces[0] ?? Buffer.alloc(0)
  }

  /** Bytes of the body that came. */
  get bytes(): number {
    return this.#bytes
  }

  get end(): BodyEnd | undefined {
    return this.#end
  }

  /** What was wrong with chunks that ended as `bad-chunk`. */
  get flaw(): ChunkFlaw {
    return this.#flaw
  }

  /** Takes what is here already. @returns how the body ended, or undefined when more must come */
  pump(): BodyEnd | undefined {
    if (this.#end) return this.#end
    try {
      for (const piece of this.#source.pull(this.#inbox)) this.#add(piece)
      if (this.#source.done) this.#end = 'complete'
    } catch (error) {
      if (!(error instanceof ChunkError)) throw error
      this.#end = 'bad-chunk'
      this.#flaw = error.flaw
    }
    return this.#end
  }

  /** Reads to the end of the body, or until a bound is hit. */
  async finish({ pieceMs, totalMs, max }: BodyWait): Promise<BodyEnd> {
    const deadline = totalMs === undefined ? Number.POSITIVE_INFINITY : performance.now() + totalMs
    for (;;) {
      const end = this.pump()
      if (end) return end
      if (max !== undefined && this.#bytes > max) return this.#stop('too-large')
      const got = await this.#inbox.more(Math.min(pieceMs, deadline - performance.now()))
      if (got !== 'more') return this.#stop(got === 'ended' ? 'closed' : 'slow')
    }
  }

  /** Takes what is on its way: as long as pieces follow each other, and not to the end at any price. */
  async arrive({ pieceMs, totalMs }: Required<Pick<BodyWait, 'pieceMs' | 'totalMs'>>): Promise<void> {
    const deadline = performance.now() + totalMs
    while (!this.pump() && performance.now() < deadline) {
      if ((await this.#inbox.more(pieceMs)) === 'more') continue
      // A busy process looks at its timers before it looks at its sockets.
      await setImmediate()
      if ((await this.#inbox.more(1)) !== 'more') return
    }
  }

  /** Gives the memory back to the budget: the kept bytes are no longer needed. */
  free(): void {
    this.#budget.give(this.#charged)
    this.#charged = 0
    this.#pieces.length = 0
  }

  #stop(end: BodyEnd): BodyEnd {
    this.#end = end
    return end
  }

  #add(piece: Buffer): void {
    this.#bytes += piece.length
    const part = piece.subarray(0, this.#keep - this.#length)
    if (part.length === 0 || this.#isFull) return
    if (this.#length + part.length > FREE) {
      this.#isFull = !this.#budget.take(part.length)
      if (this.#isFull) return
      this.#charged += part.length
    }
    this.#pieces.push(part)
    this.#length += part.length
  }
}

class Counted {
  #left: number

  constructor(bytes: number) {
    this.#left = bytes
  }

  get done(): boolean {
    return this.#left === 0
  }

  pull(inbox: Inbox): Buffer[] {
    const piece = inbox.take(this.#left)
    this.#left -= piece.length
    return piece.length > 0 ? [piece] : []
  }
}

class Chunks {
  readonly #decoder: ChunkedDecoder

  constructor(rules: ChunkRules) {
    this.#decoder = new ChunkedDecoder(rules)
  }

  get done(): boolean {
    return this.#decoder.done
  }

  pull(inbox: Inbox): Buffer[] {
    const bytes = inbox.bytes
    const pieces = this.#decoder.push(bytes).map((piece) => Buffer.from(piece))
    inbox.drop(bytes.length - this.#decoder.rest.length)
    return pieces
  }
}
