import { evidence } from '../../events/bytes.ts'
import { toBytes } from '../../host/text.ts'
import { TimeSlice } from '../../sensor/time-slice.ts'
import { LimitReached } from '../../sensor/visit.ts'
import { type BsonDocument, doc, isDocument, shellText } from './bson.ts'
import {
  decodeHeader,
  decodeRequest,
  encodeMsg,
  encodeReply,
  HEADER_BYTES,
  LARGEST_ACCEPTED,
  type LegacyRequest,
  MongoFormatError,
  OP,
  type QueryRequest,
} from './codec.ts'
import type { Client } from './commands/command.ts'
import { runCommand } from './commands/index.ts'
import { compress, uncompress } from './compression.ts'
import { Work } from './work.ts'

/** Commands of one visit that become turns; the rest is counted. */
const LISTED_COMMANDS = 5000
/** Of a command and its answer an event keeps so much. */
const KEPT_TEXT = 16 * 1024
/** Before a login nobody has need of more. */
const LARGEST_BEFORE_LOGIN = 256 * 1024
/** What drivers do on their own, all the time. */
const QUIET = new Set(['hello', 'ismaster', 'ping', 'endsessions', 'saslstart', 'saslcontinue', 'getmore', 'killcursors'])
const CURSOR_NOT_FOUND = 1

/** One connection: messages in, messages out. */
export class Connection {
  readonly #client: Client
  readonly #slice = new TimeSlice()
  #requestIds = 0
  #commands = 0

  constructor(client: Client) {
    this.#client = client
  }

  async serve(): Promise<void> {
    const { visit } = this.#client
    try {
      for (;;) {
        const header = decodeHeader(await visit.exactly(HEADER_BYTES))
        const most = this.#client.isLoginNeeded && !this.#client.user ? LARGEST_BEFORE_LOGIN : LARGEST_ACCEPTED
        if (header.length > most) throw new LimitReached('message', most)
        const body = await visit.exactly(header.length - HEADER_BYTES)
        await this.#slice.turn()
        const {
          opcode,
          body: plain,
          compressor,
        } = header.opcode === OP.compressed ? uncompress(body) : { opcode: header.opcode, body, compressor: undefined }
        const reply = await this.#answer(opcode, plain, header.requestId)
        if (reply) await visit.write(compressor === undefined ? reply : compress(reply, compressor))
      }
    } finally {
      if (this.#commands > LISTED_COMMANDS) visit.record('mongodb.uncounted', { commands: this.#commands - LISTED_COMMANDS })
    }
  }

  /** The reply to one message; undefined when it wants none. @throws MongoFormatError */
  async #answer(opcode: number, body: Buffer, requestId: number): Promise<Buffer | undefined> {
    const request = decodeRequest(opcode, body)
    const id = ++this.#requestIds
    switch (request.kind) {
      case 'msg': {
        const database = request.command.get('$db')
        if (typeof database !== 'string') throw new MongoFormatError('OP_MSG requests require a $db argument')
        const reply = await this.#command(database, request.command)
        return request.isSilent ? undefined : encodeMsg(id, requestId, reply)
      }
      case 'query':
        return this.#query(request, id, requestId)
      case 'get-more':
        return encodeReply(id, requestId, [], CURSOR_NOT_FOUND)
      default:
        await this.#legacyWrite(request)
        return undefined
    }
  }

  /** OP_QUERY: a command when its collection is `$cmd`, else a find. */
  async #query({ collection, skip, limit, query }: QueryRequest, id: number, requestId: number): Promise<Buffer> {
    const dot = collection.indexOf('.')
    const [database, name] = [collection.slice(0, Math.max(0, dot)), collection.slice(dot + 1)]
    // `$query` wraps what is asked when options go with it.
    const inner = query.get('$query') ?? query.get('query')
    const asked = isDocument(inner) ? inner : query
    if (name === '$cmd') return encodeReply(id, requestId, [await this.#command(database, asked)])
    const command = doc({ find: name, filter: asked, skip, limit: Math.abs(limit), singleBatch: true })
    const reply = await this.#command(database, command)
    const cursor = reply.get('cursor')
    const batch = isDocument(cursor) ? cursor.get('firstBatch') : undefined
    if (Array.isArray(batch)) return encodeReply(id, requestId, batch.filter(isDocument))
    return encodeReply(id, requestId, [doc({ $err: reply.get('errmsg') ?? '', code: reply.get('code') ?? 0 })], 2)
  }

  async #legacyWrite({ kind, collection, documents }: LegacyRequest): Promise<void> {
    const dot = collection.indexOf('.')
    const [database, name] = [collection.slice(0, Math.max(0, dot)), collection.slice(dot + 1)]
    const [q = new Map(), u = new Map()] = documents
    if (kind === 'insert') await this.#command(database, doc({ insert: name, documents }))
    else if (kind === 'update') await this.#command(database, doc({ update: name, updates: [doc({ q, u })] }))
    else if (kind === 'delete') await this.#command(database, doc({ delete: name, deletes: [doc({ q, limit: 0 })] }))
  }

  async #command(database: string, command: BsonDocument): Promise<BsonDocument> {
    const startedAt = performance.now()
    const name = command.keys().next().value ?? ''
    const reply = await runCommand({ client: this.#client, name, database, command, work: new Work() })
    if (!QUIET.has(name.toLowerCase())) this.#turn(database, name, command, reply, startedAt)
    return reply
  }

  #turn(database: string, name: string, command: BsonDocument, reply: BsonDocument, startedAt: number): void {
    if (++this.#commands > LISTED_COMMANDS) return
    const { visit, user } = this.#client
    const shown = new Map([...command].filter(([key]) => key !== 'lsid' && !key.startsWith('$')))
    const code = reply.get('code')
    visit.record('turn', {
      input: text(shown),
      output: text(reply),
      source: 'static',
      durationMs: Math.round(performance.now() - startedAt),
      kind: 'mongodb',
      detail: {
        database: database.slice(0, 64),
        command: name.slice(0, 64),
        user: user?.name ?? '',
        ...(typeof code === 'number' && { errorCode: code }),
      },
    })
  }
}

function text(document: BsonDocument): ReturnType<typeof evidence> {
  return evidence(toBytes(shellText(document, { left: KEPT_TEXT }).slice(0, KEPT_TEXT)))
}
