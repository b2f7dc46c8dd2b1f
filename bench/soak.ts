import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { createConnection } from 'node:net'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Client } from 'ssh2'
import { lures } from '../src/lures.ts'
import { openReading } from '../src/store/open.ts'
import { optionsOf } from '../test/fuzz/seeds.ts'
import { fakeModelServer, shellText } from '../test/llm/fake-model-server.ts'
import { percentile } from './bench.ts'
import { findMarks, type Kind } from './driver/marked-load.ts'
import type { MixedLoadTotals } from './driver/mixed-load.ts'
import { SensorProcess } from './driver/sensor-process.ts'
import type { BenchOptions } from './options.ts'

const MINUTES = 120
const SSH_SESSIONS = 200
const HTTP_CLIENTS = 500
/** What the model takes for an answer. */
const MODEL_MS = 300
const PROBE_EVERY_MS = 200
/** Part of the run in which caches fill; it is shown and not judged. */
const WARM_UP = 1 / 6
/** What the second half may have of the memory of the first, the last quarter of the p99 of the first, and the slope, MiB an hour. */
const TIMES = { memory: 1.1, p99: 1.5 }
const SLOPE_MIB = 16

/** One minute. */
interface Row {
  minute: number
  rssMiB: number
  /** Alive after the last full collection. */
  heapMiB: number
  cpuPercent: number
  accepted: number
  stored: number
  /** Age of the oldest event that the output has not, ms. */
  lagMs: number
  waiting: number
  spooled: number
  deadLetters: number
  descriptors: number
  connections: number
  sshP50: number
  sshP99: number
  httpP50: number
  httpP99: number
  load: number
}

/** One SSH connection and one HTTP connection that ask the same again and again, and nothing else in this process. */
class Probe {
  readonly #ports: { ssh: number; http: number }
  readonly #taken: { ssh: number[]; http: number[] } = { ssh: [], http: [] }
  #running = true
  readonly #work: Promise<unknown>
  failed = 0

  constructor(ports: { ssh: number; http: number }) {
    this.#ports = ports
    this.#work = Promise.all([this.#ssh(), this.#http()])
  }

