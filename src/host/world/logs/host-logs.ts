import type { World, WorldLogs } from '../../command.ts'
import type { DaemonLogs, DoorLog, WebHit } from '../../contract.ts'
import type { LoginSession } from '../../process/list.ts'
import { encodeUtmp, UTMP, type UtmpRecord, updateLastlog } from '../utmp.ts'
import { accessLine, accessLogPath } from './access-log.ts'
import type { Chronicle } from './chronicle.ts'
import { ConnectionLog } from './connection-log.ts'
import type { Diary } from './diary.ts'
import { doorWords } from './door-words.ts'
import { selectedLogs } from './files.ts'
import type { LogMessage } from './message.ts'
import { messagesBetween, syslogLines } from './render.ts'

/** The logs of one machine: what happens there without anybody, and what its source does. */
export class HostLogs implements WorldLogs, DaemonLogs {
  readonly #world: World
  readonly #chronicle: Chronicle
  readonly #diary: Diary

  constructor(world: World, chronicle: Chronicle, diary: Diary) {
    this.#world = world
    this.#chronicle = chronicle
    this.#diary = diary
  }

  /**
   * Something is said now. An attacker who has emptied a log finds the new lines in it; one that was removed stays away.
   * @param ago milliseconds that it was said before now
   */
  write(said: Omit<LogMessage, 'at'>, ago = 0): void {
    const message = { ...said, at: this.#world.now() - ago }
    this.#diary.add(message)
    const line = syslogLines([message], { chronicle: this.#chronicle, diary: undefined })
    for (const path of selectedLogs(this.#chronicle.past, message)) this.#append(path, Buffer.from(line))
  }

  /** What stands in the journal about a time, oldest first. */
  between(from: number, to: number): LogMessage[] {
    return messagesBetween({ chronicle: this.#chronicle, diary: this.#diary }, from, to)
  }

  /** Writes down a login on a terminal: wtmp and lastlog. */
  loggedIn(login: LoginSession, uid: number): void {
    if (login.tty === undefined) return
    const record = { type: UTMP.USER, pid: login.pid, line: login.tty, user: login.user, host: login.from, time: login.since }
    this.#wtmp(record)
    updateLastlog(this.#world.files, uid, record)
  }

  loggedOut(login: LoginSession): void {
    if (login.tty !== undefined)
      this.#wtmp({ type: UTMP.DEAD, pid: login.pid, line: login.tty, user: '', host: '', time: this.#world.now() })
  }

  door(via: 'sshd' | 'telnetd', remote: { ip: string; port: number }): DoorLog {
    const { past } = this.#chronicle
    return new ConnectionLog(this.#world, past, doorWords(via, past), remote, (record) => {
      this.#diary.addFailure(record)
      this.#append('/var/log/btmp', encodeUtmp([record]))
    })
  }

  webHit(from: string, hit: WebHit): void {
    const path = accessLogPath(this.#chronicle.past)
    if (path === undefined) return
    const at = this.#world.now()
    const text = accessLine(this.#chronicle.past, at, from, hit)
    this.#diary.addHit({ at, text })
    this.#append(path, Buffer.from(`${text}\n`))
  }

  #wtmp(record: UtmpRecord): void {
    this.#diary.addLogin(record)
    this.#append('/var/log/wtmp', encodeUtmp([record]))
  }

  /** An image's log is made anew at each look; only one that was rewritten has to be told. */
  #append(path: string, bytes: Uint8Array): void {
    if (this.#world.isRewritten(path)) this.#world.files.append(path, bytes)
  }
}
