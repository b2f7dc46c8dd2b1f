import type { HostText, Process } from '../command.ts'
import { type FileStat, HostError } from '../contract.ts'
import { groupName, userName } from './gnu/accounts.ts'
import { gnuCommand, joinPath, Usage } from './gnu/command.ts'
import { modeString } from './gnu/mode.ts'

/** As many links as the kernel follows. */
const LINKS = 40

interface Row {
  name: HostText
  depth: number
  stat: FileStat | undefined
  target?: HostText
  reason?: string
}

export default gnuCommand({
  name: 'namei',
  package: 'util-linux',
  usage: '[options] <pathname>...',
  about: '\nFollow a pathname until a terminal point is found.',
  applet: false,
  short: 'lmonvxhV',
  long: { long: 'l', modes: 'm', owners: 'o', nosymlinks: 'n', vertical: 'v', mountpoints: 'x' },
  async run(process, options) {
    if (options.operands.length === 0) throw new Usage('pathname argument is missing')
    const long = options.has('l')
    const style = { modes: long || options.has('m'), owners: long || options.has('o'), vertical: long || options.has('v') }
    let status = 0
    for (const path of options.operands) {
      const rows: Row[] = []
      if (!(await walk(process, path, options.has('n'), rows))) status = 1
      await process.stdout.write(`f: ${path}\n${format(process, rows, style)}`)
    }
    return status
  },
})

/** Gives whether the whole path is there. */
async function walk(process: Process, path: HostText, keepsLinks: boolean, rows: Row[]): Promise<boolean> {
  let links = 0
  const follow = async (start: HostText, words: HostText, depth: number): Promise<boolean> => {
    let at = start
    if (words.startsWith('/')) {
      at = '/'
      rows.push({ name: '/', depth, stat: process.files.lstat('/') })
    }
    for (const name of words.split('/').filter((word) => word !== '')) {
      await process.spend()
      const next = joinPath(at, name)
      const row: Row = { name, depth, stat: undefined }
      rows.push(row)
      try {
        row.stat = process.files.lstat(next)
        if (row.stat.type === 'symlink') row.target = process.files.readlink(next)
      } catch (error) {
        if (!(error instanceof HostError)) throw error
        row.reason = error.message
        return false
      }
      if (row.target !== undefined && !keepsLinks && (++links > LINKS || !(await follow(at, row.target, depth + 1)))) return false
      at = next
    }
    return true
  }
  return follow('.', path, 0)
}

function format(process: Process, rows: readonly Row[], style: { modes: boolean; owners: boolean; vertical: boolean }): string {
  const known = rows.flatMap(({ stat }) => (stat ? [stat] : []))
  const users = Math.max(0, ...known.map((stat) => userName(process, stat.uid).length))
  const groups = Math.max(0, ...known.map((stat) => groupName(process, stat.gid).length))
  return rows
    .map(({ name, depth, stat, target, reason }) => {
      const indent = '  '.repeat(depth)
      const owners =
        stat && style.owners ? `${userName(process, stat.uid).padEnd(users)} ${groupName(process, stat.gid).padEnd(groups)} ` : ''
      const blank = (style.modes ? 10 : 1) + 1 + (style.owners ? users + groups + 2 : 0)
      const lead = style.vertical ? '' : ' '
      if (!stat) return `${lead}${' '.repeat(blank)}${indent}${name} - ${reason}\n`
      const kind = modeString(stat).slice(0, style.modes ? undefined : 1)
      const between = style.vertical ? `${kind} ${owners}${indent}` : `${indent}${kind} ${owners}`
      return `${lead}${between}${name}${target === undefined ? '' : ` -> ${target}`}\n`
    })
    .join('')
}
