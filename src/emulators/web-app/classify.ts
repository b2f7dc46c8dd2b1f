import { readFileSync } from 'node:fs'
import { RE2JS } from 're2js'
import { z } from 'zod'
import { parseYaml } from '../../config/yaml.ts'
import type { WebRequest } from '../../http/index.ts'

const Rule = z.strictObject({
  class: z.string(),
  pattern: z.string(),
  attack: z.array(z.string()),
  emulated: z.enum(['unserialize', 'template', 'include', 'reflect', 'code', 'command', 'remote', 'header']).optional(),
})
export type AttackRule = z.output<typeof Rule> & { expression: RE2JS }

const rules: readonly AttackRule[] = parseYaml(
  'attacks.yaml',
  readFileSync(new URL('attacks.yaml', import.meta.url), 'utf8'),
  z.array(Rule),
).map((rule) => ({ ...rule, expression: RE2JS.compile(rule.pattern, RE2JS.CASE_INSENSITIVE | RE2JS.DOTALL) }))

/** One value that a request carries, by where it stands. */
export interface Input {
  place: 'query' | 'form' | 'cookie' | 'header' | 'json' | 'xml' | 'path' | 'upload'
  name: string
  value: string
}

/** What a value is taken for. */
export interface Attack {
  input: Input
  /** The value as it shows the attack: decoded once more where that was needed. */
  value: string
  rule: AttackRule
}

const MOST_INPUTS = 200
const LONGEST_VALUE = 4_096
const TOLD_HEADERS = ['user-agent', 'referer', 'x-forwarded-for', 'x-api-version']

/** Every value of a request that an application might use, whatever form it came in. */
export function inputsOf(request: WebRequest): Input[] {
  const inputs: Input[] = []
  for (const [name, value] of request.query) inputs.push({ place: 'query', name, value })
  for (const [name, value] of request.form()) inputs.push({ place: 'form', name, value })
  for (const [name, value] of request.cookies) inputs.push({ place: 'cookie', name, value: decoded(value) })
  for (const name of TOLD_HEADERS) for (const value of request.headers.all(name)) inputs.push({ place: 'header', name, value })
  const json = /json/i.test(request.header('content-type') ?? '') ? request.json() : undefined
  if (json !== undefined) addJson(json, '', inputs, 0)
  for (const { name = '', filename } of request.multipart()) if (filename) inputs.push({ place: 'upload', name, value: filename })
  addXml(request, inputs)
  inputs.push({ place: 'path', name: '', value: request.path })
  return inputs.slice(0, MOST_INPUTS)
}

const SEARCHED_XML = 64 * 1024

/** The texts of a document's elements, and what it declares. */
function addXml(request: WebRequest, inputs: Input[]): void {
  const isXml =
    /xml/i.test(request.header('content-type') ?? '') || request.body.subarray(0, 64).toString('latin1').trimStart().startsWith('<')
  if (!isXml) return
  const text = request.body.subarray(0, SEARCHED_XML).toString('utf8')
  const [declared] = /<!(?:doctype|entity)[\s[].{0,4000}/is.exec(text) ?? []
  if (declared !== undefined) inputs.push({ place: 'xml', name: '', value: declared })
  for (const [, name = '', value = ''] of text.matchAll(/<([\w:.-]{1,64})[^<>]{0,500}>([^<>]{1,4096})</g)) {
    if (inputs.length > MOST_INPUTS) return
    if (value.trim() !== '') inputs.push({ place: 'xml', name, value })
  }
}

function addJson(value: unknown, name: string, inputs: Input[], depth: number): void {
  if (inputs.length > MOST_INPUTS || depth > 6) return
  if (typeof value === 'string') inputs.push({ place: 'json', name, value })
  else if (typeof value === 'object' && value !== null)
    for (const [key, one] of Object.entries(value)) addJson(one, `${name}/${key}`, inputs, depth + 1)
}

/** The attacks among some inputs, each input one at most; looked at as it is, and decoded up to twice more. */
export function attacksIn(inputs: readonly Input[]): Attack[] {
  return inputs.flatMap((input) => {
    for (const value of layersOf(input.value.slice(0, LONGEST_VALUE))) {
      const rule = rules.find(
        ({ expression, class: name }) => (input.place !== 'path' || name !== 'rfi') && expression.matcher(value).find(),
      )
      if (rule && !(input.place === 'header' && (rule.class === 'rfi' || rule.class === 'command'))) return [{ input, value, rule }]
    }
    return []
  })
}

function layersOf(value: string): string[] {
  const once = decoded(value)
  const twice = decoded(once)
  return [...new Set([value, once, twice])]
}

function decoded(value: string): string {
  if (!value.includes('%')) return value
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}
