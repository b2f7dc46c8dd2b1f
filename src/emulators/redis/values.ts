import { ARGUMENT_COST } from './codec.ts'

export interface StreamEntry {
  id: string
  fields: string[]
}

/** What a key holds. */
export type Value =
  | { type: 'string'; text: string }
  | { type: 'list'; items: string[] }
  | { type: 'hash'; fields: Map<string, string> }
  | { type: 'set'; members: Set<string> }
  | { type: 'zset'; scores: Map<string, number> }
  | { type: 'stream'; entries: StreamEntry[]; lastId: string; groups: Map<string, string> }

export type TypeName = Value['type']
export type ValueOf<T extends TypeName> = Extract<Value, { type: T }>

/** An empty value of a type. */
export function emptyValue<T extends TypeName>(type: T): ValueOf<T> {
  const makers: { [K in TypeName]: () => ValueOf<K> } = {
    string: () => ({ type: 'string', text: '' }),
    list: () => ({ type: 'list', items: [] }),
    hash: () => ({ type: 'hash', fields: new Map() }),
    set: () => ({ type: 'set', members: new Set() }),
    zset: () => ({ type: 'zset', scores: new Map() }),
    stream: () => ({ type: 'stream', entries: [], lastId: '0-0', groups: new Map() }),
  }
  return makers[type]() as ValueOf<T>
}

export function isEmpty(value: Value): boolean {
  return value.type !== 'string' && value.type !== 'stream' && countOf(value) === 0
}

/** Elements of a value; 1 for a string. */
export function countOf(value: Value): number {
  if (value.type === 'list') return value.items.length
  if (value.type === 'hash') return value.fields.size
  if (value.type === 'set') return value.members.size
  if (value.type === 'zset') return value.scores.size
  return value.type === 'stream' ? value.entries.length : 1
}

/** Bytes that a value takes, roughly; each element costs {@link ARGUMENT_COST} more than its text. */
export function sizeOf(value: Value): number {
  let bytes = ARGUMENT_COST * (1 + countOf(value))
  if (value.type === 'string') bytes += value.text.length
  if (value.type === 'list') for (const item of value.items) bytes += item.length
  if (value.type === 'hash') for (const [field, text] of value.fields) bytes += field.length + text.length
  if (value.type === 'set') for (const member of value.members) bytes += member.length
  if (value.type === 'zset') for (const member of value.scores.keys()) bytes += member.length
  if (value.type === 'stream') for (const { fields } of value.entries) for (const text of fields) bytes += text.length + ARGUMENT_COST
  return bytes
}

/** A copy that shares nothing with the original. */
export function copyOf(value: Value): Value {
  return structuredClone(value)
}

/** What OBJECT ENCODING says, with the default thresholds of the `*-max-*` parameters. */
export function encodingOf(value: Value, packed: 'ziplist' | 'listpack'): string {
  if (value.type === 'string') {
    if (/^(?:0|-?[1-9]\d{0,18})$/.test(value.text)) return 'int'
    return value.text.length <= 44 ? 'embstr' : 'raw'
  }
  if (value.type === 'list') return 'quicklist'
  if (value.type === 'stream') return 'stream'
  if (value.type === 'set') {
    return value.members.size <= 512 && [...value.members].every((m) => /^(?:0|-?[1-9]\d{0,18})$/.test(m)) ? 'intset' : 'hashtable'
  }
  if (value.type === 'hash') {
    const small = value.fields.size <= 512 && [...value.fields].every(([field, text]) => field.length <= 64 && text.length <= 64)
    return small ? packed : 'hashtable'
  }
  return value.scores.size <= 128 && [...value.scores.keys()].every((m) => m.length <= 64) ? packed : 'skiplist'
}
