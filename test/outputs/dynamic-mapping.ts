/** What Elasticsearch makes of a field by its first value. */
type Kind = 'object' | 'text' | 'date' | 'number' | 'boolean'

/** `strict_date_optional_time`, as T-Pot's template detects dates; a bare year is left to the attackers. */
const DATE = /^\d{4}-\d\d(?:-\d\d(?:T\d\d(?::\d\d(?::\d\d(?:[.,]\d{1,9})?)?)?(?:Z|[+-]\d\d:?\d\d)?)?)?$/
/** Text that fits a number's field as well as a text's. */
const NUMERIC = /^-?\d+(?:\.\d+)?$/

/** Kinds that each field has in some documents of one index with dynamic mapping; names with dots are spelled out as objects. */
export class DynamicMapping {
  readonly #kinds = new Map<string, Set<Kind>>()

  add(document: Readonly<Record<string, unknown>>): void {
    this.#walk(document, '')
  }

  get size(): number {
    return this.#kinds.size
  }

  /** Fields for which some document would be refused, whichever came first. */
  conflicts(): string[] {
    return [...this.#kinds].filter(([, kinds]) => kinds.size > 1).map(([path, kinds]) => `${path}: ${[...kinds].sort().join(', ')}`)
  }

  #walk(value: unknown, path: string): void {
    if (Array.isArray(value)) {
      for (const one of value) this.#walk(one, path)
      return
    }
    if (typeof value !== 'object' || value === null) {
      const kind = kindOf(value)
      if (kind) this.#note(path, kind)
      return
    }
    if (path !== '') this.#note(path, 'object')
    for (const [name, one] of Object.entries(value)) {
      const parts = (path === '' ? name : `${path}.${name}`).split('.')
      for (let depth = path === '' ? 1 : path.split('.').length + 1; depth < parts.length; depth++) {
        this.#note(parts.slice(0, depth).join('.'), 'object')
      }
      this.#walk(one, parts.join('.'))
    }
  }

  #note(path: string, kind: Kind): void {
    this.#kinds.set(path, (this.#kinds.get(path) ?? new Set()).add(kind))
  }
}

function kindOf(value: unknown): Kind | undefined {
  if (typeof value === 'boolean') return 'boolean'
  if (typeof value === 'number') return 'number'
  if (typeof value !== 'string' || NUMERIC.test(value)) return undefined
  return DATE.test(value) ? 'date' : 'text'
}
