import { randomInt } from 'node:crypto'
import { evidence } from '../../../events/bytes.ts'
import type { Visit } from '../../../sensor/visit.ts'
import type { SmbEvents } from '../events.ts'
import { Logon } from '../logon.ts'
import type { SmbContext } from '../options.ts'
import { Session } from '../session.ts'
import { SmbFormatError, SmbStatus, STATUS } from '../status.ts'
import {
  bodyOf,
  buffer,
  COMMAND,
  ERROR_BODY,
  encodeBuffer,
  encodeResponse,
  FLAG,
  parseCompound,
  parseNegotiate,
  type Smb2Answer,
  type Smb2Message,
} from './codec.ts'
import { chain, isSigned, keysOf, open, type SessionKeys, seal, sign, TRANSFORM_BYTES } from './crypto.ts'
import { handleFile } from './files.ts'
import { agree, negotiateBody, type Terms } from './negotiation.ts'

const SESSIONS = 64
const GUEST = 1
const NULL_SESSION = 2
/** A client that speaks neither 2.1 nor later, in answer to its SMB1 negotiation. */
const WILDCARD = 0x2ff

/** A session from its first token on. */
interface Login {
  logon: Logon | undefined
  session: Session | undefined
  keys: SessionKeys | undefined
  /** Hash over negotiation and login, of dialect 3.1.1. */
  preauth: Buffer
}

/** The server's side of one SMB2 connection. */
export class Smb2Server {
  readonly #visit: Visit<SmbEvents>
  readonly #context: SmbContext
  readonly #logins = new Map<bigint, Login>()
  #terms: Terms | undefined
  #preauth: Buffer = Buffer.alloc(64)
  #sealed = 0n
  /** Ids rise from where this connection began. */
  #nextSession: bigint

  constructor(visit: Visit<SmbEvents>, context: SmbContext) {
    this.#visit = visit
    this.#context = context
    const isWindows = context.room.machine.shape === 'windows'
    this.#nextSession = isWindows ? 0x4000000_0001n + BigInt(randomInt(0x40)) * 4n : BigInt(randomInt(0x10000, 0xffffffff))
  }

  /** The answer to an SMB1 negotiation that names SMB2. */
  answerSmb1(hasWildcard: boolean, dialects: readonly string[]): Buffer {
    const { machine } = this.#context.room
    const chosen = hasWildcard ? WILDCARD : 0x202
    const terms: Terms = { dialect: hasWildcard ? 0x210 : 0x202, signing: 0, cipher: 0, capabilities: hasWildcard ? 7 : 1 }
    if (!hasWildcard) this.#terms = terms
    this.#recordNegotiation(dialects, chosen)
    const body = negotiateBody(machine, terms, undefined, chosen)
    const request: Smb2Message = {
      bytes: Buffer.alloc(0),
      command: COMMAND.NEGOTIATE,
      creditCharge: 0,
      credits: 1,
      flags: 0,
      messageId: 0n,
      processId: 0,
      treeId: 0,
      sessionId: 0n,
    }
    return encodeResponse(request, { status: STATUS.SUCCESS, body }, request)
  }

