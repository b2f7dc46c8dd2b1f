import type { Plant } from '../../host/plant/plant.ts'
import type { Point, PointList } from '../../host/plant/points.ts'
import type { StateStore } from '../../store/contract.ts'

/** Object types that this device has (clause 21, BACnetObjectType). */
export const TYPE = { analogInput: 0, analogValue: 2, binaryInput: 3, binaryValue: 5, device: 8, multiStateInput: 13 } as const

/** BACnetEngineeringUnits of the plant's units. */
const UNITS: Record<string, number> = {
  m: 31,
  '%': 98,
  'm3/h': 135,
  bar: 55,
  degC: 62,
  A: 3,
  h: 71,
  m3: 80,
  'mg/l': 96,
  kV: 6,
  V: 5,
  MW: 49,
  Mvar: 13,
  MWh: 146,
  Hz: 27,
  t: 41,
  't/h': 156,
  'kg/m3': 186,
  '': 95,
}
const NO_UNITS = 95
export const PRIORITIES = 16
const SCOPE = 'bacnet'

/** One signal of the plant as a BACnet object. */
export interface PointObject {
  type: number
  instance: number
  point: Point
  units: number
  isBinary: boolean
}

/** Every signal, inputs as inputs, what can be written as commandable values; instances count from 1 in each type. */
function objectsOf(points: PointList): PointObject[] {
  const counts = new Map<number, number>()
  return [...points].map((point) => {
    const type = typeOf(point)
    const instance = (counts.get(type) ?? 0) + 1
    counts.set(type, instance)
    return { type, instance, point, units: UNITS[point.unit] ?? NO_UNITS, isBinary: point.kind === 'bit' }
  })
}

function typeOf({ kind, writable }: Point): number {
  if (kind === 'position') return TYPE.multiStateInput
  if (kind === 'bit') return writable ? TYPE.binaryValue : TYPE.binaryInput
  return writable ? TYPE.analogValue : TYPE.analogInput
}

/** The plant's objects with the priority arrays of the commandable ones (clause 19.2), kept over restarts; the plant has the value that wins. */
export class Commands {
  readonly #plant: Plant
  readonly #store: StateStore
  readonly objects: readonly PointObject[]
  readonly #byId: ReadonlyMap<string, PointObject>
  readonly #byName: ReadonlyMap<string, PointObject>
  readonly #slots: Record<string, (number | null)[]>

  constructor(plant: Plant, store: StateStore) {
    this.#plant = plant
    this.#store = store
    this.objects = objectsOf(plant.kind.points)
    this.#byId = new Map(this.objects.map((object) => [`${object.type}:${object.instance}`, object]))
    this.#byName = new Map(this.objects.map((object) => [object.point.tag, object]))
    const kept = store.get(SCOPE, plant.kind.name)
    this.#slots = kept ? (JSON.parse(kept.toString('utf8')) as Record<string, (number | null)[]>) : {}
  }

  object(type: number, instance: number): PointObject | undefined {
    return this.#byId.get(`${type}:${instance}`)
  }

  named(name: string): PointObject | undefined {
    return this.#byName.get(name)
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
    this.#store.set(SCOPE, this.#plant.kind.name, JSON.stringify(this.#slots))
    const wins = slots.find((one) => one !== null)
    // Nothing left: the controller's program has the point again, and what it was commanded last stays until that changes it.
    if (wins !== undefined && wins !== null && (wins !== before || value !== null)) this.#plant.write(object.point.tag, wins)
  }

  alarms(): PointObject[] {
    return this.objects.filter((object) => object.type === TYPE.binaryInput && isAlarm(object) && this.value(object) === 1)
  }
}

/** Whether a signal is an alarm: then 1 is off-normal. */
export function isAlarm({ point: { path } }: PointObject): boolean {
  return path.startsWith('alarms.') || path.endsWith('.fault') || path.endsWith('.trip')
}
