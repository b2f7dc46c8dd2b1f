import { ByteWriter } from '../../sensor/byte-writer.ts'
import type { LogEntry } from './bmc.ts'
import type { Machine, Sensor } from './machine.ts'

const BMC_ADDRESS = 0x20
const FULL_SENSOR = 1
const FRU_LOCATOR = 0x11
const CONTROLLER_LOCATOR = 0x12
const ASCII = 0xc0

/** Sensor data records of the machine, in the order of their ids, which count from 1 (chapter 43). */
export function sensorRecords({ sensors, fru }: Machine): Buffer[] {
  return [
    ...sensors.map((sensor, i) => record(i + 1, FULL_SENSOR, fullSensor(sensor, i + 1))),
    record(sensors.length + 1, FRU_LOCATOR, locator(fru.name, [BMC_ADDRESS, 0, 0x80, 0, 0, 0x10, 0, 7, 1, 0])),
    record(sensors.length + 2, CONTROLLER_LOCATOR, locator('BMC Controller', [BMC_ADDRESS, 0, 0, 0xbf, 0, 0, 0, 6, 1, 0])),
  ]
}

/** The byte that a sensor shows for a value. */
export function rawReading({ m, exponent, type }: Sensor, value: number): number {
  const raw = Math.round(value / (m * 10 ** exponent))
  return isSigned(type) ? Math.max(-128, Math.min(127, raw)) & 0xff : Math.max(0, Math.min(255, raw))
}

/** Thresholds as Get Sensor Thresholds lists them: lower and upper ones, each from non-critical outwards. */
export function rawThresholds(sensor: Sensor): number[] {
  const [lnr, lcr, lnc, unc, ucr, unr] = sensor.thresholds
  return [lnc, lcr, lnr, unc, ucr, unr].map((value) => rawReading(sensor, value))
}

/** Bits of the thresholds that a value has passed. @param thresholds raw, as {@link rawThresholds} lists them */
export function passedThresholds(sensor: Sensor, value: number, thresholds: readonly number[]): number {
  const signed = (raw: number): number => (isSigned(sensor.type) ? (raw << 24) >> 24 : raw)
  const reading = signed(rawReading(sensor, value))
  const passed = thresholds.map((raw, i) => (i < 3 ? reading <= signed(raw) : reading >= signed(raw)))
  return passed.reduce((bits, is, i) => bits | (is ? 1 << i : 0), 0) & thresholdMask(sensor)
}

/** A record of the event log (table 32-1). */
export function logRecord({ id, at, sensorType, data }: LogEntry): Buffer {
  return new ByteWriter()
    .u16le(id)
    .u8(2)
    .u32le(at)
    .u16le(BMC_ADDRESS)
    .u8(4)
    .u8(sensorType)
    .u8(0xff)
    .u8(0x6f)
    .bytes(Buffer.from(data))
    .done()
}

/** The inventory of the board (Platform Management FRU Information Storage Definition 1.0). */
export function fruInventory({ fru }: Machine): Buffer {
  const chassis = area([0x17], ['', fru.productSerial])
  const made = Buffer.alloc(3)
  // Minutes since 1996.
  made.writeUIntLE(fru.madeAt - Date.UTC(1996, 0) / 60_000, 0, 3)
  const board = area([0x19, ...made], [fru.manufacturer, fru.board, fru.boardSerial, fru.board, ''])
  const product = area([0x19], [fru.manufacturer, fru.product, fru.product, '', fru.productSerial, '', ''])
  const starts = [1, 1 + chassis.length / 8, 1 + (chassis.length + board.length) / 8] as const
  const header = Buffer.from([1, 0, starts[0], starts[1], starts[2], 0, 0, 0])
  header[7] = zeroSum(header)
  const all = Buffer.concat([header, chassis, board, product])
  return Buffer.concat([all, Buffer.alloc(Math.max(0, 256 - all.length))])
}

function fullSensor(sensor: Sensor, number: number): Buffer {
  const { name, type, unit, entity, m, exponent, on, thresholds } = sensor
  const [lnr, lcr, lnc, unc, ucr, unr] = thresholds.map((value) => rawReading(sensor, value)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const mask = thresholdMask(sensor)
  const events = mask === 0 ? 0 : 0x0a95
  const text = Buffer.from(name, 'latin1')
  return new ByteWriter()
    .bytes(Buffer.from([BMC_ADDRESS, 0, number, ...entity, 0x7f, mask === 0 ? 0x64 : 0x68, type, 1]))
    .u16le(events)
    .u16le(events)
    .u16le(mask | (mask << 8))
    .bytes(Buffer.from([isSigned(type) ? 0x80 : 0, unit, 0, 0, m & 0xff, (m >> 2) & 0xc0, 0, 0, 0, (exponent & 15) << 4, 7]))
    .bytes(Buffer.from([rawReading(sensor, on), 0, 0, isSigned(type) ? 0x7f : 0xff, isSigned(type) ? 0x80 : 0]))
    .bytes(Buffer.from([unr, ucr, unc, lnr, lcr, lnc, 2, 2, 0, 0, 0, ASCII | text.length]))
    .bytes(text)
    .done()
}

function locator(name: string, bytes: readonly number[]): Buffer {
  const text = Buffer.from(name, 'latin1')
  return Buffer.concat([Buffer.from([...bytes, ASCII | text.length]), text])
}

function record(id: number, type: number, body: Buffer): Buffer {
  return new ByteWriter().u16le(id).u8(0x51).u8(type).u8(body.length).bytes(body).done()
}

/** Which thresholds a sensor has; two zeros on one side are none. */
export function thresholdMask({ thresholds: [lnr, lcr, lnc, unc, ucr, unr] }: Sensor): number {
  return (lnr || lcr || lnc ? 0x07 : 0) | (unc || ucr || unr ? 0x38 : 0)
}

/** Temperatures may lie below zero. */
function isSigned(type: number): boolean {
  return type === 1
}

function area(head: readonly number[], fields: readonly string[]): Buffer {
  const body = new ByteWriter().u8(1).u8(0).bytes(Buffer.from(head))
  for (const field of fields) body.u8(field === '' ? 0 : ASCII | field.length).text(field, 'latin1')
  body.u8(0xc1)
  body.zeros((8 - ((body.length + 1) % 8)) % 8).u8(0)
  const bytes = body.done()
  bytes[1] = bytes.length / 8
  bytes[bytes.length - 1] = zeroSum(bytes)
  return bytes
}

function zeroSum(bytes: Buffer): number {
  return -bytes.reduce((sum, byte) => sum + byte, 0) & 0xff
}
