import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Identity } from '../../../src/config/identity.ts'
import { BIG_ENDIAN, IMPLICIT } from '../../../src/emulators/dicom/dataset.ts'
import dicom from '../../../src/emulators/dicom/index.ts'
import { TAG } from '../../../src/emulators/dicom/query.ts'
import { hospitalRecords } from '../../../src/host/hospital/records.ts'
import { type Playing, play } from '../../harness.ts'
import { ABORT, CT, commandsIn, context, dataset, FIND, fragment, GET, MOVE, message, pdu, request, service } from './wire.ts'

const records = hospitalRecords(new Identity(Buffer.alloc(32, 7)))
const scan = records.studies.find(({ modality }) => modality === 'CT')!
let playing: Playing
beforeAll(async () => {
  playing = await play(dicom, { persona: 'plain', prompts: 'test/fixtures/prompts', options: { aeTitle: 'COMMON' } })
})
beforeEach(() => void playing.events.splice(0))
afterAll(() => playing.stop())

/** What is answered to one message, in an association for its class and that of CT images. */
async function ask(sopClass: string, hex: string, transfer = IMPLICIT): Promise<Buffer> {
  const contexts = [context(1, sopClass, transfer), context(3, CT, IMPLICIT)]
  const opening = request({ contexts })
  const whole = await playing.exchange(Buffer.from(opening + hex, 'hex'), { end: true, quietMs: 5_000 })
  return whole.subarray(6 + whole.readUInt32BE(2))
}
const study = (uid: string): Record<number, string> => ({ [TAG.level]: 'STUDY', [TAG.studyUid]: uid })

describe('C-FIND', () => {
  it('gives an answer a study and ends with success; what was asked for is noted', async () => {
    const keys = { [TAG.level]: 'STUDY', [TAG.patientId]: scan.patient.id, [TAG.studyUid]: '' }
    const commands = commandsIn(await ask(FIND, message(service(FIND, 0x20), keys)))
    const own = records.studies.filter(({ patient }) => patient === scan.patient)
    expect(commands.map((one) => one.get(0x0900))).toEqual([...own.map(() => 0xff00), 0])
    const { data, tags } = await playing.seen('dicom.request')
    expect(data).toMatchObject({ command: 'C-FIND', level: 'STUDY', matches: own.length, keys: { '00100020': scan.patient.id } })
    expect(tags).toContain('attack:T1213')
  })

  it('speaks big endian with who wants it', async () => {
    const answer = await ask(FIND, message(service(FIND, 0x20), dataset(study(scan.uid), BIG_ENDIAN)), BIG_ENDIAN)
    expect(answer.includes(dataset({ [TAG.level]: 'STUDY', [TAG.retrieveAe]: 'COMMON', [TAG.studyUid]: scan.uid }, BIG_ENDIAN))).toBe(true)
  })

  it.each([
    ['without a level', { [TAG.studyUid]: '' }, 0xa900],
    ['of an unknown level', { [TAG.level]: 'FOO' }, 0xc000],
    ['of a level without the keys above it', { [TAG.level]: 'SERIES' }, 0xc000],
  ])('%s gets the status of dcmqrscp', async (_, keys, status) => {
    const commands = commandsIn(await ask(FIND, message(service(FIND, 0x20), keys)))
    expect(commands.map((one) => one.get(0x0900))).toEqual([status])
  })

  it('of bytes that are no identifier is aborted', async () => {
    expect((await ask(FIND, message(service(FIND, 0x20), Buffer.alloc(21, 0xff)))).toString('hex')).toBe(ABORT)
  })
})

describe('C-MOVE', () => {
  const to = (destination: string, keys: Record<number, string>): string => message(service(MOVE, 0x21, [[0x0600, destination]]), keys)

  it('to a host that the archive does not know is refused, and nobody is called', async () => {
    const [answer] = commandsIn(await ask(MOVE, to('EVIL', study(scan.uid))))
    expect([0x0900, 0x1020, 0x1021, 0x1022, 0x1023].map((tag) => answer?.get(tag))).toEqual([0xa801, undefined, 0, 0, 0])
    expect(playing.data('indicator')).toEqual([{ kind: 'host', value: 'EVIL', how: 'dicom.move' }])
    expect(playing.data('dicom.request')).toMatchObject([{ command: 'C-MOVE', destination: 'EVIL', status: 0xa801 }])
  })

  it('of nothing is done at once, whoever is to have it', async () => {
    const [answer] = commandsIn(await ask(MOVE, to('EVIL', study('1.2.3'))))
    expect([0x0900, 0x1021].map((tag) => answer?.get(tag))).toEqual([0, 0])
  })
})

