/**
 * memcached without a password, as it should not stand in the open.
 *
 *   attacker: stats · stats items · stats cachedump 3 100 · get sess_9f…       → what an application keeps there
 *   attacker: set x 0 0 1048000 …                                              → artifact
 *   attacker: 00 01 00 00 00 01 00 00 stats\r\n   (UDP, from a victim's address)
 *   us:       one datagram no larger than the governor lets out, for the first two requests; then silence
 *
 * The codec has the three forms of the protocol; text-commands.ts, meta-commands.ts and binary-commands.ts do them on one cache
 * a source.
 */
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import { atMost } from '../../config/at-most.ts'
import { evidence } from '../../events/bytes.ts'
import { defineLure, type VisitContext } from '../../sensor/lure.ts'
import { TimeSlice } from '../../sensor/time-slice.ts'
import { type Datagram, LimitReached, type Visit, VisitEnded } from '../../sensor/visit.ts'
import { binaryCommand } from './binary-commands.ts'
import { type Cache, LARGEST_VALUE } from './cache.ts'
import {
  BufferSource,
  decodeHeader,
  decodeUdp,
  encodeUdp,
  HEADER_BYTES,
  MemcachedFormatError,
  REQUEST_MAGIC,
  splitBody,
  type UdpFrame,
} from './codec.ts'
import { Conversation } from './conversation.ts'
import { type MemcachedEvents, memcachedEvents } from './events.ts'
import { Server } from './stats.ts'
import { textCommand } from './text-commands.ts'

/** Longest line: a get of many keys. */
const LONGEST_LINE = 8192
/** Largest answer over UDP; the server itself sends datagrams of 1400 bytes, as many as it takes. */
const LARGEST_UDP_ANSWER = 200
const DATAGRAM_BYTES = 1392
/** Replies gathered before they are sent. */
const REPLY_BATCH_BYTES = 64 * 1024
/** Sources whose items are remembered. */
const SOURCES = 500
const ASKERS = 20_000

interface Room {
  server: Server
  caches: LRUCache<string, Cache>
  /** What the latest request over UDP of each source was after. */
  asked: LRUCache<string, { request: string; potentialBytes: number }>
}

export default defineLure({
  name: 'memcached',
  standsFor: ['Dionaea', 'Honeypots', 'Ddospot'],
  about: 'memcached 1.6.18, text and binary, over TCP and UDP',
  profiles: ['standard', 'mini'],
  ports: [
    { transport: 'tcp', port: 11211 },
    { transport: 'udp', port: 11211 },
  ],
  options: z.strictObject({}),
  events: memcachedEvents,

  start: ({ identity, persona }): Room => ({
    server: new Server(identity, persona),
    caches: new LRUCache({ max: SOURCES }),
    asked: new LRUCache({ ...atMost(ASKERS) }),
  }),

  async serve(visit, context) {
    const { server } = context.room
    server.connections++
    server.current++
    const source = { line: () => lineOf(visit), exactly: (n: number) => visit.exactly(n) }
    const conversation = new Conversation({
      witness: visit,
      server,
      cache: cacheOf(context.room, visit.source.ip),
      source,
      port: context.port.declared.port,
    })
    try {
      const [first] = await visit.peek(1)
      await (first === REQUEST_MAGIC ? serveBinary(visit, conversation) : serveText(visit, conversation))
    } finally {
      server.current--
      conversation.close()
    }
  },

  async answer(datagram, context) {
    const { asked } = context.room
    // In a flood nobody who asked is listening, and what it is after is known from its beginning.
    if (!datagram.fresh) {
      const known = asked.get(datagram.source.ip)
      if (known) datagram.asksFor(known.request, known.potentialBytes)
      return undefined
    }
    const frame = frameOf(datagram.bytes)
    if (frame?.datagrams !== 1) {
      record(datagram, asked, frame?.payload ?? datagram.bytes, 0, false)
      return undefined
    }
    const reply = await answerOnce(datagram, context, frame)
    record(datagram, asked, frame.payload, reply.length, true)
    if (reply.length === 0) return undefined
    const datagrams = Math.ceil(reply.length / DATAGRAM_BYTES)
    // The first piece of the answer; what would follow stays here.
    return encodeUdp({ requestId: frame.requestId, sequence: 0, datagrams, payload: reply.subarray(0, LARGEST_UDP_ANSWER - 8) })
  },
})

