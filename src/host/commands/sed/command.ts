import type { HostText, Process, ProcessOutput } from '../../command.ts'
import { HostError } from '../../contract.ts'
import { byteString, latin1 } from '../gnu/bytes.ts'
import { baseName, complain, dirName, gnuCommand, joinPath } from '../gnu/command.ts'
import type { Options } from '../gnu/options.ts'
import { SedInput, SedMachine } from './machine.ts'
import { parseSed, type SedCommand, SedError } from './script.ts'

const USAGE = '[OPTION]... {script-only-if-no-other-script} [input-file]...'

export const sedCommand = gnuCommand({
  name: 'sed',
  package: 'sed',
  usage: USAGE,
  authors: 'Jay Fenlason, Tom Lord, Ken Pizzini,\nPaolo Bonzini, Jim Meyering, and Assaf Gordon',
  short: 'bsnrzuEe:f:l:i::s',
  long: {
    binary: 'b',
    quiet: 'n',
    silent: 'n',
    expression: 'e',
    file: 'f',
    'in-place': 'i',
    'line-length': 'l',
    'null-data': 'z',
    posix: 'posix',
    'regexp-extended': 'E',
    separate: 's',
    unbuffered: 'u',
    sandbox: 'sandbox',
    debug: 'debug',
    'follow-symlinks': 'follow-symlinks',
  },
  async run(process, options) {
    const operands = [...options.operands]
    let commands: SedCommand[]
    try {
      const script = await scriptOf(process, options, operands)
      if (script === undefined) {
        await process.stderr.write(`Usage: ${process.argv[0]} ${USAGE}\n`)
        return 1
      }
      const quietByComment = script.startsWith('#n\n')
      commands = parseSed(script, options.has('E', 'r'))
      return await edit(process, options, commands, operands, quietByComment)
    } catch (error) {
      if (error instanceof SedError) {
        await complain(process, error.char < 0 ? error.message : `-e expression #${error.expression}, char ${error.char}: ${error.message}`)
        return 1
      }
      if (error instanceof HostError && error.code !== 'EPIPE') {
        await complain(process, error.message)
        return 4
      }
      throw error
    }
  },
})

/** All `-e` and `-f` parts in their order, joined by newlines; the first operand otherwise. */
async function scriptOf(process: Process, options: Options, operands: HostText[]): Promise<string | undefined> {
  const parts: string[] = []
  for (const { key, value } of options.given) {
    if (key === 'e') parts.push(byteString(value as string))
    if (key === 'f') parts.push(latin1(await (value === '-' ? process.stdin : process.openInput(value as string)).all()).replace(/\n$/, ''))
  }
  if (parts.length) return parts.join('\n')
  const first = operands.shift()
  return first === undefined ? undefined : byteString(first)
}

async function edit(process: Process, options: Options, commands: SedCommand[], names: HostText[], quiet: boolean): Promise<number> {
  const settings = {
    quiet: quiet || options.has('n'),
    separate: options.has('s', 'i'),
    separator: options.has('z') ? '\0' : '\n',
    sandbox: options.has('sandbox'),
    posix: options.has('posix'),
    lineWrap: Number(options.value('l') ?? 70),
  }
  const machine = new SedMachine(process, commands, settings)
  machine.openFiles()
  let failed = false
  if (!settings.separate) {
    const input = new SedInput(process, names, settings.separator)
    await machine.run(input, process.stdout)
    failed = input.failed
  } else {
    for (const name of names.length ? names : ['-']) {
      if (machine.quit) break
      if (!(await editOne(process, options, machine, name, settings.separator))) failed = true
    }
  }
  return machine.quit?.status || (failed ? 2 : 0)
}

async function editOne(process: Process, options: Options, machine: SedMachine, name: HostText, separator: string): Promise<boolean> {
  const input = new SedInput(process, [name], separator)
  if (!options.has('i')) {
    await machine.run(input, process.stdout)
    return !input.failed
  }
  let stat: ReturnType<Process['files']['stat']>
  try {
    stat = process.files.stat(name)
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    await complain(process, `can't read ${name}: ${error.message}`)
    return false
  }
  if (stat.type !== 'file') {
    await complain(process, `couldn't edit ${name}: not a regular file`)
    return false
  }
  const parts: Buffer[] = []
  const collect: ProcessOutput = {
    isTerminal: false,
    write: async (data) => void parts.push(typeof data === 'string' ? Buffer.from(byteString(data), 'latin1') : Buffer.from(data)),
  }
  await machine.run(input, collect)
  const suffix = options.value('i')
  if (suffix)
    process.files.rename(name, suffix.includes('*') ? joinPath(dirName(name), suffix.replaceAll('*', baseName(name))) : name + suffix)
  // A new file takes the old one's place: sed writes a temporary file and renames it.
  process.files.write(name, Buffer.concat(parts), stat.mode)
  if (process.uid === 0) process.files.chown(name, stat.uid, stat.gid)
  return true
}
