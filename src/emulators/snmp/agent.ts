import { type Binding, encodeBinding, PDU, type Pdu } from './message.ts'
import type { Mib } from './mib.ts'

/** Error statuses (RFC 3416 §3); v1 knows the first five. */
const ERROR = { tooBig: 1, noSuchName: 2, badValue: 3, readOnly: 4, noAccess: 6, wrongType: 7, notWritable: 17 }
/** Bytes of bindings in one answer, so that the whole stays below a governor's 1200. */
const LARGEST_LIST = 1100
const MOST_REPETITIONS = 10

export interface Rights {
  version: 0 | 1
  mayWrite: boolean
}

/** Answers a request PDU; undefined for what an agent does not answer (responses, traps, GetBulk of version 1). */
export function answerPdu(request: Pdu, mib: Mib, rights: Rights): Pdu | undefined {
  switch (request.tag) {
    case PDU.get:
      return read(request, rights, (binding) => get(binding, mib, rights))
    case PDU.next:
      return read(request, rights, (binding) => next(binding, mib, rights))
    case PDU.bulk:
      return rights.version === 0 ? undefined : bulk(request, mib, rights)
    case PDU.set:
      return set(request, mib, rights)
    default:
      return undefined
  }
}

function respond({ requestId }: Pdu, bindings: Binding[], errorStatus = 0, errorIndex = 0): Pdu {
  return { tag: PDU.response, requestId, errorStatus, errorIndex, bindings }
}

function refuse(request: Pdu, status: number, index: number): Pdu {
  return respond(request, request.bindings, status, index)
}

/** Every binding through `one`, which is undefined where version 1 gives up on the whole request. */
function read(request: Pdu, { version }: Rights, one: (binding: Binding) => Binding | undefined): Pdu {
  const bindings: Binding[] = []
  for (const [i, binding] of request.bindings.entries()) {
    const found = one(binding)
    if (!found) return refuse(request, ERROR.noSuchName, i + 1)
    bindings.push(found)
  }
  if (sizeOf(bindings) <= LARGEST_LIST) return respond(request, bindings)
  return version === 0 ? refuse(request, ERROR.tooBig, 0) : respond(request, [], ERROR.tooBig, 0)
}

function sizeOf(bindings: readonly Binding[]): number {
  return bindings.reduce((sum, binding) => sum + encodeBinding(binding).length, 0)
}

function get({ oid }: Binding, mib: Mib, { version }: Rights): Binding | undefined {
  const found = mib.get(oid)
  if (found) return { oid, value: found.read() }
  if (version === 0) return undefined
  return { oid, value: { type: mib.hasType(oid) ? 'noSuchInstance' : 'noSuchObject' } }
}

function next({ oid }: Binding, mib: Mib, { version }: Rights): Binding | undefined {
  const found = mib.next(oid)
  if (found) return { oid: found.oid, value: found.read() }
  return version === 0 ? undefined : { oid, value: { type: 'endOfMibView' } }
}

/** RFC 3416 §4.2.3, cut short where the answer would grow too large. */
function bulk(request: Pdu, mib: Mib, rights: Rights): Pdu {
  const once = Math.max(0, Math.min(request.errorStatus, request.bindings.length))
  const repetitions = Math.max(0, Math.min(request.errorIndex, MOST_REPETITIONS))
  const bindings = request.bindings.slice(0, once).map((binding) => next(binding, mib, rights) as Binding)
  let row = request.bindings.slice(once)
  for (let i = 0; i < repetitions && row.length > 0; i++) {
    row = row.map((binding) => next(binding, mib, rights) as Binding)
    bindings.push(...row)
    if (row.every(({ value }) => value.type === 'endOfMibView') || sizeOf(bindings) > LARGEST_LIST) break
  }
  while (sizeOf(bindings) > LARGEST_LIST) bindings.pop()
  return respond(request, bindings)
}

/** All or nothing (RFC 3416 §4.2.5). */
function set(request: Pdu, mib: Mib, { version, mayWrite }: Rights): Pdu {
  const [missing, denied, wrong] =
    version === 0 ? [ERROR.noSuchName, ERROR.noSuchName, ERROR.badValue] : [ERROR.notWritable, ERROR.noAccess, ERROR.wrongType]
  for (const [i, { oid, value }] of request.bindings.entries()) {
    if (!mayWrite) return refuse(request, denied, i + 1)
    const object = mib.get(oid)
    if (!object?.write) return refuse(request, missing, i + 1)
    if (value.type !== object.read().type) return refuse(request, wrong, i + 1)
  }
  for (const [i, { oid, value }] of request.bindings.entries()) if (!mib.get(oid)?.write?.(value)) return refuse(request, wrong, i + 1)
  return respond(request, request.bindings)
}
