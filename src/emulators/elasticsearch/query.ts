import { allValues, type Doc, matchesWildcard, textOf, valuesOf, wordsOf } from './document.ts'
import { ElasticError } from './elastic-error.ts'

/** Whether a document is found. */
export type Predicate = (doc: Doc) => boolean

type Clause = Record<string, unknown>
const LONGEST_LIST = 1024

/** Compiles a query of the query DSL. @throws ElasticError 400 for what the DSL does not have */
export function compileQuery(query: unknown): Predicate {
  if (query === undefined || query === null) return () => true
  const [[kind, body] = [], ...more] = Object.entries(asClause(query, 'query'))
  if (kind === undefined) throw parsing('query malformed, empty clause found')
  if (more.length > 0) throw parsing(`[${kind}] malformed query, expected [END_OBJECT] but found [FIELD_NAME]`)
  const compile = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined
  if (!compile) throw parsing(`unknown query [${kind}]`, { line: 1, col: 12 })
  return compile(body)
}

const KINDS: Readonly<Record<string, (body: unknown) => Predicate>> = {
  match_all: () => () => true,
  match_none: () => () => false,
  bool: compileBool,
  filtered: (body) => allOf([asClause(body).query, asClause(body).filter].map(compileQuery)),
  constant_score: (body) => compileQuery(asClause(body).filter ?? asClause(body).query),
  function_score: (body) => compileQuery(asClause(body).query),
  nested: (body) => compileQuery(asClause(body).query),
  dis_max: (body) => anyOf(asList(asClause(body).queries).map(compileQuery)),
  and: (body) => allOf(asList(body).map(compileQuery)),
  or: (body) => anyOf(asList(body).map(compileQuery)),
  not: (body) => negated(compileQuery(asClause(body).query ?? body)),
  ids: (body) => {
    const ids = new Set(asList(asClause(body).values).map(String))
    return ({ id }) => ids.has(id)
  },
  exists: (body) => {
    const field = String(asClause(body).field ?? '')
    return ({ source }) => valuesOf(source, field).length > 0
  },
  missing: (body) => negated(KINDS.exists!(body)),
  term: (body) => onField(body, 'value', (wanted) => (value, isExact) => equalsTerm(value, wanted, isExact)),
  terms: (body) => {
    const [field = '', list] = Object.entries(asClause(body)).find(([, value]) => Array.isArray(value)) ?? []
    const wanted = asList(list)
    return fieldTest(field, (value, isExact) => wanted.some((one) => equalsTerm(value, one, isExact)))
  },
  match: (body) =>
    onField(body, 'query', (wanted, options) => {
      const words = wordsOf(wanted)
      const isAnd = String(options.operator ?? 'or').toLowerCase() === 'and'
      return (value) => containsWords(value, words, isAnd)
    }),
  match_phrase: (body) => onField(body, 'query', (wanted) => (value) => containsPhrase(value, wanted)),
  match_phrase_prefix: (body) =>
    onField(body, 'query', (wanted) => (value) => wordsOf(value).join(' ').includes(wordsOf(wanted).join(' '))),
  multi_match: (body) => {
    const { query, fields, operator } = asClause(body)
    const words = wordsOf(query)
    const isAnd = String(operator ?? 'or').toLowerCase() === 'and'
    const named = asList(fields ?? ['*']).map((field) => String(field).replace(/\^.*$/, ''))
    return ({ source }) => named.some((field) => fieldOrAll(source, field).some((value) => containsWords(value, words, isAnd)))
  },
  prefix: (body) =>
    onField(body, 'value', (wanted) => (value, isExact) => terms(value, isExact).some((term) => term.startsWith(String(wanted)))),
  wildcard: (body) =>
    onField(body, 'value', (wanted) => (value, isExact) => terms(value, isExact).some((term) => matchesWildcard(String(wanted), term))),
  // A regular expression of a stranger is not run: the part of the syntax that is a wildcard is.
  regexp: (body) =>
    onField(
      body,
      'value',
      (wanted) => (value, isExact) => terms(value, isExact).some((term) => matchesWildcard(String(wanted).replaceAll('.*', '*'), term)),
    ),
  fuzzy: (body) => onField(body, 'value', (wanted) => (value) => containsWords(value, wordsOf(wanted), false)),
  range: (body) => onField(body, 'gte', (_, options) => (value) => isInRange(value, options)),
  query_string: (body) => compileQueryString(String(asClause(body).query ?? ''), String(asClause(body).default_operator ?? 'or')),
  simple_query_string: (body) => compileQueryString(String(asClause(body).query ?? ''), String(asClause(body).default_operator ?? 'or')),
}

function compileBool(body: unknown): Predicate {
  const { must, filter, should, must_not, minimum_should_match } = asClause(body)
  const required = [...asList(must), ...asList(filter)].map(compileQuery)
  const forbidden = asList(must_not).map(compileQuery)
  const optional = asList(should).map(compileQuery)
  const needed = optional.length === 0 ? 0 : Number(minimum_should_match ?? (required.length > 0 ? 0 : 1)) || 0
  return (doc) =>
    required.every((test) => test(doc)) &&
    !forbidden.some((test) => test(doc)) &&
    (needed === 0 || optional.filter((test) => test(doc)).length >= needed)
}

