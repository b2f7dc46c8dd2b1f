import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import sshTarpit from '../src/emulators/ssh-tarpit/index.ts'
import { play } from '../test/harness.ts'

const CONNECTIONS = 2_000
/** Held first, so that code, caches and the young generation at its full size are not counted as the price of the others. */
const WARM = 1_000
const TARGET_KIB = 10
const SETTLE_MS = 4_000
const OBSERVED_MS = 10_000

/** Opens connections that read and say nothing, and stays until it is killed. */
const CLIENTS = `
const { createConnection } = require('node:net')
const [port, count] = process.argv.slice(1).map(Number)
let open = 0
const next = () => {
  const socket = createConnection({ port, host: '127.0.0.1' }, () => {
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
  const playing = await play(sshTarpit, {
    prompts: fileURLToPath(new URL('../test/fixtures/prompts', import.meta.url)),
    persona: 'plain',
    settings: { limits: { connections: WARM + CONNECTIONS, connectionsPerSource: WARM + CONNECTIONS } },
  })
  // In a running sensor events go to the store; the test harness would keep them.
  playing.bus.subscribe(() => {
    playing.events.length = 0
  })
  const warm = await hold(playing.port(), WARM)
  await sleep(SETTLE_MS)
  const before = measure()
  const clients = await hold(playing.port(), CONNECTIONS)
  await sleep(SETTLE_MS)
  const after = measure()
  const cpuBefore = process.cpuUsage()
  await sleep(OBSERVED_MS)
  const cpu = process.cpuUsage(cpuBefore)
  for (const child of [warm, clients]) child.kill()
  await playing.stop()
  const each = (of: (usage: NodeJS.MemoryUsage) => number): number => Number(((of(after) - of(before)) / CONNECTIONS / 1024).toFixed(2))
  const heapKib = each((usage) => usage.heapUsed + usage.external)
  const residentKib = each((usage) => usage.rss)
  const figures = {
    connections: CONNECTIONS,
    // V8 takes memory from the system in large steps, before or after it is needed: the larger of the two counts.
    kibEach: Math.max(heapKib, residentKib),
    targetKibEach: TARGET_KIB,
    heapKib,
    residentKib,
    cpuPercent: Number(((cpu.user + cpu.system) / 10 / OBSERVED_MS).toFixed(2)),
  }
  console.table([figures])
  return figures
}

async function hold(port: number, count: number): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['-e', CLIENTS, String(port), String(count)], { stdio: ['ignore', 'pipe', 'inherit'] })
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
