import { ByteReader } from '../../sensor/byte-reader.ts'
import { ByteWriter } from '../../sensor/byte-writer.ts'
import type { Device } from './device.ts'
import { type PointObject, PRIORITIES, TYPE } from './objects.ts'
import { expand, isArray, isCommandable, MAX_APDU, PROPERTY, type Property, readDeviceProperty, readPointProperty } from './properties.ts'
import {
  BacnetError,
  bracket,
  context,
  number,
  type ObjectId,
  objectBytes,
  objectId,
  optional,
  peekTag,
  readValue,
  unsigned,
  type Value,
  writeBracket,
  writeContext,
  writeValue,
} from './tags.ts'

/** Confirmed services (BACnetConfirmedServiceChoice). */
export const CONFIRMED = {
  getAlarmSummary: 3,
  subscribeCov: 5,
  atomicReadFile: 6,
  atomicWriteFile: 7,
  createObject: 10,
  deleteObject: 11,
  readProperty: 12,
  readPropertyMultiple: 14,
  writeProperty: 15,
  writePropertyMultiple: 16,
  deviceCommunicationControl: 17,
  reinitializeDevice: 20,
  getEventInformation: 29,
} as const

/** Error classes and codes (clause 18). */
export const ERROR = {
  unknownObject: [1, 31],
  unknownProperty: [2, 32],
  notAnArray: [2, 50],
  invalidIndex: [2, 42],
  invalidType: [2, 9],
  outOfRange: [2, 37],
  writeDenied: [2, 40],
  passwordFailure: [4, 26],
  noSpace: [3, 20],
  notSubscribable: [1, 45],
} as const

/** An Error PDU instead of an acknowledgement. */
export class ServiceError extends Error {
  readonly error: readonly [number, number]
  noted: Noted = {}
  /** What of a WritePropertyMultiple could not be written. */
  failed?: { object: ObjectId; property: number; index?: number }

  constructor(error: readonly [number, number]) {
    super(`class ${error[0]} code ${error[1]}`)
    this.error = error
  }
}

/** What of a request is written down. */
export interface Noted {
  object?: ObjectId
  property?: number
  value?: Value
  priority?: number
  text?: string
}

export interface Served {
  noted: Noted
  /** Body of a complex acknowledgement; without it the acknowledgement is simple. */
  body?: Buffer
  /** Sent after the acknowledgement: the first notification of a subscription, which its subscriber may want to confirm. */
  notification?: { body: Buffer; isConfirmed: boolean }
}

/** The wildcard instance stands for this device, whatever its number (clause 15.5.2). */
const ANY_INSTANCE = 0x3fffff
/** Properties in one answer of ReadPropertyMultiple; more would never fit into it. */
const MOST_PROPERTIES = 256

export function readProperty(device: Device, body: Buffer): Served {
  const reader = new ByteReader(body)
  const object = objectId(context(reader, 0))
  const property = unsigned(context(reader, 1))
  const index = optional(reader, 2)
  const at = index && unsigned(index)
  const noted = { object, property }
  const target = find(device, object)
  const value = read(device, target, property, at)
  const writer = new ByteWriter()
  writeContext(writer, 0, objectBytes(idOf(device, target)))
  writeContext(writer, 1, number(property))
  if (at !== undefined) writeContext(writer, 2, number(at))
  writeProperty(writer, 3, value)
  return { noted, body: writer.done() }
}

export function readMultiple(device: Device, body: Buffer): Served {
  const reader = new ByteReader(body)
  const writer = new ByteWriter()
  let noted: Noted | undefined
  let read = 0
  while (reader.left > 0) {
    const object = objectId(context(reader, 0))
    writeContext(
      writer,
      0,
      objectBytes(object.type === TYPE.device && object.instance === ANY_INSTANCE ? { ...object, instance: device.instance } : object),
    )
    bracket(reader, 1, 'opening')
    writeBracket(writer, 1, 'opening')
    while (!peekTag(reader)?.isClosing) {
      const asked = unsigned(context(reader, 0))
      const index = optional(reader, 1)
      noted ??= { object, property: asked }
      for (const property of wildcards(device, object, asked)) {
        if (++read > MOST_PROPERTIES) throw new TooLong()
        writeResult(writer, device, object, property, index && unsigned(index))
      }
    }
    bracket(reader, 1, 'closing')
    writeBracket(writer, 1, 'closing')
  }
  return { noted: noted ?? {}, body: writer.done() }
}

