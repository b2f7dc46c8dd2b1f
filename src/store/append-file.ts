import { closeSync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs'

/** A file that only grows, by whole pieces: what could not be written to its end is taken back, so that no half line stays. */
export class AppendFile {
  readonly path: string
  readonly #fd: number
  #size: number

  /**
   * @param options.durable an append returns when the disk has it, so that a power failure does not take it. By the way it is opened:
   *   Node's permission model forbids `fdatasync`
   * @throws the file system's error when `path` cannot be opened
   */
  constructor(path: string, { durable = false }: { durable?: boolean } = {}) {
    this.path = path
    this.#fd = openSync(path, durable ? 'as' : 'a', 0o600)
    this.#size = fstatSync(this.#fd).size
  }

  /** Bytes. */
  get size(): number {
    return this.#size
  }

  /** @throws the file system's error; then nothing of `text` is in the file. */
  append(text: string): void {
    const bytes = Buffer.from(text)
    let written = 0
    try {
      while (written < bytes.length) written += writeSync(this.#fd, bytes, written)
    } catch (error) {
      if (written > 0) ftruncateSync(this.#fd, this.#size)
      throw error
    }
    this.#size += bytes.length
  }

  close(): void {
    closeSync(this.#fd)
  }
}
