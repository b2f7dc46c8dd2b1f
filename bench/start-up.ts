import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { percentile } from './bench.ts'

const RUNS = 5
const IDLE_MS = 8_000

/**
 * Starts `sundew start` with all lures in a fresh data folder: time from exec to all ports listening on first and later starts, and the resident memory
 * when nothing happens. Targets: 3 s and 250 MB.
 */
export async function run(): Promise<Record<string, unknown>> {
  const first: number[] = []
  const later: number[] = []
  let idleMiB = 0
  let ports = 0
  for (let i = 0; i < RUNS; i++) {
    const data = mkdtempSync(join(tmpdir(), 'sundew-bench-'))
    try {
      first.push((await startOnce(data, 0)).ms)
      const again = await startOnce(data, i === RUNS - 1 ? IDLE_MS : 0)
      later.push(again.ms)
      idleMiB = again.rssMiB
      ports = again.ports
    } finally {
      rmSync(data, { recursive: true, force: true })
    }
  }
  const figures = {
    ports,
    firstStartMs: Math.round(percentile(first, 50)),
    laterStartMs: Math.round(percentile(later, 50)),
    idleRssMiB: Math.round(idleMiB),
  }
  console.table([figures])
  return figures
}

async function startOnce(data: string, idleMs: number): Promise<{ ms: number; rssMiB: number; ports: number }> {
  const env = {
    ...process.env,
    SUNDEW_PROFILE: 'everything',
    SUNDEW_LISTEN_OFFSET: '10000',
    SUNDEW_LLM_ENABLED: 'false',
    SUNDEW_LOG_LEVEL: 'silent',
  }
  const begin = performance.now()
  const child = spawn(process.execPath, ['bin/sundew.js', 'start', '--data', data], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => chunk.includes('exposed') && resolve())
    child.once('exit', (code) => reject(new Error(`start ended with ${code}`)))
  })
  const ms = performance.now() - begin
  await sleep(idleMs)
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
  const rssMiB = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024
  const running = JSON.parse(readFileSync(join(data, 'running.json'), 'utf8')) as { ports: unknown[] }
  child.removeAllListeners('exit')
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await gone
  return { ms, rssMiB, ports: running.ports.length }
}
