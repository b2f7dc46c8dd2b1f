import type { HostText, Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { mounts } from '../world/hardware-mounts.ts'
import { backupBlocks, type ExtGeometry, extGeometry, extHead, uuidText } from '../world/superblock.ts'
import { type BlockFile, blockFile, probeFile, writeHead } from './gnu/block-file.ts'
import { baseName, gnuCommand } from './gnu/command.ts'
import { OptionError, type Options, parseOptions } from './gnu/options.ts'
import { parseSize } from './gnu/size.ts'
import { statIfThere } from './gnu/tree.ts'
import { freshUuid } from './mkswap.ts'

const BANNER = 'mke2fs 1.47.0 (5-Feb-2023)\n'
const NOTHING_THERE = `Device size reported to be zero.  Invalid partition specified, or
\tpartition table wasn't reread after running fdisk, due to
\ta modified partition being busy and in use.  You may need to reboot
\tto re-read your partition table.

`
const USAGE = `[-c|-l filename] [-b block-size] [-C cluster-size]
\t[-i bytes-per-inode] [-I inode-size] [-J journal-options]
\t[-G flex-group-size] [-N number-of-inodes] [-d root-directory]
\t[-m reserved-blocks-percentage] [-o creator-os]
\t[-g blocks-per-group] [-L volume-label] [-M last-mounted-directory]
\t[-O feature[,...]] [-r fs-revision] [-E extended-option[,...]]
\t[-t fs-type] [-T usage-type ] [-U UUID] [-e errors_behavior][-z undo_file]
\t[-jnqvDFSV] device [blocks-count]
`

/** `mkfs.ext4` and its kin: what they make is a superblock that blkid, file and mount find. */
export default gnuCommand({
  name: 'mke2fs',
  package: 'e2fsprogs',
  paths: ['/usr/sbin/mke2fs', '/usr/sbin/mkfs.ext2', '/usr/sbin/mkfs.ext3', '/usr/sbin/mkfs.ext4'],
  usage: '[options] device [blocks-count]',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const self = process.argv[0] as HostText
    const usage = async (before = ''): Promise<number> => {
      await process.stderr.write(`${before}Usage: ${self} ${USAGE}`)
      return 1
    }
    let options: Options
    try {
      options = parseOptions(process.argv.slice(1), { short: 'b:ce:g:i:jl:m:no:qr:s:t:d:vC:DE:FG:I:J:KL:M:N:O:R:ST:U:Vz:' })
    } catch (error) {
      if (!(error instanceof OptionError)) throw error
      return usage(`${self}: ${error.message}\n`)
    }
    if (options.has('V')) {
      await process.stderr.write(`${BANNER}\tUsing EXT2FS Library version 1.47.0\n`)
      return 0
    }
    const [path, count] = options.operands
    if (path === undefined) return usage()
    if (!options.has('q')) await process.stderr.write(BANNER)
    const type = options.value('t') ?? /ext[234]$/.exec(baseName(self))?.[0] ?? (options.has('j') ? 'ext3' : 'ext2')
    try {
      return await make(process, path, count, type === 'ext3' || type === 'ext4' ? type : 'ext2', options)
    } catch (error) {
      if (!(error instanceof HostError) || error.code === 'EPIPE') throw error
      await process.stderr.write(`${path}: ${error.message} while setting up superblock\n`)
      return 1
    }
  },
})

async function make(
  process: Process,
  path: HostText,
  count: HostText | undefined,
  type: ExtGeometry['type'],
  options: Options,
): Promise<number> {
  const fail = async (text: string): Promise<number> => {
    await process.stderr.write(text)
    return 1
  }
  const blocks = count === undefined ? undefined : parseSize(count)
  if (!statIfThere(process, path)) {
    if (count === undefined) return fail(`The file ${path} does not exist and no size was specified.\n`)
    process.files.write(path, Buffer.alloc(0), 0o600)
    process.files.truncate(path, /[a-z]$/i.test(count) ? (blocks ?? 0) : (blocks ?? 0) * 1024)
    await process.stdout.write(`Creating regular file ${path}\n`)
  }
  const target = blockFile(process, path)
  const inUse = await busy(process, path, target)
  if (inUse !== undefined) return fail(inUse)
  if (!target || target.size === 0) return fail(`${process.argv[0]}: ${NOTHING_THERE}`)
  if (!process.files.may('w', path)) throw new HostError('EACCES', 'Permission denied')
  const geometry = extGeometry(type, target.size)
  if (!geometry) return fail(`${path}: Not enough space to build proposed filesystem while setting up superblock\n`)
  const before = await probeFile(process, target)
  if (before && !options.has('F') && process.stdin.isTerminal && process.stdout.isTerminal) {
    await process.stdout.write(
      `${path} contains a ${before.type} file system${before.label ? ` labelled '${before.label}'` : ''}\nProceed anyway? (y,N) `,
    )
    if (!/^y/i.test((await process.stdin.line()) ?? '')) return 1
  }
  const full: ExtGeometry = { ...geometry, uuid: freshUuid(), label: options.value('L') ?? '', now: process.world.now() }
  if (!options.has('q')) await report(process, full)
  if (target.path !== undefined && !options.has('n')) await writeHead(process, target.path, extHead(full))
  return 0
}

/** A disk of the machine is in use; what is mounted is not made anew. */
async function busy(process: Process, path: HostText, target: BlockFile | undefined): Promise<string | undefined> {
  const real = process.files.realpath(path)
  if (mounts(process.world).some(({ source }) => source === real)) return `${path} is mounted; will not make a filesystem here!\n`
  return target?.device ? `${path} is apparently in use by the system; will not make a filesystem here!\n` : undefined
}

async function report(process: Process, geometry: ExtGeometry): Promise<void> {
  const { blocks, blockSize, inodes, groups, journal, uuid } = geometry
  const counted = (title: string, most: number): string => {
    const width = String(most).length
    const numbers = `${'0'.padStart(width)}/${most}`
    return `${title}: ${numbers}${'\b'.repeat(numbers.length)}${' '.repeat(numbers.length)}${'\b'.repeat(numbers.length)}done                            \n`
  }
  await process.stdout.write(counted('Discarding device blocks', blocks))
  await process.stdout.write(`Creating filesystem with ${blocks} ${blockSize / 1024}k blocks and ${inodes} inodes\n`)
  if (groups > 1) {
    const backups = backupBlocks(geometry).join(', ')
    await process.stdout.write(`Filesystem UUID: ${uuidText(uuid)}\nSuperblock backups stored on blocks: \n\t${folded(backups)}\n`)
  }
  await process.stdout.write(`\n${counted('Allocating group tables', groups)}${counted('Writing inode tables', groups)}`)
  if (journal > 0) await process.stdout.write(`Creating journal (${journal} blocks): done\n`)
  await process.stdout.write(`${counted('Writing superblocks and filesystem accounting information', groups).trimEnd()}\n\n`)
}

/** Numbers go on in the next line before the 80th column. */
function folded(list: string): string {
  let column = 8
  return list
    .split(', ')
    .map((number, i, all) => {
      const text = i === all.length - 1 ? number : `${number}, `
      if (column + text.length > 79) {
        column = 8 + text.length
        return `\n\t${text}`
      }
      column += text.length
      return text
    })
    .join('')
}
