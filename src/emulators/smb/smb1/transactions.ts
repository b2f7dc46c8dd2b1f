import { ByteReader } from '../../../sensor/byte-reader.ts'
import { ByteWriter } from '../../../sensor/byte-writer.ts'
import type { Visit } from '../../../sensor/visit.ts'
import type { SmbEvents } from '../events.ts'
import { directoryListing, fileInformation, securityDescriptor, timesOf, volumeInformation } from '../file-information.ts'
import type { Machine } from '../machine.ts'
import { OpenFile } from '../open-file.ts'
import { DISPOSITION, OPTION, type Session } from '../session.ts'
import { SmbStatus, STATUS } from '../status.ts'
import { nameOf, parentOf, sharePath } from '../store/store.ts'
import {
  COMMAND,
  parseNtTransaction,
  parseTransaction,
  type Smb1Answer,
  type Smb1Command,
  type Smb1Header,
  type Transaction,
  transactionAnswer,
} from './codec.ts'
import type { Exploits } from './exploits.ts'

const PIPE = { PEEK: 0x23, TRANSACT: 0x26, WAIT: 0x53, SET_STATE: 0x01, QUERY_STATE: 0x21 } as const
const TRANS2 = {
  FIND_FIRST: 1,
  FIND_NEXT: 2,
  QUERY_FS: 3,
  QUERY_PATH: 5,
  SET_PATH: 6,
  QUERY_FILE: 7,
  SET_FILE: 8,
  SESSION_SETUP: 0xe,
} as const
const QUERY_SECURITY = 6
const PASSTHROUGH = 1000
/** SMB1's own levels and the classes of MS-FSCC that have the same bytes. */
const FIND_CLASS: Readonly<Record<number, number>> = { 257: 1, 258: 2, 259: 12, 260: 3, 261: 38, 262: 37 }
const FILE_CLASS: Readonly<Record<number, number>> = { 257: 4, 258: 5, 259: 7, 260: 9, 264: 21, 265: 22 }
const VOLUME_CLASS: Readonly<Record<number, number>> = { 258: 1, 259: 3, 260: 4, 261: 5 }
const ALL_INFO = 0x107
const CLOSE_AT_END = 2
const CLOSE_AFTER = 1

export interface TransactionContext {
  session: Session
  visit: Visit<SmbEvents>
  exploits: Exploits
  machine: Machine
}

/** TRANSACTION, TRANSACTION2 and NT_TRANSACT. @throws SmbStatus */
export function handleTransaction(command: Smb1Command, header: Smb1Header, context: TransactionContext): Smb1Answer {
  if (command.command === COMMAND.NT_TRANSACT) {
    const transaction = parseNtTransaction(command)
    if (transaction.data.length < transaction.totalData) return context.exploits.beginOverflow(transaction, true)
    if (transaction.function !== QUERY_SECURITY) throw new SmbStatus(STATUS.NOT_IMPLEMENTED)
    const descriptor = securityDescriptor()
    return answer(new ByteWriter().u32le(descriptor.length).done(), descriptor, 18)
  }
  const transaction = parseTransaction(command)
  if (command.command === COMMAND.TRANSACTION) return onPipe(transaction, header, context)
  if (transaction.data.length < transaction.totalData) return context.exploits.beginOverflow(transaction, false)
  return transaction2(transaction, header, context)
}

/** @param words 10 of TRANSACTION, 18 of NT_TRANSACT whose counts are twice as wide */
function answer(parameters: Buffer, data: Buffer, words: 10 | 18 = 10): Smb1Answer {
  if (words === 10) return { status: STATUS.SUCCESS, ...transactionAnswer(parameters, data) }
  const parametersAt = 72
  const dataAt = (parametersAt + parameters.length + 3) & ~3
  const counts = new ByteWriter().zeros(3).u32le(parameters.length).u32le(data.length).u32le(parameters.length).u32le(parametersAt).u32le(0)
  counts.u32le(data.length).u32le(dataAt).u32le(0).u8(0)
  const bytes = Buffer.concat([Buffer.alloc(1), parameters, Buffer.alloc(dataAt - parametersAt - parameters.length), data])
  return { status: STATUS.SUCCESS, words: counts.done(), bytes }
}

