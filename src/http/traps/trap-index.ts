import { type Condition, compileMatch } from './condition.ts'
import type { Match, Product, Test, Trap } from './schema.ts'

/** A trap ready to be asked. */
export interface CompiledTrap {
  trap: Trap
  product: Product
  condition: Condition
}

/**
 * Traps by the first segment of the path that they ask for. A request is shown to those of its own segment, as it stands
 * in the normalised path and in the target as sent, and to the few that ask for no path; most of five hundred never see it.
 */
export class TrapIndex {
  readonly #bySegment = new Map<string, CompiledTrap[]>()
  readonly #anywhere: CompiledTrap[] = []
  readonly #order = new Map<CompiledTrap, number>()

  constructor(products: readonly Product[]) {
    for (const product of products) {
      for (const trap of product.traps) this.#add({ trap, product, condition: compileMatch(matchOf(trap)) })
    }
  }

  get size(): number {
    return this.#order.size
  }

  /** Traps that a request may meet, in the order of their files. @param path normalised @param url decoded only */
  candidates(path: string, url: string): CompiledTrap[] {
    const keys = new Set([segmentOf(path), segmentOf(url)])
    const found = new Set(this.#anywhere)
    for (const key of keys) for (const one of this.#bySegment.get(key) ?? []) found.add(one)
    return [...found].sort((a, b) => (this.#order.get(a) ?? 0) - (this.#order.get(b) ?? 0))
  }

  #add(compiled: CompiledTrap): void {
    this.#order.set(compiled, this.#order.size)
    const segments = segmentsOf(matchOf(compiled.trap))
    if (segments === undefined) this.#anywhere.push(compiled)
    else for (const segment of segments) this.#bySegment.set(segment, [...(this.#bySegment.get(segment) ?? []), compiled])
  }
}

/** The match of a trap, with its short form written out. */
export function matchOf({ match }: Trap): Match {
  if (typeof match !== 'string') return match
  const [method = '', target = ''] = match.split(' ')
  // A target with a query is compared as sent, one without by its path.
  return target.includes('?') ? { method, target } : { method, path: target }
}

/** The segments that a match can only be met under; undefined = any. */
function segmentsOf(match: Match): string[] | undefined {
  const own = beginnings(match.path) ?? beginnings(match.url) ?? beginnings(match.target)
  if (own) return [...new Set(own)]
  for (const one of match.all ?? []) {
    const segments = segmentsOf(one)
    if (segments) return segments
  }
  const any = match.any?.map(segmentsOf)
  return any && any.length > 0 && !any.includes(undefined) ? [...new Set(any.flatMap((segments) => segments ?? []))] : undefined
}

function beginnings(test: Test | undefined): string[] | undefined {
  if (test === undefined) return undefined
  const segments = [test].flat().map((one): string | undefined => {
    if (typeof one === 'string') return segmentOf(one)
    if (one.is !== undefined) return segmentOf(one.is)
    // `/cgi` may go on as `/cgi-bin`: a segment counts once its end is there.
    return one.starts !== undefined && /^\/[^/?;]+[/?;]/.test(one.starts) ? segmentOf(one.starts) : undefined
  })
  return segments.includes(undefined) ? undefined : (segments as string[])
}

function segmentOf(path: string): string {
  return (/^\/([^/?;]*)/.exec(path)?.[1] ?? '').toLowerCase().slice(0, 128)
}
