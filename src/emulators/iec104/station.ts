import type { Identity } from '../../config/identity.ts'
import type { Plant } from '../../host/plant/plant.ts'
import type { Point } from '../../host/plant/points.ts'
import { CAUSE, encodeAsdus, encodeTime, type Information, TYPE } from './asdu.ts'

const OFF = 1
const ON = 2
/** A valve that is neither open nor closed, by percent. */
const CLOSED_BELOW = 1
const OPEN_ABOVE = 99
/** What a value must change by, of its range, to be told spontaneously; `DEADBANDS` has those of the wide ranges. */
const DEADBAND = 0.002
const DEADBANDS: Record<string, number> = {
  'm3/h': 1,
  A: 2,
  degC: 0.3,
  h: 1,
  m3: 1,
  kV: 0.05,
  MW: 0.05,
  Mvar: 0.05,
  Hz: 0.01,
  t: 1,
  't/h': 1,
  'kg/m3': 0.2,
}

/** A monitored object. */
interface Monitored {
  address: number
  type: typeof TYPE.single | typeof TYPE.double | typeof TYPE.float | typeof TYPE.counter
  point: Point
}

/** What can be commanded. */
export interface Commanded {
  address: number
  kind: 'single' | 'double' | 'setpoint'
  point: Point
  /** Whether it must be selected before it is executed. */
  selectFirst: boolean
}

/** Objects of each kind begin at these addresses above the station's own base. */
const FIRST = { single: 1, double: 251, float: 401, counter: 801, singleCommand: 1001, doubleCommand: 1201, setpoint: 1401 } as const
const BASES = [0, 1000, 10_000, 0x10000]
const GROUPS = [TYPE.single, TYPE.double, TYPE.float] as const

/** The remote terminal unit of the plant: its addresses, drawn from the install seed, and what they show. */
export class Station {
  readonly plant: Plant
  readonly commonAddress: number
  readonly monitored: readonly Monitored[]
  readonly commanded: ReadonlyMap<number, Commanded>
  /** Milliseconds by which a controlling station has set its clock wrong. */
  #clockOff = 0
  /** Counter values as they were frozen last. */
  #frozen: Map<number, number> | undefined
  readonly #byAddress: ReadonlyMap<number, Monitored>
  readonly #shown: ReadonlyMap<string, Monitored>

  constructor(identity: Identity, plant: Plant) {
    this.plant = plant
    this.commonAddress = identity.integer('iec104/address', 1, 2000)
    const base = identity.pick('iec104/base', BASES)
    const points = [...plant.kind.points]
    const travels = new Set(points.map(({ moves }) => moves))
    const of = (first: number, kind: Monitored['type'], which: (point: Point) => boolean): Monitored[] =>
      points.filter(which).map((point, i) => ({ address: base + first + i, type: kind, point }))
    this.monitored = [
      ...of(FIRST.single, TYPE.single, (point) => point.kind === 'bit'),
      ...of(FIRST.double, TYPE.double, ({ tag }) => travels.has(tag)),
      ...of(FIRST.float, TYPE.float, (point) => point.kind === 'analog'),
      ...of(FIRST.counter, TYPE.counter, (point) => point.kind === 'count'),
    ]
    const commands = (first: number, kind: Commanded['kind'], which: (point: Point) => boolean): Commanded[] =>
      points
        .filter((point) => point.writable && which(point))
        .map((point, i) => ({ address: base + first + i, kind, point, selectFirst: kind === 'double' }))
    const all = [
      ...commands(FIRST.singleCommand, 'single', (point) => point.kind === 'bit' && !point.moves),
      ...commands(FIRST.doubleCommand, 'double', (point) => point.moves !== undefined),
      ...commands(FIRST.setpoint, 'setpoint', (point) => point.kind === 'analog'),
    ]
    this.commanded = new Map(all.map((one) => [one.address, one]))
    this.#byAddress = new Map(this.monitored.map((one) => [one.address, one]))
    this.#shown = new Map(this.monitored.map((one) => [one.point.tag, one]))
  }

  /** Its clock in local time, milliseconds as if that were UTC. */
  now(): number {
    return Date.now() + this.#clockOff + this.plant.design.utcOffset * 3_600_000
  }

