import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { SundewEvent } from '../events/schema.ts'
import { AppendFile } from '../store/append-file.ts'

/** A receiver that refuses everything must not fill the disk; the store has the events anyway. */
const MAX_BYTES = 32 * 1024 * 1024

/** Events that a receiver refused for good, as lines of `<data>/outputs/<name>.dead.jsonl`: when, why, and the event whole. */
export class DeadLetters {
  readonly #folder: string
  readonly #path: string
  readonly #maxBytes: number
  /** Since the start. */
  count = 0
  /** Of those, not written because the file is full. */
  unwritten = 0

  constructor(dataFolder: string, name: string, maxBytes = MAX_BYTES) {
    this.#folder = join(dataFolder, 'outputs')
    this.#path = join(this.#folder, `${name}.dead.jsonl`)
    this.#maxBytes = maxBytes
  }

  get path(): string {
    return this.#path
  }

  /** @throws when the disk refuses: the batch is then tried again */
  add(event: SundewEvent, reason: string): void {
    const line = `${JSON.stringify({ time: new Date().toISOString(), reason, event })}\n`
    const size = existsSync(this.#path) ? statSync(this.#path).size : 0
    if (size + line.length > this.#maxBytes) this.unwritten++
    else {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
      const file = new AppendFile(this.#path)
      try {
        file.append(line)
      } finally {
        file.close()
      }
    }
    this.count++
  }

  /** How many lie there, of earlier runs too. */
  kept(): number {
    return existsSync(this.#path) ? readFileSync(this.#path, 'utf8').split('\n').length - 1 : 0
  }
}
