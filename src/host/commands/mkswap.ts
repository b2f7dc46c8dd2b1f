import { randomBytes } from 'node:crypto'
import { HostError } from '../contract.ts'
import { swapHead, uuidText } from '../world/superblock.ts'
import { type BlockFile, blockFile, probeFile, writeHead } from './gnu/block-file.ts'
import { complain, Failure, gnuCommand, Usage } from './gnu/command.ts'
import { binarySize } from './gnu/size.ts'

const PAGE = 4096
const FEWEST_PAGES = 10

export default gnuCommand({
  name: 'mkswap',
  package: 'util-linux',
  paths: ['/usr/sbin/mkswap', '/sbin/mkswap'],
  usage: '[options] device [size]',
  about: '\nSet up a Linux swap area.',
  applet: false,
  short: 'cfp:L:v:U:e:hVq',
  long: { check: 'c', force: 'f', pagesize: 'p', label: 'L', swapversion: 'v', uuid: 'U', endianness: 'e', quiet: 'q' },
  async run(process, options) {
    const [path] = options.operands
    if (path === undefined) throw new Usage('error: Nowhere to set up swap on?')
    let target: BlockFile | undefined
    let stat: ReturnType<typeof process.files.stat>
    try {
      stat = process.files.stat(path)
      if (stat.type === 'directory') await complain(process, 'warning: truncating swap area to 17179869180 KiB')
      if (stat.type === 'directory') throw new HostError('EISDIR', 'Is a directory')
      if (!process.files.may('w', path)) throw new HostError('EACCES', 'Permission denied')
      target = blockFile(process, path)
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      throw new Failure(`cannot open ${path}: ${error.message}`, 1, true)
    }
    const size = target?.size ?? 0
    if (size < FEWEST_PAGES * PAGE) throw new Failure(`error: swap area needs to be at least ${(FEWEST_PAGES * PAGE) / 1024} KiB`)
    if (target?.device) throw new Failure(`error: ${path} is mounted; will not make swapspace`)
    if (stat.type === 'file' && (stat.mode & 0o077) !== 0)
      await complain(process, `${path}: insecure permissions ${mode(stat.mode)}, fix with: chmod 0600 ${path}`)
    if (stat.type === 'file' && stat.uid !== 0)
      await complain(process, `${path}: insecure file owner ${stat.uid}, fix with: chown 0:0 ${path}`)
    const before = target && (await probeFile(process, target))
    if (before) await complain(process, `${path}: warning: wiping old ${before.type} signature.`)
    const given = options.value('U')?.replaceAll('-', '')
    if (given !== undefined && !/^[0-9a-f]{32}$/i.test(given)) throw new Failure('error: parsing UUID failed')
    const uuid = given === undefined ? freshUuid() : Buffer.from(given, 'hex')
    const label = options.value('L') ?? ''
    await writeHead(process, target?.path ?? path, swapHead(size, uuid, label))
    const bytes = (Math.floor(size / PAGE) - 1) * PAGE
    await process.stdout.write(
      `Setting up swapspace version 1, size = ${binarySize(bytes)} (${bytes} bytes)\n${label ? `LABEL=${label}` : 'no label'}, UUID=${uuidText(uuid)}\n`,
    )
    if ((stat.holes ?? 0) > 0)
      await process.stderr.write(
        `\n${process.argv[0]}: ${path} contains holes or other unsupported extents.\n        This swap file can be rejected by kernel on swap activation!\n        Use --verbose for more details.\n\n`,
      )
    return 0
  },
})

function mode(bits: number): string {
  return (bits & 0o7777).toString(8).padStart(4, '0')
}

/** RFC 9562, version 4. */
export function freshUuid(): Buffer {
  const bytes = randomBytes(16)
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80
  return bytes
}
