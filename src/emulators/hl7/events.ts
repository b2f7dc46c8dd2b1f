import { z } from 'zod'
import { Evidence, type Evidence as EvidenceValue, evidence } from '../../events/bytes.ts'
import { ja4, parseClientHello } from '../../sensor/client-hello.ts'
import { recordIndicators } from '../../sensor/indicators.ts'
import type { Visit } from '../../sensor/visit.ts'
import { component, type Hl7Message, type Segment } from './codec.ts'
import type { Frame } from './mllp.ts'
import type { Reception } from './receiver.ts'

const Patient = z.object({
  id: Evidence,
  name: Evidence,
  birthDate: Evidence,
  sex: Evidence.optional(),
  address: Evidence.optional(),
  phone: Evidence.optional(),
  ssn: Evidence.optional(),
})

export const hl7Events = {
  'hl7.message': z.object({
    framing: z.enum(['mllp', 'bare']),
    messageType: Evidence,
    controlId: Evidence,
    version: Evidence,
    processing: Evidence,
    sendingApplication: Evidence,
    sendingFacility: Evidence,
    receivingApplication: Evidence,
    receivingFacility: Evidence,
    security: Evidence.optional(),
    /** Names of the segments in order, the first 200. */
    segments: z.array(Evidence),
    patient: Patient.optional(),
    /** Class and place of the visit: `I`, `W3^B12`. */
    visit: z.object({ class: Evidence, location: Evidence }).optional(),
    /** How many orders and values it carries. */
    orders: z.number(),
    values: z.number(),
    /** MSH-15, MSH-16 and MSH-18. */
    acceptAcknowledgement: Evidence.optional(),
    applicationAcknowledgement: Evidence.optional(),
    characterSet: Evidence.optional(),
    size: z.number(),
    sha256: z.string(),
    /** Acknowledgement code, whether or not the sender wanted to be told. */
    code: z.string(),
    error: z.object({ code: z.number(), text: z.string(), segment: z.string(), field: z.number() }).optional(),
  }),
  /** Somebody asked for patients. */
  'hl7.query': z.object({ kind: Evidence, criteria: z.record(z.string(), Evidence), matches: z.number(), rows: z.number() }),
  /** Bytes that are no message: another protocol, most often. */
  'hl7.noise': z.object({ bytes: Evidence, size: z.number(), looksLike: z.string() }),
}
export type Hl7Visit = Visit<typeof hl7Events>

const SEGMENTS = 200
const VALUE = 256
/** Documents kept of one message. */
const DOCUMENTS = 20

const text = (value: string): EvidenceValue => evidence(Buffer.from(value.slice(0, VALUE), 'latin1'))

export function recordMessage(visit: Hl7Visit, frame: Frame, message: Hl7Message, { code, refusal, query }: Reception): void {
  const header = message.segments[0] as Segment
  const patient = patientIn(message)
  const security = header.field(8)
  visit.record(
    'hl7.message',
    {
      framing: frame.framing,
      messageType: text(header.field(9)),
      controlId: text(header.field(10)),
      version: text(header.field(12)),
      processing: text(header.field(11)),
      sendingApplication: text(header.field(3)),
      sendingFacility: text(header.field(4)),
      receivingApplication: text(header.field(5)),
      receivingFacility: text(header.field(6)),
      ...(security ? { security: text(security) } : {}),
      segments: message.segments.slice(0, SEGMENTS).map((segment) => text(segment.name)),
      ...(patient ? { patient } : {}),
      ...visitIn(message),
      orders: countOf(message, 'OBR'),
      values: countOf(message, 'OBX'),
      ...optional('acceptAcknowledgement', header.field(15)),
      ...optional('applicationAcknowledgement', header.field(16)),
      ...optional('characterSet', header.field(18)),
      size: frame.size,
      sha256: frame.sha256,
      code,
      ...(refusal ? { error: { code: refusal.code, text: refusal.text, segment: refusal.segment, field: refusal.field } } : {}),
    },
    // A record of a patient that somebody unknown sends would change what the hospital knows.
    code === 'AA' && !query ? ['attack:T1565.001'] : [],
  )
  if (query) {
    const criteria = Object.fromEntries(Object.entries(query.criteria).map(([key, value]) => [key, text(value)]))
    visit.record('hl7.query', { kind: text(query.kind), criteria, matches: query.matches, rows: query.rows }, ['attack:T1213'])
  }
  recordIndicators(visit, frame.bytes.toString('latin1'), 'hl7.message')
  captureDocuments(visit, message)
}

function patientIn({ segments }: Hl7Message): z.input<typeof Patient> | undefined {
  const pid = segments.find((segment) => segment.name === 'PID')
  if (!pid) return undefined
  return {
    id: text(pid.component(3, 1)),
    name: text(pid.repetitions(5)[0] ?? ''),
    birthDate: text(pid.field(7)),
    ...optional('sex', pid.field(8)),
    ...optional('address', pid.repetitions(11)[0] ?? ''),
    ...optional('phone', pid.repetitions(13)[0] ?? ''),
    ...optional('ssn', pid.field(19)),
  }
}

function visitIn({ segments }: Hl7Message): { visit?: { class: EvidenceValue; location: EvidenceValue } } {
  const pv1 = segments.find((segment) => segment.name === 'PV1')
  return pv1 ? { visit: { class: text(pv1.field(2)), location: text(pv1.field(3)) } } : {}
}

function countOf({ segments }: Hl7Message, name: string): number {
  return segments.filter((segment) => segment.name === name).length
}

/** A field that is left out when it is empty. */
function optional<K extends string>(name: K, value: string): { [N in K]?: EvidenceValue } {
  return value === '' ? {} : ({ [name]: text(value) } as { [N in K]?: EvidenceValue })
}

/** OBX-5 of type ED carries a document in its fifth component: `^application^pdf^Base64^JVBERi0…`. */
function captureDocuments(visit: Hl7Visit, { segments, separators }: Hl7Message): void {
  const values = segments.filter((segment) => segment.name === 'OBX' && segment.field(2) === 'ED').slice(0, DOCUMENTS)
  for (const obx of values) {
    const part = (n: number): string => component(obx.repetitions(5)[0] ?? '', n, separators)
    const bytes = Buffer.from(part(5), /^base64$/i.test(part(4)) ? 'base64' : /^hex$/i.test(part(4)) ? 'hex' : 'latin1')
    if (bytes.length) visit.capture(bytes, { name: text(`${obx.component(3, 1)}.${part(3)}`), how: 'hl7.document' })
  }
}

const NOISE_KEPT = 1024

const PROTOCOLS: readonly [string, RegExp][] = [
  ['tls', /^\x16\x03/],
  ['http', /^[A-Z]{3,8} \S{1,2048} (?:HTTP|RTSP|SIP)\//],
  ['dicom', /^\x01\x00\x00\x00/],
  ['ssh', /^SSH-/],
  ['rdp', /^\x03\x00/],
  ['smb', /^\x00\x00..[\xff\xfe]SMB/s],
]

export function recordNoise(visit: Hl7Visit, bytes: Buffer): string {
  const head = bytes.toString('latin1', 0, NOISE_KEPT)
  const looksLike = PROTOCOLS.find(([, pattern]) => pattern.test(head))?.[0] ?? 'unknown'
  visit.record('hl7.noise', { bytes: evidence(bytes.subarray(0, NOISE_KEPT)), size: bytes.length, looksLike })
  const hello = looksLike === 'tls' ? parseClientHello(bytes) : undefined
  if (hello) visit.record('fingerprint', { kind: 'ja4', ...ja4(hello) })
  return looksLike
}
