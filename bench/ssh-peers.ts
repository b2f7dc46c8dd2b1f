import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, type ClientChannel } from 'ssh2'
import { type FakeModelServer, fakeModelServer, shellText } from '../test/llm/fake-model-server.ts'
import { percentile } from './bench.ts'
import type { BenchOptions } from './options.ts'

const SESSIONS = 120
/** Sessions at once. */
const LANES = 8
const USER = 'root'
/** Accepted by our lure on loopback, and by Cowrie's own list. */
const PASSWORD = 'hunter2'
const OFFSET = 14_000

/** What most bots send after a login. */
const COMMANDS = ['uname -a', 'cat /proc/cpuinfo | grep name | wc -l', 'free -m | grep Mem', 'ls -la /tmp', 'id']

/** Asked as well when there is a model: no code of ours knows it. */
const UNKNOWN_COMMAND = 'php -v'
/** How long the model that the bench plays thinks: a small one on a graphics card. */
const MODEL_MS = 500

/**
 * Login and five commands, again and again, at our SSH lure in a process of its own, and at the servers that `--peer HOST:PORT`
 * names: Cowrie on the same machine, say. The client is the same for all, and runs in this process.
 *
 * With `--fake PORT` the bench is the model server of all of them (OpenAI's API under `/v1`), a sixth command needs it, and what each
 * server asked it is counted.
 */
export async function run({ peers, fake }: BenchOptions): Promise<Record<string, unknown>> {
  const reply = { text: shellText('PHP 8.2.29 (cli)\n'), after: MODEL_MS }
  const model = fake === undefined ? undefined : await fakeModelServer({ port: fake, script: reply })
  try {
    const rows = [await counted(model, () => ours(model))]
    for (const peer of peers) {
      const [, host, port] = /^(.*):(\d+)$/.exec(peer) ?? []
      if (!host) throw new Error(`--peer ${peer}: HOST:PORT is expected`)
      rows.push(await counted(model, () => measure({ server: peer, host, port: Number(port), commands: commandsFor(model) })))
    }
    console.table(rows)
    return { rows }
  } finally {
    await model?.close()
  }
}

const commandsFor = (model: FakeModelServer | undefined): readonly string[] => (model ? [...COMMANDS, UNKNOWN_COMMAND] : COMMANDS)

/** What is measured, and how often the model was asked for each session of it. */
async function counted(model: FakeModelServer | undefined, work: () => Promise<Row>): Promise<Row> {
  const before = model?.asked.length ?? 0
  const row = await work()
  return model ? { ...row, modelCallsPerSession: Number(((model.asked.length - before) / (SESSIONS + 1)).toFixed(2)) } : row
}

async function ours(model: FakeModelServer | undefined): Promise<Row> {
  const data = mkdtempSync(join(tmpdir(), 'sundew-bench-'))
  const env = {
    ...process.env,
    SUNDEW_PROFILE: 'mini',
    SUNDEW_LISTEN_HOST: '127.0.0.1',
    SUNDEW_LISTEN_OFFSET: String(OFFSET),
    SUNDEW_LLM_ENABLED: String(model !== undefined),
    ...(model && { SUNDEW_OPENAI_URL: model.openaiUrl }),
    SUNDEW_LOG_LEVEL: 'silent',
  }
  const child = spawn(process.execPath, ['bin/sundew.js', 'start', '--data', data], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    await new Promise<void>((resolve, reject) => {
      child.stdout.on('data', (chunk: Buffer) => chunk.includes('exposed') && resolve())
      child.once('exit', (code) => reject(new Error(`start ended with ${code}`)))
    })
    return await measure({ server: 'sundew', host: '127.0.0.1', port: OFFSET + 22, commands: commandsFor(model), pid: child.pid })
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
  modelCallsPerSession?: number
}

interface Server {
  server: string
  host: string
  port: number
  commands: readonly string[]
  pid?: number | undefined
}

async function measure({ server, host, port, commands, pid }: Server): Promise<Row> {
  const logins: number[] = []
  const answers: number[] = []
  let identification = ''
  let failed = 0
  // The first session pays for what is made once.
  const visit = (logins: number[], answers: number[]): Promise<string> => session({ host, port, commands }, logins, answers)
  await visit([], [])
  let left = SESSIONS
  const lane = async (): Promise<void> => {
    while (left-- > 0) {
      try {
        identification = await visit(logins, answers)
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
    commandP50Ms: rounded(answers, 50),
    commandP99Ms: rounded(answers, 99),
    failed,
    ...(pid === undefined ? {} : { residentMiB: residentMiB(pid) }),
  }
}

/** One visit. Gives the server's identification line. */
async function session(
  { host, port, commands }: Pick<Server, 'host' | 'port' | 'commands'>,
  logins: number[],
  answers: number[],
): Promise<string> {
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
  for (const command of commands) {
    const at = performance.now()
    await execute(client, command)
    answers.push(performance.now() - at)
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
