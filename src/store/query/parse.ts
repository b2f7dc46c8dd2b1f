import { ALIASES, isColumnField, isFactField, isNumberField, isTagField, type Operator, QUERY_FIELDS, type Query } from './query.ts'

const MAX_LENGTH = 2000
const MAX_DEPTH = 24
const MAX_TERMS = 64

/** A query that cannot be read: where, and what would help. */
export class QueryProblem extends Error {
  /** Character of the text, from 0. */
  readonly at: number

  constructor(at: number, message: string) {
    super(message)
    this.name = 'QueryProblem'
    this.at = at
  }
}

/**
 * Reads a query in the habit of Kibana's KQL: `field:value`, quoted when it has spaces, `field:(a or b)`, `field > 5`,
 * `field:*`, words alone, joined by `and`, `or`, `not` and parentheses; what stands side by side is joined by `and`.
 * @returns undefined for an empty text
 * @throws {QueryProblem}
 * @example
 * parseQuery('src_ip:203.0.113.7 and lure:ssh and not source:static')
 */
export function parseQuery(text: string): Query | undefined {
  if (text.length > MAX_LENGTH) throw new QueryProblem(MAX_LENGTH, `a query has at most ${MAX_LENGTH} characters`)
  const tokens = tokensOf(text)
  if (tokens.length === 0) return undefined
  return new Parser(tokens, text.length).parse()
}

type Token = { kind: 'word' | 'phrase'; text: string; at: number } | { kind: '(' | ')' | ':' | '<' | '<=' | '>' | '>=' | '='; at: number }

function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  for (let at = 0; at < text.length; ) {
    const character = text[at] as string
    if (/\s/.test(character)) at++
    else if (character === '"') at = readPhrase(text, at, tokens)
    else if (character === '<' || character === '>') {
      const isEqual = text[at + 1] === '='
      tokens.push({ kind: isEqual ? `${character}=` : character, at })
      at += isEqual ? 2 : 1
    } else if ('():='.includes(character)) {
      tokens.push({ kind: character as '(' | ')' | ':' | '=', at })
      at++
    } else at = readWord(text, at, tokens)
    if (tokens.length > MAX_TERMS * 6) throw new QueryProblem(at, 'the query is too long')
  }
  return tokens
}

function readPhrase(text: string, start: number, tokens: Token[]): number {
  let phrase = ''
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '"') {
      tokens.push({ kind: 'phrase', text: phrase, at: start })
      return at + 1
    }
    if (text[at] === '\\' && at + 1 < text.length) at++
    phrase += text[at]
  }
  throw new QueryProblem(start, 'the quotation mark has no partner')
}

/** A word ends at a space, a bracket or a quotation mark; a colon ends it only where a field may stand, so that IPv6 and URLs are words. */
function readWord(text: string, start: number, tokens: Token[]): number {
  const afterColon = tokens.at(-1)?.kind === ':'
  const stop = afterColon ? /[\s()"]/ : /[\s()":<>=]/
  let at = start
  let word = ''
  while (at < text.length && !stop.test(text[at] as string)) {
    if (text[at] === '\\' && at + 1 < text.length) at++
    word += text[at++]
  }
  tokens.push({ kind: 'word', text: word, at: start })
  return at
}

class Parser {
  readonly #tokens: readonly Token[]
  readonly #end: number
  #next = 0
  #depth = 0
  #terms = 0

  constructor(tokens: readonly Token[], end: number) {
    this.#tokens = tokens
    this.#end = end
  }

  parse(): Query {
    const query = this.#or()
    const rest = this.#tokens[this.#next]
    if (rest) throw new QueryProblem(rest.at, rest.kind === ')' ? 'this bracket was never opened' : 'this does not belong here')
    return query
  }

