import type { HostText, Process } from '../command.ts'
import { own } from '../process/exec.ts'
import { ALL_CAPABILITIES, CAPABILITIES, capabilityBits, capabilityNames, holds } from '../world/capabilities.ts'
import { accountsOf, userName } from './gnu/accounts.ts'
import { Failure, gnuCommand } from './gnu/command.ts'
import type { Options } from './gnu/options.ts'
import { startInPlace } from './gnu/start.ts'

export default gnuCommand({
  name: 'setpriv',
  package: 'util-linux',
  usage: '[options] <program> [<argument>...]',
  about: '\nRun a program with different privilege settings.',
  applet: false,
  short: '+dhV',
  long: {
    dump: 'd',
    'no-new-privs': 'no-new-privs',
    nnp: 'no-new-privs',
    'inh-caps': 'inh-caps=',
    'ambient-caps': 'ambient-caps=',
    'bounding-set': 'bounding-set=',
    ruid: 'ruid=',
    euid: 'euid=',
    rgid: 'rgid=',
    egid: 'egid=',
    reuid: 'reuid=',
    regid: 'regid=',
    'clear-groups': 'clear-groups',
    'keep-groups': 'keep-groups',
    'init-groups': 'init-groups',
    groups: 'groups=',
    securebits: 'securebits=',
    pdeathsig: 'pdeathsig=',
    'selinux-label': 'selinux-label=',
    'apparmor-profile': 'apparmor-profile=',
    'reset-env': 'reset-env',
    'list-caps': 'list-caps',
  },
  async run(process, options) {
    if (options.has('list-caps')) {
      await process.stdout.write(CAPABILITIES.map((name) => `${name.slice(4)}\n`).join(''))
      return 0
    }
    if (options.has('d')) return dump(process)
    if (options.operands.length === 0) throw new Failure('No program specified')
    const uid = idOf(process, options, 'reuid', 'euid', 'ruid')
    const gid = idOf(process, options, 'regid', 'egid', 'rgid')
    if (gid !== undefined && !options.has('keep-groups', 'clear-groups', 'init-groups', 'groups'))
      throw new Failure('--[re]gid requires --keep-groups, --clear-groups, --init-groups, or --groups')
    change(process, uid, gid, options)
    const set = options.value('bounding-set')
    if (set !== undefined) own(process).bounding = bounded(own(process).bounding, set)
    return startInPlace(process, options.operands, options.has('reset-env') ? freshEnvironment(process) : process.env)
  },
})

function idOf(process: Process, options: Options, ...keys: readonly string[]): number | undefined {
  const key = keys.find((one) => options.has(one))
  if (key === undefined) return undefined
  const word = options.value(key) as HostText
  const accounts = accountsOf(process)
  const named = key.endsWith('uid') ? accounts.user(word)?.uid : accounts.group(word)?.gid
  const id = named ?? (/^\d{1,10}$/.test(word) ? Number(word) : undefined)
  if (id === undefined) throw new Failure(`failed to parse ${key}: '${word}'`, 1, true)
  return id
}

function change(process: Process, uid: number | undefined, gid: number | undefined, options: Options): void {
  const self = own(process)
  const { account } = self
  if (uid !== undefined && uid !== account.uid && !holds(process, 'cap_setuid'))
    throw new Failure('setresuid failed: Operation not permitted', 127)
  if (gid !== undefined && gid !== account.gid && !holds(process, 'cap_setgid'))
    throw new Failure('setresgid failed: Operation not permitted', 127)
  const groups = groupsOf(process, uid ?? account.uid, options)
  if (groups && !holds(process, 'cap_setgid')) throw new Failure('setgroups failed: Operation not permitted', 127)
  const next = { ...account, gid: gid ?? account.gid, groups: groups ?? account.groups }
  self.account = uid === undefined ? next : { ...next, uid, user: userName(process, uid) }
}

function groupsOf(process: Process, uid: number, options: Options): number[] | undefined {
  if (options.has('clear-groups')) return []
  const accounts = accountsOf(process)
  const user = accounts.userById(uid)
  if (options.has('init-groups')) {
    if (!user) throw new Failure(`uid ${uid} not found, --init-groups requires an user that can be found on the system`)
    return accounts.groupsOf(user)
  }
  const list = options.value('groups')
  return list?.split(',').map((word) => {
    const gid = accounts.group(word)?.gid ?? (/^\d{1,10}$/.test(word) ? Number(word) : undefined)
    if (gid === undefined) throw new Failure(`failed to parse supplementary group id: '${word}'`, 1, true)
    return gid
  })
}

/** `-all,+chown`: what is added to and taken from a set. */
function bounded(before: bigint, text: HostText): bigint {
  let set = before
  for (const word of text.split(',')) {
    const name = word.slice(1)
    const bits = name === 'all' ? ALL_CAPABILITIES : capabilityBits(/^cap_\d+$/.test(name) ? name.slice(4) : `cap_${name}`)
    if (!/^[-+]/.test(word)) throw new Failure('bad capability string')
    if (bits === undefined) throw new Failure(`unknown capability "${name}"`, 1, true)
    set = word.startsWith('-') ? set & ~bits : set | (bits & before)
  }
  return set
}

function freshEnvironment(process: Process): Map<string, HostText> {
  const user = accountsOf(process).userById(process.uid)
  const path = process.uid === 0 ? '/usr/local/sbin:/usr/local/bin:/sbin:/bin:/usr/sbin:/usr/bin' : '/usr/local/bin:/bin:/usr/bin'
  const term = process.env.get('TERM')
  return new Map([
    ...(term === undefined ? [] : [['TERM', term] as const]),
    ['SHELL', user?.shell || '/bin/sh'],
    ['HOME', user?.home ?? '/'],
    ['USER', process.user],
    ['LOGNAME', process.user],
    ['PATH', path],
  ])
}

async function dump(process: Process): Promise<number> {
  const { bounding } = own(process)
  const groups = process.groups.length === 0 ? '[none]' : process.groups.join(',')
  await process.stdout.write(`uid: ${process.uid}
euid: ${process.uid}
gid: ${process.gid}
egid: ${process.gid}
Supplementary groups: ${groups}
no_new_privs: 0
Inheritable capabilities: [none]
Ambient capabilities: [none]
Capability bounding set: ${capabilityNames(bounding).replaceAll('cap_', '') || '[none]'}
Securebits: [none]
Parent death signal: [none]
`)
  return 0
}
