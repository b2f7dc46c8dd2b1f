import type { Process } from '../command.ts'
import { hostText } from './gnu/bytes.ts'
import { gnuCommand } from './gnu/command.ts'
import { capabilitiesOf, KNOWN, sent } from './tput/capabilities.ts'

const USAGE = `Usage: tput [options] [command]

Options:
  -S <<       read commands from standard input
  -T TERM     use this instead of $TERM
  -V          print curses-version
  -x          do not try to clear scrollback

Commands:
  clear       clear the screen
  init        initialize the terminal
  reset       reinitialize the terminal
  capname     unlike clear/init/reset, print value for capability "capname"
`
const NUMBERS = new Set(['cols', 'lines', 'colors', 'pairs', 'it'])
/** The window of a terminal whose size nobody knows. */
const USUAL: Readonly<Record<string, number>> = { cols: 80, lines: 24 }
/** Parts of `tput init` and `tput reset`, in their order. */
const INIT = ['is2']
const RESET = ['rs1', 'rs2']

export default gnuCommand({
  name: 'tput',
  package: 'ncurses-bin',
  usage: '[options] [command]',
  trouble: 2,
  short: '+ST:Vx',
  async run(process, options) {
    if (options.has('V')) {
      await process.stdout.write('ncurses 6.4.20221231\n')
      return 0
    }
    const terminal = options.value('T') ?? process.env.get('TERM') ?? ''
    if (terminal === '') {
      await process.stderr.write('tput: No value for $TERM and no -T specified\n')
      return 2
    }
    if (!options.has('S') && options.operands.length === 0) {
      await process.stderr.write(USAGE)
      return 2
    }
    if (!capabilitiesOf(terminal)) {
      await process.stderr.write(`tput: unknown terminal "${terminal}"\n`)
      return 3
    }
    if (!options.has('S')) return tell(process, terminal, options.operands)
    for (let line = await process.stdin.line(); line !== undefined; line = await process.stdin.line()) {
      const words = line.trim().split(/\s+/)
      const status = words[0] ? await tell(process, terminal, words) : 0
      if (status > 1) return status
    }
    return 0
  },
})

/** One capability. @returns 1 for what the terminal does not have, 4 for what no terminal has */
async function tell(process: Process, terminal: string, [name = '', ...values]: readonly string[]): Promise<number> {
  const capabilities = capabilitiesOf(terminal)
  if (name === 'init' || name === 'reset') return prepare(process, terminal, name === 'init' ? INIT : RESET)
  if (!KNOWN.has(name)) {
    await process.stderr.write(`tput: unknown terminfo capability '${name}'\n`)
    return 4
  }
  const value = windowSize(process, name) ?? capabilities?.get(name) ?? USUAL[name]
  if (value === true) return 0
  if (typeof value === 'number' || NUMBERS.has(name)) {
    await process.stdout.write(`${value ?? -1}\n`)
    return 0
  }
  if (value === undefined) return 1
  // Where the terminal can, `clear` forgets what was scrolled out too.
  const text = name === 'clear' ? `${value}${capabilities?.get('E3') ?? ''}` : value
  await process.stdout.write(hostText(name === 'longname' ? text : sent(text, values.map(Number))))
  return 0
}

/** The window counts before what the database says. */
function windowSize(process: Process, name: string): number | undefined {
  return name === 'cols' ? process.terminal?.columns : name === 'lines' ? process.terminal?.rows : undefined
}

async function prepare(process: Process, terminal: string, parts: readonly string[]): Promise<number> {
  if (!process.terminal) {
    await process.stderr.write('tput: terminal attributes: No such device or address\n\n')
    return 0
  }
  for (const part of parts) {
    const text = capabilitiesOf(terminal)?.get(part)
    if (typeof text === 'string') await process.stdout.write(hostText(sent(text)))
  }
  return 0
}
