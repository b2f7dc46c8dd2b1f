import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import { atMost } from '../../config/at-most.ts'
import type { OutputOf } from '../../config/outputs.ts'
import type { EventBus } from '../../events/bus.ts'
import { type Evidence, evidence, evidenceText } from '../../events/bytes.ts'
import { type CoreEvents, FollowedOutcome, type SundewEvent } from '../../events/schema.ts'
import type { ArtifactStore } from '../../store/contract.ts'
import { Egress, type HttpAnswer } from '../egress.ts'
import { demandTaken } from '../http-status.ts'
import { SafeNetworks } from '../iocs/safe-networks.ts'
import { secretOf } from '../secret.ts'
import type { Sink } from '../sink.ts'

const HOUR_MS = 3_600_000
/** Targets that are remembered, so that a scan of thousands of requests for one address is one job. */
const MOST_TARGETS = 10_000
const MOST_SOURCES = 10_000
const MOST_FILES = 16
const MOST_URLS = 64
const LONGEST_TARGET = 2_048
/** JSON and base64 around files of so many bytes, and the places beside them. */
const withWrapping = (bytes: number): number => Math.ceil((bytes * 4) / 3) + 512 * 1024

const Place = z.string().max(LONGEST_TARGET)

/** What a broker answers: files, the place of each, base64; and what became of each place that it was led to. */
const Brought = z.object({
  files: z.array(z.object({ url: Place, base64: z.base64() })).max(MOST_FILES),
  urls: z
    .array(z.object({ url: Place, outcome: FollowedOutcome, reason: z.string().max(500).optional() }))
    .max(MOST_URLS)
    .optional(),
})

type Outcome = Pick<z.infer<CoreEvents['sample']>, 'outcome' | 'reason' | 'files' | 'urls'>

/**
 * Hands what attackers point at to a program of the operator's own, and keeps what that brings. Nothing here reaches a target:
 * the target is text in a job, and the one address that is connected to is the broker's.
 *
 *   us:     POST <url> {"id":…,"session":…,"source":…,"lure":…,"how":"jndi","target":"ldap://x.example/a"}
 *   broker: 200 {"files":[{"url":"http://x.example/A.class","base64":…}]}, or 204 when there is nothing
 */
export function openSamples(
  entry: OutputOf<'samples'>,
  { artifacts, bus }: { artifacts: Pick<ArtifactStore, 'put'>; bus: Pick<EventBus, 'publish'> },
): Sink {
  const egress = new Egress([entry.url], entry.tls)
  const authorization: Record<string, string> =
    entry.token === undefined ? {} : { authorization: `Bearer ${secretOf(entry.token, 'outputs.samples.token')}` }
  const known = new LRUCache<string, true>({ ...atMost(MOST_TARGETS), ttl: HOUR_MS })
  const budget = new HourlyBudget(entry)
  const mostBytes = entry.maxMiB * 1024 * 1024

  const ask = (event: SundewEvent, target: string | undefined, signal: AbortSignal): Promise<HttpAnswer> =>
    egress.http('POST', entry.url, {
      headers: { 'content-type': 'application/json', accept: 'application/json', ...authorization },
      body: JSON.stringify({
        id: event.id,
        session: event.session,
        source: event.srcIp,
        lure: event.lure,
        ...(target === undefined ? { test: true } : { how: event.data.how, target, maxBytes: mostBytes, maxMs: entry.jobMs }),
      }),
      signal,
      mostBytes: withWrapping(mostBytes),
    })

  /** @throws when the broker is away or has no time: the job is to be tried again */
  const outcomeOf = async (event: SundewEvent, target: string, signal: AbortSignal): Promise<Outcome> => {
    const reason = refusalOf(target, event, entry.schemes) ?? budget.take(event.srcIp ?? '')
    if (reason !== undefined) return { outcome: 'refused', reason, files: [] }
    const tooLate = AbortSignal.timeout(entry.jobMs)
    try {
      const answer = await ask(event, target, AbortSignal.any([signal, tooLate]))
      demandTaken(answer, 'the broker')
      return answer.status === 204 ? { outcome: 'nothing', files: [] } : keep(event, answer)
    } catch (error) {
      if (!tooLate.aborted) throw error
      return { outcome: 'late', reason: `no answer within ${entry.jobMs} ms`, files: [] }
    }
  }

  const keep = (event: SundewEvent, answer: HttpAnswer): Outcome => {
    const brought = answer.isCut ? undefined : readBrought(answer.body)
    const files = (brought?.files ?? []).map(({ url, base64 }) => ({ url, bytes: Buffer.from(base64, 'base64') }))
    const size = files.reduce((sum, { bytes }) => sum + bytes.length, 0)
    if (!brought || size > mostBytes) {
      const reason = brought || answer.isCut ? `more than ${entry.maxMiB} MiB` : 'not the JSON that docs/samples.md describes'
      return { outcome: 'unreadable', reason, files: [] }
    }
    const urls = brought.urls?.map((one) => ({ ...one, url: evidence(one.url) }))
    return {
      ...(files.length > 0 ? { outcome: 'kept' } : withoutFiles(urls?.at(-1))),
      ...(urls && { urls }),
      files: files.map(({ url, bytes }) => {
        const artifact = artifacts.put(bytes)
        publish(event, 'artifact', { ...artifact, how: 'broker', url: evidence(url) })
        return { sha256: artifact.sha256, size: artifact.size, url: evidence(url) }
      }),
    }
  }

  /** An event of the same session, from the same source: where a sample came from is who pointed at it. */
  const publish = (event: SundewEvent, type: string, data: Record<string, unknown>): void => {
    const { id: _id, time: _time, sensor: _sensor, type: _type, data: _data, ...envelope } = event
    bus.publish({ ...envelope, type, data })
  }

  return {
    async send(events, signal) {
      for (const event of events) {
        const target = targetOf(event, entry.from)
        if (event.tags?.includes('note:test')) demandTaken(await ask(event, undefined, signal), 'the broker')
        if (target === undefined || known.has(target)) continue
        const outcome = await outcomeOf(event, target, signal)
        known.set(target, true)
        publish(event, 'sample', { target: evidence(target), indicator: event.id, ...outcome })
      }
    },
    close: () => egress.close(),
  }
}

