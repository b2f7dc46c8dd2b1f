import type { CommandFile, Process } from '../../command.ts'
import { readUtmp, UTMP, type UtmpRecord } from '../../world/utmp.ts'
import { complain, gnuCommand } from './command.ts'
import type { Options } from './options.ts'
import { localTime, strftime, zoneOf } from './strftime.ts'

/** `last` and `lastb`: the login logs, newest first. */
export function lastCommand(name: 'last' | 'lastb'): CommandFile {
  const standard = name === 'last' ? '/var/log/wtmp' : '/var/log/btmp'
  return gnuCommand({
    name,
    package: 'util-linux',
    version: `${name} from util-linux 2.38.1`,
    usage: '[options] [<username>...] [<tty>...]',
    about: `Show a listing of last logged in users.`,
    applet: false,
    short: 'adf:Fin:Rs:t:p:wx0123456789hV',
    long: {
      hostlast: 'a',
      dns: 'd',
      file: 'f',
      fulltimes: 'F',
      ip: 'i',
      limit: 'n',
      nohostname: 'R',
      since: 's',
      until: 't',
      present: 'p',
      fullnames: 'w',
      system: 'x',
      'time-format': 'time-format=',
    },
    async run(process, options) {
      const path = options.value('f') ?? standard
      if (!process.files.may('r', path)) {
        await complain(
          process,
          `cannot open ${path}: ${process.world.files.may('r', path) ? 'Permission denied' : 'No such file or directory'}`,
        )
        return 1
      }
      const records = readUtmp(process.world.files, process.files.realpath(path)) ?? []
      const digits = options.given.filter((o) => /^\d$/.test(o.key)).map((o) => o.key)
      const limit = Number(options.value('n') ?? (digits.join('') || Number.POSITIVE_INFINITY))
      const rows = listing(process, records, options, name === 'lastb').slice(0, limit)
      const begins = records[0]?.time ?? process.world.files.stat(process.files.realpath(path)).ctime
      const base = path.slice(path.lastIndexOf('/') + 1)
      await process.stdout.write(
        `${rows.map((row) => `${row}\n`).join('')}\n${base} begins ${strftime('%a %b %e %H:%M:%S %Y', localTime(begins, zoneOf(process)))}\n`,
      )
      return 0
    },
  })
}

function listing(process: Process, records: readonly UtmpRecord[], options: Options, failures: boolean): string[] {
  const rows: string[] = []
  const ended = new Map<string, number>()
  const open = new Set(process.world.logins.map((login) => login.tty))
  let nextBoot = 0
  for (const record of records.toReversed()) {
    if (record.type === UTMP.DEAD) {
      ended.set(record.line, record.time)
      continue
    }
    if (record.type === UTMP.BOOT) {
      if (wanted(options, record))
        rows.push(
          row(
            process,
            options,
            { ...record, line: 'system boot', user: 'reboot' },
            nextBoot ? end(process, options, record.time, nextBoot) : '   still running',
          ),
        )
      nextBoot = record.time
      continue
    }
    if (!wanted(options, record)) continue
    const until = ended.get(record.line)
    ended.delete(record.line)
    const state = failures
      ? end(process, options, record.time, record.time)
      : until !== undefined
        ? end(process, options, record.time, until)
        : open.has(record.line)
          ? '   still logged in'
          : '    gone - no logout'
    rows.push(row(process, options, record, state))
  }
  return rows
}

function wanted(options: Options, record: UtmpRecord): boolean {
  return (
    options.operands.length === 0 ||
    options.operands.some(
      (word) =>
        word === record.user || word === record.line || `pts/${word}` === record.line || (word === 'reboot' && record.type === UTMP.BOOT),
    )
  )
}

function row(process: Process, options: Options, record: UtmpRecord, state: string): string {
  const zone = zoneOf(process)
  const time = strftime(options.has('F') ? '%a %b %e %H:%M:%S %Y' : '%a %b %e %H:%M', localTime(record.time, zone))
  const wide = options.has('w')
  const user = wide ? record.user.padEnd(8) : record.user.slice(0, 8).padEnd(8)
  const host = wide ? record.host.padEnd(16) : record.host.slice(0, 16).padEnd(16)
  const middle = options.has('R') || options.has('a') ? '' : `${host} `
  return `${user} ${record.line.slice(0, 12).padEnd(12)} ${middle}${time}${state}${options.has('a') ? `     ${record.host}` : ''}`.trimEnd()
}

/** ` - 17:40  (09:28)` */
function end(process: Process, options: Options, from: number, to: number): string {
  const minutes = Math.floor((to - from) / 60_000)
  const days = Math.floor(minutes / 1440)
  const length = `(${days ? `${days}+` : ''}${String(Math.floor(minutes / 60) % 24).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')})`
  const time = strftime(options.has('F') ? '%a %b %e %H:%M:%S %Y' : '%H:%M', localTime(to, zoneOf(process)))
  return ` - ${time} ${days ? '' : ' '}${length}`
}
