/**
 * The picture archive of a hospital, as dcmqrscp of DCMTK 3.6.7 serves it.
 *
 *   client:   A-ASSOCIATE-RQ, called ANY, Verification    us: A-ASSOCIATE-AC, 16384, OFFIS_DCMTK_367      → dicom.associate
 *   client:   C-ECHO-RQ                                   us: C-ECHO-RSP 0000
 *   attacker: C-FIND-RQ STUDY, PatientName=*              us: FF00 a study, …, 0000                        → dicom.request
 *   attacker: C-MOVE-RQ to EVIL                           us: A801; nothing is dialled                     → indicator
 *   attacker: C-STORE-RQ with an image                    us: 0000; the image is kept                      → dicom.store
 *   scanner:  GET / HTTP/1.1                              us: RST, without a byte
 *
 * pdu.ts, dataset.ts and command.ts are the codecs, negotiation.ts decides what is accepted, archive.ts answers, query.ts and
 * matching.ts find, store.ts keeps what is brought.
 */
import { z } from 'zod'
import { evidence } from '../../events/bytes.ts'
import { institutionOf } from '../../host/hospital/institution.ts'
import { hospitalRecords } from '../../host/hospital/records.ts'
import { defineLure } from '../../sensor/lure.ts'
import { LimitReached } from '../../sensor/visit.ts'
import { Archive } from './archive.ts'
import { DicomConnection } from './connection.ts'
import { type DicomVisit, dicomEvents, recordAssociation } from './events.ts'
import { isIncomplete, negotiate, refusal } from './negotiation.ts'
import { ABORT, type Association, DicomError, decodeAssociation, encodeAccept, encodeReject, HEADER_BYTES, PDU } from './pdu.ts'

const MESSAGES = 5_000
const LARGEST_REQUEST = 128 * 1024
/** How long a peer may take to ask for its association (ARTIM, PS3.8 §9.1.5), ms. */
const ARTIM_MS = 30_000

export default defineLure({
  name: 'dicom',
  standsFor: ['Dicompot'],
  about: 'DICOM query/retrieve archive',
  profiles: ['standard', 'medical'],
  ports: [
    { transport: 'tcp', port: 104, alternate: 10104 },
    { transport: 'tcp', port: 11112 },
  ],
  options: z.strictObject({
    /** Own title, told in answers; by default the host's name. */
    aeTitle: z.string().min(1).max(16).optional(),
    /** Refuses associations that call another title. */
    checkCalledAe: z.boolean().default(false),
  }),
  events: dicomEvents,
  limits: { idleMs: 60_000 },

  async serve(visit, { persona, identity, options }) {
    const aeTitle = options.aeTitle ?? persona.hostname.toUpperCase().slice(0, 16)
    const connection = await associate(visit, options.checkCalledAe ? aeTitle : undefined)
    if (!connection) return
    const archive = new Archive(hospitalRecords(identity), institutionOf(persona).name, aeTitle)
    try {
      for (let messages = 0; messages < MESSAGES; messages++) {
        const message = await connection.receive()
        if (!message) return
        await archive.answer(message, connection)
      }
    } catch (error) {
      if (!(error instanceof DicomError)) throw error
      visit.record('dicom.malformed', { bytes: '', reason: error.message })
      return connection.abort(error)
    }
    throw new LimitReached('messages', MESSAGES)
  },
})

/** Brings an association about; undefined when there is none, and all is said that DCMTK says then. */
async function associate(visit: DicomVisit, ownTitle: string | undefined): Promise<DicomConnection | undefined> {
  const asked = await request(visit)
  if (!asked) return undefined
  if (isIncomplete(asked)) return malformed(visit, 'a request that lacks something')
  const reason = refusal(asked, ownTitle)
  recordAssociation(visit, asked, reason)
  if (reason) {
    await visit.write(encodeReject(...reason))
    return undefined
  }
  const accepted = negotiate(asked)
  await visit.write(encodeAccept(asked, accepted))
  return new DicomConnection(visit, asked, accepted)
}

async function request(visit: DicomVisit): Promise<Association | undefined> {
  const header = await visit.peek(HEADER_BYTES, { within: ARTIM_MS })
  if (header.length === 0) return undefined
  const [type = 0, length] = [header[0], header.length < HEADER_BYTES ? 0 : header.readUInt32BE(2)]
  const isOutOfTurn = type === PDU.data || type === PDU.releaseRq
  if (header.length === HEADER_BYTES && isOutOfTurn && length <= LARGEST_REQUEST) {
    await malformed(visit, 'no association yet')
    await visit.write(ABORT)
    return undefined
  }
  if (header.length < HEADER_BYTES || type !== PDU.associateRq || length > LARGEST_REQUEST)
    return drop(visit, 'not a request for an association')
  try {
    return decodeAssociation((await visit.exactly(HEADER_BYTES + length)).subarray(HEADER_BYTES))
  } catch (error) {
    if (!(error instanceof DicomError)) throw error
    return malformed(visit, error.message)
  }
}

async function drop(visit: DicomVisit, reason: string): Promise<undefined> {
  await malformed(visit, reason)
  visit.reset()
}

async function malformed(visit: DicomVisit, reason: string): Promise<undefined> {
  visit.record('dicom.malformed', { bytes: evidence((await visit.peek(256, { within: 50 })).subarray(0, 256)), reason })
}
