import type { World, WorldLogs } from '../../command.ts'
import type { LoginSession } from '../../process/list.ts'
import { encodeUtmp, UTMP, updateLastlog } from '../utmp.ts'
import type { Chronicle } from './chronicle.ts'
import type { Diary } from './diary.ts'
import { selectedLogs } from './files.ts'
import type { LogMessage } from './message.ts'
import { messagesBetween, syslogLines } from './render.ts'

/** The logs of one machine: what happens there without anybody, and what its source does. */
export class HostLogs implements WorldLogs {
  readonly #world: World
  readonly #chronicle: Chronicle
  readonly #diary: Diary

  constructor(world: World, chronicle: Chronicle, diary: Diary) {
    this.#world = world
    this.#chronicle = chronicle
    this.#diary = diary
  }

  /** Something is said now. An attacker who has emptied a log finds the new lines in it; one that was removed stays away. */
  write(said: Omit<LogMessage, 'at'>): void {
    const message = { ...said, at: this.#world.now() }
    this.#diary.add(message)
    const line = syslogLines([message], { chronicle: this.#chronicle, diary: undefined })
    for (const path of selectedLogs(this.#chronicle.past, message))
      if (this.#world.isRewritten(path)) this.#world.files.append(path, Buffer.from(line))
  }

  /** What stands in the journal about a time, oldest first. */
  between(from: number, to: number): LogMessage[] {
    const sources = { chronicle: this.#chronicle, diary: this.#diary }
    return messagesBetween(sources, from, to).filter(({ facility }) => facility !== 'web')
  }

  /** Writes down a login as login(1) and sshd do: wtmp, lastlog and the authentication log. */
  loggedIn(login: LoginSession, uid: number, how: { port: number; method: string }): void {
    if (login.tty !== undefined) {
      const record = { type: UTMP.USER, pid: login.pid, line: login.tty, user: login.user, host: login.from, time: login.since }
      this.#wtmp(record)
      updateLastlog(this.#world.files, uid, record)
    }
    this.#sshd(login.pid, `Accepted ${how.method} for ${login.user} from ${login.from} port ${how.port} ssh2`)
    this.#sshd(login.pid, `pam_unix(sshd:session): session opened for user ${login.user}(uid=${uid}) by (uid=0)`)
  }

  loggedOut(login: LoginSession): void {
    if (login.tty !== undefined)
      this.#wtmp({ type: UTMP.DEAD, pid: login.pid, line: login.tty, user: '', host: '', time: this.#world.now() })
    this.#sshd(login.pid, `pam_unix(sshd:session): session closed for user ${login.user}`)
  }

  #sshd(pid: number, text: string): void {
    this.write({ facility: 'auth', identifier: 'sshd', pid, unit: 'ssh.service', text })
  }

  #wtmp(record: Parameters<Diary['addLogin']>[0]): void {
    this.#diary.addLogin(record)
    if (this.#world.isRewritten('/var/log/wtmp')) this.#world.files.append('/var/log/wtmp', encodeUtmp([record]))
  }
}
