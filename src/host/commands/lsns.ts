import type { Process } from '../command.ts'
import type { ProcessInfo } from '../process/list.ts'
import { type Namespaces, namespacesOf } from '../process/namespaces.ts'
import { userName } from './gnu/accounts.ts'
import { Failure, gnuCommand, Usage } from './gnu/command.ts'
import { type Column, smartTable } from './gnu/smart-table.ts'

interface Row {
  ns: number
  type: keyof Namespaces
  members: readonly ProcessInfo[]
  /** What stands before the command: where the one that made it lives in another one of the list. */
  lead: string
}

const TYPES: readonly (keyof Namespaces)[] = ['mnt', 'net', 'ipc', 'user', 'pid', 'uts', 'cgroup', 'time']

export default gnuCommand({
  name: 'lsns',
  package: 'util-linux',
  usage: '[options] [<namespace>]',
  about: '\nList system namespaces.',
  applet: false,
  short: 'Jlno:p:ruWt:ThV',
  long: { json: 'J', list: 'l', noheadings: 'n', output: 'o', task: 'p', raw: 'r', notruncate: 'u', nowrap: 'W', type: 't', tree: 'T' },
  async run(process, options) {
    const type = options.value('t')
    if (type !== undefined && !TYPES.includes(type as keyof Namespaces)) throw new Failure(`unknown namespace type: ${type}`)
    const seen = process.world.processes.list().filter((info) => process.uid === 0 || info.uid === process.uid)
    const [wanted] = options.operands
    if (wanted !== undefined) return members(process, seen, Number(wanted))
    const pid = options.value('p')
    if (pid !== undefined && !/^\d+$/.test(pid)) throw new Failure(`invalid PID argument: '${pid}'`, 1, true)
    const target = pid === undefined ? undefined : seen.find((info) => info.pid === Number(pid))
    const rows = rowsOf(seen).filter(
      (row) => (type === undefined || row.type === type) && (pid === undefined || (target !== undefined && row.members.includes(target))),
    )
    if (rows.length === 0) return 0
    // The kernel gives network namespaces numbers of their own only when somebody asks.
    const names = options.value('o')?.toUpperCase().split(',') ?? [
      ...['NS', 'TYPE', 'NPROCS', 'PID', 'USER'],
      ...(type === 'net' ? ['NETNSID', 'NSFS'] : []),
      'COMMAND',
    ]
    const flat = options.has('l', 'r', 'o')
    if (!flat) addLeads(rows, seen, isAscii(process))
    const columns = columnsOf(process)
    const chosen = names.map((name) => {
      const column = columns.find((one) => one.name === name)
      if (!column) throw new Usage(`unknown column: ${name}`)
      return column
    })
    await process.stdout.write(smartTable(chosen, rows, { noHeadings: options.has('n'), raw: options.has('r') }))
    return 0
  },
})

function isAscii(process: Process): boolean {
  return !/utf-?8/i.test(process.env.get('LC_ALL') ?? process.env.get('LANG') ?? '')
}

function rowsOf(seen: readonly ProcessInfo[]): Row[] {
  const byNumber = new Map<number, { type: keyof Namespaces; members: ProcessInfo[] }>()
  for (const info of seen) {
    const namespaces = namespacesOf(info)
    for (const type of TYPES) {
      const known = byNumber.get(namespaces[type]) ?? { type, members: [] }
      known.members.push(info)
      byNumber.set(namespaces[type], known)
    }
  }
  return [...byNumber].sort(([a], [b]) => a - b).map(([ns, { type, members: inside }]) => ({ ns, type, members: inside, lead: '' }))
}

function addLeads(rows: readonly Row[], seen: readonly ProcessInfo[], ascii: boolean): void {
  const children = new Map<number, Row[]>()
  for (const row of rows) {
    const parent = seen.find((info) => info.pid === row.members[0]?.ppid)
    const above = parent && namespacesOf(parent)[row.type]
    if (above === undefined || above === row.ns) continue
    children.set(above, [...(children.get(above) ?? []), row])
  }
  const [branch, last] = ascii ? ['|-', '`-'] : ['├─', '└─']
  for (const below of children.values()) for (const [i, row] of below.entries()) row.lead = i === below.length - 1 ? last : branch
}

function commandOf(info: ProcessInfo | undefined): string {
  return info === undefined ? '' : info.argv.length === 0 ? info.comm : info.argv.join(' ')
}

function columnsOf(process: Process): Column<Row>[] {
  return [
    { name: 'NS', right: true, cell: ({ ns }) => String(ns) },
    { name: 'TYPE', cell: ({ type }) => type },
    { name: 'NPROCS', right: true, cell: ({ members: inside }) => String(inside.length) },
    { name: 'PID', right: true, cell: ({ members: [first] }) => String(first?.pid ?? '') },
    { name: 'PPID', right: true, cell: ({ members: [first] }) => String(first?.ppid ?? '') },
    { name: 'UID', right: true, cell: ({ members: [first] }) => String(first?.uid ?? '') },
    { name: 'USER', cell: ({ members: [first] }) => (first ? userName(process, first.uid) : '') },
    { name: 'NETNSID', right: true, cell: ({ type }) => (type === 'net' ? 'unassigned' : '') },
    { name: 'NSFS', cell: () => '' },
    { name: 'COMMAND', cell: ({ members: [first], lead }) => lead + commandOf(first) },
    { name: 'PATH', cell: ({ members: [first], type }) => `/proc/${first?.pid}/ns/${type}` },
  ]
}

/** Who lives in one namespace. */
async function members(process: Process, seen: readonly ProcessInfo[], ns: number): Promise<number> {
  const row = rowsOf(seen).find((one) => one.ns === ns)
  if (!row) throw new Failure(`not found namespace: ${ns}`)
  const columns: Column<ProcessInfo>[] = [
    { name: 'PID', right: true, cell: ({ pid }) => String(pid) },
    { name: 'PPID', right: true, cell: ({ ppid }) => String(ppid) },
    { name: 'USER', cell: ({ uid }) => userName(process, uid) },
    { name: 'COMMAND', cell: commandOf },
  ]
  await process.stdout.write(smartTable(columns, row.members))
  return 0
}
