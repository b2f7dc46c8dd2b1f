import type { HostText, Process } from '../../command.ts'
import { type Mount, mountAt } from '../../world/hardware-mounts.ts'
import { realPathLenient } from './relative.ts'

/** The mount that a path of a process lies on. */
export function mountOf(process: Process, path: HostText): Mount {
  return mountAt(process.world, realPathLenient(process, path))
}

/** statfs(2) of a path: blocks of 4 KiB. */
export interface FileSystem {
  id: string
  name: string
  magic: string
  blocks: number
  freeBlocks: number
  availableBlocks: number
  inodes: number
  freeInodes: number
}

/** Names and magic numbers as `stat -f` knows them (coreutils, src/stat.c; linux/magic.h). */
const KINDS: Record<string, [name: string, magic: string]> = {
  ext4: ['ext2/ext3', 'ef53'],
  tmpfs: ['tmpfs', '1021994'],
  devtmpfs: ['tmpfs', '1021994'],
  proc: ['proc', '9fa0'],
  sysfs: ['sysfs', '62656572'],
  devpts: ['devpts', '1cd1'],
  vfat: ['msdos', '4d44'],
  xfs: ['xfs', '58465342'],
  overlay: ['overlayfs', '794c7630'],
  squashfs: ['squashfs', '73717368'],
  jffs2: ['jffs2', '72b6'],
  cgroup2: ['cgroup2fs', '63677270'],
}

export function fileSystemOf(process: Process, path: HostText): FileSystem {
  const mount = mountOf(process, path)
  const [name, magic] = KINDS[mount.type] ?? [mount.type, '0']
  const free = mount.blocks - mount.used
  return {
    id: process.world.identity.hex(`fsid/${mount.path}`, 8).replace(/^0+/, ''),
    name,
    magic,
    blocks: Math.floor(mount.blocks / 4),
    freeBlocks: Math.floor(free / 4),
    availableBlocks: Math.max(0, Math.floor((free - mount.reserved) / 4)),
    inodes: mount.inodes,
    freeInodes: mount.inodes - mount.inodesUsed,
  }
}
