import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { Reader, readRecordsBatch, Writer } from '@platformatic/kafka'
import type { Certificate } from '../../src/sensor/certificate.ts'
import { fakeTcp } from './fake-server.ts'

/** What a broker does with messages. */
export type Mood = 'well' | 'silent' | 'away' | 'refusing'

/** A broker whose mood may change; texts of the messages that it took. */
export interface FakeBroker {
  port: number
  mood: Mood
  taken: string[]
  /** Names on the certificates that clients showed. */
  clients: string[]
}

/** Enough of NATS with JetStream: a message with a reply subject is acknowledged. A server with a certificate asks for TLS after its greeting. */
export async function fakeNats(certificate?: Certificate): Promise<FakeBroker> {
  const broker: FakeBroker = { port: 0, mood: 'well', taken: [], clients: [] }
  const server = await fakeTcp((socket) => {
    if (broker.mood === 'away') return socket.destroy()
    const info = { server_id: 'F', version: '2.10.0', proto: 1, headers: true, jetstream: true, max_payload: 1024 * 1024 }
    socket.write(`INFO ${JSON.stringify({ ...info, ...(certificate ? { tls_required: true } : {}) })}\r\n`)
    if (!certificate) return talkNats(broker, socket)
    const secure = new TLSSocket(socket, { isServer: true, ...certificate, requestCert: true, rejectUnauthorized: false })
    secure.on('error', () => socket.destroy())
    secure.once('secure', () => broker.clients.push(String(secure.getPeerCertificate().subject?.CN ?? '')))
    talkNats(broker, secure)
  })
  broker.port = server.port
  return broker
}

function talkNats(broker: FakeBroker, socket: Socket): void {
  let unread = ''
  let sid = '1'
  let pings = 0
  socket.on('data', (data: Buffer) => {
    if (broker.mood === 'away') return socket.destroy()
    unread += data.toString('latin1')
    for (let end = unread.indexOf('\r\n'); end >= 0; end = unread.indexOf('\r\n')) {
      const [verb = '', ...words] = unread.slice(0, end).split(' ')
      const size = /^H?PUB$/.test(verb) ? Number(words.at(-1)) + 2 : 0
      if (unread.length < end + 2 + size) return
      const payload = unread.slice(end + 2, end + 2 + size - 2)
      unread = unread.slice(end + 2 + size)
      // The first one belongs to the greeting.
      if (verb === 'PING' && (pings++ === 0 || broker.mood !== 'silent')) socket.write('PONG\r\n')
      if (verb === 'SUB') sid = words.at(-1) ?? sid
      if (size === 0) continue
      const reply = words.length === (verb === 'HPUB' ? 4 : 3) ? words[1] : undefined
      if (broker.mood !== 'refusing') broker.taken.push(`${words[0]} ${payload}`)
      if (!reply || broker.mood === 'silent') continue
      const error = { code: 400, err_code: 10054, description: 'message size exceeds maximum allowed' }
      const answer = JSON.stringify(broker.mood === 'refusing' ? { error } : { stream: 'SUNDEW', seq: broker.taken.length })
      socket.write(`MSG ${reply} ${sid} ${answer.length}\r\n${answer}\r\n`)
    }
  })
}

const Api = { PRODUCE: 0, METADATA: 3, API_VERSIONS: 18 } as const
/** Of each call the version that is played. */
const VERSIONS: Readonly<Record<number, number>> = { [Api.PRODUCE]: 9, [Api.METADATA]: 12, [Api.API_VERSIONS]: 3 }
const MESSAGE_TOO_LARGE = 10

/** One broker with one partition of every topic that it is asked for. */
export async function fakeKafka(certificate?: Certificate): Promise<FakeBroker> {
  const broker: FakeBroker = { port: 0, mood: 'well', taken: [], clients: [] }
  const server = await fakeTcp((socket) => {
    if (broker.mood === 'away') return socket.destroy()
    if (!certificate) return talkKafka(broker, socket)
    const secure = new TLSSocket(socket, { isServer: true, ...certificate, requestCert: true, rejectUnauthorized: false })
    secure.on('error', () => socket.destroy())
    secure.once('secure', () => broker.clients.push(String(secure.getPeerCertificate().subject?.CN ?? '')))
    talkKafka(broker, secure)
  })
  broker.port = server.port
  return broker
}

