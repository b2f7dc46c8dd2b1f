import { createHash, randomBytes } from 'node:crypto'
import type { Identity } from '../../config/identity.ts'
import type { Persona } from '../../config/persona.ts'
import { MARIADB } from '../../host/database/mysql/dialect.ts'
import { makeDatabases } from '../../host/database/seed.ts'
import { parseTemporal } from '../../host/database/temporal.ts'
import { Decimal, type SqlValue } from '../../host/database/value.ts'
import { BsonDate, type BsonDocument, type BsonValue, Double, doc, encodeDocument, keyOf, ObjectId } from './bson.ts'
import { MongoError } from './mongo-error.ts'

/** What one source may make of its copy of the server. */
const BOUNDS = { databases: 64, collections: 400, documents: 20_000, bytes: 4 * 1024 * 1024 }

export class Collection {
  documents: BsonDocument[]
  /** Names of its indexes with their keys. */
  indexes: BsonDocument[]
  readonly uuid: Buffer
  #ids: Set<string> | undefined

  constructor(documents: BsonDocument[], indexes: BsonDocument[], uuid: Buffer) {
    this.documents = documents
    this.indexes = indexes
    this.uuid = uuid
  }

  /** A copy with lists of its own; documents are shared and never changed in place. */
  fork(): Collection {
    return new Collection([...this.documents], [...this.indexes], this.uuid)
  }

  has(id: BsonValue): boolean {
    this.#ids ??= new Set(this.documents.map((document) => keyOf(document.get('_id') ?? null)))
    return this.#ids.has(keyOf(id))
  }

  add(document: BsonDocument): void {
    this.documents.push(document)
    this.#ids?.add(keyOf(document.get('_id') ?? null))
  }

  keep(documents: BsonDocument[]): void {
    this.documents = documents
    this.#ids = undefined
  }
}

export type Collections = Map<string, Collection>

/** The databases of one server as one source has left them. */
export class DocumentStore {
  readonly databases: Map<string, Collections>
  /** Bytes that this source has written. */
  bytes = 0

  constructor(databases: Map<string, Collections>) {
    this.databases = databases
  }

  /** A copy for another source. */
  fork(): DocumentStore {
    const copy = [...this.databases].map(([name, collections]): [string, Collections] => [
      name,
      new Map([...collections].map(([key, collection]) => [key, collection.fork()])),
    ])
    return new DocumentStore(new Map(copy))
  }

  find(database: string, collection: string): Collection | undefined {
    return this.databases.get(database)?.get(collection)
  }

  /** The collection, made when there is none. @throws MongoError when there is no room */
  make(database: string, name: string): Collection {
    const known = this.find(database, name)
    if (known) return known
    let count = 0
    for (const collections of this.databases.values()) count += collections.size
    if (count >= BOUNDS.collections || (!this.databases.has(database) && this.databases.size >= BOUNDS.databases)) throw full()
    const collections = this.databases.get(database) ?? new Map<string, Collection>()
    this.databases.set(database, collections)
    const collection = new Collection([], [idIndex()], uuidBytes(randomBytes(16)))
    collections.set(name, collection)
    return collection
  }

  /** A database without collections is none. */
  drop(database: string, name: string): void {
    const collections = this.databases.get(database)
    collections?.delete(name)
    if (collections?.size === 0) this.databases.delete(database)
  }

  /** Counts a document before it is kept. @throws MongoError when there is no room */
  spend(collection: Collection, document: BsonDocument, isReplacement = false): void {
    this.bytes += encodeDocument(document).length
    if (this.bytes > BOUNDS.bytes || (!isReplacement && collection.documents.length >= BOUNDS.documents)) throw full()
  }
}

function full(): MongoError {
  return new MongoError(14_031, 'OutOfDiskSpace', 'No space left on device')
}

export function idIndex(): BsonDocument {
  return doc({ v: 2, key: doc({ _id: 1 }), name: '_id_' })
}

function uuidBytes(bytes: Buffer): Buffer {
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80
  return bytes
}

export function newObjectId(): ObjectId {
  const seconds = Buffer.alloc(4)
  seconds.writeUInt32BE(Math.floor(Date.now() / 1000))
  return new ObjectId(Buffer.concat([seconds, randomBytes(8)]))
}

/** The persona's databases as documents, beside those that a server has of its own. */
export function makeStore(persona: Persona, identity: Identity, version: string): DocumentStore {
  const databases = new Map<string, Collections>()
  const put = (database: string, name: string, documents: BsonDocument[]): void => {
    const collections = databases.get(database) ?? new Map<string, Collection>()
    databases.set(database, collections)
    collections.set(name, new Collection(documents, [idIndex()], uuidBytes(identity.bytes(`mongodb/${database}.${name}`, 16))))
  }
  put('admin', 'system.version', [doc({ _id: 'featureCompatibilityVersion', version: version.split('.').slice(0, 2).join('.') })])
  put('config', 'system.sessions', [])
  put('local', 'startup_log', [])
  for (const database of makeDatabases(persona, identity, MARIADB, 1)) {
    const created = Math.floor(database.createdAt / 1000)
    for (const table of database.sorted()) {
      const names = table.columns.map(({ name }) => name)
      put(
        database.name,
        table.name,
        table.rows.map((row, i) => documentOf(row, names, idOf(identity, `${database.name}.${table.name}`, created + i * 37, i))),
      )
    }
  }
  return new DocumentStore(databases)
}

function idOf(identity: Identity, label: string, seconds: number, index: number): ObjectId {
  const bytes = Buffer.alloc(12)
  bytes.writeUInt32BE(seconds)
  identity.bytes(`mongodb/process/${label}`, 5).copy(bytes, 4)
  createHash('sha1').update(String(index)).digest().copy(bytes, 9, 0, 3)
  return new ObjectId(bytes)
}

function documentOf(row: readonly SqlValue[], names: readonly string[], id: ObjectId): BsonDocument {
  const document: BsonDocument = new Map([['_id', id]])
  for (const [i, name] of names.entries()) document.set(name === '_id' ? 'id' : name, bsonOf(row[i] ?? null))
  return document
}

function bsonOf(value: SqlValue): BsonValue {
  if (value instanceof Decimal) return new Double(value.value)
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(value)) return new BsonDate(parseTemporal(value) ?? 0)
  return Buffer.isBuffer(value) ? value.toString('latin1') : value
}
