import type { Process } from '../command.ts'
import { journal } from '../world/logs/journal.ts'
import type { LogMessage } from '../world/logs/message.ts'
import { gnuCommand } from './gnu/command.ts'
import { globMatch } from './gnu/glob.ts'
import { parseDate } from './gnu/parse-date.ts'
import { localTime, strftime, zoneOf } from './gnu/strftime.ts'
import { pageAsSystemd } from './pager/less.ts'

const POLL_MS = 1000

/** The journal has many thousand lines. */
const LINES_A_WRITE = 200

export default gnuCommand({
  name: 'journalctl',
  package: 'systemd',
  usage: '[OPTIONS...] [MATCHES...]',
  applet: false,
  short: 'aDeF:fg:hkmMNn::o:p:qrS:T:t:U:u:xb::lc:',
  long: {
    unit: 'u',
    follow: 'f',
    lines: 'n?',
    'no-pager': 'no-pager',
    since: 'S',
    until: 'U',
    boot: 'b?',
    dmesg: 'k',
    reverse: 'r',
    output: 'o',
    identifier: 't',
    priority: 'p',
    grep: 'g',
    quiet: 'q',
    'list-boots': 'list-boots',
    'disk-usage': 'disk-usage',
    'vacuum-time': 'vacuum=',
    'vacuum-size': 'vacuum=',
    'vacuum-files': 'vacuum=',
    rotate: 'rotate',
    flush: 'flush',
    catalog: 'x',
    'pager-end': 'e',
    utc: 'utc',
  },
  async run(process, options) {
    const { world, stdout } = process
    const zone = options.has('utc') ? 'UTC' : zoneOf(process)
    if (options.has('disk-usage')) {
      await stdout.write('Archived and active journals take up 56.0M in the file system.\n')
      return 0
    }
    if (options.has('vacuum', 'rotate', 'flush')) {
      if (options.has('vacuum')) await stdout.write('Vacuuming done, freed 0B of archived journals from /var/log/journal.\n')
      world.logs.write({
        facility: 'daemon',
        identifier: 'systemd-journald',
        pid: undefined,
        unit: 'systemd-journald.service',
        text: 'Journal rotated.',
      })
      return 0
    }
    if (options.has('list-boots')) {
      await stdout.write(
        `IDX BOOT ID                          FIRST ENTRY                 LAST ENTRY\n  0 ${world.identity.hex('boot-id', 16)} ${strftime('%a %Y-%m-%d %H:%M:%S %Z', localTime(world.bootedAt, zone))} ${strftime('%a %Y-%m-%d %H:%M:%S %Z', localTime(world.now(), zone))}\n`,
      )
      return 0
    }
    if (process.uid !== 0)
      await process.stderr.write(
        "Hint: You are currently not seeing messages from other users and the system.\n      Users in groups 'adm', 'systemd-journal' can see all messages.\n      Pass -q to turn off this notice.\n",
      )
    const since = options.value('S') === undefined ? undefined : parseDate(options.value('S') as string, world.now(), zone)
    const until = options.value('U') === undefined ? undefined : parseDate(options.value('U') as string, world.now(), zone)
    const units = options.values('u').map((name) => (/\.\w+$/.test(name) ? name : `${name}.service`))
    const wanted = (line: LogMessage): boolean =>
      (units.length === 0 || units.some((unit) => globMatch(unit, line.unit ?? ''))) &&
      (!options.has('k') || line.identifier === 'kernel') &&
      (options.value('t') === undefined || line.identifier === options.value('t')) &&
      (options.value('g') === undefined || line.text.includes(options.value('g') as string)) &&
      (since === undefined || line.at >= since) &&
      (until === undefined || line.at <= until)
    const all = process.uid === 0 ? journal(world).filter(wanted) : []
    // `-n 20` is one option though its argument may be missing.
    const apart = options.operands.find((word) => /^\d+$/.test(word))
    const count = options.has('n') ? Number(options.value('n') ?? apart ?? 10) : options.has('f') ? 10 : Number.POSITIVE_INFINITY
    const shown = all.slice(Number.isFinite(count) ? Math.max(0, all.length - count) : 0)
    if (options.has('r')) shown.reverse()
    if (shown.length === 0) await stdout.write('-- No entries --\n')
    if (stdout.isTerminal && !options.has('f', 'no-pager')) {
      const lines = shown.map((line) => render(process, line, options.value('o') ?? 'short', zone))
      await pageAsSystemd(process, lines.join(''), options.has('e') ? 'G' : undefined)
      return 0
    }
    for (let at = 0; at < shown.length; at += LINES_A_WRITE) {
      const lines = shown.slice(at, at + LINES_A_WRITE).map((line) => render(process, line, options.value('o') ?? 'short', zone))
      await stdout.write(lines.join(''))
    }
    let last = all.at(-1)?.at ?? world.now()
    while (options.has('f')) {
      await process.sleep(POLL_MS)
      for (const line of journal(world, last).filter((candidate) => candidate.at > last && wanted(candidate))) {
        await stdout.write(render(process, line, options.value('o') ?? 'short', zone))
        last = line.at
      }
    }
    return 0
  },
})

function render(process: Process, line: LogMessage, output: string, zone: string): string {
  const who = `${line.identifier}${line.pid === undefined ? '' : `[${line.pid}]`}`
  if (output === 'cat') return `${line.text}\n`
  const time = localTime(line.at, zone)
  const clock =
    output === 'short-iso'
      ? strftime('%Y-%m-%dT%H:%M:%S%z', time)
      : output === 'short-precise'
        ? `${strftime('%b %d %H:%M:%S', time)}.${String(line.at % 1000).padStart(3, '0')}000`
        : strftime('%b %d %H:%M:%S', time)
  return `${clock} ${process.world.hostname} ${who}: ${line.text}\n`
}
