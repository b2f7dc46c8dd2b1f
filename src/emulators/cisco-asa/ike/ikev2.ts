/** IKE_SA_INIT of IKEv2 as the responder, RFC 7296 §1.2. */
import { createHash, createHmac, randomBytes } from 'node:crypto'
import type { Endpoint } from '../../../sensor/visit.ts'
import {
  decodeSa2,
  EXCHANGE,
  encodeIke,
  encodeSa2,
  FLAG,
  type IkeMessage,
  PAYLOAD,
  type Payload,
  type Proposal2,
  type Transform2,
} from './codec.ts'
import { bodyOf } from './ikev1.ts'
import { type KeyExchange, publicBytes } from './key-exchange.ts'
import { COPYRIGHT, DELETE_REASON, FRAGMENTATION_2 } from './vendor-ids.ts'

const NOTIFY = { noProposalChosen: 14, invalidKe: 17, cookie: 16390, natSource: 16388, natDestination: 16389 } as const
/** Types of transform: RFC 7296 §3.3.2. */
const [ENCRYPTION, PRF, INTEGRITY, GROUP] = [1, 2, 3, 4]
/** What the policy takes of each type, by id: 3DES and AES-CBC; MD5, SHA-1, SHA-2; groups of key-exchange.ts. */
const POLICY: Readonly<Record<number, ReadonlySet<number>>> = {
  1: new Set([3, 12]),
  2: new Set([1, 2, 5, 6, 7]),
  3: new Set([1, 2, 12, 13, 14]),
  4: new Set([2, 5, 14, 19, 20, 21]),
}
const NONCE_BYTES = 32

/** Whoever sends a cookie back has got it: made of its address and a secret that nobody else knows (RFC 7296 §2.6). */
export class Cookies {
  readonly #secret = randomBytes(32)

