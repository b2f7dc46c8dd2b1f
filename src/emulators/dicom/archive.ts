import type { HospitalRecords } from '../../host/hospital/records.ts'
import { TimeSlice } from '../../sensor/time-slice.ts'
import type { DicomConnection, Message } from './connection.ts'
import { type Dataset, decodeDataset, encodeCommand, encodeDataset, textValue, valueText, word } from './dataset.ts'
import { clip } from './events.ts'
import { imageOf } from './image.ts'
import { DicomError } from './pdu.ts'
import { answerOf, type Found, imagesOf, type Level, levelOf, STORAGE, search, TAG } from './query.ts'

/** Status codes of PS3.4 annex C and PS3.7 annex C. */
const STATUS = {
  success: 0,
  pending: 0xff00,
  cancelled: 0xfe00,
  mismatch: 0xa900,
  noDestination: 0xa801,
  warning: 0xb000,
  failed: 0xa702,
} as const
const COMMAND = { store: 0x0001, get: 0x0010, find: 0x0020, move: 0x0021, echo: 0x0030, cancel: 0x0fff } as const
const RESPONSE = 0x8000
const NO_DATASET = 0x0101
const HAS_DATASET = 0x0001
const FIELD = {
  sopClass: 0x0002,
  command: 0x0100,
  id: 0x0110,
  answered: 0x0120,
  priority: 0x0700,
  dataset: 0x0800,
  status: 0x0900,
  instance: 0x1000,
} as const

/** Images of one C-GET, and answers of one C-FIND. */
const MOST_IMAGES = 500
const MOST_ANSWERS = 5000

/** Answers the services of the picture archive. */
export class Archive {
  readonly #records: HospitalRecords
  readonly #institution: string
  readonly #aeTitle: string

  constructor(records: HospitalRecords, institution: string, aeTitle: string) {
    this.#records = records
    this.#institution = institution
    this.#aeTitle = aeTitle
  }

  /** @throws DicomError for what no service is behind */
  async answer(message: Message, connection: DicomConnection): Promise<void> {
    switch (word(message.command, FIELD.command)) {
      case COMMAND.echo:
        note(connection, message, 'C-ECHO', STATUS.success)
        return respond(connection, message, STATUS.success)
      case COMMAND.find:
        return this.#find(message, connection)
      case COMMAND.move:
        return this.#move(message, connection)
      case COMMAND.get:
        return this.#get(message, connection)
      case COMMAND.store:
        return store(message, connection)
      case COMMAND.cancel:
        return
      default:
        throw new DicomError('an unknown command')
    }
  }

