import type { Identity } from '../../config/identity.ts'
import type { Persona } from '../../config/persona.ts'
import { type Question, type RecordData, type ResourceRecord, TYPE } from './codec.ts'
import type { Found } from './recursion.ts'

/** Seconds; of every record, as in Debian's own zone files. */
const TTL = 604_800

/** What a server is primary of: the persona's own domain, with the hosts that a small network has, and the loopback zones of Debian. */
export function zonesOf(identity: Identity, persona: Persona & { hostname: string }): Zone[] {
  const name = persona.domain.toLowerCase()
  const hostname = persona.hostname.toLowerCase()
  const address = addressOf(persona.network.interfaces[0]?.address ?? '127.0.0.1/8')
  const host: RecordData = { type: 'A', address }
  const own = new Zone(name, [
    ['', soa(`ns1.${name}`, `root.${name}`, serialOf(identity))],
    ['', { type: 'NS', name: `ns1.${name}` }],
    ['', host],
    ['', { type: 'MX', preference: 10, name: `mail.${name}` }],
    ['', { type: 'TXT', text: 'v=spf1 mx -all' }],
    ...[...new Set([hostname, 'mail', 'ns1'])].map((below): [string, RecordData] => [below, host]),
    ...(hostname === 'www' ? [] : [['www', { type: 'CNAME', name }] as [string, RecordData]]),
  ])
  const localhost = new Zone('localhost', [
    ['', soa('localhost', 'root.localhost', 2)],
    ['', { type: 'NS', name: 'localhost' }],
    ['', { type: 'A', address: Buffer.from([127, 0, 0, 1]) }],
    ['', { type: 'AAAA', address: Buffer.from(`${'00'.repeat(15)}01`, 'hex') }],
  ])
  const loopback = new Zone('127.in-addr.arpa', [
    ['', soa('localhost', 'root.localhost', 1)],
    ['', { type: 'NS', name: 'localhost' }],
    ['1.0.0', { type: 'PTR', name: 'localhost' }],
  ])
  return [own, localhost, loopback]
}

function soa(primary: string, mailbox: string, serial: number): RecordData {
  return { type: 'SOA', primary, mailbox, numbers: [serial, TTL, 86_400, 2_419_200, TTL] }
}

export class Zone {
  readonly name: string
  readonly #records = new Map<string, ResourceRecord[]>()
  readonly #soa: ResourceRecord

  /** @param records name below the zone (empty for its own) and data; the first is its SOA */
  constructor(name: string, records: readonly (readonly [string, RecordData])[]) {
    this.name = name
    for (const [below, data] of records) {
      const owner = below ? `${below}.${name}` : name
      this.#records.set(owner, [...(this.#records.get(owner) ?? []), { name: owner, ttl: TTL, data }])
    }
    this.#soa = this.#records.get(name)![0]!
  }

  holds(name: string): boolean {
    const lower = name.toLowerCase()
    return lower === this.name || lower.endsWith(`.${this.name}`)
  }

  /** @param recursive whether the asker wanted recursion: without, the zone's servers are named as well */
  answer({ name, type }: Question, recursive: boolean): Found {
    const here = this.#records.get(name.toLowerCase())
    if (!here) return { exists: false, answers: [], authority: [this.#soa], additional: [] }
    const alias = here.find(({ data }) => data.type === 'CNAME')
    const at = alias?.data.type === 'CNAME' ? (this.#records.get(alias.data.name) ?? []) : here
    const matching = at.filter(({ data }) => type === TYPE.ANY || TYPE[data.type] === type)
    const answers = alias && type !== TYPE.CNAME ? [alias, ...matching] : alias ? [alias] : matching
    if (answers.length === 0) return { exists: true, answers, authority: [this.#soa], additional: [] }
    const servers = recursive || type === TYPE.NS ? [] : this.#of(this.name, 'NS')
    const named = [...answers, ...servers].flatMap(({ data }) =>
      type !== TYPE.ANY && (data.type === 'NS' || data.type === 'MX') ? this.#of(data.name, 'A') : [],
    )
    return { exists: true, answers: answers.map((record) => spelled(record, name)), authority: servers, additional: named }
  }

  /** AXFR: every record, between two of the SOA; named by the order of DNSSEC, the zone itself first. */
  transfer(): ResourceRecord[] {
    const names = [...this.#records.keys()].sort()
    const own = names.indexOf(this.name)
    names.splice(own, 1)
    return [this.name, ...names].flatMap((name) => this.#records.get(name) ?? []).concat(this.#soa)
  }

  #of(name: string, type: RecordData['type']): ResourceRecord[] {
    return (this.#records.get(name) ?? []).filter(({ data }) => data.type === type)
  }
}

/** The owner of an answer is written as the question wrote it. */
function spelled(record: ResourceRecord, asked: string): ResourceRecord {
  return record.name === asked.toLowerCase() ? { ...record, name: asked } : record
}

function addressOf(interfaceAddress: string): Buffer {
  return Buffer.from((interfaceAddress.split('/')[0] ?? '').split('.').map(Number))
}

/** A day of the last years with a count, as administrators number their changes. */
function serialOf(identity: Identity): number {
  const day = new Date(Date.UTC(2022, 0, 1 + identity.integer('dns serial day', 0, 1200)))
  return Number(day.toISOString().slice(0, 10).replaceAll('-', '')) * 100 + identity.integer('dns serial count', 1, 4)
}
