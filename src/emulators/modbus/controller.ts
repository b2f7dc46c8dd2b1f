import { readFileSync } from 'node:fs'
import { z } from 'zod'
import type { Identity } from '../../config/identity.ts'
import { PLANT_NAMES, type PlantName } from '../../config/persona.ts'
import type { Plant } from '../../host/plant/plant.ts'
import type { StateStore } from '../../store/contract.ts'
import { ControllerMemory } from './memory.ts'

const Model = z.strictObject({ code: z.string(), range: z.string(), revisions: z.array(z.string()), hardware: z.number() })
/** Processors that are built into each kind of plant, with the firmware that Schneider released for them. */
const models: Record<PlantName, z.output<typeof Model>[]> = z
  .record(z.enum(PLANT_NAMES), z.array(Model))
  .parse(JSON.parse(readFileSync(new URL('models.json', import.meta.url), 'utf8')))

/** What the controller says of itself; drawn from the install seed. */
export interface Nameplate {
  vendor: string
  product: string
  revision: string
  url: string
  range: string
  model: string
  application: string
  hardware: number
  /** Of the processor, as UMAS reads it. */
  serial: number
  project: { name: string; host: string; signature: number }
}

/** Counters of function codes 8, 11 and 12 (V1.1b3 §6.8 to §6.10). */
export interface Counters {
  messages: number
  commErrors: number
  exceptions: number
  events: number
  noResponse: number
  log: number[]
}

/** The Modicon of the plant: its nameplate, its memory and its counters. */
export class Controller {
  readonly nameplate: Nameplate
  readonly memory: ControllerMemory
  readonly plant: Plant
  counters: Counters = freshCounters()
  /** UMAS session that holds the reservation of the PLC, 0 when nobody does. */
  reservedBy = 0

  constructor(identity: Identity, plant: Plant, store: StateStore) {
    this.nameplate = drawNameplate(identity, plant)
    this.plant = plant
    this.memory = new ControllerMemory(plant, store)
  }

  get isRunning(): boolean {
    return this.plant.read('CPU_RUN') === 1
  }

  /** Notes that a message was answered, with an exception or without. */
  count(wentWell: boolean): void {
    const { counters } = this
    counters.messages = (counters.messages + 1) & 0xffff
    if (wentWell) counters.events = (counters.events + 1) & 0xffff
    else counters.exceptions = (counters.exceptions + 1) & 0xffff
    // §6.10: a byte a message sent; bit 6 set, bit 0 when it was an exception of codes 1 to 3.
    counters.log = [wentWell ? 0x40 : 0x41, ...counters.log].slice(0, 64)
  }

  restartCommunications(): void {
    this.counters = freshCounters()
  }
}

function freshCounters(): Counters {
  return { messages: 0, commErrors: 0, exceptions: 0, events: 0, noResponse: 0, log: [] }
}

function drawNameplate(identity: Identity, { design, kind }: Plant): Nameplate {
  const { code, revisions, hardware, range } = identity.pick('modbus/model', models[kind.name])
  const project = design.site.replace(/[^A-Za-z]/g, '').toUpperCase()
  return {
    vendor: 'Schneider Electric',
    product: code,
    revision: identity.pick('modbus/revision', revisions),
    url: 'http://www.schneider-electric.com',
    range,
    model: code,
    application: `${project}_${kind.code}`,
    hardware,
    serial: identity.integer('modbus/serial', 0x0a00_0000, 0x2fff_ffff),
    project: {
      name: `${project}_${kind.code}`,
      host: `ENG-WS${identity.integer('modbus/workstation', 2, 19)}`,
      signature: identity.integer('modbus/project', 1, 0x7fff_ffff),
    },
  }
}
