import { randomBytes } from 'node:crypto'
import { createConnection } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'ssh2'
import type { SundewEvent } from '../../src/events/schema.ts'
import { lures } from '../../src/lures.ts'
import type { EventReader } from '../../src/store/contract.ts'
import { openReading } from '../../src/store/open.ts'

export interface LoadPorts {
  http: number
  redis: number
  ssh: number
}

export type Kind = keyof LoadPorts

/** The one event that a marked request leaves. */
const TYPE_OF: Readonly<Record<Kind, string>> = { http: 'http.request', redis: 'redis.command', ssh: 'ssh.exec' }
const ANSWER_WITHIN_MS = 5_000

/**
 * Attackers over HTTP, Redis and SSH who put a mark of its own into each request. What was answered was accepted, and must be found
 * once in the store afterwards.
 */
export class MarkedLoad {
  /** Mark by the kind of its request. */
  readonly answered = new Map<string, Kind>()
  unanswered = 0
  /** Told of every answer. */
  onAnswer: (mark: string, kind: Kind) => void = () => undefined
  /** When the last answer came, in milliseconds of `performance.now`. */
  lastAnsweredAt = 0
  readonly latenciesMs: number[] = []
  readonly #ports: LoadPorts
  readonly #pauseMs: number
  readonly #stopping = new AbortController()
  readonly #workers: Promise<void>[]

  /**
   * @param workers how many of each kind at once
   * @param pauseMs of a worker between two requests
   */
  constructor(ports: LoadPorts, workers: Readonly<Record<Kind, number>> = { http: 3, redis: 3, ssh: 1 }, pauseMs = 15) {
    this.#ports = ports
    this.#pauseMs = pauseMs
    this.#workers = (Object.keys(workers) as Kind[]).flatMap((kind) => Array.from({ length: workers[kind] }, () => this.#work(kind)))
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await Promise.all(this.#workers)
  }

  async #work(kind: Kind): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const mark = `m${randomBytes(8).toString('hex')}`
      const began = performance.now()
      if (await ASK[kind](this.#ports[kind], mark)) {
        this.answered.set(mark, kind)
        this.onAnswer(mark, kind)
        this.lastAnsweredAt = performance.now()
        this.latenciesMs.push(this.lastAnsweredAt - began)
      } else this.unanswered++
      await sleep(this.#pauseMs)
    }
  }
}

const ASK: Readonly<Record<Kind, (port: number, mark: string) => Promise<boolean>>> = {
  http: async (port, mark) => {
    try {
      const response = await fetch(`http://127.0.0.1:${port}/${mark}`, {
        headers: { Connection: 'close' },
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      })
      await response.arrayBuffer()
      return true
    } catch {
      return false
    }
  },
  redis: (port, mark) =>
    new Promise((resolve) => {
      const socket = createConnection({ port, host: '127.0.0.1' }, () => socket.write(`GET ${mark}\r\n`))
      const end = (answered: boolean): void => {
        socket.destroy()
        resolve(answered)
      }
      socket.setTimeout(ANSWER_WITHIN_MS, () => end(false))
      socket.on('data', () => end(true))
      socket.on('error', () => end(false))
      socket.on('close', () => end(false))
    }),
  ssh: (port, mark) =>
    new Promise((resolve) => {
      const client = new Client()
      const end = (answered: boolean): void => {
        client.destroy()
        resolve(answered)
      }
      client.on('error', () => end(false))
      client.on('close', () => end(false))
      client.on('ready', () => {
        client.exec(`echo ${mark}`, (error, stream) => {
          if (error) return end(false)
          stream.on('data', (bytes: Buffer) => end(bytes.includes(mark)))
          stream.on('close', () => end(false))
        })
      })
      client.connect({ host: '127.0.0.1', port, username: 'root', password: 'anything', readyTimeout: ANSWER_WITHIN_MS })
    }),
}

/**
 * How many of the marks the store has not at all, and how many more than once.
 * @param look shown every event on the way
 */
export async function findMarks(
  data: string,
  marks: ReadonlyMap<string, Kind>,
  look: (event: SundewEvent) => void = () => undefined,
): Promise<{ events: number; lost: number; twice: number }> {
  const store = openReading(data)
  if (!store) throw new Error(`nothing was kept in ${data}`)
  let events = 0
  try {
    const seen = await countMarks(store, (event) => {
      events++
      look(event)
    })
    const counts = [...marks].map(([mark, kind]) => seen.get(`${kind} ${mark}`) ?? 0)
    return { events, lost: counts.filter((n) => n === 0).length, twice: counts.filter((n) => n > 1).length }
  } finally {
    await store.close()
  }
}

/**
 * How often each `<kind> <mark>` is in a store.
 * @param look shown every event on the way
 */
export async function countMarks(store: Pick<EventReader, 'events'>, look: (event: SundewEvent) => void): Promise<Map<string, number>> {
  const kindOf = new Map((Object.keys(TYPE_OF) as Kind[]).map((kind) => [TYPE_OF[kind], kind]))
  const seen = new Map<string, number>()
  for (let after: string | undefined; ; ) {
    const page: SundewEvent[] = await store.events({ limit: 5_000, ...(after === undefined ? {} : { after }) })
    for (const event of page) {
      look(event)
      const kind = kindOf.get(event.type)
      if (!kind) continue
      for (const mark of new Set(JSON.stringify(event.data).match(/m[0-9a-f]{16}/g))) {
        seen.set(`${kind} ${mark}`, (seen.get(`${kind} ${mark}`) ?? 0) + 1)
      }
    }
    after = page.at(-1)?.id
    if (page.length < 5_000) return seen
  }
}

/** Settings of a sensor with the three lures of a {@link MarkedLoad} and nothing else, on free ports unless they are given. */
export function settingsForLoad(
  more: Record<string, unknown> = {},
  ports: LoadPorts = { http: 0, redis: 0, ssh: 0 },
): Record<string, unknown> {
  const played = Object.keys(TYPE_OF) as Kind[]
  const others = lures.filter(({ name, profiles }) => profiles.includes('mini') && !(name in TYPE_OF))
  return {
    profile: 'mini',
    listen: { host: '127.0.0.1', offset: 0 },
    lures: [...played.map((lure) => ({ lure, ports: [ports[lure]] })), ...others.map(({ name }) => ({ lure: name, enabled: false }))],
    limits: { connectionsPerSource: 2000 },
    llm: { enabled: false },
    console: { enabled: false },
    log: { level: 'warn' },
    ...more,
  }
}
