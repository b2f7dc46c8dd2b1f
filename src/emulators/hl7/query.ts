import type { HospitalRecords, Patient } from '../../host/hospital/records.ts'
import { acknowledgement, answerHeader, cell, type Stamp } from './answer.ts'
import { component, encodeMessage, encodeSegment, type Hl7Message, type Segment } from './codec.ts'

/** What of a patient a query asks for; every part given must fit. */
export interface Criteria {
  id?: string
  family?: string
  given?: string
  birthDate?: string
  sex?: string
  street?: string
}

export interface Query {
  /** `QBP^Q22`, `QRY^A19` … */
  kind: string
  criteria: Criteria
  /** Rows that the sender takes at once. */
  limit: number
  /** Row to go on at: DSC-1 of our last answer. */
  offset: number
}

export interface QueryAnswer {
  message: string
  matches: number
  rows: number
}

const MOST_ROWS = 50
const CRITERION = 64

const PERSON_FIELDS: Record<string, keyof Criteria> = {
  '3': 'id',
  '3.1': 'id',
  '5': 'family',
  '5.1': 'family',
  '5.1.1': 'family',
  '5.2': 'given',
  '7': 'birthDate',
  '7.1': 'birthDate',
  '8': 'sex',
  '11': 'street',
  '11.1': 'street',
}

/** The query in a message; undefined when it holds none. */
export function queryIn(message: Hl7Message): Query | undefined {
  const { segments } = message
  const header = segments[0] as Segment
  const kind = `${header.component(9, 1)}^${header.component(9, 2)}`
  const offset = Number.parseInt(find(message, 'DSC')?.field(1).slice(0, 6) ?? '', 10) || 0
  const parameters = find(message, 'QPD')
  if (parameters && header.component(9, 1) === 'QBP') {
    const limit = rowLimit(find(message, 'RCP')?.component(2, 1))
    const criteria = kind === 'QBP^Q22' ? byFields(message, parameters) : { id: parameters.component(3, 1).slice(0, CRITERION) }
    return { kind, criteria, limit, offset }
  }
  const definition = find(message, 'QRD')
  if (!definition || header.component(9, 1) !== 'QRY') return undefined
  return { kind, criteria: bySubject(definition), limit: rowLimit(definition.component(7, 1)), offset }
}

function find({ segments }: Hl7Message, name: string): Segment | undefined {
  return segments.find((segment) => segment.name === name)
}

function rowLimit(text = ''): number {
  const n = Number.parseInt(text.slice(0, 6), 10)
  return n > 0 ? Math.min(n, MOST_ROWS) : MOST_ROWS
}

/** QPD-3 of a patient demographics query: `@PID.5.1^DOE~@PID.8^F`. */
function byFields({ separators }: Hl7Message, parameters: Segment): Criteria {
  const criteria: Criteria = {}
  for (const one of parameters.repetitions(3)) {
    const [, field = ''] = /^@?PID\.([\d.]{1,8})$/.exec(component(one, 1, separators)) ?? []
    const key = PERSON_FIELDS[field]
    const value = component(one, 2, separators).slice(0, CRITERION)
    if (key && value !== '') criteria[key] = value
  }
  return criteria
}

/** QRD-8, the subject of an original-mode query: `9900117^DOE^JOHN`. */
function bySubject(definition: Segment): Criteria {
  const [id, family, given] = [1, 2, 3].map((n) => definition.component(8, n).slice(0, CRITERION))
  return { ...(id ? { id } : {}), ...(family ? { family } : {}), ...(given ? { given } : {}) }
}

/** The patients that fit, in the order of their numbers. Nothing asked, nothing found: a query for nobody is no query for all. */
export function matching(records: HospitalRecords, criteria: Criteria): Patient[] {
  const asked = Object.entries(criteria) as [keyof Criteria, string][]
  if (asked.every(([, value]) => value === '')) return []
  return records.patients.filter((patient) => asked.every(([key, value]) => fits(patient[key], value, key)))
}

