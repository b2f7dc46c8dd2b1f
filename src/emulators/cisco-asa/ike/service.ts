import { randomBytes } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { atMost } from '../../../config/at-most.ts'
import { evidence } from '../../../events/bytes.ts'
import type { Datagram } from '../../../sensor/visit.ts'
import type { AsaEvents } from '../events.ts'
import { decodeIke, EXCHANGE, IkeFormatError, type IkeMessage, PAYLOAD } from './codec.ts'
import { fragmentOf } from './fragments.ts'
import {
  type Aggressive,
  aggressiveAnswer,
  answerSa,
  beginAggressive,
  bodyOf,
  crackable,
  hashOf,
  initiatorHash,
  mainModeKey,
  mainModeSa,
  noProposalChosen,
} from './ikev1.ts'
import { answerInit, Cookies } from './ikev2.ts'
import { KeyExchange, publicBytes } from './key-exchange.ts'
import { vendorName } from './vendor-ids.ts'

type AsaDatagram = Datagram<AsaEvents>

/** Exchanges that are going on, over all sources, and how long one waits for its next message. */
const EXCHANGES = 10_000
const EXCHANGE_MS = 60_000
/** Proofs that one exchange may bring: each costs an exponentiation. */
const PROOFS = 3
/** RFC 3948 §2.2: four zeros before IKE on the port of NAT traversal; anything else there is ESP. */
const NON_ESP_MARKER = Buffer.alloc(4)
export const NAT_TRAVERSAL_PORT = 4500
/** BENIGNCERTAIN asks with a security association far longer than any client's. */
const OVERSIZED_SA = 2_000

/** What a first message has begun. A message that comes again is answered with the same bytes. */
interface Begun {
  answer: Buffer
  group?: number
  keyAnswer?: Buffer
  aggressive?: Aggressive
  psk?: string
  groupName?: Buffer
  proofs: number
}

export interface IkeSetup {
  /** Our name, as the identity payload has it. */
  fqdn: string
  /** The pre-shared key of a tunnel group; an unknown one is the default group's, which nobody guesses. */
  pskOf: (group: string) => string
}

/** The IKE side of the appliance: IKEv1 and IKEv2 on every UDP port. */
export class IkeService {
  readonly #idr: Buffer
  readonly #pskOf: IkeSetup['pskOf']
  readonly #exchange = new KeyExchange()
  readonly #cookies = new Cookies()
  readonly #begun = new LRUCache<string, Begun>({ ...atMost(EXCHANGES), ttl: EXCHANGE_MS })

  constructor({ fqdn, pskOf }: IkeSetup) {
    // ID_FQDN, UDP, port 500: RFC 2407 §4.6.2.
    this.#idr = Buffer.concat([Buffer.of(2, 17, 1, 244), Buffer.from(fqdn)])
    this.#pskOf = pskOf
  }

  answer(datagram: AsaDatagram, isNatTraversal: boolean): Buffer | undefined {
    const { bytes } = datagram
    if (!isNatTraversal) return this.#answer(datagram, bytes)
    if (bytes.length <= 4 || !bytes.subarray(0, 4).equals(NON_ESP_MARKER)) return undefined
    const answer = this.#answer(datagram, bytes.subarray(4))
    return answer && Buffer.concat([NON_ESP_MARKER, answer])
  }

  #answer(datagram: AsaDatagram, bytes: Buffer): Buffer | undefined {
    let message: IkeMessage
    try {
      message = decodeIke(bytes)
    } catch (error) {
      if (!(error instanceof IkeFormatError)) throw error
      note(datagram, { version: 0, exchange: 'malformed' })
      return undefined
    }
    if (this.#noteFragment(datagram, message)) return undefined
    try {
      return message.major === 1 ? this.#answerV1(datagram, message, bytes) : this.#answerV2(datagram, message, bytes)
    } catch (error) {
      if (!(error instanceof IkeFormatError)) throw error
      note(datagram, { ...factsOf(message), refused: error.message }, tagsOf(message))
      return undefined
    }
  }

