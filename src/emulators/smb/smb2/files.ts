import { ByteWriter } from '../../../sensor/byte-writer.ts'
import {
  allocationOf,
  attributesOf,
  directoryListing,
  fileInformation,
  securityDescriptor,
  timesOf,
  volumeInformation,
} from '../file-information.ts'
import type { Machine } from '../machine.ts'
import { OpenFile } from '../open-file.ts'
import type { Open, Session } from '../session.ts'
import { SmbStatus, STATUS } from '../status.ts'
import { sharePath } from '../store/store.ts'
import { bodyOf, buffer, COMMAND, encodeBuffer, type Smb2Answer, type Smb2Message } from './codec.ts'
import type { Terms } from './negotiation.ts'

export interface FileContext {
  session: Session
  treeId: number
  /** Handle of the message before in the same compound. */
  handle: number | undefined
  machine: Machine
  terms: Terms
}

const FSCTL = {
  PIPE_WAIT: 0x110018,
  PIPE_TRANSCEIVE: 0x11c017,
  VALIDATE_NEGOTIATE_INFO: 0x140204,
  DFS_GET_REFERRALS: 0x60194,
  DFS_GET_REFERRALS_EX: 0x601b0,
} as const
/** Bytes in one answer. */
const LARGEST_READ = 1024 * 1024
const POST_QUERY = 1
const RESTART_SCANS = 1
const SINGLE_ENTRY = 2
const REOPEN = 0x10

/** The commands on files, folders and pipes. @throws SmbStatus */
export function handleFile(message: Smb2Message, context: FileContext): Smb2Answer {
  switch (message.command) {
    case COMMAND.CREATE:
      return create(message, context)
    case COMMAND.CLOSE:
      return close(message, context)
    case COMMAND.READ:
      return read(message, context)
    case COMMAND.WRITE:
      return write(message, context)
    case COMMAND.IOCTL:
      return ioctl(message, context)
    case COMMAND.QUERY_DIRECTORY:
      return queryDirectory(message, context)
    case COMMAND.QUERY_INFO:
      return queryInfo(message, context)
    case COMMAND.SET_INFO:
      return setInfo(message, context)
    case COMMAND.FLUSH:
    case COMMAND.LOCK:
      return success(Buffer.of(4, 0, 0, 0))
    default:
      throw new SmbStatus(STATUS.NOT_SUPPORTED)
  }
}

function success(body: Buffer): Smb2Answer {
  return { status: STATUS.SUCCESS, body }
}

/** The handle that a FileId names; all ones is that of the message before. */
function handleOf(id: Buffer, { handle }: FileContext): number {
  if (handle !== undefined && id.every((byte) => byte === 0xff)) return handle
  const number = id.readBigUInt64LE(8)
  if (number > 0xffffn) throw new SmbStatus(STATUS.FILE_CLOSED)
  return Number(number)
}

function fileId(handle: number): Buffer {
  return new ByteWriter().u64le(handle).u64le(handle).done()
}

/** Times, sizes and attributes as CREATE and CLOSE tell them. */
function facts(open: Open): Buffer {
  if (!(open instanceof OpenFile)) return new ByteWriter().zeros(32).u64le(4096).u64le(0).u32le(0x80).done()
  const { node } = open
  return new ByteWriter().bytes(timesOf(node)).u64le(allocationOf(node)).u64le(node.size).u32le(attributesOf(node)).done()
}

function create(message: Smb2Message, { session, treeId }: FileContext): Smb2Answer {
  const body = bodyOf(message, 56)
  body.skip(36)
  const disposition = body.u32le()
  const options = body.u32le()
  const name = buffer(message, body.u16le(), body.u16le()).toString('utf16le')
  const { id, open, action } = session.create(treeId, { name, disposition, options })
  const answer = new ByteWriter().u16le(89).u8(0).u8(0).u32le(action).bytes(facts(open)).u32le(0).bytes(fileId(id)).u64le(0).done()
  return { status: STATUS.SUCCESS, body: answer, handle: id }
}

function close(message: Smb2Message, context: FileContext): Smb2Answer {
  const body = bodyOf(message, 24)
  body.skip(2)
  const flags = body.u16le()
  body.skip(4)
  const handle = handleOf(body.take(16), context)
  const open = context.session.opened(handle)
  const told = flags & POST_QUERY ? facts(open) : Buffer.alloc(52)
  context.session.close(handle)
  return success(
    new ByteWriter()
      .u16le(60)
      .u16le(flags & POST_QUERY)
      .u32le(0)
      .bytes(told)
      .done(),
  )
}

function read(message: Smb2Message, context: FileContext): Smb2Answer {
  const body = bodyOf(message, 48)
  body.skip(4)
  const length = Math.min(body.u32le(), LARGEST_READ)
  const offset = Number(body.u64le())
  const handle = handleOf(body.take(16), context)
  const open = context.session.opened(handle)
  const { bytes, more } = open instanceof OpenFile ? { bytes: open.read(offset, length), more: false } : open.read(length)
  const answer = new ByteWriter().u16le(17).u8(80).u8(0).u32le(bytes.length).u32le(0).u32le(0).bytes(bytes).done()
  return { status: more ? STATUS.BUFFER_OVERFLOW : STATUS.SUCCESS, body: answer, handle }
}

function write(message: Smb2Message, context: FileContext): Smb2Answer {
  const body = bodyOf(message, 48)
  body.skip(2)
  const dataOffset = body.u16le()
  const bytes = buffer(message, dataOffset, body.u32le())
  const offset = Number(body.u64le())
  const handle = handleOf(body.take(16), context)
  const open = context.session.opened(handle)
  if (open instanceof OpenFile) open.write(offset, bytes)
  else open.write(bytes)
  return { ...success(new ByteWriter().u16le(17).u16le(0).u32le(bytes.length).u64le(0).done()), handle }
}

