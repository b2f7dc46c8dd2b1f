import { z } from 'zod'
import type { Api } from './api.ts'

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const

interface SchemaObject {
  $ref?: string | undefined
  type?: string | string[] | undefined
  format?: string | undefined
  enum?: unknown[] | undefined
  example?: unknown
  items?: SchemaObject | undefined
  properties?: Record<string, SchemaObject> | undefined
  allOf?: SchemaObject[] | undefined
  oneOf?: SchemaObject[] | undefined
  anyOf?: SchemaObject[] | undefined
  required?: string[] | undefined
  readOnly?: boolean | undefined
}
const SchemaObject: z.ZodType<SchemaObject> = z.lazy(() =>
  z.looseObject({
    $ref: z.string().optional(),
    type: z.union([z.string(), z.array(z.string())]).optional(),
    format: z.string().optional(),
    enum: z.array(z.unknown()).optional(),
    example: z.unknown().optional(),
    items: SchemaObject.optional(),
    properties: z.record(z.string(), SchemaObject).optional(),
    allOf: z.array(SchemaObject).optional(),
    oneOf: z.array(SchemaObject).optional(),
    anyOf: z.array(SchemaObject).optional(),
    required: z.array(z.string()).optional(),
    readOnly: z.boolean().optional(),
  }),
)
const Content = z.record(
  z.string(),
  z.looseObject({
    schema: SchemaObject.optional(),
    example: z.unknown().optional(),
    examples: z.record(z.string(), z.looseObject({ value: z.unknown().optional() })).optional(),
  }),
)
const Response = z.looseObject({ $ref: z.string().optional(), content: Content.optional() })
type Response = z.output<typeof Response>
const Operation = z.looseObject({
  security: z.array(z.record(z.string(), z.array(z.string()))).optional(),
  responses: z.record(z.string(), Response).default({}),
})
type Operation = z.output<typeof Operation>
const PathItem = z.looseObject({
  get: Operation.optional(),
  post: Operation.optional(),
  put: Operation.optional(),
  patch: Operation.optional(),
  delete: Operation.optional(),
})

/** The part of an OpenAPI 3 document that is played. */
export const OpenApi = z.looseObject({
  openapi: z.string().regex(/^3\.\d/, 'an OpenAPI document of version 3'),
  info: z.looseObject({ title: z.string(), version: z.string().default('1.0.0') }),
  servers: z.array(z.looseObject({ url: z.string() })).default([]),
  security: z.array(z.record(z.string(), z.array(z.string()))).optional(),
  paths: z.record(z.string(), PathItem),
  components: z
    .looseObject({ schemas: z.record(z.string(), SchemaObject).default({}), responses: z.record(z.string(), Response).default({}) })
    .default({ schemas: {}, responses: {} }),
})
export type OpenApi = z.output<typeof OpenApi>

const OBJECTS = 25
const DEEPEST = 6

/**
 * A collection (`/things`) with its items (`/things/{id}`) becomes a resource with state; every other operation an endpoint
 * that answers its example, or one made of its schema.
 */
export function apiOfOpenApi(given: OpenApi): z.input<typeof Api> {
  const { info, servers } = given
  const common = commonBase(Object.keys(given.paths))
  const paths = Object.fromEntries(Object.entries(given.paths).map(([path, item]) => [path.slice(common.length), item]))
  const document = { ...given, paths }
  const resources: Record<string, unknown> = {}
  const endpoints: Record<string, unknown>[] = []
  for (const [path, item] of Object.entries(paths)) {
    const [, name, isItem] = /^\/([\w-]+)(\/\{[^}/]+\})?$/.exec(path) ?? []
    if (name !== undefined && (isItem ? paths[`/${name}`] : Object.keys(paths).some((one) => one.startsWith(`/${name}/{`)))) {
      resources[name] ??= resourceOf(document, name)
      continue
    }
    for (const method of METHODS) {
      const operation = item[method]
      if (operation)
        endpoints.push({
          method: method.toUpperCase(),
          path: path.replaceAll(/[^\w{}./~-]/g, ''),
          roles: rolesOf(document, operation),
          ...answerOf(document, operation),
        })
    }
  }
  return {
    title: info.title,
    version: info.version,
    base: `${baseOf(servers[0]?.url)}${common}`,
    resources: resources as never,
    endpoints: endpoints as never,
  }
}

/** Steps that all paths begin with: `/api/v1` of `/api/v1/pets` and `/api/v1/store/orders`. Each path keeps a step of its own. */
function commonBase(paths: readonly string[]): string {
  const [first = [], ...rest] = paths.map((path) => path.split('/').slice(1))
  if (rest.length === 0) return ''
  let steps = 0
  const isCommon = (step: string | undefined, at: number): boolean =>
    step !== undefined && /^[\w.-]{1,40}$/.test(step) && [first, ...rest].every((one) => one[at] === step && one.length > at + 1)
  while (steps < DEEPEST && isCommon(first[steps], steps) && !isResource(paths, first.slice(0, steps + 1))) steps++
  return steps === 0 ? '' : `/${first.slice(0, steps).join('/')}`
}

/** Whether these steps are a collection: its items follow, and nothing of it may become the base. */
function isResource(paths: readonly string[], steps: readonly string[]): boolean {
  return paths.some((path) => path.startsWith(`/${steps.join('/')}/{`))
}

function baseOf(url = ''): string {
  const [, path = ''] = /^(?:https?:\/\/[^/]*)?((?:\/[\w.-]{1,40}){0,6})\/?$/.exec(url) ?? []
  return path
}

