import { Evidence, evidenceText } from '../../events/bytes.ts'
import { coreEvents, type SundewEvent } from '../../events/schema.ts'
import type { EventReader, SessionSummary } from '../../store/contract.ts'
import type { SafeNetworks } from './safe-networks.ts'

/** Sessions and events that one export looks at, the newest: more would not fit into the tools that read it. */
const MOST = 200_000
const PAGE = 1_000
/** Things of one source that are told. */
const LISTED = 100

/** What all kinds of finding have; times in UTC milliseconds. */
export interface Sighted {
  firstSeen: number
  lastSeen: number
  /** Sessions. */
  count: number
  /** ATT&CK technique ids. */
  techniques: string[]
  lures: string[]
}

export interface SourceFinding extends Sighted {
  ip: string
  cves: string[]
  /** Some user and password that it came with. */
  credentials: string[]
}

export interface FileFinding extends Sighted {
  sha256: string
  sha1: string
  md5: string
  size: number
  magic: string
  name?: string
  sources: string[]
}

/** A URL, host, address or wallet that attackers pointed at. */
export interface PointerFinding extends Sighted {
  kind: string
  value: string
  sources: string[]
}

export interface Findings {
  sensor: string
  since: number
  until: number
  sources: SourceFinding[]
  files: FileFinding[]
  pointers: PointerFinding[]
}

/** What a period has shown of who attacked, with which files, and where they pointed. Addresses that must not be blocked are left out. */
export async function findingsOf(
  store: EventReader,
  { sensor, since, until, safe }: { sensor: string; since: number; until: number; safe: SafeNetworks },
): Promise<Findings> {
  const sources = new Map<string, SourceFinding>()
  for (let offset = 0; offset < MOST; offset += PAGE) {
    const page = await store.sessions({ since, until, limit: PAGE, offset })
    for (const session of page) if (safe.mayBlock(session.srcIp)) noteSession(sources, session)
    if (page.length < PAGE) break
  }
  const files = new Map<string, FileFinding>()
  for await (const event of eventsOf(store, 'artifact', since, until)) noteFile(files, event)
  const pointers = new Map<string, PointerFinding>()
  for await (const event of eventsOf(store, 'indicator', since, until)) notePointer(pointers, event, safe)
  const newest = (a: Sighted, b: Sighted): number => b.lastSeen - a.lastSeen
  return {
    sensor,
    since,
    until,
    sources: [...sources.values()].sort(newest),
    files: [...files.values()].sort(newest),
    pointers: [...pointers.values()].sort(newest),
  }
}

async function* eventsOf(store: EventReader, type: string, since: number, until: number): AsyncGenerator<SundewEvent> {
  let after: string | undefined
  for (let seen = 0; seen < MOST; seen += PAGE) {
    const page = await store.events({ type, since, until, limit: PAGE, ...(after === undefined ? {} : { after }) })
    yield* page
    after = page.at(-1)?.id
    if (page.length < PAGE) return
  }
}

function noteSession(sources: Map<string, SourceFinding>, session: SessionSummary): void {
  const { srcIp: ip, startedAt, endedAt = startedAt, tags, lure, credential } = session
  const found = sources.get(ip) ?? { ip, ...unseen(startedAt), cves: [], credentials: [] }
  sources.set(ip, found)
  see(found, startedAt, endedAt)
  add(found.lures, lure)
  for (const tag of tags) {
    if (tag.startsWith('attack:')) add(found.techniques, tag.slice('attack:'.length))
    if (tag.startsWith('cve:')) add(found.cves, tag.slice('cve:'.length))
  }
  add(found.credentials, credential)
}

function noteFile(files: Map<string, FileFinding>, event: SundewEvent): void {
  const data = coreEvents.artifact.safeParse(event.data).data
  if (!data || data.size === 0) return
  const { sha256, sha1, md5, size, magic } = data
  const name = data.name === undefined ? {} : { name: evidenceText(data.name) }
  const found = files.get(sha256) ?? { sha256, sha1, md5, size, magic, ...name, sources: [], ...unseen(event.time) }
  files.set(sha256, found)
  noteEvent(found, event)
}

function notePointer(pointers: Map<string, PointerFinding>, event: SundewEvent, safe: SafeNetworks): void {
  const data = coreEvents.indicator.safeParse(event.data).data
  const value = Evidence.safeParse(data?.value).data
  if (!data || value === undefined) return
  const text = evidenceText(value)
  if (data.kind === 'address' && !safe.mayBlock(text)) return
  const key = `${data.kind} ${text}`
  const found = pointers.get(key) ?? { kind: data.kind, value: text, sources: [], ...unseen(event.time) }
  pointers.set(key, found)
  noteEvent(found, event)
}

function noteEvent(found: FileFinding | PointerFinding, event: SundewEvent): void {
  see(found, event.time, event.time)
  add(found.sources, event.srcIp)
  add(found.lures, event.lure)
  for (const tag of event.tags ?? []) if (tag.startsWith('attack:')) add(found.techniques, tag.slice('attack:'.length))
}

function unseen(time: number): Sighted {
  return { firstSeen: time, lastSeen: time, count: 0, techniques: [], lures: [] }
}

function see(found: Sighted, from: number, to: number): void {
  found.firstSeen = Math.min(found.firstSeen, from)
  found.lastSeen = Math.max(found.lastSeen, to)
  found.count++
}

function add(list: string[], value: string | undefined): void {
  if (value && list.length < LISTED && !list.includes(value)) list.push(value)
}
