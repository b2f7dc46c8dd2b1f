import { type Asdu, BROADCAST, CAUSE, decodeTime, encodeAsdus, encodeTime, mirrored, TYPE } from './asdu.ts'
import type { Action } from './events.ts'
import type { Commanded, Station } from './station.ts'

/** A selection holds this long (IEC 60870-5-5 leaves it to the station). */
const SELECTED_MS = 20_000
const GLOBAL_INTERROGATION = 20
const GROUPS = 16
const GENERAL_COUNTERS = 5
const FREEZE = 1
const SCALE = 32_768

/** What of an ASDU is written down besides its header. */
export interface Outcome {
  /** ASDUs that answer it, in their order. */
  answers: Buffer[]
  action: Action
  value?: number
  text?: string
  select?: boolean
  /** `ok`, or why not. */
  result: string
  /** The station starts again: the connection ends. */
  restarts?: boolean
}

/** A connection's pending selection. */
export interface Selection {
  address: number
  value: number
  until: number
}

/** What one controlling station has under way. */
export interface Desk {
  selected?: Selection
}

type Bodies = Record<number, { kind: Commanded['kind']; bytes: number; read: (body: Buffer, command: Commanded | undefined) => number }>

const single = { kind: 'single', bytes: 1, read: (body: Buffer) => body[0]! & 1 } as const
const double = { kind: 'double', bytes: 1, read: (body: Buffer) => body[0]! & 3 } as const
const normalized = {
  kind: 'setpoint',
  bytes: 3,
  read: (body: Buffer, command: Commanded | undefined) => (body.readInt16LE(0) / SCALE) * (command?.point.range[1] ?? 1),
} as const
const scaled = { kind: 'setpoint', bytes: 3, read: (body: Buffer) => body.readInt16LE(0) } as const
const float = { kind: 'setpoint', bytes: 5, read: (body: Buffer) => body.readFloatLE(0) } as const

const BODIES: Bodies = {
  [TYPE.singleCommand]: single,
  [TYPE.singleCommandTime]: single,
  [TYPE.doubleCommand]: double,
  [TYPE.doubleCommandTime]: double,
  [TYPE.normalizedSetpoint]: normalized,
  [TYPE.normalizedSetpointTime]: normalized,
  [TYPE.scaledSetpoint]: scaled,
  [TYPE.scaledSetpointTime]: scaled,
  [TYPE.floatSetpoint]: float,
  [TYPE.floatSetpointTime]: float,
}

/** Types of the station's own functions, and bytes behind the address that they have at least. */
const SYSTEM: Record<number, number> = {
  [TYPE.interrogation]: 1,
  [TYPE.counterInterrogation]: 1,
  [TYPE.read]: 0,
  [TYPE.clock]: 7,
  [TYPE.test]: 2,
  [TYPE.reset]: 1,
  [TYPE.testTime]: 9,
}

/** Answers an ASDU in control direction. @param bytes the ASDU as it came, which confirmations repeat */
export function perform(asdu: Asdu, bytes: Buffer, station: Station, desk: Desk): Outcome {
  const { type, commonAddress, cause } = asdu
  const body = BODIES[type]
  const least = body?.bytes ?? SYSTEM[type]
  const refuse = (reason: number, result: string): Outcome => ({
    answers: [mirrored(bytes, reason, { negative: true })],
    action: body ? 'write' : 'scan',
    result,
  })
  if (least === undefined || asdu.body.length < least) return refuse(CAUSE.unknownType, 'unknown type')
  const isBroadcast = commonAddress === BROADCAST && !body && type !== TYPE.read
  if (commonAddress !== station.commonAddress && !isBroadcast) return refuse(CAUSE.unknownAddress, 'unknown common address')
  if (body) return command(asdu, bytes, station, desk)
  const expected = type === TYPE.read ? CAUSE.request : CAUSE.activation
  // An interrogation has always ended already.
  const isInterrogation = type === TYPE.interrogation || type === TYPE.counterInterrogation
  if (isInterrogation && cause === CAUSE.deactivation) return refuse(CAUSE.deactivationConfirmation, 'not under way')
  if (cause !== expected) return refuse(CAUSE.unknownCause, 'unknown cause')
  return system(asdu, bytes, station)
}

