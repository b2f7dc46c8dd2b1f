import type { HostText, Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { exec, own } from '../process/exec.ts'
import {
  ALL_CAPABILITIES,
  type CapabilitySets,
  capabilitiesOf,
  capabilityBits,
  capabilityNames,
  capabilityText,
  holds,
  parseCapabilities,
} from '../world/capabilities.ts'
import { accountsOf, groupName, userName } from './gnu/accounts.ts'
import { gnuCommand } from './gnu/command.ts'
import { askForHelp } from './gnu/help.ts'

const MODES = ['NOPRIV', 'PURE1E_INIT', 'PURE1E', 'HYBRID']
const USAGE = `usage: capsh [args ...]
  --addamb=xxx --cap-uid=<n> --caps=xxx --chroot=path --current --decode=xxx --delamb=xxx --drop=xxx --explain=xxx --forkfor=<n>
  --gid=<n> --groups=g,... --has-a=xxx --has-b=xxx --has-ambient --has-i=xxx --has-p=xxx --has-no-new-privs --help, -h --iab=...
  --inh=xxx --inmode=<xxx> --is-uid=<n> --is-gid=<n> --keep=<n> --killit=<n> --license --mode --mode=<xxx> --modes --no-new-privs
  --noamb --noenv --print --quiet --secbits=<n> --shell=/xx/yy --strict --suggest=text --supports=xxx --uid=<n> --user=<name>
  == =+ -- -+
`

/** Its words are done one after the other; after `--` a shell takes its place. */
export default gnuCommand({
  name: 'capsh',
  package: 'libcap2-bin',
  paths: ['/usr/sbin/capsh'],
  usage: '[args ...]',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    try {
      return await follow(process)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      await process.stderr.write(error.message)
      return 1
    }
  },
})

async function follow(process: Process): Promise<number> {
  const state: State = { shell: '/bin/bash', keepsCaps: false, inheritable: 0n }
  const words = process.argv.slice(1)
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === '--' || word === '-+') return start(process, [state.shell, ...words])
    if (word === '==' || word === '=+') return start(process, [process.argv[0] as HostText, ...words])
    const [, name = '', value] = /^--([a-z-]+)(?:=(.*))?$/s.exec(word) ?? []
    const action = value === undefined ? PLAIN[name] : undefined
    const valued = value === undefined ? undefined : VALUED[name]
    if (action) await action(process, state)
    else if (valued) await valued(process, value as string, state)
    else {
      const isHelp = word === '--help' || word === '-h'
      return (await askForHelp(process, USAGE)) || (isHelp ? 0 : 1)
    }
  }
  return 0
}

interface State {
  shell: HostText
  keepsCaps: boolean
  inheritable: bigint
}

async function start(process: Process, argv: readonly HostText[]): Promise<number> {
  try {
    return await exec(process, argv)
  } catch (error) {
    if (!(error instanceof HostError) || error.code === 'EPIPE') throw error
    throw new Refusal(`execve '${argv[0]}' failed!\n`)
  }
}

/** Ends it with words that stand without its name before them. */
class Refusal extends Error {}

const PLAIN: Record<string, (process: Process, state: State) => Promise<void>> = {
  print,
  async current(process, { inheritable }) {
    await process.stdout.write(`Current: ${capabilityText(setsOf(process, inheritable))}\nCurrent IAB: ${droppedText(process)}\n`)
  },
  async mode(process) {
    await process.stdout.write('Mode: HYBRID\n')
  },
  async modes(process) {
    await process.stdout.write(`Supported modes: ${MODES.join(' ')}\n`)
  },
  async 'has-ambient'() {},
  async 'no-new-privs'() {},
  async noamb() {},
  async noenv() {},
  async quiet() {},
  async strict() {},
}

