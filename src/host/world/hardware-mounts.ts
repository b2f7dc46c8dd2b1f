import type { World } from '../command.ts'
import { inPages } from './hardware.ts'

/** One mounted file system, as /proc/mounts lists it. Sizes in 1 KiB blocks. */
export interface Mount {
  source: string
  path: string
  type: string
  options: string
  device: { major: number; minor: number }
  blocks: number
  used: number
  /** Kept for root by ext4. */
  reserved: number
  inodes: number
  inodesUsed: number
}

const MIB = 1024
const GIB = 1024 * 1024

/** Mounts made and removed by the attacker, on top of the machine's own. */
const changes = new WeakMap<World, { added: Mount[]; removed: Set<string> }>()

function changesOf(world: World): { added: Mount[]; removed: Set<string> } {
  let own = changes.get(world)
  if (!own) {
    own = { added: [], removed: new Set() }
    changes.set(world, own)
  }
  return own
}

/** All mounts, in the order in which they were made. */
export function mounts(world: World): Mount[] {
  const { added, removed } = changesOf(world)
  const own = MOUNTS[world.persona.os.family](world)
  return [...own.filter((mount) => !removed.has(mount.path)), ...added]
}

export function addMount(world: World, mount: Mount): void {
  changesOf(world).added.push(mount)
}

export function removeMount(world: World, path: string): boolean {
  const own = changesOf(world)
  const at = own.added.findLastIndex((mount) => mount.path === path)
  if (at >= 0) {
    own.added.splice(at, 1)
    return true
  }
  if (!mounts(world).some((mount) => mount.path === path)) return false
  own.removed.add(path)
  return true
}

/** The mount that a real absolute path lies on. */
export function mountAt(world: World, path: string): Mount {
  const candidates = mounts(world).filter((mount) => path === mount.path || path.startsWith(mount.path === '/' ? '/' : `${mount.path}/`))
  return candidates.reduce((best, mount) => (mount.path.length >= best.path.length ? mount : best))
}

function pseudo(source: string, path: string, type: string, options: string, minor: number): Mount {
  return { source, path, type, options, device: { major: 0, minor }, blocks: 0, used: 0, reserved: 0, inodes: 0, inodesUsed: 0 }
}

function tmpfs(
  source: string,
  path: string,
  options: string,
  minor: number,
  blocks: number,
  used: number,
  inodes: number,
  inodesUsed: number,
): Mount {
  return {
    source,
    path,
    type: source === 'udev' || path === '/dev' ? 'devtmpfs' : 'tmpfs',
    options,
    device: { major: 0, minor },
    blocks,
    used,
    reserved: 0,
    inodes,
    inodesUsed,
  }
}

function systemdMounts(world: World): Mount[] {
  const { memoryMiB } = world.persona.hardware
  const half = inPages((memoryMiB * MIB * 0.982) / 2)
  const tenth = inPages((memoryMiB * MIB * 0.982) / 10)
  const pages = Math.round(half / 4)
  const [root, ...others] = world.persona.hardware.disks.map((disk) => diskMount(world, disk))
  const users = [...new Set(world.logins.filter((login) => login.user !== '').map((login) => login.user))]
  return [
    pseudo('sysfs', '/sys', 'sysfs', 'rw,nosuid,nodev,noexec,relatime', 21),
    pseudo('proc', '/proc', 'proc', 'rw,nosuid,nodev,noexec,relatime', 22),
    tmpfs(
      'udev',
      '/dev',
      `rw,nosuid,relatime,size=${half - 33_216}k,nr_inodes=${pages - 8304},mode=755,inode64`,
      5,
      half - 33_216,
      0,
      pages - 8304,
      423,
    ),
    pseudo('devpts', '/dev/pts', 'devpts', 'rw,nosuid,noexec,relatime,gid=5,mode=620,ptmxmode=000', 23),
    tmpfs(
      'tmpfs',
      '/run',
      `rw,nosuid,nodev,noexec,relatime,size=${tenth}k,mode=755,inode64`,
      24,
      tenth,
      640 + (world.identity.integer('run-used', 0, 99) << 2),
      pages * 2,
      612,
    ),
    root as Mount,
    pseudo('securityfs', '/sys/kernel/security', 'securityfs', 'rw,nosuid,nodev,noexec,relatime', 6),
    tmpfs('tmpfs', '/dev/shm', 'rw,nosuid,nodev,inode64', 25, half, 0, pages, 1),
    tmpfs('tmpfs', '/run/lock', 'rw,nosuid,nodev,noexec,relatime,size=5120k,inode64', 26, 5120, 0, pages, 3),
    pseudo('cgroup2', '/sys/fs/cgroup', 'cgroup2', 'rw,nosuid,nodev,noexec,relatime,nsdelegate,memory_recursiveprot', 27),
    pseudo('pstore', '/sys/fs/pstore', 'pstore', 'rw,nosuid,nodev,noexec,relatime', 28),
    pseudo('bpf', '/sys/fs/bpf', 'bpf', 'rw,nosuid,nodev,noexec,relatime,mode=700', 29),
    pseudo(
      'systemd-1',
      '/proc/sys/fs/binfmt_misc',
      'autofs',
      `rw,relatime,fd=30,pgrp=1,timeout=0,minproto=5,maxproto=5,direct,pipe_ino=${11_000 + world.identity.integer('autofs', 0, 4000)}`,
      30,
    ),
    pseudo('debugfs', '/sys/kernel/debug', 'debugfs', 'rw,nosuid,nodev,noexec,relatime', 7),
    pseudo('mqueue', '/dev/mqueue', 'mqueue', 'rw,nosuid,nodev,noexec,relatime', 20),
    pseudo('tracefs', '/sys/kernel/tracing', 'tracefs', 'rw,nosuid,nodev,noexec,relatime', 12),
    pseudo('hugetlbfs', '/dev/hugepages', 'hugetlbfs', 'rw,relatime,pagesize=2M', 31),
    pseudo('fusectl', '/sys/fs/fuse/connections', 'fusectl', 'rw,nosuid,nodev,noexec,relatime', 32),
    pseudo('configfs', '/sys/kernel/config', 'configfs', 'rw,nosuid,nodev,noexec,relatime', 33),
    ...others,
    ...users.map((user, i) => runUser(world, user, tenth, 40 + i)),
  ]
}

