import { evidence } from '../../../events/bytes.ts'
import { toBytes } from '../../../host/text.ts'
import { recordIndicators } from '../../../sensor/indicators.ts'
import { type BsonDocument, type BsonValue, doc, encodeDocument, isDocument, keyOf, numberOf, shellText } from '../bson.ts'
import { matches } from '../compare.ts'
import { MongoError } from '../mongo-error.ts'
import { projected } from '../projection.ts'
import { type Collection, newObjectId } from '../store.ts'
import { updated } from '../update.ts'
import { type Call, type Command, collectionOf, documentArgument, documentsArgument, isTrue, ok } from './command.ts'
import { sorted } from './read.ts'

/** `maxWriteBatchSize`. */
const LARGEST_BATCH = 100_000
/** A document from which its bytes are kept besides the turn. */
const LARGE = 16 * 1024

function batch(call: Call, name: string): BsonDocument[] {
  const items = documentsArgument(call, name)
  if (items.length === 0 || items.length > LARGEST_BATCH) {
    throw new MongoError(16, 'InvalidLength', `Write batch sizes must be between 1 and 100000. Got ${items.length} operations.`)
  }
  return items
}

/** Does each part of a batch; an ordered one ends with its first error. */
function each(call: Call, items: readonly BsonDocument[], act: (item: BsonDocument, index: number) => void): BsonValue[] {
  const errors: BsonValue[] = []
  const isOrdered = call.command.get('ordered') !== false
  for (const [index, item] of items.entries()) {
    try {
      act(item, index)
    } catch (error) {
      if (!(error instanceof MongoError)) throw error
      errors.push(doc({ index, code: error.code, ...error.details, errmsg: error.message }))
      if (isOrdered || error.codeName === 'MaxTimeMSExpired') break
    }
  }
  return errors
}

function withId(document: BsonDocument): BsonDocument {
  return document.has('_id') ? document : new Map([['_id', newObjectId()], ...document])
}

function add(call: Call, collection: Collection, name: string, given: BsonDocument): BsonDocument {
  const document = withId(given)
  const id = document.get('_id') as BsonValue
  if (collection.has(id)) {
    const text = `E11000 duplicate key error collection: ${call.database}.${name} index: _id_ dup key: { _id: ${shellText(id)
      .slice(0, 500)
      .replace(/^ObjectId\("(\w+)"\)$/, "ObjectId('$1')")} }`
    throw new MongoError(11_000, 'DuplicateKey', text, { keyPattern: doc({ _id: 1 }), keyValue: doc({ _id: id }) })
  }
  call.client.state.store.spend(collection, document)
  collection.add(document)
  return document
}

function insert(call: Call): BsonDocument {
  const name = collectionOf(call)
  const items = batch(call, 'documents')
  noteInserted(call, items)
  const collection = call.client.state.store.make(call.database, name)
  let n = 0
  const errors = each(call, items, (item) => {
    call.work.step(10)
    add(call, collection, name, item)
    n++
  })
  return ok({ n, ...(errors.length && { writeErrors: errors }) })
}

/** Ransom notes and tools come as documents. */
function noteInserted({ client: { visit } }: Call, items: readonly BsonDocument[]): void {
  for (const item of items.slice(0, 100)) {
    recordIndicators(visit, shellText(item), 'mongodb.insert')
    const bytes = encodeDocument(item)
    if (bytes.length >= LARGE) visit.capture(bytes, { how: 'mongodb.insert' })
  }
}

function update(call: Call): BsonDocument {
  const name = collectionOf(call)
  const items = batch(call, 'updates')
  noteInserted(call, items)
  const collection = call.client.state.store.make(call.database, name)
  let [n, modified] = [0, 0]
  const upserted: BsonValue[] = []
  const errors = each(call, items, (item, index) => {
    const done = updateOne(call, collection, name, item)
    n += done.matched
    modified += done.modified
    if (done.upserted) upserted.push(doc({ index, _id: done.upserted.get('_id') as BsonValue }))
  })
  return ok({
    n: n + upserted.length,
    nModified: modified,
    ...(upserted.length && { upserted }),
    ...(errors.length && { writeErrors: errors }),
  })
}

const documentOr = (value: BsonValue | undefined): BsonDocument => (isDocument(value) ? value : new Map())

