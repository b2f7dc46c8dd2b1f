/**
 * What an open resolver says of the rest of the world, made up here: nothing is ever asked of anybody. The same name has the same
 * addresses for as long as the installation stands, its time to live counts down as in a cache, and names that nobody would
 * have registered do not exist.
 */
import { isIPv4 } from 'node:net'
import { LRUCache } from 'lru-cache'
import { atMost } from '../../config/at-most.ts'
import type { Identity } from '../../config/identity.ts'
import { type Question, type RecordData, type ResourceRecord, TYPE } from './codec.ts'

export interface Found {
  exists: boolean
  answers: ResourceRecord[]
  authority: ResourceRecord[]
  additional: ResourceRecord[]
}

const CACHED = 10_000
/** As resolvers see them most. */
const TTLS = [60, 300, 300, 600, 1800, 3600, 14_400]
const NEGATIVE_TTL = 900
/** Top-level names besides those of countries. */
const GENERIC = new Set(
  'com net org edu gov mil int arpa info biz name pro aero coop museum mobi travel jobs cat tel asia xxx app dev page cloud online site store shop blog club xyz top vip live work tech space website fun icu cyou sbs buzz link click network systems services agency digital media news email group team tools zone world today life goog google amazon aws microsoft apple'.split(
    ' ',
  ),
)
const COUNTRIES = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' })

export class Recursion {
  readonly #identity: Identity
  readonly #sinkhole: readonly string[]
  /** When what was answered of a name and type runs out, ms. */
  readonly #cache = new LRUCache<string, number>({ ...atMost(CACHED) })

  /** @param sinkhole addresses that every name resolves to; without any, addresses that are set aside for documents */
  constructor(identity: Identity, sinkhole: readonly string[]) {
    this.#identity = identity
    this.#sinkhole = sinkhole.filter((address) => isIPv4(address))
  }

  /** What is known of a name without asking anybody: undefined when its time is over, or it was never asked for. */
  cached(question: Question, now = Date.now()): Found | undefined {
    const until = this.#cache.get(keyOf(question))
    return until !== undefined && until > now ? this.answer(question, now) : undefined
  }

