/** Finds as the index of dcmqrscp 3.6.7 does, which looks at every image and takes the first of each patient, study or series. */
import type { HospitalRecords, Image, Series, Study } from '../../host/hospital/records.ts'
import { type Dataset, textValue, valueText } from './dataset.ts'
import { matches } from './matching.ts'

/** One image and what it belongs to. */
export interface Found {
  study: Study
  series: Series
  image: Image
}

export const LEVELS = ['PATIENT', 'STUDY', 'SERIES', 'IMAGE'] as const
export type Level = (typeof LEVELS)[number]

export const TAG = {
  characterSet: 0x00080005,
  sopClass: 0x00080016,
  sopInstance: 0x00080018,
  level: 0x00080052,
  failedInstances: 0x00080058,
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
const unknown = (): string => ''

/** The attributes that dcmqrscp keeps in its index, each with the level that it belongs to; of some our images say nothing. */
const KEYS = new Map<number, Key>([
  [TAG.patientName, { level: 'PATIENT', of: ({ study }) => `${study.patient.family}^${study.patient.given}` }],
  [TAG.patientId, { level: 'PATIENT', of: ({ study }) => study.patient.id }],
  [0x00100030, { level: 'PATIENT', of: ({ study }) => study.patient.birthDate }],
  [0x00100040, { level: 'PATIENT', of: ({ study }) => study.patient.sex }],
  ...[0x00100032, 0x00101000, 0x00101001, 0x00102160, 0x00100021].map((tag): [number, Key] => [tag, { level: 'PATIENT', of: unknown }]),
  [0x00080020, { level: 'STUDY', of: ({ study }) => study.date }],
  [0x00080030, { level: 'STUDY', of: ({ study }) => study.time }],
  [0x00080050, { level: 'STUDY', of: ({ study }) => study.accession }],
  [0x00080090, { level: 'STUDY', of: ({ study }) => study.patient.doctor.name }],
  [0x00081030, { level: 'STUDY', of: ({ study }) => study.description }],
  [0x00200010, { level: 'STUDY', of: ({ study }) => study.id }],
  [TAG.studyUid, { level: 'STUDY', of: ({ study }) => study.uid }],
  ...[0x00081060, 0x00081080, 0x00101010, 0x00101020, 0x00101030, 0x00102180, 0x00201070].map((tag): [number, Key] => [
    tag,
    { level: 'STUDY', of: unknown },
  ]),
  [0x00080060, { level: 'SERIES', of: ({ study }) => study.modality }],
  [0x00200011, { level: 'SERIES', of: ({ series }) => String(series.number) }],
  [TAG.seriesUid, { level: 'SERIES', of: ({ series }) => series.uid }],
  [0x00200013, { level: 'IMAGE', of: ({ image }) => String(image.number) }],
  [TAG.sopInstance, { level: 'IMAGE', of: ({ image }) => image.uid }],
])
const UNIQUE: Record<Level, number> = { PATIENT: TAG.patientId, STUDY: TAG.studyUid, SERIES: TAG.seriesUid, IMAGE: TAG.sopInstance }

export interface Query {
  identifier: Dataset
  level: Level
  /** Where the information model begins: at the patient, or at the study. */
  root: 'PATIENT' | 'STUDY'
}

/** Why there is nothing to be looked for: no level is named, one that does not exist, or a unique key of a level above is missing. */
export type Misfit = 'no level' | 'no such level' | 'incomplete'

export function queryOf(identifier: Dataset, root: Query['root']): Query | Misfit {
  const asked = valueText(identifier, TAG.level).toUpperCase()
  if (asked === '') return 'no level'
  const level = LEVELS.find((one) => asked.startsWith(one))
  if (level === undefined) return 'no such level'
  if (root === 'STUDY' && level === 'PATIENT') return 'incomplete'
  return levelsAbove(root, level).every((one) => identifier.has(UNIQUE[one])) ? { identifier, level, root } : 'incomplete'
}

function levelsAbove(root: Query['root'], level: Level): Level[] {
  return LEVELS.slice(LEVELS.indexOf(root), LEVELS.indexOf(level))
}

/** What fits, one entry a patient, study, series or image: the first image of each. */
export function* search(records: HospitalRecords, query: Query): Generator<Found> {
  const seen = new Set<string>()
  const unique = KEYS.get(UNIQUE[query.level]) as Key
  const keys = matched(query)
  for (const found of entries(records, query.level)) {
    const id = unique.of(found)
    if (seen.has(id)) continue
    seen.add(id)
    if (keys.every(({ tag, key, asked }) => matches(key.of(found), asked, tag))) yield found
  }
}

interface Matched {
  tag: number
  key: Key
  asked: string
}

/**
 * The keys that count: of the levels above the unique ones, of the query's level all. The study root has the patient's at the
 * level of the study.
 */
function matched({ identifier, level, root }: Query): Matched[] {
  const above = levelsAbove(root, level).map((one) => UNIQUE[one])
  const own: Level[] = root === 'STUDY' && level === 'STUDY' ? ['PATIENT', 'STUDY'] : [level]
  return [...KEYS]
    .filter(([tag, key]) => identifier.has(tag) && (above.includes(tag) || own.includes(key.level)))
    .map(([tag, key]) => ({ tag, key, asked: valueText(identifier, tag) }))
}

/** The first image of every study, series or image. */
function* entries({ studies }: HospitalRecords, level: Level): Generator<Found> {
  for (const study of studies) {
    for (const series of level === 'PATIENT' || level === 'STUDY' ? study.series.slice(0, 1) : study.series) {
      for (const image of level === 'IMAGE' ? series.images : series.images.slice(0, 1)) yield { study, series, image }
    }
  }
}

/** The images of all that fits: what a retrieval sends. */
export function* imagesOf(records: HospitalRecords, query: Query): Generator<Found> {
  for (const { study, series, image } of search(records, query)) {
    const studies = query.level === 'PATIENT' ? records.studies.filter((one) => one.patient === study.patient) : [study]
    for (const oneStudy of studies) {
      for (const oneSeries of query.level === 'PATIENT' || query.level === 'STUDY' ? oneStudy.series : [series]) {
        for (const oneImage of query.level === 'IMAGE' ? [image] : oneSeries.images)
          yield { study: oneStudy, series: oneSeries, image: oneImage }
      }
    }
  }
}

/** Character sets that DCMTK converts an answer to, which then says so; all our texts are the same in each. */
const CHARACTER_SETS = /^(?:ISO_IR (?:100|101|109|110|144|127|126|138|148|166|13|192)|GB18030|GBK)$/

/** The identifier of one answer: the keys of the index that were asked for, of any level, the query's level, and who has it. */
export function answerOf(found: Found, { identifier, level }: Query, retrieveAe: string): Dataset {
  const answer: Dataset = new Map()
  const put = (tag: number, text: string): void => void answer.set(tag, textValue(tag, text))
  const characterSet = valueText(identifier, TAG.characterSet)
  if (CHARACTER_SETS.test(characterSet)) put(TAG.characterSet, characterSet)
  for (const tag of identifier.keys()) {
    const key = KEYS.get(tag)
    if (key) put(tag, key.of(found))
  }
  put(TAG.level, level)
  put(TAG.retrieveAe, retrieveAe)
  return answer
}
