import { type BsonDocument, type BsonValue, keyOf, numberOf } from '../bson.ts'
import { compare, matches, pathOf, valuesAt } from '../compare.ts'
import { MongoError } from '../mongo-error.ts'
import { projected } from '../projection.ts'
import type { Work } from '../work.ts'
import { type Call, type Command, collectionOf, documentArgument, isTrue, numberArgument, ok } from './command.ts'

/** Documents of a collection that a filter means; none of a collection that there is not. */
export function found({ client, database, work }: Call, collection: string, filter: BsonDocument): BsonDocument[] {
  const documents = client.state.store.find(database, collection)?.documents ?? []
  return documents.filter((document) => matches(document, filter, work))
}

/** Orders documents by the fields of a sort document. */
export function sorted(documents: readonly BsonDocument[], sort: BsonDocument, work: Work): BsonDocument[] {
  const keys = [...sort].map(([name, direction]) => ({ path: pathOf(name), direction: numberOf(direction) ?? 1 }))
  if (keys.length === 0) return [...documents]
  if (keys.length > 32) throw new MongoError(2, 'BadValue', 'too many compound keys')
  const keyed = documents.map((document) => ({ document, values: keys.map(({ path }) => valuesAt(document, path, work)[0]) }))
  keyed.sort((a, b) => {
    for (const [i, { direction }] of keys.entries()) {
      const order = compare(a.values[i], b.values[i], work)
      if (order !== 0) return direction < 0 ? -order : order
    }
    return 0
  })
  return keyed.map(({ document }) => document)
}

function find(call: Call): BsonDocument {
  const { client, database, work } = call
  const collection = collectionOf(call)
  const filter = documentArgument(call, 'filter')
  const [skip = 0, limit = 0] = [numberArgument(call, 'skip'), numberArgument(call, 'limit')]
  if (skip < 0) throw new MongoError(2, 'BadValue', 'Skip value must be non-negative, but received: -1')
  const all = sorted(found(call, collection, filter), documentArgument(call, 'sort'), work)
  const part = all.slice(skip, limit === 0 ? undefined : skip + Math.abs(limit))
  const projection = documentArgument(call, 'projection')
  const shown = projection.size ? part.map((document) => projected(document, projection, work)) : part
  const isSingle = limit < 0 || isTrue(call.command.get('singleBatch'))
  return ok({ cursor: client.state.open(`${database}.${collection}`, shown, numberArgument(call, 'batchSize'), isSingle) })
}

function getMore(call: Call): BsonDocument {
  const id = call.command.get('getMore')
  const key = typeof id === 'bigint' ? id : BigInt(Math.trunc(numberOf(id) ?? 0))
  const cursor = call.client.state.next(key, numberArgument(call, 'batchSize'))
  if (!cursor) throw new MongoError(43, 'CursorNotFound', `cursor id ${key} not found`)
  return ok({ cursor })
}

function killCursors({ client, command }: Call): BsonDocument {
  const given = command.get('cursors')
  const ids = Array.isArray(given) ? given.filter((id) => typeof id === 'bigint').slice(0, 1000) : []
  const killed: BsonValue[] = []
  const missing: BsonValue[] = []
  for (const id of ids) (client.state.kill(id) ? killed : missing).push(id)
  return ok({ cursorsKilled: killed, cursorsNotFound: missing, cursorsAlive: [], cursorsUnknown: [] })
}

function count(call: Call): BsonDocument {
  const number = found(call, collectionOf(call), documentArgument(call, 'query')).length
  const [skip = 0, limit = 0] = [numberArgument(call, 'skip'), numberArgument(call, 'limit')]
  const left = Math.max(0, number - skip)
  return ok({ n: limit ? Math.min(left, Math.abs(limit)) : left })
}

function distinct(call: Call): BsonDocument {
  const key = call.command.get('key')
  if (typeof key !== 'string')
    throw new MongoError(14, 'TypeMismatch', "BSON field 'distinct.key' is the wrong type, expected type 'string'")
  const values = new Map<string, BsonValue>()
  for (const document of found(call, collectionOf(call), documentArgument(call, 'query'))) {
    for (const value of valuesAt(document, pathOf(key), call.work)) {
      for (const item of Array.isArray(value) ? value : [value]) if (item !== undefined) values.set(keyOf(item), item)
      call.work.checkTime()
    }
  }
  return ok({ values: [...values.values()] })
}

export const READ_COMMANDS: Record<string, Command> = {
  find: { run: find },
  getMore: { run: getMore },
  killCursors: { run: killCursors },
  count: { run: count },
  distinct: { run: distinct },
}