  /** Takes one packet and gives the answer to it, if it has one. @throws SmbFormatError */
  async receive(packet: Buffer): Promise<Buffer | undefined> {
    if (packet[0] !== 0xfd) return await this.#answerCompound(packet)
    if (packet.length < TRANSFORM_BYTES) throw new SmbFormatError('transform header')
    const sessionId = packet.readBigUInt64LE(44)
    const keys = this.#logins.get(sessionId)?.keys
    const cipher = this.#terms?.cipher
    if (!keys || !cipher) throw new SmbFormatError('sealed without a key')
    const answer = await this.#answerCompound(open(packet, keys.opening, cipher), true)
    const nonce = Buffer.alloc(16)
    nonce.writeBigUInt64LE(++this.#sealed)
    return answer && seal(answer, sessionId, keys.sealing, cipher, nonce)
  }

  /** The client has gone. */
  close(): void {
    for (const { session } of this.#logins.values()) session?.abandon()
  }

  async #answerCompound(packet: Buffer, isSealed = false): Promise<Buffer | undefined> {
    const answers: Buffer[] = []
    let related: { treeId: number; sessionId: bigint; handle: number | undefined } = { treeId: 0, sessionId: 0n, handle: undefined }
    const messages = parseCompound(packet)
    for (const [i, message] of messages.entries()) {
      const isRelated = i > 0 && (message.flags & FLAG.RELATED) !== 0
      const ids = isRelated
        ? { treeId: related.treeId, sessionId: related.sessionId }
        : { treeId: message.treeId, sessionId: message.sessionId }
      if (message.command === COMMAND.CANCEL) continue
      const { answer, signs } = await this.#answer(message, ids, isRelated ? related.handle : undefined, isSealed)
      related = {
        treeId: answer.treeId ?? ids.treeId,
        sessionId: answer.sessionId ?? ids.sessionId,
        handle: answer.handle ?? related.handle,
      }
      const response = encodeResponse(message, answer, ids)
      const isLast = i === messages.length - 1
      const padded = isLast ? response : Buffer.concat([response, Buffer.alloc(-response.length & 7)])
      if (!isLast) padded.writeUInt32LE(padded.length, 20)
      const keys = this.#logins.get(related.sessionId)?.keys
      if (signs && keys && !isSealed) sign(padded, keys.signing, this.#terms?.signing ?? 0)
      this.#hash(message, padded, answer.status)
      answers.push(padded)
    }
    return answers.length ? Buffer.concat(answers) : undefined
  }

  /** Goes on with the hash of 3.1.1 over the answer; that over the request has been done before it was answered. */
  #hash(message: Smb2Message, response: Buffer, status: number): void {
    if (message.command === COMMAND.NEGOTIATE) this.#preauth = chain(this.#preauth, response)
    if (message.command !== COMMAND.SESSION_SETUP || status !== STATUS.MORE_PROCESSING_REQUIRED) return
    const login = this.#logins.get(response.readBigUInt64LE(40))
    if (login) login.preauth = chain(login.preauth, response)
  }

  async #answer(
    message: Smb2Message,
    ids: { treeId: number; sessionId: bigint },
    handle: number | undefined,
    isSealed: boolean,
  ): Promise<{ answer: Smb2Answer; signs: boolean }> {
    const isSignedRequest = (message.flags & FLAG.SIGNED) !== 0
    try {
      if (message.command === COMMAND.NEGOTIATE) return { answer: this.#negotiate(message), signs: false }
      if (!this.#terms) throw new SmbFormatError('no negotiation')
      if (message.command === COMMAND.SESSION_SETUP) {
        const answer = await this.#sessionSetup(message)
        return { answer, signs: answer.status === STATUS.SUCCESS }
      }
      if (message.command === COMMAND.ECHO)
        return { answer: { status: STATUS.SUCCESS, body: Buffer.of(4, 0, 0, 0) }, signs: isSignedRequest }
      const login = this.#logins.get(ids.sessionId)
      if (!login?.session) throw new SmbStatus(STATUS.USER_SESSION_DELETED)
      if (isSignedRequest && !isSealed && login.keys && !isSigned(message.bytes, login.keys.signing, this.#terms.signing)) {
        throw new SmbStatus(STATUS.ACCESS_DENIED)
      }
      const answer = this.#serve(message, login.session, ids, handle)
      return { answer, signs: isSignedRequest }
    } catch (error) {
      if (!(error instanceof SmbStatus)) throw error
      return { answer: { status: error.status, body: ERROR_BODY }, signs: isSignedRequest }
    }
  }

  #negotiate(message: Smb2Message): Smb2Answer {
    const request = parseNegotiate(message)
    // A second negotiation ends the connection (MS-SMB2 3.3.5.4).
    if (this.#terms) throw new SmbFormatError('negotiated twice')
    const { machine } = this.#context.room
    const terms = agree(machine, request)
    const names = request.dialects.slice(0, 32).map((dialect) => dialectName(dialect))
    this.#recordNegotiation(names, terms?.dialect, request.clientGuid)
    if (!terms) throw new SmbStatus(STATUS.NOT_SUPPORTED)
    this.#terms = terms
    this.#preauth = chain(Buffer.alloc(64), message.bytes)
    return { status: STATUS.SUCCESS, body: negotiateBody(machine, terms, request) }
  }

  #recordNegotiation(dialects: readonly string[], chosen: number | undefined, clientGuid?: Buffer): void {
    this.#visit.record('smb.negotiate', {
      protocol: clientGuid ? 'SMB2' : 'SMB1',
      dialects: dialects.map((name) => evidence(name)),
      chosen: chosen === undefined ? 'none' : dialectName(chosen),
      ...(clientGuid && { clientGuid: clientGuid.toString('hex') }),
    })
  }

