import { createConnection } from 'node:net'
import { MongoClient, type MongoClientOptions } from 'mongodb'
import { afterEach, describe, expect, it } from 'vitest'
import { doc } from '../../../src/emulators/mongodb/bson.ts'
import { encodeQuery } from '../../../src/emulators/mongodb/codec.ts'
import lure from '../../../src/emulators/mongodb/index.ts'
import { type Playing, type PlayOptions, play } from '../../harness.ts'
import { FileHosts } from '../file-hosts.ts'

let playing: Playing
const clients: MongoClient[] = []
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close()
  await playing.stop()
})

async function serve(given: PlayOptions = {}): Promise<void> {
  playing = await play(lure, { persona: 'plain', prompts: 'test/fixtures/prompts', hosts: new FileHosts(), ...given })
}

async function connect(options: MongoClientOptions = {}): Promise<MongoClient> {
  const client = new MongoClient(`mongodb://127.0.0.1:${playing.port()}/`, { serverSelectionTimeoutMS: 4000, ...options })
  clients.push(client)
  await client.connect()
  return client
}

const login = { policy: 'list', accept: [{ user: 'root', password: 'letmein' }] }
const as = (
  username: string,
  password: string,
  authMechanism: 'SCRAM-SHA-1' | 'SCRAM-SHA-256' | 'DEFAULT' = 'DEFAULT',
): MongoClientOptions => ({
  auth: { username, password },
  authMechanism,
})

describe('an open server', () => {
  it('closes on a TLS hello, as mongod does without a certificate', async () => {
    await serve()
    await expect(connect({ tls: true, tlsAllowInvalidCertificates: true, serverSelectionTimeoutMS: 500 })).rejects.toThrow()
    expect(playing.data('mongodb.protocol-error')[0]).toEqual({ message: 'TLS hello' })
  })

  it.each([
    {},
    { compressors: ['zlib' as const] },
    { tls: true, tlsAllowInvalidCertificates: true },
  ])('lists and reads with %j', async (options) => {
    await serve({ options: { tls: options.tls === true } })
    const client = await connect(options)
    const { databases } = await client.db().admin().listDatabases()
    expect(databases.map(({ name }) => name)).toEqual(['admin', 'config', 'local', 'shop'])
    const shop = client.db('shop')
    expect((await shop.listCollections().toArray()).map(({ name }) => name)).toContain('customers')
    expect(await shop.collection('customers').countDocuments()).toBeGreaterThan(100)
    const all = await shop.collection('customers').find().batchSize(50).toArray()
    expect(all.length).toBe(await shop.collection('customers').estimatedDocumentCount())
    const [first] = await shop
      .collection('users')
      .find({}, { projection: { _id: 0 } })
      .sort({ id: 1 })
      .limit(1)
      .toArray()
    expect(first).toHaveProperty('id', 1)
    expect(playing.data('mongodb.client')[0]).toMatchObject({ metadata: expect.stringContaining('nodejs') })
  })

  it('keeps what is written, and groups, changes and finds it', async () => {
    await serve()
    const things = (await connect()).db('x').collection<{ _id: number; kind: string; n?: number }>('things')
    await things.insertMany([
      { _id: 1, kind: 'a', n: 4 },
      { _id: 2, kind: 'b', n: 5 },
      { _id: 3, kind: 'a', n: 6 },
    ])
    await expect(things.insertOne({ _id: 1, kind: 'c' })).rejects.toMatchObject({ code: 11_000 })
    expect(await things.aggregate([{ $group: { _id: '$kind', sum: { $sum: '$n' } } }, { $sort: { _id: 1 } }]).toArray()).toEqual([
      { _id: 'a', sum: 10 },
      { _id: 'b', sum: 5 },
    ])
    expect(await things.updateMany({ kind: 'a' }, { $inc: { n: 1 } })).toMatchObject({ matchedCount: 2, modifiedCount: 2 })
    expect(await things.find({ n: { $gte: 7 }, kind: /^A$/i }).toArray()).toEqual([{ _id: 3, kind: 'a', n: 7 }])
    expect(await things.deleteOne({ _id: 2 })).toMatchObject({ deletedCount: 1 })
    expect(await things.distinct('kind')).toEqual(['a'])
  })

  it('loses its data to a ransom, whose note is read', async () => {
    await serve()
    const client = await connect()
    await client.db('shop').dropDatabase()
    const note = 'All your data is backed up. Send 0.01 BTC to bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq or mail rec0very@onionmail.org'
    await client.db('READ__ME_TO_RECOVER').collection('README').insertOne({ content: note })
    const { databases } = await client.db().admin().listDatabases()
    expect(databases.map(({ name }) => name)).toEqual(['READ__ME_TO_RECOVER', 'admin', 'config', 'local'])
    expect(playing.data('mongodb.destroyed')).toMatchObject([{ what: 'database', name: 'shop' }])
    expect(playing.data<{ kind: string; value: string }>('indicator').map(({ value }) => value)).toContain('rec0very@onionmail.org')
    const turn = playing.data<{ input: string }>('turn').find(({ input }) => input.startsWith('{ insert'))
    expect(turn).toMatchObject({ kind: 'mongodb', input: expect.stringContaining('bc1qar0'), output: '{ n: 1, ok: 1 }' })
  })

  it('says what it is', async () => {
    await serve()
    const admin = (await connect()).db('admin')
    expect(await admin.command({ buildInfo: 1 })).toMatchObject({ version: '4.4.29', bits: 64, ok: 1 })
    expect(await admin.command({ serverStatus: 1 })).toMatchObject({
      version: '4.4.29',
      process: 'mongod',
      storageEngine: { name: 'wiredTiger' },
    })
    expect(await admin.command({ getLog: 'startupWarnings' })).toMatchObject({
      log: [expect.stringContaining('Access control is not enabled')],
    })
    expect(await admin.command({ hostInfo: 1 })).toMatchObject({ os: { type: 'Linux' } })
    await expect(admin.command({ replSetGetStatus: 1 })).rejects.toMatchObject({ code: 76, codeName: 'NoReplicationEnabled' })
    await expect(admin.command({ boo: 1 })).rejects.toMatchObject({ code: 59, message: "no such command: 'boo'" })
  })

  it('answers a browser as the server does', async () => {
    await serve()
    const answer = String(await playing.exchange('GET / HTTP/1.1\r\n\r\n'))
    expect(answer).toMatch(
      /^HTTP\/1\.0 200 OK\r\nConnection: close\r\nContent-Type: text\/plain\r\nContent-Length: 85\r\n\r\nIt looks like you are trying to access MongoDB over HTTP/,
    )
  })
})

