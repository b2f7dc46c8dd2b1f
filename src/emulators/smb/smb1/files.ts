import { ByteWriter } from '../../../sensor/byte-writer.ts'
import { allocationOf, attributesOf, timesOf } from '../file-information.ts'
import { OpenFile } from '../open-file.ts'
import { DISPOSITION, OPTION, type Session } from '../session.ts'
import { SmbStatus, STATUS } from '../status.ts'
import { sharePath } from '../store/store.ts'
import { COMMAND, type Smb1Answer, type Smb1Command, type Smb1Header, Texts, wordsOf } from './codec.ts'

/** Bytes in one answer. */
const LARGEST_READ = 64 * 1024

/** The commands on files, folders and pipes. @throws SmbStatus */
export function handleFile(command: Smb1Command, header: Smb1Header, session: Session): Smb1Answer {
  switch (command.command) {
    case COMMAND.NT_CREATE_ANDX:
      return ntCreate(command, header, session)
    case COMMAND.OPEN_ANDX:
      return openAndx(command, header, session)
    case COMMAND.CLOSE:
      session.close(wordsOf(command, 1).u16le())
      return { status: STATUS.SUCCESS }
    case COMMAND.READ_ANDX:
      return readAndx(command, session)
    case COMMAND.WRITE_ANDX:
      return writeAndx(command, session)
    case COMMAND.WRITE:
      return write(command, session)
    case COMMAND.FLUSH:
    case COMMAND.FIND_CLOSE2:
      return { status: STATUS.SUCCESS }
    case COMMAND.CREATE_DIRECTORY:
    case COMMAND.DELETE_DIRECTORY:
    case COMMAND.DELETE:
    case COMMAND.CHECK_DIRECTORY:
    case COMMAND.QUERY_INFORMATION:
      return onPath(command, header, session)
    case COMMAND.RENAME:
      return rename(command, header, session)
    default:
      throw new SmbStatus(STATUS.NOT_IMPLEMENTED)
  }
}

function ntCreate(command: Smb1Command, { tid }: Smb1Header, session: Session): Smb1Answer {
  const words = wordsOf(command, 24)
  words.skip(5)
  const length = words.u16le()
  words.skip(28)
  const disposition = words.u32le()
  const options = words.u32le()
  const name = command.isUnicode ? new Texts(command).next() : new Texts(command).take(length).toString('latin1').replace(/\0$/, '')
  const { id, open, action } = session.create(tid, { name, disposition, options })
  const node = open instanceof OpenFile ? open.node : undefined
  const answer = new ByteWriter().u32le(0).u8(0).u16le(id).u32le(action)
  if (node) answer.bytes(timesOf(node)).u32le(attributesOf(node)).u64le(allocationOf(node)).u64le(node.size).u16le(0).u16le(7)
  else answer.zeros(32).u32le(0x80).u64le(4096).u64le(0).u16le(2).u16le(0x5ff)
  return { status: STATUS.SUCCESS, words: answer.u8(node?.isDirectory ? 1 : 0).done() }
}

/** MS-CIFS 2.2.4.41: the older way to open; OpenMode says what to do when it is there, and when not. */
function openAndx(command: Smb1Command, { tid }: Smb1Header, session: Session): Smb1Answer {
  const words = wordsOf(command, 15)
  words.skip(16)
  const mode = words.u16le()
  const existing = mode & 3
  const creates = (mode & 0x10) !== 0
  const disposition =
    existing === 2
      ? creates
        ? DISPOSITION.OVERWRITE_IF
        : DISPOSITION.OVERWRITE
      : existing === 1
        ? creates
          ? DISPOSITION.OPEN_IF
          : DISPOSITION.OPEN
        : DISPOSITION.CREATE
  const { id, open, action } = session.create(tid, { name: new Texts(command).next(), disposition, options: OPTION.NON_DIRECTORY })
  const node = open instanceof OpenFile ? open.node : undefined
  const answer = new ByteWriter()
    .u32le(0)
    .u16le(id)
    .u16le(node ? attributesOf(node) : 0)
    .u32le(Math.floor((node?.modified ?? 0) / 1000))
    .u32le(node?.size ?? 0)
    .u16le(2)
    .u16le(node ? 0 : 2)
    .u16le(node ? 0 : 0x5ff)
    .u16le(action)
    .zeros(6)
  return { status: STATUS.SUCCESS, words: answer.done() }
}

