import type { CommandFile, HostText, Process } from '../../command.ts'
import { HostError } from '../../contract.ts'
import { recordedAnswer } from '../../recorded/answers.ts'
import { say } from '../../recorded/program.ts'
import { busyBoxBanner } from '../busybox/banner.ts'
import { isBusyBox } from '../busybox/flavour.ts'
import { askEngine, askForHelp } from './help.ts'
import { localQuotes } from './locale.ts'
import { OptionError, Options, type OptionTable, parseOptions } from './options.ts'
import { completedTable } from './page-options.ts'
import { quoted, quotedIfNeeded } from './quote.ts'

export interface GnuCommand extends OptionTable {
  name: string
  /** Default: `/usr/bin/NAME`. */
  paths?: readonly string[]
  package?: string
  applet?: boolean
  /** Synopsis lines after `Usage: NAME `, e.g. `[OPTION]... [FILE]...`. */
  usage: string | readonly string[]
  /** One sentence of what it does, as its help begins. */
  about?: string
  /** First line of `--version`; its package's default otherwise. */
  version?: string
  authors?: string
  /** The command reads its words itself (`find`, `expr`, `dd`). */
  rawArguments?: boolean
  /** Puts an old form of the words (`head -5`) into today's. @throws Usage, Failure */
  modern?(words: readonly HostText[]): readonly HostText[]
  /** A wrong option is followed by the synopsis too (grep, and programs that print their usage). */
  showsUsage?: boolean
  /** Exit status of a wrong command line. */
  trouble?: number
  run(process: Process, options: Options): Promise<number> | number
}

/** Name and version of what a Debian 12 package's programs call themselves, with the year of their copyright. */
const SUITES: Record<string, { suite: string; version: string; year: number }> = {
  coreutils: { suite: 'GNU coreutils', version: '9.1', year: 2022 },
  grep: { suite: 'GNU grep', version: '3.8', year: 2022 },
  sed: { suite: 'GNU sed', version: '4.9', year: 2022 },
  findutils: { suite: 'GNU findutils', version: '4.9.0', year: 2022 },
  diffutils: { suite: 'GNU diffutils', version: '3.8', year: 2021 },
}

/** A command that takes its options as GNU programs do, with their words for a wrong one. */
export function gnuCommand(spec: GnuCommand): CommandFile {
  return {
    name: spec.name,
    paths: spec.paths ?? [`/usr/bin/${spec.name}`],
    package: spec.package ?? 'coreutils',
    ...(spec.applet === false ? {} : { applet: true }),
    ...(spec.rawArguments ? {} : { options: spec }),
    run: (process) => runGnu(process, spec),
  }
}

async function runGnu(process: Process, spec: GnuCommand): Promise<number> {
  const trouble = spec.trouble ?? 1
  try {
    const words = process.argv.slice(1)
    const { options, unobeyed } = spec.rawArguments ? { options: new Options(), unobeyed: false } : takeOptions(process, spec, words)
    const meta = options.last('help', 'version')
    if (meta && !isBusyBox(process))
      return meta === 'help' ? await askForHelp(process, helpText(process, spec)) : await printVersion(process, spec)
    const answered = unobeyed ? askEngine(process) : undefined
    return await (answered ?? spec.run(process, options))
  } catch (error) {
    if (error instanceof OptionError) return refuseOption(process, error, trouble, spec)
    if (error instanceof Usage)
      return refuse(process, error.plain ? error.message : localQuotes(process, error.message), error.status ?? trouble, spec)
    if (error instanceof Failure) {
      await complain(process, error.plain ? error.message : localQuotes(process, error.message))
      return error.status
    }
    if (error instanceof HostError && !['EPIPE', 'EINTR'].includes(error.code)) {
      await complain(process, error.message)
      return trouble
    }
    throw error
  }
}

/**
 * Options as the command knows them; where it does not know one, as its help page names them.
 * `unobeyed` when one of them is of the page alone, which a model would know better.
 * @throws OptionError
 */
function takeOptions(process: Process, spec: GnuCommand, words: readonly HostText[]): { options: Options; unobeyed: boolean } {
  const modern = spec.modern?.(words) ?? words
  try {
    return { options: parseOptions(modern, spec), unobeyed: false }
  } catch (error) {
    const page = error instanceof OptionError && error.option !== '' && !isBusyBox(process) ? recordedAnswer(process, '--help') : undefined
    if (!page) throw error
    const table = completedTable(spec, page.text)
    const options = parseOptions(modern, table)
    return { options, unobeyed: options.has(...table.unobeyed) }
  }
}

/**
 * Thrown by a command for operands that are wrong: the message, then `Try '… --help'`. Quotes in it become the locale's
 * unless `plain`: GNU writes file names (gnulib quoteaf) with ASCII quotes and everything else (gnulib quote) with the locale's.
 */
export class Usage extends Error {
  readonly plain: boolean
  /** In place of the command's own exit status for a wrong command line. */
  readonly status: number | undefined

  constructor(message: string, plain = false, status?: number) {
    super(message)
    this.plain = plain
    this.status = status
  }
}

/** Thrown by a command to end with one line on stderr and a status; for quotes see {@link Usage}. */
export class Failure extends Error {
  readonly status: number
  readonly plain: boolean

  constructor(message: string, status = 1, plain = false) {
    super(message)
    this.status = status
    this.plain = plain
  }
}

/** getopt's own words in a recorded answer. */
const GETOPT = /unrecognized option '[^\n]*'|invalid option -- '-'/

