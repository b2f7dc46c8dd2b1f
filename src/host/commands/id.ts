import type { Process } from '../command.ts'
import { isBusyBox } from './busybox/flavour.ts'
import { accountsOf, groupName, userName } from './gnu/accounts.ts'
import { complain, Failure, gnuCommand } from './gnu/command.ts'
import { localQuotes } from './gnu/locale.ts'
import type { Options } from './gnu/options.ts'
import { quoted } from './gnu/quote.ts'

interface Identity {
  uid: number
  gid: number
  groups: readonly number[]
}

export default gnuCommand({
  name: 'id',
  usage: '[OPTION]... [USER]...',
  about: 'Print user and group information for each specified USER,\nor (when USER omitted) for the current process.',
  authors: 'Arnold Robbins and David MacKenzie',
  short: 'agnruGzZ',
  long: { context: 'Z', group: 'g', groups: 'G', name: 'n', real: 'r', user: 'u', zero: 'z' },
  async run(process, options) {
    if (options.has('Z')) throw new Failure('--context (-Z) works only on an SELinux-enabled kernel')
    const choices = ['u', 'g', 'G'].filter((key) => options.has(key))
    if (choices.length > 1) throw new Failure('cannot print "only" of more than one choice')
    if (options.has('n', 'r') && choices.length === 0) throw new Failure('cannot print only names or real IDs in default format')
    if (options.has('z') && choices.length === 0) throw new Failure('option --zero not permitted in default format', 1, true)
    if (options.operands.length === 0) {
      await process.stdout.write(
        shown(process, options, { uid: process.uid, gid: process.gid, groups: withFirst(process.gid, process.groups) }),
      )
      return 0
    }
    let status = 0
    for (const name of options.operands) {
      const accounts = accountsOf(process)
      const user = accounts.user(name) ?? (/^\d+$/.test(name) ? accounts.userById(Number(name)) : undefined)
      if (!user) {
        status = 1
        await complain(process, isBusyBox(process) ? `unknown user ${name}` : localQuotes(process, `${quoted(name)}: no such user`))
        continue
      }
      await process.stdout.write(shown(process, options, { uid: user.uid, gid: user.gid, groups: accounts.groupsOf(user) }))
    }
    return status
  },
})

function withFirst(first: number, groups: readonly number[]): number[] {
  return [first, ...groups.filter((gid) => gid !== first)]
}

function shown(process: Process, options: Options, { uid, gid, groups }: Identity): string {
  const end = options.has('z') ? '\0' : '\n'
  const user = (id: number): string => (options.has('n') ? userName(process, id) : String(id))
  const group = (id: number): string => (options.has('n') ? groupName(process, id) : String(id))
  if (options.has('u')) return user(uid) + end
  if (options.has('g')) return group(gid) + end
  if (options.has('G')) return groups.map(group).join(options.has('z') ? '\0' : ' ') + end
  const named = (id: number, name: string): string => (name === String(id) ? String(id) : `${id}(${name})`)
  const list = groups.map((id) => named(id, groupName(process, id))).join(',')
  return `uid=${named(uid, userName(process, uid))} gid=${named(gid, groupName(process, gid))} groups=${list}\n`
}
