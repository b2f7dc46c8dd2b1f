/** The other parts of an answer that are known while its main text is still being written: status and headers of a page. */
export type KnownParts = Readonly<Record<string, unknown>>

type Watcher = (piece: string, known: KnownParts) => void

/** What of an answer has been shown while the rest is still being made; one for all who asked the same at the same time. */
export class Showing {
  readonly #watchers = new Set<Watcher>()
  #text = ''
  #known: KnownParts = {}

  /** All that was shown so far. It can never be taken back. */
  get text(): string {
    return this.#text
  }

  /** What else was known when the last piece was shown. */
  get known(): KnownParts {
    return this.#known
  }

  show(piece: string, known: KnownParts): void {
    if (piece === '') return
    this.#text += piece
    this.#known = known
    // A copy: who begins to watch meanwhile is told everything by `watch`.
    for (const watcher of [...this.#watchers]) watcher(piece, known)
  }

  /** Who comes later is told at once what was shown before. @returns what ends the watching */
  watch(watcher: Watcher): () => void {
    this.#watchers.add(watcher)
    if (this.#text !== '') watcher(this.#text, this.#known)
    return () => this.#watchers.delete(watcher)
  }
}