  #answerV1(datagram: AsaDatagram, message: IkeMessage, bytes: Buffer): Buffer | undefined {
    const key = keyOf(datagram, message)
    const begun = this.#begun.get(key)
    const isFirst = message.responder.every((byte) => byte === 0)
    if (isFirst && begun) return begun.answer
    if (message.exchange === EXCHANGE.main)
      return isFirst ? this.#beginMain(datagram, message, bytes, key) : this.#continueMain(datagram, message, begun)
    if (message.exchange === EXCHANGE.aggressive)
      return isFirst ? this.#beginAggressive(datagram, message, key) : this.#proof(datagram, message, bytes, begun)
    note(datagram, factsOf(message), tagsOf(message))
    return undefined
  }

  #beginMain(datagram: AsaDatagram, message: IkeMessage, bytes: Buffer, key: string): Buffer | undefined {
    const offer = offerOf(message)
    note(datagram, { ...factsOf(message), ...(offer ? { transforms: offer.offered } : {}) }, tagsOf(message))
    if (!offer) return undefined
    const answer = offer.policy ? mainModeSa(message, randomBytes(8), offer.sa, bytes.length) : noProposalChosen(message)
    this.#begun.set(key, { answer, proofs: 0, ...(offer.policy ? { group: offer.policy.group } : {}) })
    return answer
  }

  #continueMain(datagram: AsaDatagram, message: IkeMessage, begun: Begun | undefined): Buffer | undefined {
    note(datagram, factsOf(message), tagsOf(message))
    const ke = bodyOf(message, PAYLOAD.ke)
    if (begun?.group === undefined || !ke || ke.length !== publicBytes(begun.group) || !bodyOf(message, PAYLOAD.nonce)) return undefined
    // Whoever repeats the responder's cookie has received it.
    if (!begun.answer.subarray(8, 16).equals(message.responder)) return undefined
    datagram.sourceIsProven()
    begun.keyAnswer ??= mainModeKey(message, this.#exchange.of(begun.group).publicValue)
    return begun.keyAnswer
  }

  #beginAggressive(datagram: AsaDatagram, message: IkeMessage, key: string): Buffer | undefined {
    const offer = offerOf(message)
    const groupName = bodyOf(message, PAYLOAD.id)?.subarray(4)
    const facts = {
      ...factsOf(message),
      ...(offer ? { transforms: offer.offered } : {}),
      ...(groupName ? { group: evidence(groupName.subarray(0, 256)) } : {}),
    }
    if (!offer?.policy) {
      note(datagram, facts, tagsOf(message))
      return offer && noProposalChosen(message)
    }
    const aggressive = beginAggressive(message, offer.policy, this.#exchange, this.#idr)
    const psk = this.#pskOf(groupName?.toString('latin1') ?? '')
    const answer = aggressiveAnswer(aggressive, offer.sa, psk)
    const hash = crackable(aggressive, 'responder', hashOf(aggressive, 'responder', psk))
    // What the asker now has in hand: it can be cracked off-line.
    note(datagram, { ...facts, ...(hash ? { given: hash } : {}) }, [...tagsOf(message), 'attack:T1110.002'])
    this.#begun.set(key, { answer, aggressive, psk, groupName: Buffer.from(groupName ?? Buffer.alloc(0)), proofs: 0 })
    return answer
  }

  /** The third message of aggressive mode: the client's proof that it has the group's key. */
  #proof(datagram: AsaDatagram, message: IkeMessage, bytes: Buffer, begun: Begun | undefined): undefined {
    const state = begun?.aggressive
    if (!begun || !state || begun.psk === undefined || !state.responder.equals(message.responder) || begun.proofs >= PROOFS) {
      note(datagram, factsOf(message), tagsOf(message))
      return
    }
    begun.proofs++
    const { psk } = begun
    const hash = initiatorHash(state, bytes, psk)
    const accepted = hash?.equals(hashOf(state, 'initiator', psk)) ?? false
    if (accepted) datagram.sourceIsProven()
    note(datagram, { ...factsOf(message), group: evidence((begun.groupName ?? Buffer.alloc(0)).subarray(0, 256)) }, tagsOf(message))
    const line = hash && (message.flags & 1) === 0 ? crackable(state, 'initiator', hash) : undefined
    datagram.login({
      method: 'ike-psk',
      username: evidence((begun.groupName ?? Buffer.alloc(0)).subarray(0, 256)),
      ...(accepted ? { password: evidence(psk) } : {}),
      ...(line ? { hash: line } : {}),
      accepted,
    })
  }

  #answerV2(datagram: AsaDatagram, message: IkeMessage, bytes: Buffer): Buffer | undefined {
    const { source, local } = datagram
    if (message.exchange !== EXCHANGE.saInit) {
      note(datagram, factsOf(message), tagsOf(message))
      return undefined
    }
    const answered = answerInit(message, { source, local, requestBytes: bytes.length, cookies: this.#cookies, exchange: this.#exchange })
    if (answered?.proven) datagram.sourceIsProven()
    note(datagram, { ...factsOf(message), ...(answered ? { answered: answered.what } : {}) }, tagsOf(message))
    return answered?.bytes
  }

  /** @returns whether it was a fragment */
  #noteFragment(datagram: AsaDatagram, message: IkeMessage): boolean {
    const fragment = fragmentOf(message)
    if (!fragment) return false
    if (!datagram.fresh) return true
    const { id, sequence, last, length, bytes } = fragment
    // CVE-2018-0101 came with fragments over IKE besides its XML; CVE-2016-1287 is a length below the fragment's own header.
    const tags = length < 8 || message.overlong ? ['cve:CVE-2016-1287', 'cve:CVE-2018-0101', 'attack:T1190'] : []
    datagram.record(
      'cisco-asa.fragment',
      { version: message.major, id, sequence, last, length, bytes: evidence(bytes.subarray(0, 4096)) },
      tags,
    )
    if (tags.length > 0 && bytes.length > 0) datagram.capture(bytes, { how: 'cisco-asa.fragment' })
    return true
  }
}

