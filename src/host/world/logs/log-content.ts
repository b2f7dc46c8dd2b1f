import { gzipSync } from 'node:zlib'
import { LRUCache } from 'lru-cache'
import type { Content } from '../../files/content.ts'
import type { SourcedContent, SourceView } from '../../files/sourced-content.ts'
import type { Chronicle } from './chronicle.ts'
import { dayAt, dayOf } from './days.ts'
import type { Diary } from './diary.ts'
import { HOUR } from './message.ts'
import type { LogSources } from './render.ts'

export type Rotation = 'daily' | 'weekly' | 'monthly'

/** One log of the machine. */
export interface LogFile {
  path: string
  rotation: Rotation
  /** Rotated ones that are kept: `.1` as it was, `.2.gz` and on compressed. */
  keep: number
  mode: number
  owner?: string
  group?: string
  /** Its bytes about a time. */
  write(sources: LogSources, from: number, to: number): string | Buffer
}

/** What was written, by the content that was asked; who looks at a log soon looks again. */
const written = new LRUCache<LogContent, { second: number; entries: number; bytes: Buffer }>({
  maxSize: 24 * 1024 * 1024,
  sizeCalculation: ({ bytes }) => bytes.length + 1,
})

/** A log as its machine writes it: it grows while time passes, and is rotated. Its bytes are made when somebody looks. */
export class LogContent implements SourcedContent {
  readonly #file: LogFile
  readonly #chronicle: Chronicle
  readonly #now: () => number
  readonly #age: number
  /** As it is without what a source did, and that source's diary. */
  readonly #own: { shared: LogContent; diary: Diary } | undefined

  /** @param age 0 for the log, 1 for the one that was rotated last */
  constructor(file: LogFile, chronicle: Chronicle, now: () => number, age: number, own?: { shared: LogContent; diary: Diary }) {
    this.#file = file
    this.#chronicle = chronicle
    this.#now = now
    this.#age = age
    this.#own = own
  }

  get size(): number {
    return this.#bytes().length
  }

  read(offset: number, length: number): Buffer {
    return this.#bytes().subarray(offset, offset + length)
  }

  forSource({ diary }: SourceView): Content {
    return new LogContent(this.#file, this.#chronicle, this.#now, this.#age, { shared: this, diary })
  }

  /** When it was last written to: a rotated one, when it was put aside. */
  get changedAt(): number {
    const { from, to } = this.#period()
    if (this.#age > 0) return to
    const { messages = [], logins = [], failures = [], hits = [] } = this.#own?.diary ?? {}
    const last = [this.#chronicle.between(to - 3 * HOUR, to), messages, hits].map((list) => list.at(-1)?.at ?? 0)
    return Math.max(from, ...last, ...[logins, failures].map((list) => list.at(-1)?.time ?? 0))
  }

  #period(): { from: number; to: number } {
    const now = this.#now()
    const { from, to } = rotated(this.#file.rotation, now, this.#chronicle.past.persona.timezone, this.#age)
    return { from, to: Math.min(now + 1, to) }
  }

  #bytes(): Buffer {
    const { from, to } = this.#period()
    const entries = this.#entries(from, to)
    if (this.#own && entries === 0) return this.#own.shared.#bytes()
    const known = written.get(this)
    // Within a second it is not made again.
    const second = Math.floor(to / 1000)
    if (known && known.second === second && known.entries === entries) return known.bytes
    const text = this.#file.write({ chronicle: this.#chronicle, diary: this.#own?.diary }, from, to)
    const plain = typeof text === 'string' ? Buffer.from(text) : text
    const bytes = this.#age > 1 ? gzipSync(plain) : plain
    written.set(this, { second, entries, bytes })
    return bytes
  }

  /** How much a source has to do with what is written. */
  #entries(from: number, to: number): number {
    if (!this.#own) return 0
    const { messages, logins, failures, hits } = this.#own.diary
    const times = [...[...messages, ...hits].map(({ at }) => at), ...[...logins, ...failures].map(({ time }) => time)]
    return times.filter((at) => at >= from && at < to).length
  }
}

/** The time that a log covers that was rotated `age` times: at midnight, the weekly ones on Sunday, the monthly ones on the first. */
export function rotated(rotation: Rotation, now: number, zone: string, age: number): { from: number; to: number } {
  const today = dayOf(now, zone)
  if (rotation === 'monthly') {
    let first = today.index - today.date + 1
    for (let i = 0; i < age; i++) first -= dayAt(first - 1, zone).date
    return { from: dayAt(first, zone).from, to: dayAt(first + 32 - dayAt(first + 31, zone).date, zone).from }
  }
  const length = rotation === 'weekly' ? 7 : 1
  const start = today.index - (rotation === 'weekly' ? today.weekday : 0) - age * length
  return { from: dayAt(start, zone).from, to: dayAt(start + length, zone).from }
}
