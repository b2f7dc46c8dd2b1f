import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, type ClientChannel } from 'ssh2'
import { percentile } from './bench.ts'
import type { BenchOptions } from './options.ts'

const SESSIONS = 120
/** Sessions at once. */
const LANES = 8
const USER = 'root'
/** Accepted by our lure on loopback, and by Cowrie's own list. */
const PASSWORD = 'hunter2'
const OFFSET = 23_000

/** What most bots send after a login. */
const COMMANDS = ['uname -a', 'cat /proc/cpuinfo | grep name | wc -l', 'free -m | grep Mem', 'ls -la /tmp', 'id']

/**
 * Login and five commands, again and again, at our SSH lure in a process of its own, and at the servers that `--peer HOST:PORT`
 * names: Cowrie on the same machine, say. The client is the same for all, and runs in this process.
 */
export async function run({ peers }: BenchOptions): Promise<Record<string, unknown>> {
  const rows = [await ours()]
  for (const peer of peers) {
    const [, host, port] = /^(.*):(\d+)$/.exec(peer) ?? []
    if (!host) throw new Error(`--peer ${peer}: HOST:PORT is expected`)
    rows.push(await measure(peer, host, Number(port)))
  }
  console.table(rows)
  return { rows }
}

async function ours(): Promise<Row> {
  const data = mkdtempSync(join(tmpdir(), 'sundew-bench-'))
  const env = {
    ...process.env,
    SUNDEW_PROFILE: 'mini',
    SUNDEW_LISTEN_HOST: '127.0.0.1',
    SUNDEW_LISTEN_OFFSET: String(OFFSET),
    SUNDEW_LLM_ENABLED: 'false',
    SUNDEW_LOG_LEVEL: 'silent',
  }
  const child = spawn(process.execPath, ['bin/sundew.js', 'start', '--data', data], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    await new Promise<void>((resolve, reject) => {
      child.stdout.on('data', (chunk: Buffer) => chunk.includes('exposed') && resolve())
      child.once('exit', (code) => reject(new Error(`start ended with ${code}`)))
    })
    return await measure('sundew', '127.0.0.1', OFFSET + 22, child.pid)
  } finally {
    child.removeAllListeners('exit')
    const gone = once(child, 'exit')
    child.kill('SIGTERM')
    await gone
    rmSync(data, { recursive: true, force: true })
  }
}

interface Row {
  server: string
  identification: string
  sessions: number
  sessionsPerSecond: number
  loginP50Ms: number
  loginP99Ms: number
  commandP50Ms: number
  commandP99Ms: number
  failed: number
  residentMiB?: number
}

async function measure(server: string, host: string, port: number, pid?: number): Promise<Row> {
  const logins: number[] = []
  const commands: number[] = []
  let identification = ''
  let failed = 0
  // The first session pays for what is made once.
  await session(host, port, [], [])
  let left = SESSIONS
  const lane = async (): Promise<void> => {
    while (left-- > 0) {
      try {
        identification = await session(host, port, logins, commands)
      } catch {
        failed++
      }
    }
  }
  const startedAt = performance.now()
  await Promise.all(Array.from({ length: LANES }, lane))
  const seconds = (performance.now() - startedAt) / 1000
  const rounded = (values: number[], p: number): number => Number(percentile(values, p).toFixed(1))
  return {
    server,
    identification,
    sessions: SESSIONS,
    sessionsPerSecond: Number(((SESSIONS - failed) / seconds).toFixed(1)),
    loginP50Ms: rounded(logins, 50),
    loginP99Ms: rounded(logins, 99),
    commandP50Ms: rounded(commands, 50),
    commandP99Ms: rounded(commands, 99),
    failed,
    ...(pid === undefined ? {} : { residentMiB: residentMiB(pid) }),
  }
}

/** One visit. Gives the server's identification line. */
async function session(host: string, port: number, logins: number[], commands: number[]): Promise<string> {
  const client = new Client()
  let identification = ''
  client.on('handshake', () => {
    identification = (client as Client & { _remoteVer?: string })._remoteVer ?? ''
  })
  const startedAt = performance.now()
  // ssh2 writes a packet in three pieces, of which Nagle's algorithm would make 40 ms.
  const sock = createConnection({ host, port, noDelay: true })
  client.connect({ sock, username: USER, password: PASSWORD, readyTimeout: 60_000 })
  await once(client, 'ready')
  client.on('error', () => undefined)
  logins.push(performance.now() - startedAt)
  for (const command of COMMANDS) {
    const at = performance.now()
    await execute(client, command)
    commands.push(performance.now() - at)
  }
  client.end()
  return identification
}

function execute(client: Client, command: string): Promise<void> {
  return new Promise((resolve, reject) => {
    client.exec(command, (error: Error | undefined, channel: ClientChannel) => {
      // Cowrie may close the channel before it answers the request: the command is over all the same.
      if (error) return error.message === 'Unable to exec' ? resolve() : reject(error)
      channel.resume()
      channel.stderr.resume()
      channel.once('close', () => resolve())
    })
  })
}

function residentMiB(pid: number): number {
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024)
}
