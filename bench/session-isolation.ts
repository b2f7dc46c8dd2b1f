import { loadavg } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Identity } from '../src/config/identity.ts'
import { loadPersona } from '../src/config/personas.ts'
import type { Artifact } from '../src/events/schema.ts'
import type { Host, HostProcess } from '../src/host/contract.ts'
import { createHosts } from '../src/host/hosts.ts'
import { ListRecorder, MemoryState, noModel } from '../test/host/harness.ts'
import { percentile } from './bench.ts'
import type { BenchOptions } from './options.ts'

/** Sessions that work as bots do while the abusers are at it. */
const OTHERS = 10
const COMMANDS = 40
/** Commands that each has run before: who is new at once with a thousand others waits behind those who are there. */
const WARM_UP = 6
/** Pause of each between two commands. */
const THINK_MS = 60
const LINES = [
  'uname -a',
  'cat /proc/cpuinfo | grep name | wc -l',
  'ls -la /etc | head -5',
  'for i in 1 2 3; do echo $i; done',
  'ps aux | head -3',
]

/** Each abuse by its line, from how many sources at once. */
const ABUSES: { name: string; line: string; sources: number }[] = [
  { name: 'fork bomb', line: ':(){ :|:& };:; sleep 60', sources: 4 },
  { name: 'endless loop', line: 'while :; do :; done', sources: 4 },
  { name: 'endless output', line: 'yes', sources: 4 },
  { name: 'string that doubles', line: 'while :; do x=aaaaaaaaaaaaaaaa; while :; do x=$x$x; done; done', sources: 4 },
  { name: '100 MB string', line: "while :; do head -c 100000000 /dev/zero | tr '\\0' a | grep -c b; done", sources: 4 },
  { name: 'grep pattern', line: `while :; do printf 'a%.0s' {1..5000} | grep -E '^(a+)+$b'; done`, sources: 4 },
  { name: 'grep back reference', line: `while :; do printf 'a%.0s' {1..5000} | grep -E '^(a*)*\\1*b$'; done`, sources: 4 },
  { name: 'sed pattern', line: `while :; do printf 'a%.0s' {1..5000} | sed -E 's/(a|aa)+$x/y/'; done`, sources: 4 },
  { name: 'awk pattern', line: `while :; do printf 'a%.0s' {1..5000} | awk '/^(a|a)*b$/'; done`, sources: 4 },
  {
    name: 'bash pattern',
    line: `x=$(printf 'a%.0s' {1..5000}); while :; do [[ $x =~ ^(a+)+b$ ]]; [[ $x == *a*a*a*a*a*b ]]; done`,
    sources: 4,
  },
  { name: 'find and hash', line: 'while :; do find / -type f -exec md5sum {} + >/dev/null; done', sources: 4 },
  { name: 'disk filler', line: 'while :; do dd if=/dev/urandom of=/tmp/x bs=1M count=200 2>/dev/null; done', sources: 4 },
  { name: '1,000 sessions', line: 'while :; do cat /proc/cpuinfo | grep name | wc -l; sleep 5; done', sources: 1000 },
]

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/**
 * How long the commands of ordinary sessions take while others do their worst, beside what the same sessions take just before and
 * just after, and the memory that an abuser holds. Target: p99 at most twice its quiet value. On a machine that does other things,
 * which the load shows, the time that this process worked meanwhile says more than the clock.
 */
export async function run({ only = '' }: BenchOptions): Promise<Record<string, unknown>> {
  // The first conversations are slow: their code is not compiled yet.
  await measured([])
  const rows: Record<string, string | number>[] = []
  for (const { name, line, sources } of ABUSES.filter((abuse) => abuse.name.includes(only))) {
    const { quiet, abused, longestMs, mibEach } = await measured(Array.from({ length: sources }, () => line))
    const [quietP99, p99] = [p99Of(quiet, 'ms'), p99Of(abused, 'ms')]
    const [quietWork, work] = [p99Of(quiet, 'workMs'), p99Of(abused, 'workMs')]
    rows.push({
      abuse: name,
      sources,
      quietP99: rounded(quietP99),
      p99: rounded(p99),
      timesQuiet: rounded(p99 / quietP99),
      quietWorkP99: rounded(quietWork),
      workP99: rounded(work),
      timesQuietWork: rounded(work / quietWork),
      longestMs,
      mibEach,
      load: rounded(loadavg()[0] ?? 0),
    })
    console.log(`${name}: ${rows.length} of ${ABUSES.length}`)
  }
  console.table(rows)
  return { rows }
}

