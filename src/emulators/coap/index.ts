/**
 * libcoap's example server, as it stands about on the Internet of things.
 *
 *   scanner:  GET /.well-known/core                    us: </>;title="General Info";ct=0,</time>;if="clock";…
 *   attacker: the same, from a victim's address        us: one datagram, if the governor lets it out; then silence
 *   anybody:  PUT /example_data                        us: 2.04, and that is what the next GET reads    → coap.request, artifact
 *
 * Notifications (Observe) are never sent: they would go on to whoever was named as the asker. codec.ts is RFC 7252, resources.ts
 * what the server holds.
 */
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import { Evidence, evidence } from '../../events/bytes.ts'
import { defineLure } from '../../sensor/lure.ts'
import type { Datagram } from '../../sensor/visit.ts'
import {
  blockOf,
  CODE,
  CoapFormatError,
  type CoapMessage,
  type CoapOption,
  decodeCoap,
  encodeCoap,
  KIND,
  METHOD,
  OPTION,
  uint,
} from './codec.ts'
import { type Reply, Resources, text } from './resources.ts'

const SOURCES = 1000
/** Payloads from here on are kept as artifacts. */
const CAPTURED_BYTES = 16
/** Largest block, as libcoap sends it. */
const LARGEST_EXPONENT = 6
const LAST_METHOD = 31

const coapEvents = {
  'coap.request': z.object({
    confirmable: z.boolean(),
    method: z.string(),
    path: Evidence,
    queries: z.array(Evidence),
    /** `2.05`; absent for silence, a reset or an empty acknowledgement. */
    code: z.string().optional(),
    payload: Evidence.optional(),
    observe: z.boolean().optional(),
    /** Bytes that a server without a governor would have sent. */
    potentialBytes: z.number(),
  }),
  'coap.malformed': z.object({ reason: z.string(), message: Evidence }),
}

interface Room {
  resources: LRUCache<string, Resources>
  /** Counts the transfers in blocks: libcoap's ETags. */
  transfers: number
}

export default defineLure({
  name: 'coap',
  standsFor: ['Ddospot'],
  about: 'libcoap, the example server',
  profiles: ['tarpit', 'ics'],
  ports: [{ transport: 'udp', port: 5683, group: '224.0.1.187' }],
  options: z.strictObject({}),
  events: coapEvents,

  start: (): Room => ({ resources: new LRUCache({ max: SOURCES }), transfers: 0 }),

  answer(datagram, { room }) {
    try {
      const message = decodeCoap(datagram.bytes)
      return message && respond(message, datagram, room)
    } catch (error) {
      if (!(error instanceof CoapFormatError)) throw error
      datagram.record('coap.malformed', { reason: error.message, message: evidence(datagram.bytes.subarray(0, 256)) })
      return reset(error.id)
    }
  },
})

function respond(message: CoapMessage, datagram: Datagram<typeof coapEvents>, room: Room): Buffer | undefined {
  const { kind, code, id } = message
  if (kind === KIND.ACK || kind === KIND.RST || code > LAST_METHOD) return undefined
  if (code === CODE.EMPTY) return reset(id)
  const reply = replyTo(message, datagram.source.ip, room)
  const answer = encode(message, reply, room)
  record(message, datagram, reply, answer)
  return answer
}

function replyTo(message: CoapMessage, source: string, room: Room): Reply | undefined {
  const { code, options, payload } = message
  const known: readonly number[] = Object.values(OPTION)
  // Odd numbers are critical: what is not understood must be refused.
  if (options.some(({ number }) => number % 2 === 1 && !known.includes(number))) return text(CODE.BAD_OPTION, 'Bad Option')
  if (options.some(({ number }) => number === OPTION.PROXY_URI || number === OPTION.PROXY_SCHEME)) {
    return text(CODE.PROXYING_NOT_SUPPORTED, 'Proxying Not Supported')
  }
  const request = { method: code, path: texts(options, OPTION.URI_PATH).join('/'), queries: texts(options, OPTION.URI_QUERY), payload }
  const resources = room.resources.get(source) ?? new Resources()
  room.resources.set(source, resources)
  return resources.answer(request)
}

function encode(request: CoapMessage, reply: Reply | undefined, room: Room): Buffer {
  const { kind, id, token, options } = request
  const base = { kind: kind === KIND.CON ? KIND.ACK : KIND.NON, id }
  if (!reply) return encodeCoap({ ...base, code: CODE.EMPTY, token: Buffer.alloc(0), options: [], payload: Buffer.alloc(0) })
  const given: CoapOption[] = []
  if (reply.format !== undefined) given.push({ number: OPTION.CONTENT_FORMAT, value: uint(reply.format) })
  if (reply.maxAge !== undefined) given.push({ number: OPTION.MAX_AGE, value: uint(reply.maxAge) })
  const block = blockOf(options.find(({ number }) => number === OPTION.BLOCK2)?.value ?? Buffer.of(LARGEST_EXPONENT))
  const from = block.number * block.size
  const isWhole = from === 0 && reply.payload.length <= block.size
  if (isWhole || reply.code !== CODE.CONTENT)
    return encodeCoap({ ...base, code: reply.code, token, options: given, payload: reply.payload })
  const more = from + block.size < reply.payload.length
  if (block.number === 0) {
    given.unshift({ number: OPTION.ETAG, value: uint(++room.transfers) })
    given.push({ number: OPTION.SIZE2, value: uint(reply.payload.length) })
  }
  given.push({ number: OPTION.BLOCK2, value: uint(block.number * 16 + (more ? 8 : 0) + block.exponent) })
  given.sort((a, b) => a.number - b.number)
  return encodeCoap({ ...base, code: reply.code, token, options: given, payload: reply.payload.subarray(from, from + block.size) })
}

function record(message: CoapMessage, datagram: Datagram<typeof coapEvents>, reply: Reply | undefined, answer: Buffer): void {
  const { kind, code, options, payload } = message
  if (payload.length >= CAPTURED_BYTES) datagram.capture(payload, { how: 'coap.put' })
  const method = Object.keys(METHOD).find((name) => METHOD[name as keyof typeof METHOD] === code) ?? String(code)
  const potentialBytes = Math.max(answer.length, reply?.payload.length ?? 0)
  datagram.asksFor(method, potentialBytes)
  datagram.record(
    'coap.request',
    {
      confirmable: kind === KIND.CON,
      method,
      path: evidence(`/${texts(options, OPTION.URI_PATH).join('/')}`),
      queries: texts(options, OPTION.URI_QUERY).map((query) => evidence(query)),
      potentialBytes,
      ...(reply ? { code: `${reply.code >> 5}.${String(reply.code & 31).padStart(2, '0')}` } : {}),
      ...(payload.length ? { payload: evidence(payload.subarray(0, 512)) } : {}),
      ...(options.some(({ number }) => number === OPTION.OBSERVE) ? { observe: true } : {}),
    },
    code === METHOD.GET ? ['attack:T1498.002'] : [],
  )
}

function texts(options: readonly CoapOption[], number: number): string[] {
  return options.filter((option) => option.number === number).map(({ value }) => value.toString('latin1'))
}

function reset(id: number): Buffer {
  return encodeCoap({ kind: KIND.RST, code: CODE.EMPTY, id, token: Buffer.alloc(0), options: [], payload: Buffer.alloc(0) })
}