function rolesOf({ security: all }: OpenApi, { security }: Operation): string[] {
  return (security ?? all ?? []).some((one) => Object.keys(one).length > 0) ? ['any'] : ['public']
}

function resourceOf(document: OpenApi, name: string): Record<string, unknown> {
  const list = document.paths[`/${name}`]
  const item = Object.entries(document.paths).find(([path]) => path.startsWith(`/${name}/{`))?.[1]
  const read = list?.get ?? item?.get
  const found = schemaOf(document, item?.get) ?? itemsOf(document, schemaOf(document, list?.get))
  const fields = Object.entries(found?.properties ?? {}).filter(([field]) => /^[a-z][\w-]{0,40}$/i.test(field) && field !== 'id')
  const generated = fields.map(([field, schema]) => [field, generatorOf(field, resolved(document, schema))])
  return {
    read: read ? rolesOf(document, read) : ['any'],
    write: list?.post ? rolesOf(document, list.post) : ['any'],
    id: resolved(document, found?.properties?.id)?.format === 'uuid' ? 'uuid' : 'integer',
    required: (found?.required ?? []).filter((field) => field !== 'id' && fields.some(([name]) => name === field)),
    protected: fields.filter(([, schema]) => schema.readOnly).map(([field]) => field),
    generate: { count: OBJECTS, fields: Object.fromEntries(generated.length > 0 ? generated : [['name', 'words']]) },
  }
}

function answerOf(document: OpenApi, { responses }: Operation): { status: number; body: unknown } {
  const [code = '200', response] = Object.entries(responses).find(([key]) => key.startsWith('2')) ?? []
  const [content] = Object.values(responseOf(document, response)?.content ?? {})
  const status = Number(code) || 200
  if (content?.example !== undefined) return { status, body: content.example }
  const [named] = Object.values(content?.examples ?? {})
  if (named?.value !== undefined) return { status, body: named.value }
  return { status, body: content?.schema ? exampleOf(document, content.schema, 0) : null }
}

function schemaOf(document: OpenApi, operation: Operation | undefined): SchemaObject | undefined {
  const response = Object.entries(operation?.responses ?? {}).find(([key]) => key.startsWith('2'))?.[1]
  return resolved(document, Object.values(responseOf(document, response)?.content ?? {})[0]?.schema)
}

function responseOf({ components }: OpenApi, response: Response | undefined): Response | undefined {
  const name = response?.$ref?.replace('#/components/responses/', '')
  return name === undefined ? response : components.responses[name]
}

/** The elements of a list, bare or wrapped in an object. */
function itemsOf(document: OpenApi, schema: SchemaObject | undefined): SchemaObject | undefined {
  const list = schema?.items
    ? schema
    : Object.values(schema?.properties ?? {})
        .map((one) => resolved(document, one))
        .find((one) => one?.items)
  return resolved(document, list?.items)
}

/** What a schema refers to, put together of all that it is made of; of alternatives the first. */
function resolved(document: OpenApi, schema: SchemaObject | undefined, depth = 0): SchemaObject | undefined {
  let at = schema
  for (let n = 0; at?.$ref !== undefined && n < DEEPEST; n++) at = document.components.schemas[at.$ref.replace('#/components/schemas/', '')]
  if (!at || depth > DEEPEST) return at
  let whole = at
  for (const given of [...(at.allOf ?? []), ...[at.oneOf?.[0] ?? at.anyOf?.[0] ?? []].flat()]) {
    const part = resolved(document, given, depth + 1)
    whole = { ...whole, ...part, ...bothOf(whole, part) }
  }
  return whole
}

/** Properties and required ones of two schemas that both hold. */
function bothOf(one: SchemaObject, other: SchemaObject | undefined): Partial<SchemaObject> {
  if (!other) return {}
  const required = [...new Set([...(one.required ?? []), ...(other.required ?? [])])]
  return {
    ...(one.properties || other.properties ? { properties: { ...other.properties, ...one.properties } } : {}),
    ...(required.length > 0 ? { required } : {}),
  }
}

function exampleOf(document: OpenApi, given: SchemaObject, depth: number): unknown {
  const schema = resolved(document, given)
  if (!schema || depth > DEEPEST) return null
  if (schema.example !== undefined) return schema.example
  if (schema.enum) return schema.enum[0]
  if (schema.items) return [exampleOf(document, schema.items, depth + 1)]
  if (schema.properties)
    return Object.fromEntries(Object.entries(schema.properties).map(([name, one]) => [name, exampleOf(document, one, depth + 1)]))
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type
  return type === 'integer' || type === 'number' ? 1 : type === 'boolean' ? true : type === 'object' ? {} : 'string'
}

function generatorOf(field: string, schema: SchemaObject | undefined): string {
  const type = Array.isArray(schema?.type) ? schema.type[0] : schema?.type
  const choices = schema?.enum?.filter((one) => typeof one === 'string' && !one.includes('|'))
  if (choices?.length) return `pick ${choices.join('|')}`
  if (type === 'boolean') return 'boolean'
  if (schema?.format === 'uuid') return 'uuid'
  if (schema?.format?.startsWith('date')) return 'date'
  if (type === 'integer') return 'integer'
  if (type === 'number') return 'amount'
  if (/mail/i.test(field)) return 'email'
  if (/phone|mobile/i.test(field)) return 'phone'
  if (/company|organi/i.test(field)) return 'company'
  if (/city/i.test(field)) return 'city'
  if (/country/i.test(field)) return 'country'
  if (/name|owner|user/i.test(field)) return 'person'
  if (/key|token|secret/i.test(field)) return 'honeytoken api-key'
  return 'words'
}
