/**
 * Messages of the MongoDB wire protocol: OP_MSG, and the older OP_QUERY and its kin.
 *
 * Source: https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/
 */
import { toText } from '../../host/text.ts'
import { ByteReader, ShortMessage } from '../../sensor/byte-reader.ts'
import { ByteWriter } from '../../sensor/byte-writer.ts'
import { type BsonDocument, BsonError, encodeDocument, readDocument } from './bson.ts'

/** Bytes that are no message of this protocol. */
export class MongoFormatError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'MongoFormatError'
  }
}

export const OP = {
  reply: 1,
  update: 2001,
  insert: 2002,
  query: 2004,
  getMore: 2005,
  delete: 2006,
  killCursors: 2007,
  compressed: 2012,
  msg: 2013,
} as const
export const HEADER_BYTES = 16
/** `maxMessageSizeBytes`. */
const LARGEST_MESSAGE = 48_000_000
/** What is taken in: one document of the largest size and what is around it. */
export const LARGEST_ACCEPTED = 17 * 1024 * 1024

export interface Header {
  length: number
  requestId: number
  responseTo: number
  opcode: number
}

/** @throws MongoFormatError */
export function decodeHeader(bytes: Buffer): Header {
  if (bytes.length < HEADER_BYTES) throw new MongoFormatError('short header')
  const header = {
    length: bytes.readInt32LE(0),
    requestId: bytes.readInt32LE(4),
    responseTo: bytes.readInt32LE(8),
    opcode: bytes.readInt32LE(12),
  }
  if (header.length < HEADER_BYTES || header.length > LARGEST_MESSAGE) throw new MongoFormatError(`length ${header.length}`)
  return header
}

const FLAG = { checksum: 1, moreToCome: 2 } as const

export interface MsgRequest {
  kind: 'msg'
  command: BsonDocument
  /** The client wants no answer. */
  isSilent: boolean
}

export interface QueryRequest {
  kind: 'query'
  /** `admin.$cmd`, `shop.users`. */
  collection: string
  skip: number
  limit: number
  query: BsonDocument
}

/** Legacy writes and cursors; none of them is answered but getMore. */
export interface LegacyRequest {
  kind: 'insert' | 'update' | 'delete' | 'get-more' | 'kill-cursors'
  collection: string
  documents: BsonDocument[]
}

export type Request = MsgRequest | QueryRequest | LegacyRequest

/** @param body what follows the header; @throws MongoFormatError */
export function decodeRequest(opcode: number, body: Buffer): Request {
  try {
    const reader = new ByteReader(body)
    switch (opcode) {
      case OP.msg:
        return decodeMsg(reader)
      case OP.query:
        return decodeQuery(reader)
      case OP.insert:
        reader.skip(4)
        return { kind: 'insert', collection: toText(reader.untilNul()), documents: documents(reader) }
      case OP.update:
      case OP.delete: {
        reader.skip(4)
        const collection = toText(reader.untilNul())
        reader.skip(4)
        return { kind: opcode === OP.update ? 'update' : 'delete', collection, documents: documents(reader) }
      }
      case OP.getMore:
        reader.skip(4)
        return { kind: 'get-more', collection: toText(reader.untilNul()), documents: [] }
      case OP.killCursors:
        return { kind: 'kill-cursors', collection: '', documents: [] }
      default:
        throw new MongoFormatError(`opcode ${opcode}`)
    }
  } catch (error) {
    if (error instanceof ShortMessage || error instanceof BsonError) throw new MongoFormatError(error.message)
    throw error
  }
}

function documents(reader: ByteReader): BsonDocument[] {
  const found: BsonDocument[] = []
  while (reader.left > 0) found.push(readDocument(reader))
  return found
}

function decodeMsg(reader: ByteReader): MsgRequest {
  const flags = reader.u32le()
  // Bits 0 to 15 must be understood.
  if (flags & 0xfffc) throw new MongoFormatError(`flags ${flags}`)
  const end = reader.bytes.length - (flags & FLAG.checksum ? 4 : 0)
  let command: BsonDocument | undefined
  const sequences: [string, BsonDocument[]][] = []
  while (reader.at < end) {
    const kind = reader.u8()
    if (kind === 0) {
      if (command) throw new MongoFormatError('two bodies')
      command = readDocument(reader)
    } else if (kind === 1) {
      const size = reader.i32le()
      const section = new ByteReader(reader.take(size - 4))
      const name = toText(section.untilNul())
      sequences.push([name, documents(section)])
    } else throw new MongoFormatError(`section ${kind}`)
  }
  if (!command) throw new MongoFormatError('no body')
  for (const [name, items] of sequences) command.set(name, items)
  return { kind: 'msg', command, isSilent: (flags & FLAG.moreToCome) !== 0 }
}

function decodeQuery(reader: ByteReader): QueryRequest {
  reader.skip(4)
  const collection = toText(reader.untilNul())
  const [skip, limit] = [reader.i32le(), reader.i32le()]
  return { kind: 'query', collection, skip, limit, query: readDocument(reader) }
}

function frame(opcode: number, requestId: number, responseTo: number, body: Buffer): Buffer {
  return new ByteWriter()
    .u32le(HEADER_BYTES + body.length)
    .u32le(requestId)
    .u32le(responseTo)
    .u32le(opcode)
    .bytes(body)
    .done()
}

export function encodeMsg(requestId: number, responseTo: number, document: BsonDocument): Buffer {
  return frame(OP.msg, requestId, responseTo, new ByteWriter().u32le(0).u8(0).bytes(encodeDocument(document)).done())
}

/** @param flags 8 is AwaitCapable, 2 QueryFailure */
export function encodeReply(requestId: number, responseTo: number, found: readonly BsonDocument[], flags = 8): Buffer {
  const writer = new ByteWriter().u32le(flags).u64le(0).u32le(0).u32le(found.length)
  for (const document of found) writer.bytes(encodeDocument(document))
  return frame(OP.reply, requestId, responseTo, writer.done())
}

/** The client's side, for tests. */
export function encodeQuery(requestId: number, collection: string, query: BsonDocument): Buffer {
  return frame(OP.query, requestId, 0, new ByteWriter().u32le(0).nulText(collection).u32le(0).i32be(-1).bytes(encodeDocument(query)).done())
}

export function encodeMsgRequest(requestId: number, command: BsonDocument, sequence?: { name: string; documents: BsonDocument[] }): Buffer {
  const writer = new ByteWriter().u32le(0).u8(0).bytes(encodeDocument(command))
  if (sequence) {
    const inner = new ByteWriter().nulText(sequence.name)
    for (const document of sequence.documents) inner.bytes(encodeDocument(document))
    writer
      .u8(1)
      .u32le(inner.length + 4)
      .bytes(inner.done())
  }
  return frame(OP.msg, requestId, 0, writer.done())
}