function keyOf({ source }: AsaDatagram, { initiator, exchange }: IkeMessage): string {
  return `${source.ip} ${exchange} ${initiator.toString('hex')}`
}

function offerOf(message: IkeMessage): ReturnType<typeof answerSa> | undefined {
  const sa = bodyOf(message, PAYLOAD.sa)
  return sa && answerSa(sa)
}

const EXCHANGE_NAMES: Readonly<Record<number, string>> = {
  [EXCHANGE.main]: 'main',
  [EXCHANGE.aggressive]: 'aggressive',
  [EXCHANGE.informational]: 'informational',
  [EXCHANGE.saInit]: 'sa-init',
  [EXCHANGE.auth]: 'auth',
}

function factsOf({ major, exchange, payloads }: IkeMessage): { version: number; exchange: string; vendorIds: string[] } {
  const vendorIds = payloads
    .filter(({ type }) => type === PAYLOAD.vendorId || type === PAYLOAD.vendorId2)
    .map(({ body }) => vendorName(body))
  return { version: major, exchange: EXCHANGE_NAMES[exchange] ?? String(exchange), vendorIds }
}

function tagsOf({ major, payloads, overlong }: IkeMessage): string[] {
  const sa = payloads.find(({ type }) => type === PAYLOAD.sa)
  const isOversized =
    major === 1 &&
    sa !== undefined &&
    (sa.body.length > OVERSIZED_SA || (overlong?.type === PAYLOAD.sa && overlong.announced > overlong.left))
  return isOversized ? ['cve:CVE-2016-6415', 'attack:T1190'] : []
}

function note(
  datagram: AsaDatagram,
  facts: {
    version: number
    exchange: string
    transforms?: number
    vendorIds?: string[]
    group?: ReturnType<typeof evidence>
    answered?: string
    refused?: string
    given?: { mode: number; line: string }
  },
  tags: string[] = [],
): void {
  if (datagram.fresh) datagram.record('cisco-asa.ike', { vendorIds: [], ...facts }, tags)
}
