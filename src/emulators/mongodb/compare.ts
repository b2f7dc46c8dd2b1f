import { LRUCache } from 'lru-cache'
import { Regex, RegexError } from '../../host/commands/regex/regex.ts'
import { toBytes } from '../../host/text.ts'
import {
  Binary,
  BsonDate,
  type BsonDocument,
  BsonRegex,
  type BsonValue,
  Double,
  encodeDocument,
  isDocument,
  numberOf,
  ObjectId,
} from './bson.ts'
import { MongoError } from './mongo-error.ts'
import type { Work } from './work.ts'

/** Rank of a type in the order of values, and its number in $type. */
function rank(value: BsonValue | undefined): number {
  if (value === undefined || value === null) return 5
  if (numberOf(value) !== undefined) return 10
  if (typeof value === 'string') return 15
  if (Array.isArray(value)) return 25
  if (isDocument(value)) return 20
  if (value instanceof Binary) return 30
  if (value instanceof ObjectId) return 35
  if (typeof value === 'boolean') return 40
  if (value instanceof BsonDate) return 45
  return value instanceof BsonRegex ? 50 : 55
}

const bytesOf = (value: BsonValue): Buffer => encodeDocument(new Map([['', value]]))

/** Order of two values as sort sees it. */
export function compare(a: BsonValue | undefined, b: BsonValue | undefined, work: Work): number {
  work.step()
  const [x, y] = [rank(a), rank(b)]
  if (x !== y) return x - y
  const [n, m] = [numberOf(a), numberOf(b)]
  if (n !== undefined && m !== undefined) return n - m
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(toBytes(a), toBytes(b))
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b)
  if (a instanceof BsonDate && b instanceof BsonDate) return a.ms < b.ms ? -1 : a.ms > b.ms ? 1 : 0
  if (a instanceof ObjectId && b instanceof ObjectId) return Buffer.compare(a.bytes, b.bytes)
  if (x === 5) return 0
  work.checkTime()
  return Buffer.compare(bytesOf(a as BsonValue), bytesOf(b as BsonValue))
}

const LONGEST_PATH = 40
const LONGEST_REGEX = 1000

/** Values at a dotted path; arrays on the way are looked through. */
export function valuesAt(value: BsonValue | undefined, path: readonly string[], work: Work, depth = 0): (BsonValue | undefined)[] {
  work.step()
  if (depth === path.length) return [value]
  const key = path[depth] as string
  if (isDocument(value)) return valuesAt(value.get(key), path, work, depth + 1)
  if (!Array.isArray(value)) return [undefined]
  work.step(value.length)
  const at = /^\d{1,6}$/.test(key) ? valuesAt(value[Number(key)], path, work, depth + 1) : []
  return [...at, ...value.filter(isDocument).flatMap((item) => valuesAt(item.get(key), path, work, depth + 1))]
}

export function pathOf(name: string): string[] {
  return name.split('.').slice(0, LONGEST_PATH)
}

const DEEPEST = 50

/** Whether a document is one that a filter means. @throws MongoError for operators that there are not */
export function matches(document: BsonDocument, filter: BsonDocument, work: Work): boolean {
  return new Matcher(work).matches(document, filter, 0)
}

class Matcher {
  readonly #work: Work
  constructor(work: Work) {
    this.#work = work
  }