  async #sessionSetup(message: Smb2Message): Promise<Smb2Answer> {
    const body = bodyOf(message, 24)
    body.skip(12)
    const token = buffer(message, body.u16le(), body.u16le())
    const { id, login } = this.#loginOf(message.sessionId)
    login.preauth = chain(login.preauth, message.bytes)
    login.logon ??= new Logon(this.#visit, this.#context)
    const { status, blob, admission } = await login.logon.step(token)
    if (!admission) {
      if (status === STATUS.MORE_PROCESSING_REQUIRED) return { status, body: encodeBuffer(blob, 0), sessionId: id }
      if (!login.session) this.#logins.delete(id)
      return { status, body: ERROR_BODY, sessionId: id }
    }
    login.logon = undefined
    login.session ??= new Session(admission, this.#visit, this.#context)
    const terms = this.#terms as Terms
    if (admission.key) login.keys ??= keysOf(terms.dialect, admission.key, login.preauth, terms.cipher)
    const flags = admission.kind === 'guest' ? GUEST : admission.kind === 'anonymous' ? NULL_SESSION : 0
    return { status: STATUS.SUCCESS, body: encodeBuffer(blob, flags), sessionId: id }
  }

  #loginOf(given: bigint): { id: bigint; login: Login } {
    const known = this.#logins.get(given)
    if (known) return { id: given, login: known }
    if (given !== 0n) throw new SmbStatus(STATUS.USER_SESSION_DELETED)
    if (this.#logins.size >= SESSIONS) throw new SmbStatus(STATUS.INSUFFICIENT_RESOURCES)
    const login: Login = { logon: undefined, session: undefined, keys: undefined, preauth: this.#preauth }
    const id = this.#nextSession
    this.#nextSession += 4n
    this.#logins.set(id, login)
    return { id, login }
  }

  #serve(message: Smb2Message, session: Session, ids: { treeId: number; sessionId: bigint }, handle: number | undefined): Smb2Answer {
    const done = { status: STATUS.SUCCESS, body: Buffer.of(4, 0, 0, 0) }
    switch (message.command) {
      case COMMAND.LOGOFF:
        session.abandon()
        this.#logins.delete(ids.sessionId)
        return done
      case COMMAND.TREE_CONNECT: {
        const body = bodyOf(message, 8)
        body.skip(4)
        const { id, share } = session.connect(buffer(message, body.u16le(), body.u16le()).toString('utf16le'))
        const answer = Buffer.alloc(16)
        answer.writeUInt16LE(16, 0)
        answer.writeUInt8(share.kind === 'pipe' ? 2 : 1, 2)
        answer.writeUInt32LE(share.kind === 'pipe' ? 0x30 : 0, 4)
        answer.writeUInt32LE(share.kind === 'pipe' ? 0x1f00a9 : 0x1f01ff, 12)
        if (this.#context.room.machine.shape === 'samba') answer.writeUInt32LE(0, 4)
        return { status: STATUS.SUCCESS, body: answer, treeId: id }
      }
      case COMMAND.TREE_DISCONNECT:
        session.disconnect(ids.treeId)
        return done
      default:
        return handleFile(message, {
          session,
          treeId: ids.treeId,
          handle,
          machine: this.#context.room.machine,
          terms: this.#terms as Terms,
        })
    }
  }
}

function dialectName(dialect: number): string {
  if (dialect === WILDCARD) return 'SMB 2.???'
  return `${dialect >> 8}.${(dialect >> 4) & 15}.${dialect & 15}`
}
