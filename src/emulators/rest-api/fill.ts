import { randomUUID } from 'node:crypto'
import type { Json } from './generate.ts'

const LONGEST_VALUE = 2_000

/** What marks in an answer are filled from. */
export interface Values {
  params: Readonly<Record<string, string>>
  query: URLSearchParams
  body: Readonly<Record<string, unknown>>
  claims: Readonly<Record<string, unknown>>
}

/** Fills `{{params.id}}`, `{{body.name}}`, `{{query.q}}`, `{{jwt.sub}}`, `{{now}}` and `{{uuid}}` in every text of a value. */
export function fill(value: Json, values: Values): Json {
  if (typeof value === 'string')
    return value.replace(
      /\{\{(params|body|query|jwt)\.([\w-]{1,40})\}\}|\{\{(now|uuid)\}\}/g,
      (_, from?: string, name?: string, plain?: string) => valueFor(values, from ?? plain ?? '', name ?? ''),
    )
  if (Array.isArray(value)) return value.map((one) => fill(one, values))
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, fill(one, values)]))
  return value
}

function valueFor({ params, query, body, claims }: Values, from: string, name: string): string {
  if (from === 'now') return new Date().toISOString()
  if (from === 'uuid') return randomUUID()
  if (from === 'query') return (query.get(name) ?? '').slice(0, LONGEST_VALUE)
  const values: Readonly<Record<string, unknown>> = from === 'params' ? params : from === 'body' ? body : claims
  const value = Object.hasOwn(values, name) ? values[name] : undefined
  return value === undefined || value === null
    ? ''
    : String(typeof value === 'object' ? JSON.stringify(value) : value).slice(0, LONGEST_VALUE)
}
