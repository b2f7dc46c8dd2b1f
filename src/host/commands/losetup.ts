import type { HostText, Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { attachLoop, detachLoop, freeLoop, type Loop, loops } from '../world/block-storage.ts'
import { Failure, gnuCommand, Usage } from './gnu/command.ts'
import type { Options } from './gnu/options.ts'
import { type Column, smartTable } from './gnu/smart-table.ts'

const COLUMNS: readonly Column<Loop>[] = [
  { name: 'NAME', cell: ({ number }) => `/dev/loop${number}` },
  { name: 'SIZELIMIT', right: true, cell: () => '0' },
  { name: 'OFFSET', right: true, cell: ({ offset }) => String(offset) },
  { name: 'AUTOCLEAR', right: true, cell: ({ autoclear }) => (autoclear ? '1' : '0') },
  { name: 'RO', right: true, cell: ({ readOnly }) => (readOnly ? '1' : '0') },
  { name: 'BACK-FILE', cell: ({ path }) => path },
  { name: 'DIO', right: true, cell: () => '0' },
  { name: 'LOG-SEC', right: true, cell: () => '512' },
]
const SMALLEST = 512

export default gnuCommand({
  name: 'losetup',
  package: 'mount',
  paths: ['/usr/sbin/losetup', '/sbin/losetup'],
  usage: ['[options] [<loopdev>]', '[options] -f | <loopdev> <file>'],
  about: '\nSet up and control loop devices.',
  applet: false,
  short: 'ad:Dfc:j:Llo:PrvhVJnO:',
  long: {
    all: 'a',
    detach: 'd',
    'detach-all': 'D',
    find: 'f',
    'set-capacity': 'c',
    associated: 'j',
    nooverlap: 'L',
    offset: 'o',
    sizelimit: 'sizelimit=',
    'sector-size': 'sector-size=',
    partscan: 'P',
    'read-only': 'r',
    show: 'show',
    verbose: 'v',
    list: 'l',
    noheadings: 'n',
    output: 'O',
    raw: 'raw',
  },
  async run(process, options) {
    const { world } = process
    if (options.has('D')) {
      for (const { number } of [...loops(world)]) detachLoop(world, number)
      return 0
    }
    const detached = options.values('d')
    if (detached.length > 0) {
      for (const name of [...detached, ...options.operands]) detach(process, name)
      return 0
    }
    const file = options.value('j')
    if (options.has('a') || file !== undefined)
      return listOld(
        process,
        loops(world).filter((loop) => file === undefined || loop.path === real(process, file)),
      )
    const [first, second] = options.operands
    if (options.has('f') || second !== undefined) return setUp(process, options, first, second)
    const number = first === undefined ? undefined : numberOf(first)
    if (first !== undefined && !options.has('l', 'O', 'n', 'raw')) {
      const loop = loops(world).find((one) => one.number === number)
      if (!loop)
        throw new Failure(
          `${first}: ${exists(process, first) ? 'No such file or directory' : 'failed to use device: No such device'}`,
          1,
          true,
        )
      return listOld(process, [loop])
    }
    await table(process, options, number)
    return 0
  },
})

function numberOf(name: HostText): number | undefined {
  const digits = /^(?:\/dev\/)?loop(\d{1,3})$/.exec(name)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

function exists(process: Process, path: HostText): boolean {
  try {
    process.files.stat(path)
    return true
  } catch (error) {
    if (error instanceof HostError) return false
    throw error
  }
}

function real(process: Process, file: HostText): HostText {
  return exists(process, file) ? process.files.realpath(file) : file
}

function detach(process: Process, name: HostText): void {
  if (!process.files.may('w', name) && exists(process, name)) throw new Failure(`${name}: detach failed: Permission denied`, 1, true)
  const number = numberOf(name)
  const done = number !== undefined && detachLoop(process.world, number)
  if (!done)
    throw new Failure(
      `${name}: ${exists(process, name) ? 'detach failed: No such device or address' : 'failed to use device: No such device'}`,
      1,
      true,
    )
}

async function setUp(process: Process, options: Options, first: HostText | undefined, second: HostText | undefined): Promise<number> {
  const finds = options.has('f')
  const file = finds ? first : second
  const number = finds ? freeLoop(process.world) : numberOf(first as string)
  if (number === undefined)
    throw new Failure(
      finds ? 'cannot find an unused loop device: No such device' : `${first}: failed to use device: No such device`,
      1,
      true,
    )
  if (file === undefined) {
    await process.stdout.write(`/dev/loop${number}\n`)
    return 0
  }
  if (process.uid !== 0) throw new Failure(`cannot find an unused loop device: Permission denied`)
  const problem = (text: string): Failure => new Failure(`${file}: failed to set up loop device: ${text}`, 1, true)
  let stat: ReturnType<Process['files']['stat']>
  try {
    stat = process.files.stat(file)
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    throw problem(error.message)
  }
  if (stat.type === 'directory') throw problem('Is a directory')
  if (stat.type !== 'file' && stat.type !== 'block') throw problem('Invalid argument')
  if (loops(process.world).some((loop) => loop.number === number)) throw problem('Device or resource busy')
  const offset = Number(options.value('o') ?? 0) || 0
  if (stat.size < SMALLEST)
    await process.stderr.write(
      `losetup: ${file}: Warning: file is smaller than 512 bytes; the loop device may be useless or invisible for system tools.\n`,
    )
  attachLoop(process.world, {
    number,
    path: process.files.realpath(file),
    inode: stat.inode,
    offset,
    readOnly: options.has('r'),
    autoclear: false,
  })
  if (options.has('show')) await process.stdout.write(`/dev/loop${number}\n`)
  return 0
}

/** The line of older versions: device, numbers and name of its file. */
async function listOld(process: Process, shown: readonly Loop[]): Promise<number> {
  for (const { number, inode, path, offset } of shown)
    await process.stdout.write(`/dev/loop${number}: [65025]:${inode} (${path})${offset > 0 ? `, offset ${offset}` : ''}\n`)
  return 0
}

async function table(process: Process, options: Options, number: number | undefined): Promise<void> {
  const names = options.value('O')?.toUpperCase().split(',') ?? COLUMNS.map(({ name }) => name)
  const columns = names.map((name) => {
    const column = COLUMNS.find((one) => one.name === name)
    if (!column) throw new Usage(`unknown column: ${name}`)
    return column
  })
  const rows = loops(process.world).filter((loop) => number === undefined || loop.number === number)
  if (rows.length > 0) await process.stdout.write(smartTable(columns, rows, { noHeadings: options.has('n'), raw: options.has('raw') }))
}
