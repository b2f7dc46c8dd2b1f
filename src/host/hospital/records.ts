import type { Identity } from '../../config/identity.ts'
import vocabulary from './vocabulary.json' with { type: 'json' }

/** One person whom the hospital's systems know; surname and number say that there is no such person. */
export interface Patient {
  /** Hospital number, 9900000 to 9900999: the range for test patients. */
  id: string
  family: string
  given: string
  /** `YYYYMMDD`. */
  birthDate: string
  sex: 'F' | 'M'
  street: string
  phone: string
  ward: string
  bed: number
  /** `FAMILY^GIVEN` of the doctor, and the number of that doctor. */
  doctor: { id: string; name: string }
  /** Visit or account number. */
  visit: string
}

export interface Image {
  uid: string
  number: number
}

export interface Series {
  uid: string
  number: number
  description: string
  images: readonly Image[]
}

/** One examination in the picture archive. */
export interface Study {
  uid: string
  /** As in the order: `RIS` number of the department. */
  accession: string
  id: string
  patient: Patient
  /** `YYYYMMDD` and `HHMMSS`. */
  date: string
  time: string
  modality: string
  description: string
  bodyPart: string
  series: readonly Series[]
}

export interface HospitalRecords {
  patients: readonly Patient[]
  studies: readonly Study[]
}

const PATIENTS = 140
const STUDIES = 240
/** Images of a series; enough to leaf through, few enough to send. */
const IMAGES = { min: 1, max: 4 }
/** Days back from the day of installation that the archive reaches. */
const ARCHIVE_DAYS = 700
const DAY_MS = 86_400_000

const known = new WeakMap<Identity, HospitalRecords>()

/** The patients and studies of this installation: the same behind every medical protocol. */
export function hospitalRecords(identity: Identity): HospitalRecords {
  const made = known.get(identity) ?? makeRecords(identity)
  known.set(identity, made)
  return made
}

function makeRecords(identity: Identity): HospitalRecords {
  const draw = new Draw(identity.random('hospital.records'))
  // The day that the archive ends cannot be derived; kept, it stays the same over restarts.
  const today = Date.parse(identity.keep('hospital-records-until', () => new Date().toISOString().slice(0, 10)))
  const patients = makePatients(draw)
  return { patients, studies: makeStudies(identity, draw, patients, Number.isNaN(today) ? Date.now() : today) }
}

function makePatients(draw: Draw): Patient[] {
  const numbers = new Set<number>()
  while (numbers.size < PATIENTS) numbers.add(9_900_000 + draw.below(1000))
  return [...numbers].sort((a, b) => a - b).map((number) => makePatient(draw, number))
}

function makePatient(draw: Draw, number: number): Patient {
  const sex = draw.pick(['F', 'M'] as const)
  const doctor = draw.below(vocabulary.doctors.length)
  return {
    id: String(number),
    family: draw.pick(vocabulary.surnames),
    given: draw.pick(vocabulary.given[sex]),
    birthDate: compactDay(Date.UTC(1930 + draw.below(88), draw.below(12), 1 + draw.below(28))),
    sex,
    street: `${1 + draw.below(99)} ${draw.pick(vocabulary.roads)}`,
    // Ofcom's numbers for drama: nobody has them.
    phone: `01632 960${String(draw.below(1000)).padStart(3, '0')}`,
    ward: draw.pick(vocabulary.wards),
    bed: 1 + draw.below(24),
    doctor: { id: String(41 + doctor).padStart(5, '0'), name: vocabulary.doctors[doctor] as string },
    visit: `V${String(100_000 + draw.below(900_000))}`,
  }
}

function makeStudies(identity: Identity, draw: Draw, patients: readonly Patient[], today: number): Study[] {
  const days = Array.from({ length: STUDIES }, () => today - draw.below(ARCHIVE_DAYS) * DAY_MS).sort((a, b) => a - b)
  const firstAccession = 210_000 + draw.below(200_000)
  return days.map((day, i) => {
    const examination = draw.pick(vocabulary.examinations)
    return {
      uid: uid(identity, `study.${i}`),
      accession: `RIS${firstAccession + i * 7}`,
      id: String(firstAccession + i * 7),
      patient: draw.pick(patients),
      date: compactDay(day),
      time: `${pair(8 + draw.below(11))}${pair(draw.below(60))}${pair(draw.below(60))}`,
      modality: examination.modality,
      description: examination.description,
      bodyPart: examination.part,
      series: examination.series.map((description, s) => ({
        uid: uid(identity, `series.${i}.${s}`),
        number: s + 1,
        description,
        images: Array.from({ length: IMAGES.min + draw.below(IMAGES.max) }, (_, n) => ({
          uid: uid(identity, `image.${i}.${s}.${n}`),
          number: n + 1,
        })),
      })),
    }
  })
}

/** A UID made from a UUID, which needs no registered root (DICOM PS3.5 §B.2). */
function uid(identity: Identity, label: string): string {
  return `2.25.${BigInt(`0x${identity.uuid(`hospital.${label}`).replaceAll('-', '')}`)}`
}

function compactDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10).replaceAll('-', '')
}

function pair(n: number): string {
  return String(n).padStart(2, '0')
}

class Draw {
  readonly #random: () => number

  constructor(random: () => number) {
    this.#random = random
  }

  below(n: number): number {
    return Math.floor(this.#random() * n)
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T
  }
}
