/** C-STORE: whatever image is brought is kept as a file of PS3.10, so that any viewer opens it. */
import { FIELD, STATUS } from './command.ts'
import type { DicomConnection, Message } from './connection.ts'
import { type Dataset, decodeDataset, valueText } from './dataset.ts'
import { clip } from './events.ts'
import { encodeFile } from './file.ts'
import { DicomError } from './pdu.ts'
import { TAG } from './query.ts'

/** PS3.3 §C.24.2: a PDF or a CDA that travels as an image. */
const DOCUMENT = { bytes: 0x00420011, type: 0x00420012 } as const

/** @throws DicomError when the bytes are no data set, as DCMTK reads them on their way in */
export async function store(message: Message, connection: DicomConnection): Promise<void> {
  const { context, command, data } = message
  if (!data) throw new DicomError('a C-STORE without its image')
  const { visit } = connection
  const [sopClass, sopInstance] = [valueText(command, FIELD.sopClass), valueText(command, FIELD.instance)]
  const attributes = readable(data.bytes, context.transferSyntax)
  visit.record(
    'dicom.store',
    {
      sopClass: clip(sopClass),
      sopInstance: clip(sopInstance),
      transferSyntax: context.transferSyntax,
      patientId: clip(valueText(attributes ?? NONE, TAG.patientId)),
      patientName: clip(valueText(attributes ?? NONE, TAG.patientName)),
      size: data.size,
      sha256: data.sha256,
      truncated: data.bytes.length < data.size,
    },
    ['attack:T1105'],
  )
  const file = encodeFile(sopClass, sopInstance, context.transferSyntax, data.bytes)
  visit.capture(file, { name: clip(`${sopInstance}.dcm`), how: 'dicom.store' })
  const document = attributes?.get(DOCUMENT.bytes)
  if (attributes && document?.length) {
    const [, type = 'bin'] = /\/([\w.+-]{1,32})$/.exec(valueText(attributes, DOCUMENT.type)) ?? []
    visit.capture(document, { name: clip(`${sopInstance}.${type}`), how: 'dicom.document' })
  }
  if (!attributes && data.bytes.length === data.size) throw new DicomError('an image that is no data set')
  return connection.respond(message, attributes ? verdict(attributes, sopClass, sopInstance) : STATUS.success)
}

const NONE: Dataset = new Map()

/** dcmqrscp looks whether the image is the one that the command names. */
function verdict(attributes: Dataset, sopClass: string, sopInstance: string): number {
  const [itsClass, itsInstance] = [valueText(attributes, TAG.sopClass), valueText(attributes, TAG.sopInstance)]
  if (itsClass === '' || itsInstance === '') return STATUS.unable
  return itsClass === sopClass && itsInstance === sopInstance ? STATUS.success : STATUS.mismatch
}

/** The attributes of an image; undefined when its bytes are no data set. */
function readable(bytes: Buffer, transferSyntax: string): Dataset | undefined {
  try {
    return decodeDataset(bytes, transferSyntax)
  } catch (error) {
    if (!(error instanceof DicomError)) throw error
    return undefined
  }
}
