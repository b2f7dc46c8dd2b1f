import { Binary, type BsonDocument, type BsonValue, Double, doc, encodeDocument } from '../bson.ts'
import { matches } from '../compare.ts'
import { MongoError } from '../mongo-error.ts'
import { type Collection, type Collections, idIndex } from '../store.ts'
import { type Call, type Command, collectionOf, documentArgument, documentsArgument, isTrue, ok } from './command.ts'
import { noteDestroyed } from './write.ts'

const MOST_INDEXES = 64
/** Subtype of a UUID. */
const UUID = 4
/** Pages that a collection and an index take when they are small. */
const PAGE = 4096
const SMALLEST = 20_480

function bytesIn(collection: Collection): number {
  return collection.documents.reduce((sum, document) => sum + encodeDocument(document).length, 0)
}

/** What the storage engine takes for so many bytes: it compresses. */
function storageSize(bytes: number): number {
  return Math.max(SMALLEST, Math.ceil((bytes * 0.45) / PAGE) * PAGE)
}

function sizeOf(collections: Collections): number {
  let size = 0
  for (const collection of collections.values()) size += storageSize(bytesIn(collection)) + SMALLEST * collection.indexes.length
  return size
}

function listDatabases(call: Call): BsonDocument {
  const { client, command, work } = call
  const filter = documentArgument(call, 'filter')
  const isShort = isTrue(command.get('nameOnly'))
  const databases: BsonValue[] = []
  let total = 0
  for (const [name, collections] of [...client.state.store.databases].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const size = sizeOf(collections)
    const entry = doc(isShort ? { name } : { name, sizeOnDisk: new Double(size), empty: false })
    if (!matches(entry, filter, work)) continue
    total += size
    databases.push(entry)
  }
  return ok(isShort ? { databases } : { databases, totalSize: new Double(total) })
}

function listCollections(call: Call): BsonDocument {
  const { client, database, command, work } = call
  const filter = documentArgument(call, 'filter')
  const isShort = isTrue(command.get('nameOnly'))
  const entries: BsonDocument[] = []
  for (const [name, { uuid }] of client.state.store.databases.get(database) ?? []) {
    const head = { name, type: 'collection' }
    const entry = doc(
      isShort ? head : { ...head, options: doc({}), info: doc({ readOnly: false, uuid: new Binary(UUID, uuid) }), idIndex: idIndex() },
    )
    if (matches(entry, filter, work)) entries.push(entry)
  }
  return ok({ cursor: client.state.open(`${database}.$cmd.listCollections`, entries, 1000) })
}

function known(call: Call): Collection {
  const name = collectionOf(call)
  const collection = call.client.state.store.find(call.database, name)
  if (collection) return collection
  throw new MongoError(26, 'NamespaceNotFound', `ns does not exist: ${call.database}.${name}`)
}

function listIndexes(call: Call): BsonDocument {
  const { indexes } = known(call)
  return ok({ cursor: call.client.state.open(`${call.database}.$cmd.listIndexes.${collectionOf(call)}`, indexes) })
}

function createIndexes(call: Call): BsonDocument {
  const collection = call.client.state.store.make(call.database, collectionOf(call))
  const before = collection.indexes.length
  for (const index of documentsArgument(call, 'indexes')) {
    const name = index.get('name')
    if (collection.indexes.some((one) => one.get('name') === name)) continue
    if (collection.indexes.length >= MOST_INDEXES)
      throw new MongoError(67, 'CannotCreateIndex', `add index fails, too many indexes for ${call.database}.${collectionOf(call)}`)
    call.client.state.store.spend(collection, index, true)
    collection.indexes.push(new Map<string, BsonValue>([['v', 2], ...index]))
  }
  const after = collection.indexes.length
  return ok({
    numIndexesBefore: before,
    numIndexesAfter: after,
    createdCollectionAutomatically: false,
    ...(before === after && { note: 'all indexes already exist' }),
  })
}

function dropIndexes(call: Call): BsonDocument {
  const collection = known(call)
  const before = collection.indexes.length
  const index = call.command.get('index')
  collection.indexes = collection.indexes.filter((one) => one.get('name') === '_id_' || (index !== '*' && one.get('name') !== index))
  return ok({ nIndexesWas: before })
}

function create(call: Call): BsonDocument {
  const name = collectionOf(call)
  const { store } = call.client.state
  if (store.find(call.database, name)) throw new MongoError(48, 'NamespaceExists', `a collection '${call.database}.${name}' already exists`)
  store.make(call.database, name)
  return ok()
}

function drop(call: Call): BsonDocument {
  const name = collectionOf(call)
  const { store } = call.client.state
  const collection = store.find(call.database, name)
  if (!collection) throw new MongoError(26, 'NamespaceNotFound', 'ns not found')
  store.drop(call.database, name)
  noteDestroyed(call, 'collection', `${call.database}.${name}`, collection.documents.length)
  return ok({ nIndexesWas: collection.indexes.length, ns: `${call.database}.${name}` })
}

