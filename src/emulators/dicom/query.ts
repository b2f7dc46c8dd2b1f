import type { HospitalRecords, Image, Series, Study } from '../../host/hospital/records.ts'
import { type Dataset, textValue, valueText } from './dataset.ts'

/** A study, one of its series, one of its images: as far down as the level goes. */
export interface Found {
  study: Study
  series?: Series
  image?: Image
}

export const LEVELS = ['PATIENT', 'STUDY', 'SERIES', 'IMAGE'] as const
export type Level = (typeof LEVELS)[number]

export const TAG = {
  characterSet: 0x00080005,
  sopClass: 0x00080016,
  sopInstance: 0x00080018,
  level: 0x00080052,
  retrieveAe: 0x00080054,
  patientName: 0x00100010,
  patientId: 0x00100020,
  studyUid: 0x0020000d,
  seriesUid: 0x0020000e,
} as const

/** Storage classes by modality, PS3.4 annex B. */
export const STORAGE: Record<string, string> = {
  CT: '1.2.840.10008.5.1.4.1.1.2',
  MR: '1.2.840.10008.5.1.4.1.1.4',
  CR: '1.2.840.10008.5.1.4.1.1.1',
  US: '1.2.840.10008.5.1.4.1.1.6.1',
}

interface Key {
  level: Level
  of(found: Found): string
}

/** Attributes that can be asked for, each with the level that it belongs to. */
const KEYS = new Map<number, Key>([
  [TAG.patientName, { level: 'PATIENT', of: ({ study }) => `${study.patient.family}^${study.patient.given}` }],
  [TAG.patientId, { level: 'PATIENT', of: ({ study }) => study.patient.id }],
  [0x00100030, { level: 'PATIENT', of: ({ study }) => study.patient.birthDate }],
  [0x00100040, { level: 'PATIENT', of: ({ study }) => study.patient.sex }],
  [0x00080020, { level: 'STUDY', of: ({ study }) => study.date }],
  [0x00080030, { level: 'STUDY', of: ({ study }) => study.time }],
  [0x00080050, { level: 'STUDY', of: ({ study }) => study.accession }],
  [0x00080061, { level: 'STUDY', of: ({ study }) => study.modality }],
  [0x00080090, { level: 'STUDY', of: ({ study }) => study.patient.doctor.name }],
  [0x00081030, { level: 'STUDY', of: ({ study }) => study.description }],
  [0x00200010, { level: 'STUDY', of: ({ study }) => study.id }],
  [TAG.studyUid, { level: 'STUDY', of: ({ study }) => study.uid }],
  [0x00080060, { level: 'SERIES', of: ({ study }) => study.modality }],
  [0x0008103e, { level: 'SERIES', of: ({ series }) => series?.description ?? '' }],
  [0x00180015, { level: 'SERIES', of: ({ study }) => study.bodyPart }],
  [0x00200011, { level: 'SERIES', of: ({ series }) => String(series?.number ?? '') }],
  [TAG.seriesUid, { level: 'SERIES', of: ({ series }) => series?.uid ?? '' }],
  [0x00200013, { level: 'IMAGE', of: ({ image }) => String(image?.number ?? '') }],
  [TAG.sopClass, { level: 'IMAGE', of: ({ study }) => STORAGE[study.modality] ?? '' }],
  [TAG.sopInstance, { level: 'IMAGE', of: ({ image }) => image?.uid ?? '' }],
])

/** The level of a query, when it has one and the unique keys of the levels above it (PS3.4 §C.4.1.2.2.1). */
export function levelOf(identifier: Dataset, isPatientRoot: boolean): Level | undefined {
  const level = LEVELS.find((one) => one === valueText(identifier, TAG.level))
  if (level === undefined || (level === 'PATIENT' && !isPatientRoot)) return undefined
  const needs = [...(isPatientRoot && level !== 'PATIENT' ? [TAG.patientId] : []), ...UNIQUE_ABOVE[level]]
  return needs.every((tag) => valueText(identifier, tag) !== '') ? level : undefined
}

