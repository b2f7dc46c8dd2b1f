import { readFileSync } from 'node:fs'
import { z } from 'zod'
import type { Identity } from '../../config/identity.ts'
import { PLANT_NAMES } from '../../config/persona.ts'
import { parseYaml } from '../../config/yaml.ts'
import type { Plant } from '../../host/plant/plant.ts'
import type { StateStore } from '../../store/contract.ts'
import { Commands } from './objects.ts'

const Controller = z.strictObject({
  vendor: z.string(),
  id: z.number(),
  model: z.string(),
  firmware: z.array(z.string()),
  software: z.string(),
})

const controllers = parseYaml(
  'controllers.yaml',
  readFileSync(new URL('controllers.yaml', import.meta.url), 'utf8'),
  z.record(z.enum(PLANT_NAMES), z.array(Controller)),
)

/** Seconds that a device is away after a restart. */
const RESTART_S = 20
const WEEK = 7

/** The controller of this installation, through which the plant is seen over BACnet. */
export class Device {
  readonly plant: Plant
  readonly commands: Commands
  readonly controller: z.output<typeof Controller>
  readonly firmware: string
  readonly instance: number
  readonly name: string
  readonly location: string
  readonly description: string
  readonly databaseRevision: number
  /** Milliseconds since 1970 until which it does not answer: it restarts, or was told to be silent. */
  awayUntil = 0
  /** Milliseconds by which somebody has set its clock wrong. */
  #clockOff = 0

  constructor(identity: Identity, plant: Plant, state: StateStore) {
    this.plant = plant
    this.commands = new Commands(plant, state)
    this.controller = identity.pick('bacnet/controller', controllers[plant.kind.name])
    this.firmware = identity.pick('bacnet/firmware', this.controller.firmware)
    this.instance = identity.integer('bacnet/instance', 1000, 399_999)
    const { design, kind } = plant
    const { site } = design
    this.name = `${site.replaceAll(' ', '_').toUpperCase()}_${kind.code}_${String(identity.integer('bacnet/number', 1, 9)).padStart(2, '0')}`
    this.location = `${site} ${kind.place}`
    this.description = kind.about
    this.databaseRevision = identity.integer('bacnet/revision', 2, 60)
  }

  get isAway(): boolean {
    return Date.now() < this.awayUntil
  }

  restart(): void {
    this.awayUntil = Date.now() + RESTART_S * 1000
  }

  /** Sets the clock to a moment in local time, or in UTC. */
  setClock(at: number, isUtc: boolean): void {
    this.#clockOff = at - Date.now() - (isUtc ? 0 : this.plant.design.utcOffset * 3_600_000)
  }

  /** Years since 1900, month, day, day of the week from Monday 1. */
  date(): number[] {
    const now = this.#local()
    return [now.getUTCFullYear() - 1900, now.getUTCMonth() + 1, now.getUTCDate(), ((now.getUTCDay() + WEEK - 1) % WEEK) + 1]
  }

  time(): number[] {
    const now = this.#local()
    return [now.getUTCHours(), now.getUTCMinutes(), now.getUTCSeconds(), Math.floor(now.getUTCMilliseconds() / 10)]
  }

  #local(): Date {
    return new Date(Date.now() + this.#clockOff + this.plant.design.utcOffset * 3_600_000)
  }
}
