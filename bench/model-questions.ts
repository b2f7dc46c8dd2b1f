import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { pino } from 'pino'
import { Client } from 'ssh2'
import { loadSettings } from '../src/config/load.ts'
import { Instance, planOf } from '../src/instance.ts'
import { openReading } from '../src/store/open.ts'
import { readTranscript, type Turn } from '../src/store/transcript.ts'
import { percentile } from './bench.ts'
import { type BenchOptions, llmOf, PER_SERVER } from './options.ts'

const QUESTIONS = 200
/** A page is asked for twice, to see that it stays the same; the rest is what connection and login add. */
const ASKS = 2
const AROUND_MS = 5_000
const OURS = /language model|\b(openai|anthropic|gemma|chatgpt)\b|honeypot|sundew|as an ai\b|ECONN|undefined|\[object/i

/** Programs without an implementation of their own, with what follows them; every eighth question leaves a file that the next reads. */
const PROGRAMS = [
  'qshape incoming',
  'lsattr',
  'logrotate -d',
  'update-alternatives --config',
  'apt-cache policy',
  'debconf-show',
  'pam-auth-update',
  'ldconfig -p',
]
const PATHS = ['/portal/orders/', '/api/orders/', '/portal/customers/', '/api/stock/']

/**
 * Mixed questions over both front ends of a running Sundew against a real model. Invariants, not prose: each answer obeys the
 * schema or was repaired or is the built-in one, nothing leaks, what was written is read again, the deadline is met.
 */
export async function run(options: BenchOptions): Promise<Record<string, unknown>> {
  if (options.urls.length === 0) return { skipped: 'needs --url of a model server' }
  const folder = mkdtempSync(join(tmpdir(), 'bench-model-'))
  const data = join(folder, 'data')
  const llm = llmOf(options)
  const instance = await start(folder, data, llm, promptsFor(folder, options))
  const port = (lure: string): number => instance.sensor.ports().find((p) => p.lure === lure)?.port ?? 0
  const [ssh, http] = [port('ssh'), port('http')]
  const seen = { questions: 0, leaks: 0, stateWrong: 0, late: 0 }
  const times: number[] = []
  const latestMs = ASKS * Number(llm.deadlineMs) + AROUND_MS
  const ask = async (n: number): Promise<void> => {
    const began = performance.now()
    const { text, isTrue } = n % 2 ? await overHttp(http, n) : await overSsh(ssh, n)
    const ms = performance.now() - began
    times.push(ms)
    seen.questions++
    if (OURS.test(text)) seen.leaks++
    if (!isTrue) seen.stateWrong++
    if (ms > latestMs) seen.late++
  }
  const waiting = Array.from({ length: options.limit ?? QUESTIONS }, (_, n) => n)
  const until = performance.now() + (options.minutes ?? Number.POSITIVE_INFINITY) * 60_000
  const worker = async (): Promise<void> => {
    for (let n = waiting.shift(); n !== undefined && performance.now() < until; n = waiting.shift()) await ask(n)
  }
  try {
    await Promise.all(Array.from({ length: PER_SERVER * options.urls.length }, worker))
  } finally {
    await instance.stop('bench')
  }
  const turns = await turnsOf(data)
  rmSync(folder, { recursive: true })
  const count = (test: (turn: Turn) => unknown): number => turns.filter(test).length
  const row = {
    ...seen,
    generated: count((t) => t.source === 'llm'),
    repaired: count((t) => t.source === 'llm' && t.generation?.guard?.length),
    builtIn: count((t) => t.source === 'fallback'),
    p50Ms: Math.round(percentile(times, 50)),
    p95Ms: Math.round(percentile(times, 95)),
  }
  console.table([row])
  const used = turns.flatMap(({ generation }) => generation?.promptTokens ?? [])
  const reused = turns.reduce((sum, { generation }) => sum + (generation?.cachedTokens ?? 0), 0)
  return {
    ...row,
    promptTokens: used.reduce((a, b) => a + b, 0),
    reusedPromptTokens: reused,
    outputTokens: turns.reduce((s, t) => s + (t.generation?.outputTokens ?? 0), 0),
  }
}

/** The personas as they are, or with answers as long as the command line says. */
function promptsFor(folder: string, { tokens }: BenchOptions): string {
  const prompts = join(process.cwd(), 'prompts')
  if (tokens === undefined) return prompts
  const capped = join(folder, 'prompts')
  cpSync(prompts, capped, { recursive: true })
  const file = join(capped, 'debian-web', 'persona.yaml')
  writeFileSync(file, readFileSync(file, 'utf8').replace(/maxTokens: \d+/, `maxTokens: ${tokens}`))
  return capped
}

async function start(folder: string, data: string, llm: Record<string, unknown>, prompts: string): Promise<Instance> {
  const config = join(folder, 'bench.yaml')
  const lures = ['ssh', 'http'].map((lure) => ({ lure, ports: [0] }))
  writeFileSync(config, JSON.stringify({ profile: 'mini', prompts, console: { enabled: false }, llm, lures }))
  const plan = planOf(loadSettings({ config, data, env: {} }))
  plan.uses = plan.uses.filter((use) => use.lure.name === 'ssh' || use.lure.name === 'http')
  return Instance.start(plan, pino({ level: 'silent' }))
}

interface Heard {
  text: string
  /** What was made true by the question is so. */
  isTrue: boolean
}

async function overHttp(port: number, n: number): Promise<Heard> {
  const path = `${PATHS[n % PATHS.length]}${1000 + (n >> 3)}`
  const url = `http://127.0.0.1:${port}${path}`
  const response = await fetch(url)
  const text = await response.text()
  // A page that was made stays the same to the byte.
  const again = await (await fetch(url)).text()
  return { text, isTrue: response.status >= 300 || again === text }
}

async function overSsh(port: number, n: number): Promise<Heard> {
  const program = `${PROGRAMS[(n >> 1) % PROGRAMS.length]} /opt/app${n}`
  const mark = `mark-${n * 7919}`
  const text = await overSshOnce(port, `echo ${mark} > /tmp/q${n}; ${program}; cat /tmp/q${n}`)
  return { text: text.replaceAll(mark, ''), isTrue: text.endsWith(`${mark}\n`) }
}

function overSshOnce(port: number, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const client = new Client()
    let said = ''
    client.on('error', reject)
    client.on('ready', () => {
      client.exec(command, (error, stream) => {
        if (error) return reject(error)
        let errors = ''
        stream.on('data', (chunk: Buffer) => (said += chunk))
        stream.stderr.on('data', (chunk: Buffer) => (errors += chunk))
        stream.on('close', () => {
          client.end()
          resolve(errors + said)
        })
      })
    })
    client.connect({ host: '127.0.0.1', port, username: 'root', password: '123456' })
  })
}

async function turnsOf(data: string): Promise<Turn[]> {
  const store = openReading(data)
  if (!store) return []
  const sessions = await store.sessions({ limit: 10_000 })
  const turns = await Promise.all(sessions.map(({ session }) => readTranscript(store, session)))
  await store.close()
  return turns.flat()
}
