import { z } from 'zod'
import type { PlantName } from '../../config/persona.ts'
import type { Plant } from '../../host/plant/plant.ts'
import { readTables } from '../../host/plant/tables.ts'
import type { StateStore } from '../../store/contract.ts'
import { AREA } from './codec.ts'

const AreaName = z.enum(['inputs', 'outputs', 'flags', 'db', 'counters', 'timers'])
type AreaName = z.output<typeof AreaName>
const Signal = z.strictObject({
  area: AreaName,
  db: z.number().default(0),
  byte: z.number(),
  bit: z.number().optional(),
  as: z.enum(['bool', 'real', 'dint']).default('bool'),
  tag: z.string(),
})
type Signal = z.output<typeof Signal>
const Program = z.strictObject({
  areas: z.record(z.string(), z.number()),
  /** Blocks of code: organization blocks, functions and function blocks, with the bytes of their code. */
  code: z.array(z.strictObject({ type: z.enum(['OB', 'FB', 'FC']), number: z.number(), bytes: z.number(), name: z.string() })),
  blocks: z.array(z.strictObject({ number: z.number(), bytes: z.number(), name: z.string(), family: z.string() })),
  signals: z.array(Signal),
})

type Program = z.output<typeof Program>

/** What runs in the CPU, by the plant. */
export const PROGRAMS: Readonly<Record<PlantName, Program>> = readTables(new URL('programs/', import.meta.url), Program)

const SCOPE = 's7'

/** The controller's work memory: what the program computes from the plant, over memory that keeps what is written. */
export class WorkMemory {
  readonly #plant: Plant
  readonly #program: Program
  readonly #store: StateStore
  readonly #bytes = new Map<string, Buffer>()

  constructor(plant: Plant, store: StateStore) {
    this.#plant = plant
    this.#program = PROGRAMS[plant.kind.name]
    this.#store = store
    const allot = (key: string, size: number): void => {
      const bytes = Buffer.alloc(size)
      store.get(SCOPE, this.#keyOf(key))?.copy(bytes)
      this.#bytes.set(key, bytes)
    }
    for (const [area, size] of Object.entries(this.#program.areas)) allot(area, area === 'counters' || area === 'timers' ? size * 2 : size)
    for (const { number, bytes } of this.#program.blocks) allot(`db${number}`, bytes)
  }

  /** Bytes of an area; undefined where the area or block has none there. */
  has(area: number, db: number): boolean {
    return this.#areaOf(area, db) !== undefined
  }

  /** `length` bytes from `start`; undefined when they are not all there. */
  read(area: number, db: number, start: number, length: number): Buffer | undefined {
    const found = this.#areaOf(area, db)
    if (!found || start + length > found.bytes.length) return undefined
    const bytes = Buffer.from(found.bytes)
    for (const signal of this.#signalsOf(found.name, db)) this.#show(signal, bytes)
    return bytes.subarray(start, start + length)
  }

  /** Writes bytes; false when they are not all there. Signals that changed and can be commanded act on the plant. */
  write(area: number, db: number, start: number, data: Buffer): boolean {
    const before = this.read(area, db, 0, this.#areaOf(area, db)?.bytes.length ?? 0)
    const found = this.#areaOf(area, db)
    if (!found || !before || start + data.length > found.bytes.length) return false
    const after = Buffer.from(before)
    data.copy(after, start)
    data.copy(found.bytes, start)
    for (const signal of this.#signalsOf(found.name, db)) {
      if (this.#plant.kind.points.get(signal.tag).writable && valueIn(signal, before) !== valueIn(signal, after))
        this.#plant.write(signal.tag, valueIn(signal, after))
    }
    this.#store.set(SCOPE, this.#keyOf(found.key), found.bytes)
    return true
  }

  #signalsOf(area: AreaName, db: number): Signal[] {
    return this.#program.signals.filter((signal) => signal.area === area && (area !== 'db' || signal.db === db))
  }

  #keyOf(area: string): string {
    return `${this.#plant.kind.name}/${area}`
  }

  #areaOf(area: number, db: number): { name: AreaName; key: string; bytes: Buffer } | undefined {
    const name = (Object.keys(AREA) as AreaName[]).find((one) => AREA[one] === area)
    if (!name) return undefined
    const key = name === 'db' ? `db${db}` : name
    const bytes = this.#bytes.get(key)
    return bytes && { name, key, bytes }
  }

  #show(signal: Signal, bytes: Buffer): void {
    const value = this.#plant.read(signal.tag)
    if (signal.as === 'real') bytes.writeFloatBE(value, signal.byte)
    else if (signal.as === 'dint') bytes.writeUInt32BE(Math.floor(value) >>> 0, signal.byte)
    else {
      const mask = 1 << (signal.bit ?? 0)
      bytes[signal.byte] = value ? bytes[signal.byte]! | mask : bytes[signal.byte]! & ~mask
    }
  }
}

function valueIn({ as, byte, bit = 0 }: Signal, bytes: Buffer): number {
  if (as === 'real') return bytes.readFloatBE(byte)
  return as === 'dint' ? bytes.readUInt32BE(byte) : (bytes[byte]! >> bit) & 1
}