/** The answer would not fit into one APDU, and this device does not cut them into segments. */
export class TooLong extends Error {}

export function writePropertyService(device: Device, body: Buffer): Served {
  const reader = new ByteReader(body)
  const object = objectId(context(reader, 0))
  return { noted: writeOne(device, object, reader, 1) }
}

export function writeMultiple(device: Device, body: Buffer): Served {
  const reader = new ByteReader(body)
  let noted: Noted = {}
  while (reader.left > 0) {
    const object = objectId(context(reader, 0))
    bracket(reader, 1, 'opening')
    while (!peekTag(reader)?.isClosing) noted = writeOne(device, object, reader, 0)
    bracket(reader, 1, 'closing')
  }
  return { noted }
}

/** SubscribeCOV (clause 13.14): the subscriber is told the value at once; what changes later nobody who is not asked for sends. */
export function subscribe(device: Device, body: Buffer): Served {
  const reader = new ByteReader(body)
  const process = unsigned(context(reader, 0))
  const object = objectId(context(reader, 1))
  const confirmed = optional(reader, 2)
  const lifetime = optional(reader, 3)
  const target = find(device, object)
  if (!target) throw new ServiceError(ERROR.notSubscribable)
  const noted = { object, property: PROPERTY.presentValue }
  // Without both it is a cancellation; without a lifetime it lasts for ever, which is told as 0.
  if (!confirmed && !lifetime) return { noted }
  const writer = new ByteWriter()
  writeContext(writer, 0, number(process))
  writeContext(writer, 1, objectBytes({ type: TYPE.device, instance: device.instance }))
  writeContext(writer, 2, objectBytes(object))
  writeContext(writer, 3, number(lifetime ? unsigned(lifetime) : 0))
  writeBracket(writer, 4, 'opening')
  for (const property of [PROPERTY.presentValue, PROPERTY.statusFlags]) {
    writeContext(writer, 0, number(property))
    writeProperty(writer, 2, read(device, target, property, undefined))
  }
  writeBracket(writer, 4, 'closing')
  return { noted, notification: { body: writer.done(), isConfirmed: confirmed !== undefined && unsigned(confirmed) === 1 } }
}

/** AtomicReadFile (clause 14.1): of this device, which has no file objects, the error that there is none of that number. */
export function readFile(body: Buffer): never {
  const file = readValue(new ByteReader(body))
  if (file.kind !== 'object') throw new BacnetError('no file')
  const error = new ServiceError(ERROR.unknownObject)
  error.noted = { object: file.value }
  throw error
}

/** The moment of a TimeSynchronization, milliseconds as if it were UTC; undefined when it leaves something open (clause 16.7). */
export function timeOf(body: Buffer): number | undefined {
  const reader = new ByteReader(body)
  const [date, time] = [readValue(reader), readValue(reader)]
  if (date.kind !== 'date' || time.kind !== 'time') throw new BacnetError('no date and time')
  const [year = 255, month = 255, day = 255] = date.value
  const [hour = 255, minute = 255, second = 255, hundredth = 255] = time.value
  if (year === 255 || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 59 || hundredth > 99)
    return undefined
  return Date.UTC(1900 + year, month - 1, day, hour, minute, second, hundredth * 10)
}

