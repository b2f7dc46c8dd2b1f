import { digestOf } from '../fact-tally.ts'
import { FACT_FIELDS, type FactField } from '../facts.ts'
import { type ColumnField, isColumnField, isTagField, type NumberField, type Query, type SessionFactField, type TagField } from './query.ts'

/** A condition and the values of its parameters: nothing of an operator's query becomes SQL text. */
export interface Condition {
  sql: string
  values: (string | number | Buffer)[]
}

/** How an engine says what conditions are made of. Parameters are `?` in all of them. */
export interface Dialect {
  /** Compares without regard to case. */
  like: 'LIKE' | 'ILIKE'
  /** Of a condition that is not known. */
  no: '0' | 'false'
  /** The id of the session `s` as text. */
  sessionId: string
  /** A parameter that may have a fraction. */
  number: string
  /** A value of the table as it is written there. */
  text(value: string): string
  /** Terms `t` of one field, or of every searchable one, that have a text in them. */
  textTerms(field: FactField | undefined, text: string): Condition
}

const COLUMNS: Readonly<Record<Exclude<ColumnField, 'session'>, string>> = {
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

/** Turns queries into conditions on a row `s` of the sessions. */
export class SessionConditions {
  readonly #dialect: Dialect
  readonly #isRare: IsRare

  constructor(dialect: Dialect, isRare: IsRare) {
    this.#dialect = dialect
    this.#isRare = isRare
  }

  of(query: Query): Condition {
    switch (query.kind) {
      case 'and':
      case 'or':
        return joined(
          query.kind,
          query.parts.map((part) => this.of(part)),
        )
      case 'not': {
        const { sql, values } = this.of(query.part)
        // What is not known is not so: NULL would neither be found by a condition nor by its contrary.
        return { sql: `NOT coalesce(${sql}, ${this.#dialect.no})`, values }
      }
      case 'compare':
        return { sql: `${NUMBERS[query.field]} ${query.operator} ${this.#dialect.number}`, values: [query.value] }
      case 'text':
        return this.#ofTerms(this.#dialect.textTerms(undefined, query.text))
      case 'exists':
        return this.#exists(query.field)
      case 'is':
        if (isColumnField(query.field)) return this.#columnIs(query.field, query.value)
        if (isTagField(query.field)) return this.#tagIs(query.field, query.value)
        if (query.field === 'src_ip') return this.#sourceIs(query.value)
        return this.#ofTerms(this.#termIs(query.field, query.value))
    }
  }

  #termIs(field: SessionFactField, value: string): Condition {
    if (FACT_FIELDS[field] === 'text') return this.#dialect.textTerms(field, value)
    if (value.includes('*')) return { sql: `t.field = ? AND ${this.#like('t.value')}`, values: [field, this.#pattern(value)] }
    return { sql: 't.field = ? AND t.digest = ?', values: [field, digestOf(canonical(field, value))] }
  }

  /** The plus sign keeps the engine from trying every term of a long list with every session. */
  #ofTerms(terms: Condition): Condition {
    const { sql, values } = terms
    const listed = `s.id IN (SELECT session FROM session_term WHERE term IN (SELECT t.id FROM term t WHERE ${sql}))`
    const looked = `EXISTS (SELECT 1 FROM session_term x WHERE x.session = s.id AND +x.term IN (SELECT t.id FROM term t WHERE ${sql}))`
    return { sql: this.#isRare(terms) ? listed : looked, values }
  }

  #columnIs(field: ColumnField, value: string): Condition {
    if (field === 'session') return { sql: this.#like(this.#dialect.sessionId), values: [`${this.#pattern(value)}%`] }
    const column = COLUMNS[field]
    if (field === 'last_input') return { sql: this.#like(column), values: [`%${this.#pattern(value)}%`] }
    if (value.includes('*')) return { sql: this.#like(column), values: [this.#pattern(value)] }
    return { sql: `${column} = ?`, values: [this.#dialect.text(value)] }
  }

  /** `attack:T1059` means its sub-techniques too. */
  #tagIs(field: TagField, value: string): Condition {
    const tag = this.#pattern(field === 'tag' ? value : `${field}:${value}`)
    const patterns = field === 'attack' ? [tag, `${tag}.%`] : [tag]
    const test = (column: string): string => `(${patterns.map(() => this.#like(column)).join(' OR ')})`
    const listed = `s.id IN (SELECT session FROM session_tag WHERE ${test('tag')})`
    const looked = `EXISTS (SELECT 1 FROM session_tag x WHERE x.session = s.id AND ${test('x.tag')})`
    const terms = { sql: `t.field = 'tag' AND ${test('t.value')}`, values: patterns }
    return { sql: this.#isRare(terms) ? listed : looked, values: patterns }
  }

  /** An address, one with `*`, or an IPv4 network of whole bytes: `203.0.113.0/24`. */
  #sourceIs(value: string): Condition {
    const network = /^(\d{1,3}(?:\.\d{1,3}){3})\/(8|16|24)$/.exec(value)
    const bytes = network ? Number(network[2]) / 8 : 0
    const wanted = network ? `${(network[1] as string).split('.').slice(0, bytes).join('.')}.*` : value
    const values = [wanted.includes('*') ? this.#pattern(wanted) : this.#dialect.text(wanted)]
    const test = (column: string): string => (wanted.includes('*') ? this.#like(column) : `${column} = ?`)
    const listed = `s.id IN (SELECT session FROM session_source WHERE ${test('src_ip')})`
    const looked = `EXISTS (SELECT 1 FROM session_source x WHERE x.session = s.id AND ${test('x.src_ip')})`
    return { sql: this.#isRare({ sql: `t.field = 'src_ip' AND ${test('t.value')}`, values }) ? listed : looked, values }
  }

  #exists(field: Extract<Query, { kind: 'exists' }>['field']): Condition {
    if (field === 'session') return { sql: 's.id IS NOT NULL', values: [] }
    if (isColumnField(field)) return { sql: `${COLUMNS[field]} IS NOT NULL`, values: [] }
    if (isTagField(field)) return this.#tagIs(field, '*')
    if (field === 'src_ip') return { sql: 's.src_ip IS NOT NULL', values: [] }
    return this.#ofTerms({ sql: 't.field = ?', values: [field] })
  }

  #like(column: string): string {
    return `${column} ${this.#dialect.like} ? ESCAPE '\\'`
  }

  #pattern(value: string): string {
    return likePattern(this.#dialect.text(value))
  }
}

function canonical(field: SessionFactField, value: string): string {
  if (field === 'country') return value.toUpperCase()
  return field === 'artifact' || field === 'hassh' ? value.toLowerCase() : value
}

/** Fields that a word alone is looked for in. */
export const SEARCHED_FIELDS = (Object.keys(FACT_FIELDS) as FactField[]).filter(
  (field) => FACT_FIELDS[field] === 'text' || field === 'credential',
)

/** `*` as LIKE has it, and what LIKE has otherwise as itself. */
export function likePattern(value: string): string {
  return value.replace(/[\\%_]/g, '\\$&').replaceAll('*', '%')
}

export function joined(word: 'and' | 'or', parts: readonly Condition[]): Condition {
  return { sql: `(${parts.map(({ sql }) => sql).join(` ${word.toUpperCase()} `)})`, values: parts.flatMap(({ values }) => values) }
}
