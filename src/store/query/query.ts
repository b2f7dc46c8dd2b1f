import { FACT_FIELDS, type FactField } from '../facts.ts'

/** What sessions are asked for, as a tree. {@link parseQuery} reads it from text; each engine turns it into its own language. */
export type Query =
  | { kind: 'and'; parts: Query[] }
  | { kind: 'or'; parts: Query[] }
  | { kind: 'not'; part: Query }
  /** A value of the session, or one of its values; `*` stands for anything. In fields of kind `text` a part of the value is enough. */
  | { kind: 'is'; field: TextField; value: string }
  | { kind: 'compare'; field: NumberField; operator: Operator; value: number }
  /** Has any value. */
  | { kind: 'exists'; field: TextField }
  /** Somewhere in what the attacker sent or was answered by a model. */
  | { kind: 'text'; text: string }

export type Operator = '<' | '<=' | '=' | '>=' | '>'

/** Session fields of one value. */
export const COLUMN_FIELDS = ['session', 'lure', 'persona', 'sensor', 'signature', 'last_input'] as const
export type ColumnField = (typeof COLUMN_FIELDS)[number]

/** Fields by the beginning of a tag: `cve:CVE-2021-44228` is the tag of that name, `tag` is any. */
export const TAG_FIELDS = ['tag', 'attack', 'cve', 'canary', 'scanner', 'agent', 'note'] as const
export type TagField = (typeof TAG_FIELDS)[number]

/** `duration` in seconds. */
export const NUMBER_FIELDS = ['port', 'events', 'turns', 'logins', 'artifacts', 'duration'] as const
export type NumberField = (typeof NUMBER_FIELDS)[number]

/** Facts of another name or kind in a query. */
const OTHERWISE = ['lure', 'sensor', 'port', 'tag', 'latency'] as const

export type SessionFactField = Exclude<FactField, (typeof OTHERWISE)[number]>
export type TextField = ColumnField | TagField | SessionFactField

/** Other names that people's fingers know, from Kibana, T-Pot and Cowrie. */
export const ALIASES: Readonly<Record<string, TextField | NumberField>> = {
  id: 'session',
  type: 'lure',
  ip: 'src_ip',
  'source.ip': 'src_ip',
  dest_port: 'port',
  dst_port: 'port',
  command: 'input',
  output: 'answer',
  path: 'request',
  user: 'username',
  pass: 'password',
  url: 'indicator',
  sha256: 'artifact',
  shasum: 'artifact',
  files: 'artifacts',
  technique: 'attack',
  commands: 'turns',
}

export function isFactField(field: string): field is SessionFactField {
  return field in FACT_FIELDS && !(OTHERWISE as readonly string[]).includes(field)
}

export function isTagField(field: string): field is TagField {
  return (TAG_FIELDS as readonly string[]).includes(field)
}

export function isColumnField(field: string): field is ColumnField {
  return (COLUMN_FIELDS as readonly string[]).includes(field)
}

export function isNumberField(field: string): field is NumberField {
  return (NUMBER_FIELDS as readonly string[]).includes(field)
}

/** Every name that a query may use, aliases left out. */
export const QUERY_FIELDS: readonly string[] = [
  ...new Set([...COLUMN_FIELDS, ...Object.keys(FACT_FIELDS).filter(isFactField), ...NUMBER_FIELDS, ...TAG_FIELDS]),
].sort()
