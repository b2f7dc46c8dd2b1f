import type { Api, Endpoint } from './api.ts'
import { docsPath } from './docs-page.ts'

export type Route =
  | { kind: 'login' | 'register' | 'me' | 'jwks' | 'openapi' | 'docs' | 'docs-folder'; methods: readonly string[] }
  | { kind: 'endpoint'; methods: readonly string[]; endpoint: Endpoint; params: Record<string, string> }
  | { kind: 'list'; methods: readonly string[]; name: string }
  | { kind: 'item'; methods: readonly string[]; name: string; id: string }

/** Finds what stands at a path. */
export class Routes {
  readonly #api: Api
  readonly #fixed: ReadonlyMap<string, Route>
  readonly #endpoints: readonly { steps: readonly string[]; endpoint: Endpoint }[]

  constructor(api: Api) {
    this.#api = api
    const { auth, base, style } = api
    const docs = docsPath(style)
    const fixed: [string | undefined, Route][] = [
      [auth.login, { kind: 'login', methods: ['POST'] }],
      [auth.register, { kind: 'register', methods: ['POST'] }],
      [auth.me, { kind: 'me', methods: ['GET'] }],
    ]
    this.#fixed = new Map<string, Route>([
      ...fixed.flatMap(([path, route]): [string, Route][] => (path === undefined ? [] : [[`${base}${path}`, route]])),
      ['/.well-known/jwks.json', { kind: 'jwks', methods: ['GET'] }],
      ['/openapi.json', { kind: 'openapi', methods: ['GET'] }],
      ['/v3/api-docs', { kind: 'openapi', methods: ['GET'] }],
      [docs, { kind: 'docs', methods: ['GET'] }],
      ...(docs.endsWith('/') ? [[docs.slice(0, -1), { kind: 'docs-folder', methods: ['GET'] }] as [string, Route]] : []),
    ])
    this.#endpoints = api.endpoints.map((endpoint) => ({ steps: endpoint.path.split('/'), endpoint }))
  }

  /** @param method of several endpoints at a path, which is meant */
  find(path: string, method: string): Route | undefined {
    const known = this.#fixed.get(path)
    if (known) return known
    const { base } = this.#api
    if (base !== '' && !path.startsWith(`${base}/`)) return undefined
    const below = path.slice(base.length)
    return this.#endpoint(below, method) ?? this.#resource(below)
  }

  #endpoint(path: string, method: string): Route | undefined {
    const steps = path.split('/')
    const fitting = this.#endpoints.flatMap(({ steps: pattern, endpoint }) => {
      const params = paramsOf(pattern, steps)
      return params ? [{ endpoint, params }] : []
    })
    const [first] = fitting
    if (!first) return undefined
    const chosen =
      fitting.find(
        ({ endpoint }) => endpoint.method === method || endpoint.method === 'ANY' || (endpoint.method === 'GET' && method === 'HEAD'),
      ) ?? first
    return { kind: 'endpoint', methods: fitting.map(({ endpoint }) => endpoint.method), ...chosen }
  }

  #resource(path: string): Route | undefined {
    const [, name = '', id] = /^\/([\w-]{1,41})(?:\/([^/]{1,200}))?\/?$/.exec(path) ?? []
    if (!Object.hasOwn(this.#api.resources, name)) return undefined
    return id === undefined
      ? { kind: 'list', methods: ['GET', 'POST'], name }
      : { kind: 'item', methods: ['GET', 'PUT', 'PATCH', 'DELETE'], name, id }
  }
}

function paramsOf(pattern: readonly string[], steps: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== steps.length) return undefined
  const params: Record<string, string> = {}
  for (const [at, step] of pattern.entries()) {
    const given = steps[at] as string
    const [, name] = /^\{([\w-]+)\}$/.exec(step) ?? []
    if (name !== undefined && given !== '') params[name] = given
    else if (step !== given) return undefined
  }
  return params
}