/** `admin` and `config` of a server cannot be dropped by everybody; `local` by nobody. */
function dropDatabase(call: Call): BsonDocument {
  const { database, client } = call
  if (database === 'local') throw new MongoError(20, 'IllegalOperation', "Cannot drop 'local' database while replication is active")
  const collections = client.state.store.databases.get(database)
  if (!collections) return ok()
  let documents = 0
  for (const collection of collections.values()) documents += collection.documents.length
  client.state.store.databases.delete(database)
  noteDestroyed(call, 'database', database, documents)
  return ok({ dropped: database })
}

function split(namespace: BsonValue | undefined): [database: string, collection: string] {
  const text = typeof namespace === 'string' ? namespace : ''
  const dot = text.indexOf('.')
  if (dot < 1 || dot === text.length - 1)
    throw new MongoError(73, 'InvalidNamespace', `Invalid namespace specified '${text.slice(0, 200)}'`)
  return [text.slice(0, dot), text.slice(dot + 1)]
}

function renameCollection({ client, command }: Call): BsonDocument {
  const [from, to] = [split(command.get('renameCollection')), split(command.get('to'))]
  const { store } = client.state
  const collection = store.find(...from)
  if (!collection) throw new MongoError(26, 'NamespaceNotFound', `Source collection ${from.join('.')} does not exist`)
  if (store.find(...to) && !isTrue(command.get('dropTarget'))) throw new MongoError(48, 'NamespaceExists', 'target namespace exists')
  store.make(...to)
  store.databases.get(to[0])?.set(to[1], collection)
  store.drop(...from)
  return ok()
}

function collStats(call: Call): BsonDocument {
  const name = collectionOf(call)
  const collection = call.client.state.store.find(call.database, name)
  const ns = `${call.database}.${name}`
  if (!collection)
    return ok({ ns, size: 0, count: 0, storageSize: 0, totalSize: 0, nindexes: 0, totalIndexSize: 0, indexSizes: doc({}), scaleFactor: 1 })
  const [size, count] = [bytesIn(collection), collection.documents.length]
  const indexSizes = new Map(collection.indexes.map((index): [string, number] => [String(index.get('name')), SMALLEST]))
  const storage = storageSize(size)
  return ok({
    ns,
    size,
    count,
    ...(count && { avgObjSize: Math.floor(size / count) }),
    storageSize: storage,
    freeStorageSize: 0,
    capped: false,
    nindexes: indexSizes.size,
    totalIndexSize: SMALLEST * indexSizes.size,
    totalSize: storage + SMALLEST * indexSizes.size,
    indexSizes,
    scaleFactor: 1,
  })
}

function dbStats({ client, database }: Call): BsonDocument {
  const collections = [...(client.state.store.databases.get(database)?.values() ?? [])]
  const objects = collections.reduce((sum, { documents }) => sum + documents.length, 0)
  const dataSize = collections.reduce((sum, collection) => sum + bytesIn(collection), 0)
  const indexes = collections.reduce((sum, collection) => sum + collection.indexes.length, 0)
  const storage = collections.reduce((sum, collection) => sum + storageSize(bytesIn(collection)), 0)
  return ok({
    db: database,
    collections: collections.length,
    views: 0,
    objects,
    avgObjSize: new Double(objects ? dataSize / objects : 0),
    dataSize: new Double(dataSize),
    storageSize: new Double(storage),
    indexes,
    indexSize: new Double(indexes * SMALLEST),
    totalSize: new Double(storage + indexes * SMALLEST),
    scaleFactor: new Double(1),
  })
}

function validate(call: Call): BsonDocument {
  const collection = known(call)
  const number = collection.documents.length
  return ok({
    ns: `${call.database}.${collectionOf(call)}`,
    nInvalidDocuments: 0,
    nrecords: number,
    nIndexes: collection.indexes.length,
    valid: true,
    warnings: [],
    errors: [],
  })
}

export const CATALOG_COMMANDS: Record<string, Command> = {
  listDatabases: { run: listDatabases, isForAdmin: true },
  listCollections: { run: listCollections },
  listIndexes: { run: listIndexes },
  createIndexes: { run: createIndexes },
  dropIndexes: { run: dropIndexes },
  deleteIndexes: { run: dropIndexes },
  create: { run: create },
  drop: { run: drop },
  dropDatabase: { run: dropDatabase },
  renameCollection: { run: renameCollection, isForAdmin: true },
  collStats: { run: collStats },
  collstats: { run: collStats },
  dbStats: { run: dbStats },
  dbstats: { run: dbStats },
  validate: { run: validate },
}