const VALUED: Record<string, (process: Process, value: HostText, state: State) => Promise<void> | void> = {
  async decode(process, value) {
    const bits = BigInt(`0x${/^(?:0x)?([0-9a-f]{1,16})/i.exec(value)?.[1] ?? '0'}`)
    await process.stdout.write(`0x${bits.toString(16).padStart(16, '0')}=${capabilityNames(bits)}\n`)
  },
  drop(process, value) {
    if (!holds(process, 'cap_setpcap')) throw new Refusal('unable to raise CAP_SETPCAP for BSET changes: Operation not permitted\n')
    for (const name of value.split(',')) own(process).bounding &= ~named(name)
  },
  inh(_process, value, state) {
    state.inheritable = value === '' ? 0n : named(value)
  },
  caps(_process, value, state) {
    const sets = parseCapabilities(value)
    if (!sets) throw new Refusal(`unable to interpret [--caps=${value}]\n`)
    state.inheritable = sets.inheritable
  },
  uid(process, value) {
    changeUser(process, numberOf('uid', value))
  },
  'cap-uid'(process, value) {
    changeUser(process, numberOf('cap-uid', value))
  },
  gid(process, value) {
    const gid = numberOf('gid', value)
    if (!holds(process, 'cap_setgid')) throw new Refusal(`Failed to set gid=${gid}: Operation not permitted\n`)
    own(process).account = { ...own(process).account, gid }
  },
  groups(process, value) {
    const groups = value.split(',').map((one) => accountsOf(process).group(one)?.gid ?? numberOf('groups', one))
    if (!holds(process, 'cap_setgid')) throw new Refusal('Failed to setgroups.\n')
    own(process).account = { ...own(process).account, groups }
  },
  user(process, value) {
    const user = accountsOf(process).user(value)
    if (!user) throw new Refusal(`User [${value}] not known\n`)
    if (!holds(process, 'cap_setgid')) throw new Refusal('Unable to set group list for user: Operation not permitted\n')
    const groups = accountsOf(process).groupsOf(user)
    own(process).account = { user: user.name, uid: user.uid, gid: user.gid, groups }
    own(process).env = new Map([...process.env]).set('HOME', user.home).set('USER', user.name)
  },
  shell(_process, value, state) {
    state.shell = value
  },
  keep(_process, value, state) {
    state.keepsCaps = value === '1'
  },
  'has-p'(process, value) {
    if (!(capabilitiesOf(process).permitted & named(value))) throw new Refusal(`cap[${value}] not permitted\n`)
  },
  'has-b'(process, value) {
    if (capabilityBits(value) === undefined) throw new Refusal(`cap[${value}] not recognized by library\n`)
    if (!(own(process).bounding & named(value))) throw new Refusal(`cap[${value}] not in bounding vector\n`)
  },
  'has-i'(_process, value, { inheritable }) {
    if (!(inheritable & named(value))) throw new Refusal(`cap[${value}] not inheritable\n`)
  },
  'has-a'(_process, value) {
    throw new Refusal(`cap[${value}] not in ambient vector\n`)
  },
  'is-uid'(process, value) {
    if (process.uid !== Number(value)) throw new Refusal(`uid: got=${process.uid}, want=${Number(value)}\n`)
  },
  'is-gid'(process, value) {
    if (process.gid !== Number(value)) throw new Refusal(`gid: got=${process.gid}, want=${Number(value)}\n`)
  },
  supports(_process, value) {
    if (capabilityBits(value) === undefined) throw new Refusal(`cap[${value}] not recognized by library\n`)
  },
  chroot(process, value) {
    try {
      own(process).changeRoot(value)
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      throw new Refusal(`Unable to chroot/chdir to [${value}]`)
    }
  },
}

function named(name: string): bigint {
  const bits = capabilityBits(name)
  if (bits === undefined) throw new Refusal(`capability [${name}] is unknown to libcap\n`)
  return bits
}

function numberOf(option: string, value: string): number {
  if (/^\d{1,10}$/.test(value)) return Number(value)
  throw new Refusal(`invalid --${option} value: want non-negative integer, got "${value}"\n`)
}

function changeUser(process: Process, uid: number): void {
  if (!holds(process, 'cap_setuid')) throw new Refusal(`Failed to set uid=${uid}: Operation not permitted\n`)
  own(process).account = { ...own(process).account, uid, user: userName(process, uid) }
}

function setsOf(process: Process, inheritable: bigint): CapabilitySets {
  return { ...capabilitiesOf(process), inheritable }
}

/** Capabilities that are gone for good, as libcap's IAB text has them. */
function droppedText(process: Process): string {
  const gone = capabilityNames(ALL_CAPABILITIES & ~own(process).bounding)
  return gone && `!${gone.replaceAll(',', ',!')}`
}

async function print(process: Process, { keepsCaps, inheritable }: State): Promise<void> {
  const { bounding } = own(process)
  const bits = keepsCaps ? "020/0x10/5'b10000" : "00/0x0/1'b0"
  const groups = [...process.groups].sort((a, b) => a - b).map((gid) => `${gid}(${groupName(process, gid)})`)
  await process.stdout.write(`Current: ${capabilityText(setsOf(process, inheritable))}
Bounding set =${capabilityNames(bounding)}
Ambient set =
Current IAB: ${droppedText(process)}
Securebits: ${bits} (no-new-privs=0)
 secure-noroot: no (unlocked)
 secure-no-suid-fixup: no (unlocked)
 secure-keep-caps: ${keepsCaps ? 'yes' : 'no'} (unlocked)
 secure-no-ambient-raise: no (unlocked)
uid=${process.uid}(${userName(process, process.uid)}) euid=${process.uid}(${userName(process, process.uid)})
gid=${process.gid}(${groupName(process, process.gid)})
groups=${groups.join(',')}
Guessed mode: HYBRID (4)
`)
}
