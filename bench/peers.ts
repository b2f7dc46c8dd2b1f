import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parse } from 'yaml'
import { z } from 'zod'
import { lures } from '../src/lures.ts'
import { type FakeModelServer, fakeModelServer, shellText } from '../test/llm/fake-model-server.ts'
import { percentile } from './bench.ts'
import { type Conversation, conversations, MODEL_SAYS, type Timed } from './driver/conversations.ts'
import { ProcessTree } from './driver/process-tree.ts'
import { SensorProcess } from './driver/sensor-process.ts'
import type { BenchOptions } from './options.ts'

/** How long the model that the bench plays thinks: a small one on a graphics card. */
const MODEL_MS = 500
const MODEL_PORT = 18_099
const WARM_UP_SECONDS = 3
/** A start leaves garbage; the others have been running for a while. */
const SETTLE_MS = 8_000
const LOOK_EVERY_MS = 250

const Peers = z.array(
  z.strictObject({
    server: z.string(),
    talks: z.enum(Object.keys(conversations)),
    host: z.string().default('127.0.0.1'),
    port: z.number().int().min(1).max(65_535),
  }),
)
type Peer = z.output<typeof Peers>[number]

interface Row {
  talks: string
  server: string
  sessions: number
  failed: number
  /** Why the first one failed. */
  reason?: string
  sessionsPerSecond: number
  sessionP50Ms: number
  sessionP99Ms: number
  answerP50Ms: number
  answerP99Ms: number
  /** Of the server alone. */
  cpuMsPerSession: number
  idleMiB: number
  /** The most that was seen. */
  loadedMiB: number
  questionsPerSession?: number
}

/**
 * Ours and the servers of others that run on this machine, one after the other by the same client in this process: sessions a second, the
 * time of a session and of an answer, the server's processor time for a session, its memory idle and at most. Ours is `sundew start`
 * with the one lure that holds the conversation. Each session comes from a loopback address of its own. `--peers FILE` names the others
 * (bench/peers.yaml), `--only TEXT` chooses by conversation or server. Those that ask a model ask the one that the bench plays on port
 * 18099 (OpenAI's API under `/v1`). Prints a Markdown table.
 */
export async function run({
  peers: file = join(import.meta.dirname, 'peers.yaml'),
  only = '',
}: BenchOptions): Promise<Record<string, unknown>> {
  const listed = Peers.parse(parse(readFileSync(file, 'utf8')))
  const chosen = listed.filter(({ server, talks }) => `${talks} ${server}`.toLowerCase().includes(only.toLowerCase()))
  const rows: Row[] = []
  await using model = await fakeModelServer({ port: MODEL_PORT, script: { text: shellText(`${MODEL_SAYS}\n`), after: MODEL_MS } })
  for (const talks of new Set(chosen.map((peer) => peer.talks))) {
    rows.push(await ours(talks, model))
    for (const peer of chosen.filter((one) => one.talks === talks)) {
      const process = ProcessTree.listeningOn(peer.port, conversationOf(talks).transport)
      if (process) rows.push(await measure(peer, process, model))
      else console.log(`${peer.server} does not listen on ${peer.port} (or its process may not be looked at)`)
    }
  }
  console.log(`\n${markdown(rows)}\n\n${cpus().length} processors, load ${loadavg()[0]?.toFixed(1)}\n`)
  return { rows }
}

function conversationOf(talks: string): Conversation {
  const found = conversations[talks]
  if (!found) throw new Error(`no conversation ${talks}`)
  return found
}