/**
 * Times of ordinary commands on fresh machines, without and beside abusers; how long one turn of the event loop took at most
 * meanwhile; and the MiB that an abuser holds.
 */
async function measured(abuses: string[]): Promise<{ quiet: Taken[]; abused: Taken[]; longestMs: number; mibEach: number }> {
  const stage = new Stage()
  await stage.measure(WARM_UP)
  const quiet = await stage.measure(COMMANDS)
  const before = heapMiB()
  for (const line of abuses) await stage.abuse(line)
  await sleep(500)
  const loop = monitorEventLoopDelay({ resolution: 1 })
  loop.enable()
  const abused = await stage.measure(COMMANDS)
  loop.disable()
  const mibEach = Number((Math.max(0, heapMiB() - before) / Math.max(1, abuses.length)).toFixed(2))
  stage.endAbuse()
  await sleep(1000)
  quiet.push(...(await stage.measure(COMMANDS)))
  stage.close()
  await sleep(100)
  return { quiet, abused, longestMs: Math.round(loop.max / 1e6), mibEach }
}

/** How long a command took, and how long this process worked meanwhile, for whomever: the part that others' programs do not blur. */
interface Taken {
  ms: number
  workMs: number
}

function p99Of(taken: readonly Taken[], what: keyof Taken): number {
  return percentile(
    taken.map((one) => one[what]),
    99,
  )
}

function workedMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

function rounded(value: number): number {
  return Number(value.toFixed(1))
}

function heapMiB(): number {
  collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return (heapUsed + external) / 1024 / 1024
}

/** The hosts, with ordinary sessions and abusers on them, each of a source of its own. */
class Stage {
  readonly #identity = new Identity(Buffer.alloc(32, 7))
  readonly #persona = loadPersona('prompts', 'debian-web', this.#identity)
  readonly #hosts = createHosts({ identity: this.#identity, engine: noModel, state: new Forgetful(), most: 1200 })
  readonly #abusers: HostProcess[] = []

  /** Times of the ordinary sessions' commands. */
  async measure(commands: number): Promise<Taken[]> {
    const taken: Taken[] = []
    const converse = async (n: number): Promise<void> => {
      const host = this.#hosts.of(this.#persona, `203.0.113.${n + 1}`)
      await sleep(THINK_MS * Math.random())
      for (let i = 0; i < commands; i++) {
        const [at, worked] = [performance.now(), workedMs()]
        await ended(spawn(host, `203.0.113.${n + 1}`, LINES[(n + i) % LINES.length] as string))
        taken.push({ ms: performance.now() - at, workMs: workedMs() - worked })
        await sleep(THINK_MS * (0.5 + Math.random()))
      }
    }
    await Promise.all(Array.from({ length: OTHERS }, (_, n) => converse(n)))
    return taken
  }

  /** One more source that does harm; it comes as a connection does, in a turn of the event loop of its own. */
  async abuse(line: string): Promise<void> {
    const n = this.#abusers.length
    const ip = `198.18.${(n >> 8) & 255}.${n & 255}`
    const process = spawn(this.#hosts.of(this.#persona, ip), ip, line)
    this.#abusers.push(process)
    void ended(process)
    await new Promise(setImmediate)
  }

  endAbuse(): void {
    for (const process of this.#abusers) {
      process.hangup()
      process.signal('KILL')
    }
  }

  close(): void {
    this.#hosts.close()
  }
}

/** A store whose memory is not counted, as if it were a disk. */
class Forgetful extends MemoryState {
  override set(): void {}
}

class Silent extends ListRecorder {
  override record(): void {}

  override capture(bytes: Uint8Array): Artifact {
    return { sha256: '0'.repeat(64), sha1: '0'.repeat(40), md5: '0'.repeat(32), size: bytes.length, truncated: false, magic: 'data' }
  }
}

function endpoints(ip: string): { remote: { ip: string; port: number }; local: { ip: string; port: number }; via: string } {
  return { remote: { ip, port: 50_000 }, local: { ip: '10.20.0.14', port: 22 }, via: 'sshd' }
}

function spawn(host: Host, ip: string, command: string): HostProcess {
  const process = host.spawn({ user: 'root', command, ...endpoints(ip), recorder: new Silent() })
  process.stdin.end()
  return process
}

async function ended(process: HostProcess): Promise<void> {
  const drain = async (stream: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const _ of stream);
  }
  await Promise.all([drain(process.stdout), drain(process.stderr), process.exited])
}