function ioctl(message: Smb2Message, context: FileContext): Smb2Answer {
  const body = bodyOf(message, 56)
  body.skip(4)
  const code = body.u32le()
  const id = body.take(16)
  const input = buffer(message, body.u32le(), body.u32le())
  body.skip(12)
  const max = body.u32le()
  const answer = (bytes: Buffer, status: number = STATUS.SUCCESS): Smb2Answer => ({
    status,
    body: new ByteWriter()
      .u16le(49)
      .u16le(0)
      .u32le(code)
      .bytes(id)
      .u32le(112)
      .u32le(0)
      .u32le(112)
      .u32le(bytes.length)
      .u64le(0)
      .bytes(bytes)
      .done(),
  })
  switch (code) {
    case FSCTL.PIPE_TRANSCEIVE: {
      const pipe = context.session.pipe(handleOf(id, context))
      pipe.write(input)
      const { bytes, more } = pipe.read(Math.min(max, LARGEST_READ))
      return answer(bytes, more ? STATUS.BUFFER_OVERFLOW : STATUS.SUCCESS)
    }
    case FSCTL.PIPE_WAIT:
      return answer(Buffer.alloc(0))
    case FSCTL.VALIDATE_NEGOTIATE_INFO: {
      const { machine, terms } = context
      return answer(new ByteWriter().u32le(terms.capabilities).bytes(machine.guid).u16le(1).u16le(terms.dialect).done())
    }
    case FSCTL.DFS_GET_REFERRALS:
    case FSCTL.DFS_GET_REFERRALS_EX:
      throw new SmbStatus(context.machine.shape === 'samba' ? STATUS.NOT_FOUND : STATUS.FS_DRIVER_REQUIRED)
    default:
      throw new SmbStatus(STATUS.NOT_SUPPORTED)
  }
}

function queryDirectory(message: Smb2Message, context: FileContext): Smb2Answer {
  const body = bodyOf(message, 32)
  body.skip(2)
  const kind = body.u8()
  const flags = body.u8()
  body.skip(4)
  const handle = handleOf(body.take(16), context)
  const pattern = buffer(message, body.u16le(), body.u16le()).toString('utf16le')
  const max = Math.min(body.u32le(), LARGEST_READ)
  const file = context.session.file(handle)
  if (!file.node.isDirectory) throw new SmbStatus(STATUS.INVALID_PARAMETER)
  const isFirst = !file.listing || (flags & (RESTART_SCANS | REOPEN)) !== 0
  if (isFirst) file.list(pattern)
  const { bytes, count } = directoryListing(kind, file.listing?.entries ?? [], max, flags & SINGLE_ENTRY ? 1 : undefined)
  if (count > 0) return { ...success(encodeBuffer(bytes)), handle }
  if (file.listing?.entries.length) throw new SmbStatus(STATUS.INFO_LENGTH_MISMATCH)
  throw new SmbStatus(isFirst ? STATUS.NO_SUCH_FILE : STATUS.NO_MORE_FILES)
}

function queryInfo(message: Smb2Message, context: FileContext): Smb2Answer {
  const body = bodyOf(message, 40)
  body.skip(2)
  const type = body.u8()
  const kind = body.u8()
  const max = body.u32le()
  body.skip(16)
  const handle = handleOf(body.take(16), context)
  const open = context.session.opened(handle)
  if (!(open instanceof OpenFile)) return { ...success(encodeBuffer(pipeInformation(type, kind))), handle }
  const bytes =
    type === 1
      ? fileInformation(kind, open.node, open.path, open.removesOnClose)
      : type === 2
        ? volumeInformation(kind, context.machine, context.machine.shape === 'samba' ? open.share.name : '')
        : type === 3
          ? securityDescriptor()
          : undefined
  if (!bytes) throw new SmbStatus(STATUS.INVALID_PARAMETER)
  return bytes.length <= max
    ? { ...success(encodeBuffer(bytes)), handle }
    : { status: STATUS.BUFFER_OVERFLOW, body: encodeBuffer(bytes.subarray(0, max)), handle }
}

function pipeInformation(type: number, kind: number): Buffer {
  if (type === 1 && kind === 5) return new ByteWriter().u64le(4096).u64le(0).u32le(1).u8(1).u8(0).u16le(0).done()
  throw new SmbStatus(type === 1 ? STATUS.INVALID_INFO_CLASS : STATUS.NOT_SUPPORTED)
}

function setInfo(message: Smb2Message, context: FileContext): Smb2Answer {
  const body = bodyOf(message, 32)
  body.skip(2)
  const type = body.u8()
  const kind = body.u8()
  const length = body.u32le()
  const bytes = buffer(message, body.u16le(), length)
  body.skip(6)
  const handle = handleOf(body.take(16), context)
  const file = context.session.file(handle)
  if (type === 1) changeFile(kind, bytes, file)
  return { ...success(Buffer.of(2, 0)), handle }
}

function changeFile(kind: number, bytes: Buffer, file: OpenFile): void {
  const needs = (n: number): void => {
    if (bytes.length < n) throw new SmbStatus(STATUS.INFO_LENGTH_MISMATCH)
  }
  switch (kind) {
    case 10: {
      needs(20)
      file.rename(sharePath(bytes.toString('utf16le', 20, 20 + bytes.readUInt32LE(16))))
      return
    }
    case 13:
      needs(1)
      file.removesOnClose = bytes[0] !== 0
      return
    case 20:
      needs(8)
      file.resize(Number(bytes.readBigUInt64LE(0)))
      return
    default:
      // Times, attributes, allocation: taken, and of no consequence to anybody.
      return
  }
}
