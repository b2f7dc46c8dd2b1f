/** Information about files, folders and volumes as MS-FSCC 2.4 and 2.5 lay it out; SMB1 and SMB2 carry the same bytes. */
import { ByteWriter } from '../../sensor/byte-writer.ts'
import { fileTime } from '../../sensor/ntlm.ts'
import type { Machine } from './machine.ts'
import { SmbStatus, STATUS } from './status.ts'
import type { Node } from './store/store.ts'

export const ATTRIBUTE = { DIRECTORY: 0x10, ARCHIVE: 0x20, NORMAL: 0x80 } as const
const CLUSTER = 4096

export function attributesOf({ isDirectory, isArchive }: Node): number {
  return isDirectory ? ATTRIBUTE.DIRECTORY : isArchive ? ATTRIBUTE.ARCHIVE : ATTRIBUTE.NORMAL
}

export function allocationOf({ size, isDirectory }: Node): bigint {
  return isDirectory ? 0n : BigInt(Math.ceil(size / CLUSTER) * CLUSTER)
}

/** Creation, last access, last write, change. */
export function timesOf({ created, modified }: Node): Buffer {
  return Buffer.concat([fileTime(created), fileTime(modified), fileTime(modified), fileTime(modified)])
}

function basic(node: Node): Buffer {
  return new ByteWriter().bytes(timesOf(node)).u32le(attributesOf(node)).u32le(0).done()
}

function standard(node: Node, deletes: boolean): Buffer {
  return new ByteWriter()
    .u64le(allocationOf(node))
    .u64le(node.size)
    .u32le(1)
    .u8(deletes ? 1 : 0)
    .u8(node.isDirectory ? 1 : 0)
    .u16le(0)
    .done()
}

function named(path: string): Buffer {
  const name = Buffer.from(`\\${path.replaceAll('/', '\\')}`, 'utf16le')
  return new ByteWriter().u32le(name.length).bytes(name).done()
}

/** One class of FileInformation. @throws SmbStatus for a class that is not served */
export function fileInformation(kind: number, node: Node, path: string, deletes: boolean): Buffer {
  switch (kind) {
    case 4:
      return basic(node)
    case 5:
      return standard(node, deletes)
    case 6:
      return new ByteWriter().u64le(node.id).done()
    case 7:
      return Buffer.alloc(4)
    case 8:
      return Buffer.from([0xff, 0x01, 0x1f, 0x00])
    case 9:
    case 48:
      return named(path)
    case 14:
      return Buffer.alloc(8)
    case 16:
    case 17:
      return Buffer.alloc(4)
    case 18:
      return Buffer.concat([
        basic(node),
        standard(node, deletes),
        new ByteWriter().u64le(node.id).u32le(0).u32le(0x1f01ff).zeros(16).done(),
        named(path),
      ])
    case 21: {
      const name = Buffer.from(shortName(node.name), 'utf16le')
      return new ByteWriter().u32le(name.length).bytes(name).done()
    }
    case 22: {
      if (node.isDirectory) return Buffer.alloc(0)
      const name = Buffer.from('::$DATA', 'utf16le')
      return new ByteWriter().u32le(0).u32le(name.length).u64le(node.size).u64le(allocationOf(node)).bytes(name).done()
    }
    case 34:
      return new ByteWriter().bytes(timesOf(node)).u64le(allocationOf(node)).u64le(node.size).u32le(attributesOf(node)).u32le(0).done()
    case 35:
      return new ByteWriter().u32le(attributesOf(node)).u32le(0).done()
    default:
      throw new SmbStatus(STATUS.INVALID_INFO_CLASS)
  }
}

/** `PROGRA~1`, or the name itself where it already is one of 8.3. */
export function shortName(name: string): string {
  if (/^[^. ]{1,8}(\.[^. ]{1,3})?$/.test(name)) return name.toUpperCase()
  const dot = name.lastIndexOf('.')
  const clean = (text: string): string => text.replace(/[^A-Za-z0-9_$-]/g, '').toUpperCase()
  const extension = dot > 0 ? clean(name.slice(dot + 1)).slice(0, 3) : ''
  return `${clean(dot > 0 ? name.slice(0, dot) : name).slice(0, 6)}~1${extension ? `.${extension}` : ''}`
}

