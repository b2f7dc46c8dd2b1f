import type { Machine } from './machine.ts'
import { Code, Handle, numberText, PerlArray, PerlHash, Ref, text, type Value } from './value.ts'

/** Data as JSON::PP writes it. */
export function toJson(
  machine: Machine,
  value: Value,
  style: { pretty: boolean; canonical: boolean } = { pretty: false, canonical: false },
  depth = 0,
): string {
  if (value === undefined) return 'null'
  if (typeof value === 'number') return numberText(value)
  if (typeof value === 'string')
    return JSON.stringify(value).replace(/[\x80-\xff]/g, (char) => Buffer.from(char, 'utf8').toString('latin1'))
  if (value instanceof Handle || value.to instanceof Code || depth > 200)
    return machine.die('encountered a value that JSON cannot represent')
  const { to } = value
  const [line, inner, outer] = style.pretty ? ['\n', '   '.repeat(depth + 1), '   '.repeat(depth)] : ['', '', '']
  if (to instanceof PerlArray)
    return to.items.length
      ? `[${line}${to.items.map((item) => inner + toJson(machine, item, style, depth + 1)).join(`,${line}`)}${line}${outer}]${depth === 0 ? line : ''}`
      : '[]'
  if (to instanceof PerlHash) {
    const entries = style.canonical ? [...to.map].sort(([a], [b]) => (a < b ? -1 : 1)) : [...to.map]
    return entries.length
      ? `{${line}${entries.map(([key, item]) => `${inner}${JSON.stringify(key)}${style.pretty ? ' : ' : ':'}${toJson(machine, item, style, depth + 1)}`).join(`,${line}`)}${line}${outer}}${depth === 0 ? line : ''}`
      : '{}'
  }
  return text(to.value) === '1' ? 'true' : 'false'
}

export function fromJson(machine: Machine, source: string): Value {
  let data: unknown
  try {
    data = JSON.parse(Buffer.from(source, 'latin1').toString('utf8'))
  } catch {
    return machine.die(
      'malformed JSON string, neither tag, array, object, number, string or atom, at character offset 0 (before "(end of string)")',
    )
  }
  return fromData(data)
}

function fromData(data: unknown): Value {
  if (Array.isArray(data)) return new Ref(new PerlArray(data.map(fromData)))
  if (typeof data === 'object' && data !== null)
    return new Ref(new PerlHash(new Map(Object.entries(data).map(([key, value]) => [key, fromData(value)]))))
  if (typeof data === 'boolean') return data ? 1 : 0
  return typeof data === 'number' || typeof data === 'string' ? data : undefined
}
