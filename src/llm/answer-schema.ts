import { z } from 'zod'
import type { JsonSchema, Structured } from './backend.ts'
import { parseLenient, withoutThinking } from './lenient-json.ts'

const made = new WeakMap<z.ZodType, JsonSchema>()

/**
 * The JSON schema of an answer as servers take it: its shape, small ranges of numbers and small bounds of lists. Lengths and patterns are left out,
 * since servers reject them or compile them into grammars that are too large; zod checks them when the answer is there.
 */
export function wireSchema(schema: z.ZodType): JsonSchema {
  const known = made.get(schema)
  if (known) return known
  const shape = shapeOf(z.toJSONSchema(schema, { unrepresentable: 'any', io: 'output' })) as JsonSchema
  made.set(schema, shape)
  return shape
}

/** zod gives every integer the range of a double; grammars spell a list's bound out item by item. */
const LARGEST_BOUND: Record<string, number> = { minimum: 100_000, maximum: 100_000, maxItems: 32 }

function isSmallBound(key: string, value: unknown): boolean {
  return typeof value === 'number' && Math.abs(value) <= (LARGEST_BOUND[key] ?? -1)
}

const SHAPE = new Set([
  'type',
  'properties',
  'required',
  'items',
  'anyOf',
  'enum',
  'const',
  'additionalProperties',
  'description',
  '$ref',
  '$defs',
])

function shapeOf(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(shapeOf)
  if (typeof schema !== 'object' || schema === null) return schema
  const kept: JsonSchema = {}
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'oneOf') kept.anyOf = shapeOf(value)
    else if (key === 'properties' || key === '$defs')
      kept[key] = Object.fromEntries(Object.entries(value as object).map(([k, v]) => [k, shapeOf(v)]))
    else if (isSmallBound(key, value)) kept[key] = value
    else if (SHAPE.has(key)) kept[key] = key === 'enum' || key === 'required' ? value : shapeOf(value)
  }
  return kept
}

/** A model's text as the typed answer. */
export type Reading<A> =
  | {
      ok: true
      value: A
      /** Name of the text that the answer ended in the middle of. */
      cut: string | undefined
      /** It was no clean JSON of this schema. */
      repaired: boolean
    }
  | { ok: false; problem: string }

/**
 * Reads a model's text as an answer, repairing what models get wrong.
 * @param structured how far the server was bound to the schema; if it was not, text without JSON is the answer's main text
 */
export function readAnswer<A>(text: string, schema: z.ZodType<A>, structured: Structured): Reading<A> {
  const direct = schema.safeParse(strictJson(text))
  if (direct.success) return { ok: true, value: direct.data, cut: undefined, repaired: false }
  const cleaned = withoutThinking(text)
  if (cleaned.trim() === '') return { ok: false, problem: 'the answer is empty' }
  const found = parseLenient(cleaned)
  const shape = wireSchema(schema)
  const main = mainName(shape)
  const raw = found?.value ?? (structured === 'none' && main !== undefined ? { [main]: cleaned } : undefined)
  if (!raw) return { ok: false, problem: 'the answer holds no JSON object' }
  if (found?.cut !== undefined) {
    if (main !== undefined && !raw[main]) return { ok: false, problem: `the answer was cut before its ${main}` }
    // Half an item is another item: half the content of a file, say.
    const list = raw[found.cut]
    if (Array.isArray(list)) list.pop()
  }
  const fitted = schema.safeParse(bend(raw, shape))
  if (!fitted.success) return { ok: false, problem: `the answer is not of the asked form: ${z.prettifyError(fitted.error).slice(0, 300)}` }
  return { ok: true, value: fitted.data, cut: found?.cut, repaired: true }
}

function strictJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Not clean JSON: the lenient reader's turn.
    return undefined
  }
}

/** The text that an answer is about: stdout, body, or else its first one. */
function mainName(shape: JsonSchema): string | undefined {
  const texts = Object.entries((shape.properties ?? {}) as Record<string, JsonSchema>).filter(([, p]) => p.type === 'string')
  return (texts.find(([name]) => name === 'stdout' || name === 'body') ?? texts[0])?.[0]
}

/** Bends a value into a shape where what was meant is plain: "0" for 0, lines for a text, a map for a list of pairs. */
function bend(value: unknown, shape: JsonSchema): unknown {
  const wanted = value === null || value === undefined ? emptyOf(shape) : value
  switch (shape.type) {
    case 'string':
      return asText(wanted)
    case 'integer':
    case 'number':
      return typeof wanted === 'string' && /^\s*-?\d{1,15}(\.\d+)?\s*$/.test(wanted) ? Number(wanted) : wanted
    case 'array':
      return asList(wanted, shape)
    case 'object':
      return asObject(wanted, shape)
    default:
      return wanted
  }
}

function asText(value: unknown): unknown {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (Array.isArray(value) && value.every((line) => typeof line === 'string')) return value.length ? `${value.join('\n')}\n` : ''
  return typeof value === 'object' ? JSON.stringify(value) : value
}

function asList(value: unknown, shape: JsonSchema): unknown {
  const items = (shape.items ?? {}) as JsonSchema
  if (Array.isArray(value)) return value.map((item) => bend(item, items))
  const pair = items.properties as Record<string, unknown> | undefined
  if (typeof value !== 'object' || value === null || !pair || !('name' in pair && 'value' in pair)) return value
  return Object.entries(value).flatMap(([name, v]) => (Array.isArray(v) ? v : [v]).map((one) => ({ name, value: asText(one) })))
}

function asObject(value: unknown, shape: JsonSchema): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !shape.properties) return value
  const given = value as Record<string, unknown>
  const fitted: Record<string, unknown> = {}
  for (const [name, property] of Object.entries(shape.properties as Record<string, JsonSchema>)) {
    const known = given[name]
    const required = (shape.required as string[] | undefined)?.includes(name)
    if (known === undefined && !required) continue
    fitted[name] = bend(known, property)
  }
  return fitted
}

/** The value that says nothing: a missing stderr is no stderr. An object has none. */
function emptyOf(shape: JsonSchema): unknown {
  return (
    { string: '', array: [], boolean: false }[String(shape.type)] ?? (shape.type === 'integer' || shape.type === 'number' ? 0 : undefined)
  )
}
