import type { Persona } from '../../config/persona.ts'
import { WireWriter } from '../transport/wire.ts'

/** Trees that the kernel makes up: no blocks, mounted with nosuid. */
const PSEUDO = /^\/(proc|sys)(\/|$)/
const ST_NOSUID = 2n
const LONGEST_NAME = 255n
const BLOCK_BYTES = 4096

export interface StatvfsContext {
  persona: Persona
  /** f_fsid of statvfs(3). */
  fileSystemId: bigint
}

/** struct statvfs of the disk that a path lies on, as `statvfs@openssh.com` carries it (PROTOCOL §4.4). */
export function statvfs(path: string, { persona, fileSystemId }: StatvfsContext): Buffer {
  const block = BigInt(BLOCK_BYTES)
  if (PSEUDO.test(path)) return packed([block, block, 0n, 0n, 0n, 0n, 0n, 0n, 0n, ST_NOSUID, LONGEST_NAME])
  const { disks } = persona.hardware
  const under = disks.filter(({ mount }) => mount === '/' || path === mount || path.startsWith(`${mount}/`))
  const disk = under.sort((a, b) => b.mount.length - a.mount.length)[0] ?? disks[0]!
  const blocks = (gib: number): bigint => BigInt(Math.round((gib * 1024 ** 3) / BLOCK_BYTES))
  const total = blocks(disk.sizeGiB)
  const free = total - blocks(disk.usedGiB)
  const reserved = total / 20n
  const available = free > reserved ? free - reserved : 0n
  const inodes = total / 4n
  const freeInodes = (inodes * 19n) / 20n
  return packed([block, block, total, free, available, inodes, freeInodes, freeInodes, fileSystemId, 0n, LONGEST_NAME])
}

function packed(fields: readonly bigint[]): Buffer {
  return fields.reduce((writer, field) => writer.uint64(field), new WireWriter()).done()
}