const UNIQUE_ABOVE: Record<Level, number[]> = { PATIENT: [], STUDY: [], SERIES: [TAG.studyUid], IMAGE: [TAG.studyUid, TAG.seriesUid] }

/** What fits the keys, one entry a patient, study, series or image. */
export function* search(records: HospitalRecords, identifier: Dataset, level: Level): Generator<Found> {
  const seen = new Set<string>()
  for (const found of entries(records, level)) {
    if (level === 'PATIENT' && seen.has(found.study.patient.id)) continue
    seen.add(found.study.patient.id)
    if (fits(found, identifier, level)) yield found
  }
}

function* entries({ studies }: HospitalRecords, level: Level): Generator<Found> {
  for (const study of studies) {
    if (level === 'PATIENT' || level === 'STUDY') yield { study }
    else yield* below(study, level)
  }
}

function* below(study: Study, level: Level): Generator<Found> {
  for (const series of study.series) {
    if (level === 'SERIES') yield { study, series }
    else for (const image of series.images) yield { study, series, image }
  }
}

/** The images of all that fits: what a retrieval sends. */
export function* imagesOf(records: HospitalRecords, identifier: Dataset, level: Level): Generator<Required<Found>> {
  for (const { study, series, image } of search(records, identifier, level)) {
    const studies = level === 'PATIENT' ? records.studies.filter((one) => one.patient === study.patient) : [study]
    for (const one of studies) {
      for (const oneSeries of series ? [series] : one.series) {
        for (const oneImage of image ? [image] : oneSeries.images) yield { study: one, series: oneSeries, image: oneImage }
      }
    }
  }
}

function fits(found: Found, identifier: Dataset, level: Level): boolean {
  for (const tag of identifier.keys()) {
    const key = keyAt(tag, level)
    if (key && !matches(key.of(found), valueText(identifier, tag), tag)) return false
  }
  return true
}

function keyAt(tag: number, level: Level): Key | undefined {
  const key = KEYS.get(tag)
  return key && LEVELS.indexOf(key.level) <= LEVELS.indexOf(level) ? key : undefined
}

/** Matching of PS3.4 §C.2.2.2: universal, list of UIDs, range, wildcard, single value. */
function matches(actual: string, asked: string, tag: number): boolean {
  if (asked === '' || asked === '*') return true
  if (asked.includes('\\')) return asked.split('\\').includes(actual)
  const isTime = tag === 0x00080020 || tag === 0x00080030 || tag === 0x00100030
  if (isTime && asked.includes('-')) {
    const [from = '', to = ''] = asked.split('-', 2)
    return actual >= from && (to === '' || actual.slice(0, to.length) <= to)
  }
  return wildcard(asked.toUpperCase(), actual.toUpperCase())
}

/** `*` and `?`, in steps of at most the product of the lengths. */
export function wildcard(pattern: string, text: string): boolean {
  let [p, t, star, mark] = [0, 0, -1, 0]
  while (t < text.length) {
    if (pattern[p] === '*') [star, mark, p] = [p, t, p + 1]
    else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[t])) [p, t] = [p + 1, t + 1]
    else if (star >= 0) [mark, p, t] = [mark + 1, star + 1, mark + 1]
    else return false
  }
  while (pattern[p] === '*') p++
  return p === pattern.length
}

/** The identifier of one answer: keys asked for that exist at this level, the level, and who has it. Others are left out, as dcmqrscp does. */
export function answerOf(found: Found, identifier: Dataset, level: Level, retrieveAe: string): Dataset {
  const answer: Dataset = new Map()
  const put = (tag: number, text: string): void => void answer.set(tag, textValue(tag, text))
  for (const tag of identifier.keys()) {
    const key = keyAt(tag, level)
    if (key) put(tag, key.of(found))
  }
  put(TAG.level, level)
  put(TAG.retrieveAe, retrieveAe)
  return answer
}
