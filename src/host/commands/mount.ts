import type { Process } from '../command.ts'
import { attachLoop, freeLoop } from '../world/block-storage.ts'
import { addMount, type Mount, mounts } from '../world/hardware-mounts.ts'
import { blockFile, probeFile } from './gnu/block-file.ts'
import { gnuCommand } from './gnu/command.ts'
import { statIfThere } from './gnu/tree.ts'

export default gnuCommand({
  name: 'mount',
  package: 'mount',
  version: 'mount from util-linux 2.38.1 (libmount 2.38.1: selinux, smack, btrfs, verity, namespaces, idmapping, assert, debug)',
  usage: '[-lhV]\n mount -a [options]\n mount [options] [--source] <source> | [--target] <directory>',
  short: 'aBcfFhilL:MnN:o:O:rRst:T:U:vVw',
  long: {
    all: 'a',
    bind: 'B',
    rbind: 'R',
    options: 'o',
    types: 't',
    'read-only': 'r',
    move: 'M',
    'make-private': 'x',
    'make-rprivate': 'x',
    'make-shared': 'x',
  },
  async run(process, options) {
    const [source, target] = options.operands
    if (source === undefined && !options.has('a')) {
      const types = options.value('t')?.split(',')
      for (const mount of mounts(process.world))
        if (!types || types.includes(mount.type))
          await process.stdout.write(`${mount.source} on ${mount.path} type ${mount.type} (${mount.options})\n`)
      return 0
    }
    if (options.has('a')) return 0
    const path = target ?? (source as string)
    if (process.uid !== 0) {
      await process.stderr.write(
        `mount: ${path}: must be superuser to use mount.\n       dmesg(1) may have more information after failed mount system call.\n`,
      )
      return 1
    }
    const settings = (options.value('o') ?? '').split(',')
    const existing = mounts(process.world).find((mount) => mount.path === path)
    if (settings.includes('remount')) {
      if (existing) existing.options = `${settings.includes('ro') ? 'ro' : 'rw'}${existing.options.slice(2)}`
      return existing ? 0 : 32
    }
    return attach(process, source as string, path, options.value('t'), options.has('B', 'R') || settings.includes('bind'), settings)
  },
})

/** Whether it is a file or a loop device. */
function isImage(process: Process, source: string): boolean {
  return statIfThere(process, source)?.type === 'file' || /^\/dev\/loop\d+$/.test(source)
}

/** Mounts the file system in a file: a loop device is set up for it, and goes with the mount. */
async function attachImage(
  process: Process,
  source: string,
  path: string,
  settings: readonly string[],
  fail: (text: string, status?: number) => Promise<number>,
): Promise<number> {
  const { world } = process
  const image = blockFile(process, source)
  const facts = image && (await probeFile(process, image))
  const number = image?.path === source ? freeLoop(world) : Number(/\d+$/.exec(source)?.[0])
  if (number === undefined) return fail(`failed to setup loop device for ${source}.`)
  const device = `/dev/loop${number}`
  if (!facts || facts.type === 'swap')
    return fail(`wrong fs type, bad option, bad superblock on ${device}, missing codepage or helper program, or other error.`)
  const readOnly = settings.includes('ro')
  if (image?.path === source)
    attachLoop(world, {
      number,
      path: process.files.realpath(source),
      inode: process.files.stat(source).inode,
      offset: 0,
      readOnly,
      autoclear: true,
    })
  const flags = [readOnly ? 'ro' : 'rw', 'relatime', ...settings.filter((setting) => !['', 'loop', 'ro', 'rw', 'bind'].includes(setting))]
  const blocks = Math.floor((image?.size ?? 0) / 1024)
  addMount(world, {
    source: device,
    path,
    type: facts.type,
    options: [...new Set(flags)].join(','),
    device: { major: 7, minor: number },
    blocks: Math.floor(blocks * 0.95),
    used: 24,
    reserved: Math.floor(blocks / 20),
    inodes: Math.floor(blocks / 4),
    inodesUsed: 11,
  })
  return 0
}

async function attach(
  process: Process,
  source: string,
  path: string,
  type: string | undefined,
  bind: boolean,
  settings: readonly string[],
): Promise<number> {
  const fail = async (text: string, status = 32): Promise<number> => {
    await process.stderr.write(`mount: ${path}: ${text}\n       dmesg(1) may have more information after failed mount system call.\n`)
    return status
  }
  if (statIfThere(process, path)?.type !== 'directory') return fail('mount point does not exist.')
  const pseudo = ['tmpfs', 'proc', 'sysfs', 'devpts', 'cgroup', 'cgroup2', 'overlay', 'debugfs', 'ramfs'].includes(type ?? '')
  if (bind && !statIfThere(process, source)) return fail(`special device ${source} does not exist.`)
  if (!pseudo && !bind && /^\/dev\//.test(source) && !statIfThere(process, source)) return fail(`special device ${source} does not exist.`)
  if (!pseudo && !bind && isImage(process, source)) return attachImage(process, source, path, settings, fail)
  if (!pseudo && !bind && !/^\/dev\//.test(source))
    return fail(
      /:\//.test(source)
        ? 'bad option; for several filesystems (e.g. nfs, cifs) you might need a /sbin/mount.<type> helper program.'
        : `special device ${source} does not exist.`,
    )
  const base = mounts(process.world).find((mount) => mount.path === '/') as Mount
  const flags = ['rw', 'relatime', ...settings.filter((setting) => setting !== '' && setting !== 'bind')]
  addMount(process.world, {
    ...base,
    source: bind ? base.source : source,
    path,
    type: bind ? base.type : (type ?? 'ext4'),
    options: [...new Set(flags)].join(','),
    blocks: pseudo ? (type === 'tmpfs' ? base.blocks >> 3 : 0) : base.blocks,
    used: 0,
  })
  return 0
}
