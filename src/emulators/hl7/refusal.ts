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
  return missingField(header) ?? unsupported(header) ?? missingSegment(message, header) ?? wrongDate(message)
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

/** Fields that hold a point in time, by segment. */
const TIMES: Record<string, number[]> = { MSH: [7], EVN: [2], PID: [7], OBR: [7], PV1: [44] }
const TIME = /^\d{4}(?:(?:0[1-9]|1[0-2])(?:(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])?(?:[0-5]\d){0,2}(?:\.\d{1,4})?)?)?(?:[+-]\d{4})?$/

function wrongDate({ segments }: Hl7Message): Refusal | undefined {
  for (const segment of segments) {
    const field = TIMES[segment.name]?.find((n) => isNoTime(segment.component(n, 1)))
    if (field !== undefined) return refusal('E', 102, segment.name, field)
  }
  return undefined
}

/** `""` is how a sender deletes a value. */
function isNoTime(text: string): boolean {
  return text !== '' && text !== '""' && (text.length > 24 || !TIME.test(text))
}

function refusal(kind: Refusal['kind'], code: keyof typeof ERRORS, segment: string, field: number): Refusal {
  return { kind, code, text: ERRORS[code], segment, field }
}
