import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { EngineState } from './llm/question.ts'
import type { CourierStatus } from './outputs/courier.ts'
import type { ClosedPort, PortRow, Sensor } from './sensor/sensor.ts'
import type { StoreHealth } from './store/contract.ts'
import { VERSION } from './version.ts'

/** What a running instance tells about itself, once a second, in `<data>/running.json`. */
export interface RunningState {
  pid: number
  version: string
  startedAt: number
  updatedAt: number
  ports: PortRow[]
  /** Ports of the plan that could not be opened; each is tried again. */
  closed: ClosedPort[]
  engine: EngineState
  store: StoreHealth
  sensor: ReturnType<Sensor['figures']>
  bus: { published: number; deadLetters: number; listenerFaults: number }
  outputs: CourierStatus[]
  memoryBytes: number
}

/** A file is enough for `status` and `ports`, and it gives attackers no door that a control socket would. */
export class RunningFile {
  readonly #path: string
  readonly #startedAt = Date.now()

  constructor(dataFolder: string) {
    this.#path = join(dataFolder, 'running.json')
  }

  write(state: Omit<RunningState, 'pid' | 'version' | 'startedAt' | 'updatedAt'>): void {
    const whole: RunningState = { pid: process.pid, version: VERSION, startedAt: this.#startedAt, updatedAt: Date.now(), ...state }
    try {
      writeFileSync(`${this.#path}.new`, JSON.stringify(whole))
      renameSync(`${this.#path}.new`, this.#path)
    } catch (error) {
      // A full disk is the store's to report; a missing heartbeat must not end the sensor.
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    }
  }

  remove(): void {
    rmSync(this.#path, { force: true })
  }

  /** The state of the instance that runs on this data folder; undefined when none does. */
  static read(dataFolder: string): RunningState | undefined {
    const path = join(dataFolder, 'running.json')
    if (!existsSync(path)) return undefined
    // A process of an earlier version goes on for a while after an upgrade.
    const state: RunningState = { closed: [], ...(JSON.parse(readFileSync(path, 'utf8')) as Omit<RunningState, 'closed'>) }
    return isAlive(state.pid) ? state : undefined
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
