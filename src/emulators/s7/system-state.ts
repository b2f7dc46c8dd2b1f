import { dateAndTime } from './codec.ts'
import type { Cpu } from './cpu.ts'

/** A part of the system state list (SZL): records of one length. */
export interface SystemStateList {
  size: number
  records: Buffer[]
}

type Reader = (cpu: Cpu) => SystemStateList

/** `W#16#xyzz`: x says which extract of list zz is asked; here by zz, whole. */
const LISTS: Record<number, Reader> = {
  17: moduleIdentification,
  18: () => list(2, FEATURES),
  19: memoryAreas,
  20: systemAreas,
  21: blockKinds,
  25: leds,
  28: componentIdentification,
  34: interrupts,
  37: () => list(4, ['00010001', '00020001']),
  49: communication,
  50: protection,
  116: leds,
  145: moduleStatus,
  160: diagnosticBuffer,
  36: modes,
}

/** Characteristics of a CPU of this family, two bytes each. */
const FEATURES = ['0101', '0103', '0104', '0105', '0107', '0202', '0302', '0303', '0304', '0405']

/**
 * The list of this id and index; undefined when the CPU has none of that number, and with `index` false where there is no
 * such record.
 */
export function systemStateList(id: number, index: number, cpu: Cpu): SystemStateList | undefined | 'index' {
  if (id === 0x0000) return { size: 2, records: Object.keys(LISTS).map((n) => u16(Number(n))) }
  const whole = LISTS[id & 0xff]?.(cpu)
  if (!whole || id >> 12 !== 0) return undefined
  const extract = (id >> 8) & 0x0f
  // The present mode is the extract that engineering tools poll.
  if ((id & 0xff) === 0x24) return extract === 4 || extract === 0 ? whole : undefined
  if (extract === 0) return whole
  if (extract === 0x0f) return { size: whole.size, records: [] }
  if ((id & 0xff) === 0xa0) return { size: whole.size, records: whole.records.slice(0, index || 1) }
  // Clients that do not know the index ask for 0.
  const record = index === 0 ? whole.records[0] : whole.records.find((one) => one.readUInt16BE(0) === index)
  return record ? { size: whole.size, records: [record] } : 'index'
}

function list(size: number, records: readonly string[]): SystemStateList {
  return { size, records: records.map((hex) => Buffer.from(hex.padEnd(size * 2, '0'), 'hex')) }
}

function u16(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2)
  for (const [i, value] of values.entries()) bytes.writeUInt16BE(value & 0xffff, i * 2)
  return bytes
}

/** Order number, type and version of module, hardware, firmware and boot loader. */
function moduleIdentification({ nameplate }: Cpu): SystemStateList {
  const { module, hardware, firmware } = nameplate
  const [major, minor, patch] = firmware
  const record = (index: number, order: string, version: Buffer): Buffer =>
    Buffer.concat([u16(index), Buffer.from(order.padEnd(20), 'latin1'), u16(0x00c0), version])
  return {
    size: 28,
    records: [
      record(0x0001, module, u16(0x0000, hardware)),
      record(0x0006, module, u16(0x0000, hardware)),
      record(0x0007, '', Buffer.from([0x56, major, minor, patch])),
      record(0x0081, 'Boot Loader', Buffer.from([0x41, 0x20, 0x09, 0x09])),
    ],
  }
}

/** Names and serial numbers, 32 characters each. */
function componentIdentification({ nameplate }: Cpu): SystemStateList {
  const texts: [index: number, text: string][] = [
    [1, nameplate.system],
    [2, nameplate.type],
    [3, nameplate.plant],
    [4, 'Original Siemens Equipment'],
    [5, nameplate.serial],
    [7, nameplate.type],
    [8, `MMC ${memoryCard(nameplate.serial)}`],
    [10, ''],
    [11, ''],
  ]
  const records = texts.map(([index, text]) => Buffer.concat([u16(index), Buffer.from(text.padEnd(32, '\0').slice(0, 32), 'latin1')]))
  // Manufacturer 0x2A, profile 0xF600.
  records.splice(7, 0, Buffer.concat([u16(9, 0x002a, 0xf600, 0x0001), Buffer.alloc(26)]))
  return { size: 34, records }
}

