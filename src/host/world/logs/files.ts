import { isFlashImage } from '../../image/system.ts'
import { bootPid } from '../services.ts'
import { encodeUtmp, UTMP, type UtmpRecord } from '../utmp.ts'
import { accessLogs } from './access-log.ts'
import { dayAt, dayOf, offsetOf } from './days.ts'
import type { LogFile } from './log-content.ts'
import { DAY, type LogMessage, type Past, pidAt } from './message.ts'
import type { PastFailure } from './people.ts'
import { type LogSources, messagesBetween, pythonClock, syslogLines } from './render.ts'
import { elapsesOn, timersOf } from './timers.ts'

type Wanted = (message: LogMessage) => boolean

/** The selectors of Debian's /etc/rsyslog.conf; Ubuntu keeps fewer of them. */
const SELECTORS: Readonly<Record<string, Wanted>> = {
  'auth.log': ({ facility }) => facility === 'auth',
  syslog: ({ facility }) => facility !== 'auth',
  'cron.log': ({ facility }) => facility === 'cron',
  'kern.log': ({ facility }) => facility === 'kern',
  'mail.log': ({ facility }) => facility === 'mail',
  'user.log': ({ facility }) => facility === 'user',
}
const OF_UBUNTU = new Set(['auth.log', 'syslog', 'kern.log', 'mail.log'])

/** Names below /var/log of the files that syslog's daemon writes. */
function syslogNames({ persona: { os, services } }: Pick<Past, 'persona'>): string[] {
  if (isFlashImage(os.family) || !services.some((service) => service.unit === 'rsyslog')) return []
  return Object.keys(SELECTORS).filter((name) => os.family !== 'ubuntu' || OF_UBUNTU.has(name))
}

/** Paths of the files that a message goes to. */
export function selectedLogs(past: Pick<Past, 'persona'>, message: LogMessage): string[] {
  return syslogNames(past)
    .filter((name) => SELECTORS[name]?.(message))
    .map((name) => `/var/log/${name}`)
}

/** The logs of a persona's machine. */
export function logFilesOf(past: Past): LogFile[] {
  const { os } = past.persona
  if (isFlashImage(os.family)) return []
  const installed = new Set(past.persona.packages.map((line) => line.split(' ')[0]))
  return [
    ...syslogNames(past).map((name) => syslogFile(name, SELECTORS[name] as Wanted, os.family)),
    { path: '/var/log/wtmp', rotation: 'monthly', keep: 0, mode: 0o664, group: 'utmp', write: wtmp },
    { path: '/var/log/btmp', rotation: 'monthly', keep: 1, mode: 0o660, group: 'utmp', write: btmp },
    ...(installed.has('fail2ban') ? [fail2ban] : []),
    ...(installed.has('unattended-upgrades') ? [unattendedUpgrades] : []),
    ...accessLogs(past),
  ]
}

function syslogFile(name: string, wanted: Wanted, family: string): LogFile {
  return {
    path: `/var/log/${name}`,
    rotation: 'weekly',
    keep: 4,
    mode: 0o640,
    ...(family === 'ubuntu' && { owner: 'syslog' }),
    group: 'adm',
    write: (sources, from, to) => syslogLines(messagesBetween(sources, from, to).filter(wanted), sources),
  }
}

/** Logins of the machine's people, and the boot; those of the source stand in its diary. */
function wtmp(sources: LogSources, from: number, to: number): Buffer {
  const { chronicle, diary } = sources
  const { past } = chronicle
  const boot: UtmpRecord = { type: UTMP.BOOT, pid: 0, line: '~', user: 'reboot', host: past.persona.os.kernel.release, time: past.bootedAt }
  // logrotate leaves wtmp alone until it is a megabyte; what is older than some weeks is of no use to anybody.
  const since = Math.max(past.bootedAt, Math.min(from, to - 24 * DAY))
  const records = chronicle
    .logins(since, to)
    .flatMap((login) => {
      const pid = chronicle.pidOfLogin(login)
      return [
        { type: UTMP.USER, pid, line: login.line, user: login.user, host: login.from, time: login.start },
        { type: UTMP.DEAD, pid, line: login.line, user: '', host: '', time: login.end },
      ]
    })
    .filter((record) => record.time < to)
  return encodeUtmp([boot, ...[...records, ...(diary?.logins ?? [])].sort((a, b) => a.time - b.time)])
}