/** Fields that a filter asks to be equal to something: what an upsert begins with. */
function equalities(filter: BsonDocument): BsonDocument {
  return new Map(
    [...filter].filter(
      ([name, value]) => !name.includes('.') && !name.startsWith('$') && !(isDocument(value) && value.keys().next().value?.startsWith('$')),
    ),
  )
}

function updateOne(
  call: Call,
  collection: Collection,
  name: string,
  item: BsonDocument,
): { matched: number; modified: number; upserted?: BsonDocument } {
  const { work, client } = call
  const filter = documentOr(item.get('q'))
  const isMulti = isTrue(item.get('multi'))
  let [matched, modified] = [0, 0]
  const next = [...collection.documents]
  work.step(next.length)
  for (const [i, old] of next.entries()) {
    if (!matches(old, filter, work)) continue
    matched++
    const changed = updated(old, item.get('u'), work)
    client.state.store.spend(collection, changed, true)
    if (keyOf(changed) !== keyOf(old)) modified++
    next[i] = changed
    if (!isMulti) break
  }
  if (modified) collection.keep(next)
  if (matched || !isTrue(item.get('upsert'))) return { matched, modified }
  return { matched, modified, upserted: add(call, collection, name, updated(equalities(filter), item.get('u'), work)) }
}

function remove(call: Call): BsonDocument {
  const name = collectionOf(call)
  const items = batch(call, 'deletes')
  const collection = call.client.state.store.find(call.database, name)
  let n = 0
  const errors = each(call, items, (item) => {
    if (!collection) return
    const filter = documentOr(item.get('q'))
    const most = numberOf(item.get('limit')) === 1 ? 1 : Number.POSITIVE_INFINITY
    let removed = 0
    const left = collection.documents.filter((document) => {
      if (removed >= most || !matches(document, filter, call.work)) return true
      removed++
      return false
    })
    call.work.step(collection.documents.length)
    if (removed) collection.keep(left)
    n += removed
  })
  if (n) noteDestroyed(call, 'documents', `${call.database}.${name}`, n)
  return ok({ n, ...(errors.length && { writeErrors: errors }) })
}

export function noteDestroyed(
  { client: { visit } }: Call,
  what: 'database' | 'collection' | 'documents',
  name: string,
  documents: number,
): void {
  visit.record('mongodb.destroyed', { what, name: evidence(toBytes(name)), documents }, ['attack:T1485'])
}

function findAndModify(call: Call): BsonDocument {
  const name = collectionOf(call)
  const { work, client, database, command } = call
  const collection = client.state.store.make(database, name)
  const filter = documentArgument(call, 'query')
  const [old] = sorted(
    collection.documents.filter((document) => matches(document, filter, work)),
    documentArgument(call, 'sort'),
    work,
  )
  const fields = documentArgument(call, 'fields')
  const shown = (document: BsonDocument | undefined): BsonValue => (document ? projected(document, fields, work) : null)
  if (isTrue(command.get('remove'))) {
    if (old) collection.keep(collection.documents.filter((document) => document !== old))
    if (old) noteDestroyed(call, 'documents', `${database}.${name}`, 1)
    return ok({ lastErrorObject: doc({ n: old ? 1 : 0 }), value: shown(old) })
  }
  const isUpsert = !old && isTrue(command.get('upsert'))
  let changed: BsonDocument | undefined
  if (old) {
    changed = updated(old, command.get('update'), work)
    client.state.store.spend(collection, changed, true)
    collection.keep(collection.documents.map((document) => (document === old ? (changed as BsonDocument) : document)))
  } else if (isUpsert) changed = add(call, collection, name, updated(equalities(filter), command.get('update'), work))
  const facts = { n: changed ? 1 : 0, updatedExisting: old !== undefined, ...(isUpsert && { upserted: changed?.get('_id') ?? null }) }
  return ok({ lastErrorObject: doc(facts), value: shown(isTrue(command.get('new')) ? changed : old) })
}

export const WRITE_COMMANDS: Record<string, Command> = {
  insert: { run: insert },
  update: { run: update },
  delete: { run: remove },
  findAndModify: { run: findAndModify },
  findandmodify: { run: findAndModify },
}
