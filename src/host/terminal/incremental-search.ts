import type { Key } from './keys.ts'

/** A line of the history with the place of the cursor in it. */
export interface Match {
  index: number
  text: string
  at: number
}

/** Ctrl-R and Ctrl-S: looks through the history while a word is typed, as readline does. */
export class IncrementalSearch {
  readonly #lines: readonly string[]
  readonly #lastWord: string
  #forward: boolean
  #word = ''
  #failed = false
  #match: Match

  /**
   * @param lines the history, and behind it the line that was being typed
   * @param lastWord what was searched for before
   */
  constructor(lines: readonly string[], start: Match, forward: boolean, lastWord: string) {
    this.#lines = lines
    this.#match = start
    this.#forward = forward
    this.#lastWord = lastWord
  }

  get word(): string {
    return this.#word
  }

  /** Whether the word stands where the match is. */
  get found(): boolean {
    return !this.#failed && this.#word !== ''
  }

  get match(): Match {
    return this.#match
  }

  get prompt(): string {
    return `(${this.#failed ? 'failed ' : ''}${this.#forward ? '' : 'reverse-'}i-search)\`${this.#word}': `
  }

  /** Takes a key; false when it ends the search. `bell` when nothing was found, `same word` when one has to look for that of the last search. */
  take(key: Key): boolean | 'bell' | 'same word' {
    if (key.kind === 'text') return this.#type(key.text)
    if (key.kind !== 'control') return false
    if (key.name === 'search' || key.name === 'search-forward') return this.#again(key.name === 'search-forward')
    return key.name === 'backspace' ? this.#shorten() : false
  }

  /** Looks from where the match is. */
  find(): true | 'bell' {
    return this.#find(this.#match.at)
  }

  #type(text: string): true | 'bell' {
    this.#word += text
    return this.#find(this.#match.at)
  }

  #again(forward: boolean): true | 'bell' | 'same word' {
    this.#forward = forward
    if (this.#word === '') {
      if (this.#lastWord === '') return 'bell'
      this.#word = this.#lastWord
      return 'same word'
    }
    return this.#find(this.#match.at + (forward ? 1 : -1))
  }

  #shorten(): true | 'bell' {
    if (this.#word === '') return 'bell'
    this.#word = Array.from(this.#word).slice(0, -1).join('')
    // What was not found is not found with less either: readline has gone past the end of its list.
    if (this.#failed) return 'bell'
    return this.#word === '' ? true : this.find()
  }

  #find(from: number): true | 'bell' {
    const step = this.#forward ? 1 : -1
    for (let index = this.#match.index; index >= 0 && index < this.#lines.length; index += step) {
      const text = this.#lines[index] as string
      const own = index === this.#match.index
      if (!own && text === this.#match.text) continue
      const at = this.#within(text, own ? from : this.#forward ? 0 : text.length)
      if (at < 0) continue
      this.#match = { index, text, at }
      this.#failed = false
      return true
    }
    this.#failed = true
    return 'bell'
  }

  #within(text: string, from: number): number {
    if (from < 0) return -1
    return this.#forward ? text.indexOf(this.#word, from) : text.lastIndexOf(this.#word, from)
  }
}
