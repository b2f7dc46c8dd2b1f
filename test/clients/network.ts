import { type ChildProcess, execFileSync, type SpawnOptions, spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import type { Place } from './servers.ts'

/** Of benchmarks (RFC 2544): these addresses are nobody's. */
const PREFIX = '198.18.0.'

/** A machine of a {@link Network}: its name and address, and the process that keeps its namespace. */
export class Machine implements Place {
  readonly address: string
  readonly #keeper: Keeper
  readonly #port: string
  readonly #bridge: Keeper

  constructor(number: number, bridge: Keeper) {
    this.address = `${PREFIX}${number}`
    this.#keeper = new Keeper()
    this.#bridge = bridge
    this.#port = `port${number}`
    bridge.run('ip', 'link', 'add', this.#port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(this.#keeper.pid))
    bridge.run('ip', 'link', 'set', this.#port, 'master', 'bridge', 'up')
    this.#keeper.run('ip', 'link', 'set', 'lo', 'up')
    this.#keeper.run('ip', 'link', 'set', 'eth0', 'up')
    this.#keeper.run('ip', 'addr', 'add', `${this.address}/24`, 'dev', 'eth0')
  }

  enter(command: readonly string[]): string[] {
    return this.#keeper.enter(command)
  }

  spawn(command: readonly string[], options: SpawnOptions = {}): ChildProcess {
    const [program, ...args] = this.enter(command)
    return spawn(program as string, args, options)
  }

  /** Runs a command to its end. @returns what it printed @throws Error with what it complained of */
  run(...command: string[]): string {
    return this.#keeper.run(...command)
  }

  /** Nothing comes in or goes out any more, and nobody is told; what is under way is lost. */
  cut(): void {
    this.#bridge.run('ip', 'link', 'set', this.#port, 'down')
  }

  mend(): void {
    this.#bridge.run('ip', 'link', 'set', this.#port, 'up')
  }

  /**
   * A bad line until {@link good}: a fifth of the packets is lost and the others are late, where the kernel has netem. Without it the line is
   * as narrow as a modem's, and what its short queue does not hold is lost.
   * @returns what it is
   */
  bad(): string {
    const discipline = ['tc', 'qdisc', 'replace', 'dev', this.#port, 'root']
    const netem = this.#bridge.attempt(...discipline, 'netem', 'loss', '20%', 'delay', '80ms', '40ms')
    const tbf = ['tbf', 'rate', '256kbit', 'burst', '4kb', 'latency', '40ms']
    if (!netem) this.#bridge.run(...discipline, ...tbf)
    // The other direction, too.
    const outward = ['tc', 'qdisc', 'replace', 'dev', 'eth0', 'root']
    this.#keeper.run(...outward, ...(netem ? ['netem', 'loss', '20%', 'delay', '80ms', '40ms'] : tbf))
    return netem ? '20 % of packets lost, 80 ms late' : '256 kbit/s, a queue of 40 ms'
  }

  good(): void {
    this.#bridge.run('tc', 'qdisc', 'del', 'dev', this.#port, 'root')
    this.#keeper.run('tc', 'qdisc', 'del', 'dev', 'eth0', 'root')
  }

  close(): void {
    this.#keeper.close()
  }
}

/**
 * Machines on one bridge, each a network namespace of its own. Nothing of it shows on the host, and all of it goes away with the
 * processes that keep the namespaces.
 */
export class Network {
  readonly #bridge: Keeper
  readonly #machines: Machine[] = []

  /** @throws Error that says what is missing: Linux, the right to make namespaces, iproute2 */
  constructor() {
    if (process.platform !== 'linux' || process.getuid?.() !== 0) throw new Error('network namespaces need Linux and root')
    this.#bridge = new Keeper()
    this.#bridge.run('ip', 'link', 'add', 'bridge', 'type', 'bridge')
    this.#bridge.run('ip', 'link', 'set', 'bridge', 'up')
  }

  add(): Machine {
    const machine = new Machine(this.#machines.length + 1, this.#bridge)
    this.#machines.push(machine)
    return machine
  }

  close(): void {
    for (const machine of this.#machines) machine.close()
    this.#bridge.close()
  }
}

/** A process that does nothing, in a network namespace of its own, until this process ends. */
class Keeper {
  readonly pid: number
  readonly #child: ChildProcess

  constructor() {
    // It ends with its input, which ends with us.
    this.#child = spawn('unshare', ['--net', 'cat'], { stdio: ['pipe', 'ignore', 'inherit'] })
    if (this.#child.pid === undefined) throw new Error('unshare is not there: apt-get install util-linux')
    this.pid = this.#child.pid
    // unshare becomes cat when the namespace is there.
    while (nameOf(this.pid) !== 'cat') if (nameOf(this.pid) === undefined) throw new Error('no network namespace may be made here')
  }

  enter(command: readonly string[]): string[] {
    return ['nsenter', `--net=/proc/${this.pid}/ns/net`, '--', ...command]
  }

  run(...command: string[]): string {
    const [program, ...args] = this.enter(command)
    return execFileSync(program as string, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  }

  /** @returns whether it did */
  attempt(...command: string[]): boolean {
    const [program, ...args] = this.enter(command)
    return spawnSync(program as string, args, { stdio: 'ignore' }).status === 0
  }

  close(): void {
    this.#child.kill('SIGKILL')
  }
}

/** Of a process; nothing when it is gone, though its parent was not told yet. */
function nameOf(pid: number): string | undefined {
  const status = `/proc/${pid}/status`
  const text = existsSync(status) ? readFileSync(status, 'utf8') : ''
  return /^State:\s+Z/m.test(text) ? undefined : /^Name:\s+(.*)/m.exec(text)?.[1]
}
