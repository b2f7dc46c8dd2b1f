import { evidence } from '../../../events/bytes.ts'
import { ShortMessage } from '../../../sensor/byte-reader.ts'
import { ByteWriter } from '../../../sensor/byte-writer.ts'
import { fileTime } from '../../../sensor/ntlm.ts'
import { encodeBareOffer } from '../../../sensor/spnego.ts'
import type { Visit } from '../../../sensor/visit.ts'
import type { SmbEvents } from '../events.ts'
import { type Admission, Logon } from '../logon.ts'
import type { SmbContext } from '../options.ts'
import { Session } from '../session.ts'
import { SmbFormatError, SmbStatus, STATUS } from '../status.ts'
import {
  COMMAND,
  encodeAnswer,
  FLAGS2,
  parseCommands,
  parseHeader,
  type Smb1Answer,
  type Smb1Command,
  type Smb1Header,
  Texts,
  text,
  wordsOf,
} from './codec.ts'
import { Exploits } from './exploits.ts'
import { handleFile } from './files.ts'
import { handleTransaction } from './transactions.ts'

const SESSIONS = 64
const CAPABILITIES = 0x1e3fd
const EXTENDED_SECURITY = 0x80000000
const GUEST = 1

/** The server's side of one SMB1 connection, in the manner of srv.sys of Server 2008 R2. */
export class Smb1Server {
  readonly #visit: Visit<SmbEvents>
  readonly #context: SmbContext
  readonly #sessions = new Map<number, Session>()
  readonly #logons = new Map<number, Logon>()
  /** The login of clients that do without NTLMSSP: its challenge goes out with the negotiation. */
  readonly #classic: Logon
  readonly #exploits: Exploits
  #nextUid = 0x800

  constructor(visit: Visit<SmbEvents>, context: SmbContext) {
    this.#visit = visit
    this.#context = context
    this.#classic = new Logon(visit, context)
    const seed = context.identity.integer('smb/pulsar', 0x10000000, 0xefffffff)
    this.#exploits = new Exploits(visit, seed, context.options.doublePulsar)
  }

  /** Takes one message and gives the answer to it, if it has one. @throws SmbFormatError */
  async receive(message: Buffer): Promise<Buffer | undefined> {
    const header = parseHeader(message)
    const answers: { command: number; answer: Smb1Answer }[] = []
    let ids = { tid: header.tid, uid: header.uid }
    for (const command of parseCommands(message)) {
      const answer = await this.#answer(command, { ...header, ...ids })
      if (!answer) return undefined
      answers.push({ command: command.command, answer })
      ids = { tid: answer.tid ?? ids.tid, uid: answer.uid ?? ids.uid }
      if (answer.status !== STATUS.SUCCESS) break
    }
    return encodeAnswer(header, answers)
  }

  /** The client has gone. */
  close(): void {
    this.#exploits.close()
    for (const session of this.#sessions.values()) session.abandon()
  }

  async #answer(command: Smb1Command, header: Smb1Header): Promise<Smb1Answer | undefined> {
    try {
      switch (command.command) {
        case COMMAND.NEGOTIATE:
          return this.#negotiate(command, header)
        case COMMAND.SESSION_SETUP_ANDX:
          return await this.#sessionSetup(command, header)
        case COMMAND.ECHO:
          return { status: STATUS.SUCCESS, words: Buffer.of(1, 0), bytes: Buffer.from(command.bytes) }
        case COMMAND.TRANSACTION2_SECONDARY:
        case COMMAND.NT_TRANSACT_SECONDARY:
          return this.#exploits.continueOverflow(command)
        default:
          return this.#serve(command, header)
      }
    } catch (error) {
      if (error instanceof SmbStatus) return { status: error.status }
      if (error instanceof ShortMessage) throw new SmbFormatError(error.message)
      throw error
    }
  }

