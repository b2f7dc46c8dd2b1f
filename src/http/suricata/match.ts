import { lowerCase, type RequestBuffers } from './buffers.ts'
import type { BufferChecks, Check, Rule } from './rule.ts'

type Content = Extract<Check, { is: 'content' }>

/** Places that are tried for one buffer of a rule: a text that repeats a beginning cannot make a rule try all ways. */
const MOST_TRIES = 2_000

/** Whether a request fits a rule: every check of every buffer. */
export function matches(rule: Rule, buffers: RequestBuffers): boolean {
  return rule.buffers.every((checks) => new Chain(checks, buffers).holds())
}

/** Checks of one buffer, each beginning where the one before ended. A place that leads nowhere is given up for the next. */
class Chain {
  readonly #checks: readonly Check[]
  readonly #text: (nocase: boolean) => string
  #tries = 0

  constructor({ buffer, transforms, checks }: BufferChecks, buffers: RequestBuffers) {
    this.#checks = checks
    this.#text = (nocase) => buffers.text(buffer, transforms, nocase)
  }

  holds(): boolean {
    return this.#from(0, 0)
  }

  /** @param end where the match before ended */
  #from(n: number, end: number): boolean {
    const check = this.#checks[n]
    if (!check) return true
    if (++this.#tries > MOST_TRIES) return false
    const text = this.#text(false)
    switch (check.is) {
      case 'size':
        return text.length >= check.min && text.length <= check.max && this.#from(n + 1, end)
      case 'data-at':
        return text.length > (check.relative ? end : 0) + check.at - 1 !== check.negated && this.#from(n + 1, end)
      case 'pcre':
        return this.#pcre(check, n, end)
      case 'content':
        return this.#content(check, n, end)
    }
  }

  #pcre({ pattern, negated, relative }: Extract<Check, { is: 'pcre' }>, n: number, end: number): boolean {
    const from = relative ? end : 0
    const matcher = pattern.matcher(this.#text(false).slice(from))
    const found = matcher.find()
    if (negated) return !found && this.#from(n + 1, end)
    return found && this.#from(n + 1, from + matcher.end())
  }

  #content(check: Content, n: number, end: number): boolean {
    const text = this.#text(check.nocase)
    const wanted = check.nocase ? lowerCase(check.text) : check.text
    const [first, last] = windowOf(check, end, text.length)
    if (check.negated) return this.#place(check, text, wanted, first, last) < 0 && this.#from(n + 1, end)
    for (let at = this.#place(check, text, wanted, first, last); at >= 0; at = this.#place(check, text, wanted, at + 1, last)) {
      if (this.#from(n + 1, at + wanted.length)) return true
      if (++this.#tries > MOST_TRIES) return false
    }
    return false
  }

  /** The next place of a content that ends at `last` or before; -1 without one. */
  #place({ endswith }: Content, text: string, wanted: string, first: number, last: number): number {
    if (first + wanted.length > last) return -1
    if (!endswith) {
      // A window is shorter than the text: what lies behind it is not searched.
      const at = text.slice(first, last).indexOf(wanted)
      return at < 0 ? -1 : first + at
    }
    const at = text.length - wanted.length
    return at >= first && text.length <= last && text.endsWith(wanted) ? at : -1
  }
}

/** Where a content may begin and must have ended. */
function windowOf({ offset, depth, distance, within }: Content, end: number, length: number): [first: number, last: number] {
  const isRelative = distance !== undefined || within !== undefined
  const first = Math.max(0, isRelative ? end + (distance ?? 0) : (offset ?? 0))
  const last = isRelative ? (within === undefined ? length : first + within) : depth === undefined ? length : (offset ?? 0) + depth
  return [first, Math.min(length, last)]
}