/** Refuses an option in the program's own words where they are recorded. */
function refuseOption(process: Process, { message, option }: OptionError, trouble: number, spec: GnuCommand): Promise<number> {
  const answer = isBusyBox(process) ? undefined : recordedAnswer(process, 'wrong', option)
  if (!answer) return refuse(process, message, trouble, spec)
  if (message.startsWith('unrecognized')) return say(process, answer)
  return GETOPT.test(answer.text)
    ? say(process, { ...answer, text: answer.text.replace(GETOPT, () => message) })
    : refuse(process, message, answer.exitCode, spec)
}

async function refuse(process: Process, message: string, status: number, spec: GnuCommand): Promise<number> {
  if (message) await complain(process, message)
  if (isBusyBox(process)) {
    await process.stderr.write(`${busyBoxUsage(process, spec)}`)
    return 1
  }
  if (spec.showsUsage)
    await process.stderr.write(`Usage: ${process.argv[0]} ${typeof spec.usage === 'string' ? spec.usage : spec.usage[0]}\n`)
  await process.stderr.write(`Try '${process.argv[0]} --help' for more information.\n`)
  return status
}

function busyBoxUsage(process: Process, spec: GnuCommand): string {
  const synopsis = typeof spec.usage === 'string' ? spec.usage : (spec.usage[0] as string)
  return `${busyBoxBanner(process.world.persona)} multi-call binary.\n\nUsage: ${baseName(process.argv[0] as string)} ${synopsis.replaceAll('...', '')}\n`
}

function helpText(process: Process, spec: GnuCommand): string {
  const lines = typeof spec.usage === 'string' ? [spec.usage] : spec.usage
  const usage = lines.map((line, i) => `${i === 0 ? 'Usage:' : '  or: '} ${process.argv[0]} ${line}`).join('\n')
  return `${usage}\n${spec.about ? `${spec.about}\n` : ''}\n      --help        display this help and exit\n      --version     output version information and exit\n`
}

async function printVersion(process: Process, spec: GnuCommand): Promise<number> {
  const recorded = recordedAnswer(process, '--version')
  if (recorded) return say(process, recorded)
  const suite = SUITES[spec.package ?? 'coreutils']
  const first = spec.version ?? (suite ? `${spec.name} (${suite.suite}) ${suite.version}` : (shortVersion(spec) ?? spec.name))
  const legal = suite
    ? `Copyright (C) ${suite.year} Free Software Foundation, Inc.
License GPLv3+: GNU GPL version 3 or later <https://gnu.org/licenses/gpl.html>.
This is free software: you are free to change and redistribute it.
There is NO WARRANTY, to the extent permitted by law.
`
    : ''
  await process.stdout.write(`${first}\n${legal}${spec.authors ? `\nWritten by ${spec.authors}.\n` : ''}`)
  return 0
}

/** Packages of Debian 12 whose programs say their version in one line. */
const SHORT_VERSIONS: readonly [packages: readonly string[], says: (name: string) => string][] = [
  [['util-linux', 'util-linux-extra', 'bsdutils', 'bsdextrautils', 'mount', 'fdisk', 'eject'], (name) => `${name} from util-linux 2.38.1`],
  [['procps'], (name) => `${name} from procps-ng 4.0.2`],
  [['psmisc'], (name) => `${name} (PSmisc) 23.6`],
]

function shortVersion({ name, package: from }: GnuCommand): string | undefined {
  return SHORT_VERSIONS.find(([packages]) => packages.includes(from ?? ''))?.[1](name)
}

/** `NAME: MESSAGE` on stderr, with the name that the command was called by; nowhere when stderr is closed. */
export async function complain(process: Process, message: string): Promise<void> {
  try {
    await process.stderr.write(`${isBusyBox(process) ? baseName(process.argv[0] as string) : process.argv[0]}: ${message}\n`)
  } catch (error) {
    if (!(error instanceof HostError && error.code === 'EBADF')) throw error
  }
}

/** `NAME: FILE: reason` for a file that could not be used; `what` is GNU's verb (`cannot access`), with which the name is always quoted. */
export async function complainOf(process: Process, file: HostText, error: HostError, what?: string): Promise<void> {
  const subject = what ? `${what} ${quoted(file)}` : quotedIfNeeded(file)
  await complain(process, `${subject}: ${error.message}`)
}

/** Runs `use` and turns a HostError into what `failed` says; other errors pass. Gives whether all went well. */
export async function attempt(use: () => Promise<void> | void, failed: (error: HostError) => Promise<void>): Promise<boolean> {
  try {
    await use()
    return true
  } catch (error) {
    if (!(error instanceof HostError) || error.code === 'EPIPE') throw error
    await failed(error)
    return false
  }
}

export function baseName(path: HostText): HostText {
  const trimmed = path.replace(/\/+$/, '')
  return trimmed === '' ? (path === '' ? '' : '/') : trimmed.slice(trimmed.lastIndexOf('/') + 1)
}

export function dirName(path: HostText): HostText {
  const trimmed = path.replace(/\/+$/, '')
  if (trimmed === '') return path === '' ? '.' : '/'
  const slash = trimmed.lastIndexOf('/')
  return slash < 0 ? '.' : trimmed.slice(0, slash).replace(/\/+$/, '') || '/'
}

/** Joins a directory and a name as GNU tools print it. */
export function joinPath(folder: HostText, name: HostText): HostText {
  return folder.endsWith('/') ? folder + name : `${folder}/${name}`
}
