import type { CommandFile, HostText } from '../../command.ts'
import type { KernelProcess, Program } from '../../process/kernel-process.ts'
import { toBytes, toText } from '../../text.ts'
import { baseName } from '../gnu/command.ts'

/**
 * The toybox binary of Android 9: which tool it is, `argv[0]` says, or the first argument after `toybox`.
 * @param commands what there is to run, later ones before earlier ones of the same name
 * @param unwritten the program of a tool that has no implementation
 */
export function toyBox(commands: readonly CommandFile[], unwritten: (name: string) => Program): CommandFile {
  const byName = new Map(commands.map((command) => [command.name, command]))

  async function run(process: KernelProcess): Promise<number> {
    if (baseName(process.argv[0] ?? '') === 'toybox') {
      const [, first] = process.argv
      if (first === undefined || !byName.has(first)) return first === undefined ? listTools(process) : unknown(process, first)
      process.argv = process.argv.slice(1)
    }
    const name = baseName(process.argv[0] ?? '')
    process.argv = [name, ...process.argv.slice(1)]
    if (name === 'ls') process.env.set('TIME_STYLE', 'long-iso')
    inToyboxWords(process)
    return (byName.get(name)?.run ?? unwritten(name))(process)
  }

  async function listTools(process: KernelProcess): Promise<number> {
    const folder = process.view.list('/system/bin')
    const tools = folder.filter((name) => {
      const path = `/system/bin/${name}`
      return process.view.lstat(path).type === 'symlink' && process.view.readlink(path) === 'toybox'
    })
    await process.stdout.write(`${tools.sort().join(' ')}\n`)
    return 0
  }

  async function unknown(process: KernelProcess, name: HostText): Promise<number> {
    await process.stderr.write(`toybox: Unknown command ${name}\n`)
    return 1
  }

  return { name: 'toybox', paths: [], run: (process) => run(process as KernelProcess) }
}

/** The tools speak GNU's words; toybox's are shorter. What this process says on stderr is put into them. */
function inToyboxWords(process: KernelProcess): void {
  const { stderr } = process
  const write = stderr.write.bind(stderr)
  stderr.write = (data) => {
    const text = toyboxWords(typeof data === 'string' ? data : toText(data))
    return text === '' ? Promise.resolve() : write(toBytes(text))
  }
}

const REWORDED: readonly [RegExp, string][] = [
  [/^(\S+): (?:cannot access|cannot open|cannot remove|cannot read|failed to remove) '(.*)'(?: for reading)?: /, '$1: $2: '],
  [/^(cp|mv): cannot stat '(.*)': /, "$1: bad '$2': "],
  [/^(\S+): cannot (?:touch|create directory|create regular file|move|stat) ['‘](.*)['’]: /, "$1: '$2': "],
  [/^(\S+): invalid option -- '(.)'$/, '$1: Unknown option $2'],
  [/^(\S+): unrecognized option '(.*)'$/, '$1: Unknown option $2'],
  [/^(\S+): missing (?:file )?operand.*$/, '$1: Needs 1 argument'],
]

/** One message of a GNU tool as toybox 0.7.6 says it; what has no other form stays. */
export function toyboxWords(text: HostText): HostText {
  const lines = text.split('\n').filter((line) => !/^(Try '|Usage: )/.test(line))
  return lines
    .map((line) => {
      for (const [pattern, words] of REWORDED) if (pattern.test(line)) return line.replace(pattern, words)
      return line
    })
    .join('\n')
}
