import type { CommandFile, HostText, Process } from '../../command.ts'
import { HostError } from '../../contract.ts'
import { installedPackages } from '../../world/packages.ts'
import { isBusyBox } from '../busybox/flavour.ts'
import { byteString, latin1 } from '../gnu/bytes.ts'
import { complain, gnuCommand } from '../gnu/command.ts'
import { RegexError } from '../regex/regex.ts'
import { AwkError } from './lexer.ts'
import { type AwkDialect, AwkFault, AwkMachine } from './machine.ts'
import { parseAwk } from './parser.ts'
import type { AwkProgram } from './syntax.ts'

const VERSIONS: Record<string, string> = {
  mawk: 'mawk 1.3.4 20200120\nCopyright 2008-2019,2020, Thomas E. Dickey\nCopyright 1991-1996,2014, Michael D. Brennan\n\nrandom-funcs:       srandom/random\nregex-funcs:        internal\ncompiled limits:\nsprintf buffer      8192\nmaximum-integer     2147483647\n',
  gawk: 'GNU Awk 5.2.1, API 3.2, PMA Avon 8-g1, (GNU MPFR 4.2.0, GNU MP 6.2.1)\nCopyright (C) 1989, 1991-2022 Free Software Foundation.\n',
}

/** `awk` is gawk where that is installed (Debian's alternatives prefer it), else mawk; BusyBox has its own. */
export function awkCommand(name: 'awk' | 'mawk' | 'gawk'): CommandFile {
  return gnuCommand({
    name,
    package: name === 'gawk' ? 'gawk' : name === 'mawk' ? 'mawk' : 'base',
    paths: [`/usr/bin/${name}`],
    applet: name === 'awk',
    usage: ['[POSIX or GNU style options] -f progfile [--] file ...', "[POSIX or GNU style options] [--] 'program' file ..."],
    trouble: 2,
    short: '+F:f:v:W:bce:',
    long: { 'field-separator': 'F', file: 'f', assign: 'v', posix: 'posix', re: 're', source: 'e' },
    async run(process, options) {
      const dialect = dialectOf(process, name)
      if (options.has('version') || /^v/.test(options.value('W') ?? '')) {
        await process.stdout.write(VERSIONS[dialect.name] ?? 'BusyBox\n')
        return 0
      }
      const operands = [...options.operands]
      const files = options.values('f')
      let source: string | undefined
      try {
        source = options.has('e')
          ? options.values('e').map(byteString).join('\n')
          : files.length
            ? await readAll(process, files)
            : operands.shift()
      } catch (error) {
        if (!(error instanceof HostError)) throw error
        await complain(
          process,
          dialect.name === 'gawk'
            ? `fatal: cannot open source file \`${files[0]}' for reading: ${error.message}`
            : `cannot open ${files[0]} (${error.message})`,
        )
        return 2
      }
      if (source === undefined) return usage(process, dialect)
      let program: AwkProgram
      try {
        program = parseAwk(files.length || options.has('e') ? source : byteString(source))
      } catch (error) {
        if (!(error instanceof AwkError)) throw error
        await syntaxError(process, dialect, error, source)
        return dialect.name === 'gawk' || dialect.name === 'busybox' ? 1 : 2
      }
      const machine = new AwkMachine(process, program, dialect, operands)
      const separator = options.value('F')
      if (separator !== undefined) machine.assign(`FS=${separator === 't' ? '\\t' : byteString(separator)}`)
      for (const assignment of options.values('v')) machine.assign(byteString(assignment))
      return execute(process, machine, dialect)
    },
  })
}

function dialectOf(process: Process, name: string): AwkDialect {
  if (isBusyBox(process)) return { name: 'busybox', largestInteger: 2 ** 53 }
  const gawk = name === 'gawk' || (name === 'awk' && installedPackages(process.world).has('gawk'))
  return gawk ? { name: 'gawk', largestInteger: 2 ** 60 } : { name: 'mawk', largestInteger: 2 ** 31 - 1 }
}

async function readAll(process: Process, files: readonly HostText[]): Promise<string> {
  const parts: string[] = []
  for (const file of files) parts.push(latin1(await (file === '-' ? process.stdin : process.openInput(file)).all()))
  return parts.join('\n')
}

async function execute(process: Process, machine: AwkMachine, dialect: AwkDialect): Promise<number> {
  try {
    return await machine.run()
  } catch (error) {
    if (error instanceof AwkFault) {
      await complain(
        process,
        dialect.name === 'gawk'
          ? `${error.cause === 'program' ? `cmd. line:1: ${machine.place}` : ''}fatal: ${error.message}`
          : error.message,
      )
      return 2
    }
    if (error instanceof RegexError) {
      await complain(
        process,
        dialect.name === 'gawk' ? `cmd. line:1: error: ${error.message}` : `regular expression compile failed (${error.message})`,
      )
      return 2
    }
    if (error instanceof HostError && error.code !== 'EPIPE') {
      await complain(process, error.message)
      return 2
    }
    throw error
  }
}

async function syntaxError(process: Process, dialect: AwkDialect, error: AwkError, source: string): Promise<void> {
  const name = process.argv[0]
  if (dialect.name === 'mawk') {
    const text =
      error.near === 'end of file'
        ? /\{/.test(source) && !source.trimEnd().endsWith('}')
          ? `line ${error.line + 1}: missing } near end of file`
          : `line ${error.line}: syntax error at or near end of file`
        : error.message.startsWith('runaway')
          ? `line ${error.line}: ${error.message} ${error.near} ...`
          : `line ${error.line}: syntax error at or near ${error.near}`
    await process.stderr.write(`${name}: ${text}\n`)
    return
  }
  if (dialect.name === 'busybox') {
    await process.stderr.write(
      `awk: cmd. line:${error.line}: ${error.near === 'end of file' ? 'Unexpected end of string' : 'Unexpected token'}\n`,
    )
    return
  }
  const line = source.split('\n')[error.line - 1] ?? ''
  const column = error.near === 'end of file' || error.near === 'unexpected newline' ? line.length : Math.max(0, line.indexOf(error.near))
  const what =
    error.near === 'end of file'
      ? 'unexpected newline or end of string'
      : error.message.startsWith('runaway')
        ? 'unterminated string'
        : 'syntax error'
  await process.stderr.write(
    `${name}: cmd. line:${error.line}: ${line}\n${name}: cmd. line:${error.line}: ${' '.repeat(column)}^ ${what}\n`,
  )
}

async function usage(process: Process, dialect: AwkDialect): Promise<number> {
  const name = process.argv[0]
  const text =
    dialect.name === 'mawk'
      ? `Usage: mawk [Options] [Program] [file ...]\n\nProgram:\n    The -f option value is the name of a file containing program text.\n`
      : `Usage: ${name} [POSIX or GNU style options] -f progfile [--] file ...\nUsage: ${name} [POSIX or GNU style options] [--] 'program' file ...\n`
  await process.stderr.write(text)
  return dialect.name === 'mawk' ? 2 : 1
}
