import { randomInt } from 'node:crypto'
import type { Identity } from '../../config/identity.ts'
import type { Persona } from '../../config/persona.ts'
import { toTimestamp } from './codec.ts'

/** Servers that the world's ntpds point at; the install seed picks some. */
const UPSTREAM = [
  '162.159.200.1',
  '162.159.200.123',
  '216.239.35.0',
  '216.239.35.4',
  '216.239.35.8',
  '216.239.35.12',
  '129.6.15.28',
  '132.163.96.1',
  '17.253.34.123',
  '194.58.200.20',
]

export interface Peer {
  association: number
  address: string
  stratum: number
  /** Milliseconds. */
  delay: number
  offset: number
  jitter: number
  dispersion: number
  /** Seconds by which its polls lag behind those of the first. */
  lag: number
  /** Bits 8 to 15 of its status word: selection and flags. */
  status: number
}

export interface MonitoredClient {
  address: string
  port: number
  mode: number
  version: number
  packets: number
  /** Seconds since its first and its latest packet. */
  firstAgo: number
  lastAgo: number
}

const POLL_MS = 1_024_000
/** Fractions of a second below the clock's precision of 2⁻²³. */
const NOISE = 2 ** 12

/** Askers that are remembered for monlist, besides the seeded clients. */
const REMEMBERED = 600

/** What this ntpd knows: its clock's quality, its servers, and who asked it. Drawn from the install seed, alive in time. */
export class NtpServer {
  readonly peers: Peer[]
  readonly stratum: number
  readonly rootDelay: number
  readonly frequency: number
  readonly precision = -23
  readonly version: string
  readonly system: string
  readonly localAddress: string
  readonly #identity: Identity
  readonly #startedAt = Date.now()
  readonly #clients: { address: string; everySeconds: number }[]
  readonly #askers = new Map<string, { packets: number; firstAt: number; lastAt: number; port: number; mode: number; version: number }>()

  constructor(identity: Identity, persona: Persona, version: string) {
    this.#identity = identity
    this.version = version
    this.system = `Linux/${persona.os.kernel.release}`
    this.localAddress = persona.network.interfaces[0]?.address.split('/')[0] ?? '10.0.0.2'
    this.peers = drawPeers(identity)
    this.stratum = (this.peers[0]?.stratum ?? 1) + 1
    this.rootDelay = (this.peers[0]?.delay ?? 10) / 1000
    this.frequency = identity.integer('ntp/frequency', -38_000, 38_000) / 1000
    this.#clients = drawClients(identity, this.localAddress)
  }

  /** UTC milliseconds by this server's clock, which is a little off as every clock is. */
  now(): number {
    const error = Math.sin(Date.now() / 1_700_000) * 0.6 + (this.#identity.integer('ntp/offset', -900, 900) / 1000) * 0.4
    return performance.timeOrigin + performance.now() + error
  }

  get referenceAddress(): string {
    return this.peers[0]?.address ?? '0.0.0.0'
  }

  /** A moment by this clock as timestamp; what is finer than the clock is noise, as in ntpd (RFC 5905 §6). */
  timestamp(milliseconds: number): bigint {
    return toTimestamp(milliseconds) ^ BigInt(randomInt(NOISE))
  }

  /** When the clock was last corrected: once every poll of 1024 seconds. */
  reference(now = this.now()): bigint {
    const fraction = this.#identity.integer(`ntp/reference/${this.#correction(now)}`, 0, 2 ** 32 - 1)
    return (toTimestamp(this.#correction(now) * POLL_MS - this.#phase) & ~0xffffffffn) | BigInt(fraction)
  }

  /** Seconds; grows by 15 ppm from correction to correction (RFC 5905 §11.1). */
  rootDispersion(now = this.now()): number {
    const since = now - (this.#correction(now) * POLL_MS - this.#phase)
    return 0.009 + this.#identity.integer('ntp/dispersion', 0, 20) / 1000 + (since / 1000) * 15e-6
  }

  #correction(now: number): number {
    return Math.floor((now + this.#phase) / POLL_MS)
  }

  get #phase(): number {
    return this.#identity.integer('ntp/phase', 2000, POLL_MS - 1)
  }

  noteAsker(address: string, port: number, mode: number, version: number): void {
    const known = this.#askers.get(address)
    this.#askers.delete(address)
    this.#askers.set(address, {
      packets: (known?.packets ?? 0) + 1,
      firstAt: known?.firstAt ?? Date.now(),
      lastAt: Date.now(),
      port,
      mode,
      version,
    })
    if (this.#askers.size > REMEMBERED) this.#askers.delete(this.#askers.keys().next().value as string)
  }

  /** The most recent askers first, as monlist gives them: this one, then the clients of the network. */
  monitored(asker: string): MonitoredClient[] {
    const now = Date.now()
    const own = this.#askers.get(asker)
    const first: MonitoredClient[] = own
      ? [{ ...own, address: asker, firstAgo: Math.floor((now - own.firstAt) / 1000), lastAgo: Math.floor((now - own.lastAt) / 1000) }]
      : []
    const upDays = this.#identity.integer('ntp/up-days', 20, 200)
    const upSeconds = upDays * 86_400 + Math.floor((now - this.#startedAt) / 1000)
    const rest = this.#clients.map(({ address, everySeconds }): MonitoredClient => {
      const phase = this.#identity.integer(`ntp/client/${address}`, 0, everySeconds - 1)
      const lastAgo = (Math.floor(now / 1000) + phase) % everySeconds
      return { address, port: 123, mode: 3, version: 4, packets: Math.floor(upSeconds / everySeconds), firstAgo: upSeconds, lastAgo }
    })
    return [...first, ...rest.sort((a, b) => a.lastAgo - b.lastAgo)]
  }
}

function drawPeers(identity: Identity): Peer[] {
  const start = identity.integer('ntp/upstream', 0, UPSTREAM.length - 1)
  const chosen = Array.from({ length: 4 }, (_, i) => UPSTREAM[(start + i * 3) % UPSTREAM.length] as string)
  // sys.peer, then candidates (RFC 9327 §3.2): configured, reachable, selected.
  const statuses = [0x96, 0x94, 0x94, 0x93]
  const base = identity.integer('ntp/associations', 20_000, 60_000)
  return chosen.map((address, i) => {
    const draw = (what: string, min: number, max: number): number => identity.integer(`ntp/peer/${i}/${what}`, min, max) / 1000
    return {
      association: base + i,
      address,
      stratum: 1,
      delay: draw('delay', 2_100, 24_000),
      offset: draw('offset', -900, 900),
      jitter: draw('jitter', 40, 700),
      dispersion: draw('dispersion', 900, 15_000),
      lag: i * identity.integer('ntp/lag', 61, 290),
      status: statuses[i] as number,
    }
  })
}

/** Machines of the persona's own network: addresses of strangers would send scanners to them. */
function drawClients(identity: Identity, localAddress: string): { address: string; everySeconds: number }[] {
  const network = localAddress.split('.').slice(0, 3).join('.')
  return Array.from({ length: identity.integer('ntp/clients', 4, 9) }, (_, i) => ({
    address: `${network}.${identity.integer(`ntp/client-address/${i}`, 2 + i * 24, 25 + i * 24)}`,
    everySeconds: identity.pick(`ntp/client-poll/${i}`, [64, 256, 512, 1024, 1024]),
  }))
}