  #or(field?: FieldToken): Query {
    if (++this.#depth > MAX_DEPTH) throw new QueryProblem(this.#position(), 'brackets are nested too deep')
    const parts = [this.#and(field)]
    while (this.#takeWord('or')) parts.push(this.#and(field))
    this.#depth--
    return joined('or', parts)
  }

  #and(field?: FieldToken): Query {
    const parts = [this.#not(field)]
    while (this.#takeWord('and') || this.#startsTerm()) parts.push(this.#not(field))
    return joined('and', parts)
  }

  #not(field?: FieldToken): Query {
    if (!this.#takeWord('not')) return this.#term(field)
    if (++this.#depth > MAX_DEPTH) throw new QueryProblem(this.#position(), 'too many "not"')
    const part = this.#not(field)
    this.#depth--
    return { kind: 'not', part }
  }

  #term(field?: FieldToken): Query {
    const token = this.#take()
    if (++this.#terms > MAX_TERMS) throw new QueryProblem(token?.at ?? this.#end, `a query has at most ${MAX_TERMS} terms`)
    if (token?.kind === '(') return this.#group(token.at, field)
    if (token?.kind !== 'word' && token?.kind !== 'phrase')
      throw new QueryProblem(token?.at ?? this.#end, 'a word or a field is missing here')
    if (field) return matching(field, token)
    const operator = token.kind === 'word' ? this.#takeOperator() : undefined
    if (operator === undefined) return { kind: 'text', text: token.text }
    return this.#fieldTerm(fieldOf(token), operator)
  }

  #fieldTerm(field: FieldToken, operator: ':' | Operator): Query {
    if (operator !== ':' && operator !== '=') return comparison(field, operator, this.#take(), this.#end)
    const value = this.#take()
    if (value?.kind === '(') return this.#group(value.at, field)
    if (isNumberField(field.name) && (value?.kind === '<' || value?.kind === '<=' || value?.kind === '>' || value?.kind === '>=')) {
      return comparison(field, value.kind, this.#take(), this.#end)
    }
    if (value?.kind !== 'word' && value?.kind !== 'phrase')
      throw new QueryProblem(value?.at ?? this.#end, `a value of ${field.name} is missing`)
    return matching(field, value)
  }

  #group(at: number, field?: FieldToken): Query {
    const query = this.#or(field)
    if (this.#take()?.kind !== ')') throw new QueryProblem(at, 'this bracket is never closed')
    return query
  }

  #startsTerm(): boolean {
    const token = this.#tokens[this.#next]
    if (token?.kind === 'word') return token.text.toLowerCase() !== 'or'
    return token?.kind === 'phrase' || token?.kind === '('
  }

  #takeWord(word: string): boolean {
    const token = this.#tokens[this.#next]
    if (token?.kind !== 'word' || token.text.toLowerCase() !== word) return false
    this.#next++
    return true
  }

  #takeOperator(): ':' | Operator | undefined {
    const kind = this.#tokens[this.#next]?.kind
    if (kind === undefined || kind === 'word' || kind === 'phrase' || kind === '(' || kind === ')') return undefined
    this.#next++
    return kind
  }

  #take(): Token | undefined {
    return this.#tokens[this.#next++]
  }

  #position(): number {
    return this.#tokens[this.#next]?.at ?? this.#end
  }
}

interface FieldToken {
  name: string
  at: number
}

function fieldOf({ text, at }: { text: string; at: number }): FieldToken {
  const lower = text.toLowerCase()
  const name = ALIASES[lower] ?? lower
  if (isColumnField(name) || isFactField(name) || isNumberField(name) || isTagField(name)) return { name, at }
  throw new QueryProblem(at, `there is no field "${text}"; ${nearest(lower)}`)
}

function nearest(name: string): string {
  const near = QUERY_FIELDS.filter((field) => field.startsWith(name.slice(0, 2)) || field.includes(name))
  return near.length > 0 && name.length > 1 ? `did you mean ${near.join(', ')}?` : `there are: ${QUERY_FIELDS.join(', ')}`
}

function matching(field: FieldToken, token: { kind: 'word' | 'phrase'; text: string; at: number }): Query {
  const { name } = field
  if (isNumberField(name)) return { kind: 'compare', field: name, operator: '=', value: numberOf(name, token) }
  if (!isColumnField(name) && !isFactField(name) && !isTagField(name)) throw new QueryProblem(field.at, `${name} takes no value`)
  if (token.text === '') throw new QueryProblem(token.at, `a value of ${name} is missing`)
  if (token.kind === 'word' && token.text === '*') return { kind: 'exists', field: name }
  return { kind: 'is', field: name, value: token.text }
}

function comparison(field: FieldToken, operator: Operator, token: Token | undefined, end: number): Query {
  const { name } = field
  if (!isNumberField(name)) throw new QueryProblem(field.at, `${name} is no number: use ${name}:value`)
  if (token?.kind !== 'word') throw new QueryProblem(token?.at ?? end, `a number is missing after ${name} ${operator}`)
  return { kind: 'compare', field: name, operator, value: numberOf(name, token) }
}

function numberOf(field: string, token: { text: string; at: number }): number {
  const value = /^\d{1,12}(\.\d{1,6})?$/.test(token.text) ? Number(token.text) : Number.NaN
  if (Number.isNaN(value)) throw new QueryProblem(token.at, `${field} is a number, "${token.text}" is none`)
  return value
}

/** Parts of the same kind become parts of one, so that equal queries are equal trees. */
function joined(kind: 'and' | 'or', parts: Query[]): Query {
  const flat = parts.flatMap((part) => (part.kind === kind ? part.parts : [part]))
  return flat.length === 1 ? (flat[0] as Query) : { kind, parts: flat }
}
