import type { FileStat } from '../../host/contract.ts'
import { TYPE_BITS } from '../../host/files/raw-mode.ts'

/** Messages of adb's file sync service (SYNC.TXT, file_sync_protocol.h). All numbers are little-endian. */

export const LARGEST_DATA = 64 * 1024
/** Longest path that adbd takes. */
export const LONGEST_PATH = 1024

export const SYMLINK = TYPE_BITS.symlink
const TYPE_MASK = 0o170000

/** st_mode of a file. */
export function modeOf(stat: FileStat): number {
  return TYPE_BITS[stat.type] | (stat.mode & 0o7777)
}

export function typeBits(mode: number): number {
  return mode & TYPE_MASK
}

/** Four letters and a number, as most messages begin. */
export function head(id: string, value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.write(id, 0, 4, 'latin1')
  bytes.writeUInt32LE(value >>> 0, 4)
  return bytes
}

export function message(id: string, body: Uint8Array): Buffer {
  return Buffer.concat([head(id, body.length), body])
}

/** Answer to `STAT`: mode, size, time; zeros for what is not there. */
export function statV1(stat: FileStat | undefined): Buffer {
  return Buffer.concat([head('STAT', stat ? modeOf(stat) : 0), numbers(stat ? stat.size : 0, stat ? seconds(stat.mtime) : 0)])
}

/** errno of Linux by name, as far as looking at files gives it. */
const ERRNO: Readonly<Record<string, number>> = { EPERM: 1, ENOENT: 2, EACCES: 13, ENOTDIR: 20, EISDIR: 21, ELOOP: 40, ENAMETOOLONG: 36 }

/** Answer to `STA2` and `LST2`: 72 bytes. */
export function statV2(id: string, stat: FileStat | { errorCode: string }): Buffer {
  const bytes = Buffer.alloc(72)
  bytes.write(id, 0, 4, 'latin1')
  if ('errorCode' in stat) {
    bytes.writeUInt32LE(ERRNO[stat.errorCode] ?? 5, 4)
    return bytes
  }
  bytes.writeBigUInt64LE(0xfd00n, 8)
  bytes.writeBigUInt64LE(BigInt(stat.inode), 16)
  bytes.writeUInt32LE(modeOf(stat), 24)
  bytes.writeUInt32LE(stat.links, 28)
  bytes.writeUInt32LE(stat.uid, 32)
  bytes.writeUInt32LE(stat.gid, 36)
  bytes.writeBigUInt64LE(BigInt(stat.size), 40)
  for (const [at, time] of [
    [48, stat.atime],
    [56, stat.mtime],
    [64, stat.ctime],
  ] as const)
    bytes.writeBigInt64LE(BigInt(seconds(time)), at)
  return bytes
}

/** One entry of a listing; `DONE` with zeros ends it. */
export function dirEntry(name: Uint8Array, stat: FileStat): Buffer {
  return Buffer.concat([head('DENT', modeOf(stat)), numbers(stat.size, seconds(stat.mtime), name.length), name])
}

export function endOfList(): Buffer {
  return Buffer.concat([head('DONE', 0), numbers(0, 0, 0)])
}

/** `path,33188`: the last comma parts name and mode; without one the mode is 0644. */
export function parseSend(text: Buffer): { path: Buffer; mode: number } {
  const comma = text.lastIndexOf(0x2c)
  if (comma < 0) return { path: text, mode: 0o100644 }
  const mode = Number.parseInt(text.toString('latin1', comma + 1, comma + 16), 10)
  return { path: text.subarray(0, comma), mode: Number.isNaN(mode) ? 0o100644 : mode & 0o177777 }
}

function numbers(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4)
  for (const [i, value] of values.entries()) bytes.writeUInt32LE(value >>> 0, i * 4)
  return bytes
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000)
}
