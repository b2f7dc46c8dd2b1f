import type { Bmc } from './bmc.ts'
import { COMPLETION, type CommandTable, Completion, PRIVILEGE } from './command.ts'
import { fruInventory, logRecord, sensorRecords } from './repository.ts'

const LOG_SPACE = 512 * 16
const LAST = 0xffff
/** Bytes of a record that fit into one answer. */
const CHUNK = 64
const ERASED = 1

/** Network function Storage (chapters 31, 33, 34). */
export const storageCommands: CommandTable = {
  '0a/10': {
    name: 'Get FRU Inventory Area Info',
    privilege: PRIVILEGE.user,
    action: 'read',
    least: 1,
    run: ({ bmc, data }) => [...u16(fruOf(bmc, data[0]!).length), 0],
  },
  '0a/11': {
    name: 'Read FRU Data',
    privilege: PRIVILEGE.user,
    action: 'read',
    least: 4,
    run({ bmc, data }) {
      const bytes = fruOf(bmc, data[0]!)
      const offset = data.readUInt16LE(1)
      if (offset >= bytes.length) throw new Completion(COMPLETION.badParameter)
      const part = bytes.subarray(offset, offset + Math.min(data[3]!, CHUNK))
      return [part.length, ...part]
    },
  },
  '0a/12': { name: 'Write FRU Data', privilege: PRIVILEGE.operator, action: 'write', least: 3, run: () => refuse(0x80) },
  '0a/20': {
    name: 'Get SDR Repository Info',
    privilege: PRIVILEGE.user,
    action: 'read',
    run: ({ bmc }) => [
      0x51,
      ...u16(sensorRecords(bmc.machine).length),
      ...u16(0xffff),
      ...u32(bmc.logClearedAt),
      ...u32(bmc.logClearedAt),
      0x02,
    ],
  },
  '0a/22': { name: 'Reserve SDR Repository', privilege: PRIVILEGE.user, action: 'read', run: () => u16(1) },
  '0a/23': {
    name: 'Get SDR',
    privilege: PRIVILEGE.user,
    action: 'read',
    least: 6,
    run({ bmc, data }) {
      const records = sensorRecords(bmc.machine)
      const id = data.readUInt16LE(2)
      const index = id === 0 ? 0 : id === LAST ? records.length - 1 : id - 1
      return partOf(records, index, index + 2 > records.length ? LAST : index + 2, data)
    },
  },
  '0a/28': { name: 'Get SDR Repository Time', privilege: PRIVILEGE.user, action: 'read', run: ({ bmc }) => u32(bmc.clock) },
  '0a/40': {
    name: 'Get SEL Info',
    privilege: PRIVILEGE.user,
    action: 'read',
    run({ bmc }) {
      const used = bmc.log.length
      const latest = bmc.log.at(-1)?.at ?? bmc.logClearedAt
      return [0x51, ...u16(used), ...u16(LOG_SPACE - used * 16), ...u32(latest), ...u32(bmc.logClearedAt), 0x02]
    },
  },
  '0a/41': {
    name: 'Get SEL Allocation Info',
    privilege: PRIVILEGE.user,
    action: 'read',
    run: () => [...u16(512), ...u16(16), ...u16(512), ...u16(512), 1],
  },
  '0a/42': { name: 'Reserve SEL', privilege: PRIVILEGE.user, action: 'read', run: () => u16(1) },
  '0a/43': {
    name: 'Get SEL Entry',
    privilege: PRIVILEGE.user,
    action: 'read',
    least: 6,
    run({ bmc, data }) {
      const { log } = bmc
      const id = data.readUInt16LE(2)
      const index = id === 0 ? 0 : id === LAST ? log.length - 1 : log.findIndex((entry) => entry.id === id)
      return partOf(log.map(logRecord), index, log[index + 1]?.id ?? LAST, data)
    },
  },
  '0a/44': {
    name: 'Add SEL Entry',
    privilege: PRIVILEGE.operator,
    action: 'write',
    least: 16,
    run: () => refuse(COMPLETION.invalidCommand),
  },
  '0a/47': {
    name: 'Clear SEL',
    privilege: PRIVILEGE.operator,
    action: 'write',
    least: 6,
    run({ bmc, data }) {
      if (data.toString('latin1', 2, 5) !== 'CLR') throw new Completion(COMPLETION.invalidData)
      if (data[5] === 0xaa) bmc.clearLog()
      return [ERASED]
    },
  },
  '0a/48': { name: 'Get SEL Time', privilege: PRIVILEGE.user, action: 'read', run: ({ bmc }) => u32(bmc.clock) },
  '0a/49': {
    name: 'Set SEL Time',
    privilege: PRIVILEGE.operator,
    action: 'write',
    least: 4,
    run({ bmc, data }) {
      bmc.setClock(data.readUInt32LE(0))
      return []
    },
  },
  '0a/5c': { name: 'Get SEL Time UTC Offset', privilege: PRIVILEGE.user, action: 'read', run: () => [0, 0] },
}

/** Bytes from offset (request byte 5) on, as many as asked (byte 6; 0xff: all), the next record's id before them. */
function partOf(records: readonly Buffer[], index: number, next: number, data: Buffer): Buffer {
  const record = records[index]
  if (!record) throw new Completion(COMPLETION.notPresent)
  const [offset, count] = [data[4]!, data[5]!]
  if (offset >= record.length) throw new Completion(COMPLETION.badParameter)
  const part = record.subarray(offset, count === 0xff ? record.length : offset + count)
  if (part.length > CHUNK) throw new Completion(COMPLETION.cannotReturn)
  return Buffer.concat([u16(next), part])
}

function fruOf({ machine }: Bmc, id: number): Buffer {
  if (id !== 0) throw new Completion(COMPLETION.notPresent)
  return fruInventory(machine)
}

function refuse(code: number): never {
  throw new Completion(code)
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16LE(value)
  return bytes
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