async function ours(talks: string, model: FakeModelServer): Promise<Row> {
  const conversation = conversationOf(talks)
  const folder = mkdtempSync(join(tmpdir(), 'sundew-bench-'))
  const data = join(folder, 'data')
  mkdirSync(data)
  const sensor = await SensorProcess.start({ data, settings: settingsFor(conversation, model) })
  try {
    await sleep(SETTLE_MS)
    const port = sensor.portOf(conversation.lure)
    const process = ProcessTree.listeningOn(port, conversation.transport)
    if (!process) throw new Error(`nobody listens on ${port}`)
    return await measure({ server: 'Sundew', talks, host: '127.0.0.1', port }, process, model)
  } finally {
    await sensor.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A sensor with one lure on ports that the system chooses. */
function settingsFor(
  { lure: played, options = {}, lanes, model: asksModel }: Conversation,
  model: FakeModelServer,
): Record<string, unknown> {
  const ports = lures.find(({ name }) => name === played)?.ports.filter(({ spare }) => !spare) ?? []
  return {
    profile: 'everything',
    listen: { host: '127.0.0.1', offset: 0 },
    lures: lures.map(({ name }) => (name === played ? { lure: name, options, ports: ports.map(() => 0) } : { lure: name, enabled: false })),
    limits: { connections: 4096 + lanes },
    llm: { enabled: asksModel === true, backends: [{ kind: 'openai', url: model.openaiUrl, model: 'fake', concurrency: 8 }] },
    console: { enabled: false },
    log: { level: 'error' },
  }
}

async function measure({ server, talks, host, port }: Peer, process: ProcessTree, model: FakeModelServer): Promise<Row> {
  console.log(`${talks}: ${server}`)
  const conversation = conversationOf(talks)
  const idleMiB = process.residentMib
  const client = new Clients(conversation, { host, port })
  // A tarpit has no code that must become warm.
  if (talks !== 'tarpit') await client.visit(WARM_UP_SECONDS)
  const [cpuBefore, askedBefore] = [process.cpuSeconds, model.asked.length]
  let loadedMiB = 0
  const looking = new AbortController()
  const looks = (async () => {
    while (!looking.signal.aborted) {
      loadedMiB = Math.max(loadedMiB, process.residentMib)
      await sleep(LOOK_EVERY_MS, undefined, { signal: looking.signal }).catch(() => undefined)
    }
  })()
  const { sessions, answers, seconds, failed, reason } = await client.visit(conversation.seconds)
  const cpuMs = (process.cpuSeconds - cpuBefore) * 1000
  looking.abort()
  await looks
  const rounded = (value: number): number => Number(value.toFixed(value < 10 ? 2 : 1))
  return {
    talks,
    server,
    sessions: sessions.length,
    failed,
    ...(reason !== undefined && { reason }),
    sessionsPerSecond: rounded(sessions.length / seconds),
    sessionP50Ms: rounded(percentile(sessions, 50)),
    sessionP99Ms: rounded(percentile(sessions, 99)),
    answerP50Ms: rounded(percentile(answers, 50)),
    answerP99Ms: rounded(percentile(answers, 99)),
    cpuMsPerSession: rounded(cpuMs / (sessions.length + failed)),
    idleMiB: Math.round(idleMiB),
    loadedMiB: Math.round(loadedMiB),
    ...(conversation.model && { questionsPerSession: rounded((model.asked.length - askedBefore) / sessions.length) }),
  }
}

interface Visited {
  /** Milliseconds of each session that went to its end, and of each answer. */
  sessions: number[]
  answers: number[]
  seconds: number
  failed: number
  reason?: string
}

/** So many clients at once, each a new source for each of its sessions. */
class Clients {
  readonly #conversation: Conversation
  readonly #server: { host: string; port: number }
  #sources = 0

  constructor(conversation: Conversation, server: { host: string; port: number }) {
    this.#conversation = conversation
    this.#server = server
  }

  /** Sessions one after the other in each lane; none begins after so many seconds. */
  async visit(seconds: number): Promise<Visited> {
    const visited: Visited = { sessions: [], answers: [], seconds: 0, failed: 0 }
    const timed: Timed = async (answer) => {
      const at = performance.now()
      const value = await answer
      visited.answers.push(performance.now() - at)
      return value
    }
    const startedAt = performance.now()
    const lane = async (): Promise<void> => {
      do {
        const at = performance.now()
        try {
          await this.#conversation.session({ ...this.#server, from: this.#source() }, timed)
          visited.sessions.push(performance.now() - at)
        } catch (error) {
          visited.failed++
          visited.reason ??= String(error)
        }
      } while (performance.now() - startedAt < seconds * 1000)
    }
    await Promise.all(Array.from({ length: this.#conversation.lanes }, lane))
    visited.seconds = (performance.now() - startedAt) / 1000
    return visited
  }

  /** The next address of 127.64.0.0/10. */
  #source(): string {
    const n = ++this.#sources
    return `127.${64 + ((n >> 16) & 63)}.${(n >> 8) & 255}.${n & 255}`
  }
}

const COLUMNS: [title: string, cell: (row: Row) => unknown][] = [
  ['conversation', (row) => row.talks],
  ['server', (row) => row.server],
  ['sessions a second', (row) => row.sessionsPerSecond],
  ['session p50 / p99, ms', (row) => `${row.sessionP50Ms} / ${row.sessionP99Ms}`],
  ['answer p50 / p99, ms', (row) => `${row.answerP50Ms} / ${row.answerP99Ms}`],
  ['cpu a session, ms', (row) => row.cpuMsPerSession],
  ['MiB idle / loaded', (row) => `${row.idleMiB} / ${row.loadedMiB}`],
  ['questions to the model a session', (row) => row.questionsPerSession ?? ''],
  ['failed', (row) => (row.failed ? `${row.failed} of ${row.sessions + row.failed}: ${row.reason}` : 0)],
]

function markdown(rows: readonly Row[]): string {
  const line = (cells: unknown[]): string => `| ${cells.join(' | ')} |`
  return [
    line(COLUMNS.map(([title]) => title)),
    line(COLUMNS.map(() => '---')),
    ...rows.map((row) => line(COLUMNS.map(([, cell]) => cell(row)))),
  ].join('\n')
}
