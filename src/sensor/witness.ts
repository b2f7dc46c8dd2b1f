import type { EventBus } from '../events/bus.ts'
import { evidence } from '../events/bytes.ts'
import type { CaptureDetail } from '../events/recorder.ts'
import type { Artifact } from '../events/schema.ts'
import { uuid7 } from '../events/uuid7.ts'
import type { ArtifactStore } from '../store/contract.ts'
import { jndiSightings, type Sighting } from './jndi/watch.ts'
import type { Endpoint, LoginAttempt } from './visit.ts'

/** JNDI lookups that one visit notes; more of them tell nothing new. */
const MOST_LOOKUPS = 64

export interface SessionFacts {
  bus: EventBus
  artifacts: ArtifactStore
  lure: string
  standsFor: readonly string[]
  persona: string
  transport: 'tcp' | 'udp'
  source: Endpoint
  local: Endpoint
  /** Artifacts that this source may still leave; shared by its visits. */
  quota: { left: number }
  session?: string
  /** The lure says with `join` which session the visit belongs to. */
  joins?: boolean
}

/** The writing side of a visit: fills in who and where, and passes it to the bus. */
export class SessionWitness {
  #session: string
  /** Events that wait until it is known which session the visit belongs to. */
  #held: { type: string; data: unknown; time: number }[] | undefined
  readonly #facts: SessionFacts
  #tags: Set<string> | undefined
  /** Targets of JNDI lookups that were noted. */
  #lookups: Set<string> | undefined

  constructor(facts: SessionFacts) {
    this.#facts = facts
    this.#session = facts.session ?? uuid7()
    if (facts.joins) this.#held = []
  }

  get session(): string {
    return this.#session
  }

  /** Makes the visit part of a session: what was held back is recorded now, in it. No effect once anything else was recorded. */
  join(session: string): void {
    if (!this.#held) return
    this.#session = session
    this.#release()
  }

  record(type: string, data: unknown, tags: string[] = []): void {
    if (this.#held) {
      if (type === 'session.open' || type === 'fingerprint') {
        this.#held.push({ type, data, time: Date.now() })
        return
      }
      this.#release()
    }
    this.#publish(type, data, tags)
  }

  #release(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const { type, data, time } of held) this.#publish(type, data, [], time)
  }

  #publish(type: string, data: unknown, tags: string[], time?: number): void {
    const sightings = jndiSightings(type, data)
    const cves = sightings.flatMap(({ lookup }) => lookup.cves.map((cve) => `cve:${cve}`))
    this.#send(type, data, cves.length > 0 ? [...tags, ...cves, 'attack:T1190'] : tags, time)
    for (const sighting of sightings) this.#noteLookup(sighting)
  }

  /** Log4Shell over any protocol: what was asked for and whom it points at, once a visit. */
  #noteLookup({ where, lookup }: Sighting): void {
    this.#lookups ??= new Set()
    if (this.#lookups.has(lookup.resolved) || this.#lookups.size >= MOST_LOOKUPS) return
    this.#lookups.add(lookup.resolved)
    const { cves, port, command, ...known } = lookup
    const tags = [...cves.map((cve) => `cve:${cve}`), 'attack:T1190']
    const data = { where, ...known, ...(port === undefined ? {} : { port }), ...(command === undefined ? {} : { command }) }
    this.#send('jndi.lookup', data, tags)
    const value = lookup.resolved.slice('${jndi:'.length, -1)
    this.#send('indicator', { kind: 'url', value, how: 'jndi' }, tags)
  }

  #send(type: string, data: unknown, tags: string[], time?: number): void {
    const { bus, lure, standsFor, persona, transport, source, local } = this.#facts
    const all = [...(this.#tags ?? []), ...tags]
    bus.publish({
      session: this.session,
      lure,
      standsFor: [...standsFor],
      persona,
      transport,
      srcIp: source.ip,
      srcPort: source.port,
      dstIp: local.ip,
      dstPort: local.port,
      ...(all.length ? { tags: [...new Set(all)] } : {}),
      ...(time === undefined ? {} : { time }),
      type,
      data: data as Record<string, unknown>,
    })
  }

  login(attempt: LoginAttempt): void {
    this.record('login', attempt)
  }

  capture(bytes: Uint8Array, detail: CaptureDetail): Artifact {
    const { artifacts, quota } = this.#facts
    const keep = quota.left > 0
    if (keep) quota.left--
    else this.limit('artifacts-per-source')
    // Over the quota the facts are still computed and recorded, only the bytes are not kept.
    const artifact = keep ? artifacts.put(bytes) : artifacts.describe(bytes)
    this.record('artifact', { ...artifact, ...detail })
    return artifact
  }

  tag(...tags: string[]): void {
    this.#tags ??= new Set()
    for (const tag of tags) this.#tags.add(tag)
  }

  /** Records that the sensor ended something because of a bound. */
  limit(limit: string, allowed?: number): void {
    this.record('limit', { limit, ...(allowed === undefined ? {} : { allowed }) })
  }

  fault(error: unknown, lastBytes: Uint8Array): void {
    const known = error instanceof Error ? error : new Error(String(error))
    this.record('lure.fault', {
      message: known.message,
      stack: known.stack?.slice(0, 4000),
      lastBytes: evidence(lastBytes.subarray(0, 4096)),
    })
  }
}
