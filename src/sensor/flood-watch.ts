import { LRUCache } from 'lru-cache'

const WINDOW_MS = 60_000
const UPDATE_MS = 60_000
const QUIET_MS = 300_000

export interface FloodReport {
  kind: 'start' | 'update' | 'end'
  victim: string
  packets: number
  bytes: number
  answeredBytes: number
}

interface Track {
  windowStartedAt: number
  inWindow: number
  flooding: boolean
  packets: number
  bytes: number
  answeredBytes: number
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

  /** @param packets of one source within a minute that make a flood */
  constructor(packets: number, report: (report: FloodReport) => void) {
    this.#packets = packets
    this.#report = report
    this.#tracks = new LRUCache({ max: 50_000, dispose: (track, ip) => this.#end(ip, track) })
  }

  /** Counts one packet; true while its source is not flooding. */
  isFresh(ip: string, bytes: number, now = Date.now()): boolean {
    const track = this.#trackOf(ip, now)
    if (now - track.windowStartedAt > WINDOW_MS) {
      track.windowStartedAt = now
      track.inWindow = 0
    }
    track.inWindow++
    track.packets++
    track.bytes += bytes
    track.lastAt = now
    if (!track.flooding && track.inWindow > this.#packets) {
      track.flooding = true
      track.reportedAt = now
      this.#report({ kind: 'start', victim: ip, ...sizes(track) })
    } else if (track.flooding && now - track.reportedAt > UPDATE_MS) {
      track.reportedAt = now
      this.#report({ kind: 'update', victim: ip, ...sizes(track) })
    }
    return !track.flooding
  }

  answered(ip: string, bytes: number): void {
    const track = this.#tracks.peek(ip)
    if (track) track.answeredBytes += bytes
  }

  /** Ends floods that have been quiet for five minutes. Called now and then by the listener. */
  sweep(now = Date.now()): void {
    for (const [ip, track] of this.#tracks.entries()) if (now - track.lastAt > QUIET_MS) this.#tracks.delete(ip)
  }

  /** Ends all, at shutdown. */
  close(): void {
    this.#tracks.clear()
  }

  #trackOf(ip: string, now: number): Track {
    let track = this.#tracks.get(ip)
    if (!track) {
      track = { windowStartedAt: now, inWindow: 0, flooding: false, packets: 0, bytes: 0, answeredBytes: 0, lastAt: now, reportedAt: now }
      this.#tracks.set(ip, track)
    }
    return track
  }

  #end(ip: string, track: Track): void {
    if (track.flooding) this.#report({ kind: 'end', victim: ip, ...sizes(track) })
  }
}

function sizes({ packets, bytes, answeredBytes }: Track): Pick<Track, 'packets' | 'bytes' | 'answeredBytes'> {
  return { packets, bytes, answeredBytes }
}
