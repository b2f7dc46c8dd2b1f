import type { CommandFile, Process } from '../../command.ts'
import type { ProcessInfo } from '../../process/list.ts'
import { groupName, userName } from '../gnu/accounts.ts'
import gnuId from '../id.ts'

/** `id` and `ps` of toybox, which know Android's contexts and columns. */
export const id: CommandFile = {
  name: 'id',
  paths: [],
  async run(process) {
    if (process.argv.length > 1) return gnuId.run(process)
    const { uid, gid, groups } = process
    const named = (number: number, name: string): string => `${number}(${name})`
    const list = [gid, ...groups.filter((group) => group !== gid)].map((group) => named(group, groupName(process, group)))
    const context = uid === 0 ? 'u:r:su:s0' : 'u:r:shell:s0'
    await process.stdout.write(
      `uid=${named(uid, userName(process, uid))} gid=${named(gid, groupName(process, gid))} groups=${list.join(',')} context=${context}\n`,
    )
    return 0
  },
}

export const ps: CommandFile = {
  name: 'ps',
  paths: [],
  async run(process) {
    const words = process.argv.slice(1)
    const all = words.some((word) => /^-?[A-Za-z]*[Ae]/.test(word)) || words.some((word) => /^-?aux?$/.test(word))
    const own = process.world.processes.get(process.pid)
    const chosen = process.world.processes.list().filter((info) => all || (info.uid === process.uid && info.tty === own?.tty))
    const columns = words.includes('-o') ? (words[words.indexOf('-o') + 1] ?? '').split(',') : undefined
    if (columns) return chosenColumns(process, chosen, columns)
    await process.stdout.write(
      `USER           PID  PPID     VSZ    RSS WCHAN            ADDR S NAME                       \n${chosen.map((info) => row(process, info)).join('')}`,
    )
    return 0
  },
}

function row(process: Process, info: ProcessInfo): string {
  const waits = info.argv.length === 0 ? '0' : info.state === 'R' ? '0' : 'SyS_epoll_wait'
  return [
    userName(process, info.uid).padEnd(12),
    String(info.pid).padStart(5),
    String(info.ppid).padStart(5),
    String(info.vszKiB).padStart(7),
    String(info.rssKiB).padStart(6),
    waits.padEnd(14),
    '00000000'.padStart(10),
    info.state,
    nameOf(info),
  ]
    .join(' ')
    .concat('\n')
}

/** Programs by what they were called as, kernel threads in brackets. */
function nameOf(info: ProcessInfo): string {
  const first = info.argv[0]
  return first === undefined ? `[${info.comm}]` : first.slice(first.lastIndexOf('/') + 1)
}

async function chosenColumns(process: Process, chosen: readonly ProcessInfo[], names: readonly string[]): Promise<number> {
  const columns: Readonly<Record<string, (info: ProcessInfo) => string>> = {
    PID: (info) => String(info.pid),
    PPID: (info) => String(info.ppid),
    USER: (info) => userName(process, info.uid),
    UID: (info) => String(info.uid),
    NAME: nameOf,
    CMD: (info) => info.comm,
    COMM: (info) => info.comm,
    ARGS: (info) => (info.argv.length ? info.argv.join(' ') : `[${info.comm}]`),
    RSS: (info) => String(info.rssKiB),
    VSZ: (info) => String(info.vszKiB),
    S: (info) => info.state,
  }
  const wanted = names.map((name) => name.toUpperCase())
  const missing = wanted.find((name) => !Object.hasOwn(columns, name))
  if (missing !== undefined) {
    await process.stderr.write(`ps: bad -o '${missing}'\n`)
    return 1
  }
  const shown = [wanted, ...chosen.map((info) => wanted.map((name) => columns[name]?.(info) ?? ''))]
  await process.stdout.write(shown.map((cells) => `${cells.join(' ')}\n`).join(''))
  return 0
}
