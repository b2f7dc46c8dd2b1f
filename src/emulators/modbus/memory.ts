import { z } from 'zod'
import type { Plant } from '../../host/plant/plant.ts'
import { readTables } from '../../host/plant/tables.ts'
import type { StateStore } from '../../store/contract.ts'
import { EXCEPTION, fromWords, ModbusException, words } from './codec.ts'

const Bit = z.strictObject({ at: z.number(), tag: z.string() })
const Register = Bit.extend({ scale: z.number().default(1), as: z.enum(['u16', 'i16', 'u32', 'f32']).default('u16') })
const Table = z.strictObject({
  sizes: z.strictObject({ coils: z.number(), discretes: z.number(), inputs: z.number(), holdings: z.number() }),
  coils: z.array(Bit),
  discretes: z.array(Bit),
  inputs: z.array(Register),
  holdings: z.array(Register),
})
type Register = z.output<typeof Register>
type Table = z.output<typeof Table>
type Bits = 'coils' | 'discretes'
type Registers = 'inputs' | 'holdings'

const tables = readTables(new URL('registers/', import.meta.url), Table)

const FILES = 4
/** A file has 10,000 records by the specification; this controller keeps fewer. */
const FILE_RECORDS = 1000
const SCOPE = 'modbus'

/** The controller's data: windows on the plant at the mapped addresses, and memory that keeps what is written elsewhere. */
export class ControllerMemory {
  readonly #plant: Plant
  readonly #table: Table
  readonly #store: StateStore
  readonly #coils: Uint8Array
  readonly #holdings: Uint16Array
  readonly #files: Uint16Array

  constructor(plant: Plant, store: StateStore) {
    this.#plant = plant
    this.#table = tables[plant.kind.name]
    this.#store = store
    const { coils, holdings } = this.#table.sizes
    const words = holdings + FILES * FILE_RECORDS
    const bytes = Buffer.alloc(words * 2 + coils)
    store.get(SCOPE, plant.kind.name)?.copy(bytes)
    this.#holdings = new Uint16Array(bytes.buffer, bytes.byteOffset, holdings)
    this.#files = new Uint16Array(bytes.buffer, bytes.byteOffset + holdings * 2, FILES * FILE_RECORDS)
    this.#coils = new Uint8Array(bytes.buffer, bytes.byteOffset + words * 2, coils)
  }

  /** @throws ModbusException for addresses that are not there, as all of these */
  readBits(space: Bits, address: number, quantity: number): boolean[] {
    this.#within(space, address, quantity)
    const bits = Array.from({ length: quantity }, (_, i) => space === 'coils' && this.#coils[address + i] === 1)
    for (const { at, tag } of this.#table[space])
      if (at >= address && at < address + quantity) bits[at - address] = this.#plant.read(tag) === 1
    return bits
  }

  readRegisters(space: Registers, address: number, quantity: number): number[] {
    this.#within(space, address, quantity)
    const values = Array.from({ length: quantity }, (_, i) => (space === 'holdings' ? this.#holdings[address + i]! : 0))
    for (const register of this.#touching(space, address, quantity)) {
      for (const [i, value] of this.#wordsOf(register).entries()) {
        const at = register.at + i - address
        if (at >= 0 && at < quantity) values[at] = value
      }
    }
    return values
  }

  writeCoils(address: number, bits: readonly boolean[]): void {
    this.#within('coils', address, bits.length)
    const mapped = new Map(this.#table.coils.map(({ at, tag }) => [at, tag]))
    for (const [i, bit] of bits.entries()) {
      const tag = mapped.get(address + i)
      if (tag) this.#plant.write(tag, Number(bit))
      else this.#coils[address + i] = Number(bit)
    }
    this.#keep()
  }

  writeRegisters(address: number, values: readonly number[]): void {
    this.#within('holdings', address, values.length)
    this.#holdings.set(values, address)
    for (const register of this.#touching('holdings', address, values.length)) {
      // Where the program computes a value it is there again after the next scan, whatever was written.
      if (!this.#plant.kind.points.get(register.tag).writable) continue
      const changed = this.#wordsOf(register).map((old, i) => values[register.at + i - address] ?? old)
      this.#plant.write(register.tag, enteredValue(register, changed))
    }
    this.#keep()
  }

  readFile(file: number, record: number, length: number): number[] {
    return [...this.#files.subarray(...this.#fileSpan(file, record, length))]
  }

  writeFile(file: number, record: number, values: readonly number[]): void {
    const [from] = this.#fileSpan(file, record, values.length)
    this.#files.set(values, from)
    this.#keep()
  }

  #fileSpan(file: number, record: number, length: number): [number, number] {
    if (file < 1 || file > FILES || record + length > FILE_RECORDS) throw new ModbusException(EXCEPTION.illegalAddress)
    const from = (file - 1) * FILE_RECORDS + record
    return [from, from + length]
  }

  #wordsOf({ tag, scale, as }: Register): number[] {
    const value = this.#plant.read(tag)
    if (as === 'u16') return [Math.max(0, Math.min(0xffff, Math.round(value * scale)))]
    if (as === 'i16') return [Math.max(-0x8000, Math.min(0x7fff, Math.round(value * scale))) & 0xffff]
    const bytes = Buffer.alloc(4)
    if (as === 'f32') bytes.writeFloatBE(value)
    else bytes.writeUInt32BE(Math.floor(value) >>> 0)
    return words(bytes)
  }

  #within(space: Bits | Registers, address: number, quantity: number): void {
    if (address + quantity > this.#table.sizes[space]) throw new ModbusException(EXCEPTION.illegalAddress)
  }

  #touching(space: Registers, address: number, quantity: number): Register[] {
    return this.#table[space].filter(({ at, as }) => at < address + quantity && at + widthOf(as) > address)
  }

  #keep(): void {
    const bytes = (array: Uint16Array | Uint8Array): Buffer => Buffer.from(array.buffer, array.byteOffset, array.byteLength)
    this.#store.set(SCOPE, this.#plant.kind.name, Buffer.concat([bytes(this.#holdings), bytes(this.#files), bytes(this.#coils)]))
  }
}

function widthOf(as: Register['as']): number {
  return as === 'u16' || as === 'i16' ? 1 : 2
}

function enteredValue({ scale, as }: Register, values: readonly number[]): number {
  if (as === 'u16') return values[0]! / scale
  if (as === 'i16') return ((values[0]! << 16) >> 16) / scale
  const bytes = fromWords(values)
  return as === 'f32' ? bytes.readFloatBE() : bytes.readUInt32BE()
}
