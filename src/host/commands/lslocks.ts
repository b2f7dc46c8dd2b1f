import type { Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { type FileLock, fileLocks } from '../world/file-locks.ts'
import { gnuCommand, Usage } from './gnu/command.ts'
import { binarySize } from './gnu/size.ts'
import { type Column, smartTable } from './gnu/smart-table.ts'

const USUAL = ['COMMAND', 'PID', 'TYPE', 'SIZE', 'MODE', 'M', 'START', 'END', 'PATH']

export default gnuCommand({
  name: 'lslocks',
  package: 'util-linux',
  usage: '[options]',
  about: '\nList local system locks.',
  applet: false,
  short: 'biJno:p:ruhV',
  long: {
    bytes: 'b',
    noinaccessible: 'i',
    json: 'J',
    noheadings: 'n',
    output: 'o',
    'output-all': 'all',
    pid: 'p',
    raw: 'r',
    notruncate: 'u',
  },
  async run(process, options) {
    const columns = columnsOf(process, options.has('b'))
    const names = options.value('o')?.toUpperCase().split(',') ?? USUAL
    const chosen = names.map((name) => {
      const column = columns.find((one) => one.name === name)
      if (!column) throw new Usage(`unknown column: ${name}`)
      return column
    })
    const pid = options.value('p')
    const rows = fileLocks(process.world).filter((lock) => pid === undefined || lock.pid === Number(pid))
    if (rows.length === 0) return 0
    await process.stdout.write(smartTable(chosen, rows, { noHeadings: options.has('n'), raw: options.has('r') }))
    return 0
  },
})

function columnsOf(process: Process, inBytes: boolean): Column<FileLock>[] {
  const sizeOf = ({ path }: FileLock): string => {
    try {
      const { size } = process.world.files.stat(path)
      return size === 0 ? '' : inBytes ? String(size) : binarySize(size, true)
    } catch (error) {
      if (error instanceof HostError) return ''
      throw error
    }
  }
  const mayLook = (pid: number): boolean => process.uid === 0 || process.world.processes.get(pid)?.uid === process.uid
  return [
    { name: 'COMMAND', cell: ({ pid }) => process.world.processes.get(pid)?.comm ?? '(unknown)' },
    { name: 'PID', right: true, cell: ({ pid }) => String(pid) },
    { name: 'TYPE', right: true, cell: ({ kind }) => kind },
    { name: 'SIZE', right: true, cell: sizeOf },
    { name: 'MODE', cell: ({ mode }) => mode },
    { name: 'M', right: true, cell: () => '0' },
    { name: 'START', right: true, cell: () => '0' },
    { name: 'END', right: true, cell: () => '0' },
    // Whose descriptors one may not see, of that only the mount point is known.
    { name: 'PATH', cell: ({ pid, path }) => (mayLook(pid) ? path : '/...') },
    { name: 'INODE', right: true, cell: ({ inode }) => String(inode) },
    { name: 'BLOCKER', right: true, cell: () => '' },
  ]
}
