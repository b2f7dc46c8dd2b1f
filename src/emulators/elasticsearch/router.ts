import type { Answer, Call } from './call.ts'

/** One path of the REST API with the methods that it answers. */
export interface Route {
  methods: readonly string[]
  /** `/{index}/_doc/{id}` */
  path: string
  /** Parameters of the query that it knows besides those of every path. */
  query?: readonly string[]
  /** First and last major release that has it. */
  since?: number
  until?: number
  answer: (call: Call) => Answer | Promise<Answer>
}

export function route(methods: string, path: string, answer: Route['answer'], more: Pick<Route, 'query' | 'since' | 'until'> = {}): Route {
  return { methods: methods.split(' '), path, answer, ...more }
}

export interface Routed {
  route: Route | undefined
  parameters: Record<string, string>
  /** Methods that this path answers, whatever the request's is; empty = there is no such path. */
  allowed: string[]
}

/** Finds routes by path, a name before a place for any name, as Elasticsearch's trie of paths does. */
export class Router {
  readonly #bySize = new Map<number, { route: Route; parts: string[] }[]>()

  constructor(routes: readonly Route[], major: number) {
    for (const one of routes) {
      if (major < (one.since ?? 1) || major > (one.until ?? 99)) continue
      // Types went with 8.0.
      if (major >= 8 && one.path.includes('/{type}')) continue
      const parts = partsOf(one.path)
      const size = this.#bySize.get(parts.length) ?? []
      this.#bySize.set(parts.length, size)
      size.push({ route: one, parts })
    }
    for (const size of this.#bySize.values()) size.sort((a, b) => (rankOf(a.parts) < rankOf(b.parts) ? -1 : 1))
  }

  find(method: string, path: string): Routed {
    const given = partsOf(path)
    const matching = (this.#bySize.get(given.length) ?? []).filter(({ parts }) =>
      parts.every((part, i) => part.startsWith('{') || part === given[i]),
    )
    const allowed = [...new Set(matching.flatMap(({ route }) => route.methods))]
    const chosen = matching.find(({ route }) => route.methods.includes(method))
    const parameters = Object.fromEntries(
      (chosen?.parts ?? []).flatMap((part, i) => (part.startsWith('{') ? [[part.slice(1, -1), given[i] as string]] : [])),
    )
    return { route: chosen?.route, parameters, allowed }
  }
}

function partsOf(path: string): string[] {
  return path.split('/', 64).filter((part) => part !== '')
}

/** Sorts names before places, from the left. */
function rankOf(parts: readonly string[]): string {
  return parts.map((part) => (part.startsWith('{') ? '1' : '0')).join('')
}