/** Alarms that stand, with their time stamps left open (clause 13.12). */
export function eventInformation(device: Device): Served {
  const writer = new ByteWriter()
  writeBracket(writer, 0, 'opening')
  for (const { type, instance } of device.commands.alarms()) {
    writeContext(writer, 0, objectBytes({ type, instance }))
    writeContext(writer, 1, number(2))
    writeContext(writer, 2, Buffer.of(5, 0xe0))
    writeBracket(writer, 3, 'opening')
    for (let i = 0; i < 3; i++) writeContext(writer, 0, Buffer.of(0xff, 0xff, 0xff, 0xff))
    writeBracket(writer, 3, 'closing')
    writeContext(writer, 4, number(0))
    writeContext(writer, 5, Buffer.of(5, 0xe0))
    writeBracket(writer, 6, 'opening')
    for (let i = 0; i < 3; i++) writeValue(writer, { kind: 'unsigned', value: 16 })
    writeBracket(writer, 6, 'closing')
  }
  writeBracket(writer, 0, 'closing')
  writeContext(writer, 1, Buffer.of(0))
  return { noted: {}, body: writer.done() }
}

export function alarmSummary(device: Device): Served {
  const writer = new ByteWriter()
  for (const { type, instance } of device.commands.alarms()) {
    writeValue(writer, { kind: 'object', value: { type, instance } })
    writeValue(writer, { kind: 'enumerated', value: 2 })
    writeValue(writer, { kind: 'bits', value: [true, true, true] })
  }
  return { noted: {}, body: writer.done() }
}

/** The I-Am of this device (clause 16.10). */
export function iAm(device: Device): Buffer {
  const writer = new ByteWriter()
  writeValue(writer, { kind: 'object', value: { type: TYPE.device, instance: device.instance } })
  writeValue(writer, { kind: 'unsigned', value: MAX_APDU })
  writeValue(writer, { kind: 'enumerated', value: 3 })
  writeValue(writer, { kind: 'unsigned', value: device.controller.id })
  return writer.done()
}

/** Whether a Who-Is, or the range before a Who-Has, means this device. */
export function isMeant(device: Device, reader: ByteReader): boolean {
  const [low, high] = [optional(reader, 0), optional(reader, 1)]
  if (!low || !high) return true
  return unsigned(low) <= device.instance && device.instance <= unsigned(high)
}

/** The I-Have that answers a Who-Has; undefined when we have not what it asks for (clause 16.9). */
export function iHave(device: Device, body: Buffer): Buffer | undefined {
  const reader = new ByteReader(body)
  if (!isMeant(device, reader)) return undefined
  const id = optional(reader, 2)
  const asked = id ? objectId(id) : undefined
  const name = asked ? undefined : textOf(context(reader, 3))
  const isDevice = asked ? asked.type === TYPE.device && asked.instance === device.instance : name === device.name
  const target = asked ? device.commands.object(asked.type, asked.instance) : device.commands.named(name ?? '')
  if (!isDevice && !target) return undefined
  const writer = new ByteWriter()
  writeValue(writer, { kind: 'object', value: { type: TYPE.device, instance: device.instance } })
  writeValue(writer, { kind: 'object', value: idOf(device, isDevice ? undefined : target) })
  writeValue(writer, { kind: 'text', value: isDevice ? device.name : target!.point.tag })
  return writer.done()
}

function textOf(content: Buffer): string {
  return content.toString('utf8', 1)
}

/** The object that a request names: undefined is the device itself. @throws ServiceError */
function find(device: Device, { type, instance }: ObjectId): PointObject | undefined {
  if (type === TYPE.device && (instance === device.instance || instance === ANY_INSTANCE)) return undefined
  const object = device.commands.object(type, instance)
  if (!object) throw new ServiceError(ERROR.unknownObject)
  return object
}

function idOf(device: Device, object: PointObject | undefined): ObjectId {
  return object ? { type: object.type, instance: object.instance } : { type: TYPE.device, instance: device.instance }
}

