import { ShortMessage } from '../byte-reader.ts'
import {
  type AuthVerifier,
  type ContextResult,
  DcerpcError,
  encodeBindAck,
  encodeBindNak,
  encodeFault,
  encodePdu,
  encodeResponse,
  type Header,
  MAX_FRAGMENT,
  PFC,
  PTYPE,
  parseBind,
  parseHeader,
  parseRequest,
  type Request,
  type Syntax,
  splitAuth,
} from './pdu.ts'

export const NDR: Syntax = { uuid: '8a885d04-1ceb-11c9-9fe8-08002b104860', major: 2, minor: 0 }
/** Bind time feature negotiation (MS-RPCE 3.3.1.5.3): no syntax, its last bytes are flags. */
const FEATURES = '6cb71c2c-9812-4540-'

/** Status of a fault (C706 appendix E, MS-RPCE 3.1.1.5.5). */
export const FAULT = {
  ACCESS_DENIED: 5,
  BAD_STUB: 0x6f7,
  OP_RANGE: 0x1c010002,
  UNKNOWN_INTERFACE: 0x1c010003,
  CONTEXT_MISMATCH: 0x1c00001a,
} as const

/** Thrown by an interface: the call ends with this fault. */
export class RpcFault extends Error {
  readonly status: number

  constructor(status: number) {
    super(`fault ${status}`)
    this.name = 'RpcFault'
    this.status = status
  }
}

export interface RpcInterface {
  name: string
  uuid: string
  major: number
  /** Names of the operations by number. */
  operations: Readonly<Record<number, string>>
  /** Answers one call. @throws RpcFault; a stub that ends too early may throw ShortMessage */
  call(opnum: number, stub: Buffer): Buffer
}

export interface AssociationSetup {
  interfaces: readonly RpcInterface[]
  /** Secondary address of bind_ack, `\PIPE\srvsvc` or `135`. */
  address: string
  groupId: number
  /** Bytes that all fragments of one call may have together. */
  largestCall?: number
  onBind(syntax: Syntax, accepted: boolean, name: string | undefined): void
  onCall(call: { interface: string; opnum: number; operation: string | undefined; stub: Buffer; fault: number | undefined }): void
  /** Answers the token of a verifier; undefined = authentication of this type is not offered. */
  authenticate?(auth: AuthVerifier): Buffer | undefined
}

const LARGEST_CALL = 1024 * 1024
const CONTEXTS = 64

/** The server's side of one association: binds, fragments, calls. Whatever carries it gives it whole PDUs. */
export class Association {
  readonly #setup: AssociationSetup
  readonly #contexts = new Map<number, RpcInterface>()
  #fragments: { request: Request; parts: Buffer[]; length: number } | undefined
  #clientFragment = MAX_FRAGMENT

  constructor(setup: AssociationSetup) {
    this.#setup = setup
  }

  /** Takes one PDU and gives what is to be sent, possibly nothing. @throws DcerpcError when the association is broken */
  receive(pdu: Buffer): Buffer {
    const header = parseHeader(pdu)
    const { body, auth } = splitAuth(pdu, header)
    switch (header.type) {
      case PTYPE.BIND:
      case PTYPE.ALTER_CONTEXT:
        return this.#bind(header, body, auth)
      case PTYPE.REQUEST:
        return this.#request(header, body, auth)
      case PTYPE.AUTH3:
        if (auth) this.#setup.authenticate?.(auth)
        return Buffer.alloc(0)
      case PTYPE.CANCEL:
      case PTYPE.ORPHANED:
        return Buffer.alloc(0)
      default:
        throw new DcerpcError(`a server gets no PDU of type ${header.type}`)
    }
  }

  #bind({ type, callId }: Header, body: Buffer, auth: AuthVerifier | undefined): Buffer {
    const { contexts, maxReceive, groupId } = parseBind(body)
    if (maxReceive >= 1432) this.#clientFragment = Math.min(maxReceive, MAX_FRAGMENT)
    const results = contexts.map(({ id, abstract, transfer }): ContextResult => {
      const features = transfer.find(({ uuid }) => uuid.startsWith(FEATURES))
      if (features) return { result: 3, reason: 3 }
      const found = this.#setup.interfaces.find(({ uuid, major }) => uuid === abstract.uuid && major === abstract.major)
      const takesNdr = transfer.some(({ uuid }) => uuid === NDR.uuid)
      this.#setup.onBind(abstract, found !== undefined && takesNdr, found?.name)
      if (!found) return { result: 2, reason: 1 }
      if (!takesNdr) return { result: 2, reason: 2 }
      if (this.#contexts.size < CONTEXTS) this.#contexts.set(id, found)
      return { result: 0, reason: 0, transfer: NDR }
    })
    const token = auth && this.#setup.authenticate?.(auth)
    if (auth && !token) return encodeBindNak(callId, 8)
    const isBind = type === PTYPE.BIND
    const ack = encodeBindAck({ groupId: groupId || this.#setup.groupId, address: isBind ? this.#setup.address : '', results })
    return encodePdu(isBind ? PTYPE.BIND_ACK : PTYPE.ALTER_CONTEXT_RESPONSE, callId, ack, auth && token ? { auth: { ...auth, token } } : {})
  }

  #request(header: Header, body: Buffer, auth: AuthVerifier | undefined): Buffer {
    const request = parseRequest(body, header)
    if (header.flags & PFC.FIRST) this.#fragments = { request, parts: [], length: 0 }
    const whole = this.#fragments
    if (!whole) throw new DcerpcError('a fragment without its first')
    whole.parts.push(request.stub)
    whole.length += request.stub.length
    if (whole.length > (this.#setup.largestCall ?? LARGEST_CALL)) throw new DcerpcError('a call without end')
    if (!(header.flags & PFC.LAST)) return Buffer.alloc(0)
    this.#fragments = undefined
    const { contextId, opnum } = whole.request
    const target = this.#contexts.get(contextId)
    if (!target) return encodeFault(header.callId, contextId, FAULT.UNKNOWN_INTERFACE)
    // Level 4 and above would need the keys of the verifier.
    if (auth && auth.level > 3) return encodeFault(header.callId, contextId, FAULT.ACCESS_DENIED)
    const stub = Buffer.concat(whole.parts)
    const answer = answerOf(target, opnum, stub)
    const fault = typeof answer === 'number' ? answer : undefined
    this.#setup.onCall({ interface: target.name, opnum, operation: target.operations[opnum], stub, fault })
    if (typeof answer === 'number') return encodeFault(header.callId, contextId, answer)
    return encodeResponse(header.callId, contextId, answer, this.#clientFragment)
  }
}

function answerOf(target: RpcInterface, opnum: number, stub: Buffer): Buffer | number {
  try {
    return target.call(opnum, stub)
  } catch (error) {
    if (error instanceof RpcFault) return error.status
    if (error instanceof ShortMessage) return FAULT.BAD_STUB
    throw error
  }
}
