import { isIPv6 } from 'node:net'
import { LRUCache } from 'lru-cache'
import { atMost } from '../config/at-most.ts'
import { networkOf } from './address.ts'

const WINDOW_MS = 60_000
const UPDATE_MS = 60_000
const QUIET_MS = 300_000
const VICTIMS = 50_000
/** So many hosts of one network within a minute are one attack on the network: carpet bombing. */
const CARPET_HOSTS = 16
const NETWORKS = 10_000

export interface FloodReport {
  kind: 'start' | 'update' | 'end'
  /** An address, or the network when its hosts are attacked together. */
  victim: string
  /** What most of the packets ask for, in the word of the protocol; empty where nobody has said. */
  request: string
  packets: number
  bytes: number
  answeredBytes: number
  /** What servers without a governor would have sent to the victim. */
  potentialBytes: number
  /** Packets in the busiest second. */
  perSecond: number
  /** From the first packet to the last. */
  durationMs: number
}

interface Track {
  windowStartedAt: number
  inWindow: number
  flooding: boolean
  packets: number
  bytes: number
  answeredBytes: number
  potentialBytes: number
  request: string
  /** Votes for `request`: it changes when others have outvoted it. */
  votes: number
  second: number
  inSecond: number
  perSecond: number
  firstAt: number
  lastAt: number
  reportedAt: number
}

/**
 * Tells a flood over UDP from a client. Under a spoofed flood the "source" is the victim; its packets are then counted,
 * not listed, so that the record stays small and the attack is one fact with a beginning, a size and an end.
 */
export class FloodWatch {
  readonly #packets: number
  readonly #report: (report: FloodReport) => void
  readonly #tracks: LRUCache<string, Track>
  /** Hosts of each network that sent in the minute that began at `since`. */
  readonly #networks = new LRUCache<string, { since: number; hosts: Set<string> }>({ ...atMost(NETWORKS) })

  /** @param packets of one source within a minute that make a flood */
  constructor(packets: number, report: (report: FloodReport) => void) {
    this.#packets = packets
    this.#report = report
    this.#tracks = new LRUCache({ ...atMost(VICTIMS), dispose: (track, victim) => this.#end(victim, track) })
  }

  /** Counts one packet; true while its source is not flooding. `*` stands for sources that are too many to be told apart. */
  isFresh(ip: string, bytes: number, now = Date.now()): boolean {
    const isCarpet = this.#isCarpet(ip, now)
    const victim = isCarpet ? prefixOf(ip) : ip
    const track = this.#trackOf(victim, now)
    count(track, bytes, now)
    if (!track.flooding && (isCarpet || track.inWindow > this.#packets)) {
      track.flooding = true
      track.reportedAt = now
      this.#report({ kind: 'start', victim, ...sizes(track) })
    } else if (track.flooding && now - track.reportedAt > UPDATE_MS) {
      track.reportedAt = now
      this.#report({ kind: 'update', victim, ...sizes(track) })
    }
    return !track.flooding
  }

  /** What a packet of this source asked for, and the bytes that a server without a governor would have sent. */
  asked(ip: string, request: string, potentialBytes: number): void {
    const track = this.#attackOn(ip)
    if (!track) return
    track.potentialBytes += potentialBytes
    if (track.votes === 0) track.request = request
    track.votes += track.request === request ? 1 : -1
  }

  answered(ip: string, bytes: number): void {
    const track = this.#attackOn(ip)
    if (track) track.answeredBytes += bytes
  }

  /** Ends floods that have been quiet for five minutes. Called now and then by the listener. */
  sweep(now = Date.now()): void {
    for (const [victim, track] of this.#tracks.entries()) if (now - track.lastAt > QUIET_MS) this.#tracks.delete(victim)
  }

  /** Ends all, at shutdown. */
  close(): void {
    this.#tracks.clear()
  }

  /** Whether this packet belongs to an attack on its whole network rather than to one on its source. */
  #isCarpet(ip: string, now: number): boolean {
    if (ip === '*' || this.#tracks.peek(ip)?.flooding) return false
    const key = networkOf(ip)
    let network = this.#networks.get(key)
    if (!network || now - network.since > WINDOW_MS) {
      network = { since: now, hosts: new Set() }
      this.#networks.set(key, network)
    }
    if (network.hosts.size < CARPET_HOSTS) network.hosts.add(ip)
    return network.hosts.size === CARPET_HOSTS || this.#tracks.peek(prefixOf(ip))?.flooding === true
  }

  #attackOn(ip: string): Track | undefined {
    const own = this.#tracks.peek(ip)
    return own?.flooding ? own : (this.#tracks.peek(prefixOf(ip)) ?? own)
  }

  #trackOf(victim: string, now: number): Track {
    let track = this.#tracks.get(victim)
    if (!track) {
      const counts = { inWindow: 0, packets: 0, bytes: 0, answeredBytes: 0, potentialBytes: 0, votes: 0, inSecond: 0, perSecond: 0 }
      track = { ...counts, request: '', flooding: false, windowStartedAt: now, second: 0, firstAt: now, lastAt: now, reportedAt: now }
      this.#tracks.set(victim, track)
    }
    return track
  }

  #end(victim: string, track: Track): void {
    if (track.flooding) this.#report({ kind: 'end', victim, ...sizes(track) })
  }
}

function count(track: Track, bytes: number, now: number): void {
  if (now - track.windowStartedAt > WINDOW_MS) {
    track.windowStartedAt = now
    track.inWindow = 0
  }
  const second = Math.floor(now / 1000)
  if (second !== track.second) {
    track.second = second
    track.inSecond = 0
  }
  track.inWindow++
  track.packets++
  track.bytes += bytes
  track.perSecond = Math.max(track.perSecond, ++track.inSecond)
  track.lastAt = now
}

/** `198.51.100.0/24`, `2001:db8:5::/48`. */
function prefixOf(ip: string): string {
  return isIPv6(ip) ? `${networkOf(ip).replace(/\b0+(?=\w)/g, '')}::/48` : `${networkOf(ip)}.0/24`
}

function sizes({ firstAt, lastAt, ...track }: Track): Omit<FloodReport, 'kind' | 'victim'> {
  const { request, packets, bytes, answeredBytes, potentialBytes, perSecond } = track
  return { request, packets, bytes, answeredBytes, potentialBytes, perSecond, durationMs: lastAt - firstAt }
}
