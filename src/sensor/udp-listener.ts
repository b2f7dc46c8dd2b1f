import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { isIP, isIPv6 } from 'node:net'
import { LRUCache } from 'lru-cache'
import { atMost } from '../config/at-most.ts'
import type { PlannedPort } from '../config/ports.ts'
import { evidence } from '../events/bytes.ts'
import type { CaptureDetail } from '../events/recorder.ts'
import type { Artifact } from '../events/schema.ts'
import { plainAddress } from './address.ts'
import { type FloodReport, FloodWatch } from './flood-watch.ts'
import type { RunningLure } from './running-lure.ts'
import { UdpDialogue } from './udp-dialogue.ts'
import { type Datagram, type Dialogue, type Endpoint, LimitReached, type LoginAttempt, VisitEnded } from './visit.ts'
import { type SessionFacts, SessionWitness } from './witness.ts'

/** Quiet time after which the next datagram of a source begins a new session. */
const EXCHANGE_IDLE_MS = 60_000
/** Sessions at once; a spoofed flood of addresses pushes the oldest out. */
const EXCHANGES = 10_000
/** New sessions a second; beyond, datagrams of unknown sources are counted under the victim `*`. */
const NEW_EXCHANGES_PER_SECOND = 200
/** Answers being computed at once a port. */
const IN_FLIGHT = 64
const RECORDED_BYTES = 1024
/** Conversations on ports of their own, for each listener and of one source. */
const DIALOGUES = 64
const DIALOGUES_PER_SOURCE = 4

type Talk = (dialogue: Dialogue) => Promise<void>

/** The datagrams of one source, as one session. */
class Exchange extends SessionWitness {
  readonly source: Endpoint
  readonly local: Endpoint
  readonly openedAt = Date.now()
  lastAt = Date.now()
  bytesIn = 0
  bytesOut = 0

  constructor(facts: SessionFacts) {
    super(facts)
    this.source = facts.source
    this.local = facts.local
  }

  close(reason: 'attacker' | 'shutdown'): void {
    this.record('session.close', { durationMs: this.lastAt - this.openedAt, bytesIn: this.bytesIn, bytesOut: this.bytesOut, reason })
  }
}

/** One datagram of an exchange. In a flood it records nothing by itself. */
class ReceivedDatagram implements Datagram {
  readonly bytes: Buffer
  readonly fresh: boolean
  readonly session: string
  readonly source: Endpoint
  readonly local: Endpoint
  readonly sourceIsProven: () => void
  readonly converse: (talk: Talk) => boolean
  readonly reply: (bytes: Buffer) => string | undefined
  asked: { request: string; potentialBytes: number } | undefined
  readonly #exchange: Exchange

  constructor(exchange: Exchange, bytes: Buffer, fresh: boolean, way: Pick<Datagram, 'sourceIsProven' | 'converse' | 'reply'>) {
    this.converse = way.converse
    this.reply = way.reply
    this.#exchange = exchange
    this.bytes = bytes
    this.fresh = fresh
    this.session = exchange.session
    this.source = exchange.source
    this.local = exchange.local
    this.sourceIsProven = way.sourceIsProven
  }

  asksFor(request: string, potentialBytes: number): void {
    this.asked = { request, potentialBytes }
  }

  record(type: string, data: unknown, tags?: string[]): void {
    if (this.fresh) this.#exchange.record(type, data, tags)
  }

  login(attempt: LoginAttempt): void {
    this.record('login', attempt)
  }

  capture(bytes: Uint8Array, detail: CaptureDetail): Artifact {
    return this.#exchange.capture(bytes, detail)
  }

  tag(...tags: string[]): void {
    this.#exchange.tag(...tags)
  }
}

/** One UDP port of a lure. Every answer passes the governor; floods are counted, not listed. */
export class UdpListener {
  readonly #running: RunningLure
  readonly #port: PlannedPort
  readonly #socket: Socket
  readonly #exchanges: LRUCache<string, Exchange>
  readonly #flood: FloodWatch
  #boundPort = 0
  #sweep: NodeJS.Timeout | undefined
  #stopping = false
  #inFlight = 0
  /** Source of each conversation that is going on. */
  readonly #conversing: string[] = []
  readonly #dialogues = new Set<UdpDialogue>()
  #newThisSecond = { second: 0, count: 0 }

