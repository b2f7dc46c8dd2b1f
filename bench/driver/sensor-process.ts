import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { RunningState } from '../../src/running-file.ts'

/** Of Linux on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100

export interface SensorProcessOptions {
  data: string
  /** What the configuration file says; written beside the data folder. */
  settings: Record<string, unknown>
  env?: Record<string, string>
  /** Most open files it may have. */
  files?: number
  /** Told what it prints. */
  onOutput?: (text: string) => void
}

/** `sundew start` in a process of its own, as a user starts it. */
export class SensorProcess {
  readonly #child: ChildProcess
  readonly #data: string

  private constructor(child: ChildProcess, data: string) {
    this.#child = child
    this.#data = data
  }

  /** Resolves when its ports are open. @throws Error when it ends before */
  static async start({ data, settings, env = {}, files, onOutput }: SensorProcessOptions): Promise<SensorProcess> {
    const config = join(dirname(data), 'sundew.json')
    // Paths in the file are relative to it.
    writeFileSync(config, JSON.stringify({ prompts: join(process.cwd(), 'prompts'), ...settings }))
    const command = [process.execPath, 'bin/sundew.js', 'start', '--data', data, '--config', config]
    const limited = files === undefined ? command : ['prlimit', `--nofile=${files}`, ...command]
    const child = spawn(limited[0] as string, limited.slice(1), { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
    if (onOutput) child.stdout.on('data', (chunk: Buffer) => onOutput(chunk.toString()))
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk).slice(-2000)
    })
    await new Promise<void>((resolve, reject) => {
      child.stdout.on('data', (chunk: Buffer) => chunk.includes('exposed') && resolve())
      child.once('exit', (code) => reject(new Error(`sundew start ended with ${code}: ${said}`)))
      child.once('error', reject)
    })
    child.removeAllListeners('exit')
    return new SensorProcess(child, data)
  }

  get isUp(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Resident memory in MiB. */
  get residentMib(): number {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.#child.pid}/status`, 'utf8'))?.[1]) / 1024
  }

  /** Files, sockets and pipes that it has open. */
  get descriptors(): number {
    return readdirSync(`/proc/${this.#child.pid}/fd`).length
  }

  /** Processor time since its start, seconds. */
  get cpuSeconds(): number {
    const [, fields = ''] = /\) (.*)/.exec(readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8')) ?? []
    const [user = 0, system = 0] = fields.split(' ').slice(11, 13).map(Number)
    return (user + system) / TICKS_PER_SECOND
  }

  /** What it tells of itself, once a second. */
  tells(): RunningState {
    return JSON.parse(readFileSync(join(this.#data, 'running.json'), 'utf8')) as RunningState
  }

  portOf(lure: string): number {
    const found = this.tells().ports.find((port) => port.lure === lure && !port.tls)
    if (!found) throw new Error(`${lure} has no port`)
    return found.port
  }

  /** @returns its exit code, or the signal that ended it */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string> {
    if (this.isUp) {
      const gone = once(this.#child, 'exit')
      this.#child.kill(signal)
      await gone
    }
    return this.#child.exitCode ?? this.#child.signalCode ?? 'gone'
  }
}