  #serve(command: Smb1Command, header: Smb1Header): Smb1Answer {
    const session = this.#sessions.get(header.uid)
    if (!session) throw new SmbStatus(STATUS.SMB_BAD_UID)
    switch (command.command) {
      case COMMAND.TREE_CONNECT_ANDX:
        return treeConnect(command, session)
      case COMMAND.TREE_DISCONNECT:
        session.disconnect(header.tid)
        return { status: STATUS.SUCCESS }
      case COMMAND.LOGOFF_ANDX:
        session.abandon()
        this.#sessions.delete(header.uid)
        return { status: STATUS.SUCCESS, words: Buffer.alloc(4) }
      case COMMAND.TRANSACTION:
      case COMMAND.TRANSACTION2:
      case COMMAND.NT_TRANSACT:
        return handleTransaction(command, header, {
          session,
          visit: this.#visit,
          exploits: this.#exploits,
          machine: this.#context.room.machine,
        })
      default:
        return handleFile(command, header, session)
    }
  }

  #negotiate(command: Smb1Command, { flags2 }: Smb1Header): Smb1Answer {
    const { machine } = this.#context.room
    const dialects = dialectsOf(command)
    const index = dialects.indexOf('NT LM 0.12')
    this.#visit.record('smb.negotiate', {
      protocol: 'SMB1',
      dialects: dialects.slice(0, 32).map((name) => evidence(name.slice(0, 64))),
      chosen: index < 0 ? 'none' : 'NT LM 0.12',
    })
    if (index < 0) return { status: STATUS.SUCCESS, words: Buffer.of(0xff, 0xff) }
    const isExtended = (flags2 & FLAGS2.EXTENDED_SECURITY) !== 0
    const words = new ByteWriter()
      .u16le(index)
      .u8(3)
      .u16le(50)
      .u16le(1)
      .u32le(0x4104)
      .u32le(0x10000)
      .u32le(0)
      .u32le(isExtended ? CAPABILITIES | EXTENDED_SECURITY : CAPABILITIES)
      .bytes(fileTime(Date.now()))
      .u16le(0)
      .u8(isExtended ? 0 : 8)
      .done()
    const names = (): Buffer => Buffer.from(`${machine.workgroup}\0${machine.name}\0`, 'utf16le')
    const bytes = isExtended ? Buffer.concat([machine.guid, encodeBareOffer()]) : Buffer.concat([this.#classic.challenge, names()])
    return { status: STATUS.SUCCESS, words, bytes }
  }

  async #sessionSetup(command: Smb1Command, header: Smb1Header): Promise<Smb1Answer> {
    return command.words.length === 24 ? await this.#extendedSetup(command, header) : await this.#classicSetup(command)
  }

  /** MS-SMB 2.2.4.6: a token of SPNEGO, and what the client runs on. */
  async #extendedSetup(command: Smb1Command, header: Smb1Header): Promise<Smb1Answer> {
    const words = wordsOf(command, 12)
    words.skip(14)
    const texts = new Texts(command)
    const token = texts.take(words.u16le())
    const facts = { nativeOs: Buffer.from(texts.next()), nativeLanMan: Buffer.from(texts.next()) }
    const uid = this.#logons.has(header.uid) ? header.uid : this.#newUid()
    const logon = this.#logons.get(uid) ?? new Logon(this.#visit, this.#context)
    this.#logons.set(uid, logon)
    const { status, blob, admission } = await logon.step(token, facts)
    if (status !== STATUS.MORE_PROCESSING_REQUIRED) this.#logons.delete(uid)
    if (admission) this.#sessions.set(uid, new Session(admission, this.#visit, this.#context))
    else if (status !== STATUS.MORE_PROCESSING_REQUIRED) return { status, uid: 0 }
    const answer = new ByteWriter()
      .u32le(0)
      .u16le(admission?.kind === 'guest' ? GUEST : 0)
      .u16le(blob.length)
      .done()
    return { status, words: answer, bytes: Buffer.concat([blob, this.#products(command, 43 + blob.length, false)]), uid }
  }

  /** MS-CIFS 2.2.4.53: responses to the challenge of the negotiation, or passwords in clear. */
  async #classicSetup(command: Smb1Command): Promise<Smb1Answer> {
    const words = wordsOf(command, command.words.length === 20 ? 10 : 13)
    words.skip(14)
    const texts = new Texts(command)
    const lm = texts.take(words.u16le())
    const nt = command.words.length === 20 ? Buffer.alloc(0) : texts.take(words.u16le())
    const user = texts.next()
    const domain = texts.next()
    const facts = { nativeOs: Buffer.from(texts.next()), nativeLanMan: Buffer.from(texts.next()) }
    const admission = await this.#classic.classic({ lm, nt, user, domain }, facts)
    if (!admission) return { status: STATUS.LOGON_FAILURE, uid: 0 }
    const uid = this.#newUid()
    this.#sessions.set(uid, new Session(admission, this.#visit, this.#context))
    return {
      status: STATUS.SUCCESS,
      words: new ByteWriter().u32le(0).u16le(actionOf(admission)).done(),
      bytes: this.#products(command, 41, true),
      uid,
    }
  }

  #newUid(): number {
    if (this.#sessions.size >= SESSIONS || this.#logons.size >= SESSIONS) throw new SmbStatus(STATUS.INSUFFICIENT_RESOURCES)
    const uid = this.#nextUid
    this.#nextUid = uid >= 0xfff0 ? 0x800 : uid + 1
    return uid
  }

  /** Operating system, LAN manager and, in the older answer, domain. @param at offset of the first */
  #products({ isUnicode }: Smb1Command, at: number, withDomain: boolean): Buffer {
    const { nativeOs, nativeLanMan, workgroup } = this.#context.room.machine
    const names = [nativeOs, nativeLanMan, ...(withDomain ? [workgroup] : [])]
    const parts: Buffer[] = []
    let offset = at
    for (const name of names) {
      const part = text(name, isUnicode, offset)
      parts.push(part)
      offset += part.length
    }
    return Buffer.concat(parts)
  }
}

function actionOf({ kind }: Admission): number {
  return kind === 'guest' ? GUEST : 0
}

/** Names of the dialects that a negotiation offers. */
export function dialectsOf({ bytes }: Pick<Smb1Command, 'bytes'>): string[] {
  return bytes
    .toString('latin1')
    .split('\0')
    .filter((name) => name.startsWith('\x02'))
    .slice(0, 64)
    .map((name) => name.slice(1))
}

function treeConnect(command: Smb1Command, session: Session): Smb1Answer {
  const words = wordsOf(command, 4)
  words.skip(4)
  const flags = words.u16le()
  const texts = new Texts(command)
  texts.take(words.u16le())
  const path = texts.next()
  const service = texts.next(false)
  const { id, share } = session.connect(path)
  if (service !== '?????' && service !== '' && (service === 'IPC') !== (share.kind === 'pipe')) throw new SmbStatus(STATUS.BAD_DEVICE_TYPE)
  const isPipe = share.kind === 'pipe'
  const answer = new ByteWriter().u32le(0).u16le(1)
  // TREE_CONNECT_ANDX_EXTENDED_RESPONSE
  if (flags & 8) answer.u32le(0x1f01ff).u32le(0x1f01ff)
  const wordBytes = answer.length
  const name = Buffer.from(isPipe ? 'IPC\0' : 'A:\0', 'latin1')
  const bytes = Buffer.concat([name, text(isPipe ? '' : 'NTFS', command.isUnicode, 32 + 1 + wordBytes + 2 + name.length)])
  return { status: STATUS.SUCCESS, words: answer.done(), bytes, tid: id }
}
