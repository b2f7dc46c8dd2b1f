import type { HostText, Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { addSwap, swapAreas } from '../world/block-storage.ts'
import { memory } from '../world/hardware.ts'
import { swapDevice } from '../world/proc-system.ts'
import { type BlockFile, blockFile, probeFile } from './gnu/block-file.ts'
import { complain, gnuCommand } from './gnu/command.ts'
import { binarySize } from './gnu/size.ts'
import { type Column, smartTable } from './gnu/smart-table.ts'

interface Row {
  name: string
  kib: number
  usedKib: number
  priority: number
}

const COLUMNS: readonly Column<Row>[] = [
  { name: 'NAME', cell: ({ name }) => name },
  { name: 'TYPE', cell: ({ name }) => (name.startsWith('/dev/') ? 'partition' : 'file') },
  { name: 'SIZE', right: true, cell: ({ kib }) => binarySize(kib * 1024, true) },
  { name: 'USED', right: true, cell: ({ usedKib }) => binarySize(usedKib * 1024, true) },
  { name: 'PRIO', right: true, cell: ({ priority }) => String(priority) },
]
const LOWEST_OF_OWN = -2

export default gnuCommand({
  name: 'swapon',
  package: 'mount',
  paths: ['/usr/sbin/swapon'],
  version: 'swapon from util-linux 2.38.1',
  usage: '[options] [<spec>]',
  short: 'ad::efo:p:sT:vhV',
  long: { show: 'show?', summary: 's', all: 'a', noheadings: 'noheadings', raw: 'raw', bytes: 'bytes', priority: 'p' },
  async run(process, options) {
    if (options.has('show') || process.argv.length === 1) {
      const names = options.value('show')?.toUpperCase().split(',')
      const columns = names ? names.flatMap((name) => COLUMNS.filter((one) => one.name === name)) : COLUMNS
      const rows = areas(process)
      const look = { noHeadings: options.has('noheadings'), raw: options.has('raw') }
      if (rows.length > 0) await process.stdout.write(smartTable(columns, rows, look))
      return 0
    }
    if (options.has('s')) return process.run(['cat', '/proc/swaps'])
    let status = 0
    for (const path of options.operands) if (!(await enable(process, path, Number(options.value('p') ?? -1)))) status = 255
    return status
  },
})

function areas(process: Process): Row[] {
  const m = memory(process.world)
  const added = swapAreas(process.world)
  const own = m.swapTotal - added.reduce((sum, { kib }) => sum + kib, 0)
  const first = own > 0 ? [{ name: swapDevice(process.world), kib: own, usedKib: m.swapTotal - m.swapFree, priority: LOWEST_OF_OWN }] : []
  return [...first, ...added.map(({ path, kib, priority }) => ({ name: path, kib, usedKib: 0, priority }))]
}

async function enable(process: Process, path: HostText, priority: number): Promise<boolean> {
  const fail = async (text: string): Promise<boolean> => {
    await complain(process, text)
    return false
  }
  let real: string
  let stat: ReturnType<Process['files']['stat']>
  let target: BlockFile | undefined
  try {
    real = process.files.realpath(path)
    stat = process.files.stat(path)
    target = blockFile(process, path)
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    return fail(`cannot open ${path}: ${error.message}`)
  }
  if (stat.type !== 'block' && (stat.mode & 0o077) !== 0)
    await complain(process, `${real}: insecure permissions ${(stat.mode & 0o7777).toString(8).padStart(4, '0')}, 0600 suggested.`)
  if (stat.type === 'file' && stat.uid !== 0) await complain(process, `${real}: insecure file owner ${stat.uid}, 0 (root) suggested.`)
  if ((target && (await probeFile(process, target)))?.type !== 'swap') return fail(`${real}: read swap header failed`)
  if (process.uid !== 0) return fail(`${real}: swapon failed: Operation not permitted`)
  const taken = areas(process)
  if (taken.some(({ name }) => name === real)) return fail(`${real}: swapon failed: Device or resource busy`)
  // The kernel refuses files with holes.
  if ((stat.holes ?? 0) > 0) return fail(`${real}: swapon failed: Invalid argument`)
  const kib = Math.floor((target?.size ?? 0) / 4096) * 4 - 4
  addSwap(process.world, { path: real, kib, priority: priority >= 0 ? priority : LOWEST_OF_OWN - taken.length })
  return true
}
