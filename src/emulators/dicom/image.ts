import { createHash } from 'node:crypto'
import { type Dataset, textValue, wordValue } from './dataset.ts'
import { type Found, STORAGE, TAG } from './query.ts'

const SIDE = 128

/** One image of the archive: a grey phantom drawn from its UID, with the attributes that its study gives it. */
export function imageOf({ study, series, image }: Found, institution: string): Dataset {
  const { patient } = study
  const dataset: Dataset = new Map()
  const texts: [number, string][] = [
    [TAG.characterSet, 'ISO_IR 100'],
    [0x00080008, 'ORIGINAL\\PRIMARY'],
    [TAG.sopClass, STORAGE[study.modality] ?? ''],
    [TAG.sopInstance, image.uid],
    [0x00080020, study.date],
    [0x00080030, study.time],
    [0x00080050, study.accession],
    [0x00080060, study.modality],
    [0x00080080, institution],
    [0x00080090, patient.doctor.name],
    [0x00081030, study.description],
    [0x0008103e, series.description],
    [TAG.patientName, `${patient.family}^${patient.given}`],
    [TAG.patientId, patient.id],
    [0x00100030, patient.birthDate],
    [0x00100040, patient.sex],
    [0x00180015, study.bodyPart],
    [TAG.studyUid, study.uid],
    [TAG.seriesUid, series.uid],
    [0x00200010, study.id],
    [0x00200011, String(series.number)],
    [0x00200013, String(image.number)],
    [0x00280004, 'MONOCHROME2'],
  ]
  for (const [tag, text] of texts) dataset.set(tag, textValue(tag, text))
  // Samples, rows, columns, bits allocated, stored, high bit, unsigned (PS3.3 §C.7.6.3).
  const words: [number, number][] = [
    [0x00280002, 1],
    [0x00280010, SIDE],
    [0x00280011, SIDE],
    [0x00280100, 8],
    [0x00280101, 8],
    [0x00280102, 7],
    [0x00280103, 0],
  ]
  for (const [tag, value] of words) dataset.set(tag, wordValue(value))
  dataset.set(0x7fe00010, phantom(image.uid))
  return dataset
}

/** An ellipse of tissue with some organs in it, and a little noise. */
function phantom(uid: string): Buffer {
  const draw = createHash('sha512').update(uid).digest()
  const organs = Array.from({ length: 6 }, (_, i) => {
    const [x = 0, y = 0, size = 0, grey = 0] = draw.subarray(i * 4, i * 4 + 4)
    return { x: 34 + (x % 60), y: 34 + (y % 60), radius: 4 + (size % 14), grey: 40 + (grey % 190) }
  })
  const pixels = Buffer.alloc(SIDE * SIDE)
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const isBody = ((x - 64) / 54) ** 2 + ((y - 64) / 46) ** 2 < 1
      const organ = organs.find((one) => (x - one.x) ** 2 + (y - one.y) ** 2 < one.radius ** 2)
      const noise = draw[(x * 7 + y * 13) % draw.length]! >> 4
      pixels[y * SIDE + x] = noise + (isBody ? (organ?.grey ?? 96) : 0)
    }
  }
  return pixels
}
