import type { HostText, Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { exec, own } from '../process/exec.ts'
import { accountsOf, userName } from './gnu/accounts.ts'
import { Failure, gnuCommand, Usage } from './gnu/command.ts'
import { localQuotes } from './gnu/locale.ts'
import type { Options } from './gnu/options.ts'
import { quoted } from './gnu/quote.ts'

export default gnuCommand({
  name: 'chroot',
  paths: ['/usr/sbin/chroot'],
  usage: ['[OPTION] NEWROOT [COMMAND [ARG]...]', 'OPTION'],
  about: 'Run COMMAND with root directory set to NEWROOT.',
  authors: 'Roland McGrath',
  trouble: 125,
  short: '+',
  long: { groups: 'groups=', userspec: 'userspec=', 'skip-chdir': 'skip-chdir' },
  async run(process, options) {
    const [root, ...rest] = options.operands
    if (root === undefined) throw new Usage('missing operand')
    const isSame = sameRoot(process, root)
    if (options.has('skip-chdir') && !isSame) throw new Usage("option --skip-chdir only permitted if NEWROOT is old '/'", true)
    const { cwd } = process
    try {
      own(process).changeRoot(root)
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      throw new Failure(`cannot change root directory to ${quoted(root)}: ${error.message}`, 125, true)
    }
    if (options.has('skip-chdir')) own(process).cwd = cwd
    become(process, options)
    const command = rest.length > 0 ? rest : [process.env.get('SHELL') || '/bin/sh', '-i']
    try {
      return await exec(process, command)
    } catch (error) {
      if (!(error instanceof HostError) || error.code === 'EPIPE') throw error
      const text = localQuotes(process, `failed to run command '${command[0]}': ${error.message}`)
      throw new Failure(text, error.code === 'ENOENT' ? 127 : 126, true)
    }
  },
})

function sameRoot(process: Process, root: HostText): boolean {
  try {
    return process.files.realpath(root) === '/'
  } catch (error) {
    if (error instanceof HostError) return false
    throw error
  }
}

/** `--userspec=USER[:GROUP]` and `--groups=G,…`; names are looked up outside. */
function become(process: Process, options: Options): void {
  const self = own(process)
  const accounts = accountsOf(process)
  const [name, groupWord] = (options.value('userspec') ?? '').split(':')
  const gidOf = (word: string, what: string): number => {
    const gid = accounts.group(word)?.gid ?? (/^\d+$/.test(word) ? Number(word) : undefined)
    if (gid === undefined) throw new Failure(`invalid group${what === 'list' ? ` ${quoted(word)}` : ''}`, 125, true)
    return gid
  }
  let { uid, gid, groups } = self.account
  if (name) {
    const user = accounts.user(name) ?? (/^\d+$/.test(name) ? accounts.userById(Number(name)) : undefined)
    if (!user && !/^\d+$/.test(name)) throw new Failure('invalid user', 125)
    uid = user?.uid ?? Number(name)
    gid = user?.gid ?? gid
    groups = user ? accounts.groupsOf(user) : groups
  }
  if (groupWord) {
    gid = gidOf(groupWord, 'one')
    if (!options.has('groups')) groups = [...groups.filter((one) => one !== self.gid), gid]
  }
  const list = options.value('groups')
  if (list !== undefined) groups = list === '' ? [] : list.split(',').map((word) => gidOf(word, 'list'))
  if (options.has('userspec', 'groups')) self.account = { user: userName(process, uid), uid, gid, groups }
}
