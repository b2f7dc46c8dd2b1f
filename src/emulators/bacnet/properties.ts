import type { Device } from './device.ts'
import { type Commands, isAlarm, type PointObject, TYPE } from './objects.ts'
import type { Value } from './tags.ts'

/** BACnetPropertyIdentifier, as far as these objects have them. */
export const PROPERTY = {
  activeText: 4,
  apduTimeout: 11,
  applicationSoftware: 12,
  covIncrement: 22,
  daylightSaving: 24,
  description: 28,
  deviceAddressBinding: 30,
  eventState: 36,
  firmware: 44,
  inactiveText: 46,
  localDate: 56,
  localTime: 57,
  location: 58,
  maxApdu: 62,
  maxPresentValue: 65,
  minPresentValue: 69,
  model: 70,
  numberOfStates: 74,
  numberOfRetries: 73,
  objectId: 75,
  objectList: 76,
  objectName: 77,
  objectType: 79,
  outOfService: 81,
  polarity: 84,
  presentValue: 85,
  priorityArray: 87,
  objectTypesSupported: 96,
  servicesSupported: 97,
  protocolVersion: 98,
  reliability: 103,
  relinquishDefault: 104,
  segmentation: 107,
  stateText: 110,
  statusFlags: 111,
  systemStatus: 112,
  units: 117,
  utcOffset: 119,
  vendorId: 120,
  vendorName: 121,
  protocolRevision: 139,
  databaseRevision: 155,
  propertyList: 371,
} as const

/** Wildcards of ReadPropertyMultiple: all, required, optional. */
export const WILDCARD = { all: 8, required: 105, optional: 80 } as const

const NO_SEGMENTATION = 3
export const MAX_APDU = 1024
/** Services whose bit is set in Protocol_Services_Supported (clause 21, BACnetServicesSupported), which has an order of its own. */
const SERVICES = [3, 5, 6, 12, 14, 15, 16, 17, 20, 32, 33, 34, 36, 39]
const SERVICE_BITS = 41
const TYPE_BITS = 55

/** A property: one value, or an array of them. */
export type Property = Value | readonly Value[]

type Readers<T> = Record<number, (of: T) => Property>

const bit = (value: boolean): Value => ({ kind: 'boolean', value })
const count = (value: number): Value => ({ kind: 'unsigned', value })
const choice = (value: number): Value => ({ kind: 'enumerated', value })
const text = (value: string): Value => ({ kind: 'text', value })
const flags = (count: number, set: readonly number[]): Value => ({
  kind: 'bits',
  value: Array.from({ length: count }, (_, i) => set.includes(i)),
})

const deviceProperties: Readers<Device> = {
  [PROPERTY.objectId]: (d) => ({ kind: 'object', value: { type: TYPE.device, instance: d.instance } }),
  [PROPERTY.objectName]: (d) => text(d.name),
  [PROPERTY.objectType]: () => choice(TYPE.device),
  [PROPERTY.systemStatus]: (d) => choice(d.plant.state.controller.running ? 0 : 4),
  [PROPERTY.vendorName]: (d) => text(d.controller.vendor),
  [PROPERTY.vendorId]: (d) => count(d.controller.id),
  [PROPERTY.model]: (d) => text(d.controller.model),
  [PROPERTY.firmware]: (d) => text(d.firmware),
  [PROPERTY.applicationSoftware]: (d) => text(d.controller.software),
  [PROPERTY.location]: (d) => text(d.location),
  [PROPERTY.description]: (d) => text(d.description),
  [PROPERTY.protocolVersion]: () => count(1),
  [PROPERTY.protocolRevision]: () => count(14),
  [PROPERTY.servicesSupported]: () => flags(SERVICE_BITS, SERVICES),
  [PROPERTY.objectTypesSupported]: () => flags(TYPE_BITS, Object.values(TYPE)),
  [PROPERTY.objectList]: (d) => [
    { kind: 'object', value: { type: TYPE.device, instance: d.instance } },
    ...d.commands.objects.map(({ type, instance }): Value => ({ kind: 'object', value: { type, instance } })),
  ],
  [PROPERTY.maxApdu]: () => count(MAX_APDU),
  [PROPERTY.segmentation]: () => choice(NO_SEGMENTATION),
  [PROPERTY.apduTimeout]: () => count(3000),
  [PROPERTY.numberOfRetries]: () => count(3),
  [PROPERTY.deviceAddressBinding]: () => [],
  [PROPERTY.databaseRevision]: (d) => count(d.databaseRevision),
  [PROPERTY.localDate]: (d) => ({ kind: 'date', value: d.date() }),
  [PROPERTY.localTime]: (d) => ({ kind: 'time', value: d.time() }),
  // Minutes west of UTC.
  [PROPERTY.utcOffset]: (d) => ({ kind: 'signed', value: -d.plant.design.utcOffset * 60 }),
  [PROPERTY.daylightSaving]: () => bit(false),
}

interface Reading {
  object: PointObject
  commands: Commands
}