function system(asdu: Asdu, bytes: Buffer, station: Station): Outcome {
  const { commonAddress } = station
  const { originator, address, body } = asdu
  const confirmed = mirrored(bytes, CAUSE.confirmation, { commonAddress })
  const around = (data: Buffer[]): Buffer[] => [confirmed, ...data, mirrored(bytes, CAUSE.termination, { commonAddress })]
  switch (asdu.type) {
    case TYPE.interrogation: {
      const group = body[0]! - GLOBAL_INTERROGATION
      if (group < 0 || group > GROUPS)
        return {
          answers: [mirrored(bytes, CAUSE.confirmation, { negative: true, commonAddress })],
          action: 'scan',
          result: 'unknown qualifier',
        }
      return { answers: around(station.interrogate(group, originator)), action: 'read', value: body[0]!, result: 'ok' }
    }
    case TYPE.counterInterrogation: {
      const [request, freeze] = [body[0]! & 0x3f, body[0]! >> 6]
      if (freeze === FREEZE) station.freeze()
      const data = freeze === 0 ? station.counters(request === GENERAL_COUNTERS ? 0 : request, originator) : []
      return { answers: around(data), action: 'read', value: body[0]!, result: 'ok' }
    }
    case TYPE.read: {
      const answers = station.read(address, originator)
      if (answers) return { answers, action: 'read', result: 'ok' }
      return { answers: [mirrored(bytes, CAUSE.unknownObject, { negative: true })], action: 'scan', result: 'unknown object' }
    }
    case TYPE.clock: {
      const at = decodeTime(body)
      if (at === undefined) return { answers: [confirmed], action: 'time', result: 'no time' }
      // The confirmation tells the time that the station had.
      const was = Buffer.from(confirmed)
      encodeTime(station.now()).copy(was, was.length - body.length)
      station.setClock(at)
      return { answers: [was], action: 'time', text: new Date(at).toISOString().slice(0, -1), result: 'ok' }
    }
    case TYPE.reset:
      return { answers: [confirmed], action: 'restart', value: body[0]!, result: 'ok', restarts: true }
    default:
      return { answers: [confirmed], action: 'scan', result: 'ok' }
  }
}

function command(asdu: Asdu, bytes: Buffer, station: Station, desk: Desk): Outcome {
  const { kind, bytes: size, read } = BODIES[asdu.type]!
  const { address, cause, body, originator } = asdu
  const target = station.commanded.get(address)
  const value = read(body, target)
  const select = (body[size - 1]! & 0x80) !== 0
  const outcome = (answers: Buffer[], result: string): Outcome => ({ answers, action: 'write', value, select, result })
  const refuse = (reason: number, result: string): Outcome => outcome([mirrored(bytes, reason, { negative: true })], result)
  if (cause !== CAUSE.activation && cause !== CAUSE.deactivation) return refuse(CAUSE.unknownCause, 'unknown cause')
  if (!target) return refuse(CAUSE.unknownObject, 'unknown object')
  if (target.kind !== kind) return refuse(CAUSE.confirmation, 'another type of command')
  const { selected } = desk
  const isSelected = selected?.address === address && selected.until > Date.now()
  if (cause === CAUSE.deactivation) {
    delete desk.selected
    return outcome([mirrored(bytes, CAUSE.deactivationConfirmation, { negative: !isSelected })], isSelected ? 'ok' : 'not selected')
  }
  const entered = enteredValue(target, value)
  if (entered === undefined) return refuse(CAUSE.confirmation, 'out of range')
  if (select) {
    desk.selected = { address, value, until: Date.now() + SELECTED_MS }
    return outcome([mirrored(bytes, CAUSE.confirmation)], 'selected')
  }
  if (target.selectFirst && !isSelected) return refuse(CAUSE.confirmation, 'not selected')
  if (isSelected && selected.value !== value) return refuse(CAUSE.confirmation, 'selected with another value')
  delete desk.selected
  // The station's interlocks forbid it, or its outputs are dead.
  if (station.plant.write(target.point.tag, entered) === undefined) return refuse(CAUSE.confirmation, 'interlocked')
  const answers = [mirrored(bytes, CAUSE.confirmation), ...station.returned(target.point, originator), mirrored(bytes, CAUSE.termination)]
  return outcome(answers, 'ok')
}

/** What is entered at the plant; undefined when it may not be. */
function enteredValue({ kind, point }: Commanded, value: number): number | undefined {
  const [least, most] = point.range
  if (kind === 'single') return value
  if (kind === 'double') return value === 1 ? least : value === 2 ? most : undefined
  return value >= least && value <= most ? value : undefined
}

/** What a station says first after a restart: that it has been initialized. */
export function initialized({ commonAddress }: Station): Buffer[] {
  return encodeAsdus(TYPE.endOfInitialization, CAUSE.initialized, commonAddress, [{ address: 0, elements: Buffer.of(2) }])
}