/** Names and streets by any part of them, as a search screen does; numbers and dates from their beginning. `*` is any text. */
function fits(actual: string, asked: string, key: keyof Criteria): boolean {
  const wanted = asked.toUpperCase().replaceAll('*', '').trim()
  if (key === 'sex') return wanted === '' || actual === wanted
  if (key === 'id') return asked.includes('*') ? actual.startsWith(wanted) : actual === wanted
  return key === 'birthDate' ? actual.startsWith(wanted) : actual.includes(wanted)
}

/** Whose numbers the patients have, and where they live. */
export interface House {
  authority: string
  town: string
}

/** The answer to a query: `RSP` to `QBP`, `ADR` to `QRY`. */
export function answerQuery(message: Hl7Message, query: Query, records: HospitalRecords, house: House, stamp: Stamp): QueryAnswer {
  const found = matching(records, query.criteria)
  const rows = found.slice(query.offset, query.offset + query.limit)
  const left = found.length - query.offset - rows.length
  const { separators } = message
  const header = [answerHeader(message, answerType(message, query.kind), stamp), acknowledgement(message, 'AA')]
  const people = rows.flatMap((patient, i) => personSegments(message, query, patient, i + 1, house))
  const more = left > 0 ? [encodeSegment('DSC', [String(query.offset + rows.length), 'I'], separators)] : []
  const body = [...header, ...echo(message, query.kind, found.length, rows.length, left), ...people, ...more]
  return { message: encodeMessage(body), matches: found.length, rows: rows.length }
}

const STRUCTURES: Record<string, [string, string, string]> = {
  'QBP^Q11': ['RSP', 'K11', 'RSP_K11'],
  'QBP^Q21': ['RSP', 'K21', 'RSP_K21'],
  'QBP^Q22': ['RSP', 'K22', 'RSP_K22'],
  'QBP^Q23': ['RSP', 'K23', 'RSP_K23'],
  'QRY^A19': ['ADR', 'A19', 'ADR_A19'],
  'QRY^Q01': ['ADR', 'A19', 'ADR_A19'],
  'QRY^R02': ['ORF', 'R04', 'ORF_R04'],
}

function answerType({ separators }: Hl7Message, kind: string): string {
  return cell(separators, ...(STRUCTURES[kind] ?? ['RSP', 'K22', 'RSP_K22']))
}

/** What goes back of the query itself: QAK counts, QPD and QRD are as they came. */
function echo(message: Hl7Message, kind: string, total: number, rows: number, left: number): string[] {
  const definition = find(message, 'QRD')
  if (kind.startsWith('QRY') && definition) return [definition.text]
  const parameters = find(message, 'QPD')
  if (!parameters) return []
  const counts = [String(total), String(rows), String(left)]
  const status = encodeSegment('QAK', [parameters.field(2), total ? 'OK' : 'NF', parameters.field(1), ...counts], message.separators)
  return [status, parameters.text]
}

function personSegments({ separators }: Hl7Message, query: Query, patient: Patient, n: number, { authority, town }: House): string[] {
  const identifier = cell(separators, patient.id, '', '', authority, 'MR')
  if (query.kind === 'QBP^Q23') return [encodeSegment('PID', ['', '', identifier, '', separators.component], separators)]
  const name = cell(separators, patient.family, patient.given)
  const address = cell(separators, patient.street, '', town)
  const contact = ['', '', address, '', patient.phone, '', '', '', '', patient.visit]
  const pid = encodeSegment('PID', [String(n), '', identifier, '', name, '', patient.birthDate, patient.sex, ...contact], separators)
  if (query.kind !== 'QRY^A19') return [pid]
  const place = cell(separators, patient.ward, `B${patient.bed}`)
  const doctor = cell(separators, patient.doctor.id, ...patient.doctor.name.split('^'))
  return [pid, encodeSegment('PV1', [String(n), 'I', place, '', '', '', doctor], separators)]
}