  async #find(message: Message, connection: DicomConnection): Promise<void> {
    const { identifier, level } = query(message)
    if (!level) {
      note(connection, message, 'C-FIND', STATUS.mismatch, { identifier })
      return respond(connection, message, STATUS.mismatch)
    }
    const slice = new TimeSlice()
    let matches = 0
    for (const found of search(this.#records, identifier, level)) {
      if (++matches > MOST_ANSWERS) break
      await slice.turn()
      const answer = encodeDataset(answerOf(found, identifier, level, this.#aeTitle), message.context.transferSyntax)
      await respond(connection, message, STATUS.pending, [], answer)
    }
    note(connection, message, 'C-FIND', STATUS.success, { identifier, level, matches })
    return respond(connection, message, STATUS.success)
  }

  /** Images go to hosts that the archive's table knows, and the table knows nobody: nothing is ever dialled. */
  async #move(message: Message, connection: DicomConnection): Promise<void> {
    const { identifier, level } = query(message)
    const destination = valueText(message.command, 0x0600)
    connection.visit.record('indicator', { kind: 'host', value: clip(destination), how: 'dicom.move' })
    const status = level ? STATUS.noDestination : STATUS.mismatch
    note(connection, message, 'C-MOVE', status, { identifier, level, destination })
    return respond(connection, message, status)
  }

  async #get(message: Message, connection: DicomConnection): Promise<void> {
    const { identifier, level } = query(message)
    if (!level) {
      note(connection, message, 'C-GET', STATUS.mismatch, { identifier })
      return respond(connection, message, STATUS.mismatch)
    }
    const images = [...take(imagesOf(this.#records, identifier, level), MOST_IMAGES)]
    const count = { completed: 0, failed: 0 }
    const counts = (): [number, number][] => {
      const left = images.length - count.completed - count.failed
      return [
        [0x1020, left],
        [0x1021, count.completed],
        [0x1022, count.failed],
        [0x1023, 0],
      ]
    }
    for (const [i, image] of images.entries()) {
      const outcome = await this.#sendImage(image, i + 1, connection)
      if (outcome === 'gone') return
      if (outcome === 'cancelled') return respond(connection, message, STATUS.cancelled, counts())
      count[outcome]++
      await respond(connection, message, STATUS.pending, counts())
    }
    const status = count.failed === 0 ? STATUS.success : count.completed ? STATUS.warning : STATUS.failed
    note(connection, message, 'C-GET', status, { identifier, level, matches: images.length })
    return respond(connection, message, status, counts())
  }

  /** A C-STORE on the same association (PS3.4 §C.4.3). */
  async #sendImage(
    found: Required<Found>,
    id: number,
    connection: DicomConnection,
  ): Promise<'completed' | 'failed' | 'cancelled' | 'gone'> {
    const sopClass = STORAGE[found.study.modality] ?? ''
    const context = [...connection.contexts.values()].find((one) => one.abstractSyntax === sopClass)
    if (!context) return 'failed'
    const command = encodeCommand([
      [FIELD.sopClass, sopClass],
      [FIELD.command, COMMAND.store],
      [FIELD.id, id],
      [FIELD.priority, 0],
      [FIELD.dataset, HAS_DATASET],
      [FIELD.instance, found.image.uid],
    ])
    await connection.send(context.id, command, encodeDataset(imageOf(found, this.#institution), context.transferSyntax))
    const answer = await connection.receive()
    if (!answer) return 'gone'
    if (word(answer.command, FIELD.command) === COMMAND.cancel) return 'cancelled'
    return word(answer.command, FIELD.status) === STATUS.success ? 'completed' : 'failed'
  }
}

function query({ context, data }: Message): { identifier: Dataset; level: Level | undefined } {
  const identifier = decodeDataset(data?.bytes ?? Buffer.alloc(0), context.transferSyntax)
  return { identifier, level: levelOf(identifier, context.abstractSyntax.startsWith('1.2.840.10008.5.1.4.1.2.1.')) }
}

function* take<T>(all: Iterable<T>, most: number): Generator<T> {
  let left = most
  for (const one of all) {
    if (left-- <= 0) return
    yield one
  }
}

async function respond(
  connection: DicomConnection,
  { command, context }: Message,
  status: number,
  counts: readonly (readonly [number, number])[] = [],
  data?: Buffer,
): Promise<void> {
  const instance = valueText(command, FIELD.instance)
  const answer = encodeCommand([
    [FIELD.sopClass, valueText(command, FIELD.sopClass)],
    [FIELD.command, (word(command, FIELD.command) ?? 0) | RESPONSE],
    [FIELD.answered, word(command, FIELD.id) ?? 0],
    [FIELD.dataset, data ? HAS_DATASET : NO_DATASET],
    [FIELD.status, status],
    ...(instance ? [[FIELD.instance, instance] as const] : []),
    ...counts,
  ])
  await connection.send(context.id, answer, data)
}

/** Keeps what was brought as a file of PS3.10, so that any viewer opens it. */
async function store(message: Message, connection: DicomConnection): Promise<void> {
  const { context, command, data } = message
  if (!data) throw new DicomError('a C-STORE without its image')
  const [sopClass, sopInstance] = [valueText(command, FIELD.sopClass), valueText(command, FIELD.instance)]
  const attributes = readable(data.bytes, context.transferSyntax)
  connection.visit.record(
    'dicom.store',
    {
      sopClass: clip(sopClass),
      sopInstance: clip(sopInstance),
      transferSyntax: context.transferSyntax,
      patientId: clip(valueText(attributes, TAG.patientId)),
      patientName: clip(valueText(attributes, TAG.patientName)),
      size: data.size,
      sha256: data.sha256,
      truncated: data.bytes.length < data.size,
    },
    ['attack:T1105'],
  )
  const file = Buffer.concat([fileHeader(sopClass, sopInstance, context.transferSyntax), data.bytes])
  connection.visit.capture(file, { name: clip(`${sopInstance}.dcm`), how: 'dicom.store' })
  return respond(connection, message, STATUS.success)
}

/** The attributes of an image; none when its bytes are no data set, which the archive does not look at either. */
function readable(bytes: Buffer, transferSyntax: string): Dataset {
  try {
    return decodeDataset(bytes, transferSyntax)
  } catch (error) {
    if (!(error instanceof DicomError)) throw error
    return new Map()
  }
}

function fileHeader(sopClass: string, sopInstance: string, transferSyntax: string): Buffer {
  const texts: [number, string][] = [
    [0x00020002, sopClass],
    [0x00020003, sopInstance],
    [0x00020010, transferSyntax],
  ]
  const elements = texts.map(([tag, text]) => {
    const value = textValue(tag, text)
    const header = Buffer.alloc(8)
    header.writeUInt16LE(tag >>> 16, 0)
    header.writeUInt16LE(tag & 0xffff, 2)
    header.write('UI', 4, 'latin1')
    header.writeUInt16LE(value.length, 6)
    return Buffer.concat([header, value])
  })
  const version = Buffer.from('020001004f42000002000000' + '0001', 'hex')
  const rest = Buffer.concat([version, ...elements])
  const length = Buffer.from('02000000554c040000000000', 'hex')
  length.writeUInt32LE(rest.length, 8)
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), length, rest])
}

function note(
  { visit }: DicomConnection,
  { command }: Message,
  name: string,
  status: number,
  {
    identifier,
    level,
    matches,
    destination,
  }: { identifier?: Dataset; level?: Level | undefined; matches?: number; destination?: string } = {},
): void {
  const asked = [...(identifier ?? new Map<number, Buffer>())]
    .slice(0, 64)
    .map(([tag]) => [tag.toString(16).padStart(8, '0'), clip(valueText(identifier as Dataset, tag))])
  visit.record(
    'dicom.request',
    {
      command: name,
      sopClass: clip(valueText(command, FIELD.sopClass)),
      status,
      ...(identifier ? { keys: Object.fromEntries(asked) } : {}),
      ...(level ? { level } : {}),
      ...(matches === undefined ? {} : { matches }),
      ...(destination === undefined ? {} : { destination: clip(destination) }),
    },
    name === 'C-ECHO' ? [] : ['attack:T1213'],
  )
}
