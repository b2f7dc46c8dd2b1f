import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { LRUCache } from 'lru-cache'
import { atMost } from '../config/at-most.ts'
import type { SundewEvent } from '../events/schema.ts'
import type { ArtifactStore, EventStore } from '../store/contract.ts'
import type { Found } from './found.ts'
import { linesOf } from './lines.ts'
import type { LogFile } from './tpot.ts'

/** Events between two waits for the disk: the store must not hold a whole log in memory. */
const FLUSH_EVERY = 2_000
/** Captured files larger than this stay where they are. */
const LARGEST_FILE = 64 * 1024 * 1024
/** Equal lines are told apart by their number; so many different ones are remembered. */
const REMEMBERED_LINES = 50_000

export interface ImportTotals {
  files: number
  lines: number
  events: number
  sessions: number
  /** Lines that are no records of that log. */
  unread: number
}

export interface ImporterSetup {
  store: Pick<EventStore, 'append' | 'flush'>
  artifacts: ArtifactStore
  /** Name under which imported events stand. */
  sensor: string
  /** Tags of ATT&CK and others; what the bus does for events of today. */
  tag(event: SundewEvent): readonly string[]
  /** Called now and then. */
  onProgress?(totals: ImportTotals): void
}

/**
 * Brings old logs into the store as sessions. Ids derive from what the lines say: a log that is brought twice, or in parts, or
 * grown since, leaves each event once.
 */
export class Importer {
  readonly #setup: ImporterSetup
  readonly #seen = new LRUCache<string, number>({ ...atMost(REMEMBERED_LINES) })
  readonly #sessions = new Set<string>()
  readonly #totals: ImportTotals = { files: 0, lines: 0, events: 0, sessions: 0, unread: 0 }

  constructor(setup: ImporterSetup) {
    this.#setup = setup
  }

  /** @throws when a file cannot be read */
  async bring(files: readonly LogFile[]): Promise<ImportTotals> {
    for (const file of files) {
      this.#totals.files++
      for await (const line of linesOf(file.path)) await this.#line(line, file)
    }
    await this.#setup.store.flush()
    this.#setup.onProgress?.(this.#totals)
    return this.#totals
  }

  async #line(line: string, file: LogFile): Promise<void> {
    if (line === '') return
    this.#totals.lines++
    const record = recordOf(line, file.columns)
    const found = record === undefined ? [] : file.read(record)
    if (found.length === 0) this.#totals.unread++
    const digest = createHash('sha256').update(`${file.system}\n${line}`).digest('hex')
    const nth = this.#seen.get(digest) ?? 0
    this.#seen.set(digest, nth + 1)
    for (const [i, one] of found.entries()) {
      const event = this.#eventOf(one, `${digest}#${nth}#${i}`, file)
      if (!event) continue
      this.#setup.store.append(event)
      this.#totals.events++
      if (this.#totals.events % FLUSH_EVERY === 0) {
        await this.#setup.store.flush()
        this.#setup.onProgress?.(this.#totals)
      }
    }
  }

  #eventOf({ time, session, system, file, ...rest }: Found, content: string, log: LogFile): SundewEvent | undefined {
    const artifact = file === undefined ? undefined : this.#capture(file, log)
    if (rest.type === 'artifact' && !artifact) {
      rest = { ...rest, type: 'import.record', data: { system, sha256: file, ...rest.data } }
    }
    const sessionId = uuid(createHash('sha256').update(`${system}\n${session}`).digest(), undefined)
    if (!this.#sessions.has(sessionId)) {
      this.#sessions.add(sessionId)
      this.#totals.sessions++
    }
    const event: SundewEvent = {
      id: uuid(createHash('sha256').update(content).digest(), time),
      time,
      sensor: this.#setup.sensor,
      session: sessionId,
      standsFor: [system],
      ...rest,
      data: { ...artifact, ...rest.data },
    }
    const tags = this.#setup.tag(event)
    return tags.length > 0 ? { ...event, tags: [...tags] } : event
  }

  /** The bytes of a capture, where the honeypot kept them: `downloads/<sha256>` beside the log's folder. */
  #capture(sha256: string, log: LogFile): ReturnType<ArtifactStore['put']> | undefined {
    if (!/^[0-9a-f]{64}$/.test(sha256)) return undefined
    const places = [join(dirname(log.path), '..', 'downloads', sha256), join(dirname(log.path), 'downloads', sha256)]
    const path = places.find((one) => existsSync(one) && statSync(one).isFile() && statSync(one).size <= LARGEST_FILE)
    return path === undefined ? undefined : this.#setup.artifacts.put(readFileSync(path))
  }
}

/**
 * A UUID in the form of version 7: 48 bits of the time when there is one, and bits of a digest. One of the future stands first of all: outputs go by
 * ids, and would take all that happens until then for delivered.
 */
function uuid(digest: Buffer, time: number | undefined): string {
  const bytes = Buffer.from(digest.subarray(0, 16))
  if (time !== undefined) bytes.writeUIntBE(time >= 0 && time <= Date.now() ? time : 0, 0, 6)
  bytes[6] = 0x70 | (bytes[6]! & 0x0f)
  bytes[8] = 0x80 | (bytes[8]! & 0x3f)
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

function recordOf(line: string, columns: readonly string[] | undefined): Record<string, unknown> | undefined {
  if (columns) return Object.fromEntries(cellsOf(line).map((cell, i) => [columns[i] ?? `column${i + 1}`, cell]))
  try {
    const record: unknown = JSON.parse(line)
    return typeof record === 'object' && record !== null && !Array.isArray(record) ? (record as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** RFC 4180, one line. */
function cellsOf(line: string): string[] {
  const cells: string[] = []
  let at = 0
  while (at <= line.length) {
    if (line[at] !== '"') {
      const end = line.indexOf(',', at)
      cells.push(line.slice(at, end < 0 ? undefined : end))
      if (end < 0) break
      at = end + 1
      continue
    }
    let text = ''
    let end = line.indexOf('"', at + 1)
    while (end >= 0 && line[end + 1] === '"') {
      text += line.slice(at + 1, end + 1)
      at = end + 1
      end = line.indexOf('"', at + 1)
    }
    cells.push(text + line.slice(at + 1, end < 0 ? undefined : end))
    if (end < 0) break
    at = end + 2
    if (line[end + 1] === undefined) break
  }
  return cells
}
