import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  Binary,
  BsonDate,
  type BsonDocument,
  BsonError,
  BsonRegex,
  type BsonValue,
  Double,
  decodeDocument,
  doc,
  encodeDocument,
  ObjectId,
} from '../../../src/emulators/mongodb/bson.ts'
import {
  decodeHeader,
  decodeRequest,
  encodeMsgRequest,
  encodeQuery,
  HEADER_BYTES,
  MongoFormatError,
} from '../../../src/emulators/mongodb/codec.ts'
import { compress, uncompress } from '../../../src/emulators/mongodb/compression.ts'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map((one) => Buffer.from(one))
const name = fc.string({ maxLength: 8, unit: fc.constantFrom('a', 'B', '$', '.', 'é', '_') })
const { value } = fc.letrec<{ value: BsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.string({ unit: 'grapheme' }),
    fc.double({ noNaN: true }).map((number) => new Double(number)),
    bytes(12).map((id) => new ObjectId(id)),
    fc.bigInt({ min: -(2n ** 60n), max: 2n ** 60n }).map((ms) => new BsonDate(ms)),
    bytes(5).map((content) => new Binary(0, content)),
    fc.constant(new BsonRegex('^a.b$', 'i')),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.array(fc.tuple(name, tie('value')), { maxLength: 3 }).map((pairs): BsonDocument => new Map(pairs)),
  ),
}))
const documents = fc.array(fc.tuple(name, value), { maxLength: 5 }).map((pairs): BsonDocument => new Map(pairs))

describe('BSON', () => {
  it('keeps every value and its type', () => {
    fc.assert(
      fc.property(documents, (document) => {
        expect(decodeDocument(encodeDocument(document))).toEqual(document)
      }),
    )
  })

  it('is as bsonspec.org has it', () => {
    const text = '160000000268656c6c6f0006000000776f726c640000'
    expect(encodeDocument(doc({ hello: 'world' })).toString('hex')).toBe(text)
    expect(decodeDocument(Buffer.from(text, 'hex'))).toEqual(doc({ hello: 'world' }))
  })

  it('throws only its own error for what is none', () => {
    const damaged = fc
      .tuple(documents, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), fc.nat(40))
      .map(([document, changes, cut]) => {
        const whole = Buffer.from(encodeDocument(document))
        for (const [at, byte] of changes) whole[at % whole.length] = byte
        return cut > 30 ? whole.subarray(0, cut % whole.length) : whole
      })
    fc.assert(
      fc.property(damaged, (input) => {
        try {
          decodeDocument(input)
        } catch (error) {
          expect(error).toBeInstanceOf(BsonError)
        }
      }),
    )
  })
})

describe('messages', () => {
  it('come back from OP_MSG with their sequence, and from OP_QUERY', () => {
    fc.assert(
      fc.property(documents, fc.array(documents, { maxLength: 3 }), (command, sequence) => {
        command.delete('documents')
        const message = encodeMsgRequest(7, command, { name: 'documents', documents: sequence })
        expect(decodeHeader(message)).toMatchObject({ length: message.length, requestId: 7, opcode: 2013 })
        const expected = new Map<string, BsonValue>([...command, ['documents', sequence]])
        expect(decodeRequest(2013, message.subarray(HEADER_BYTES))).toEqual({ kind: 'msg', command: expected, isSilent: false })
      }),
    )
    const query = encodeQuery(1, 'admin.$cmd', doc({ isMaster: 1 }))
    expect(decodeRequest(2004, query.subarray(HEADER_BYTES))).toMatchObject({ kind: 'query', collection: 'admin.$cmd', limit: -1 })
  })

  it.each([
    ['noop', 0],
    ['zlib', 2],
    ['zstd', 3],
  ])('come back from %s', (_, compressor) => {
    const message = encodeMsgRequest(9, doc({ ping: 1, $db: 'admin' }))
    const packed = compress(message, compressor)
    expect(decodeHeader(packed)).toMatchObject({ length: packed.length, requestId: 9, opcode: 2012 })
    expect(uncompress(packed.subarray(HEADER_BYTES))).toEqual({ opcode: 2013, body: message.subarray(HEADER_BYTES), compressor })
  })

  it('that inflate to more than they say are refused', () => {
    const bomb = compress(encodeMsgRequest(1, doc({ a: 'x'.repeat(1_000_000) })), 2)
    bomb.writeUInt32LE(100, HEADER_BYTES + 4)
    expect(() => uncompress(bomb.subarray(HEADER_BYTES))).toThrow(MongoFormatError)
  })

  it('throw only their own error when they are none', () => {
    fc.assert(
      fc.property(fc.constantFrom(2001, 2002, 2004, 2005, 2006, 2007, 2012, 2013, 1), fc.uint8Array({ maxLength: 80 }), (opcode, input) => {
        try {
          if (opcode === 2012) uncompress(Buffer.from(input))
          else decodeRequest(opcode, Buffer.from(input))
        } catch (error) {
          expect(error).toBeInstanceOf(MongoFormatError)
        }
      }),
    )
  })
})
