import { errno } from '../files/errno.ts'
import type { OpenFile } from './open-file.ts'

/** Soft RLIMIT_NOFILE. */
export const MOST_DESCRIPTORS = 1024

/** The file descriptors of one process. */
export class Descriptors {
  readonly #open = new Map<number, OpenFile>()

  get(fd: number): OpenFile | undefined {
    return this.#open.get(fd)
  }

  /** @throws HostError EBADF */
  need(fd: number): OpenFile {
    const file = this.#open.get(fd)
    if (!file) throw errno('EBADF')
    return file
  }

  /** Takes over the caller's reference. What was open at `fd` is closed. */
  set(fd: number, file: OpenFile): void {
    const before = this.#open.get(fd)
    this.#open.set(fd, file)
    before?.release()
  }

  close(fd: number): void {
    const file = this.#open.get(fd)
    this.#open.delete(fd)
    file?.release()
  }

  closeAll(): void {
    for (const fd of [...this.#open.keys()]) this.close(fd)
  }

  /** The lowest free number from `from` on. */
  free(from = 0): number {
    let fd = from
    while (this.#open.has(fd)) fd++
    return fd
  }

  /** As fork(2) gives them to a child. */
  copy(): Descriptors {
    const copy = new Descriptors()
    for (const [fd, file] of this.#open) copy.#open.set(fd, file.retain())
    return copy
  }

  get numbers(): number[] {
    return [...this.#open.keys()].sort((a, b) => a - b)
  }
}