  matches(document: BsonDocument, filter: BsonDocument, depth: number): boolean {
    if (depth > DEEPEST) throw new MongoError(2, 'BadValue', 'BSON nested too deeply')
    for (const [name, condition] of filter) {
      this.#work.step()
      if (name.startsWith('$')) {
        if (!this.#logical(document, name, condition, depth)) return false
      } else if (!this.#field(document, pathOf(name), condition, depth)) return false
    }
    return true
  }

  #logical(document: BsonDocument, name: string, condition: BsonValue, depth: number): boolean {
    switch (name) {
      case '$and':
        return filters(name, condition).every((one) => this.matches(document, one, depth + 1))
      case '$or':
        return filters(name, condition).some((one) => this.matches(document, one, depth + 1))
      case '$nor':
        return !filters(name, condition).some((one) => this.matches(document, one, depth + 1))
      case '$comment':
      case '$expr':
        return true
      case '$where':
        throw new MongoError(139, 'JSInterpreterFailure', 'ReferenceError: sleep is not defined :\n_funcs1@:1:24\n')
      default:
        throw new MongoError(2, 'BadValue', `unknown top level operator: ${name}`)
    }
  }

  #field(document: BsonDocument, path: readonly string[], condition: BsonValue, depth: number): boolean {
    const values = valuesAt(document, path, this.#work)
    if (!isOperators(condition)) return values.some((value) => this.#equals(value, condition))
    for (const [operator, operand] of condition)
      if (operator !== '$options' && !this.#operator(values, operator, operand, condition, depth)) return false
    return true
  }

  /** A value or, when it is an array, one of its items. */
  #some(values: readonly (BsonValue | undefined)[], test: (value: BsonValue | undefined) => boolean): boolean {
    return values.some((value) => test(value) || (Array.isArray(value) && value.some(test)))
  }

  #equals(value: BsonValue | undefined, wanted: BsonValue): boolean {
    if (wanted instanceof BsonRegex) return this.#some([value], (one) => this.#regex(one, wanted.pattern, wanted.options))
    return this.#some([value], (one) => rank(one) === rank(wanted) && compare(one, wanted, this.#work) === 0)
  }

  #operator(
    values: readonly (BsonValue | undefined)[],
    operator: string,
    operand: BsonValue,
    condition: BsonDocument,
    depth: number,
  ): boolean {
    const ordered = (test: (order: number) => boolean): boolean =>
      this.#some(values, (value) => rank(value) === rank(operand) && test(compare(value, operand, this.#work)))
    const list = (): BsonValue[] => {
      if (Array.isArray(operand)) return operand
      throw new MongoError(2, 'BadValue', `${operator} needs an array`)
    }
    switch (operator) {
      case '$eq':
        return values.some((value) => this.#equals(value, operand))
      case '$ne':
        return !values.some((value) => this.#equals(value, operand))
      case '$gt':
        return ordered((order) => order > 0)
      case '$gte':
        return ordered((order) => order >= 0)
      case '$lt':
        return ordered((order) => order < 0)
      case '$lte':
        return ordered((order) => order <= 0)
      case '$in':
        return list().some((item) => values.some((value) => this.#equals(value, item)))
      case '$nin':
        return !list().some((item) => values.some((value) => this.#equals(value, item)))
      case '$all':
        return list().every((item) => values.some((value) => this.#equals(value, item)))
      case '$exists':
        return values.some((value) => value !== undefined) === (operand !== false && numberOf(operand) !== 0 && operand !== null)
      case '$size':
        return values.some((value) => Array.isArray(value) && value.length === numberOf(operand))
      case '$type':
        return values.some(
          (value) => value !== undefined && typeNames(value).includes(typeof operand === 'string' ? operand : (numberOf(operand) ?? -1)),
        )
      case '$regex': {
        const options = condition.get('$options')
        const [pattern, flags] =
          operand instanceof BsonRegex ? [operand.pattern, operand.options] : [String(operand), typeof options === 'string' ? options : '']
        return this.#some(values, (value) => this.#regex(value, pattern, flags))
      }
      case '$not':
        if (isDocument(operand)) return ![...operand].every(([name, inner]) => this.#operator(values, name, inner, operand, depth + 1))
        return !values.some((value) => this.#equals(value, operand))
      case '$elemMatch':
        return values.some(
          (value) =>
            Array.isArray(value) &&
            isDocument(operand) &&
            value.some((item) =>
              isDocument(item)
                ? this.matches(item, operand, depth + 1)
                : [...operand].every(([name, inner]) => this.#operator([item], name, inner, operand, depth + 1)),
            ),
        )
      case '$mod': {
        const [divisor, remainder] = list().map((one) => numberOf(one) ?? 0)
        return this.#some(
          values,
          (value) => numberOf(value) !== undefined && (numberOf(value) as number) % (divisor as number) === remainder,
        )
      }
      default:
        throw new MongoError(2, 'BadValue', `unknown operator: ${operator}`)
    }
  }

  #regex(value: BsonValue | undefined, pattern: string, options: string): boolean {
    if (typeof value !== 'string') return false
    this.#work.step(10)
    this.#work.checkTime()
    return regexFor(pattern, options).test(toBytes(value.slice(0, 65_536)).toString('latin1'))
  }
}

function filters(name: string, condition: BsonValue): BsonDocument[] {
  if (!Array.isArray(condition) || condition.length === 0) throw new MongoError(2, 'BadValue', `${name} must be an array`)
  return condition.filter(isDocument)
}

function isOperators(condition: BsonValue): condition is BsonDocument {
  const first = isDocument(condition) ? condition.keys().next().value : undefined
  return first?.startsWith('$') ?? false
}

function typeNames(value: BsonValue): (string | number)[] {
  if (typeof value === 'number') return ['int', 'number', 16]
  if (typeof value === 'bigint') return ['long', 'number', 18]
  if (value instanceof Double) return ['double', 'number', 1]
  if (typeof value === 'string') return ['string', 2]
  if (Array.isArray(value)) return ['array', 4]
  if (isDocument(value)) return ['object', 3]
  if (value instanceof ObjectId) return ['objectId', 7]
  if (typeof value === 'boolean') return ['bool', 8]
  if (value instanceof BsonDate) return ['date', 9]
  return value === null ? ['null', 10] : []
}

const compiled = new LRUCache<string, Regex>({ max: 100 })

function regexFor(pattern: string, options: string): Regex {
  const key = `${options}/${pattern}`
  const known = compiled.get(key)
  if (known) return known
  if (pattern.length > LONGEST_REGEX)
    throw new MongoError(51_091, 'Location51091', 'Regular expression is invalid: regular expression is too large')
  try {
    const regex = Regex.compile(toBytes(pattern).toString('latin1'), 'perl', options.includes('i'))
    compiled.set(key, regex)
    return regex
  } catch (error) {
    if (error instanceof RegexError) throw new MongoError(51_091, 'Location51091', `Regular expression is invalid: ${error.message}`)
    throw error
  }
}
