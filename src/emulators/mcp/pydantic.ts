import type { Tool } from './catalog.ts'

const MORE = '    For further information visit https://errors.pydantic.dev/2.14/v/'
/** Of a longer value pydantic shows its ends. */
const SHOWN = 50

/** A JSON value as Python writes it, cut as pydantic cuts it. */
export function inputValue(value: unknown): string {
  const text = repr(value, 0)
  return text.length > SHOWN ? `${text.slice(0, 25)}...${text.slice(-24)}` : text
}

function repr(value: unknown, depth: number): string {
  if (depth > 8) return '...'
  if (value === null || value === undefined) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'number') return String(value)
  if (typeof value === 'string') return quote(value.slice(0, 400))
  if (Array.isArray(value))
    return `[${value
      .slice(0, 20)
      .map((one) => repr(one, depth + 1))
      .join(', ')}]`
  const members = Object.entries(value as object).slice(0, 20)
  return `{${members.map(([key, one]) => `${quote(key.slice(0, 100))}: ${repr(one, depth + 1)}`).join(', ')}}`
}

/** Quotes of Python: double ones where the text has a single one. */
function quote(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'"
  const escaped = text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replace(/\r/g, '\\r').replace(/\t/g, '\\t')
  return `${mark}${mark === "'" ? escaped.replace(/'/g, "\\'") : escaped}${mark}`
}

export function typeName(value: unknown): string {
  if (value === null || value === undefined) return 'NoneType'
  if (Array.isArray(value)) return 'list'
  return { string: 'str', boolean: 'bool', number: Number.isInteger(value) ? 'int' : 'float' }[typeof value as string] ?? 'dict'
}

/** What is wrong with a message that is no JSON-RPC, over the four forms that it may have; undefined when it is one. */
export function messageFlaw(message: unknown): string | undefined {
  if (typeof message !== 'object' || message === null || Array.isArray(message)) {
    const flaws = ['JSONRPCRequest', 'JSONRPCNotification', 'JSONRPCResponse', 'JSONRPCError'].map(
      (form) =>
        `${form}\n  Input should be a valid dictionary or instance of ${form} [type=model_type, input_value=${inputValue(message)}, input_type=${typeName(message)}]\n${MORE}model_type`,
    )
    return `4 validation errors for JSONRPCMessage\n${flaws.join('\n')}`
  }
  const given = message as Record<string, unknown>
  const hasId = typeof given.id === 'string' || typeof given.id === 'number'
  if (given.jsonrpc === '2.0' && typeof given.method === 'string') return undefined
  if (given.jsonrpc === '2.0' && hasId && (typeof given.result === 'object' || typeof given.error === 'object')) return undefined
  const forms: [string, string[]][] = [
    ['JSONRPCRequest', ['method', 'jsonrpc', 'id']],
    ['JSONRPCNotification', ['method', 'jsonrpc']],
    ['JSONRPCResponse', ['jsonrpc', 'id', 'result']],
    ['JSONRPCError', ['jsonrpc', 'id', 'error']],
  ]
  const flaws = forms.flatMap(([form, members]) =>
    members.filter((name) => given[name] === undefined).map((name) => `${form}.${name}\n${missing(given)}`),
  )
  return `${flaws.length} validation errors for JSONRPCMessage\n${flaws.join('\n')}`
}

function missing(input: unknown): string {
  return `  Field required [type=missing, input_value=${inputValue(input)}, input_type=dict]\n${MORE}missing`
}

/**
 * The arguments of a call with their defaults filled in, or what pydantic says is wrong with them. Texts of numbers count as
 * numbers.
 */
export function checkArguments(
  tool: Tool,
  given: Record<string, unknown>,
): { values: Record<string, string | number | boolean> } | { flaw: string } {
  const values: Record<string, string | number | boolean> = {}
  const flaws: string[] = []
  for (const [name, { type, default: preset }] of Object.entries(tool.arguments)) {
    const value = given[name] ?? preset
    if (value === undefined) flaws.push(`${name}\n${missing(given)}`)
    else if (type === 'string' && typeof value === 'string') values[name] = value
    else if (type === 'boolean' && typeof value === 'boolean') values[name] = value
    else if (type === 'integer' && /^-?\d{1,15}$/.test(String(value))) values[name] = Number(value)
    else flaws.push(`${name}\n${wrongType(type, value)}`)
  }
  if (flaws.length === 0) return { values }
  return { flaw: `${flaws.length} validation error${flaws.length > 1 ? 's' : ''} for ${tool.name}Arguments\n${flaws.join('\n')}` }
}

function wrongType(type: string, value: unknown): string {
  const shown = `input_value=${inputValue(value)}, input_type=${typeName(value)}`
  if (type === 'integer' && typeof value === 'string') {
    return `  Input should be a valid integer, unable to parse string as an integer [type=int_parsing, ${shown}]\n${MORE}int_parsing`
  }
  const kind = { integer: 'int_type', boolean: 'bool_type' }[type] ?? 'string_type'
  return `  Input should be a valid ${type} [type=${kind}, ${shown}]\n${MORE}${kind}`
}
