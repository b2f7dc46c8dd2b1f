import type { FileStat } from '../../contract.ts'
import { rawMode, TYPE_BITS } from '../../files/raw-mode.ts'

/** One member of a cpio archive. */
export interface Member {
  name: string
  type: FileStat['type']
  /** Permission bits. */
  mode: number
  uid: number
  gid: number
  inode: number
  links: number
  /** Seconds since 1970. */
  mtime: number
  device: { major: number; minor: number }
  content: Buffer
}

export type Format = 'bin' | 'odc' | 'newc' | 'crc'

/** @see cpio(5): what an archive says that is none, or is cut short. */
export class CpioError extends Error {}

const TRAILER = 'TRAILER!!!'
const BLOCK = 512
const MOST_MEMBERS = 20_000
const LONGEST_NAME = 4096

interface Header {
  format: Format
  length: number
  values: Record<'inode' | 'mode' | 'uid' | 'gid' | 'links' | 'mtime' | 'size' | 'nameSize' | 'major' | 'minor', number>
}

/** Reads the members up to the trailer, whatever format each has. @throws CpioError */
export function readCpio(whole: Buffer): { members: Member[]; junk: number } {
  const members: Member[] = []
  const junk = startOf(whole)
  const bytes = whole.subarray(junk)
  let at = 0
  for (;;) {
    const header = headerAt(bytes, at)
    if (!header) throw new CpioError('premature end of file')
    const { format, values } = header
    if (values.nameSize < 1 || values.nameSize > LONGEST_NAME) throw new CpioError('premature end of archive')
    const nameAt = at + header.length
    const contentAt = aligned(format, nameAt + values.nameSize)
    const end = contentAt + values.size
    if (end > bytes.length) throw new CpioError('premature end of file')
    const name = bytes.toString('latin1', nameAt, nameAt + values.nameSize - 1)
    if (name === TRAILER) return { members, junk }
    const kind = values.mode & 0o170000
    const type = (Object.keys(TYPE_BITS) as FileStat['type'][]).find((one) => TYPE_BITS[one] === kind) ?? 'file'
    const { uid, gid, inode, links, mtime, major, minor } = values
    const content = bytes.subarray(contentAt, end)
    members.push({ name, type, mode: values.mode & 0o7777, uid, gid, inode, links, mtime, device: { major, minor }, content })
    if (members.length > MOST_MEMBERS) return { members, junk }
    at = aligned(format, end)
  }
}

/** Where the first header is; what stands before it is junk. */
function startOf(bytes: Buffer): number {
  const places = ['070701', '070702', '070707', '\xc7\x71'].map((magic) => bytes.indexOf(magic, 0, 'latin1')).filter((at) => at >= 0)
  if (places.length === 0) throw new CpioError('premature end of archive')
  return Math.min(...places)
}

function headerAt(bytes: Buffer, at: number): Header | undefined {
  const magic = bytes.toString('latin1', at, at + 6)
  if (magic === '070701' || magic === '070702') {
    if (at + 110 > bytes.length) return undefined
    const field = (i: number): number => Number.parseInt(bytes.toString('latin1', at + 6 + i * 8, at + 14 + i * 8), 16) || 0
    const values = { inode: field(0), mode: field(1), uid: field(2), gid: field(3), links: field(4), mtime: field(5), size: field(6) }
    const device = { major: field(9), minor: field(10), nameSize: field(11) }
    return { format: magic === '070701' ? 'newc' : 'crc', length: 110, values: { ...values, ...device } }
  }
  if (magic === '070707') {
    if (at + 76 > bytes.length) return undefined
    const field = (from: number, length: number): number => Number.parseInt(bytes.toString('latin1', at + from, at + from + length), 8) || 0
    const number = field(42, 6)
    const values = { inode: field(12, 6), mode: field(18, 6), uid: field(24, 6), gid: field(30, 6), links: field(36, 6) }
    const rest = { mtime: field(48, 11), nameSize: field(59, 6), size: field(65, 11), major: number >> 8, minor: number & 0xff }
    return { format: 'odc', length: 76, values: { ...values, ...rest } }
  }
  if (at + 26 > bytes.length || bytes.readUInt16LE(at) !== 0x71c7) return undefined
  const word = (i: number): number => bytes.readUInt16LE(at + i * 2)
  // Numbers of 32 bits have their high half first, as a PDP-11 wrote them.
  const long = (i: number): number => word(i) * 65_536 + word(i + 1)
  const values = { inode: word(2), mode: word(3), uid: word(4), gid: word(5), links: word(6), major: word(7) >> 8, minor: word(7) & 0xff }
  return { format: 'bin', length: 26, values: { ...values, mtime: long(8), nameSize: word(10), size: long(11) } }
}

function aligned(format: Format, at: number): number {
  if (format === 'odc') return at
  const unit = format === 'bin' ? 2 : 4
  return Math.ceil(at / unit) * unit
}

/** The whole archive in blocks of 512 bytes. */
export function writeCpio(members: readonly Member[], format: Format): Buffer {
  const parts: Buffer[] = []
  let length = 0
  const add = (bytes: Buffer): void => {
    parts.push(bytes)
    length += bytes.length
  }
  const fill = (): void => add(Buffer.alloc(aligned(format, length) - length))
  const none = { type: 'file' as const, mode: 0, uid: 0, gid: 0, inode: 0, links: 1, mtime: 0, device: { major: 0, minor: 0 } }
  for (const member of [...members, { ...none, name: TRAILER, content: Buffer.alloc(0) }]) {
    add(header(member, format))
    fill()
    add(member.content)
    fill()
  }
  add(Buffer.alloc(Math.ceil(length / BLOCK) * BLOCK - length))
  return Buffer.concat(parts, length)
}

function header(member: Member, format: Format): Buffer {
  const { inode, uid, gid, links, mtime, device, content } = member
  const name = Buffer.from(`${member.name}\0`, 'latin1')
  const mode = member.name === TRAILER ? 0 : rawMode(member)
  if (format === 'newc' || format === 'crc') {
    const sum = format === 'crc' && member.type === 'file' ? content.reduce((total, byte) => (total + byte) >>> 0, 0) : 0
    const fields = [inode, mode, uid, gid, links, mtime, content.length, 254, 1, device.major, device.minor, name.length, sum]
    const text = fields.map((field) => (field >>> 0).toString(16).toUpperCase().padStart(8, '0')).join('')
    return Buffer.concat([Buffer.from(`${format === 'newc' ? '070701' : '070702'}${text}`, 'latin1'), name])
  }
  const number = (device.major << 8) | device.minor
  if (format === 'odc') {
    const octal = (value: number, digits: number): string => value.toString(8).slice(-digits).padStart(digits, '0')
    const six = [0, inode, mode, uid, gid, links, number].map((value) => octal(value, 6)).join('')
    return Buffer.concat([
      Buffer.from(`070707${six}${octal(mtime, 11)}${octal(name.length, 6)}${octal(content.length, 11)}`, 'latin1'),
      name,
    ])
  }
  const bytes = Buffer.alloc(26)
  const words = [0x71c7, 0, inode, mode, uid, gid, links, number, mtime >>> 16, mtime, name.length, content.length >>> 16, content.length]
  for (const [i, word] of words.entries()) bytes.writeUInt16LE(word & 0xffff, i * 2)
  return Buffer.concat([bytes, name])
}
