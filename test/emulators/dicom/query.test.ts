import { describe, expect, it } from 'vitest'
import { Identity } from '../../../src/config/identity.ts'
import { decodeDataset, IMPLICIT, valueText } from '../../../src/emulators/dicom/dataset.ts'
import { matches } from '../../../src/emulators/dicom/matching.ts'
import { answerOf, imagesOf, type Query, queryOf, search, TAG } from '../../../src/emulators/dicom/query.ts'
import { hospitalRecords } from '../../../src/host/hospital/records.ts'
import { wildcard } from '../../../src/sensor/wildcard.ts'
import { dataset } from './wire.ts'

const records = hospitalRecords(new Identity(Buffer.alloc(32, 7)))
const study = records.studies[0]!
const KEY = { date: 0x00080020, time: 0x00080030, accession: 0x00080050, modality: 0x00080060, birthDate: 0x00100030, series: 0x00200011 }

const asked = (keys: Record<number, string>, root: Query['root'] = 'STUDY') => queryOf(decodeDataset(dataset(keys), IMPLICIT), root)
const at = (level: string, keys: Record<number, string> = {}) => ({ [TAG.level]: level, ...keys })

/** The answers to a query, as texts by tag. */
function find(keys: Record<number, string>, root: Query['root'] = 'STUDY'): Record<string, string>[] {
  const query = asked(keys, root)
  if (typeof query === 'string') return [{ misfit: query }]
  return [...search(records, query)].map((found) => {
    const answer = answerOf(found, query, 'COMMON')
    return Object.fromEntries([...answer.keys()].map((tag) => [tag.toString(16).padStart(8, '0'), valueText(answer, tag)]))
  })
}
const uids = (keys: Record<number, string>): (string | undefined)[] =>
  find(at('STUDY', { [TAG.studyUid]: '', ...keys })).map((one) => one['0020000d'])
const studiesWhere = (fits: (one: typeof study) => boolean): string[] => records.studies.filter(fits).map(({ uid }) => uid)

describe('a query', () => {
  it.each([
    ['no level', {}],
    ['no level', at('')],
    ['no such level', at('FOO')],
    ['incomplete', at('PATIENT')],
    ['incomplete', at('SERIES')],
    ['incomplete', at('IMAGE', { [TAG.studyUid]: '1.2' })],
  ])('is refused, %s', (misfit, keys) => {
    expect(asked(keys)).toBe(misfit)
  })

  it('of the patient root needs the patient below the level of patients', () => {
    expect(asked(at('STUDY', { [TAG.studyUid]: '' }), 'PATIENT')).toBe('incomplete')
    expect(asked(at('STUDY', { [TAG.patientId]: '' }), 'PATIENT')).toMatchObject({ level: 'STUDY' })
    expect(asked(at('study'))).toMatchObject({ level: 'STUDY', root: 'STUDY' })
  })

  it('for patients, studies, series and images gives one answer each', () => {
    const patients = new Set(records.studies.map(({ patient }) => patient.id))
    expect(find(at('PATIENT', { [TAG.patientId]: '' }), 'PATIENT')).toHaveLength(patients.size)
    expect(find(at('STUDY', { [TAG.studyUid]: '' }))).toHaveLength(records.studies.length)
    expect(find(at('SERIES', { [TAG.studyUid]: study.uid, [TAG.seriesUid]: '' })).map((one) => one['0020000e'])).toEqual(
      study.series.map(({ uid }) => uid),
    )
    const [series] = study.series
    const images = at('IMAGE', { [TAG.studyUid]: study.uid, [TAG.seriesUid]: series!.uid, [TAG.sopInstance]: '' })
    expect(find(images).map((one) => one['00080018'])).toEqual(series!.images.map(({ uid }) => uid))
  })

  it('is answered with the keys that the index of dcmqrscp has, of whichever level, and no others', () => {
    const keys = { [TAG.studyUid]: study.uid, [TAG.seriesUid]: '1.2', [KEY.modality]: 'XX', 1052688: '', 528446: '', 524385: '' }
    expect(find(at('STUDY', { ...keys, 2101768: '', [TAG.characterSet]: 'ISO_IR 192' }))).toEqual([
      {
        '00080005': 'ISO_IR 192',
        '00080052': 'STUDY',
        '00080054': 'COMMON',
        '00080060': study.modality,
        '00101010': '',
        '0020000d': study.uid,
        '0020000e': study.series[0]!.uid,
      },
    ])
    expect(find(at('STUDY', { [TAG.studyUid]: study.uid, [TAG.characterSet]: 'FOO' }))[0]).not.toHaveProperty('00080005')
  })

  it('of the study root counts the keys of the patient at the level of studies, of the patient root its unique key alone', () => {
    const { id, family, given } = study.patient
    expect(uids({ [TAG.patientName]: `${family}^${given}`, [TAG.patientId]: id })).toEqual(studiesWhere(({ patient }) => patient.id === id))
    const all = find(at('STUDY', { [TAG.patientId]: id, [TAG.patientName]: 'NOBODY', [TAG.studyUid]: '' }), 'PATIENT')
    expect(all).toHaveLength(studiesWhere(({ patient }) => patient.id === id).length)
  })

  it('steps over a sequence among its keys', () => {
    const sequence = Buffer.from('08003210ffffffff' + 'feff00e0ffffffff' + 'feff0de000000000' + 'feffdde000000000', 'hex')
    const bytes = Buffer.concat([dataset(at('STUDY')), sequence, dataset({ [TAG.studyUid]: study.uid })])
    const query = queryOf(decodeDataset(bytes, IMPLICIT), 'STUDY') as Query
    expect([...search(records, query)].map((one) => one.study.uid)).toEqual([study.uid])
  })

  it('retrieves all images below what it names', () => {
    const count = (keys: Record<number, string>, root: Query['root'] = 'STUDY') => [...imagesOf(records, asked(keys, root) as Query)].length
    const imagesIn = (one: typeof study): number => one.series.reduce((sum, { images }) => sum + images.length, 0)
    expect(count(at('STUDY', { [TAG.studyUid]: study.uid }))).toBe(imagesIn(study))
    expect(count(at('SERIES', { [TAG.studyUid]: study.uid, [TAG.seriesUid]: study.series[0]!.uid }))).toBe(study.series[0]!.images.length)
    const own = records.studies.filter(({ patient }) => patient === study.patient)
    expect(count(at('PATIENT', { [TAG.patientId]: study.patient.id }), 'PATIENT')).toBe(own.reduce((sum, one) => sum + imagesIn(one), 0))
  })
})

