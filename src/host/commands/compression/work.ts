import type { Process } from '../../command.ts'

/** Most bytes that one compressed file may become: a bomb ends as a full disk would. */
export const MOST_BYTES = 64 * 1024 * 1024

/** A file that a decoder cannot read; the message is the program's own. */
export class CorruptData extends Error {}

/** A computation in pieces: it yields the steps that it took since the last time. */
export type Work<T> = Generator<number, T>

/** Carries work out as a process of the host does: with pauses, and with its memory booked. */
export async function carryOut<T extends Uint8Array>(process: Process, work: Work<T>): Promise<T> {
  for (;;) {
    const { done, value } = work.next()
    if (done) {
      process.hold(value.length)
      return value
    }
    const pause = process.spend(value)
    if (pause) await pause
  }
}

/** Bytes that grow; a decoder may look back into them. */
export class Output {
  #bytes = Buffer.alloc(64 * 1024)
  length = 0

  push(byte: number): void {
    if (this.length >= this.#bytes.length) this.#grow()
    this.#bytes[this.length++] = byte
  }

  /** The byte that stands `distance` before the end. */
  back(distance: number): number {
    return this.#bytes[this.length - distance] as number
  }

  all(): Buffer {
    return this.#bytes.subarray(0, this.length)
  }

  #grow(): void {
    if (this.length >= MOST_BYTES) throw new CorruptData('No space left on device')
    const larger = Buffer.alloc(Math.min(MOST_BYTES, this.#bytes.length * 2))
    this.#bytes.copy(larger)
    this.#bytes = larger
  }
}
