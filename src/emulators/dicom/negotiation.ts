import { BIG_ENDIAN, EXPLICIT, IMPLICIT } from './dataset.ts'
import type { Acceptance, Association, PresentationContext } from './pdu.ts'
import storage from './storage-classes.json' with { type: 'json' }

/** How DCMTK 3.6.7 introduces itself, from a recording of dcmqrscp. */
const IMPLEMENTATION = { uid: '1.2.276.0.7230010.3.0.3.6.7', version: 'OFFIS_DCMTK_367' }
export const MAX_PDU = 16_384

const VERIFICATION = '1.2.840.10008.1.1'
/** Query and retrieve by patient root, study root and patient/study only: FIND, MOVE, GET (PS3.4 annex C). */
const QUERY_RETRIEVE = /^1\.2\.840\.10008\.5\.1\.4\.1\.2\.[123]\.[123]$/
/** The storage classes that dcmqrscp 3.6.7 was found to accept, of all that could be asked for. */
const STORAGE = new Set([
  ...storage.map((tail) => `1.2.840.10008.5.1.4.1.1.${tail}`),
  ...['1.27', '1.29', '1.30', '4.34.1', '4.34.7', '4.34.10'].map((tail) => `1.2.840.10008.5.1.${tail}`),
])
/** In the order in which a little endian machine likes them. */
const TRANSFER = [EXPLICIT, BIG_ENDIAN, IMPLICIT]

export type Reason = readonly [result: number, source: number, reason: number]

/** Why an association is refused, in the numbers that dcmqrscp was recorded to give. */
export function refusal(asked: Association, aeTitle: string | undefined): Reason | undefined {
  if ((asked.version & 1) === 0) return [1, 2, 2]
  if (asked.applicationContext !== '1.2.840.10008.3.1.1.1') return [2, 1, 2]
  if (aeTitle !== undefined && asked.calledAe !== aeTitle) return [1, 1, 7]
  return undefined
}

/** What DCMTK hangs up on without a word: nobody calls, nothing is asked for, or something without a transfer syntax. */
export function isIncomplete({ callingAe, contexts }: Association): boolean {
  return callingAe === '' || contexts.length === 0 || contexts.some(({ transferSyntaxes }) => transferSyntaxes.length === 0)
}

/** Accepts what the archive does; every context is answered, the accepted ones of storage first, as dcmqrscp goes through them. */
export function negotiate(asked: Association): Acceptance {
  const contexts = asked.contexts.map(answerContext)
  const isStored = ({ id, result }: { id: number; result: number }): boolean =>
    result === 0 && asked.contexts.some((one) => one.id === id && STORAGE.has(one.abstractSyntax))
  const stored = contexts.filter(isStored)
  const roles = asked.roles.filter(({ uid }) =>
    stored.some(({ id }) => asked.contexts.some((one) => one.id === id && one.abstractSyntax === uid)),
  )
  return {
    contexts: [...stored, ...contexts.filter((one) => !isStored(one))],
    // Who asks for no role at all is given both.
    roles: roles.map((role) => (role.scu || role.scp ? role : { ...role, scu: 1, scp: 1 })),
    maxPdu: MAX_PDU,
    implementationUid: IMPLEMENTATION.uid,
    implementationVersion: IMPLEMENTATION.version,
  }
}

/** Results 3 and 4 of PS3.8 table 9-18: abstract syntax, or no transfer syntax, supported. Of storage dcmqrscp says 3 for both. */
function answerContext({ id, abstractSyntax, transferSyntaxes }: PresentationContext): Acceptance['contexts'][number] {
  const isService = abstractSyntax === VERIFICATION || QUERY_RETRIEVE.test(abstractSyntax)
  if (!isService && !STORAGE.has(abstractSyntax)) return { id, result: 3, transferSyntax: IMPLICIT }
  const chosen = TRANSFER.find((one) => transferSyntaxes.includes(one))
  return { id, result: chosen ? 0 : isService ? 4 : 3, transferSyntax: chosen ?? IMPLICIT }
}