function onPipe(
  { setup, name, data, parameters, maxData }: Transaction,
  { tid }: Smb1Header,
  { session, visit, machine }: TransactionContext,
): Smb1Answer {
  if (session.tree(tid).kind !== 'pipe') throw new SmbStatus(STATUS.ACCESS_DENIED)
  if (name.toUpperCase() === '\\PIPE\\LANMAN') return lanman(parameters, session, machine)
  const kind = setup.length >= 2 ? setup.readUInt16LE(0) : 0
  const fid = setup.length >= 4 ? setup.readUInt16LE(2) : 0
  switch (kind) {
    case PIPE.TRANSACT: {
      const pipe = session.pipe(fid)
      pipe.write(data)
      const { bytes, more } = pipe.read(maxData || 4280)
      return { ...answer(Buffer.alloc(0), bytes), status: more ? STATUS.BUFFER_OVERFLOW : STATUS.SUCCESS }
    }
    case PIPE.PEEK:
      if (fid === 0) {
        visit.record('smb.exploit', { kind: 'ms17-010-check' }, ['cve:CVE-2017-0144', 'attack:T1595.002'])
        // A patched server looks for the handle first and says that there is none.
        throw new SmbStatus(STATUS.INSUFF_SERVER_RESOURCES)
      }
      return answer(new ByteWriter().u16le(session.pipe(fid).waiting).u16le(session.pipe(fid).waiting).u16le(3).done(), Buffer.alloc(0))
    case PIPE.SET_STATE:
    case PIPE.WAIT:
      return answer(Buffer.alloc(0), Buffer.alloc(0))
    case PIPE.QUERY_STATE:
      return answer(Buffer.of(0xff, 0x05), Buffer.alloc(0))
    default:
      throw new SmbStatus(STATUS.NOT_SUPPORTED)
  }
}

/** NetShareEnum and NetServerEnum2 of the remote administration protocol (MS-RAP 2.5); others are not known any more. */
function lanman(parameters: Buffer, session: Session, machine: Machine): Smb1Answer {
  const kind = parameters.length >= 2 ? parameters.readUInt16LE(0) : -1
  if (kind === 0) {
    const shares = session.shares.filter(({ name }) => name.length <= 12)
    const comments: Buffer[] = []
    let at = shares.length * 20
    const records = shares.map(({ name, kind: type, comment }) => {
      const record = Buffer.alloc(20)
      record.write(name, 0, 'latin1')
      record.writeUInt16LE(type === 'pipe' ? 3 : 0, 14)
      record.writeUInt32LE(at, 16)
      const remark = Buffer.from(`${comment}\0`, 'latin1')
      comments.push(remark)
      at += remark.length
      return record
    })
    return answer(
      new ByteWriter().u16le(0).u16le(0).u16le(shares.length).u16le(shares.length).done(),
      Buffer.concat([...records, ...comments]),
    )
  }
  if (kind === 104) {
    const record = Buffer.alloc(26)
    record.write(machine.name, 0, 'latin1')
    record.writeUInt8(machine.version.major, 16)
    record.writeUInt8(machine.version.minor, 17)
    record.writeUInt32LE(machine.serverType, 18)
    record.writeUInt32LE(26, 22)
    return answer(new ByteWriter().u16le(0).u16le(0).u16le(1).u16le(1).done(), Buffer.concat([record, Buffer.from(`${machine.comment}\0`)]))
  }
  return answer(new ByteWriter().u16le(50).u16le(0).done(), Buffer.alloc(0))
}

function transaction2(transaction: Transaction, header: Smb1Header, context: TransactionContext): Smb1Answer {
  const { session, exploits, machine } = context
  const { parameters, data, maxData } = transaction
  const kind = transaction.setup.length >= 2 ? transaction.setup.readUInt16LE(0) : -1
  if (kind === TRANS2.SESSION_SETUP) return exploits.doublePulsar(transaction, header.mid)
  const reader = new ByteReader(parameters)
  const name = (): string => textOf(reader.rest(), (header.flags2 & 0x8000) !== 0)
  switch (kind) {
    case TRANS2.FIND_FIRST: {
      reader.skip(2)
      const count = reader.u16le()
      const flags = reader.u16le()
      const level = reader.u16le()
      reader.skip(4)
      return findFirst({ name: name(), count, flags, level, maxData }, header, session)
    }
    case TRANS2.FIND_NEXT: {
      const sid = reader.u16le()
      const count = reader.u16le()
      const level = reader.u16le()
      return findNext(sid, level, count, maxData, session)
    }
    case TRANS2.QUERY_FS: {
      session.tree(header.tid)
      const level = reader.u16le()
      if (level === 1)
        return answer(
          Buffer.alloc(0),
          new ByteWriter()
            .u32le(0)
            .u32le(8)
            .u32le(machine.disk.total / 4096)
            .u32le(machine.disk.free / 4096)
            .u16le(512)
            .done(),
        )
      return answer(Buffer.alloc(0), volumeInformation(classOf(level, VOLUME_CLASS), machine, ''))
    }
    case TRANS2.QUERY_PATH: {
      const level = reader.u16le()
      reader.skip(4)
      const { id } = session.create(header.tid, { name: name(), disposition: DISPOSITION.OPEN, options: 0 })
      try {
        return queryFile(session.file(id), level)
      } finally {
        session.close(id)
      }
    }
    case TRANS2.QUERY_FILE: {
      const open = session.opened(reader.u16le())
      if (!(open instanceof OpenFile)) throw new SmbStatus(STATUS.INVALID_PARAMETER)
      return queryFile(open, reader.u16le())
    }
    case TRANS2.SET_FILE: {
      const file = session.file(reader.u16le())
      setFile(file, reader.u16le(), data)
      return answer(Buffer.alloc(2), Buffer.alloc(0))
    }
    case TRANS2.SET_PATH:
      return answer(Buffer.alloc(2), Buffer.alloc(0))
    default:
      throw new SmbStatus(STATUS.NOT_IMPLEMENTED)
  }
}