function targetOf({ type, data }: SundewEvent, from: readonly string[]): string | undefined {
  if (type !== 'indicator' || data.kind !== 'url' || !from.includes(String(data.how))) return undefined
  return evidenceText(data.value as Evidence).slice(0, LONGEST_TARGET)
}

/** What became of a target that led to no file: what became of the last place that it led to. */
function withoutFiles(last: NonNullable<Outcome['urls']>[number] | undefined): Pick<Outcome, 'outcome' | 'reason'> {
  return { outcome: last?.outcome === 'refused' ? 'refused' : 'nothing', ...(last?.reason !== undefined && { reason: last.reason }) }
}

function readBrought(body: string): z.infer<typeof Brought> | undefined {
  try {
    return Brought.safeParse(JSON.parse(body)).data
  } catch {
    return undefined
  }
}

const networks = new SafeNetworks()
/** Names that lead into the network of whoever resolves them. */
const NEAR = /^(?:[^.]*|.*\.(?:local|localhost|internal|lan|home\.arpa|onion))\.?$/i

/** Why nobody is asked to fetch a target. What a name resolves to is for the broker to judge, and each redirect. */
function refusalOf(target: string, { dstIp }: SundewEvent, schemes: readonly string[]): string | undefined {
  if (target.includes('${')) return 'a lookup is left in it'
  const [, scheme = '', rest = ''] = /^\s*([a-z][a-z0-9+.-]*):\/*(.*)$/is.exec(target) ?? []
  if (!schemes.includes(scheme.toLowerCase())) return `scheme ${scheme || 'none'}`
  // As http, since that alone lets Node write 0x7f.1 and 2130706433 as the addresses that they are.
  const { hostname } = URL.parse(`http://${rest}`) ?? { hostname: '' }
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  if (host === '') return 'no host'
  if (host === dstIp) return 'the address that was attacked'
  if (/^[\d.]+$|:/.test(host)) return networks.mayBlock(host) ? undefined : 'a private, reserved or relied-on address'
  return NEAR.test(host) ? 'a name of a local network' : undefined
}

/** Jobs within an hour, for a source and for all. */
class HourlyBudget {
  readonly #bounds: { perSource: number; perHour: number }
  readonly #sources = new LRUCache<string, number>({ ...atMost(MOST_SOURCES) })
  #used = 0
  #endsAt = 0

  constructor(bounds: { perSource: number; perHour: number }) {
    this.#bounds = bounds
  }

  /** @returns why not, when there is no job left */
  take(source: string): string | undefined {
    if (Date.now() >= this.#endsAt) {
      this.#endsAt = Date.now() + HOUR_MS
      this.#used = 0
      this.#sources.clear()
    }
    const used = this.#sources.get(source) ?? 0
    if (used >= this.#bounds.perSource) return `${this.#bounds.perSource} jobs an hour for one source`
    if (this.#used >= this.#bounds.perHour) return `${this.#bounds.perHour} jobs an hour`
    this.#sources.set(source, used + 1)
    this.#used++
    return undefined
  }
}
