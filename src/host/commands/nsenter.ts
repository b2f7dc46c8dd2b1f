import { own } from '../process/exec.ts'
import { type Namespaces, namespacesOf } from '../process/namespaces.ts'
import { Failure, gnuCommand } from './gnu/command.ts'
import type { Options } from './gnu/options.ts'
import { startInPlace } from './gnu/start.ts'

/** In the order in which it opens them. */
const KINDS: readonly [option: string, kind: keyof Namespaces][] = [
  ['U', 'user'],
  ['C', 'cgroup'],
  ['i', 'ipc'],
  ['u', 'uts'],
  ['n', 'net'],
  ['p', 'pid'],
  ['m', 'mnt'],
  ['T', 'time'],
]

export default gnuCommand({
  name: 'nsenter',
  package: 'util-linux',
  usage: '[options] [<program> [<argument>...]]',
  about: '\nRun a program with namespaces of other processes.',
  applet: false,
  short: '+aht:m::u::i::n::p::C::U::T::S:G:r::w::W:FZV',
  long: {
    all: 'a',
    target: 't',
    mount: 'm?',
    uts: 'u?',
    ipc: 'i?',
    net: 'n?',
    pid: 'p?',
    cgroup: 'C?',
    user: 'U?',
    time: 'T?',
    setuid: 'S',
    setgid: 'G',
    'preserve-credentials': 'preserve-credentials',
    root: 'r?',
    wd: 'w?',
    wdns: 'W',
    'no-fork': 'F',
    'follow-context': 'Z',
  },
  async run(process, options) {
    const word = options.value('t')
    if (word !== undefined && !/^\d{1,10}$/.test(word)) throw new Failure(`failed to parse pid: '${word}'`, 1, true)
    const self = own(process)
    const asked = KINDS.filter(([option]) => options.has(option) || options.has('a'))
    if (asked.length > 0 && word === undefined) {
      const [, kind] = asked[0] as (typeof KINDS)[number]
      throw new Failure(
        options.has('a') ? 'no target PID specified for --all' : `neither filename nor target pid supplied for ns/${kind}`,
        1,
        true,
      )
    }
    const target = process.world.processes.get(Number(word))
    for (const [, kind] of asked) {
      const path = `/proc/${word}/ns/${kind}`
      const problem = !target ? 'No such file or directory' : mayEnter(process.uid, target) ? undefined : 'Permission denied'
      if (problem)
        throw new Failure(
          options.has('a') ? `stat of /proc/${word}/ns/user failed: ${problem}` : `cannot open ${path}: ${problem}`,
          1,
          true,
        )
    }
    const theirs = target ? namespacesOf(target) : self.namespaces
    // Nobody enters the user namespace that he is in; --all leaves it out.
    if (options.has('U') && !options.has('a') && theirs.user === self.namespaces.user)
      throw new Failure("reassociate to namespace 'ns/user' failed: Invalid argument", 1, true)
    const different = asked.filter(([, kind]) => theirs[kind] !== self.namespaces[kind])
    if (asked.length > 0 && process.uid !== 0) {
      const [, kind] = different[0] ?? (asked[0] as (typeof KINDS)[number])
      throw new Failure(`reassociate to namespace 'ns/${kind}' failed: Operation not permitted`, 1, true)
    }
    self.namespaces = { ...self.namespaces, ...Object.fromEntries(asked.map(([, kind]) => [kind, theirs[kind]])) }
    if (target?.root && options.has('r', 'm', 'a')) self.root = target.root
    if (options.has('m', 'a')) self.cwd = '/'
    setIds(self, options)
    return startInPlace(process, options.operands)
  },
})

function mayEnter(uid: number, target: { uid: number }): boolean {
  return uid === 0 || uid === target.uid
}

function setIds(self: ReturnType<typeof own>, options: Options): void {
  const number = (key: string, now: number): number => (options.has(key) ? Number(options.value(key)) || 0 : now)
  if (options.has('S', 'G')) self.account = { ...self.account, uid: number('S', self.uid), gid: number('G', self.gid) }
}
