import type { CommandFile, Process } from '../../command.ts'
import { installedVersion } from '../../world/packages.ts'
import { gnuCommand } from '../gnu/command.ts'
import { askForHelp } from '../gnu/help.ts'
import { OptionError, type Options, type OptionTable, parseOptions } from '../gnu/options.ts'

interface SystemdCommand extends OptionTable {
  name: string
  package?: string
  usage: string
  run(process: Process, options: Options): Promise<number>
}

/** One of systemd's programs: a wrong option is one line, without an offer of help. */
export function systemdCommand({ name, package: from = 'systemd', usage, short, long, run }: SystemdCommand): CommandFile {
  return gnuCommand({
    name,
    package: from,
    usage,
    rawArguments: true,
    applet: false,
    short: '',
    async run(process) {
      let options: Options
      try {
        options = parseOptions(process.argv.slice(1), {
          short: `${short}h`,
          long: { 'no-pager': 'no-pager', 'no-legend': 'no-legend', ...long },
        })
      } catch (error) {
        if (!(error instanceof OptionError)) throw error
        await process.stderr.write(`${process.argv[0]}: ${error.message}\n`)
        return 1
      }
      if (options.has('help', 'h')) return askForHelp(process, `${name} ${usage}\n`)
      if (options.has('version')) {
        const version = installedVersion(process.world, 'systemd') ?? '252.39-1~deb12u2'
        await process.stdout.write(`systemd ${version.split(/[.-]/)[0]} (${version})\n`)
        return 0
      }
      return run(process, options)
    },
  })
}

/** Whether a program of systemd draws trees with lines instead of ASCII. */
export function drawsLines(process: Process): boolean {
  return /utf-?8/i.test(process.env.get('LC_ALL') || process.env.get('LC_CTYPE') || process.env.get('LANG') || '')
}

/** `1min 30.512s`, `498ms`: a span as systemd writes it with milliseconds. */
export function span(ms: number): string {
  if (ms < 1000) return `${Math.max(1, Math.round(ms))}ms`
  const minutes = Math.floor(ms / 60_000)
  const seconds = `${((ms % 60_000) / 1000).toFixed(3)}s`
  return minutes ? `${minutes}min ${seconds}` : seconds
}

/** A table as systemd prints it: columns as wide as their widest cell, the last one as it is. */
export function columns(rows: readonly (readonly string[])[], right: readonly number[] = []): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => (row[i] as string).length)))
  return rows
    .map(
      (row) =>
        `${row.map((cell, i) => (right.includes(i) ? cell.padStart(widths[i] as number) : cell.padEnd(widths[i] as number))).join(' ')}\n`,
    )
    .join('')
}