function memoryCard(serial: string): string {
  const digits = [...serial].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) >>> 0, 7)
  return digits.toString(16).toUpperCase().padStart(8, '0')
}

/** Work memory, load memory and what of them is used, 36 bytes each. */
function memoryAreas({ blocks }: Cpu): SystemStateList {
  const used = blocks.reduce((sum, { image }) => sum + image.length, 0)
  const area = (index: number, size: number, taken: number): Buffer => {
    const bytes = Buffer.alloc(36)
    bytes.writeUInt16BE(index, 0)
    bytes.writeUInt16BE(1, 2)
    bytes.writeUInt32BE(size, 4)
    bytes.writeUInt32BE(1, 8)
    bytes.writeUInt32BE(taken, 12)
    return bytes
  }
  return { size: 36, records: [area(1, 196_608, Math.round(used * 0.7)), area(2, 524_288, used), area(3, 524_288, used)] }
}

/** Sizes of inputs, outputs, flags, timers, counters and local data. */
function systemAreas(): SystemStateList {
  const sizes: [index: number, count: number][] = [
    [1, 2048],
    [2, 2048],
    [3, 256],
    [4, 256],
    [5, 256],
    [6, 1024],
    [7, 32_768],
  ]
  return { size: 8, records: sizes.map(([index, count]) => u16(index, 1, count, 0)) }
}

function blockKinds({ blocks }: Cpu): SystemStateList {
  const most: [kind: number, count: number][] = [
    [0x0800, 29],
    [0x0a00, 1024],
    [0x0b00, 999],
    [0x0c00, 1024],
    [0x0e00, 1024],
  ]
  return { size: 10, records: most.map(([kind, count]) => u16(kind, count, 0x0040, blocks.length, 0)) }
}

/** SF, RUN, STOP, FRCE and BF lamps: on, blinking. */
function leds(cpu: Cpu): SystemStateList {
  const fault = cpu.plant.read(cpu.plant.kind.faultTag)
  const run = Number(cpu.isRunning)
  const lamps: [lamp: number, on: number][] = [
    [1, fault],
    [4, run],
    [5, 1 - run],
    [6, 0],
    [11, 0],
    [12, 0],
  ]
  return { size: 4, records: lamps.map(([lamp, on]) => Buffer.concat([u16(lamp), Buffer.from([on, 0])])) }
}

function interrupts(): SystemStateList {
  return { size: 28, records: [1, 35, 82, 86, 100].map((ob) => Buffer.concat([u16(ob), Buffer.alloc(26)])) }
}

/** Largest PDU and count of connections (index 1), then what the CPU can do for test and installation. */
function communication({ nameplate }: Cpu): SystemStateList {
  return list(40, [
    `0001${nameplate.pdu.toString(16).padStart(4, '0')}000c0002dc6c0002dc6c`,
    '0002' + 'fe00be00',
    '0003' + 'ff',
    '0004' + 'ff',
  ])
}

/** No password; the key switch stands in RUN whatever mode the CPU is in (index 4). */
function protection(): SystemStateList {
  return list(40, ['00040001000000010001' + '0001'])
}

function moduleStatus(): SystemStateList {
  return list(16, ['0000000200000000000000000000f0c1'])
}

function modes(cpu: Cpu): SystemStateList {
  const running = cpu.isRunning
  const last = cpu.diagnostics.find(({ event }) => event === 0x4302 || event === 0x4304)
  const record = Buffer.concat([
    u16(running ? 0x4302 : 0x4304),
    Buffer.from([0xff, running ? 0x08 : 0x04]),
    Buffer.alloc(8),
    dateAndTime((last?.at ?? Date.now()) + cpu.clockOffset),
  ])
  return { size: 20, records: [record] }
}

function diagnosticBuffer(cpu: Cpu): SystemStateList {
  const records = cpu.diagnostics.map(({ event, at }) =>
    Buffer.concat([u16(event), Buffer.from([0xff, event === 0x4304 ? 0x84 : 0x68]), Buffer.alloc(8), dateAndTime(at + cpu.clockOffset)]),
  )
  return { size: 20, records }
}