function textOf(bytes: Buffer, isUnicode: boolean): string {
  const text = bytes.toString(isUnicode ? 'utf16le' : 'latin1')
  const end = text.indexOf('\0')
  return end < 0 ? text : text.slice(0, end)
}

function classOf(level: number, own: Readonly<Record<number, number>>): number {
  const kind = level >= PASSTHROUGH ? level - PASSTHROUGH : own[level]
  if (kind === undefined) throw new SmbStatus(STATUS.INVALID_INFO_CLASS)
  return kind
}

interface FindRequest {
  name: string
  count: number
  flags: number
  level: number
  maxData: number
}

function findFirst({ name, count, flags, level, maxData }: FindRequest, { tid }: Smb1Header, session: Session): Smb1Answer {
  const path = name.replaceAll('\\', '/')
  const pattern = nameOf(path)
  const kind = classOf(level, FIND_CLASS)
  const { id } = session.create(tid, { name: sharePath(parentOf(path)), disposition: DISPOSITION.OPEN, options: OPTION.DIRECTORY })
  const file = session.file(id)
  file.list(pattern)
  const entries = file.listing?.entries ?? []
  const listing = directoryListing(kind, entries, maxData, Math.max(count, 1))
  const isDone = entries.length === 0
  if (listing.count === 0 || flags & CLOSE_AFTER || (isDone && flags & CLOSE_AT_END)) session.close(id)
  if (listing.count === 0) throw new SmbStatus(STATUS.NO_SUCH_FILE)
  const parameters = new ByteWriter()
    .u16le(id)
    .u16le(listing.count)
    .u16le(isDone ? 1 : 0)
    .u16le(0)
    .u16le(listing.last)
    .done()
  return answer(parameters, listing.bytes)
}

function findNext(sid: number, level: number, count: number, maxData: number, session: Session): Smb1Answer {
  const entries = session.file(sid).listing?.entries ?? []
  const listing = directoryListing(classOf(level, FIND_CLASS), entries, maxData, Math.max(count, 1))
  const isDone = entries.length === 0
  if (isDone) session.close(sid)
  return answer(
    new ByteWriter()
      .u16le(listing.count)
      .u16le(isDone ? 1 : 0)
      .u16le(0)
      .u16le(listing.last)
      .done(),
    listing.bytes,
  )
}

function queryFile(file: OpenFile, level: number): Smb1Answer {
  const { node, path } = file
  if (level === ALL_INFO) {
    const name = Buffer.from(`\\${path.replaceAll('/', '\\')}`, 'utf16le')
    const standard = fileInformation(5, node, path, file.removesOnClose)
    const attributes = fileInformation(35, node, path, false).subarray(0, 4)
    const all = new ByteWriter().bytes(timesOf(node)).bytes(attributes).u32le(0).bytes(standard).u32le(0).u32le(name.length).bytes(name)
    return answer(Buffer.alloc(2), all.done())
  }
  return answer(Buffer.alloc(2), fileInformation(classOf(level, FILE_CLASS), node, path, file.removesOnClose))
}

/** Levels 0x102 and 0x104 and their passthrough twins: removal at close, and length; times are taken and forgotten. */
function setFile(file: OpenFile, level: number, data: Buffer): void {
  const kind = level >= PASSTHROUGH ? level - PASSTHROUGH : level === 0x102 ? 13 : level === 0x104 ? 20 : 4
  if (kind === 13 && data.length >= 1) file.removesOnClose = data[0] !== 0
  if (kind === 20 && data.length >= 8) file.resize(Number(data.readBigUInt64LE(0)))
}
