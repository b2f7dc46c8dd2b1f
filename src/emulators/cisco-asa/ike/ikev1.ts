/**
 * Phase 1 of IKEv1 as the responder (RFC 2409 §5): main mode up to where only a peer with the key goes on, aggressive mode with
 * the hash that a group's pre-shared key makes, and the initiator's proof of it.
 */
import { createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto'
import {
  ATTRIBUTE,
  decodeIke,
  decodeSa,
  EXCHANGE,
  encodeIke,
  encodeSa,
  FLAG,
  IkeFormatError,
  type IkeMessage,
  PAYLOAD,
  type Payload,
  type Proposal,
  type Transform,
} from './codec.ts'
import { type KeyExchange, publicBytes } from './key-exchange.ts'
import { CONCENTRATOR, FRAGMENTATION, NAT_T_02, NAT_T_RFC, UNITY, XAUTH } from './vendor-ids.ts'

const HASHES: Readonly<Record<number, { name: string; hashcat: number | undefined }>> = {
  1: { name: 'md5', hashcat: 5300 },
  2: { name: 'sha1', hashcat: 5400 },
  4: { name: 'sha256', hashcat: undefined },
}
/** Ciphers of the policy by their id and key length. */
const CIPHERS: Readonly<Record<string, { name: string; keyBytes: number; block: number }>> = {
  '5/': { name: 'des-ede3-cbc', keyBytes: 24, block: 8 },
  '7/128': { name: 'aes-128-cbc', keyBytes: 16, block: 16 },
  '7/192': { name: 'aes-192-cbc', keyBytes: 24, block: 16 },
  '7/256': { name: 'aes-256-cbc', keyBytes: 32, block: 16 },
}
/** Pre-shared key, and the same with XAUTH behind it (draft-beaulieu-ike-xauth-02 §5). */
const PRE_SHARED = new Set([1, 65_001])
const NO_PROPOSAL_CHOSEN = 14
const NONCE = { bytes: 20, min: 8, max: 256 }

/** A transform that the policy has. */
export interface Policy {
  hash: { name: string; hashcat: number | undefined }
  cipher: { name: string; keyBytes: number; block: number }
  group: number
}

/** What two first messages of aggressive mode have agreed on; all that its proof is made of. */
export interface Aggressive {
  initiator: Buffer
  responder: Buffer
  policy: Policy
  gxi: Buffer
  gxr: Buffer
  ni: Buffer
  nr: Buffer
  sai: Buffer
  idi: Buffer
  idr: Buffer
  /** Common secret g^xy; costs an exponentiation. */
  secret: () => Buffer
}

/** A hash of aggressive mode as hashcat reads it. */
export interface CrackableHash {
  mode: number
  line: string
}

/** The first transform of an SA that the policy has. */
export function choose(proposals: readonly Proposal[]): { proposal: Proposal; transform: Transform; policy: Policy } | undefined {
  for (const proposal of proposals) {
    if (proposal.protocol !== 1) continue
    for (const transform of proposal.transforms) {
      const { attributes } = transform
      const hash = HASHES[attributes.get(ATTRIBUTE.hash) ?? 0]
      const cipher = CIPHERS[`${attributes.get(ATTRIBUTE.encryption)}/${attributes.get(ATTRIBUTE.keyLength) ?? ''}`]
      const group = attributes.get(ATTRIBUTE.group) ?? 0
      if (!hash || !cipher || (group !== 2 && group !== 5 && group !== 14)) continue
      if (PRE_SHARED.has(attributes.get(ATTRIBUTE.authentication) ?? 0)) return { proposal, transform, policy: { hash, cipher, group } }
    }
  }
  return undefined
}

export function bodyOf({ payloads }: { payloads: readonly Payload[] }, type: number): Buffer | undefined {
  return payloads.find((payload) => payload.type === type)?.body
}

/** The answer to a security association that is none: RFC 2408 §3.14, §5.4. */
export function noProposalChosen({ initiator, responder }: IkeMessage): Buffer {
  const body = Buffer.alloc(8 + 16)
  body.writeUInt32BE(1)
  body[4] = 1
  body[5] = 16
  body.writeUInt16BE(NO_PROPOSAL_CHOSEN, 6)
  Buffer.concat([initiator, responder]).copy(body, 8)
  return reply({ initiator, responder, exchange: EXCHANGE.informational, id: randomBytes(4).readUInt32BE() }, [
    { type: PAYLOAD.notify, body },
  ])
}

/** The second message of main mode. Vendor ids come as far as they do not make it longer than what asked. */
export function mainModeSa(message: IkeMessage, responder: Buffer, sa: Buffer, requestBytes: number): Buffer {
  const chosen = { type: PAYLOAD.sa, body: sa }
  const offersNat = message.payloads.some(({ body }) => body.equals(NAT_T_02) || body.equals(NAT_T_RFC))
  const vendors = [UNITY, XAUTH, ...(offersNat ? [NAT_T_02] : []), FRAGMENTATION, CONCENTRATOR].map(
    (body): Payload => ({ type: PAYLOAD.vendorId, body }),
  )
  const whole = reply({ ...message, responder }, [chosen, ...vendors])
  if (whole.length <= requestBytes) return whole
  const short = reply({ ...message, responder }, [chosen, { type: PAYLOAD.vendorId, body: FRAGMENTATION }])
  return short.length <= requestBytes ? short : reply({ ...message, responder }, [chosen])
}

/** The fourth message of main mode: our half of the exchange. */
export function mainModeKey(message: IkeMessage, gxr: Buffer): Buffer {
  return reply(message, [
    { type: PAYLOAD.ke, body: gxr },
    { type: PAYLOAD.nonce, body: randomBytes(NONCE.bytes) },
    ...[UNITY, XAUTH, CONCENTRATOR].map((body): Payload => ({ type: PAYLOAD.vendorId, body })),
  ])
}

/**
 * The first message of aggressive mode, understood.
 * @param idr our identity, as its payload has it
 * @throws IkeFormatError when parts are missing or of wrong length
 */
export function beginAggressive(message: IkeMessage, policy: Policy, exchange: KeyExchange, idr: Buffer): Aggressive {
  const sai = bodyOf(message, PAYLOAD.sa)
  const gxi = bodyOf(message, PAYLOAD.ke)
  const ni = bodyOf(message, PAYLOAD.nonce)
  const idi = bodyOf(message, PAYLOAD.id)
  if (!sai || !gxi || !ni || !idi) throw new IkeFormatError('a payload is missing')
  if (gxi.length !== publicBytes(policy.group)) throw new IkeFormatError('a public value of another group')
  if (ni.length < NONCE.min || ni.length > NONCE.max || idi.length < 4) throw new IkeFormatError('a nonce or identity of wrong length')
  const { publicValue: gxr, secret } = exchange.of(policy.group)
  return {
    initiator: Buffer.from(message.initiator),
    responder: randomBytes(8),
    policy,
    gxi: Buffer.from(gxi),
    gxr,
    ni: Buffer.from(ni),
    nr: randomBytes(NONCE.bytes),
    sai: Buffer.from(sai),
    idi: Buffer.from(idi),
    idr,
    secret: () => secret(gxi),
  }
}

/** The second message of aggressive mode, with HASH_R. */
export function aggressiveAnswer(state: Aggressive, sa: Buffer, psk: string): Buffer {
  const payloads: Payload[] = [
    { type: PAYLOAD.sa, body: sa },
    { type: PAYLOAD.ke, body: state.gxr },
    { type: PAYLOAD.nonce, body: state.nr },
    { type: PAYLOAD.id, body: state.idr },
    { type: PAYLOAD.hash, body: hashOf(state, 'responder', psk) },
    ...[UNITY, XAUTH, FRAGMENTATION, CONCENTRATOR].map((body): Payload => ({ type: PAYLOAD.vendorId, body })),
  ]
  return reply({ initiator: state.initiator, responder: state.responder, exchange: EXCHANGE.aggressive, id: 0 }, payloads)
}

/** HASH_I or HASH_R, RFC 2409 §5. */
export function hashOf(state: Aggressive, whose: 'initiator' | 'responder', psk: string): Buffer {
  const { policy, gxi, gxr, initiator, responder, sai, idi, idr } = state
  const mine = whose === 'responder' ? [gxr, gxi, responder, initiator, sai, idr] : [gxi, gxr, initiator, responder, sai, idi]
  return prf(policy, keyOf(state, psk), ...mine)
}

/** The line that hashcat cracks into the pre-shared key (modes 5300, 5400); undefined for a hash that it does not know. */
export function crackable(state: Aggressive, whose: 'initiator' | 'responder', hash: Buffer): CrackableHash | undefined {
  const { policy, gxi, gxr, initiator, responder, sai, idi, idr, ni, nr } = state
  if (policy.hash.hashcat === undefined) return undefined
  const mine = whose === 'responder' ? [gxr, gxi, responder, initiator, sai, idr] : [gxi, gxr, initiator, responder, sai, idi]
  return { mode: policy.hash.hashcat, line: [...mine, ni, nr, hash].map((part) => part.toString('hex')).join(':') }
}

/**
 * HASH_I of the third message: as it is, or encrypted with keys that this pre-shared key makes (RFC 2409 §5, appendix B).
 * Undefined when the message cannot be read so.
 */
export function initiatorHash(state: Aggressive, bytes: Buffer, psk: string): Buffer | undefined {
  const message = decodeIke(bytes)
  if ((message.flags & FLAG.encrypted) === 0) return bodyOf(message, PAYLOAD.hash)
  const plain = decrypt(state, bytes.subarray(28), psk)
  if (!plain) return undefined
  const header = Buffer.from(bytes.subarray(0, 28))
  header[19] = message.flags & ~FLAG.encrypted
  return bodyOf(decodeIke(Buffer.concat([header, plain])), PAYLOAD.hash)
}

function decrypt(state: Aggressive, sealed: Buffer, psk: string): Buffer | undefined {
  const { policy, gxi, gxr, initiator, responder } = state
  const { name, keyBytes, block } = policy.cipher
  if (sealed.length === 0 || sealed.length % block !== 0) return undefined
  const key = keyOf(state, psk)
  const secret = state.secret()
  const cookies = Buffer.concat([initiator, responder])
  let last: Buffer = Buffer.alloc(0)
  for (const number of [0, 1, 2]) last = prf(policy, key, last, secret, cookies, Buffer.of(number))
  const iv = createHash(policy.hash.name).update(gxi).update(gxr).digest().subarray(0, block)
  const decipher = createDecipheriv(name, stretched(policy, last, keyBytes), iv).setAutoPadding(false)
  return Buffer.concat([decipher.update(sealed), decipher.final()])
}

/** RFC 2409 appendix B: a key that is longer than SKEYID_e. */
function stretched(policy: Policy, key: Buffer, bytes: number): Buffer {
  if (key.length >= bytes) return key.subarray(0, bytes)
  let block = prf(policy, key, Buffer.of(0))
  let all = block
  while (all.length < bytes) {
    block = prf(policy, key, block)
    all = Buffer.concat([all, block])
  }
  return all.subarray(0, bytes)
}

/** SKEYID of a pre-shared key. */
function keyOf({ policy, ni, nr }: Aggressive, psk: string): Buffer {
  return prf(policy, Buffer.from(psk), ni, nr)
}

function prf({ hash }: Policy, key: Buffer, ...parts: Buffer[]): Buffer {
  const hmac = createHmac(hash.name, key)
  for (const part of parts) hmac.update(part)
  return hmac.digest()
}

function reply(
  { initiator, responder, exchange, id }: Pick<IkeMessage, 'initiator' | 'responder' | 'exchange' | 'id'>,
  payloads: Payload[],
): Buffer {
  return encodeIke({ initiator, responder, major: 1, exchange, flags: 0, id, payloads })
}

/** The SA that answers one: the chosen transform as it came. @throws IkeFormatError */
export function answerSa(body: Buffer): { sa: Buffer; policy: Policy; offered: number } | { offered: number; policy?: undefined } {
  const { doi, situation, proposals } = decodeSa(body)
  const offered = proposals.reduce((sum, { transforms }) => sum + transforms.length, 0)
  const chosen = choose(proposals)
  return chosen ? { sa: encodeSa(doi, situation, chosen.proposal, chosen.transform), policy: chosen.policy, offered } : { offered }
}