const commonProperties: Readers<Reading> = {
  [PROPERTY.objectId]: ({ object: { type, instance } }) => ({ kind: 'object', value: { type, instance } }),
  [PROPERTY.objectName]: ({ object }) => text(object.point.tag),
  [PROPERTY.objectType]: ({ object }) => choice(object.type),
  [PROPERTY.presentValue]: (r) => presentValue(r.object, r.commands.value(r.object)),
  [PROPERTY.description]: ({ object }) => text(object.point.about),
  // In alarm, fault, overridden, out of service.
  [PROPERTY.statusFlags]: (r) => flags(4, isInAlarm(r) ? [0] : []),
  [PROPERTY.eventState]: (r) => choice(isInAlarm(r) ? 2 : 0),
  [PROPERTY.reliability]: () => choice(0),
  [PROPERTY.outOfService]: () => bit(false),
}

const analogProperties: Readers<Reading> = {
  [PROPERTY.units]: ({ object }) => choice(object.units),
  [PROPERTY.minPresentValue]: ({ object }) => ({ kind: 'real', value: object.point.range[0] }),
  [PROPERTY.maxPresentValue]: ({ object }) => ({ kind: 'real', value: object.point.range[1] }),
  [PROPERTY.covIncrement]: ({ object }) => ({ kind: 'real', value: Math.min(1, object.point.range[1] / 100) }),
}

const binaryProperties: Readers<Reading> = {
  [PROPERTY.activeText]: ({ object }) => text(isAlarm(object) ? 'Alarm' : 'On'),
  [PROPERTY.inactiveText]: ({ object }) => text(isAlarm(object) ? 'Normal' : 'Off'),
}

const POSITIONS = ['Intermediate', 'Open', 'Closed', 'Faulty']

const positionProperties: Readers<Reading> = {
  [PROPERTY.numberOfStates]: () => count(POSITIONS.length),
  [PROPERTY.stateText]: () => POSITIONS.map(text),
}

const inputProperties: Readers<Reading> = { [PROPERTY.polarity]: () => choice(0) }

const commandableProperties: Readers<Reading> = {
  [PROPERTY.priorityArray]: ({ object, commands }) =>
    commands.of(object).map((value): Value => (value === null ? { kind: 'null' } : presentValue(object, value))),
  [PROPERTY.relinquishDefault]: ({ object }) => presentValue(object, object.point.range[0]),
}

const OPTIONAL = new Set<number>([PROPERTY.description, PROPERTY.reliability, PROPERTY.location, PROPERTY.localDate, PROPERTY.localTime])

/** The property of a point's object; undefined when it has none such. */
export function readPointProperty(object: PointObject, property: number, commands: Commands): Property | undefined {
  const readers = readersOf(object)
  if (property === PROPERTY.propertyList) return listed(readers)
  return readers[property]?.({ object, commands })
}

export function readDeviceProperty(device: Device, property: number): Property | undefined {
  if (property === PROPERTY.propertyList) return listed(deviceProperties)
  return deviceProperties[property]?.(device)
}

/** The properties that a wildcard stands for; for another property that alone. */
export function expand(object: PointObject | undefined, property: number): number[] {
  const all = Object.keys(object ? readersOf(object) : deviceProperties).map(Number)
  if (property === WILDCARD.all) return all
  if (property === WILDCARD.required) return all.filter((one) => !OPTIONAL.has(one))
  return property === WILDCARD.optional ? all.filter((one) => OPTIONAL.has(one)) : [property]
}

export function presentValue({ isBinary, type }: PointObject, value: number): Value {
  // States of a multi-state object count from 1.
  if (type === TYPE.multiStateInput) return { kind: 'unsigned', value: value + 1 }
  return isBinary ? { kind: 'enumerated', value } : { kind: 'real', value }
}

/** Properties that are arrays, by whose index one value can be asked for. */
export function isArray(property: number): boolean {
  return (
    property === PROPERTY.objectList ||
    property === PROPERTY.priorityArray ||
    property === PROPERTY.stateText ||
    property === PROPERTY.propertyList
  )
}

export function isCommandable({ type }: PointObject): boolean {
  return type === TYPE.analogValue || type === TYPE.binaryValue
}

function readersOf(object: PointObject): Readers<Reading> {
  return {
    ...commonProperties,
    ...(object.type === TYPE.multiStateInput ? positionProperties : object.isBinary ? binaryProperties : analogProperties),
    ...(object.type === TYPE.binaryInput ? inputProperties : {}),
    ...(isCommandable(object) ? commandableProperties : {}),
  }
}

/** All but the four that the property list leaves out (clause 12.1.1.4). */
function listed(readers: Readers<never>): Value[] {
  const left = new Set<number>([PROPERTY.objectId, PROPERTY.objectName, PROPERTY.objectType, PROPERTY.propertyList])
  return Object.keys(readers)
    .map(Number)
    .filter((property) => !left.has(property))
    .map(choice)
}

function isInAlarm({ object, commands }: Reading): boolean {
  return isAlarm(object) && commands.value(object) === 1
}
