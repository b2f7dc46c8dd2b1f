import { Binary, type BsonDocument, doc } from '../../../src/emulators/mongodb/bson.ts'
import { encodeMsgRequest, encodeQuery } from '../../../src/emulators/mongodb/codec.ts'
import { compress } from '../../../src/emulators/mongodb/compression.ts'

let requests = 0
const on = (database: string, command: Parameters<typeof doc>[0], documents?: BsonDocument[]): Buffer => {
  const sequence = documents && { name: 'documents', documents }
  return encodeMsgRequest(++requests, doc({ ...command, $db: database }), sequence)
}
const admin = (command: Parameters<typeof doc>[0]): Buffer => on('admin', command)
const scram = (mechanism: string): Buffer =>
  admin({ saslStart: 1, mechanism, payload: new Binary(0, Buffer.from('n,,n=root,r=fyko+d2lbbFgONRv9qkxdawL')), autoAuthorize: 1 })

export default [
  Buffer.concat([
    encodeQuery(1, 'admin.$cmd', doc({ isMaster: 1, client: doc({ driver: doc({ name: 'x' }) }) })),
    admin({ listDatabases: 1 }),
  ]),
  Buffer.concat([encodeQuery(1, 'test.$cmd', doc({ serverStatus: 1 })), encodeQuery(2, 'shop.users', doc({ id: doc({ $gt: 3 }) }))]),
  Buffer.concat([
    on('shop', {
      find: 'customers',
      filter: doc({ name: doc({ $regex: '^a', $options: 'i' }), $or: [doc({ id: 1 }), doc({ id: doc({ $in: [2, 3] }) })] }),
      sort: doc({ id: -1 }),
    }),
    on('shop', {
      aggregate: 'orders',
      pipeline: [doc({ $match: doc({}) }), doc({ $group: doc({ _id: '$status', n: doc({ $sum: 1 }) }) })],
      cursor: doc({}),
    }),
  ]),
  Buffer.concat([
    on('shop', { insert: 'README' }, [doc({ content: 'send 0.01 BTC to bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq' })]),
    on('shop', {
      update: 'README',
      updates: [doc({ q: doc({}), u: doc({ $set: doc({ 'a.b': 1 }), $push: doc({ c: 2 }) }), upsert: true })],
    }),
    on('shop', { delete: 'README', deletes: [doc({ q: doc({}), limit: 0 })] }),
    on('shop', { dropDatabase: 1 }),
  ]),
  Buffer.concat([
    scram('SCRAM-SHA-1'),
    admin({ saslContinue: 1, conversationId: 1, payload: new Binary(0, Buffer.from('c=biws,r=x,p=dj0=')) }),
  ]),
  Buffer.concat([scram('SCRAM-SHA-256'), admin({ createUser: 'x', pwd: 'y', roles: ['root'] })]),
  Buffer.concat([compress(admin({ buildInfo: 1 }), 2), compress(admin({ getLog: 'global' }), 3), admin({ shutdown: 1 })]),
  Buffer.from('GET / HTTP/1.0\r\n\r\n'),
]
