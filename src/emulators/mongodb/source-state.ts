import { randomBytes } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { type BsonDocument, encodeDocument } from './bson.ts'
import type { DocumentStore } from './store.ts'

/** Sources whose changes are remembered, and what all of them have written together. */
const SOURCES = 500
const BYTES = 48 * 1024 * 1024
const OVERHEAD = 32 * 1024
const CURSORS = 20
/** Documents of one answer. */
const FIRST_BATCH = 101
const BATCH_BYTES = 4 * 1024 * 1024

interface Cursor {
  namespace: string
  documents: readonly BsonDocument[]
  at: number
}

/** What one source sees and has changed. */
export class SourceState {
  readonly store: DocumentStore
  /** Users that it made: `admin.root`. */
  readonly users = new Map<string, { user: string; db: string }>()
  readonly #cursors = new LRUCache<bigint, Cursor>({ max: CURSORS })

  constructor(store: DocumentStore) {
    this.store = store
  }

  /** First part of a result; the cursor's id is 0 when that is all. */
  open(namespace: string, documents: readonly BsonDocument[], batch = FIRST_BATCH, isSingle = false): BsonDocument {
    const cursor = { namespace, documents, at: 0 }
    const firstBatch = take(cursor, batch)
    const isDone = isSingle || cursor.at >= documents.length
    const id = isDone ? 0n : randomBytes(8).readBigInt64BE() & 0x7fff_ffff_ffff_ffffn
    if (!isDone) this.#cursors.set(id, cursor)
    return new Map<string, BsonDocument[] | bigint | string>([
      ['firstBatch', firstBatch],
      ['id', id],
      ['ns', namespace],
    ])
  }

  /** The part that comes next; undefined when there is no such cursor. */
  next(id: bigint, batch: number | undefined): BsonDocument | undefined {
    const cursor = this.#cursors.get(id)
    if (!cursor) return undefined
    const nextBatch = take(cursor, batch || Number.POSITIVE_INFINITY)
    const isDone = cursor.at >= cursor.documents.length
    if (isDone) this.#cursors.delete(id)
    return new Map<string, BsonDocument[] | bigint | string>([
      ['nextBatch', nextBatch],
      ['id', isDone ? 0n : id],
      ['ns', cursor.namespace],
    ])
  }

  kill(id: bigint): boolean {
    return this.#cursors.delete(id)
  }
}

function take(cursor: Cursor, batch: number): BsonDocument[] {
  const taken: BsonDocument[] = []
  for (let bytes = 0; taken.length < batch && cursor.at < cursor.documents.length; ) {
    const document = cursor.documents[cursor.at] as BsonDocument
    bytes += encodeDocument(document).length
    if (taken.length && bytes > BATCH_BYTES) break
    taken.push(document)
    cursor.at++
  }
  return taken
}

/** The states of all sources. */
export class SourceStates {
  readonly #base: DocumentStore
  readonly #states = new LRUCache<string, SourceState>({
    max: SOURCES,
    maxSize: BYTES,
    sizeCalculation: ({ store }) => OVERHEAD + store.bytes,
  })

  constructor(base: DocumentStore) {
    this.#base = base
  }

  of(source: string): SourceState {
    const state = this.#states.get(source) ?? new SourceState(this.#base.fork())
    this.weigh(source, state)
    return state
  }

  /** To be called when a source may have written: the heaviest memory is of those that came longest ago. */
  weigh(source: string, state: SourceState): void {
    this.#states.set(source, state)
  }
}
