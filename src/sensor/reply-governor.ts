import { LRUCache } from 'lru-cache'
import { atMost } from '../config/at-most.ts'
import type { Settings } from '../config/schema.ts'
import { isLoopbackAddress, networkOf } from './address.ts'

/** Sources remembered at most; the oldest is forgotten first. */
const SOURCES = 100_000
const MINUTE = 60_000
const HOUR = 3_600_000
/** Answers a minute for a source that has proven that it receives ours. */
const PROVEN_PER_MINUTE = 600
const PROVEN_FOR_MS = 10 * MINUTE
/** Answers of an hour that may be as large as a server's are; each further one at most so many times its request. */
const LARGE_PER_HOUR = 2
const LATER_AMPLIFICATION = 3

/**
 * Ports whose datagrams are never answered: two services that answer each other would loop, and a packet that claims to
 * come from one of these is a reflection attempt.
 */
const LOOP_PORTS = new Set([0, 7, 13, 17, 19, 53, 111, 123, 161, 389, 520, 1900, 3702, 5353, 11211])

export interface ReplyRequest {
  ip: string
  port: number
  /** Nought for a further answer to a request that is paid for by what the lure itself allows. */
  requestBytes: number
  answerBytes: number
  /** Port that the request came to; an answer to the same port would be service talking to service. */
  servicePort: number
}

/**
 * Decides for every lure together which answers leave over UDP, where a source address proves nothing. An answer larger
 * than its request is paid from what unanswered requests have brought in, so that over any flood we send less than we got.
 */
export class ReplyGovernor {
  readonly #settings: Settings['udp']
  readonly #sources = new LRUCache<string, Window>({ ...atMost(SOURCES) })
  readonly #networks = new LRUCache<string, Window>({ ...atMost(SOURCES) })
  readonly #proven = new LRUCache<string, number>({ ...atMost(SOURCES) })
  readonly #second = new LastSecond()
  /** Request bytes seen minus answer bytes sent; grows while a flood is not answered. */
  #credit = STARTING_CREDIT
  answered = 0
  withheld = 0

  constructor(settings: Settings['udp']) {
    this.#settings = settings
  }

  /** Every request pays in, answered or not. */
  received(bytes: number): void {
    this.#credit = Math.min(this.#credit + bytes, MAX_CREDIT)
  }

  /** Marks a source as a real receiver of our answers. */
  prove(ip: string, now = Date.now()): void {
    this.#proven.set(ip, now + PROVEN_FOR_MS)
  }

  isProven(ip: string, now = Date.now()): boolean {
    return (this.#proven.get(ip) ?? 0) > now
  }

  /** Undefined when the answer may leave (it is then counted), else the reason why it is withheld. */
  refuse(request: ReplyRequest, now = Date.now()): string | undefined {
    const reason = this.#reason(request, now)
    if (reason) this.withheld++
    else this.#count(request, now)
    return reason
  }

  #reason({ ip, port, requestBytes, answerBytes, servicePort }: ReplyRequest, now: number): string | undefined {
    if (!this.#settings.governLoopback && isLoopbackAddress(ip)) return undefined
    if (LOOP_PORTS.has(port) && port === servicePort) return 'service-loop'
    if (LOOP_PORTS.has(port)) return 'reflection-port'
    if (this.isProven(ip, now)) {
      return windowOf(this.#sources, ip).minute.count(now) >= PROVEN_PER_MINUTE ? 'source-per-minute' : undefined
    }
    const s = this.#settings
    if (answerBytes > s.largestAnswer) return 'answer-size'
    const source = windowOf(this.#sources, ip)
    if (source.minute.count(now) >= s.answersPerMinute) return 'source-per-minute'
    if (source.hour.count(now) >= s.answersPerHour) return 'source-per-hour'
    if (requestBytes > 0 && source.hour.count(now) >= LARGE_PER_HOUR && answerBytes > LATER_AMPLIFICATION * requestBytes)
      return 'source-amplification'
    const network = windowOf(this.#networks, networkOf(ip))
    if (network.minute.count(now) >= s.networkAnswersPerMinute) return 'network-per-minute'
    if (network.hour.count(now) >= s.networkAnswersPerHour) return 'network-per-hour'
    this.#second.forgetBefore(now - 1000)
    if (this.#second.answers >= s.totalAnswersPerSecond) return 'total-per-second'
    if (this.#second.bytes + answerBytes > s.totalBytesPerSecond) return 'total-bytes'
    if (answerBytes > requestBytes && answerBytes > this.#credit) return 'amplification'
    return undefined
  }

  #count({ ip, answerBytes }: ReplyRequest, now: number): void {
    this.answered++
    this.#credit -= answerBytes
    this.#second.add(now, answerBytes)
    for (const window of [windowOf(this.#sources, ip), windowOf(this.#networks, networkOf(ip))]) {
      window.minute.add(now)
      window.hour.add(now)
    }
  }
}

/** Enough that a quiet sensor answers its first few honest clients with real-sized answers. */
const STARTING_CREDIT = 4096
const MAX_CREDIT = 1024 * 1024

/** The answers of the second that ends now, wherever it began. */
class LastSecond {
  readonly #sent: { at: number; bytes: number }[] = []
  bytes = 0

  get answers(): number {
    return this.#sent.length
  }

  add(at: number, bytes: number): void {
    this.#sent.push({ at, bytes })
    this.bytes += bytes
  }

  forgetBefore(moment: number): void {
    for (let first = this.#sent[0]; first && first.at <= moment; first = this.#sent[0]) {
      this.bytes -= first.bytes
      this.#sent.shift()
    }
  }
}

/** Answers within the current fixed span of time. */
class Span {
  readonly #ms: number
  #startedAt = 0
  #n = 0

  constructor(ms: number) {
    this.#ms = ms
  }

  count(now: number): number {
    return now - this.#startedAt < this.#ms ? this.#n : 0
  }

  add(now: number): void {
    if (now - this.#startedAt >= this.#ms) {
      this.#startedAt = now
      this.#n = 0
    }
    this.#n++
  }
}

interface Window {
  minute: Span
  hour: Span
}

function windowOf(windows: LRUCache<string, Window>, key: string): Window {
  let window = windows.get(key)
  if (!window) {
    window = { minute: new Span(MINUTE), hour: new Span(HOUR) }
    windows.set(key, window)
  }
  return window
}
