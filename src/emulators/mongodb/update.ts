import { type BsonDocument, type BsonValue, Double, isDocument, numberOf } from './bson.ts'
import { compare, matches, pathOf } from './compare.ts'
import { MongoError } from './mongo-error.ts'
import type { Work } from './work.ts'

/** A document as an update leaves it; the old one is not touched. @throws MongoError */
export function updated(old: BsonDocument, update: BsonValue | undefined, work: Work): BsonDocument {
  if (!isDocument(update)) throw new MongoError(9, 'FailedToParse', 'the update must be a document')
  const first = update.keys().next().value
  if (!first?.startsWith('$'))
    return new Map([
      ...(old.has('_id') ? [['_id', old.get('_id') as BsonValue] as const] : []),
      ...[...update].filter(([name]) => name !== '_id'),
    ])
  const document = clone(old)
  work.step(old.size)
  for (const [operator, fields] of update) {
    if (!isDocument(fields))
      throw new MongoError(9, 'FailedToParse', `Modifiers operate on fields but we found type ${typeof fields} instead.`)
    for (const [name, value] of fields) apply(document, operator, pathOf(name), value, work)
  }
  return document
}

function clone(document: BsonDocument): BsonDocument {
  return new Map([...document].map(([name, value]) => [name, copied(value)]))
}

function copied(value: BsonValue): BsonValue {
  if (Array.isArray(value)) return value.map(copied)
  return isDocument(value) ? clone(value) : value
}

/** The document that holds the last part of a path; made when missing. */
function holder(document: BsonDocument, path: readonly string[]): BsonDocument | undefined {
  let at: BsonDocument = document
  for (const part of path.slice(0, -1)) {
    const next = at.get(part)
    if (next !== undefined && !isDocument(next)) return undefined
    if (next === undefined) at.set(part, new Map())
    at = at.get(part) as BsonDocument
  }
  return at
}

function apply(document: BsonDocument, operator: string, path: readonly string[], value: BsonValue, work: Work): void {
  const at = holder(document, path)
  const name = path.at(-1) as string
  if (!at) throw new MongoError(28, 'PathNotViable', `Cannot create field '${name}' in element`)
  const old = at.get(name)
  switch (operator) {
    case '$set':
    case '$setOnInsert':
      at.set(name, value)
      return
    case '$unset':
      at.delete(name)
      return
    case '$inc':
    case '$mul': {
      const [a, b] = [numberOf(old) ?? 0, numberOf(value)]
      if (b === undefined) throw new MongoError(14, 'TypeMismatch', 'Cannot increment with non-numeric argument')
      const result = operator === '$inc' ? a + b : a * b
      at.set(name, old instanceof Double || value instanceof Double ? new Double(result) : result)
      return
    }
    case '$push':
    case '$addToSet': {
      if (old !== undefined && !Array.isArray(old))
        throw new MongoError(2, 'BadValue', `The field '${name}' must be an array but is of type ${typeof old}`)
      const each = isDocument(value) && Array.isArray(value.get('$each')) ? (value.get('$each') as BsonValue[]) : [value]
      const list = old ?? []
      at.set(
        name,
        operator === '$push'
          ? [...list, ...each]
          : [...list, ...each.filter((item) => !list.some((known) => compare(known, item, work) === 0))],
      )
      return
    }
    case '$pull':
      if (Array.isArray(old))
        at.set(
          name,
          old.filter((item) => (isDocument(value) && isDocument(item) ? !matches(item, value, work) : compare(item, value, work) !== 0)),
        )
      return
    case '$pop':
      if (Array.isArray(old)) at.set(name, numberOf(value) === -1 ? old.slice(1) : old.slice(0, -1))
      return
    case '$rename':
      if (old === undefined || typeof value !== 'string') return
      at.delete(name)
      document.set(value, old)
      return
    case '$min':
    case '$max':
      if (old === undefined || compare(value, old, work) < 0 === (operator === '$min')) at.set(name, value)
      return
    case '$currentDate':
      return
    default:
      throw new MongoError(
        9,
        'FailedToParse',
        `Unknown modifier: ${operator}. Expected a valid update modifier or pipeline-style update specified as an array`,
      )
  }
}
