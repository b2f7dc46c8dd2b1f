/** The command sets of DIMSE (PS3.7 annex E). */
import { type Dataset, encodeCommand, valueText, word } from './dataset.ts'
import { DicomError } from './pdu.ts'

export const COMMAND = { store: 0x0001, get: 0x0010, find: 0x0020, move: 0x0021, echo: 0x0030, cancel: 0x0fff } as const
export const FIELD = {
  sopClass: 0x0002,
  command: 0x0100,
  id: 0x0110,
  answered: 0x0120,
  destination: 0x0600,
  priority: 0x0700,
  dataset: 0x0800,
  status: 0x0900,
  instance: 0x1000,
} as const
const RESPONSE = 0x8000
export const NO_DATASET = 0x0101
export const HAS_DATASET = 0x0001

/** Status codes of PS3.4 annex C and PS3.7 annex C. */
export const STATUS = {
  success: 0,
  pending: 0xff00,
  cancelled: 0xfe00,
  mismatch: 0xa900,
  noDestination: 0xa801,
  warning: 0xb000,
  failed: 0xa702,
  unable: 0xc000,
} as const

const REQUEST = [FIELD.sopClass, FIELD.id] as const
/** Fields without which DCMTK takes a message for none. */
const NEEDS = new Map<number, readonly number[]>([
  [COMMAND.echo, REQUEST],
  [COMMAND.find, [...REQUEST, FIELD.priority]],
  [COMMAND.get, [...REQUEST, FIELD.priority]],
  [COMMAND.move, [...REQUEST, FIELD.priority, FIELD.destination]],
  [COMMAND.store, [...REQUEST, FIELD.priority, FIELD.instance]],
  [COMMAND.cancel, [FIELD.answered]],
  [COMMAND.store | RESPONSE, [FIELD.answered, FIELD.status]],
])
const WITHOUT_DATASET = new Set<number>([COMMAND.echo, COMMAND.cancel, COMMAND.store | RESPONSE])

/** @throws DicomError for a command that is none, lacks a field, or is the kind that has no data set and announces one */
export function checkCommand(command: Dataset): void {
  const kind = word(command, FIELD.command)
  const needs = kind === undefined ? undefined : NEEDS.get(kind)
  if (kind === undefined || !needs) throw new DicomError('an unknown command')
  const dataset = word(command, FIELD.dataset)
  if (dataset === undefined || needs.some((tag) => !command.has(tag))) throw new DicomError('a command without a field that it needs')
  if ((dataset === NO_DATASET) !== WITHOUT_DATASET.has(kind)) throw new DicomError('a command with the data set of another')
}

/** Suboperations of a retrieval, in the order of their tags: remaining, completed, failed, with a warning. */
export type Counts = readonly (readonly [tag: number, count: number])[]

export function encodeResponse(command: Dataset, status: number, hasDataset: boolean, counts: Counts = []): Buffer {
  const instance = valueText(command, FIELD.instance)
  return encodeCommand([
    [FIELD.sopClass, valueText(command, FIELD.sopClass)],
    [FIELD.command, (word(command, FIELD.command) ?? 0) | RESPONSE],
    [FIELD.answered, word(command, FIELD.id) ?? 0],
    [FIELD.dataset, hasDataset ? HAS_DATASET : NO_DATASET],
    [FIELD.status, status],
    ...(instance ? [[FIELD.instance, instance] as const] : []),
    ...counts,
  ])
}