function cacheOf({ caches, server }: Room, ip: string): Cache {
  const cache = caches.get(ip) ?? server.newCache()
  caches.set(ip, cache)
  return cache
}

async function lineOf(visit: Visit<MemcachedEvents>): Promise<Buffer | undefined> {
  try {
    return await visit.line(LONGEST_LINE)
  } catch (error) {
    if (error instanceof VisitEnded) return undefined
    if (!(error instanceof LimitReached) || error.limit !== 'line') throw error
    await visit.write('CLIENT_ERROR line too long\r\n')
    return undefined
  }
}

async function serveText(visit: Visit<MemcachedEvents>, conversation: Conversation): Promise<void> {
  const slice = new TimeSlice()
  let replies: Buffer[] = []
  // What was asked in one go is answered in one go, as the server does it.
  const flush = async (): Promise<void> => {
    if (replies.length) await visit.write(Buffer.concat(replies))
    replies = []
  }
  for (let bytes = 0; ; ) {
    const line = await conversation.source.line()
    const reply = line ? await textCommand(conversation, line) : 'CLOSE'
    if (reply === 'CLOSE') return flush()
    replies.push(Buffer.from(reply as Buffer))
    bytes += reply.length
    const hasMore = (await visit.peek(1, { within: 0 })).length > 0
    if (hasMore && bytes < REPLY_BATCH_BYTES) continue
    await flush()
    bytes = 0
    await slice.turn()
  }
}

async function serveBinary(visit: Visit<MemcachedEvents>, conversation: Conversation): Promise<void> {
  const slice = new TimeSlice()
  for (;;) {
    const next = await visit.peek(HEADER_BYTES)
    if (next.length < HEADER_BYTES) return
    try {
      const header = decodeHeader(await visit.exactly(HEADER_BYTES))
      if (header.bodyLength > LARGEST_VALUE + 1024) throw new LimitReached('value', LARGEST_VALUE)
      const reply = binaryCommand(conversation, splitBody(header, await visit.exactly(header.bodyLength)))
      if (!reply) return
      if (reply.length) await visit.write(reply)
      // Opcode of QUIT.
      if (header.opcode === 0x07) return
    } catch (error) {
      if (error instanceof MemcachedFormatError) return
      throw error
    }
    await slice.turn()
  }
}

function frameOf(bytes: Buffer): UdpFrame | undefined {
  try {
    return decodeUdp(bytes)
  } catch (error) {
    if (error instanceof MemcachedFormatError) return undefined
    throw error
  }
}

/** What the commands of a datagram answer, whole. */
async function answerOnce(
  datagram: Datagram<MemcachedEvents>,
  { room, port }: VisitContext<unknown, Room>,
  { payload }: UdpFrame,
): Promise<Buffer> {
  const source = new BufferSource(payload)
  const conversation = new Conversation({
    witness: datagram,
    server: room.server,
    cache: cacheOf(room, datagram.source.ip),
    source,
    port: port.declared.port,
  })
  try {
    if (payload[0] === REQUEST_MAGIC) {
      const header = decodeHeader(payload.subarray(0, HEADER_BYTES))
      return (
        binaryCommand(conversation, splitBody(header, payload.subarray(HEADER_BYTES, HEADER_BYTES + header.bodyLength))) ?? Buffer.alloc(0)
      )
    }
    const line = await source.line()
    const reply = line && (await textCommand(conversation, line))
    return reply === undefined || reply === 'CLOSE' ? Buffer.alloc(0) : Buffer.from(reply as Buffer)
  } catch (error) {
    if (error instanceof MemcachedFormatError) return Buffer.alloc(0)
    throw error
  }
}

function record(
  datagram: Datagram<MemcachedEvents>,
  asked: Room['asked'],
  payload: Buffer,
  potentialBytes: number,
  isWellFormed: boolean,
): void {
  const isAmplified = potentialBytes > 10 * datagram.bytes.length
  const name = evidence(payload.subarray(0, 64))
  const request = isAmplified ? 'amplified' : 'small'
  asked.set(datagram.source.ip, { request, potentialBytes })
  datagram.asksFor(request, potentialBytes)
  datagram.record(
    'memcached.udp-request',
    { name, potentialBytes, isWellFormed },
    isAmplified ? ['cve:CVE-2018-1000115', 'attack:T1498.002'] : [],
  )
}
