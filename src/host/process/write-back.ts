/** What the disk of the machine takes in a second, of all hosts together. */
const BYTES_PER_SECOND = 48 * 1024 * 1024
/** What fits into its cache before anybody waits. */
const CACHE_BYTES = 16 * 1024 * 1024

/**
 * The one disk under all hosts: whoever writes more than its cache holds waits for it, as Linux lets a process wait that makes pages dirty
 * faster than they are written (mm/page-writeback.c). Each byte that is kept is memory of ours, and memory that comes and goes by hundreds
 * of MiB a second has the garbage collector stop everybody several times a second.
 */
export class WriteBack {
  #freeAt = 0

  /** @returns how long the writer of these bytes has to wait, ms */
  take(bytes: number, now: number): number {
    const longestBehind = (CACHE_BYTES / BYTES_PER_SECOND) * 1000
    this.#freeAt = Math.max(this.#freeAt, now - longestBehind) + (bytes / BYTES_PER_SECOND) * 1000
    return Math.max(0, this.#freeAt - now)
  }
}