  answer(question: Question, now = Date.now()): Found {
    const name = question.name.toLowerCase()
    const missing = missingBelow(name)
    if (missing !== undefined) {
      const ttl = this.#remaining(`${missing} SOA`, NEGATIVE_TTL, now)
      return { exists: false, answers: [], authority: [{ name: missing, ttl, data: this.#soa(missing) }], additional: [] }
    }
    const ttl = this.#remaining(keyOf(question), this.#identity.pick(`dns ttl ${name}`, TTLS), now)
    const answers = this.#records(name, question.type).map((data) => ({ name: question.name, ttl, data }))
    if (answers.length > 0) return { exists: true, answers, authority: [], additional: [] }
    const zone = zoneOf(name)
    return { exists: true, answers: [], authority: [{ name: zone, ttl, data: this.#soa(zone) }], additional: [] }
  }

  #remaining(key: string, ttl: number, now: number): number {
    const known = this.#cache.get(key)
    const until = known !== undefined && known > now ? known : now + ttl * 1000
    this.#cache.set(key, until)
    return Math.ceil((until - now) / 1000)
  }

  #records(name: string, type: number): RecordData[] {
    const zone = zoneOf(name)
    const isApex = name === zone
    const servers = ['ns1', 'ns2'].map((host): RecordData => ({ type: 'NS', name: `${host}.${zone}` }))
    const records: Readonly<Record<number, () => RecordData[]>> = {
      [TYPE.A]: () => [{ type: 'A', address: this.#address(name) }],
      [TYPE.AAAA]: () => (this.#sinkhole.length ? [] : [{ type: 'AAAA', address: this.#longAddress(name) }]),
      [TYPE.NS]: () => (isApex ? servers : []),
      [TYPE.MX]: () => (isApex ? [{ type: 'MX', preference: 10, name: `mail.${zone}` }] : []),
      [TYPE.TXT]: () =>
        isApex
          ? [
              { type: 'TXT', text: 'v=spf1 mx ~all' },
              { type: 'TXT', text: this.#verification(zone) },
            ]
          : [],
      [TYPE.SOA]: () => (isApex ? [this.#soa(zone)] : []),
      [TYPE.DNSKEY]: () => (isApex ? [this.#blob('DNSKEY', zone, 264), this.#blob('DNSKEY', `${zone} 2`, 264)] : []),
      [TYPE.RRSIG]: () => (isApex ? [1, 2, 3, 4].map((n) => this.#blob('RRSIG', `${zone} ${n}`, 287)) : []),
    }
    if (type !== TYPE.ANY) return records[type]?.() ?? []
    return [TYPE.A, TYPE.AAAA, TYPE.NS, TYPE.SOA, TYPE.MX, TYPE.TXT, TYPE.DNSKEY, TYPE.RRSIG].flatMap((one) => records[one]!())
  }

  #address(name: string): Buffer {
    const [n = 0, host = 0] = this.#identity.bytes(`dns a ${name}`, 2)
    const given = this.#sinkhole[n % Math.max(this.#sinkhole.length, 1)]
    if (given) return Buffer.from(given.split('.').map(Number))
    // RFC 5737: nobody's.
    return Buffer.from(n % 2 ? [198, 51, 100, 1 + (host % 254)] : [203, 0, 113, 1 + (host % 254)])
  }

  #longAddress(name: string): Buffer {
    return Buffer.concat([Buffer.from('20010db8', 'hex'), this.#identity.bytes(`dns aaaa ${name}`, 12)])
  }

  #soa(zone: string): RecordData {
    if (zone === '') {
      const serial = Number(new Date().toISOString().slice(0, 10).replaceAll('-', '')) * 100
      const mailbox = 'nstld.verisign-grs.com'
      return { type: 'SOA', primary: 'a.root-servers.net', mailbox, numbers: [serial, 1800, 900, 604_800, 86_400] }
    }
    const serial = 2_020_000_000 + this.#identity.integer(`dns serial ${zone}`, 10_100, 5_123_100)
    return { type: 'SOA', primary: `ns1.${zone}`, mailbox: `hostmaster.${zone}`, numbers: [serial, 7200, 3600, 1_209_600, NEGATIVE_TTL] }
  }

  #verification(zone: string): string {
    return `google-site-verification=${this.#identity.bytes(`dns txt ${zone}`, 32).toString('base64url')}`
  }

  /** Bytes of a key or signature, which nobody can tell from others without asking the name's owner. */
  #blob(type: 'DNSKEY' | 'RRSIG', label: string, length: number): RecordData {
    return { type, bytes: this.#identity.bytes(`dns ${type} ${label}`, length) }
  }
}

/** The root's servers, which a resolver names when it was asked not to ask them. */
export const ROOT_SERVERS: readonly ResourceRecord[] = [...'abcdefghijklm'].map((letter) => ({
  name: '',
  ttl: 518_400,
  data: { type: 'NS', name: `${letter}.root-servers.net`.toUpperCase() },
}))

function keyOf({ name, type }: Question): string {
  return `${name.toLowerCase()} ${type}`
}

/** The registered name: the last two labels, or three below `co.uk` and its kind. */
function zoneOf(name: string): string {
  const labels = name.split('.')
  const [second = '', top = ''] = labels.slice(-2)
  return labels.slice(top.length === 2 && second.length <= 3 && labels.length > 2 ? -3 : -2).join('.')
}

/** The zone whose servers would say that a name does not exist; undefined when it may. */
function missingBelow(name: string): string | undefined {
  if (name === '') return undefined
  const top = name.slice(name.lastIndexOf('.') + 1)
  const exists = GENERIC.has(top) || (/^[a-z]{2}$/.test(top) && COUNTRIES.of(top.toUpperCase()) !== undefined)
  if (!exists) return ''
  if (name.endsWith('.arpa')) return 'in-addr.arpa'
  const zone = zoneOf(name)
  const below = name.slice(0, -zone.length - 1)
  return below.split('.').some(looksRandom) ? zone : undefined
}

/** Labels as water torture and scanners make them: long, without the shape of a word. */
function looksRandom(label: string): boolean {
  if (label.length < 8) return false
  const digits = label.replace(/[^0-9]/g, '').length
  const vowels = label.replace(/[^aeiouy]/g, '').length
  return digits > label.length / 4 || vowels < label.length / 6
}