  of({ ip }: Endpoint, { initiator }: IkeMessage): Buffer {
    return createHmac('sha256', this.#secret).update(initiator).update(ip).digest().subarray(0, 20)
  }
}

export interface InitAnswer {
  bytes: Buffer
  /** What was answered: an SA, or the name of the notification. */
  what: 'sa' | 'no-proposal' | 'invalid-ke' | 'cookie'
  /** The client has sent our cookie back. */
  proven: boolean
}

/**
 * Answers IKE_SA_INIT. What would be longer than the request goes only to who sends our cookie back.
 * @throws IkeFormatError
 */
export function answerInit(
  message: IkeMessage,
  {
    source,
    local,
    requestBytes,
    cookies,
    exchange,
  }: { source: Endpoint; local: Endpoint; requestBytes: number; cookies: Cookies; exchange: KeyExchange },
): InitAnswer | undefined {
  const sa = bodyOf(message, PAYLOAD.sa2)
  const nonce = bodyOf(message, PAYLOAD.nonce2)
  if (!sa || !nonce) return undefined
  const cookie = cookies.of(source, message)
  const proven = cookieIn(message)?.equals(cookie) ?? false
  const chosen = choose2(decodeSa2(sa))
  if (!chosen) return { bytes: notice(message, NOTIFY.noProposalChosen), what: 'no-proposal', proven }
  const group = chosen.transforms.find(({ type }) => type === GROUP)?.id as number
  const ke = bodyOf(message, PAYLOAD.ke2)
  if (!ke || ke.length < 4 || ke.readUInt16BE(0) !== group || ke.length - 4 !== publicBytes(group)) {
    const wanted = Buffer.alloc(2)
    wanted.writeUInt16BE(group)
    return { bytes: notice(message, NOTIFY.invalidKe, wanted), what: 'invalid-ke', proven }
  }
  const bytes = initReply(message, chosen, group, { source, local, exchange, room: proven ? Number.POSITIVE_INFINITY : requestBytes })
  if (bytes.length <= requestBytes || proven) return { bytes, what: 'sa', proven }
  return { bytes: notice(message, NOTIFY.cookie, cookie), what: 'cookie', proven }
}

function initReply(
  { initiator }: IkeMessage,
  chosen: Proposal2,
  group: number,
  { source, local, exchange, room }: { source: Endpoint; local: Endpoint; exchange: KeyExchange; room: number },
): Buffer {
  const responder = randomBytes(8)
  const key = Buffer.concat([Buffer.alloc(4), exchange.of(group).publicValue])
  key.writeUInt16BE(group)
  const answer = (payloads: Payload[]): Buffer =>
    encodeIke({ initiator, responder, major: 2, exchange: EXCHANGE.saInit, flags: FLAG.response, id: 0, payloads })
  const payloads: Payload[] = [
    { type: PAYLOAD.sa2, body: encodeSa2(chosen) },
    { type: PAYLOAD.ke2, body: key },
    { type: PAYLOAD.nonce2, body: randomBytes(NONCE_BYTES) },
  ]
  const nat = (type: number, end: Endpoint): Payload => ({
    type: PAYLOAD.notify2,
    body: notifyBody(type, natHash(initiator, responder, end)),
  })
  const further: Payload[] = [
    { type: PAYLOAD.vendorId2, body: DELETE_REASON },
    { type: PAYLOAD.vendorId2, body: COPYRIGHT },
    nat(NOTIFY.natSource, local),
    nat(NOTIFY.natDestination, source),
    { type: PAYLOAD.vendorId2, body: FRAGMENTATION_2 },
  ]
  for (const payload of further) if (answer([...payloads, payload]).length <= room) payloads.push(payload)
  return answer(payloads)
}

/** The first proposal of which every needed type has a transform of the policy; the first of each. */
function choose2(proposals: readonly Proposal2[]): Proposal2 | undefined {
  for (const { number, protocol, transforms } of proposals) {
    if (protocol !== 1) continue
    const chosen = [ENCRYPTION, PRF, INTEGRITY, GROUP].map((type) =>
      transforms.find((one) => one.type === type && POLICY[type as number]?.has(one.id) && keyLengthFits(one)),
    )
    if (chosen.every((one) => one !== undefined)) return { number, protocol, transforms: chosen as Transform2[] }
  }
  return undefined
}

/** AES is nothing without its key length, RFC 7296 §3.3.5. */
function keyLengthFits({ type, id, keyLength }: Transform2): boolean {
  return type !== ENCRYPTION || id !== 12 || keyLength === 128 || keyLength === 192 || keyLength === 256
}

function cookieIn({ payloads }: IkeMessage): Buffer | undefined {
  const found = payloads.find(({ type, body }) => type === PAYLOAD.notify2 && body.length > 4 && body.readUInt16BE(2) === NOTIFY.cookie)
  return found?.body.subarray(4)
}

function notice({ initiator }: IkeMessage, type: number, data: Buffer = Buffer.alloc(0)): Buffer {
  return encodeIke({
    initiator,
    responder: Buffer.alloc(8),
    major: 2,
    exchange: EXCHANGE.saInit,
    flags: FLAG.response,
    id: 0,
    payloads: [{ type: PAYLOAD.notify2, body: notifyBody(type, data) }],
  })
}

function notifyBody(type: number, data: Buffer): Buffer {
  const head = Buffer.alloc(4)
  head.writeUInt16BE(type, 2)
  return Buffer.concat([head, data])
}

/** RFC 7296 §2.23. */
function natHash(initiator: Buffer, responder: Buffer, { ip, port }: Endpoint): Buffer {
  const ends = Buffer.alloc(2)
  ends.writeUInt16BE(port)
  return createHash('sha1').update(initiator).update(responder).update(addressBytes(ip)).update(ends).digest()
}

function addressBytes(ip: string): Buffer {
  if (!ip.includes(':')) return Buffer.from(ip.split('.').map(Number))
  const [head = '', tail] = ip.split('::')
  const words = (part: string): string[] => (part === '' ? [] : part.split(':'))
  const left = words(head)
  const right = words(tail ?? '')
  const middle = tail === undefined ? [] : new Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0')
  return Buffer.from([...left, ...middle, ...right].map((word) => word.padStart(4, '0').slice(-4)).join(''), 'hex')
}