  /** Milliseconds of each request since the last call. */
  take(): { ssh: number[]; http: number[] } {
    return { ssh: this.#taken.ssh.splice(0), http: this.#taken.http.splice(0) }
  }

  async stop(): Promise<void> {
    this.#running = false
    await this.#work
  }

  async #ssh(): Promise<void> {
    while (this.#running) {
      const client = new Client()
      client.on('error', () => undefined)
      try {
        // ssh2 writes a packet in three pieces, of which Nagle's algorithm would make 40 ms.
        const sock = createConnection({ host: '127.0.0.1', port: this.#ports.ssh, noDelay: true })
        client.connect({ sock, username: 'root', password: 'anything', readyTimeout: 30_000 })
        await once(client, 'ready')
        // Visits have a longest duration.
        for (let asked = 0; asked < 1_000 && this.#running; asked++) {
          const began = performance.now()
          await execute(client, 'uname -a')
          this.#taken.ssh.push(performance.now() - began)
          await sleep(PROBE_EVERY_MS)
        }
      } catch {
        this.failed++
        await sleep(PROBE_EVERY_MS)
      }
      client.end()
    }
  }

  async #http(): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    while (this.#running) {
      const began = performance.now()
      try {
        const asked = request({ host: '127.0.0.1', port: this.#ports.http, path: '/', agent, timeout: 30_000 }).end()
        asked.on('timeout', () => asked.destroy())
        const [response] = await once(asked, 'response')
        response.resume()
        await once(response, 'end')
        this.#taken.http.push(performance.now() - began)
      } catch {
        this.failed++
      }
      await sleep(PROBE_EVERY_MS)
    }
    agent.destroy()
  }
}

function execute(client: Client, command: string): Promise<void> {
  return new Promise((resolve, reject) => {
    client.once('close', reject)
    client.exec(command, (error, channel) => {
      if (error) return reject(error)
      channel.resume()
      channel.on('close', () => {
        client.removeListener('close', reject)
        resolve()
      })
    })
  })
}

/** Every lure on ports that the system chooses, an output whose lag can be seen, and the limits that everybody has. */
async function settings(data: string, modelUrl: string): Promise<Record<string, unknown>> {
  const played = await Promise.all(
    lures.map(async (lure) => {
      const ports = lure.ports.filter(({ spare }) => !spare).map(() => 0)
      return { lure: lure.name, ports: ports.length ? ports : [0], options: await optionsOf(lure.name) }
    }),
  )
  const plenty = { source: 1e9, network: 1e9, session: 1e9, hour: 1e9 }
  return {
    profile: 'everything',
    listen: { host: '127.0.0.1', offset: 0 },
    lures: played,
    udp: { governLoopback: true },
    llm: { backends: [{ kind: 'ollama', url: modelUrl }], budget: plenty },
    outputs: [{ kind: 'tpot', folder: join(data, '..', 'tpot') }],
    console: { port: 0 },
    log: { level: 'error' },
  }
}

/**
 * A sensor with every lure under its permission model is visited by 200 SSH sessions, 500 HTTP clients, visitors of all other lures and
 * floods for `--minutes` (120). A row a minute; at the end whether memory stayed flat, whether every request that was answered and every
 * connection that stood is in the store once, and whether a fixed SSH command and HTTP request kept their p99.
 */
export async function run({ minutes = MINUTES }: BenchOptions): Promise<Record<string, unknown>> {
  const folder = mkdtempSync(join(tmpdir(), 'sundew-soak-'))
  const data = join(folder, 'data')
  const marksFile = join(folder, 'marks')
  mkdirSync(data)
  writeFileSync(marksFile, '')
  await using model = await fakeModelServer({
    script: () => ({ text: shellText('mysqldump  Ver 10.19 Distrib 10.11.6-MariaDB\n'), after: MODEL_MS }),
  })
  let heapBytes = 0
  const sensor = await SensorProcess.start({
    data,
    settings: await settings(data, model.url),
    env: { NODE_OPTIONS: `--import=${pathToFileURL(fileURLToPath(new URL('driver/heap-after-collection.mjs', import.meta.url)))}` },
    onOutput: (text) => {
      heapBytes = Number(/heap after collection (\d+)(?![\s\S]*heap after)/.exec(text)?.[1] ?? heapBytes)
    },
  })
  try {
    const { ports } = sensor.tells()
    const load = spawn(
      process.execPath,
      ['bench/driver/mixed-load.ts', JSON.stringify({ ports, ssh: SSH_SESSIONS, http: HTTP_CLIENTS, marks: marksFile })],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    const said = new Promise<string>((resolve) => load.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString())))
    const gone = once(load, 'exit')
    const probe = new Probe({ ssh: sensor.portOf('ssh'), http: sensor.portOf('http') })
    const rows: Row[] = []
    let cpu = sensor.cpuSeconds
    const began = performance.now()
    for (let minute = 1; minute <= minutes && sensor.isUp && load.exitCode === null; minute++) {
      await sleep(began + minute * 60_000 - performance.now())
      const row = await look(sensor, data, { minute, heapBytes, cpuBefore: cpu, probe })
      cpu = sensor.cpuSeconds
      rows.push(row)
      model.asked.length = 0
      console.log(JSON.stringify(row))
    }
    await probe.stop()
    load.kill('SIGTERM')
    const totals = JSON.parse(await said) as MixedLoadTotals
    await gone
    await sleep(2_000)
    const { accepted } = figures(sensor)
    const code = await sensor.stop()
    if (code !== 0) throw new Error(`the sensor ended with ${code}`)
    console.table(rows)
    return verdict(rows, { ...(await kept(data, marksFile)), ...totals, accepted, probesFailed: probe.failed })
  } finally {
    await sensor.stop('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
}

function figures(sensor: SensorProcess): Pick<Row, 'accepted' | 'lagMs' | 'waiting' | 'spooled' | 'deadLetters' | 'connections'> {
  const { bus, outputs, store, sensor: tells } = sensor.tells()
  return {
    accepted: bus.published,
    lagMs: Math.max(0, ...outputs.map(({ lagMs }) => lagMs)),
    waiting: store.waiting,
    spooled: store.spooled,
    deadLetters: bus.deadLetters,
    connections: tells.connections,
  }
}

interface Looking {
  minute: number
  heapBytes: number
  cpuBefore: number
  probe: Probe
}

async function look(sensor: SensorProcess, data: string, { minute, heapBytes, cpuBefore, probe }: Looking): Promise<Row> {
  const { ssh, http } = probe.take()
  const rounded = (value: number): number => Number(value.toFixed(1))
  const tells = figures(sensor)
  const store = openReading(data)
  const stored = (await store?.counts())?.events ?? 0
  await store?.close()
  return {
    minute,
    rssMiB: rounded(sensor.residentMib),
    heapMiB: rounded(heapBytes / 1024 ** 2),
    cpuPercent: Math.round(((sensor.cpuSeconds - cpuBefore) / 60) * 100),
    accepted: tells.accepted,
    stored,
    lagMs: tells.lagMs,
    waiting: tells.waiting,
    spooled: tells.spooled,
    deadLetters: tells.deadLetters,
    descriptors: sensor.descriptors,
    connections: tells.connections,
    sshP50: rounded(percentile(ssh, 50)),
    sshP99: rounded(percentile(ssh, 99)),
    httpP50: rounded(percentile(http, 50)),
    httpP99: rounded(percentile(http, 99)),
    load: rounded(loadavg()[0] ?? 0),
  }
}

interface Kept {
  events: number
  answered: number
  lost: number
  twice: number
  /** TCP connections to the other lures that stood, and those of them that are no session, or two. */
  connections: number
  noSession: number
  faults: number
  /** What the lures threw, the first of each kind. */
  faultsSaid: string[]
}

/** What the store has of what the clients sent. */
async function kept(data: string, marksFile: string): Promise<Kept> {
  const lines = readFileSync(marksFile, 'utf8').split('\n').filter(Boolean)
  const [visited, asked] = [lines.filter((line) => line.startsWith('visit ')), lines.filter((line) => !line.startsWith('visit '))]
  const marks = new Map(asked.map((line) => line.split(' ').reverse() as [string, Kind]))
  const open = new Map<string, number>()
  for (const line of visited) open.set(line.slice(6), (open.get(line.slice(6)) ?? 0) + 1)
  const said = new Map<string, string>()
  let faults = 0
  const found = await findMarks(data, marks, ({ type, srcIp, srcPort, lure, data: facts }) => {
    const source = `${lure} ${srcIp}:${srcPort}`
    const left = type === 'session.open' ? open.get(source) : undefined
    if (left !== undefined) open.set(source, left - 1)
    if (type !== 'lure.fault') return
    faults++
    said.set(`${lure}`, JSON.stringify(facts).slice(0, 300))
  })
  const noSession = [...open.values()].filter((left) => left !== 0).length
  const faultsSaid = [...said].map(([lure, what]) => `${lure}: ${what}`)
  return { ...found, answered: marks.size, connections: visited.length, noSession, faults, faultsSaid }
}

interface Totals extends Kept, MixedLoadTotals {
  accepted: number
  probesFailed: number
}

/** @throws Error when one of the three promises was not kept */
function verdict(rows: readonly Row[], totals: Totals): Record<string, unknown> {
  const judged = rows.slice(Math.floor(rows.length * WARM_UP))
  const half = Math.floor(judged.length / 2)
  const quarter = Math.max(1, Math.floor(judged.length / 4))
  const ratio = (of: (row: Row) => number, part: number, middle: (values: number[]) => number): number =>
    Number((middle(judged.slice(-part).map(of)) / middle(judged.slice(0, part).map(of))).toFixed(2))
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  const median = (values: number[]): number => percentile(values, 50)
  const measured = {
    ...totals,
    rssSlopeMibPerHour: slope(judged.map(({ rssMiB }) => rssMiB)),
    heapSlopeMibPerHour: slope(judged.map(({ heapMiB }) => heapMiB)),
    rssTimes: ratio(({ rssMiB }) => rssMiB, half, mean),
    heapTimes: ratio(({ heapMiB }) => heapMiB, half, mean),
    sshP99Times: ratio(({ sshP99 }) => sshP99, quarter, median),
    httpP99Times: ratio(({ httpP99 }) => httpP99, quarter, median),
  }
  const isFlat = measured.rssTimes <= TIMES.memory && measured.heapTimes <= TIMES.memory && measured.heapSlopeMibPerHour <= SLOPE_MIB
  const isKept = totals.lost + totals.twice + totals.noSession === 0 && totals.events >= totals.accepted && rows.at(-1)?.deadLetters === 0
  const isHeld = measured.sshP99Times <= TIMES.p99 && measured.httpP99Times <= TIMES.p99
  console.log(
    `memory flat: ${said(isFlat)}; no event lost: ${said(isKept)}; p99 held: ${said(isHeld)}; lures faulted: ${totals.faults} times`,
  )
  return { minutes: rows.length, isFlat, isKept, isHeld, ...measured }
}

const said = (isSo: boolean): string => (isSo ? 'yes' : 'NO')

/** Least squares over values a minute apart, per hour. */
function slope(values: readonly number[]): number {
  const x = (values.length - 1) / 2
  const y = values.reduce((sum, value) => sum + value, 0) / values.length
  const over = values.reduce((sum, value, i) => sum + (i - x) * (value - y), 0)
  const under = values.reduce((sum, _, i) => sum + (i - x) ** 2, 0)
  return Number(((over / under) * 60).toFixed(2))
}
