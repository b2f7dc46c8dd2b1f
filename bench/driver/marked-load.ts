import { randomBytes } from 'node:crypto'
import { createConnection } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'ssh2'
import type { SundewEvent } from '../../src/events/schema.ts'
import { lures } from '../../src/lures.ts'
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
  /** When the last answer came, in milliseconds of `performance.now`. */
  lastAnsweredAt = 0
  readonly latenciesMs: number[] = []
  readonly #ports: LoadPorts
  readonly #stopping = new AbortController()
  readonly #workers: Promise<void>[]

  /** @param workers how many of each kind at once */
  constructor(ports: LoadPorts, workers: Readonly<Record<Kind, number>> = { http: 3, redis: 3, ssh: 1 }) {
    this.#ports = ports
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
        this.lastAnsweredAt = performance.now()
        this.latenciesMs.push(this.lastAnsweredAt - began)
      } else this.unanswered++
      await sleep(15)
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
  const seen = new Map<string, number>()
  let events = 0
  try {
    for (let after: string | undefined; ; ) {
      const page: SundewEvent[] = await store.events({ limit: 5_000, ...(after === undefined ? {} : { after }) })
      events += page.length
      for (const event of page) {
        look(event)
        for (const mark of new Set(JSON.stringify(event.data).match(/m[0-9a-f]{16}/g))) {
          const kind = marks.get(mark)
          if (kind && event.type === TYPE_OF[kind]) seen.set(mark, (seen.get(mark) ?? 0) + 1)
        }
      }
      after = page.at(-1)?.id
      if (page.length < 5_000) break
    }
  } finally {
    await store.close()
  }
  const counts = [...marks.keys()].map((mark) => seen.get(mark) ?? 0)
  return { events, lost: counts.filter((n) => n === 0).length, twice: counts.filter((n) => n > 1).length }
}

/** Settings of a sensor with the three lures of a {@link MarkedLoad} on free ports and nothing else. */
export function settingsForLoad(more: Record<string, unknown> = {}): Record<string, unknown> {
  const played = Object.keys(TYPE_OF)
  const others = lures.filter(({ name, profiles }) => profiles.includes('mini') && !played.includes(name))
  return {
    profile: 'mini',
    listen: { host: '127.0.0.1', offset: 0 },
    lures: [...played.map((lure) => ({ lure, ports: [0] })), ...others.map(({ name }) => ({ lure: name, enabled: false }))],
    limits: { connectionsPerSource: 2000 },
    llm: { enabled: false },
    console: { enabled: false },
    log: { level: 'warn' },
    ...more,
  }
}
