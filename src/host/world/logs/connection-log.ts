import type { World } from '../../command.ts'
import type { DoorLog } from '../../contract.ts'
import { Accounts } from '../accounts.ts'
import { bootPid } from '../services.ts'
import { UTMP, type UtmpRecord } from '../utmp.ts'
import { describedUnit, sessionNumber } from './chronicle.ts'
import { type Caller, type DoorWords, sessionClosed, sessionOpened } from './door-words.ts'
import type { LogMessage, Past } from './message.ts'

/** How long PAM has known of a failure when the daemon says it, milliseconds (pam_fail_delay). */
const PAM_DELAY_MS = 1900

/** What a daemon and PAM, logind and systemd behind it write about one connection. */
export class ConnectionLog implements DoorLog {
  readonly pid: number
  readonly #world: World
  readonly #past: Past
  readonly #words: DoorWords
  readonly #remote: { ip: string; port: number }
  readonly #failed: (record: UtmpRecord) => void
  #caller: Caller | undefined
  #failures = 0
  /** Number of the session at logind; undefined before somebody is in. */
  #session: number | undefined

  /** @param failed takes a record of btmp */
  constructor(world: World, past: Past, words: DoorWords, remote: { ip: string; port: number }, failed: (record: UtmpRecord) => void) {
    this.#world = world
    this.#past = past
    this.#words = words
    this.#remote = remote
    this.#failed = failed
    this.pid = world.processes.takePid()
  }

  failed(user: string, method: string): void {
    const isFirst = this.#caller?.user !== user
    const caller = this.#of(user)
    if (isFirst) this.#say(this.#words.named(caller), PAM_DELAY_MS + 700)
    if (method === 'password') {
      // PAM tells of the first failure at once and counts the others.
      if (this.#failures++ === 0) this.#say(this.#words.doubted(caller), PAM_DELAY_MS)
      const time = this.#world.now()
      this.#failed({ type: UTMP.LOGIN, pid: this.pid, line: this.#words.line, user: caller.user, host: caller.from, time })
    }
    this.#say(this.#words.failed(caller, method, this.#failures))
  }

  accepted(user: string, method: string): void {
    const caller = this.#of(user)
    this.#session = sessionNumber(this.#past, this.#world.now()) + (this.pid % 3)
    this.#say([...this.#words.accepted(caller, method), ...this.#words.opened(caller)])
    this.#sayOfSession(sessionOpened(this.#session, caller.user, (unit, text) => describedUnit(this.#past, unit, text)))
  }

  ended(how: { parting?: { reason: number; text: string } | undefined; thrownOut?: boolean }): void {
    if (!this.#caller) return
    const session = this.#session
    const texts =
      session === undefined ? this.#words.left(this.#caller, this.#failures, how) : this.#words.closed(this.#caller, how.parting)
    this.#say(texts)
    if (session !== undefined) this.#sayOfSession(sessionClosed(session))
  }

  #of(user: string): Caller {
    const { ip: from, port } = this.#remote
    const account = new Accounts(this.#world.files).user(user)
    // What a name may hold is in the hands of who connects.
    this.#caller = { user: user.replace(/[^\x20-\x7e]/g, '?').slice(0, 100), uid: account?.uid, from, port }
    return this.#caller
  }

  #say(texts: readonly string[], ago = 0): void {
    const { identifier, unit } = this.#words
    for (const text of texts) this.#world.logs.write({ facility: 'auth', identifier, pid: this.pid, unit, text }, ago)
  }

  #sayOfSession(said: readonly Pick<LogMessage, 'identifier' | 'facility' | 'text'>[]): void {
    const { persona } = this.#past
    if (!persona.services.some(({ unit }) => unit === 'systemd-logind')) return
    for (const { identifier, facility, text } of said) {
      const pid = identifier === 'systemd' ? 1 : bootPid(this.#past, 'systemd-logind')
      const unit = identifier === 'systemd' ? `session-${this.#session}.scope` : 'systemd-logind.service'
      this.#world.logs.write({ facility, identifier, pid, unit, text })
    }
  }
}
