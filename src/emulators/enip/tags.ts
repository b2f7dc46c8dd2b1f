import { z } from 'zod'
import type { Plant } from '../../host/plant/plant.ts'
import { readTables } from '../../host/plant/tables.ts'
import type { StateStore } from '../../store/contract.ts'
import { type CipAnswer, GENERAL, type Path } from './cip.ts'

const Tag = z.strictObject({
  name: z.string(),
  type: z.enum(['BOOL', 'DINT', 'REAL']),
  point: z.string().optional(),
  length: z.number().optional(),
})
type Tag = z.output<typeof Tag>

const tables = readTables(new URL('tags/', import.meta.url), z.array(Tag))

/** Codes of elementary data types (appendix C-6.1), and their bytes. */
const TYPES = { BOOL: { code: 0xc1, bytes: 1 }, DINT: { code: 0xc4, bytes: 4 }, REAL: { code: 0xca, bytes: 4 } } as const
/** Logix's additional status: past the end of a tag, and another type than the tag's. */
const EXTENDED = { pastEnd: 0x2105, type: 0x2107 }
const SCOPE = 'enip'
/** Bytes of data in one answer. */
const LARGEST = 480

/** The controller's tags: the plant's signals, and arrays that keep what is written. */
export class Tags {
  readonly #plant: Plant
  readonly #store: StateStore
  readonly #table: readonly Tag[]
  readonly #byName: ReadonlyMap<string, Tag>

  constructor(plant: Plant, store: StateStore) {
    this.#plant = plant
    this.#store = store
    this.#table = tables[plant.kind.name]
    this.#byName = new Map(this.#table.map((tag) => [tag.name.toLowerCase(), tag]))
  }

  /** Read Tag (4C), and Read Tag Fragmented (52) from a byte offset. */
  read({ symbol, member = 0 }: Path, data: Buffer, isFragmented: boolean): CipAnswer {
    const tag = this.#byName.get(symbol.toLowerCase())
    if (!tag) return { status: GENERAL.path, more: [0] }
    if (data.length < (isFragmented ? 6 : 2)) return { status: GENERAL.tooLittle }
    const { code, bytes } = TYPES[tag.type]
    const wanted = this.#bytesOf(tag).subarray(member * bytes)
    const length = data.readUInt16LE(0) * bytes
    const offset = isFragmented ? data.readUInt32LE(2) : 0
    if (length === 0 || length > wanted.length || offset >= length) return { status: GENERAL.vendor, more: [EXTENDED.pastEnd] }
    const piece = wanted.subarray(offset, Math.min(length, offset + LARGEST))
    const isPartial = offset + piece.length < length
    return { status: isPartial ? GENERAL.partial : GENERAL.ok, data: Buffer.concat([Buffer.from([code, 0]), piece]) }
  }

  /** Write Tag (4D), and Write Tag Fragmented (53). */
  write({ symbol, member = 0 }: Path, data: Buffer, isFragmented: boolean): CipAnswer {
    const tag = this.#byName.get(symbol.toLowerCase())
    if (!tag) return { status: GENERAL.path, more: [0] }
    const head = isFragmented ? 8 : 4
    if (data.length < head) return { status: GENERAL.tooLittle }
    const { code, bytes } = TYPES[tag.type]
    if (data.readUInt16LE(0) !== code) return { status: GENERAL.vendor, more: [EXTENDED.type] }
    const at = member * bytes + (isFragmented ? data.readUInt32LE(4) : 0)
    // The count says what is written; bytes behind that are nobody's (pycomm3 1.2 repeats its whole request there).
    const values = isFragmented ? data.subarray(head) : data.subarray(head, head + data.readUInt16LE(2) * bytes)
    if (values.length === 0 || values.length % bytes !== 0) return { status: GENERAL.tooLittle }
    const held = this.#bytesOf(tag)
    if (at + values.length > held.length) return { status: GENERAL.vendor, more: [EXTENDED.pastEnd] }
    values.copy(held, at)
    if (tag.point) this.#plant.write(tag.point, valueIn(tag, held))
    else this.#store.set(SCOPE, tag.name, held)
    return { status: GENERAL.ok }
  }

  /** Name of a symbol by its instance, which count from 1. */
  nameOf(instance: number): string | undefined {
    return this.#table[instance - 1]?.name
  }

  /** Get Instance Attribute List (55) of the symbol class: names and types from an instance on. */
  list(from: number, data: Buffer): CipAnswer {
    const attributes = Array.from({ length: Math.min(data[0] ?? 0, 8) }, (_, i) => data[2 + i * 2] ?? 0)
    const parts: Buffer[] = []
    let bytes = 0
    for (const [i, tag] of this.#table.entries()) {
      const instance = i + 1
      if (instance < from) continue
      const part = Buffer.concat([uint32(instance), ...attributes.map((attribute) => describe(tag, attribute))])
      if (bytes + part.length > LARGEST) return { status: GENERAL.partial, data: Buffer.concat(parts) }
      parts.push(part)
      bytes += part.length
    }
    return { status: GENERAL.ok, data: Buffer.concat(parts) }
  }

  /** A copy. */
  #bytesOf(tag: Tag): Buffer {
    const { bytes } = TYPES[tag.type]
    const held = Buffer.alloc(bytes * (tag.length ?? 1))
    if (!tag.point) this.#store.get(SCOPE, tag.name)?.copy(held)
    else if (tag.type === 'REAL') held.writeFloatLE(this.#plant.read(tag.point))
    else if (tag.type === 'DINT') held.writeUInt32LE(Math.floor(this.#plant.read(tag.point)) >>> 0)
    // A BOOL that is set reads as FF.
    else held[0] = this.#plant.read(tag.point) ? 0xff : 0
    return held
  }
}

function valueIn({ type }: Tag, bytes: Buffer): number {
  if (type === 'REAL') return bytes.readFloatLE()
  return type === 'DINT' ? bytes.readInt32LE() : Number(bytes[0] !== 0)
}

/** Attributes of a symbol: 1 its name, 2 its type with its dimensions in bits 13 and 14, 7 the bytes of an element, 8 dimensions. */
function describe({ name, type, length }: Tag, attribute: number): Buffer {
  const { code, bytes } = TYPES[type]
  if (attribute === 1) return Buffer.concat([Buffer.from([name.length, 0]), Buffer.from(name)])
  if (attribute === 2) return Buffer.from([code, length ? 0x20 : 0])
  if (attribute === 7) return Buffer.from([bytes, 0])
  // External access: read and write. One byte, which the tag lists of firmware 18 and later have.
  if (attribute === 10) return Buffer.from([0])
  if (attribute === 8) return Buffer.concat([uint32(length ?? 0), uint32(0), uint32(0)])
  return uint32(0)
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
