import { LRUCache } from 'lru-cache'
import { type CronJob, runsOn } from './crontab.ts'
import { dayAt, dayOf, type LocalDay } from './days.ts'
import { sessionClosed, sessionOpened, sshdWords } from './door-words.ts'
import { type LogMessage, type Past, pidAt } from './message.ts'
import { failuresOn, loginsOn, type PastFailure, type PastLogin } from './people.ts'
import { elapsesOn, type Timer, timersOf } from './timers.ts'

/** What happens at one time: a process or two and what they say. */
interface Happening {
  at: number
  /** Processes that it takes. */
  processes: number
  say(pid: number): readonly Omit<LogMessage, 'unit'>[]
  unit: string | undefined
}

/** Days whose messages are kept; a day is some hundred KiB. */
const KEPT_DAYS = 40

/**
 * The life of a machine that nobody attacks: its cron jobs, its timers, its people, and those who guess passwords from outside. A day's
 * messages depend on the install, the persona and the day alone, so that a log grows as time passes and is the same at each look.
 */
export class Chronicle {
  readonly past: Past
  readonly #jobs: readonly CronJob[]
  readonly #pidOf: (unit: string) => number | undefined
  readonly #timersHere: readonly Timer[]
  readonly #days = new LRUCache<number, readonly LogMessage[]>({ max: KEPT_DAYS })

  /** @param pidOf main process of a service, as the boot started it */
  constructor(past: Past, jobs: readonly CronJob[], pidOf: (unit: string) => number | undefined) {
    this.past = past
    this.#jobs = jobs
    this.#timersHere = timersOf(past)
    this.#pidOf = pidOf
  }

  /** Messages with `from` ≤ at < `to`, oldest first. */
  between(from: number, to: number): LogMessage[] {
    const { timezone } = this.past.persona
    const messages: LogMessage[] = []
    for (let day = dayOf(from, timezone).index; day <= dayOf(to, timezone).index; day++)
      for (const message of this.#day(day)) if (message.at >= from && message.at < to) messages.push(message)
    return messages
  }

  /** Sessions of the machine's people that began in a time. */
  logins(from: number, to: number): PastLogin[] {
    return this.#each(from, to, (day) => loginsOn(this.past, day)).filter((login) => login.start >= from && login.start < to)
  }

  failures(from: number, to: number): PastFailure[] {
    return this.#each(from, to, (day) => failuresOn(this.past, day)).filter((failure) => failure.at >= from && failure.at < to)
  }

  /** The daemon's pid of a login, so that wtmp and auth.log agree. */
  pidOfLogin(login: PastLogin): number {
    return pidAt(this.past, login.start)
  }

  #each<T>(from: number, to: number, of: (day: LocalDay) => T[]): T[] {
    const { timezone } = this.past.persona
    const all: T[] = []
    for (let day = dayOf(from, timezone).index; day <= dayOf(to, timezone).index; day++) all.push(...of(dayAt(day, timezone)))
    return all
  }

  #day(index: number): readonly LogMessage[] {
    const known = this.#days.get(index)
    if (known) return known
    const day = dayAt(index, this.past.persona.timezone)
    const happenings = [...this.#cron(day), ...this.#timers(day), ...this.#logins(day), ...this.#failures(day)].sort((a, b) => a.at - b.at)
    let next = 0
    const messages = happenings.flatMap(({ at, processes, say, unit }) => {
      const pid = Math.max(next, pidAt(this.past, at))
      next = pid + processes
      return say(pid).map((message) => ({ ...message, unit }))
    })
    messages.sort((a, b) => a.at - b.at)
    this.#days.set(index, messages)
    return messages
  }

