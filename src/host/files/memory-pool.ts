/** Memory that the written files of all hosts share. */
export class MemoryPool {
  readonly #most: number
  #used = 0
  /** Called when there is no room: may put hosts away that nobody works on, so that their files leave memory. */
  makeRoom: (() => void) | undefined

  /** @param most bytes */
  constructor(most: number) {
    this.#most = most
  }

  /** Whether there is room for so many bytes more. */
  hasRoom(bytes: number): boolean {
    if (this.#used + bytes <= this.#most) return true
    this.makeRoom?.()
    return this.#used + bytes <= this.#most
  }

  /** Books a change. */
  add(bytes: number): void {
    this.#used += bytes
  }
}
