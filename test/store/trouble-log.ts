import type { Trouble } from '../../src/store/trouble.ts'

/** Takes what a store calls `onTrouble` with, and lets a test await it. */
export class TroubleLog {
  readonly seen: (Trouble | undefined)[] = []
  readonly #waiting: { fits: (trouble: Trouble | undefined) => boolean; resolve: () => void }[] = []

  readonly note = (trouble: Trouble | undefined): void => {
    this.seen.push(trouble)
    for (const { fits, resolve } of this.#waiting) if (fits(trouble)) resolve()
  }

  /** Resolves when trouble whose words match comes next. */
  comes(words: RegExp): Promise<void> {
    return new Promise((resolve) => this.#waiting.push({ fits: (trouble) => words.test(trouble?.what ?? ''), resolve }))
  }

  /** Resolves when trouble ends next. */
  ends(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push({ fits: (trouble) => trouble === undefined, resolve }))
  }
}
