import type { SQLInputValue } from 'node:sqlite'
import { FACT_FIELDS } from '../facts.ts'
import {
  type ColumnField,
  isColumnField,
  isTagField,
  type NumberField,
  type Query,
  type SessionFactField,
  type TagField,
} from '../query/query.ts'
import { digestOf } from './fact-writer.ts'

/** A condition and the values of its parameters: nothing of an operator's query becomes SQL text. */
export interface Condition {
  sql: string
  values: SQLInputValue[]
}

const COLUMNS: Readonly<Record<ColumnField, string>> = {
  session: 's.id',
  lure: 's.lure',
  persona: 's.persona',
  sensor: 's.sensor',
  signature: 's.signature',
  last_input: 's.last_input',
}

const NUMBERS: Readonly<Record<NumberField, string>> = {
  port: 's.dst_port',
  events: 's.events',
  turns: 's.turns',
  logins: 's.logins',
  artifacts: 's.artifacts',
  duration: '((coalesce(s.ended_at, s.last_at) - s.started_at) / 1000.0)',
}

/** The condition on a row `s` of the sessions that a query means. */
export function sessionCondition(query: Query): Condition {
  switch (query.kind) {
    case 'and':
    case 'or':
      return joined(query.kind, query.parts.map(sessionCondition))
    case 'not': {
      const { sql, values } = sessionCondition(query.part)
      // What is not known is not so: NULL would neither be found by a condition nor by its contrary.
      return { sql: `NOT coalesce(${sql}, 0)`, values }
    }
    case 'compare':
      return { sql: `${NUMBERS[query.field]} ${query.operator} ?`, values: [query.value] }
    case 'text':
      return ofTerms(textTerms(undefined, query.text))
    case 'exists':
      return existence(query.field)
    case 'is':
      if (isColumnField(query.field)) return columnIs(query.field, query.value)
      if (isTagField(query.field)) return tagIs(query.field, query.value)
      if (query.field === 'src_ip') return sourceIs(query.value)
      return ofTerms(termIs(query.field, query.value))
  }
}

/** Terms of one field, or of every searchable one, that have a text in them. */
export function textTerms(field: string | undefined, text: string): Condition {
  const parts: Condition[] = []
  if (field !== undefined) parts.push({ sql: 't.field = ?', values: [field] })
  else {
    const searchable = Object.entries(FACT_FIELDS).flatMap(([name, kind]) => (kind === 'text' || name === 'credential' ? [name] : []))
    parts.push({ sql: `t.field IN (${searchable.map(() => '?').join(', ')})`, values: searchable })
  }
  // The index knows three characters in a row; what is shorter is looked for in the values themselves.
  const fragments = text.split('*').filter((fragment) => Array.from(fragment).length >= 3)
  const isIndexed = field !== undefined && FACT_FIELDS[field as keyof typeof FACT_FIELDS] === 'text'
  if (fragments.length > 0 && isIndexed) {
    const match = fragments.map((fragment) => `"${fragment.replaceAll('"', '""')}"`).join(' AND ')
    parts.push({ sql: 't.id IN (SELECT rowid FROM term_text WHERE term_text MATCH ?)', values: [match] })
  } else if (fragments.length > 0 && field === undefined) {
    const match = fragments.map((fragment) => `"${fragment.replaceAll('"', '""')}"`).join(' AND ')
    parts.push({ sql: "(t.field = 'credential' OR t.id IN (SELECT rowid FROM term_text WHERE term_text MATCH ?))", values: [match] })
  }
  parts.push({ sql: "t.value LIKE ? ESCAPE '\\'", values: [`%${likePattern(text)}%`] })
  return joined('and', parts)
}

function termIs(field: SessionFactField, value: string): Condition {
  if (FACT_FIELDS[field] === 'text') return textTerms(field, value)
  if (value.includes('*')) return { sql: "t.field = ? AND t.value LIKE ? ESCAPE '\\'", values: [field, likePattern(value)] }
  return { sql: 't.field = ? AND t.digest = ?', values: [field, digestOf(canonical(field, value))] }
}

function ofTerms({ sql, values }: Condition): Condition {
  return { sql: `s.id IN (SELECT session FROM session_term WHERE term IN (SELECT t.id FROM term t WHERE ${sql}))`, values }
}

function columnIs(field: ColumnField, value: string): Condition {
  const column = COLUMNS[field]
  if (field === 'session') return { sql: `${column} LIKE ? ESCAPE '\\'`, values: [`${likePattern(value)}%`] }
  if (field === 'last_input') return { sql: `${column} LIKE ? ESCAPE '\\'`, values: [`%${likePattern(value)}%`] }
  if (value.includes('*')) return { sql: `${column} LIKE ? ESCAPE '\\'`, values: [likePattern(value)] }
  return { sql: `${column} = ?`, values: [value] }
}

/** `attack:T1059` means its sub-techniques too. */
function tagIs(field: TagField, value: string): Condition {
  const tag = likePattern(field === 'tag' ? value : `${field}:${value}`)
  const alternatives = field === 'attack' ? [tag, `${tag}.%`] : [tag]
  const sql = alternatives.map(() => "tag LIKE ? ESCAPE '\\'").join(' OR ')
  return { sql: `s.id IN (SELECT session FROM session_tag WHERE ${sql})`, values: alternatives }
}

/** An address, one with `*`, or an IPv4 network of whole bytes: `203.0.113.0/24`. */
function sourceIs(value: string): Condition {
  const network = /^(\d{1,3}(?:\.\d{1,3}){3})\/(8|16|24)$/.exec(value)
  const bytes = network ? Number(network[2]) / 8 : 0
  const wanted = network ? `${(network[1] as string).split('.').slice(0, bytes).join('.')}.*` : value
  const test = wanted.includes('*') ? "src_ip LIKE ? ESCAPE '\\'" : 'src_ip = ?'
  return {
    sql: `s.id IN (SELECT session FROM session_source WHERE ${test})`,
    values: [wanted.includes('*') ? likePattern(wanted) : wanted],
  }
}

function existence(field: Extract<Query, { kind: 'exists' }>['field']): Condition {
  if (isColumnField(field)) return { sql: `${COLUMNS[field]} IS NOT NULL`, values: [] }
  if (isTagField(field)) return tagIs(field, '*')
  if (field === 'src_ip') return { sql: 's.src_ip IS NOT NULL', values: [] }
  return { sql: 's.id IN (SELECT session FROM session_term WHERE term IN (SELECT t.id FROM term t WHERE t.field = ?))', values: [field] }
}

function canonical(field: SessionFactField, value: string): string {
  if (field === 'country') return value.toUpperCase()
  return field === 'artifact' || field === 'hassh' ? value.toLowerCase() : value
}

/** `*` as LIKE has it, and what LIKE has otherwise as itself. */
function likePattern(value: string): string {
  return value.replace(/[\\%_]/g, '\\$&').replaceAll('*', '%')
}

function joined(word: 'and' | 'or', parts: Condition[]): Condition {
  return { sql: `(${parts.map(({ sql }) => sql).join(` ${word.toUpperCase()} `)})`, values: parts.flatMap(({ values }) => values) }
}