/** The syntax of `?q=`: words, `field:word`, "phrases", AND, OR, NOT, + and -. */
export function compileQueryString(text: string, defaultOperator = 'or'): Predicate {
  const tokens = text.slice(0, 4096).match(/[+-]?(?:[\w.@*-]{1,128}:)?(?:"[^"]{0,1024}"|\S{1,1024})/g) ?? []
  const groups: Predicate[][] = [[]]
  let isAnd = defaultOperator.toLowerCase() === 'and'
  let isNot = false
  for (const token of tokens) {
    if (token === 'AND' || token === '&&') isAnd = true
    else if (token === 'OR' || token === '||') groups.push([])
    else if (token === 'NOT') isNot = true
    else {
      const test = compileToken(token.replace(/^[+-]/, ''))
      const last = groups.at(-1) as Predicate[]
      if (token.startsWith('-') || isNot) for (const group of groups) group.push(negated(test))
      else if (isAnd || last.length === 0 || token.startsWith('+')) last.push(test)
      else groups.push([test])
      isNot = false
    }
  }
  return anyOf(groups.filter((group) => group.length > 0).map(allOf))
}

function compileToken(token: string): Predicate {
  const [, field = '*', wanted = ''] = /^(?:([\w.@*-]{1,128}):)?([\s\S]*)$/.exec(token.replace(/^\(|\)$/g, '')) ?? []
  if (wanted === '*') return ({ source }) => fieldOrAll(source, field).length > 0
  if (wanted.startsWith('"')) return ({ source }) => fieldOrAll(source, field).some((value) => containsPhrase(value, wanted))
  if (/[*?]/.test(wanted))
    return ({ source }) =>
      fieldOrAll(source, field).some((value) => terms(value, false).some((term) => matchesWildcard(wanted.toLowerCase(), term)))
  const words = wordsOf(wanted)
  return ({ source }) =>
    words.every((word) => textOf(source).includes(word)) && fieldOrAll(source, field).some((value) => containsWords(value, words, true))
}

function onField(
  body: unknown,
  main: string,
  make: (wanted: unknown, options: Clause) => (value: unknown, isExact: boolean) => boolean,
): Predicate {
  const [field, given] = Object.entries(asClause(body)).find(([name]) => name !== 'boost') ?? []
  if (field === undefined) throw parsing('field name is null or empty')
  const options = typeof given === 'object' && given !== null ? (given as Clause) : { [main]: given }
  return fieldTest(field, make(options[main] ?? options.value ?? options.query, options))
}

function fieldTest(field: string, test: (value: unknown, isExact: boolean) => boolean): Predicate {
  if (field === '_id') return ({ id }) => test(id, true)
  const isExact = field.endsWith('.keyword')
  return ({ source }) => fieldOrAll(source, field).some((value) => test(value, isExact))
}

function fieldOrAll(source: unknown, field: string): unknown[] {
  return field === '*' || field === '_all' ? allValues(source) : valuesOf(source, field)
}

function terms(value: unknown, isExact: boolean): string[] {
  return isExact ? [String(value)] : [String(value), ...wordsOf(value)]
}

/** A text field holds words, a keyword or number holds itself. */
function equalsTerm(value: unknown, wanted: unknown, isExact: boolean): boolean {
  if (typeof value !== 'string' || isExact) return String(value) === String(wanted)
  return value === String(wanted) || wordsOf(value).includes(String(wanted))
}

function containsWords(value: unknown, words: readonly string[], isAnd: boolean): boolean {
  const own = new Set(wordsOf(value))
  return isAnd ? words.length > 0 && words.every((word) => own.has(word)) : words.some((word) => own.has(word))
}

function containsPhrase(value: unknown, wanted: unknown): boolean {
  return ` ${wordsOf(value).join(' ')} `.includes(` ${wordsOf(wanted).join(' ')} `)
}

function isInRange(value: unknown, { gt, gte, lt, lte, from, to }: Clause): boolean {
  const at = comparable(value)
  const low = gte ?? from
  const high = lte ?? to
  const passes = (bound: unknown, test: (bound: number) => boolean): boolean =>
    bound === undefined || bound === null || test(comparable(bound))
  return passes(low, (b) => at >= b) && passes(gt, (b) => at > b) && passes(high, (b) => at <= b) && passes(lt, (b) => at < b)
}

const UNITS: Readonly<Record<string, number>> = { s: 1e3, m: 6e4, h: 3.6e6, H: 3.6e6, d: 8.64e7, w: 6.048e8, M: 2.592e9, y: 3.1536e10 }

function comparable(value: unknown): number {
  if (typeof value === 'number') return value
  const text = String(value)
  const [, sign, count = '0', unit = 's'] = /^now(?:([+-])(\d{1,6})([smhHdwMy]))?/.exec(text) ?? []
  if (text.startsWith('now')) return Date.now() + (sign === '-' ? -1 : 1) * Number(count) * (UNITS[unit] ?? 0)
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Date.parse(text)
}

function allOf(tests: readonly Predicate[]): Predicate {
  return (doc) => tests.every((test) => test(doc))
}

function anyOf(tests: readonly Predicate[]): Predicate {
  return (doc) => tests.some((test) => test(doc))
}

function negated(test: Predicate): Predicate {
  return (doc) => !test(doc)
}

function asClause(value: unknown, name = 'query'): Clause {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Clause
  throw parsing(`[${name}] query malformed, no start_object after query name`)
}

function asList(value: unknown): unknown[] {
  if (value === undefined) return []
  return (Array.isArray(value) ? value : [value]).slice(0, LONGEST_LIST)
}

function parsing(reason: string, detail: Record<string, unknown> = { line: 1, col: 1 }): ElasticError {
  return new ElasticError(400, 'parsing_exception', reason, detail, `QueryParsingException[${reason}]`)
}
