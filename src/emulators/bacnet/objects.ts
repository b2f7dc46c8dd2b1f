import type { Plant } from '../../host/plant/plant.ts'
import { type Point, points } from '../../host/plant/points.ts'
import type { StateStore } from '../../store/contract.ts'

/** Object types that this device has (clause 21, BACnetObjectType). */
export const TYPE = { analogInput: 0, analogValue: 2, binaryInput: 3, binaryValue: 5, device: 8 } as const

/** BACnetEngineeringUnits of the plant's units. */
const UNITS: Record<string, number> = { m: 31, '%': 98, 'm3/h': 135, bar: 55, degC: 62, A: 3, h: 71, m3: 80, 'mg/l': 96, '': 95 }
const NO_UNITS = 95
export const PRIORITIES = 16
const SCOPE = 'bacnet'
const KEY = 'priorities'

/** One signal of the plant as a BACnet object. */
export interface PointObject {
  type: number
  instance: number
  point: Point
  units: number
  isBinary: boolean
}

/** Every signal, inputs as inputs, what can be written as commandable values; instances count from 1 in each type. */
export const pointObjects: readonly PointObject[] = points.map((point) => {
  const isBinary = point.kind === 'bit'
  const type = isBinary ? (point.writable ? TYPE.binaryValue : TYPE.binaryInput) : point.writable ? TYPE.analogValue : TYPE.analogInput
  const before = points
    .slice(0, points.indexOf(point))
    .filter((one) => (one.kind === 'bit') === isBinary && one.writable === point.writable)
  return { type, instance: before.length + 1, point, units: UNITS[point.unit] ?? NO_UNITS, isBinary }
})

const byId = new Map(pointObjects.map((object) => [`${object.type}:${object.instance}`, object]))
const byName = new Map(pointObjects.map((object) => [object.point.tag, object]))

export function objectOf(type: number, instance: number): PointObject | undefined {
  return byId.get(`${type}:${instance}`)
}

export function objectNamed(name: string): PointObject | undefined {
  return byName.get(name)
}

/** The priority arrays of the commandable objects (clause 19.2), kept over restarts; the plant has the value that wins. */
export class Commands {
  readonly #plant: Plant
  readonly #store: StateStore
  readonly #slots: Record<string, (number | null)[]>

  constructor(plant: Plant, store: StateStore) {
    this.#plant = plant
    this.#store = store
    const kept = store.get(SCOPE, KEY)
    this.#slots = kept ? (JSON.parse(kept.toString('utf8')) as Record<string, (number | null)[]>) : {}
  }

  /** Sixteen values, the first being the strongest; null where nobody commands. */
  of({ point: { tag } }: PointObject): readonly (number | null)[] {
    return this.#slots[tag] ?? Array.from({ length: PRIORITIES }, () => null)
  }

  value({ point: { tag } }: PointObject): number {
    return this.#plant.read(tag)
  }

  /** Commands a value at a priority from 1 to 16, or takes it back with null. */
  command(object: PointObject, priority: number, value: number | null): void {
    const slots = [...this.of(object)]
    const before = slots.find((one) => one !== null)
    slots[priority - 1] = value
    this.#slots[object.point.tag] = slots
    this.#store.set(SCOPE, KEY, JSON.stringify(this.#slots))
    const wins = slots.find((one) => one !== null)
    // Nothing left: the controller's program has the point again, and what it was commanded last stays until that changes it.
    if (wins !== undefined && wins !== null && (wins !== before || value !== null)) this.#plant.write(object.point.tag, wins)
  }

  alarms(): PointObject[] {
    return pointObjects.filter((object) => object.type === TYPE.binaryInput && isAlarm(object) && this.value(object) === 1)
  }
}

/** Whether a signal is an alarm: then 1 is off-normal. */
export function isAlarm({ point: { path } }: PointObject): boolean {
  return path.startsWith('alarms.') || path.endsWith('.fault')
}