function talkKafka(broker: FakeBroker, socket: Socket): void {
  let unread = Buffer.alloc(0)
  socket.on('data', (data: Buffer) => {
    if (broker.mood === 'away') return socket.destroy()
    unread = Buffer.concat([unread, data])
    while (unread.length >= 4 && unread.length >= 4 + unread.readUInt32BE()) {
      const request = Reader.from(unread.subarray(4, 4 + unread.readUInt32BE()))
      unread = unread.subarray(4 + unread.readUInt32BE())
      const [api, , correlation] = [request.readInt16(), request.readInt16(), request.readInt32()]
      request.readNullableString(false)
      request.readTaggedFields()
      const answer = answerOf(broker, api, request)
      if (!answer) continue
      const head = Writer.create().appendInt32(correlation)
      // The one answer whose head has no tagged fields: it tells which versions there are.
      if (api !== Api.API_VERSIONS) head.appendTaggedFields()
      socket.write(head.appendFrom(answer).prependLength().buffer)
    }
  })
}

function answerOf(broker: FakeBroker, api: number, request: Reader): Writer | undefined {
  if (api === Api.API_VERSIONS) {
    const versions = Object.entries(VERSIONS).map(([key, version]) => [Number(key), version] as const)
    return Writer.create()
      .appendInt16(0)
      .appendArray(versions, (w, [key, version]) => w.appendInt16(key).appendInt16(version).appendInt16(version))
      .appendInt32(0)
      .appendTaggedFields()
  }
  if (api === Api.METADATA) {
    const topics = request.readArray((r) => {
      r.readUUID()
      return r.readString()
    })
    const partition = (w: Writer): Writer =>
      w
        .appendInt16(0)
        .appendInt32(0)
        .appendInt32(1)
        .appendInt32(0)
        .appendArray([1], (v, node) => v.appendInt32(node), true, false)
        .appendArray([1], (v, node) => v.appendInt32(node), true, false)
        .appendArray([], (v) => v, true, false)
    return Writer.create()
      .appendInt32(0)
      .appendArray([1], (w, node) => w.appendInt32(node).appendString('127.0.0.1').appendInt32(broker.port).appendString(null))
      .appendString('fake')
      .appendInt32(1)
      .appendArray(topics, (w, topic) =>
        w
          .appendInt16(0)
          .appendString(topic)
          .appendUUID(null)
          .appendBoolean(false)
          .appendArray([0], (v) => void partition(v))
          .appendInt32(0),
      )
      .appendTaggedFields()
  }
  if (api !== Api.PRODUCE) throw new Error(`the fake broker does not know call ${api}`)
  request.readNullableString()
  request.readInt16()
  request.readInt32()
  const topics = request.readArray((r) => ({
    name: r.readString(),
    texts: r.readArray((p) => {
      p.readInt32()
      const { records } = readRecordsBatch(Reader.from(p.readBytes()))
      return records.map(({ value }) => String(value))
    }),
  }))
  if (broker.mood === 'silent') return undefined
  const isRefused = broker.mood === 'refusing'
  if (!isRefused) broker.taken.push(...topics.flatMap(({ name, texts }) => texts.flat().map((text) => `${name} ${text}`)))
  return Writer.create()
    .appendArray(topics, (w, { name }) =>
      w.appendString(name).appendArray([0], (v, index) =>
        v
          .appendInt32(index)
          .appendInt16(isRefused ? MESSAGE_TOO_LARGE : 0)
          .appendInt64(0n)
          .appendInt64(-1n)
          .appendInt64(0n)
          .appendArray([], (u) => u)
          .appendString(null),
      ),
    )
    .appendInt32(0)
    .appendTaggedFields()
}
