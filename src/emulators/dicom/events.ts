import { z } from 'zod'
import { Evidence, type Evidence as EvidenceValue, evidence } from '../../events/bytes.ts'
import type { Visit } from '../../sensor/visit.ts'
import type { Association } from './pdu.ts'

export const dicomEvents = {
  'dicom.associate': z.object({
    calledAe: Evidence,
    callingAe: Evidence,
    implementationUid: Evidence,
    implementationVersion: Evidence,
    maxPdu: z.number(),
    contexts: z.array(Evidence),
    accepted: z.boolean(),
    /** Result, source and reason of the refusal. */
    reason: z.array(z.number()).optional(),
  }),
  'dicom.request': z.object({
    command: z.string(),
    sopClass: Evidence,
    level: z.string().optional(),
    keys: z.record(z.string(), Evidence).optional(),
    matches: z.number().optional(),
    destination: Evidence.optional(),
    status: z.number(),
  }),
  'dicom.store': z.object({
    sopClass: Evidence,
    sopInstance: Evidence,
    transferSyntax: z.string(),
    patientId: Evidence,
    patientName: Evidence,
    size: z.number(),
    sha256: z.string(),
    truncated: z.boolean(),
  }),
  /** How an association ended that came about. */
  'dicom.end': z.object({ how: z.enum(['released', 'aborted', 'left']) }),
  'dicom.malformed': z.object({ bytes: Evidence, reason: z.string() }),
}
export type DicomVisit = Visit<typeof dicomEvents>

export function clip(text: string, most = 256): EvidenceValue {
  return evidence(Buffer.from(text.slice(0, most), 'latin1'))
}

export function recordAssociation(visit: DicomVisit, asked: Association, reason: readonly number[] | undefined): void {
  visit.record('dicom.associate', {
    calledAe: clip(asked.calledAe),
    callingAe: clip(asked.callingAe),
    implementationUid: clip(asked.implementationUid),
    implementationVersion: clip(asked.implementationVersion),
    maxPdu: asked.maxPdu,
    contexts: asked.contexts.slice(0, 32).map(({ abstractSyntax }) => clip(abstractSyntax)),
    accepted: reason === undefined,
    ...(reason ? { reason: [...reason] } : {}),
  })
  const { identity } = asked
  if (!identity) return
  const methods = ['', 'dicom-user', 'dicom-passcode', 'dicom-kerberos', 'dicom-saml', 'dicom-jwt']
  const isToken = identity.type > 2
  visit.login({
    method: methods[identity.type] ?? 'dicom-user',
    username: isToken ? '' : evidence(identity.primary.subarray(0, 256)),
    password: evidence((isToken ? identity.primary : identity.secondary).subarray(0, 4096)),
    accepted: reason === undefined,
  })
}
