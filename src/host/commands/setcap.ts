import type { HostText, Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { own } from '../process/exec.ts'
import { type CapabilitySets, decodeFileCapabilities, encodeFileCapabilities, holds, parseCapabilities } from '../world/capabilities.ts'
import { gnuCommand } from './gnu/command.ts'
import { statIfThere } from './gnu/tree.ts'

const USAGE = `usage: setcap [-h] [-q] [-v] [-n <rootid>] (-r|-|<caps>) <filename> [ ... (-r|-|<capsN>) <filenameN> ]

 Note <filename> must be a regular (non-symlink) file.
 -r          remove capability from file
 -           read capability text from stdin
 <capsN>     cap_from_text(3) formatted file capability
 [ Note: capsh --suggest="something..." might help you pick. ]
 -h          this message and exit status 0
 -q          quietly
 -v          validate supplied capability matches file
 -n <rootid> write a user namespace (!= 0) limited capability
 --license   display the license info
`

const FLAGS: readonly [letter: string, set: keyof CapabilitySets][] = [
  ['p', 'permitted'],
  ['i', 'inheritable'],
  ['e', 'effective'],
]

export default gnuCommand({
  name: 'setcap',
  package: 'libcap2-bin',
  paths: ['/usr/sbin/setcap'],
  usage: '[-h] [-q] [-v] [-n <rootid>] (-r|-|<caps>) <filename>',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const words = process.argv.slice(1)
    let [verify, quiet] = [false, false]
    let word = words.shift()
    if (word === undefined) return usage(process, 1)
    for (; word !== undefined; word = words.shift()) {
      if (word === '-h' || word === '--help') return usage(process, 0)
      if (word === '-q' || word === '-v' || word === '-n') {
        if (word === '-n') words.shift()
        quiet ||= word === '-q'
        verify ||= word === '-v'
        continue
      }
      const text = word === '-' ? await fromInput(process) : word
      const sets = word === '-r' ? undefined : parseCapabilities(text)
      if (word !== '-r' && !sets) {
        await process.stderr.write('fatal error: Invalid argument\n')
        return usage(process, 1)
      }
      const file = words.shift()
      if (file === undefined) return usage(process, 1)
      const status = verify ? await compare(process, file, sets, quiet) : await change(process, file, sets)
      if (status !== 0) return status
    }
    return 0
  },
})

async function usage(process: Process, status: number): Promise<number> {
  await process.stderr.write(USAGE)
  return status
}

async function fromInput(process: Process): Promise<HostText> {
  await process.stderr.write('Please enter caps for file [empty line to end]:\n')
  const lines: HostText[] = []
  for (let line = await process.stdin.line(); line !== undefined && line !== '\n' && lines.length < 100; line = await process.stdin.line())
    lines.push(line)
  return lines.join(' ')
}

async function change(process: Process, file: HostText, sets: CapabilitySets | undefined): Promise<number> {
  const fail = async (text: string): Promise<number> => {
    await process.stderr.write(`${text}\n`)
    return 1
  }
  if (!holds(process, 'cap_setfcap')) return fail('unable to set CAP_SETFCAP effective capability: Operation not permitted')
  const stat = statIfThere(process, file, false)
  if (!stat) return fail(`Failed to set capabilities on file '${file}': No such file or directory`)
  // The effective set of a file is one bit: it holds all that the others hold, or nothing.
  const whole = !sets || sets.effective === 0n || sets.effective === (sets.permitted | sets.inheritable)
  if (stat.type !== 'file' || !whole) return fail(`Invalid file '${file}' for capability operation`)
  if (!sets && process.files.capability(file) === undefined) return fail(`File '${file}' has no capablity to remove`)
  try {
    process.files.setCapability(file, sets && encodeFileCapabilities(sets, own(process).account.outside?.uid))
    return 0
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    return fail(`Failed to set capabilities on file '${file}': ${error.message}`)
  }
}

async function compare(process: Process, file: HostText, sets: CapabilitySets | undefined, quiet: boolean): Promise<number> {
  const nothing: CapabilitySets = { effective: 0n, permitted: 0n, inheritable: 0n }
  const wanted = sets ?? nothing
  const found = (statIfThere(process, file) && decodeFileCapabilities(process.files.capability(file))) ?? nothing
  const differs = FLAGS.filter(([, set]) => wanted[set] !== found[set]).map(([letter]) => letter)
  if (!quiet) await process.stdout.write(differs.length === 0 ? `${file}: OK\n` : `${file} differs in [${differs.join('')}]\n`)
  return differs.length === 0 ? 0 : 1
}