  #cron(day: LocalDay): Happening[] {
    return this.#jobs.flatMap((job) => {
      const user = this.past.persona.users.find((known) => known.name === job.user)
      if (!user) return []
      return runsOn(job, day).map((minute) => {
        // cron wakes up a second after the full minute; the job's own length is not known.
        const at = minute + 1000 + Math.floor((minute / 60_000) % 71)
        return {
          at,
          processes: 3,
          unit: 'cron.service',
          say: (pid) => [
            cron(at, pid, 'auth', `pam_unix(cron:session): session opened for user ${user.name}(uid=${user.uid}) by (uid=0)`),
            cron(at + 4, pid + 1, 'cron', `(${user.name}) CMD (${job.command})`),
            cron(at + 31, pid, 'auth', `pam_unix(cron:session): session closed for user ${user.name}`),
          ],
        }
      })
    })
  }

  #timers(day: LocalDay): Happening[] {
    return this.#timersHere.flatMap((timer) =>
      elapsesOn(timer, day, this.past).map((elapse) => {
        const at = elapse + 200 + (Math.floor(elapse / 1000) % 300)
        const name = `${timer.unit}.service`
        const title = describedUnit(this.past, name, timer.text)
        return {
          at,
          processes: 1,
          unit: name,
          say: () => [
            systemd(at, `Starting ${title}...`),
            systemd(at + 740, `${name}: Deactivated successfully.`),
            systemd(at + 742, `Finished ${title}.`),
          ],
        }
      }),
    )
  }

  #logins(day: LocalDay): Happening[] {
    const logind = this.#pidOf('systemd-logind')
    return loginsOn(this.past, day).map((login) => {
      const session = sessionNumber(this.past, login.start)
      const ofSession = (at: number, said: ReturnType<typeof sessionClosed>): Said[] =>
        said
          .filter(({ identifier }) => logind !== undefined || identifier === 'systemd')
          .map((message, i) => ({ ...message, at: at + 9 * i, pid: message.identifier === 'systemd' ? 1 : logind }))
      return {
        at: login.start,
        processes: 4,
        unit: 'ssh.service',
        say: (pid) => [
          ...sshd(login.start, pid, [...sshdWords.accepted(login, 'password'), ...sshdWords.opened(login)]),
          ...ofSession(
            login.start + 14,
            sessionOpened(session, login.user, (unit, text) => describedUnit(this.past, unit, text)),
          ),
          ...login.sudo.flatMap(({ at, command }) => [
            auth(at, 'sudo', undefined, sudoLine({ user: login.user, tty: login.line, cwd: `/home/${login.user}`, as: 'root', command })),
            auth(
              at + 2,
              'sudo',
              undefined,
              `pam_unix(sudo:session): session opened for user root(uid=0) by ${login.user}(uid=${login.uid})`,
            ),
            auth(at + 1800, 'sudo', undefined, 'pam_unix(sudo:session): session closed for user root'),
          ]),
          ...sshd(login.end, pid, sshdWords.closed(login, DISCONNECTED)),
          ...ofSession(login.end + 20, sessionClosed(session)),
        ],
      }
    })
  }

  #failures(day: LocalDay): Happening[] {
    return failuresOn(this.past, day).map(({ at, user, known, from, port }) => {
      const uid = known ? this.past.persona.users.find(({ name }) => name === user)?.uid : undefined
      const caller = { user, uid, from, port }
      return {
        at: at - 2600,
        processes: 2,
        unit: 'ssh.service',
        say: (pid) => [
          ...sshd(at - 2600, pid, sshdWords.named(caller)),
          ...sshd(at - 1900, pid, sshdWords.doubted(caller)),
          ...sshd(at, pid, sshdWords.failed(caller, 'password', 1)),
          ...sshd(at + 310, pid, sshdWords.left(caller, 1, {})),
        ],
      }
    })
  }
}

/** What OpenSSH's client says when its user has logged out. */
const DISCONNECTED = { reason: 11, text: 'disconnected by user' }

/** As systemd calls a unit in its messages: since 252 by its name too. */
export function describedUnit({ persona }: Pick<Past, 'persona'>, unit: string, description: string): string {
  return persona.os.family === 'ubuntu' ? description : `${unit} - ${description}`
}

/** logind counts sessions from the boot on; on a quiet machine a few a day. */
export function sessionNumber({ bootedAt }: Pick<Past, 'bootedAt'>, time: number): number {
  return 1 + Math.floor(Math.abs(time - bootedAt) / (3 * 3_600_000))
}

/** As sudo logs a command; `tty` without /dev, absent for who has none. */
export function sudoLine({
  user,
  tty,
  cwd,
  as,
  command,
}: {
  user: string
  tty: string | undefined
  cwd: string
  as: string
  command: string
}): string {
  return `${user.padStart(8)} : ${tty ? `TTY=${tty} ; ` : ''}PWD=${cwd} ; USER=${as} ; COMMAND=${command}`
}

type Said = Omit<LogMessage, 'unit'>

function cron(at: number, pid: number, facility: 'auth' | 'cron', text: string): Said {
  return { at, facility, identifier: 'CRON', pid, text }
}

function systemd(at: number, text: string): Said {
  return { at, facility: 'daemon', identifier: 'systemd', pid: 1, text }
}

function auth(at: number, identifier: string, pid: number | undefined, text: string): Said {
  return { at, facility: 'auth', identifier, pid, text }
}

function sshd(at: number, pid: number, texts: readonly string[]): Said[] {
  return texts.map((text, i) => auth(at + i, 'sshd', pid, text))
}