describe('a server that wants a login', () => {
  const guarded = { options: { login, access: 'login' } }

  it('tells a stranger nothing, in the words nmap knows', async () => {
    await serve(guarded)
    const client = await connect()
    await expect(client.db().admin().listDatabases()).rejects.toMatchObject({
      code: 13,
      message: 'command listDatabases requires authentication',
    })
  })

  it.each(['SCRAM-SHA-1', 'SCRAM-SHA-256', 'DEFAULT'] as const)('lets in whom the policy lets in, with %s', async (mechanism) => {
    await serve(guarded)
    const client = await connect(as('root', 'letmein', mechanism))
    expect((await client.db().admin().listDatabases()).databases.length).toBe(4)
    const logins = playing.data('login')
    expect(logins.every(({ accepted, password }) => accepted === true && password === 'letmein')).toBe(true)
    expect(logins.length).toBeGreaterThan(0)
  })

  it('refuses others; a common password is seen through, the exchange of another is kept', async () => {
    await serve(guarded)
    await expect(connect(as('root', 'qwerty123'))).rejects.toMatchObject({ code: 18, codeName: 'AuthenticationFailed' })
    await expect(connect(as('root', 'kX9!vv'))).rejects.toMatchObject({ code: 18, message: 'Authentication failed.' })
    expect(playing.data('login')).toMatchObject([
      { method: 'scram-sha-256', username: 'root', password: 'qwerty123', accepted: false },
      { method: 'scram-sha-256', username: 'root', accepted: false },
    ])
    expect(playing.data('mongodb.scram')).toMatchObject([
      { user: 'root', database: 'admin', mechanism: 'SCRAM-SHA-256', iterations: 15_000 },
    ])
  })
})

it('takes what is no message for the end', async () => {
  await serve()
  const socket = createConnection(playing.port(), '127.0.0.1')
  socket.write(Buffer.alloc(64, 0xff))
  await playing.seen('mongodb.protocol-error')
  socket.destroy()
  const reply = await playing.exchange(encodeQuery(3, 'test.$cmd', doc({ serverStatus: 1 })))
  expect(reply.toString('latin1')).toMatch(/version\0\x07\0\0\x004\.4\.29/)
})