describe('C-GET', () => {
  const images = scan.series.flatMap((series) => series.images)

  it('sends each image and counts; the last answer leaves out what remains', async () => {
    // Answers of the receiver, as DCMTK's getscu gives them, are sent ahead: the archive reads one after each image.
    const responses = images.map((_, i) =>
      message([
        [0x0002, CT],
        [0x0100, 0x8001],
        [0x0120, i + 1],
        [0x0800, 0x0101],
        [0x0900, 0],
      ]),
    )
    const commands = commandsIn(await ask(GET, message(service(GET, 0x10), study(scan.uid)) + responses.join('')))
    expect(commands.filter((one) => one.get(0x0100) === 1).map((one) => one.get(0x1000))).toEqual(images.map(({ uid }) => uid))
    const last = commands.at(-1)
    expect([0x0900, 0x1020, 0x1021, 0x1022].map((tag) => last?.get(tag))).toEqual([0, undefined, images.length, 0])
  })

  it('ends when it is cancelled, and says what remains', async () => {
    const cancel = message([
      [0x0100, 0xfff],
      [0x0120, 1],
      [0x0800, 0x0101],
    ])
    const last = commandsIn(await ask(GET, message(service(GET, 0x10), study(scan.uid)) + cancel)).at(-1)
    expect([0x0900, 0x1020, 0x1021].map((tag) => last?.get(tag))).toEqual([0xfe00, images.length, 0])
  })

  it('names the images that could not go because nothing takes them', async () => {
    const other = records.studies.find(({ modality }) => modality === 'MR')!
    const answer = await ask(GET, message(service(GET, 0x10), study(other.uid)))
    const uids = other.series.flatMap((series) => series.images).map(({ uid }) => uid)
    const last = commandsIn(answer).at(-1)
    expect([0x0800, 0x0900, 0x1021, 0x1022].map((tag) => last?.get(tag))).toEqual([1, 0xa702, 0, uids.length])
    expect(answer.includes(dataset({ [TAG.failedInstances]: uids.join('\\') }))).toBe(true)
  })

  it('of nothing has nothing to count', async () => {
    const [answer] = commandsIn(await ask(GET, message(service(GET, 0x10), study('1.2.3'))))
    expect([0x0900, 0x1020, 0x1021].map((tag) => answer?.get(tag))).toEqual([0, undefined, 0])
  })
})

it('many associations at once are answered each for itself', async () => {
  const patients = [...new Set(records.studies.map(({ patient }) => patient.id))].slice(0, 20)
  const answers = await Promise.all(
    patients.map((id) => ask(FIND, message(service(FIND, 0x20), { [TAG.level]: 'STUDY', [TAG.patientId]: id, [TAG.studyUid]: '' }))),
  )
  const expected = patients.map((id) => records.studies.filter(({ patient }) => patient.id === id).length + 1)
  expect(answers.map((answer) => commandsIn(answer).length)).toEqual(expected)
})

describe('C-STORE', () => {
  const brought = (data: Buffer | Record<number, string>): string => message(service(CT, 1, [[0x1000, '1.2.3.4']]), data)
  const image = { [TAG.sopClass]: CT, [TAG.sopInstance]: '1.2.3.4', [TAG.patientName]: 'EVIL^EVE', [TAG.patientId]: '666' }
  const status = async (data: Buffer | Record<number, string>) => commandsIn(await ask(CT, brought(data))).map((one) => one.get(0x0900))

  it('keeps the image as a file', async () => {
    expect(await status(image)).toEqual([0])
    expect(playing.data('dicom.store')).toMatchObject([{ sopInstance: '1.2.3.4', patientName: 'EVIL^EVE', size: dataset(image).length }])
    const [{ sha256 }] = playing.data<{ sha256: string }>('artifact') as [{ sha256: string }]
    const kept = playing.artifacts.get(sha256)!
    expect(kept.toString('latin1', 128, 132)).toBe('DICM')
    expect(kept.subarray(-dataset(image).length)).toEqual(dataset(image))
  })

  it('keeps the document that travels as an image too', async () => {
    const pdf = '%PDF-1.4 evil'
    await status({ ...image, 4325393: pdf, 4325394: 'application/pdf' })
    expect(playing.data('artifact')).toMatchObject([{ how: 'dicom.store' }, { how: 'dicom.document', name: '1.2.3.4.pdf' }])
    expect([...playing.artifacts.kept.values()].some((bytes) => bytes.toString().startsWith(pdf))).toBe(true)
  })

  it('keeps the beginning of a large image, and the size and hash of the whole', async () => {
    const pixels = Buffer.alloc(17 * 1024 * 1024, 7)
    const header = Buffer.from('e07f100000000000', 'hex')
    header.writeUInt32LE(pixels.length, 4)
    const whole = Buffer.concat([dataset(image), header, pixels])
    const command = message(service(CT, 1, [[0x1000, '1.2.3.4']]))
    const parts: string[] = [command]
    for (let at = 0; at < whole.length; at += 16_000)
      parts.push(pdu('04', fragment(1, at + 16_000 >= whole.length ? 2 : 0, whole.subarray(at, at + 16_000))))
    expect(commandsIn(await ask(CT, parts.join(''))).map((one) => one.get(0x0900))).toEqual([0])
    expect(playing.data('dicom.store')).toMatchObject([
      { patientName: 'EVIL^EVE', size: whole.length, sha256: createHash('sha256').update(whole).digest('hex'), truncated: true },
    ])
  })

  it('of another image than it says, or of none, is answered as dcmqrscp answers, and kept', async () => {
    expect(await status({ ...image, [TAG.sopInstance]: '9.9' })).toEqual([0xa900])
    expect(await status(Buffer.alloc(0))).toEqual([0xc000])
    expect((await ask(CT, brought(Buffer.alloc(30, 0xff)))).toString('hex')).toBe(ABORT)
    expect(playing.data('artifact')).toHaveLength(3)
  })
})
