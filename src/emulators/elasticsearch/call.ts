import type { Host } from '../../host/contract.ts'
import type { HeaderLine, WebRequest } from '../../http/index.ts'
import type { Visit } from '../../sensor/visit.ts'
import type { Cluster } from './cluster.ts'
import { ElasticError, illegalArgument } from './elastic-error.ts'
import type { ElasticEvents } from './events.ts'
import type { Release } from './release.ts'

/** What a handler answers: a value that becomes JSON, or text. */
export interface Answer {
  status?: number
  value?: unknown
  text?: string
  headers?: readonly HeaderLine[]
  contentType?: string
  bytes?: Buffer
}

/** One call of the REST API. */
export class Call {
  readonly request: WebRequest
  readonly cluster: Cluster
  readonly host: Host
  readonly visit: Visit<ElasticEvents>
  readonly parameters: Readonly<Record<string, string>>
  /** Who has signed in, where security is on. */
  readonly user: string | undefined
  readonly query: URLSearchParams
  #body: Record<string, unknown> | undefined

  constructor(given: {
    request: WebRequest
    cluster: Cluster
    host: Host
    visit: Visit<ElasticEvents>
    parameters: Readonly<Record<string, string>>
    user?: string | undefined
  }) {
    this.request = given.request
    this.cluster = given.cluster
    this.host = given.host
    this.visit = given.visit
    this.parameters = given.parameters
    this.user = given.user
    this.query = given.request.query
  }

  get method(): string {
    return this.request.method
  }

  get release(): Release {
    return this.cluster.node.release
  }

  get index(): string | undefined {
    return this.parameters.index
  }

  flag(name: string): boolean {
    const value = this.query.get(name)
    return value !== null && value !== 'false'
  }

  /** A whole number of the query. @throws ElasticError 400 for anything else */
  number(name: string, otherwise: number): number {
    const text = this.query.get(name)
    if (text === null) return otherwise
    if (!/^-?\d{1,9}$/.test(text)) throw illegalArgument(`Failed to parse int parameter [${name}] with value [${text}]`)
    return Number(text)
  }

  /** The text of the body; `?source=` stands for it. */
  get text(): string {
    return this.request.bodyBytes > 0 ? this.request.body.toString('utf8') : (this.query.get('source') ?? '')
  }

  /** The body as an object; empty without one. @throws ElasticError 400 when it is no JSON */
  body(): Record<string, unknown> {
    this.#body ??= parseObject(this.text)
    return this.#body
  }
}

const DEEPEST = 64

/** @throws ElasticError 400 in the words of Jackson */
export function parseObject(text: string): Record<string, unknown> {
  if (text.trim() === '') return {}
  if (nesting(text) > DEEPEST) throw new ElasticError(400, 'parsing_exception', `The provided JSON is nested deeper than [${DEEPEST}]`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw notJson(text)
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new ElasticError(400, 'parsing_exception', 'Expected [START_OBJECT] but found [VALUE_STRING]', { line: 1, col: 1 })
}

function notJson(text: string): ElasticError {
  const [token = ''] = /^[\s{]*([A-Za-z0-9_]{1,40})/.exec(text)?.slice(1) ?? []
  const source = `at [Source: (byte[])"${text.slice(0, 500)}"; line: 1, column: ${Math.min(text.length + 1, 40)}]`
  const reason =
    token === ''
      ? `Unexpected end-of-input: expected close marker for Object (start marker ${source})\n ${source}`
      : `Unrecognized token '${token}': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n ${source}`
  return new ElasticError(
    400,
    'json_parse_exception',
    reason,
    {},
    `ElasticsearchParseException[Failed to parse]; nested: JsonParseException[${reason}]`,
  )
}

function nesting(text: string): number {
  let depth = 0
  let most = 0
  let isText = false
  for (let i = 0; i < text.length; i++) {
    const mark = text[i]
    if (isText) {
      if (mark === '\\') i++
      else if (mark === '"') isText = false
    } else if (mark === '"') isText = true
    else if (mark === '{' || mark === '[') most = Math.max(most, ++depth)
    else if (mark === '}' || mark === ']') depth--
  }
  return most
}
