import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import sshTarpit from '../src/emulators/ssh-tarpit/index.ts'
import type { Lure } from '../src/sensor/lure.ts'
import { play } from '../test/harness.ts'

/** Held first, so that code, caches and the young generation at its full size are not counted as the price of the others. */
const WARM = 1_000
const SETTLE_MS = 4_000
const OBSERVED_MS = 10_000

/** Opens connections that say what they are told to once, read, and stay until they are killed. */
const CLIENTS = `
const { createConnection } = require('node:net')
const [port, count] = process.argv.slice(1).map(Number)
const request = process.argv[3]
let open = 0
const next = () => {
  const socket = createConnection({ port, host: '127.0.0.1' }, () => {
    if (request) socket.write(request)
    if (++open === count) process.stdout.write('held\\n')
  })
  socket.on('error', () => process.exit(1))
  socket.resume()
}
for (let i = 0; i < count; i++) setTimeout(next, Math.floor(i / 100) * 20)
`

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/**
 * What a held tarpit connection costs this process, and the share of one core that dripping to all of them takes: 2,000
 * clients in another process. Target: 10 KiB a connection.
 */
export async function run(): Promise<Record<string, unknown>> {
  const figures = await costOfHeld(sshTarpit, { connections: 2_000, targetKibEach: 10 })
  console.table([figures])
  return figures
}

export interface Held {
  connections: number
  targetKibEach: number
  options?: Record<string, unknown>
  /** What each client says first. */
  request?: string
}

/** Plays a lure that holds its clients, and gives what each of them costs. */
export async function costOfHeld(
  lure: Lure,
  { connections, targetKibEach, options = {}, request = '' }: Held,
): Promise<Record<string, unknown>> {
  const playing = await play(lure, {
    prompts: fileURLToPath(new URL('../test/fixtures/prompts', import.meta.url)),
    persona: 'plain',
    options,
    settings: { limits: { connections: WARM + connections, connectionsPerSource: WARM + connections } },
  })
  // In a running sensor events go to the store; the test harness would keep them.
  playing.bus.subscribe(() => {
    playing.events.length = 0
  })
  const warm = await hold(playing.port(), WARM, request)
  await sleep(SETTLE_MS)
  const before = measure()
  const clients = await hold(playing.port(), connections, request)
  await sleep(SETTLE_MS)
  const after = measure()
  const cpuBefore = process.cpuUsage()
  await sleep(OBSERVED_MS)
  const cpu = process.cpuUsage(cpuBefore)
  for (const child of [warm, clients]) child.kill()
  await playing.stop()
  const each = (of: (usage: NodeJS.MemoryUsage) => number): number => Number(((of(after) - of(before)) / connections / 1024).toFixed(2))
  const heapKib = each((usage) => usage.heapUsed + usage.external)
  const residentKib = each((usage) => usage.rss)
  return {
    connections,
    // V8 takes memory from the system in large steps, before or after it is needed: the larger of the two counts.
    kibEach: Math.max(heapKib, residentKib),
    targetKibEach,
    heapKib,
    residentKib,
    cpuPercent: Number(((cpu.user + cpu.system) / 10 / OBSERVED_MS).toFixed(2)),
  }
}

async function hold(port: number, count: number, request: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['-e', CLIENTS, String(port), String(count), request], { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise<void>((resolve, reject) => {
    child.stdout?.once('data', () => resolve())
    child.once('exit', (code) => reject(new Error(`clients ended with ${code}`)))
  })
  return child
}

/** Memory of this process without garbage. */
function measure(): NodeJS.MemoryUsage {
  for (let i = 0; i < 4; i++) collectGarbage()
  return process.memoryUsage()
}
