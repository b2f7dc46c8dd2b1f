import type { HeaderLine, WebRequest, WebResponse } from '../../http/index.ts'
import type { VisitContext } from '../../sensor/lure.ts'
import type { Visit } from '../../sensor/visit.ts'
import type { OllamaEvents } from './events.ts'
import { goJson, goSyntaxError } from './go-json.ts'
import type { OllamaOptions } from './options.ts'
import type { Shelf } from './shelf.ts'

/** A request that is answered with an error of the API. */
export class ApiError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.name = 'ApiError'
    this.status = status
  }
}

/** One call of the API with what it happens in. */
export interface Call {
  request: WebRequest
  visit: Visit<OllamaEvents>
  context: VisitContext<OllamaOptions, unknown>
  shelf: Shelf
  /** Members of the JSON body. */
  body: Record<string, unknown>
  /** The part of the path that is a parameter. */
  parameter: string
}

/** Go's name for each member that must have a type. */
const GO_TYPES: Record<string, readonly [kind: string, go: string]> = {
  model: ['string', 'string'],
  name: ['string', 'string'],
  prompt: ['string', 'string'],
  system: ['string', 'string'],
  template: ['string', 'string'],
  suffix: ['string', 'string'],
  source: ['string', 'string'],
  destination: ['string', 'string'],
  from: ['string', 'string'],
  stream: ['boolean', 'bool'],
  insecure: ['boolean', 'bool'],
  raw: ['boolean', 'bool'],
  messages: ['array', '[]api.Message'],
  images: ['array', '[]api.ImageData'],
  options: ['object', 'map[string]interface {}'],
}

/** The members of a body, checked as gin's ShouldBindJSON does. @throws ApiError 400 in encoding/json's words */
export function bodyOf(request: WebRequest, structName: string): Record<string, unknown> {
  const text = request.body.toString('utf8')
  if (text.trim() === '') throw new ApiError(400, 'missing request body')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new ApiError(400, goSyntaxError(text, error))
  }
  if (kindOf(value) === 'null') return {}
  if (kindOf(value) !== 'object')
    throw new ApiError(
      400,
      `json: cannot unmarshal ${kindOf(value)} into Go value of type ${structName.includes('.') ? structName : `api.${structName}`}`,
    )
  const members = value as Record<string, unknown>
  for (const [name, [kind, go]] of Object.entries(GO_TYPES)) {
    // OpenAI's prompt may be a list, and so may its content; that API checks for itself.
    if (members[name] === undefined || members[name] === null || structName.startsWith('openai.')) continue
    const has = kindOf(members[name])
    if (has !== (kind === 'boolean' ? 'bool' : kind))
      throw new ApiError(400, `json: cannot unmarshal ${has} into Go struct field ${structName}.${name} of type ${go}`)
  }
  return members
}

/** The kind of a JSON value in encoding/json's words. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return 'array'
  return typeof value === 'boolean' ? 'bool' : typeof value
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

const GIN_JSON = 'application/json; charset=utf-8'

/** As gin's c.JSON. */
export function ginJson(value: unknown, status = 200, contentType = GIN_JSON, headers: readonly HeaderLine[] = []): WebResponse {
  return { status, headers: [['Content-Type', contentType], ...headers], body: goJson(value), dynamic: true }
}

/** As json.Encoder writes it behind the middleware of /v1: with a line's end. */
export function encoded(value: unknown, status = 200): WebResponse {
  return { status, headers: [['Content-Type', 'application/json']], body: `${goJson(value)}\n`, dynamic: true }
}

export function apiError({ status, message }: ApiError): WebResponse {
  return ginJson({ error: message }, status)
}