function runUser(world: World, user: string, tenth: number, minor: number): Mount {
  const account = world.persona.users.find((candidate) => candidate.name === user)
  const uid = account?.uid ?? 0
  const owner = uid === 0 ? '' : `,uid=${uid},gid=${account?.gid ?? uid}`
  return tmpfs(
    'tmpfs',
    `/run/user/${uid}`,
    `rw,nosuid,nodev,relatime,size=${tenth - 4}k,nr_inodes=${Math.round(tenth / 4)},mode=700${owner},inode64`,
    minor,
    tenth - 4,
    0,
    Math.round(tenth / 4),
    21,
  )
}

const DISK_MAJORS: readonly [RegExp, number][] = [
  [/^\/dev\/sd/, 8],
  [/^\/dev\/md/, 9],
  [/^\/dev\/mtdblock/, 31],
  [/^\/dev\/xvd/, 202],
  [/^\/dev\/vd/, 254],
  [/^\/dev\/nvme/, 259],
]

/** Number of a device node: letter of the disk × 16 + partition, as sd, vd and xvd count; the others by partition. */
export function deviceNumber(device: string): { major: number; minor: number } {
  const major = DISK_MAJORS.find(([pattern]) => pattern.test(device))?.[1] ?? 0
  const found = /^\/dev\/(?:s|v|xv)d([a-z])(\d*)$/.exec(device)
  if (found) return { major, minor: ((found[1] as string).charCodeAt(0) - 97) * 16 + Number(found[2] || 0) }
  return { major, minor: Number(/(\d+)$/.exec(device)?.[1] ?? 0) }
}

type Disk = World['persona']['hardware']['disks'][number]

function diskMount(world: World, disk: Disk): Mount {
  const blocks = inPages(disk.sizeGiB * GIB)
  const isRoot = disk.mount === '/'
  // What the attacker adds to the image shows on the root file system.
  const grown = isRoot ? Math.ceil(world.usage.bytes / 1024) : 0
  const used = Math.min(blocks, inPages(disk.usedGiB * GIB + grown))
  const inodes = disk.fs === 'ext4' ? Math.round(blocks / 16 / 8192) * 8192 : 0
  return {
    source: disk.device,
    path: disk.mount,
    type: disk.fs,
    options: diskOptions(disk.fs, isRoot),
    device: disk.fs === 'tmpfs' ? { major: 0, minor: 14 } : deviceNumber(disk.device),
    blocks,
    used,
    reserved: disk.fs === 'ext4' ? inPages(blocks * 0.05) : 0,
    inodes,
    inodesUsed: Math.min(inodes, Math.round(inodes * Math.min(0.2, 0.006 * disk.usedGiB)) + (isRoot ? world.usage.inodes : 11)),
  }
}