/** Entry of a listing in one class, without its NextEntryOffset. @throws SmbStatus for a class that is not served */
function directoryEntry(kind: number, node: Node): Buffer {
  const name = Buffer.from(node.name, 'utf16le')
  const head = (): ByteWriter =>
    new ByteWriter()
      .u32le(0)
      .bytes(timesOf(node))
      .u64le(node.isDirectory ? 0 : node.size)
      .u64le(allocationOf(node))
      .u32le(attributesOf(node))
      .u32le(name.length)
  const short = (): Buffer => {
    const isDot = node.name === '.' || node.name === '..'
    const text = isDot ? '' : shortName(node.name)
    const needed = text.toLowerCase() === node.name.toLowerCase() ? '' : text
    const bytes = Buffer.alloc(26)
    bytes[0] = needed.length * 2
    bytes.write(needed, 2, 'utf16le')
    return bytes
  }
  switch (kind) {
    case 1:
      return head().bytes(name).done()
    case 2:
      return head().u32le(0).bytes(name).done()
    case 3:
      return head().u32le(0).bytes(short()).bytes(name).done()
    case 12:
      return new ByteWriter().u32le(0).u32le(name.length).bytes(name).done()
    case 37:
      return head().u32le(0).bytes(short()).u16le(0).u64le(node.id).bytes(name).done()
    case 38:
      return head().u32le(0).u32le(0).u64le(node.id).bytes(name).done()
    default:
      throw new SmbStatus(STATUS.INVALID_INFO_CLASS)
  }
}

/** As many entries as fit, each with the offset of the next; takes them off the list. `last` is where the last one begins. */
export function directoryListing(
  kind: number,
  entries: Node[],
  max: number,
  count = Number.POSITIVE_INFINITY,
): { bytes: Buffer; count: number; last: number } {
  const parts: Buffer[] = []
  let length = 0
  let last = 0
  let taken = 0
  while (taken < count && entries[0]) {
    const body = directoryEntry(kind, entries[0])
    const entry = Buffer.concat([Buffer.alloc(4), body])
    const padding = -length & 7
    if (length + padding + entry.length > max) break
    if (parts.length) {
      parts.push(Buffer.alloc(padding))
      length += padding
      parts.at(-2)?.writeUInt32LE(length - last, 0)
    }
    last = length
    parts.push(entry)
    length += entry.length
    entries.shift()
    taken++
  }
  return { bytes: Buffer.concat(parts), count: taken, last }
}

/** One class of FileSystemInformation. @throws SmbStatus */
export function volumeInformation(kind: number, machine: Machine, label: string): Buffer {
  // Samba counts in blocks of two sectors, NTFS in clusters of eight.
  const sectors = machine.shape === 'samba' ? 2 : 8
  const units = (bytes: number): bigint => BigInt(Math.floor(bytes / (sectors * 512)))
  const total = units(machine.disk.total)
  const free = units(machine.disk.free)
  const name = Buffer.from(label, 'utf16le')
  switch (kind) {
    case 1:
      return new ByteWriter().bytes(fileTime(machine.bootedAt)).u32le(machine.serial).u32le(name.length).u16le(0).bytes(name).done()
    case 3:
      return new ByteWriter().u64le(total).u64le(free).u32le(sectors).u32le(512).done()
    case 4:
      return new ByteWriter()
        .u32le(7)
        .u32le(machine.shape === 'windows' ? 0x20020 : 0x20)
        .done()
    case 5: {
      const system = Buffer.from('NTFS', 'utf16le')
      return new ByteWriter()
        .u32le(machine.shape === 'windows' ? 0x3e700ff : 0x1006f)
        .u32le(255)
        .u32le(system.length)
        .bytes(system)
        .done()
    }
    case 7:
      return new ByteWriter().u64le(total).u64le(free).u64le(free).u32le(sectors).u32le(512).done()
    case 8:
      return Buffer.concat([machine.guid, Buffer.alloc(48)])
    case 11:
      return new ByteWriter().u32le(512).u32le(512).u32le(512).u32le(512).u32le(3).u32le(0).u32le(0).done()
    default:
      throw new SmbStatus(STATUS.INVALID_INFO_CLASS)
  }
}

/** Everyone may do everything: owner and group Administrators, one entry in the list (MS-DTYP 2.4.6, self-relative). */
export function securityDescriptor(): Buffer {
  const administrators = Buffer.from('01020000000000052000000020020000', 'hex')
  const everyone = Buffer.from('010100000000000100000000', 'hex')
  const ace = new ByteWriter().u8(0).u8(3).u16le(20).u32le(0x1f01ff).bytes(everyone).done()
  const acl = new ByteWriter()
    .u8(2)
    .u8(0)
    .u16le(8 + ace.length)
    .u16le(1)
    .u16le(0)
    .bytes(ace)
    .done()
  return new ByteWriter()
    .u8(1)
    .u8(0)
    .u16le(0x8004)
    .u32le(20)
    .u32le(36)
    .u32le(0)
    .u32le(52)
    .bytes(administrators)
    .bytes(administrators)
    .bytes(acl)
    .done()
}