/** @throws ServiceError */
function read(device: Device, object: PointObject | undefined, property: number, index: number | undefined): Property {
  const value = object ? readPointProperty(object, property, device.commands) : readDeviceProperty(device, property)
  if (value === undefined) throw new ServiceError(ERROR.unknownProperty)
  if (index === undefined) return value
  if (!isArray(property) || !Array.isArray(value)) throw new ServiceError(ERROR.notAnArray)
  if (index === 0) return { kind: 'unsigned', value: value.length }
  const one = value[index - 1] as Value | undefined
  if (!one) throw new ServiceError(ERROR.invalidIndex)
  return one
}

function wildcards(device: Device, id: ObjectId, property: number): number[] {
  try {
    return expand(find(device, id), property)
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error
    return [property]
  }
}

function writeResult(writer: ByteWriter, device: Device, id: ObjectId, property: number, index: number | undefined): void {
  writeContext(writer, 2, number(property))
  if (index !== undefined) writeContext(writer, 3, number(index))
  try {
    writeProperty(writer, 4, read(device, find(device, id), property, index))
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error
    writeBracket(writer, 5, 'opening')
    for (const value of error.error) writeValue(writer, { kind: 'enumerated', value })
    writeBracket(writer, 5, 'closing')
  }
}

function writeProperty(writer: ByteWriter, tag: number, property: Property): void {
  writeBracket(writer, tag, 'opening')
  for (const value of Array.isArray(property) ? (property as readonly Value[]) : [property as Value]) writeValue(writer, value)
  writeBracket(writer, tag, 'closing')
}

/** Property, index, value and priority as WriteProperty has them from a context tag on. @throws ServiceError */
function writeOne(device: Device, object: ObjectId, reader: ByteReader, from: number): Noted {
  const property = unsigned(context(reader, from))
  const index = optional(reader, from + 1)
  bracket(reader, from + 2, 'opening')
  const value = readValue(reader)
  while (!peekTag(reader)?.isClosing) readValue(reader)
  bracket(reader, from + 2, 'closing')
  const given = optional(reader, from + 3)
  const priority = given ? unsigned(given) : PRIORITIES
  const noted = { object, property, value, priority }
  try {
    enter(device, find(device, object), property, index && unsigned(index), value, priority)
  } catch (error) {
    if (error instanceof ServiceError) {
      error.noted = noted
      error.failed = { object, property, ...(index ? { index: unsigned(index) } : {}) }
    }
    throw error
  }
  return noted
}

function enter(
  device: Device,
  object: PointObject | undefined,
  property: number,
  index: number | undefined,
  value: Value,
  priority: number,
): void {
  if (!object || property !== PROPERTY.presentValue) {
    read(device, object, property, undefined)
    throw new ServiceError(ERROR.writeDenied)
  }
  if (index !== undefined) throw new ServiceError(ERROR.notAnArray)
  if (!isCommandable(object)) throw new ServiceError(ERROR.writeDenied)
  if (priority < 1 || priority > PRIORITIES) throw new ServiceError(ERROR.outOfRange)
  const entered = numberOf(object, value)
  const [least, most] = object.point.range
  if (entered !== null && !(entered >= least && entered <= most)) throw new ServiceError(ERROR.outOfRange)
  device.commands.command(object, priority, entered)
}

function numberOf({ isBinary }: PointObject, value: Value): number | null {
  if (value.kind === 'null') return null
  if (isBinary ? value.kind === 'enumerated' : value.kind === 'real') return (value as { value: number }).value
  throw new ServiceError(ERROR.invalidType)
}

/** A password and what it is asked for, of the two services that have one; every password is refused. */
export function guarded(body: Buffer, passwordTag: number): { state: number; password: string | undefined } {
  const reader = new ByteReader(body)
  if (passwordTag === 2) optional(reader, 0)
  const state = unsigned(context(reader, passwordTag - 1))
  const password = optional(reader, passwordTag)
  if (password && password.length > 80) throw new BacnetError('a password of more than 20 characters')
  return { state, password: password && textOf(password) }
}
