import type { HostText } from '../command.ts'
import type { KernelProcess } from '../process/kernel-process.ts'
import type { Dialect } from './dialect.ts'
import { SET_OPTIONS } from './options.ts'
import type { Source } from './shell.ts'

/** What a shell's command line asks for. */
export interface Invocation {
  name: HostText
  args: HostText[]
  source: Source
  interactive: boolean
  login: boolean
  /** Text of `-c`. */
  command?: HostText
  /** Script to read. */
  file?: HostText
  options: [string, boolean][]
  shopts: [string, boolean][]
  norc: boolean
  noprofile: boolean
  rcfile?: HostText
}

const BY_LETTER = new Map(Object.entries(SET_OPTIONS).flatMap(([name, letter]) => (letter ? [[letter, name] as const] : [])))

const BASH_VERSION_TEXT = (machine: string) => `GNU bash, version 5.2.15(1)-release (${machine}-pc-linux-gnu)
Copyright (C) 2022 Free Software Foundation, Inc.
License GPLv3+: GNU GPL version 3 or later <http://gnu.org/licenses/gpl.html>

This is free software; you are free to change and redistribute it.
There is NO WARRANTY, to the extent permitted by law.
`

const BASH_HELP = (name: string, machine: string) => `GNU bash, version 5.2.15(1)-release-(${machine}-pc-linux-gnu)
Usage:\t${name} [GNU long option] [option] ...
\t${name} [GNU long option] [option] script-file ...
GNU long options:
${['debug', 'debugger', 'dump-po-strings', 'dump-strings', 'help', 'init-file', 'login', 'noediting', 'noprofile', 'norc', 'posix', 'pretty-print', 'rcfile', 'restricted', 'verbose', 'version'].map((o) => `\t--${o}\n`).join('')}Shell options:
\t-ilrsD or -c command or -O shopt_option\t\t(invocation only)
\t-abefhkmnptuvxBCEHPT or -o option
Type \`${name} -c "help set"' for more information about shell options.
Type \`${name} -c help' for more information about shell builtin commands.
Use the \`bashbug' command to report bugs.

bash home page: <http://www.gnu.org/software/bash>
General help using GNU software: <http://www.gnu.org/gethelp/>
`

/** Reads the command line of a shell; a number is the status with which it ends at once. */
export async function takeInvocation(process: KernelProcess, dialect: Dialect): Promise<Invocation | number> {
  const [zero = dialect.name, ...rest] = process.argv
  const found: Invocation = {
    name: zero,
    args: [],
    source: 'stdin',
    interactive: false,
    login: zero.startsWith('-'),
    options: [],
    shopts: [],
    norc: false,
    noprofile: false,
  }
  let wantsCommand = false
  let wantsStdin = false
  let interactive = false
  while (rest[0] !== undefined && /^(-|\+.)/.test(rest[0])) {
    const option = rest.shift() as string
    if (option === '--' || option === '-') break
    if (option.startsWith('--')) {
      const status = await longOption(process, dialect, option, found, rest)
      if (status !== undefined) return status
      continue
    }
    for (const letter of option.slice(1)) {
      const on = option.startsWith('-')
      if (letter === 'c') wantsCommand = true
      else if (letter === 's') wantsStdin = true
      else if (letter === 'i') interactive = true
      else if (letter === 'l') found.login = true
      else if (letter === 'o') found.options.push([rest.shift() ?? '', on])
      else if (letter === 'O' && dialect.name === 'bash') found.shopts.push([rest.shift() ?? '', on])
      else if (letter === 'r' || letter === 'D') continue
      else {
        const name = BY_LETTER.get(letter)
        if (!name) return badOption(process, dialect, zero, `${option[0]}${letter}`)
        found.options.push([name, on])
      }
    }
  }
  if (wantsCommand) {
    const command = rest.shift()
    if (command === undefined) {
      await process.stderr.write(
        dialect.name === 'bash' ? `${shown(zero)}: -c: option requires an argument\n` : `${shown(zero)}: 0: -c requires an argument\n`,
      )
      return 2
    }
    found.command = command
    found.source = 'command'
    found.name = rest.shift() ?? shown(zero)
  } else if (rest[0] !== undefined && !wantsStdin) {
    found.file = rest.shift() as string
    found.name = found.file
    found.source = 'script'
  } else found.name = zero
  found.args = rest
  const terminal = process.descriptors.get(0)?.isTerminal === true && process.descriptors.get(2)?.isTerminal === true
  found.interactive = interactive || (found.source === 'stdin' && terminal)
  return found
}

/** `$0` of `bash -c` is the name it was called by, without the dash of a login shell. */
function shown(zero: HostText): HostText {
  return zero
}

async function longOption(
  process: KernelProcess,
  dialect: Dialect,
  option: string,
  found: Invocation,
  rest: HostText[],
): Promise<number | undefined> {
  const { machine } = process.world.persona.os.kernel
  if (dialect.name !== 'bash') return badOption(process, dialect, process.argv[0] ?? 'sh', dialect.name === 'dash' ? '--' : option)
  switch (option) {
    case '--version':
      await process.stdout.write(BASH_VERSION_TEXT(machine))
      return 0
    case '--help':
      await process.stdout.write(BASH_HELP(process.argv[0] ?? 'bash', machine))
      return 0
    case '--login':
      found.login = true
      return undefined
    case '--norc':
      found.norc = true
      return undefined
    case '--noprofile':
      found.noprofile = true
      return undefined
    case '--posix':
      found.options.push(['posix', true])
      return undefined
    case '--verbose':
      found.options.push(['verbose', true])
      return undefined
    case '--rcfile':
    case '--init-file':
      found.rcfile = rest.shift() ?? ''
      return undefined
    case '--noediting':
    case '--restricted':
    case '--debugger':
      return undefined
    default:
      return badOption(process, dialect, process.argv[0] ?? 'bash', option)
  }
}

async function badOption(process: KernelProcess, dialect: Dialect, zero: HostText, option: string): Promise<number> {
  if (dialect.name === 'mksh') {
    await process.stderr.write(`${shown(zero)}: ${option}: unknown option\n`)
    return 1
  }
  if (dialect.name !== 'bash') {
    await process.stderr.write(
      dialect.name === 'dash' ? `${shown(zero)}: 0: Illegal option ${option}\n` : `${shown(zero)}: unrecognized option '${option}'\n`,
    )
    return 2
  }
  await process.stderr.write(
    `${shown(zero)}: ${option}: invalid option\n${BASH_HELP(zero, process.world.persona.os.kernel.machine).split('\n').slice(1, -7).join('\n')}\n`,
  )
  return 2
}
