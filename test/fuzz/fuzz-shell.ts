import { readFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Identity } from '../../src/config/identity.ts'
import { loadPersona } from '../../src/config/personas.ts'
import type { Host, Hosts } from '../../src/host/contract.ts'
import { createHosts } from '../../src/host/hosts.ts'
import { LineGenerator } from '../host/generated-lines.ts'
import { ListRecorder, MemoryState, noModel } from '../host/harness.ts'
import { type FuzzOptions, type FuzzReport, heapUsed } from './fuzz-lure.ts'
import { generator, nextInput } from './mutation.ts'

const PERSONAS = ['debian-web', 'openwrt-router']
/** Command lines at once, each of a source of its own. */
const LANES = 8
/** Lines that one source sends, one after the other, to the machine as it has left it. */
const LINES_A_SOURCE = 50
/** Generated lines among the seeds. */
const GENERATED = 200
/** How long a line may run before its session hangs up; loops without an end are fair. */
const PATIENCE_MS = 300
/** Within this a session that was hung up and killed has ended. */
const HANGING_MS = 10_000

/** Random and mutated command lines in the shells of the simulated host, as exec requests bring them. */
export async function fuzzShell({ inputs = 500, seed = Date.now() % 2 ** 32, trace }: FuzzOptions = {}): Promise<FuzzReport> {
  const attack = new ShellAttack(seed, trace)
  const delay = monitorEventLoopDelay({ resolution: 10 })
  const startedAt = performance.now()
  delay.enable()
  const warmUp = Math.ceil(inputs / 5)
  await attack.send(warmUp)
  const before = heapUsed()
  await attack.send(inputs - warmUp)
  delay.disable()
  return {
    lure: 'shell',
    seed,
    inputs,
    seconds: Number(((performance.now() - startedAt) / 1000).toFixed(1)),
    faults: attack.faults,
    hanging: attack.hanging,
    stallMs: Math.round(delay.max / 1e6),
    growthMiB: Number(((heapUsed() - before) / 1024 / 1024).toFixed(1)),
    answeredBytes: attack.answeredBytes,
    deadLetters: [],
  }
}

class ShellAttack {
  readonly faults: FuzzReport['faults'] = []
  readonly hanging: string[] = []
  answeredBytes = 0
  readonly #seed: number
  readonly #trace: FuzzOptions['trace']
  readonly #seeds = shellLines()
  readonly #identity = new Identity(Buffer.alloc(32, 7))
  readonly #personas = PERSONAS.map((name) => loadPersona('prompts', name, this.#identity))
  #left = 0
  #sources = 0

  constructor(seed: number, trace: FuzzOptions['trace']) {
    this.#seed = seed
    this.#trace = trace
  }

  async send(count: number): Promise<void> {
    this.#left = count
    const hosts = createHosts({ identity: this.#identity, engine: noModel, state: new MemoryState(), most: LANES })
    await Promise.all(Array.from({ length: LANES }, () => this.#lane(hosts)))
    hosts.close()
  }

  async #lane(hosts: Hosts): Promise<void> {
    while (this.#left > 0) {
      const source = this.#sources++
      const ip = `198.18.${(source >> 8) & 255}.${source & 255}`
      const host = hosts.of(this.#personas[source % this.#personas.length]!, ip)
      // Of its own, so that a source sends the same lines whatever the others' timing.
      const random = generator(this.#seed + source)
      for (let n = 0; n < LINES_A_SOURCE && this.#left-- > 0; n++) await this.#one(host, ip, random)
    }
  }

  async #one(host: Host, ip: string, random: () => number): Promise<void> {
    const input = nextInput(random, this.#seeds)
    const line = input.toString('latin1')
    this.#trace?.(`${ip} ${JSON.stringify(line)}`)
    const recorder = new ListRecorder()
    const endpoints = { remote: { ip, port: 50_000 }, local: { ip: '10.20.0.14', port: 22 } }
    const process = host.spawn({ user: 'root', command: line, ...endpoints, via: 'sshd', recorder })
    process.stdin.end()
    const over = Promise.all([this.#count(process.stdout), this.#count(process.stderr), process.exited])
    if (!(await within(over, PATIENCE_MS))) {
      process.hangup()
      process.signal('KILL')
      if (!(await within(over, HANGING_MS))) this.hanging.push(JSON.stringify(line))
    }
    for (const { message, stack } of recorder.of('lure.fault') as { message: string; stack?: string }[]) {
      if (this.faults.length < 10) this.faults.push({ message, stack: stack ?? '', input: JSON.stringify(line) })
    }
  }

  async #count(stream: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const bytes of stream) this.answeredBytes += bytes.length
  }
}

/** The recorded cases of the shell, and lines of its whole grammar. */
export function shellLines(): Buffer[] {
  const file = new URL('../host/cases/shell.json', import.meta.url)
  const cases = JSON.parse(readFileSync(file, 'utf8')) as { cmd: string }[]
  const lines = new LineGenerator(GENERATED)
  return [...cases.map(({ cmd }) => cmd), ...Array.from({ length: GENERATED }, () => lines.line())].map((line) => Buffer.from(line))
}

/** False when it takes longer. */
async function within(over: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms)
  })
  const inTime = await Promise.race([over.then(() => true as const), late])
  clearTimeout(timer)
  return inTime
}
