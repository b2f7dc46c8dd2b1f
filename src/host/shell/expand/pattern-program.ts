/** One element of a shell pattern. */
export type Element =
  | { kind: 'char'; char: string }
  | { kind: 'any' }
  | { kind: 'star' }
  | { kind: 'set'; negated: boolean; has: (char: string) => boolean }
  | { kind: 'group'; repeat: '?' | '*' | '+' | '@' | '!'; choices: Element[][] }

/** Steps that one question about a text may take, 100 ms or so; then nothing matches. */
const MOST_STEPS = 5_000_000

/** Counts the steps of one question, also across the many places where a match may begin. */
export class Work {
  #left = MOST_STEPS

  /** False when the question has taken too long. */
  spend(steps: number): boolean {
    this.#left -= steps
    return this.#left > 0
  }

  get exhausted(): boolean {
    return this.#left <= 0
  }
}

type Instruction =
  | { op: 'one'; fits: (char: string) => boolean }
  | { op: 'split'; first: number; second: number }
  | { op: 'jump'; to: number }
  /** Goes on wherever the inner program does not end. */
  | { op: 'unless'; inner: Program }
  | { op: 'match' }

/**
 * A pattern as a program that follows all choices at once (Thompson), so that a text of n characters costs n times the length of
 * the pattern, whatever an attacker writes. Only `!(…)` costs n² of it.
 */
export class Program {
  readonly #code: Instruction[] = []
  readonly #ignoreCase: boolean
  /** When each instruction was last added, so that it is added once a position. */
  readonly #addedAt: Int32Array
  #round = 0

  constructor(choices: readonly (readonly Element[])[], ignoreCase: boolean) {
    this.#ignoreCase = ignoreCase
    this.#alternatives(choices)
    this.#code.push({ op: 'match' })
    this.#addedAt = new Int32Array(this.#code.length)
  }

  /**
   * Calls back for each place where a match that begins at `start` ends, in order; false from it ends the search.
   * @param units characters of the text
   */
  ends(units: ArrayLike<string>, start: number, work: Work, found: (end: number) => boolean): void {
    let current: number[] = []
    let next: number[] = []
    /** `!(…)` that were met, with the ends that they exclude, and where they go on. */
    const exclusions: { ends: Uint8Array; from: number; to: number }[] = []
    const reach = (at: number, position: number): boolean => this.#add(at, position, { units, current, exclusions, work })
    this.#round++
    let matched = reach(0, start)
    for (let position = start; ; position++) {
      // What an exclusion lets go on may be an exclusion, which is looked at in the same turn.
      for (let i = 0; i < exclusions.length; i++) {
        const { ends, from, to } = exclusions[i] as (typeof exclusions)[number]
        if (ends[position - from] === 0) matched = reach(to, position) || matched
      }
      if (!work.spend(1 + current.length + exclusions.length)) return
      if (matched && !found(position)) return
      if (position >= units.length || (current.length === 0 && exclusions.length === 0)) return
      const char = units[position] as string
      ;[current, next] = [next, current]
      current.length = 0
      this.#round++
      matched = false
      for (const at of next) {
        const instruction = this.#code[at]
        if (instruction?.op === 'one' && instruction.fits(char)) matched = reach(at + 1, position + 1) || matched
      }
    }
  }

  /** Adds an instruction and what follows from it without a character. @returns whether the program has matched */
  #add(
    first: number,
    position: number,
    run: { units: ArrayLike<string>; current: number[]; exclusions: { ends: Uint8Array; from: number; to: number }[]; work: Work },
  ): boolean {
    let matched = false
    const waiting = [first]
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      if (this.#addedAt[at] === this.#round) continue
      this.#addedAt[at] = this.#round
      const instruction = this.#code[at] as Instruction
      if (instruction.op === 'match') matched = true
      else if (instruction.op === 'jump') waiting.push(instruction.to)
      else if (instruction.op === 'split') waiting.push(instruction.second, instruction.first)
      else if (instruction.op === 'one') run.current.push(at)
      else run.exclusions.push({ ends: excluded(instruction.inner, run.units, position, run.work), from: position, to: at + 1 })
    }
    return matched
  }

  #alternatives(choices: readonly (readonly Element[])[]): void {
    const ends: { op: 'jump'; to: number }[] = []
    for (const [index, choice] of choices.entries()) {
      const last = index === choices.length - 1
      const split = { op: 'split' as const, first: this.#code.length + 1, second: 0 }
      if (!last) this.#code.push(split)
      for (const element of choice) this.#compile(element)
      if (last) break
      const end = { op: 'jump' as const, to: 0 }
      ends.push(end)
      this.#code.push(end)
      split.second = this.#code.length
    }
    for (const end of ends) end.to = this.#code.length
  }

  #compile(element: Element): void {
    if (element.kind === 'star') this.#loop(() => this.#code.push({ op: 'one', fits: () => true }))
    else if (element.kind !== 'group') this.#code.push({ op: 'one', fits: fitting(element, this.#ignoreCase) })
    else if (element.repeat === '!') this.#code.push({ op: 'unless', inner: new Program(element.choices, this.#ignoreCase) })
    else if (element.repeat === '*') this.#loop(() => this.#alternatives(element.choices))
    else {
      const start = this.#code.length
      const split = { op: 'split' as const, first: start + 1, second: 0 }
      if (element.repeat === '?') this.#code.push(split)
      this.#alternatives(element.choices)
      if (element.repeat === '+') this.#code.push({ op: 'split', first: start, second: this.#code.length + 1 })
      split.second = this.#code.length
    }
  }

  #loop(body: () => void): void {
    const start = this.#code.length
    const split = { op: 'split' as const, first: start + 1, second: 0 }
    this.#code.push(split)
    body()
    this.#code.push({ op: 'jump', to: start })
    split.second = this.#code.length
  }
}

function excluded(inner: Program, units: ArrayLike<string>, from: number, work: Work): Uint8Array {
  const ends = new Uint8Array(work.spend((units.length - from) >> 3) ? units.length - from + 1 : 0)
  inner.ends(units, from, work, (end) => {
    ends[end - from] = 1
    return true
  })
  return ends
}

function fitting(element: Exclude<Element, { kind: 'star' | 'group' }>, ignoreCase: boolean): (char: string) => boolean {
  if (element.kind === 'any') return () => true
  if (element.kind === 'char') {
    const { char } = element
    if (!ignoreCase) return (other) => other === char
    const lower = char.toLowerCase()
    return (other) => other === char || other.toLowerCase() === lower
  }
  const { has, negated } = element
  if (!ignoreCase) return (char) => has(char) !== negated
  return (char) => has(char) !== negated || (has(char.toLowerCase()) || has(char.toUpperCase())) !== negated
}