  constructor(running: RunningLure, port: PlannedPort) {
    this.#running = running
    this.#port = port
    this.#socket = createSocket({ type: isIPv6(port.host) ? 'udp6' : 'udp4' })
    this.#exchanges = new LRUCache({
      ...atMost(EXCHANGES),
      dispose: (exchange) => exchange.close(this.#stopping ? 'shutdown' : 'attacker'),
    })
    this.#flood = new FloodWatch(running.parts.settings.udp.floodPackets, (report) => this.#reportFlood(report))
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#socket.once('error', reject)
      this.#socket.bind({ address: this.#port.host, port: this.#port.port }, resolve)
    })
    this.#socket.removeAllListeners('error')
    this.#socket.on('error', (error) => this.#running.setup.log.error({ error: error.message }, 'listener trouble'))
    this.#boundPort = this.#socket.address().port
    this.#joinGroup()
    this.#socket.on('message', (bytes, from) => this.#receive(bytes, from))
    this.#sweep = setInterval(() => this.#closeIdle(), 5_000)
    this.#sweep.unref()
    return this.#boundPort
  }

  #joinGroup(): void {
    const { group } = this.#port.declared
    if (group === undefined || this.#port.host !== '0.0.0.0') return
    try {
      this.#socket.addMembership(group)
    } catch (error) {
      // ENODEV: no interface has a route to groups. Datagrams to the address itself come all the same.
      this.#running.setup.log.warn({ error: error instanceof Error ? error.message : String(error), group }, 'no multicast here')
    }
  }

  async stop(): Promise<void> {
    this.#stopping = true
    clearInterval(this.#sweep)
    for (const dialogue of this.#dialogues) dialogue.close()
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()))
    this.#flood.close()
    this.#exchanges.clear()
  }

  get open(): number {
    return this.#exchanges.size
  }

  #receive(bytes: Buffer, from: RemoteInfo): void {
    const source = { ip: plainAddress(from.address), port: from.port }
    this.#running.bounds.governor.received(bytes.length)
    const exchange = this.#exchangeOf(source)
    // Counted under the victim, or under `*` when too many addresses come at once to be told apart.
    // A source that has shown that it is there is a client, however much it asks.
    const isClient = exchange !== undefined && this.#running.bounds.governor.isProven(source.ip)
    const fresh = isClient || this.#flood.isFresh(exchange ? source.ip : '*', bytes.length)
    if (!exchange) return
    exchange.lastAt = Date.now()
    exchange.bytesIn += bytes.length
    if (this.#inFlight >= IN_FLIGHT) return
    this.#inFlight++
    this.#answer(exchange, bytes, fresh).finally(() => this.#inFlight--)
  }

  async #answer(exchange: Exchange, bytes: Buffer, fresh: boolean): Promise<void> {
    const running = this.#running
    const { source } = exchange
    try {
      const datagram = new ReceivedDatagram(exchange, bytes, fresh, {
        sourceIsProven: () => running.bounds.governor.prove(source.ip),
        converse: (talk) => this.#converse(exchange, bytes.length, talk),
        reply: (later) => this.#reply(exchange, later),
      })
      const answer = await running.lure.answer?.(datagram, running.context(this.#port, source))
      const answers = answer === undefined ? [] : Array.isArray(answer) ? answer : [answer]
      const asked = datagram.asked ?? { request: '', potentialBytes: answers.reduce((sum, one) => sum + one.length, 0) }
      this.#flood.asked(source.ip, asked.request, asked.potentialBytes)
      let sent = 0
      let withheld: string | undefined
      for (const one of answers) {
        withheld = running.bounds.governor.refuse({
          ...source,
          requestBytes: bytes.length,
          answerBytes: one.length,
          servicePort: this.#port.declared.port,
        })
        if (withheld) break
        sent += one.length
        this.#socket.send(one, source.port, source.ip)
      }
      exchange.bytesOut += sent
      this.#flood.answered(source.ip, sent)
      if (!fresh) return
      exchange.record('datagram', {
        request: evidence(bytes.subarray(0, RECORDED_BYTES)),
        requestBytes: bytes.length,
        answerBytes: sent,
        ...(withheld ? { withheld } : {}),
      })
    } catch (error) {
      exchange.fault(error, bytes)
      running.setup.log.warn({ error: error instanceof Error ? error.message : String(error), session: exchange.session }, 'lure fault')
    }
  }

  #reply(exchange: Exchange, bytes: Buffer): string | undefined {
    if (this.#stopping) return 'stopping'
    const { source } = exchange
    const size = { requestBytes: 0, answerBytes: bytes.length }
    const withheld = this.#running.bounds.governor.refuse({ ...source, ...size, servicePort: this.#port.declared.port })
    if (withheld) return withheld
    exchange.bytesOut += bytes.length
    this.#flood.answered(source.ip, bytes.length)
    this.#socket.send(bytes, source.port, source.ip)
    return undefined
  }

  #converse(exchange: Exchange, requestBytes: number, talk: Talk): boolean {
    const { ip } = exchange.source
    const mine = this.#conversing.filter((other) => other === ip).length
    if (this.#stopping || this.#conversing.length >= DIALOGUES || mine >= DIALOGUES_PER_SOURCE) return false
    this.#conversing.push(ip)
    this.#talk(exchange, requestBytes, talk).finally(() => this.#conversing.splice(this.#conversing.indexOf(ip), 1))
    return true
  }

  async #talk(exchange: Exchange, requestBytes: number, talk: Talk): Promise<void> {
    const { governor } = this.#running.bounds
    const { source } = exchange
    let dialogue: UdpDialogue | undefined
    try {
      dialogue = await UdpDialogue.open({
        host: this.#port.host,
        source,
        requestBytes,
        refuse: (request, answerBytes) =>
          governor.refuse({ ...source, requestBytes: request, answerBytes, servicePort: this.#port.declared.port }),
        received: (bytes) => {
          governor.received(bytes)
          exchange.lastAt = Date.now()
          exchange.bytesIn += bytes
        },
        sent: (bytes) => {
          exchange.bytesOut += bytes
        },
        proven: () => governor.prove(source.ip),
      })
      this.#dialogues.add(dialogue)
      await talk(dialogue)
    } catch (error) {
      if (error instanceof LimitReached) exchange.limit(error.limit, error.allowed)
      else if (!(error instanceof VisitEnded)) {
        exchange.fault(error, Buffer.alloc(0))
        this.#running.setup.log.warn(
          { error: error instanceof Error ? error.message : String(error), session: exchange.session },
          'lure fault',
        )
      }
    } finally {
      if (dialogue) {
        dialogue.close()
        this.#dialogues.delete(dialogue)
      }
    }
  }

  #exchangeOf(source: Endpoint): Exchange | undefined {
    const key = `${source.ip} ${source.port}`
    const known = this.#exchanges.get(key)
    if (known) return known
    const second = Math.floor(Date.now() / 1000)
    if (second !== this.#newThisSecond.second) this.#newThisSecond = { second, count: 0 }
    if (++this.#newThisSecond.count > NEW_EXCHANGES_PER_SECOND) return undefined
    const exchange = new Exchange(this.#running.facts('udp', source, { ip: this.#port.host, port: this.#boundPort }))
    this.#exchanges.set(key, exchange)
    exchange.record('session.open', {})
    return exchange
  }

  #closeIdle(): void {
    const now = Date.now()
    for (const [key, exchange] of this.#exchanges.entries()) {
      if (now - exchange.lastAt > EXCHANGE_IDLE_MS) this.#exchanges.delete(key)
    }
    this.#flood.sweep(now)
  }

  #reportFlood({ kind, victim, request, ...sizes }: FloodReport): void {
    const { parts, bounds } = this.#running
    const { name, standsFor } = this.#running.lure
    const amplification = Number((sizes.potentialBytes / Math.max(1, sizes.bytes)).toFixed(1))
    parts.bus.publish({
      lure: name,
      standsFor: [...standsFor],
      persona: this.#running.use.persona,
      transport: 'udp',
      ...(isIP(victim) ? { srcIp: victim } : {}),
      dstIp: this.#port.host,
      dstPort: this.#boundPort,
      tags: ['attack:T1498.002'],
      type: `flood.${kind}`,
      data: { vector: name, ...(request ? { request } : {}), victim, attack: bounds.attacks.idOf(victim), ...sizes, amplification },
    })
  }
}
