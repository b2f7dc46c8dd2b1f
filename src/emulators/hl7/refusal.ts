import type { Hl7Message, Segment } from './codec.ts'
import table from './message-types.json' with { type: 'json' }

/** Why a message is not taken: codes of HL7 table 0357, and where the trouble is. */
export interface Refusal {
  /** `E`: an error in this message; `R`: the receiver does not do such messages. */
  kind: 'E' | 'R'
  code: number
  text: string
  segment: string
  field: number
}

const ERRORS = {
  100: 'Segment sequence error',
  101: 'Required field missing',
  102: 'Data type error',
  200: 'Unsupported message type',
  201: 'Unsupported event code',
  202: 'Unsupported processing id',
  203: 'Unsupported version id',
} as const

interface MessageType {
  events: string[]
  needs: string[]
  needsNot: string[]
}
const TYPES = new Map<string, MessageType>(Object.entries(table.types))

/** What is wrong with a message; undefined when nothing is. */
export function refusalOf(message: Hl7Message): Refusal | undefined {
  const header = message.segments[0] as Segment
  return missingField(header) ?? unsupported(header) ?? missingSegment(message, header) ?? misplaced(message, header) ?? wrongValue(message)
}

/** Fields that every message has (chapter 2 §2.15.9). */
function missingField(header: Segment): Refusal | undefined {
  const missing = [9, 10, 11, 12].find((n) => header.field(n).trim() === '')
  return missing === undefined ? undefined : refusal('E', 101, 'MSH', missing)
}

function unsupported(header: Segment): Refusal | undefined {
  if (!table.versions.includes(header.component(12, 1))) return refusal('R', 203, 'MSH', 12)
  if (!table.processing.includes(header.component(11, 1))) return refusal('R', 202, 'MSH', 11)
  const type = TYPES.get(header.component(9, 1))
  if (!type) return refusal('R', 200, 'MSH', 9)
  const event = header.component(9, 2)
  // Before version 2.2 only ADT messages had an event.
  const isEventful = type.events.length > 0 && !(event === '' && type.events.length === 1)
  return isEventful && !type.events.includes(event) ? refusal('R', 201, 'MSH', 9) : undefined
}

function missingSegment(message: Hl7Message, header: Segment): Refusal | undefined {
  const type = TYPES.get(header.component(9, 1))
  if (!type || type.needsNot.includes(header.component(9, 2))) return undefined
  const missing = type.needs.find((name) => !message.segments.some((segment) => segment.name === name))
  return missing === undefined ? undefined : refusal('E', 100, missing, 0)
}

/** Pairs of which the first comes first where both are, in every message that has them, and in results alone. */
const ORDER = [
  ['EVN', 'PID'],
  ['PID', 'PV1'],
  ['PID', 'OBR'],
] as const
const RESULT_ORDER = [...ORDER, ['OBR', 'OBX']] as const

function misplaced({ segments }: Hl7Message, header: Segment): Refusal | undefined {
  const first = new Map<string, number>()
  for (const [i, { name }] of segments.entries()) if (!first.has(name)) first.set(name, i)
  const at = (name: string): number => first.get(name) ?? Number.NaN
  const pairs = header.component(9, 1) === 'ORU' ? RESULT_ORDER : ORDER
  const wrong = pairs.find(([before, behind]) => at(before) > at(behind))
  return wrong && refusal('E', 100, wrong[1], 0)
}

/** Fields that hold a point in time, by segment. */
const TIMES: Record<string, number[]> = { MSH: [7], EVN: [2], PID: [7], OBR: [7], PV1: [44] }
const TIME = /^\d{4}(?:(?:0[1-9]|1[0-2])(?:(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])?(?:[0-5]\d){0,2}(?:\.\d{1,4})?)?)?(?:[+-]\d{4})?$/

/** Segments that are numbered in their first field. */
const NUMBERED = new Set(['PID', 'PV1', 'NK1', 'OBR', 'OBX', 'DG1', 'AL1', 'IN1', 'NTE', 'FT1'])
const SET_ID = /^\d{1,8}$/
const NUMBER = /^[+-]?(?:\d{1,32}\.?\d{0,32}|\.\d{1,32})$/

function wrongValue({ segments }: Hl7Message): Refusal | undefined {
  for (const segment of segments) {
    const field =
      TIMES[segment.name]?.find((n) => isWrong(segment.component(n, 1), TIME)) ??
      (NUMBERED.has(segment.name) && isWrong(segment.component(1, 1), SET_ID) ? 1 : undefined) ??
      (isNumeric(segment) && isWrong(segment.component(5, 1), NUMBER) ? 5 : undefined)
    if (field !== undefined) return refusal('E', 102, segment.name, field)
  }
  return undefined
}

/** An observation says itself what type its value has. */
function isNumeric(segment: Segment): boolean {
  return segment.name === 'OBX' && segment.field(2) === 'NM'
}

/** `""` is how a sender deletes a value. */
function isWrong(text: string, pattern: RegExp): boolean {
  return text !== '' && text !== '""' && (text.length > 64 || !pattern.test(text))
}

function refusal(kind: Refusal['kind'], code: keyof typeof ERRORS, segment: string, field: number): Refusal {
  return { kind, code, text: ERRORS[code], segment, field }
}