describe('a key', () => {
  it('matches wildcards, in the case that it is written in', () => {
    expect(uids({ [TAG.patientName]: 'ZZDOE*' })).toEqual(studiesWhere(({ patient }) => patient.family === 'ZZDOE'))
    expect(uids({ [TAG.patientName]: '*^?DA' })).toEqual(studiesWhere(({ patient }) => patient.given === 'ADA'))
    expect(uids({ [TAG.patientName]: 'zzdoe*' })).toEqual([])
    expect(uids({ [KEY.accession]: '*' })).toHaveLength(records.studies.length)
  })

  it('matches ranges of dates and times, open at either end', () => {
    const day = records.studies[120]!.date
    expect(uids({ [KEY.date]: `${day}-` })).toEqual(studiesWhere(({ date }) => date >= day))
    expect(uids({ [KEY.date]: `-${day}` })).toEqual(studiesWhere(({ date }) => date <= day))
    expect(uids({ [KEY.date]: `${day}-${day}` })).toEqual(studiesWhere(({ date }) => date === day))
    expect(uids({ [KEY.time]: '0900-100000' })).toEqual(studiesWhere(({ time }) => time >= '090000' && time <= '100000'))
  })

  it('matches a list of UIDs, and no list of anything else', () => {
    const two = [records.studies[3]!.uid, records.studies[5]!.uid]
    expect(uids({ [TAG.studyUid]: two.join('\\') })).toEqual(two)
    expect(uids({ [TAG.patientId]: `${study.patient.id}\\9900000` })).toEqual([])
  })

  // Each was tried with dcmqrscp 3.6.7 over the same studies.
  it.each([
    [KEY.date, '20250101', '20250101', true],
    [KEY.date, '20250101', '2025.01.01', true],
    [KEY.date, '20250101', '202501*', false],
    [KEY.date, '20250101', '2025-2026', false],
    [KEY.date, '20250101', '2025010', false],
    [KEY.date, '20250101', '*', false],
    [KEY.time, '083000', '08:00-09:00', true],
    [KEY.time, '170000', '17-18', false],
    [KEY.time, '170000', '17*', false],
    [KEY.series, '1', '*', false],
    [KEY.series, '1', '01', false],
    [TAG.studyUid, '2.25.30', '2.25.3*', false],
    [KEY.modality, 'CT', 'ct', false],
    [TAG.patientId, '9900001', '', true],
  ])('%i of %s is asked by %s: %s', (tag, actual, key, expected) => {
    expect(matches(actual, key, tag)).toBe(expected)
  })

  it('with many wildcards costs no more than its length allows', () => {
    expect(wildcard('ZZ*^A?A', 'ZZTEST^ADA')).toBe(true)
    expect(wildcard('ZZ*^A?A', 'ZZTEST^ADDA')).toBe(false)
    expect(wildcard('*a*a*a*a*a*a*a*a*b', 'a'.repeat(1000))).toBe(false)
  })
})
