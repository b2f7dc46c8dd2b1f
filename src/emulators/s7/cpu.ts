import type { Identity } from '../../config/identity.ts'
import type { Plant } from '../../host/plant/plant.ts'
import { type Simatic, simaticOf } from '../../host/plant/simatic.ts'
import type { StateStore } from '../../store/contract.ts'
import { type Block, blocksOf } from './blocks.ts'
import { WorkMemory } from './memory.ts'

/** One entry of the diagnostic buffer. `at` in UTC milliseconds. */
export interface Diagnostic {
  event: number
  at: number
}

const KEPT_DIAGNOSTICS = 100
/** Blocks that attackers may load beside those of the project. */
const LOADED_BLOCKS = 32

/** The CPU: nameplate, memory, blocks, clock, mode. */
export class Cpu {
  readonly nameplate: Simatic
  readonly memory: WorkMemory
  readonly plant: Plant
  readonly blocks: Block[]
  readonly #project: number
  readonly diagnostics: Diagnostic[] = []
  /** Milliseconds that its clock was set off UTC. */
  clockOffset: number

  constructor(identity: Identity, plant: Plant, store: StateStore) {
    this.nameplate = simaticOf(identity, plant)
    this.plant = plant
    this.memory = new WorkMemory(plant, store)
    this.blocks = blocksOf(identity, plant.kind)
    this.#project = this.blocks.length
    this.clockOffset = plant.design.utcOffset * 3_600_000 + identity.integer('s7/clock', -90_000, 90_000)
    const startedAt = plant.state.controller.startedAt * 1000
    // Power on, request for a restart, from STARTUP to RUN.
    for (const [i, event] of [0x1381, 0x4301, 0x4302].entries()) this.diagnostics.unshift({ event, at: startedAt + i * 180 })
  }

  get isRunning(): boolean {
    return this.plant.read('CPU_RUN') === 1
  }

  /** What its clock shows. */
  now(): number {
    return Date.now() + this.clockOffset
  }

  stop(): void {
    if (this.isRunning) this.note(0x4304)
    this.plant.write('CPU_RUN', 0)
  }

  start(): void {
    if (!this.isRunning) for (const event of [0x4301, 0x4302]) this.note(event)
    this.plant.write('CPU_RUN', 1)
  }

  note(event: number): void {
    this.diagnostics.unshift({ event, at: Date.now() })
    this.diagnostics.length = Math.min(this.diagnostics.length, KEPT_DIAGNOSTICS)
  }

  /** Takes a block in, in place of one of the same kind and number. False when its memory is full. */
  load(block: Block): boolean {
    const at = this.blocks.findIndex((one) => one.type === block.type && one.number === block.number)
    if (at < 0 && this.blocks.length >= this.#project + LOADED_BLOCKS) return false
    this.blocks.splice(at < 0 ? this.blocks.length : at, at < 0 ? 0 : 1, block)
    return true
  }
}
