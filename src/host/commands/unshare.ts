import type { Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { own } from '../process/exec.ts'
import type { Namespaces } from '../process/namespaces.ts'
import { holds } from '../world/capabilities.ts'
import { Failure, gnuCommand } from './gnu/command.ts'
import { startInPlace } from './gnu/start.ts'

const KINDS: readonly [option: string, kind: keyof Namespaces][] = [
  ['m', 'mnt'],
  ['u', 'uts'],
  ['i', 'ipc'],
  ['n', 'net'],
  ['p', 'pid'],
  ['U', 'user'],
  ['C', 'cgroup'],
  ['T', 'time'],
]
/** Who has no place in a user namespace (/proc/sys/kernel/overflowuid). */
const NOBODY = { user: 'nobody', uid: 65534, gid: 65534, groups: [65534] }

export default gnuCommand({
  name: 'unshare',
  package: 'util-linux',
  usage: '[options] [<program> [<argument>...]]',
  about: '\nRun a program with some namespaces unshared from the parent.',
  applet: false,
  short: '+m::u::i::n::p::U::C::T::fhVrcR:w:S:G:',
  long: {
    mount: 'm?',
    uts: 'u?',
    ipc: 'i?',
    net: 'n?',
    pid: 'p?',
    user: 'U?',
    cgroup: 'C?',
    time: 'T?',
    fork: 'f',
    'kill-child': 'kill-child?',
    'mount-proc': 'mount-proc?',
    'map-user': 'map-user=',
    'map-group': 'map-group=',
    'map-root-user': 'r',
    'map-current-user': 'c',
    'map-auto': 'map-auto',
    propagation: 'propagation=',
    setgroups: 'setgroups=',
    'keep-caps': 'keep-caps',
    root: 'R',
    wd: 'w',
    setuid: 'S',
    setgid: 'G',
    monotonic: 'monotonic=',
    boottime: 'boottime=',
  },
  async run(process, options) {
    const self = own(process)
    const mapsRoot = options.has('r')
    const newUser = mapsRoot || options.has('U', 'c', 'map-user', 'map-group', 'map-auto')
    const kinds = KINDS.filter(([option]) => options.has(option)).map(([, kind]) => kind)
    if (options.has('mount-proc') && !kinds.includes('mnt')) kinds.push('mnt')
    if (newUser && !kinds.includes('user')) kinds.push('user')
    if (kinds.length > 0 && !newUser && !holds(process, 'cap_sys_admin')) throw new Failure('unshare failed: Operation not permitted')
    self.namespaces = { ...self.namespaces, ...Object.fromEntries(kinds.map((kind) => [kind, self.kernel.newNamespace()])) }
    if (newUser) enterUser(process, mapsRoot, options.has('c'))
    const root = options.value('R')
    const folder = options.value('w')
    if (root !== undefined) inWords(`cannot change root directory to '${root}'`, () => self.changeRoot(root))
    if (folder !== undefined) inWords(`cannot chdir to '${folder}'`, () => (self.cwd = process.files.realpath(folder)))
    if (options.has('S', 'G'))
      self.account = { ...self.account, uid: Number(options.value('S') ?? self.uid), gid: Number(options.value('G') ?? self.gid) }
    return startInPlace(process, options.operands)
  },
})

function inWords(what: string, change: () => void): void {
  try {
    change()
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    throw new Failure(`${what}: ${error.message}`, 1, true)
  }
}

/** In a new user namespace one is nobody, or who the map says; one's rights over files stay what they were. */
function enterUser(process: Process, mapsRoot: boolean, mapsSelf: boolean): void {
  const self = own(process)
  const outside = self.account.outside ?? self.account
  if (mapsSelf) self.account = { ...self.account, outside }
  else self.account = { ...(mapsRoot ? { user: 'root', uid: 0, gid: 0, groups: [0] } : NOBODY), outside }
}
