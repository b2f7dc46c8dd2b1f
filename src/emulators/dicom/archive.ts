import type { HospitalRecords } from '../../host/hospital/records.ts'
import { TimeSlice } from '../../sensor/time-slice.ts'
import { COMMAND, type Counts, FIELD, HAS_DATASET, STATUS } from './command.ts'
import type { DicomConnection, Message } from './connection.ts'
import { type Dataset, decodeDataset, encodeCommand, encodeDataset, textValue, valueText, word } from './dataset.ts'
import { clip } from './events.ts'
import { imageOf } from './image.ts'
import { DicomError } from './pdu.ts'
import { answerOf, type Found, imagesOf, type Misfit, type Query, queryOf, STORAGE, search, TAG } from './query.ts'
import { store } from './store.ts'

/** Images of one C-GET. */
const MOST_IMAGES = 500

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
        return connection.respond(message, STATUS.success)
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
    const asked = identifierOf(message)
    const query = queryIn(message, asked)
    if (typeof query === 'string') {
      const status = query === 'no level' ? STATUS.mismatch : STATUS.unable
      note(connection, message, 'C-FIND', status, { asked })
      return connection.respond(message, status)
    }
    const slice = new TimeSlice()
    let matches = 0
    for (const found of search(this.#records, query)) {
      matches++
      await slice.turn()
      const answer = encodeDataset(answerOf(found, query, this.#aeTitle), message.context.transferSyntax)
      await connection.respond(message, STATUS.pending, { data: answer })
    }
    note(connection, message, 'C-FIND', STATUS.success, { asked, query, matches })
    return connection.respond(message, STATUS.success)
  }

  /** Images go to hosts that the archive's table knows, and the table knows nobody: nothing is ever dialled. */
  async #move(message: Message, connection: DicomConnection): Promise<void> {
    const asked = identifierOf(message)
    const query = queryIn(message, asked)
    const destination = valueText(message.command, FIELD.destination)
    connection.visit.record('indicator', { kind: 'host', value: clip(destination), how: 'dicom.move' })
    // dcmqrscp asks who the receiver is only when there is something to be sent.
    const hasImages = typeof query === 'object' && !imagesOf(this.#records, query).next().done
    const status = hasImages ? STATUS.noDestination : retrievalStatus(query)
    note(connection, message, 'C-MOVE', status, { asked, query, destination })
    return connection.respond(message, status, { counts: countsOf(NOTHING_SENT) })
  }

  async #get(message: Message, connection: DicomConnection): Promise<void> {
    const asked = identifierOf(message)
    const query = queryIn(message, asked)
    const images = typeof query === 'string' ? [] : [...take(imagesOf(this.#records, query), MOST_IMAGES)]
    const sent = { completed: 0, failed: 0 }
    const failed: string[] = []
    for (const [i, image] of images.entries()) {
      const outcome = await this.#sendImage(image, i + 1, connection)
      if (outcome === 'gone') return
      const left = images.length - i - 1
      if (outcome === 'cancelled') return connection.respond(message, STATUS.cancelled, { counts: countsOf(sent, left + 1) })
      sent[outcome]++
      if (outcome === 'failed') failed.push(image.image.uid)
      await connection.respond(message, STATUS.pending, { counts: countsOf(sent, left) })
    }
    const status = failed.length === 0 ? retrievalStatus(query) : sent.completed ? STATUS.warning : STATUS.failed
    note(connection, message, 'C-GET', status, { asked, query, matches: images.length })
    const list: Dataset = new Map(failed.length ? [[TAG.failedInstances, textValue(TAG.failedInstances, failed.join('\\'))]] : [])
    const data = failed.length ? { data: encodeDataset(list, message.context.transferSyntax) } : {}
    return connection.respond(message, status, { counts: countsOf(sent), ...data })
  }

  /** A C-STORE on the same association (PS3.4 §C.4.3). */
  async #sendImage(found: Found, id: number, connection: DicomConnection): Promise<'completed' | 'failed' | 'cancelled' | 'gone'> {
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

interface Sent {
  completed: number
  failed: number
}
const NOTHING_SENT: Sent = { completed: 0, failed: 0 }

/** How many remain is only said while some do. */
function countsOf({ completed, failed }: Sent, remaining?: number): Counts {
  const done: Counts = [
    [0x1021, completed],
    [0x1022, failed],
    [0x1023, 0],
  ]
  return remaining === undefined ? done : [[0x1020, remaining], ...done]
}

function identifierOf({ context, data }: Message): Dataset {
  return decodeDataset(data?.bytes ?? Buffer.alloc(0), context.transferSyntax)
}

/** The information model is what the command names, not what its context was negotiated for. */
function queryIn({ command }: Message, identifier: Dataset): Query | Misfit {
  const isStudyRoot = valueText(command, FIELD.sopClass).startsWith('1.2.840.10008.5.1.4.1.2.2.')
  return queryOf(identifier, isStudyRoot ? 'STUDY' : 'PATIENT')
}

/** dcmqrscp finds nothing to retrieve where a unique key is missing, and that is no error. */
function retrievalStatus(query: Query | Misfit): number {
  if (query === 'no level') return STATUS.mismatch
  return query === 'no such level' ? STATUS.unable : STATUS.success
}

function* take<T>(all: Iterable<T>, most: number): Generator<T> {
  let left = most
  for (const one of all) {
    if (left-- <= 0) return
    yield one
  }
}

function note(
  { visit }: DicomConnection,
  { command }: Message,
  name: string,
  status: number,
  { asked, query, matches, destination }: { asked?: Dataset; query?: Query | Misfit; matches?: number; destination?: string } = {},
): void {
  const keys = [...(asked ?? new Map<number, Buffer>()).keys()]
    .slice(0, 64)
    .map((tag) => [tag.toString(16).padStart(8, '0'), clip(valueText(asked as Dataset, tag))])
  visit.record(
    'dicom.request',
    {
      command: name,
      sopClass: clip(valueText(command, FIELD.sopClass)),
      status,
      ...(asked ? { keys: Object.fromEntries(keys) } : {}),
      ...(typeof query === 'object' ? { level: query.level } : {}),
      ...(matches === undefined ? {} : { matches }),
      ...(destination === undefined ? {} : { destination: clip(destination) }),
    },
    name === 'C-ECHO' ? [] : ['attack:T1213'],
  )
}
