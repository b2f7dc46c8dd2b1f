import { EXPLICIT, IMPLICIT } from './dataset.ts'
import type { Acceptance, Association, PresentationContext } from './pdu.ts'

/** How DCMTK 3.6.7 introduces itself, from a recording of dcmqrscp. */
const IMPLEMENTATION = { uid: '1.2.276.0.7230010.3.0.3.6.7', version: 'OFFIS_DCMTK_367' }
export const MAX_PDU = 16_384

export const VERIFICATION = '1.2.840.10008.1.1'
/** Query and retrieve by patient root, study root and patient/study only: FIND, MOVE, GET (PS3.4 annex C). */
const QUERY_RETRIEVE = /^1\.2\.840\.10008\.5\.1\.4\.1\.2\.[123]\.[123]$/
const STORAGE = /^1\.2\.840\.10008\.5\.1\.4\.1\.1\.[0-9.]{1,20}$/

export type Reason = readonly [result: number, source: number, reason: number]

/** Why an association is refused, in the numbers that dcmqrscp was recorded to give. */
export function refusal(asked: Association, aeTitle: string | undefined): Reason | undefined {
  if ((asked.version & 1) === 0) return [1, 2, 2]
  if (asked.applicationContext !== '1.2.840.10008.3.1.1.1') return [2, 1, 2]
  if (aeTitle !== undefined && asked.calledAe !== aeTitle) return [1, 1, 7]
  return undefined
}

/** Accepts what the archive does; every context is answered, those refused as well. */
export function negotiate(asked: Association): Acceptance {
  return {
    contexts: asked.contexts.map(answerContext),
    roles: asked.roles.filter(({ uid }) => isKnown(uid)),
    maxPdu: MAX_PDU,
    implementationUid: IMPLEMENTATION.uid,
    implementationVersion: IMPLEMENTATION.version,
  }
}

/** Results 3 and 4 of PS3.8 table 9-18: abstract syntax, or no transfer syntax, supported. */
function answerContext({ id, abstractSyntax, transferSyntaxes }: PresentationContext): Acceptance['contexts'][number] {
  if (!isKnown(abstractSyntax)) return { id, result: 3, transferSyntax: IMPLICIT }
  const chosen = [EXPLICIT, IMPLICIT].find((one) => transferSyntaxes.includes(one))
  return { id, result: chosen ? 0 : 4, transferSyntax: chosen ?? IMPLICIT }
}

function isKnown(abstractSyntax: string): boolean {
  return abstractSyntax === VERIFICATION || QUERY_RETRIEVE.test(abstractSyntax) || STORAGE.test(abstractSyntax)
}
