import type { Hunk, HunkLine } from './parse.ts'

/** A file as patch sees it. */
export interface Text {
  lines: string[]
  /** Whether its last line has a newline. */
  isWhole: boolean
}

/** Where a hunk went. */
export type Outcome = { ok: true; line: number; fuzz: number; offset: number } | { ok: false; line: number }

/** Applies hunks in their order to one file, as GNU patch looks for their places. */
export class Patcher {
  readonly #input: readonly string[]
  readonly #inputIsWhole: boolean
  readonly #output: string[] = []
  #outputIsWhole = true
  /** Lines of the input that are already copied or replaced. */
  #frozen = 0
  #inOffset = 0
  #outOffset = 0

  constructor({ lines, isWhole }: Text) {
    this.#input = lines
    this.#inputIsWhole = isWhole
  }

  /** @param most lines of context that may differ at each end */
  apply(hunk: Hunk, most: number): Outcome {
    const { prefix, suffix } = contextOf(hunk)
    const fuzziest = Math.min(most, Math.max(prefix, suffix))
    for (let fuzz = 0; fuzz <= fuzziest; fuzz++) {
      const where = this.#locate(hunk, fuzz)
      if (where === undefined) continue
      const line = where + this.#outOffset
      this.#replace(hunk, where, fuzz)
      return { ok: true, line, fuzz, offset: this.#inOffset }
    }
    return { ok: false, line: hunk.oldStart + this.#outOffset }
  }

  /** The file after all hunks. */
  finish(): Text {
    const rest = this.#input.slice(this.#frozen)
    const isWhole = rest.length > 0 || this.#output.length === 0 ? this.#inputIsWhole : this.#outputIsWhole
    return { lines: [...this.#output, ...rest], isWhole }
  }

  #replace(hunk: Hunk, where: number, fuzz: number): void {
    const { prefix, suffix } = contextOf(hunk)
    const context = Math.max(prefix, suffix)
    const skipped = { first: Math.max(0, fuzz + prefix - context), last: Math.max(0, fuzz + suffix - context) }
    this.#copyTo(where - 1)
    const lines = hunk.lines
    for (const [i, line] of lines.entries()) {
      const isFuzzy = i < skipped.first || i >= lines.length - skipped.last
      if (line.mark === '+') this.#output.push(line.text)
      else {
        // What does not match is left as the file has it.
        if (line.mark === ' ') this.#output.push(isFuzzy ? (this.#input[this.#frozen] as string) : line.text)
        this.#frozen++
      }
    }
    const last = lines.findLast(({ mark }) => mark !== '-')
    this.#outputIsWhole = !last?.isCut
    this.#outOffset += count(lines, '+') - count(lines, '-')
  }

  #copyTo(line: number): void {
    while (this.#frozen < line) this.#output.push(this.#input[this.#frozen++] as string)
  }

  /** The line where a hunk fits, nearest to where it should be. */
  #locate(hunk: Hunk, fuzz: number): number | undefined {
    const pattern = hunk.lines.filter(({ mark }) => mark !== '+').map(({ text }) => text)
    const guess = hunk.oldStart + this.#inOffset
    if (pattern.length === 0) return Math.min(Math.max(guess, 1), this.#input.length + 1)
    const { prefix, suffix } = contextOf(hunk)
    const context = Math.max(prefix, suffix)
    const [before, after] = [fuzz + prefix - context, fuzz + suffix - context]
    const furthest = this.#input.length - pattern.length - guess + 1
    const nearest = Math.min(guess - this.#frozen - 1, guess - 1)
    const at = (offset: number, first: number, last: number): number | undefined => {
      if (!this.#matches(pattern, guess + offset, first, last)) return undefined
      this.#inOffset += offset
      return guess + offset
    }
    if (before < 0 && hunk.oldStart <= 1) {
      // Less context before than behind: the hunk is the beginning of the file.
      if (after < 0 && pattern.length !== this.#input.length) return undefined
      return this.#frozen <= prefix && 1 - guess <= furthest ? at(1 - guess, 0, Math.max(0, after)) : undefined
    }
    if (after < 0) return -furthest <= nearest ? at(furthest, Math.max(0, before), 0) : undefined
    const first = Math.max(0, before)
    for (let offset = 0; offset <= Math.max(furthest, nearest); offset++) {
      const found = offset <= furthest ? at(offset, first, after) : undefined
      const back = found === undefined && offset > 0 && offset <= nearest ? at(-offset, first, after) : undefined
      if ((found ?? back) !== undefined) return found ?? back
    }
    return undefined
  }

  #matches(pattern: readonly string[], line: number, first: number, last: number): boolean {
    if (line < 1) return false
    for (let i = first; i < pattern.length - last; i++) if (this.#input[line - 1 + i] !== pattern[i]) return false
    return true
  }
}

function contextOf({ lines }: Hunk): { prefix: number; suffix: number } {
  const prefix = lines.findIndex(({ mark }) => mark !== ' ')
  return { prefix: Math.max(0, prefix), suffix: lines.length - 1 - lines.findLastIndex(({ mark }) => mark !== ' ') }
}

function count(lines: readonly HunkLine[], mark: '-' | '+'): number {
  return lines.filter((line) => line.mark === mark).length
}
