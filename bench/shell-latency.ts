import { performance } from 'node:perf_hooks'
import { Identity } from '../src/config/identity.ts'
import { loadPersona } from '../src/config/personas.ts'
import type { Recorder } from '../src/events/recorder.ts'
import type { Host, HostProcess } from '../src/host/contract.ts'
import { createHosts } from '../src/host/hosts.ts'
import type { Engine } from '../src/llm/question.ts'
import type { StateStore } from '../src/store/contract.ts'
import { percentile } from './bench.ts'

const SESSIONS = [1, 50, 200]
const COMMANDS_A_SESSION = 20
/** Pause between an answer and the next command; in the field a bot sends about one a second. */
const THINK_MS = 500

/** Command lines that are answered from state alone, as bots and people send them. */
const LINES = [
  'uname -a',
  'id',
  'cat /proc/cpuinfo | grep name | wc -l',
  'ls -la /etc | head -20',
  'cd /tmp; echo test > x; cat x; rm x',
  'for i in 1 2 3; do echo $i; done',
  'x=$(echo abc | tr a-z A-Z); echo ${x%C}',
  'ps aux | head -5',
  '[ -f /etc/passwd ] && echo yes || echo no',
  'echo $((1337 + 1))',
]

/**
 * Time from a typed line to its prompt, in the process itself, with 1, 50 and 200 interactive sessions of as many sources
 * at once, and the time that a login takes. Target at 200: p50 ≤ 5 ms, p99 ≤ 50 ms.
 */
export async function run(): Promise<Record<string, unknown>> {
  const rows: Record<string, number>[] = []
  for (const sessions of SESSIONS) rows.push(await latency(sessions))
  console.table(rows)
  return { rows }
}

async function latency(sessions: number): Promise<Record<string, number>> {
  const identity = new Identity(Buffer.alloc(32, 1))
  const persona = loadPersona('prompts', 'debian-web', identity)
  const hosts = createHosts({ identity, engine: noEngine, state: forgetful, most: sessions })
  const terminals = Array.from({ length: sessions }, (_, i) => open(hosts.of(persona, addressOf(i)), i))
  const arrived = performance.now()
  await Promise.all(terminals.map((terminal) => terminal.prompt()))
  const loginMs = (performance.now() - arrived) / sessions
  const times: number[] = []
  const started = performance.now()
  await Promise.all(terminals.map((terminal, i) => converse(terminal, i, times)))
  const seconds = (performance.now() - started) / 1000
  hosts.close()
  const rounded = (p: number) => Number(percentile(times, p).toFixed(2))
  return {
    sessions,
    p50Ms: rounded(50),
    p99Ms: rounded(99),
    commandsPerSecond: Math.round(times.length / seconds),
    loginMs: Number(loginMs.toFixed(1)),
  }
}

function addressOf(session: number): string {
  return `198.51.${session >> 8}.${session & 255}`
}

function open(host: Host, session: number): Prompted {
  const process = host.spawn({
    user: 'root',
    terminal: { term: 'dumb', columns: 80, rows: 24 },
    remote: { ip: addressOf(session), port: 40_000 + session },
    local: { ip: '10.20.0.14', port: 22 },
    via: 'sshd',
    recorder: silent,
  })
  return new Prompted(process)
}

/** A session's commands, one after the other. */
async function converse(terminal: Prompted, session: number, times: number[]): Promise<void> {
  for (let n = 0; n < COMMANDS_A_SESSION; n++) {
    await new Promise((resolve) => setTimeout(resolve, THINK_MS * (0.5 + Math.random())))
    const at = performance.now()
    terminal.process.stdin.write(Buffer.from(`${LINES[(n + session) % LINES.length]}\r`))
    await terminal.prompt()
    times.push(performance.now() - at)
  }
  terminal.process.hangup()
}

/** Waits for the prompt after each line. */
class Prompted {
  readonly process: HostProcess
  #tail = ''
  #wake: (() => void) | undefined

  constructor(process: HostProcess) {
    this.process = process
    void this.#read()
  }

  async prompt(): Promise<void> {
    while (!/[#$] $/.test(this.#tail)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    this.#tail = ''
  }

  async #read(): Promise<void> {
    for await (const bytes of this.process.stdout) {
      this.#tail = (this.#tail + Buffer.from(bytes).toString('latin1')).slice(-200)
      this.#wake?.()
    }
  }
}

const silent: Recorder = {
  session: '01890000-0000-7000-8000-000000000000',
  record: () => undefined,
  capture: (bytes) => ({
    sha256: '0'.repeat(64),
    sha1: '0'.repeat(40),
    md5: '0'.repeat(32),
    size: bytes.length,
    truncated: false,
    magic: 'data',
  }),
}

const forgetful: StateStore = {
  get: () => undefined,
  set: () => undefined,
  delete: () => undefined,
  clear: () => undefined,
  entries: () => [],
}

const noEngine: Engine = {
  ask: async (question) => ({ value: question.fallback(), source: 'fallback', generation: {} }),
  state: () => ({ enabled: false, backends: [], asked: 0, cacheHits: 0, shared: 0, generated: 0, fallbacks: 0, queued: 0 }),
}