  setClock(at: number): void {
    this.#clockOff += at - this.now()
  }

  /** Answers to an interrogation: all of the station, or one of its groups 1 to 16. */
  interrogate(group: number, originator: number): Buffer[] {
    const types = group === 0 ? GROUPS : GROUPS.slice(group - 1, group)
    return types.flatMap((type) => this.#report(this.#ofType(type), type, CAUSE.interrogated + group, originator))
  }

  /** Answers to a counter interrogation: the frozen values when there are some. */
  counters(group: number, originator: number): Buffer[] {
    const objects = group > 1 ? [] : this.#ofType(TYPE.counter)
    const elements = (one: Monitored): Buffer => counterElements(this.#frozen?.get(one.address) ?? this.value(one))
    return encodeAsdus(
      TYPE.counter,
      CAUSE.counterInterrogated + group,
      this.commonAddress,
      objects.map((one) => ({ address: one.address, elements: elements(one) })),
      originator,
    )
  }

  freeze(): void {
    this.#frozen = new Map(this.#ofType(TYPE.counter).map((one) => [one.address, this.value(one)]))
  }

  /** Answer to a read command; undefined when nothing is monitored at this address. */
  read(address: number, originator: number): Buffer[] | undefined {
    const object = this.#byAddress.get(address)
    return object && this.#report([object], object.type, CAUSE.request, originator)
  }

  /** What is shown of a point that was commanded, or of the position that follows it: the return information. */
  returned({ tag, moves }: Point, originator: number): Buffer[] {
    const object = this.#shown.get(moves ?? tag) ?? this.#shown.get(tag)
    return object ? this.#report([object], object.type, CAUSE.remoteCommand, originator) : []
  }

  value({ type, point }: Monitored): number {
    const value = this.plant.read(point.tag)
    if (type !== TYPE.double || point.kind === 'position') return value
    return value < CLOSED_BELOW ? OFF : value > OPEN_ABOVE ? ON : 0
  }

  /** Whether a value has moved so far from what was told last that it is told again. */
  hasChanged({ type, point }: Monitored, before: number, now: number): boolean {
    if (type === TYPE.counter) return false
    if (type !== TYPE.float) return before !== now
    const [least, most] = point.range
    return Math.abs(now - before) >= (DEADBANDS[point.unit] ?? (most - least) * DEADBAND)
  }

  /**
   * Objects with their time, cause spontaneous. An interrogation brings the same ones without time, as only these types may have its cause
   * (IEC 60870-5-101 §7.3.1). A client that takes one type of an object, as c104 does, hears what it has declared.
   */
  spontaneous(objects: readonly Monitored[]): Buffer[] {
    const time = encodeTime(this.now())
    const timed = { [TYPE.single]: TYPE.singleTime, [TYPE.double]: TYPE.doubleTime, [TYPE.float]: TYPE.floatTime } as Record<number, number>
    return GROUPS.flatMap((type) => {
      const informations = objects.filter((one) => one.type === type).map((one) => this.#information(one, time))
      return encodeAsdus(timed[type]!, CAUSE.spontaneous, this.commonAddress, informations)
    })
  }

  #ofType(type: number): Monitored[] {
    return this.monitored.filter((one) => one.type === type)
  }

  #report(objects: readonly Monitored[], type: number, cause: number, originator: number): Buffer[] {
    const informations = objects.map((one) => this.#information(one, Buffer.alloc(0)))
    return encodeAsdus(type, cause, this.commonAddress, informations, originator)
  }

  #information(one: Monitored, time: Buffer): Information {
    const value = this.value(one)
    const elements = one.type === TYPE.float ? floatElements(value) : one.type === TYPE.counter ? counterElements(value) : Buffer.of(value)
    return { address: one.address, elements: Buffer.concat([elements, time]) }
  }
}

function floatElements(value: number): Buffer {
  const bytes = Buffer.alloc(5)
  bytes.writeFloatLE(value)
  return bytes
}

function counterElements(value: number): Buffer {
  const bytes = Buffer.alloc(5)
  bytes.writeInt32LE(Math.floor(value) % 0x7fffffff)
  return bytes
}