function btmp({ chronicle, diary }: LogSources, from: number, to: number): Buffer {
  const records = chronicle
    .failures(from, to)
    .map(({ at, user, from: host }) => ({ type: UTMP.LOGIN, pid: pidAt(chronicle.past, at), line: 'ssh:notty', user, host, time: at }))
  const own = (diary?.failures ?? []).filter(({ time }) => time >= from && time < to)
  return encodeUtmp([...records, ...own].sort((a, b) => a.time - b.time))
}

/** Failures that a guesser has before it is banned, as the jail is set up. */
const MAX_RETRY = 25

const fail2ban: LogFile = {
  path: '/var/log/fail2ban.log',
  rotation: 'weekly',
  keep: 4,
  mode: 0o640,
  group: 'adm',
  write({ chronicle }, from, to) {
    const { past } = chronicle
    const pid = bootPid(past, 'fail2ban')
    const line = (at: number, module: string, level: string, text: string): [number, string] => {
      const clock = pythonClock(at, offsetOf(at, past.persona.timezone))
      return [at, `${clock} ${`fail2ban.${module}`.padEnd(24)}[${pid}]: ${level.padEnd(7)} [sshd] ${text}\n`]
    }
    const tries = new Map<string, number>()
    const lines = chronicle.failures(from - DAY, to).flatMap((failure: PastFailure) => {
      const { at, from: host } = failure
      const seen = (tries.get(host) ?? 0) + 1
      tries.set(host, seen)
      const found = line(at + 60, 'filter', 'INFO', `Found ${host} - ${pythonClock(at, offsetOf(at, past.persona.timezone)).slice(0, 19)}`)
      return seen === MAX_RETRY
        ? [found, line(at + 410, 'actions', 'NOTICE', `Ban ${host}`), line(at + 600_300, 'actions', 'NOTICE', `Unban ${host}`)]
        : [found]
    })
    return lines
      .filter(([at]) => at >= from && at < to)
      .sort((a, b) => a[0] - b[0])
      .map(([, text]) => text)
      .join('')
  },
}

const unattendedUpgrades: LogFile = {
  path: '/var/log/unattended-upgrades/unattended-upgrades.log',
  rotation: 'monthly',
  keep: 2,
  mode: 0o644,
  write({ chronicle }, from, to) {
    const { past } = chronicle
    const { os, timezone } = past.persona
    const timer = timersOf(past).find(({ unit }) => unit === 'apt-daily-upgrade')
    if (!timer) return ''
    const origins =
      os.family === 'ubuntu'
        ? `o=Ubuntu,a=${os.codename}, o=Ubuntu,a=${os.codename}-security, o=UbuntuESMApps,a=${os.codename}-apps-security, o=UbuntuESM,a=${os.codename}-infra-security`
        : ['Debian', 'Debian-Security', `Debian-Security`]
            .map((label, i) => `origin=Debian,codename=${os.codename}${i === 2 ? '-security' : ''},label=${label}`)
            .join(', ')
    let text = ''
    for (let day = dayOf(from, timezone).index; day <= dayOf(to, timezone).index; day++)
      for (const at of elapsesOn(timer, dayAt(day, timezone), past)) {
        if (at + 3000 < from || at + 3000 >= to) continue
        const clock = (ms: number) => pythonClock(at + ms, offsetOf(at, timezone))
        text +=
          `${clock(1420)} INFO Starting unattended upgrades script\n` +
          `${clock(1421)} INFO Allowed origins are: ${origins}\n` +
          `${clock(1421)} INFO Initial blacklist: \n` +
          `${clock(1422)} INFO Initial whitelist (not strict): \n` +
          `${clock(2840)} INFO No packages found that can be upgraded unattended and no pending auto-removals\n`
      }
    return text
  },
}
