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

/**
 * Whether few sessions have a term `t` of the condition. Those are best listed; with many it is better to look at one session
 * after the other, newest first, until a page of them is full.
 */
export type IsRare = (terms: Condition) => boolean

/** The condition on a row `s` of the sessions that a query means. */
export function sessionCondition(query: Query, isRare: IsRare): Condition {
  switch (query.kind) {
    case 'and':
    case 'or':
      return joined(
        query.kind,
        query.parts.map((part) => sessionCondition(part, isRare)),
      )
    case 'not': {
      const { sql, values } = sessionCondition(query.part, isRare)
      // What is not known is not so: NULL would neither be found by a condition nor by its contrary.
      return { sql: `NOT coalesce(${sql}, 0)`, values }
    }
    case 'compare':
      return { sql: `${NUMBERS[query.field]} ${query.operator} ?`, values: [query.value] }
    case 'text':
      return ofTerms(textTerms(undefined, query.text), isRare)
    case 'exists':
      return existence(query.field, isRare)
    case 'is':
      if (isColumnField(query.field)) return columnIs(query.field, query.value)
      if (isTagField(query.field)) return tagIs(query.field, query.value, isRare)
      if (query.field === 'src_ip') return sourceIs(query.value, isRare)
      return ofTerms(termIs(query.field, query.value), isRare)
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

/** The plus sign keeps SQLite from trying every term of a long list with every session. */
function ofTerms(terms: Condition, isRare: IsRare): Condition {
  const { sql, values } = terms
  const listed = `s.id IN (SELECT session FROM session_term WHERE term IN (SELECT t.id FROM term t WHERE ${sql}))`
  const looked = `EXISTS (SELECT 1 FROM session_term x WHERE x.session = s.id AND +x.term IN (SELECT t.id FROM term t WHERE ${sql}))`
  return { sql: isRare(terms) ? listed : looked, values }
}

function columnIs(field: ColumnField, value: string): Condition {
  const column = COLUMNS[field]
  if (field === 'session') return { sql: `${column} LIKE ? ESCAPE '\\'`, values: [`${likePattern(value)}%`] }
  if (field === 'last_input') return { sql: `${column} LIKE ? ESCAPE '\\'`, values: [`%${likePattern(value)}%`] }
  if (value.includes('*')) return { sql: `${column} LIKE ? ESCAPE '\\'`, values: [likePattern(value)] }
  return { sql: `${column} = ?`, values: [value] }
}

/** `attack:T1059` means its sub-techniques too. */
function tagIs(field: TagField, value: string, isRare: IsRare): Condition {
  const tag = likePattern(field === 'tag' ? value : `${field}:${value}`)
  const patterns = field === 'attack' ? [tag, `${tag}.%`] : [tag]
  const test = (column: string): string => `(${patterns.map(() => `${column} LIKE ? ESCAPE '\\'`).join(' OR ')})`
  const listed = `s.id IN (SELECT session FROM session_tag WHERE ${test('tag')})`
  const looked = `EXISTS (SELECT 1 FROM session_tag x WHERE x.session = s.id AND ${test('x.tag')})`
  const terms = { sql: `t.field = 'tag' AND ${test('t.value')}`, values: patterns }
  return { sql: isRare(terms) ? listed : looked, values: patterns }
}

/** An address, one with `*`, or an IPv4 network of whole bytes: `203.0.113.0/24`. */
function sourceIs(value: string, isRare: IsRare): Condition {
  const network = /^(\d{1,3}(?:\.\d{1,3}){3})\/(8|16|24)$/.exec(value)
  const bytes = network ? Number(network[2]) / 8 : 0
  const wanted = network ? `${(network[1] as string).split('.').slice(0, bytes).join('.')}.*` : value
  const values = [wanted.includes('*') ? likePattern(wanted) : wanted]
  const test = (column: string): string => (wanted.includes('*') ? `${column} LIKE ? ESCAPE '\\'` : `${column} = ?`)
  const listed = `s.id IN (SELECT session FROM session_source WHERE ${test('src_ip')})`
  const looked = `EXISTS (SELECT 1 FROM session_source x WHERE x.session = s.id AND ${test('x.src_ip')})`
  return { sql: isRare({ sql: `t.field = 'src_ip' AND ${test('t.value')}`, values }) ? listed : looked, values }
}

function existence(field: Extract<Query, { kind: 'exists' }>['field'], isRare: IsRare): Condition {
  if (isColumnField(field)) return { sql: `${COLUMNS[field]} IS NOT NULL`, values: [] }
  if (isTagField(field)) return tagIs(field, '*', isRare)
  if (field === 'src_ip') return { sql: 's.src_ip IS NOT NULL', values: [] }
  return ofTerms({ sql: 't.field = ?', values: [field] }, isRare)
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
