import {
  AREA,
  type DataItem,
  decodeDataItems,
  decodeVariables,
  encodeDataItems,
  RETURN,
  type S7Message,
  sizeOf,
  type Variable,
} from './codec.ts'
import type { Cpu } from './cpu.ts'

/** Error of a request or answer that does not fit the negotiated PDU. */
const PDU_SIZE = 0x8500
const HEADER_AND_PARAMETERS = 14

export interface Access {
  variables: (Variable | undefined)[]
  /** Values of a write, in hex. */
  written: string[]
  error: number
  data: Buffer
}

export function readVariables({ parameters }: S7Message, cpu: Cpu, pduLength: number): Access {
  // A request that says of no items gets an error and no item, as an acknowledgement without a count cannot be read.
  if (parameters.length < 2) return { variables: [], written: [], error: PDU_SIZE, data: Buffer.alloc(0) }
  const variables = decodeVariables(parameters)
  const items = variables.map((variable) => (variable ? readOne(variable, cpu) : failed(RETURN.address)))
  const data = encodeDataItems(items)
  const fits = data.length + HEADER_AND_PARAMETERS <= pduLength
  return { variables, written: [], error: fits ? 0 : PDU_SIZE, data: fits ? data : Buffer.alloc(0) }
}

export function writeVariables({ parameters, data }: S7Message, cpu: Cpu): Access {
  const variables = decodeVariables(parameters)
  const values = decodeDataItems(data, variables.length)
  const codes = variables.map((variable, i) => (variable ? writeOne(variable, values[i] as DataItem, cpu) : RETURN.address))
  return { variables, written: values.map((value) => value.data.toString('hex')), error: 0, data: Buffer.from(codes) }
}

function failed(code: number): DataItem {
  return { code, transport: 0, data: Buffer.alloc(0) }
}

function readOne(variable: Variable, cpu: Cpu): DataItem {
  const size = sizeOf(variable.transport)
  if (size === undefined || variable.count === 0) return failed(RETURN.type)
  if (!cpu.memory.has(variable.area, variable.db)) return failed(variable.area === AREA.db ? RETURN.missing : RETURN.address)
  if (variable.transport === 1) return readBit(variable, cpu)
  const bytes = cpu.memory.read(variable.area, variable.db, startOf(variable), size * variable.count)
  return bytes ? { code: RETURN.ok, transport: transportOf(variable.transport), data: bytes } : failed(RETURN.address)
}

function readBit(variable: Variable, cpu: Cpu): DataItem {
  if (variable.count !== 1) return failed(RETURN.type)
  const byte = cpu.memory.read(variable.area, variable.db, variable.address >> 3, 1)
  if (!byte) return failed(RETURN.address)
  return { code: RETURN.ok, transport: 3, data: Buffer.from([(byte[0]! >> (variable.address & 7)) & 1]) }
}

function writeOne(variable: Variable, { data }: DataItem, cpu: Cpu): number {
  const size = sizeOf(variable.transport)
  if (size === undefined || variable.count === 0) return RETURN.type
  if (!cpu.memory.has(variable.area, variable.db)) return variable.area === AREA.db ? RETURN.missing : RETURN.address
  if (variable.transport === 1) return writeBit(variable, data, cpu)
  if (data.length !== size * variable.count) return RETURN.size
  return cpu.memory.write(variable.area, variable.db, startOf(variable), data) ? RETURN.ok : RETURN.address
}

function writeBit(variable: Variable, data: Buffer, cpu: Cpu): number {
  if (variable.count !== 1 || data.length !== 1) return RETURN.size
  const at = variable.address >> 3
  const byte = cpu.memory.read(variable.area, variable.db, at, 1)
  if (!byte) return RETURN.address
  const mask = 1 << (variable.address & 7)
  const value = data[0]! & 1 ? byte[0]! | mask : byte[0]! & ~mask
  return cpu.memory.write(variable.area, variable.db, at, Buffer.from([value])) ? RETURN.ok : RETURN.address
}

/** Counters and timers are numbered, two bytes each; all else is addressed in bits. */
function startOf({ area, address }: Variable): number {
  return area === AREA.counters || area === AREA.timers ? address * 2 : address >> 3
}

function transportOf(transport: number): number {
  if (transport === 8) return 7
  return transport === 0x1c || transport === 0x1d ? 9 : 4
}