function diskOptions(fs: string, isRoot: boolean): string {
  if (fs === 'vfat') return 'rw,relatime,fmask=0077,dmask=0077,codepage=437,iocharset=ascii,shortname=mixed,utf8,errors=remount-ro'
  if (fs === 'squashfs') return 'ro,relatime'
  if (fs === 'jffs2') return 'rw,noatime'
  if (fs === 'xfs') return 'rw,relatime,attr2,inode64,logbufs=8,logbsize=32k,noquota'
  if (fs === 'tmpfs') return 'rw,nosuid,nodev,noatime'
  return isRoot ? 'rw,relatime,errors=remount-ro' : 'rw,noatime'
}

function openwrtMounts(world: World): Mount[] {
  const disks = world.persona.hardware.disks.map((disk) => diskMount(world, disk))
  const at = (path: string): Mount => disks.find((mount) => mount.path === path) ?? (disks[0] as Mount)
  const overlay = at('/overlay')
  const grown = Math.min(overlay.blocks - overlay.used, Math.ceil(world.usage.bytes / 1024 / 40))
  const flash = { ...overlay, used: overlay.used + Math.max(0, grown) }
  return [
    at('/rom'),
    pseudo('proc', '/proc', 'proc', 'rw,nosuid,nodev,noexec,noatime', 4),
    pseudo('sysfs', '/sys', 'sysfs', 'rw,nosuid,nodev,noexec,noatime', 13),
    pseudo('cgroup2', '/sys/fs/cgroup', 'cgroup2', 'rw,nosuid,nodev,noexec,relatime,nsdelegate', 18),
    at('/tmp'),
    flash,
    {
      ...flash,
      source: 'overlayfs:/overlay',
      path: '/',
      type: 'overlay',
      options: 'rw,noatime,lowerdir=/,upperdir=/overlay/upper,workdir=/overlay/work',
      device: { major: 0, minor: 15 },
    },
    tmpfs('tmpfs', '/dev', 'rw,nosuid,noexec,noatime,size=512k,mode=755', 16, 512, 0, 7279, 87),
    pseudo('devpts', '/dev/pts', 'devpts', 'rw,nosuid,noexec,noatime,mode=600,ptmxmode=000', 17),
    pseudo('debugfs', '/sys/kernel/debug', 'debugfs', 'rw,noatime', 6),
    pseudo('none', '/sys/fs/bpf', 'bpf', 'rw,nosuid,nodev,noexec,noatime,mode=700', 19),
  ]
}

/** As Android 9 with system-as-root: read-only system and vendor, the user's storage through sdcardfs. */
function androidMounts(world: World): Mount[] {
  const [root, ...others] = world.persona.hardware.disks.map((disk) => diskMount(world, disk)) as [Mount, ...Mount[]]
  const half = Math.round((world.persona.hardware.memoryMiB * MIB * 0.982) / 2)
  const data = others.find((mount) => mount.path === '/data') ?? root
  const quiet = { ...root, options: 'ro,seclabel,noatime', reserved: 0 }
  return [
    quiet,
    tmpfs('tmpfs', '/dev', 'rw,seclabel,nosuid,relatime,mode=755', 15, half, 412, half / 4, 900),
    pseudo('devpts', '/dev/pts', 'devpts', 'rw,seclabel,relatime,mode=600', 9),
    pseudo('proc', '/proc', 'proc', 'rw,relatime,gid=3009,hidepid=2', 4),
    pseudo('sysfs', '/sys', 'sysfs', 'rw,seclabel,relatime', 16),
    pseudo('selinuxfs', '/sys/fs/selinux', 'selinuxfs', 'rw,relatime', 14),
    tmpfs('tmpfs', '/mnt', 'rw,seclabel,relatime,mode=755,gid=1000', 17, half, 0, half / 4, 12),
    ...others.map((mount) => ({
      ...mount,
      options: mount.path === '/vendor' ? 'ro,seclabel,noatime' : 'rw,seclabel,nosuid,nodev,noatime,discard,data=ordered',
      reserved: 0,
    })),
    tmpfs('tmpfs', '/storage', 'rw,seclabel,relatime,mode=755,gid=1000', 18, half, 0, half / 4, 9),
    {
      ...data,
      source: '/data/media',
      path: '/storage/emulated',
      type: 'sdcardfs',
      options: 'rw,nosuid,nodev,noexec,noatime,gid=9997,mask=6',
    },
  ]
}

const MOUNTS: Readonly<Record<World['persona']['os']['family'], (world: World) => Mount[]>> = {
  debian: systemdMounts,
  ubuntu: systemdMounts,
  openwrt: openwrtMounts,
  android: androidMounts,
}