function readAndx(command: Smb1Command, session: Session): Smb1Answer {
  const words = wordsOf(command, 10)
  words.skip(4)
  const open = session.opened(words.u16le())
  const low = words.u32le()
  const count = words.u16le()
  words.skip(2)
  const highCount = words.u32le()
  words.skip(2)
  const high = words.left >= 4 ? words.u32le() : 0
  const max = Math.min(count + (highCount === 0xffffffff ? 0 : (highCount & 0xff) * 0x10000), LARGEST_READ - 1)
  const { bytes, more } =
    open instanceof OpenFile ? { bytes: atEnd(() => open.read(low + high * 2 ** 32, max)), more: false } : open.read(max)
  const answer = new ByteWriter()
    .u32le(0)
    .u16le(0xffff)
    .u16le(0)
    .u16le(0)
    .u16le(bytes.length)
    .u16le(60)
    .u16le(bytes.length >> 16)
    .zeros(8)
  return { status: more ? STATUS.BUFFER_OVERFLOW : STATUS.SUCCESS, words: answer.done(), bytes: Buffer.concat([Buffer.alloc(1), bytes]) }
}

/** Beyond the end SMB1 reads nothing, where SMB2 has a status for it. */
function atEnd(read: () => Buffer): Buffer {
  try {
    return read()
  } catch (error) {
    if (error instanceof SmbStatus && error.status === STATUS.END_OF_FILE) return Buffer.alloc(0)
    throw error
  }
}

function writeAndx(command: Smb1Command, session: Session): Smb1Answer {
  const words = wordsOf(command, 12)
  words.skip(4)
  const open = session.opened(words.u16le())
  const low = words.u32le()
  words.skip(8)
  const highLength = words.u16le()
  const length = words.u16le() + highLength * 0x10000
  const at = words.u16le()
  const high = words.left >= 4 ? words.u32le() : 0
  const bytes = command.message.subarray(Math.min(at, command.message.length), Math.min(at + length, command.message.length))
  if (open instanceof OpenFile) open.write(low + high * 2 ** 32, bytes)
  else open.write(bytes)
  const answer = new ByteWriter()
    .u32le(0)
    .u16le(bytes.length)
    .u16le(0xffff)
    .u16le(bytes.length >> 16)
    .u16le(0)
  return { status: STATUS.SUCCESS, words: answer.done() }
}

function write(command: Smb1Command, session: Session): Smb1Answer {
  const words = wordsOf(command, 5)
  const open = session.opened(words.u16le())
  const length = words.u16le()
  const offset = words.u32le()
  const bytes = command.bytes.subarray(3, 3 + length)
  if (!(open instanceof OpenFile)) open.write(bytes)
  else if (length === 0) open.resize(offset)
  else open.write(offset, bytes)
  return { status: STATUS.SUCCESS, words: Buffer.from(Uint16Array.of(bytes.length).buffer) }
}

/** Commands that name what they act on: format byte 4, then the path. */
function onPath(command: Smb1Command, { tid }: Smb1Header, session: Session): Smb1Answer {
  const name = new Texts(command, 1).next()
  const store = session.tree(tid).store
  if (!store) throw new SmbStatus(STATUS.ACCESS_DENIED)
  const path = sharePath(name)
  switch (command.command) {
    case COMMAND.CREATE_DIRECTORY:
      session.close(session.create(tid, { name, disposition: DISPOSITION.CREATE, options: OPTION.DIRECTORY }).id)
      return { status: STATUS.SUCCESS }
    case COMMAND.DELETE_DIRECTORY:
    case COMMAND.DELETE: {
      const kind = command.command === COMMAND.DELETE ? OPTION.NON_DIRECTORY : OPTION.DIRECTORY
      session.close(session.create(tid, { name, disposition: DISPOSITION.OPEN, options: kind | OPTION.DELETE_ON_CLOSE }).id)
      return { status: STATUS.SUCCESS }
    }
    default: {
      const node = store.stat(path)
      if (!node) throw new SmbStatus(STATUS.OBJECT_NAME_NOT_FOUND)
      if (command.command === COMMAND.CHECK_DIRECTORY) {
        if (!node.isDirectory) throw new SmbStatus(STATUS.NOT_A_DIRECTORY)
        return { status: STATUS.SUCCESS }
      }
      const modified = Math.floor(node.modified / 1000)
      return { status: STATUS.SUCCESS, words: new ByteWriter().u16le(attributesOf(node)).u32le(modified).u32le(node.size).zeros(10).done() }
    }
  }
}

function rename(command: Smb1Command, { tid }: Smb1Header, session: Session): Smb1Answer {
  const texts = new Texts(command, 1)
  const from = texts.next()
  texts.take(1)
  const to = texts.next()
  const { id } = session.create(tid, { name: from, disposition: DISPOSITION.OPEN, options: 0 })
  try {
    session.file(id).rename(sharePath(to))
  } finally {
    session.close(id)
  }
  return { status: STATUS.SUCCESS }
}
