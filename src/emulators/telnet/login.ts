import type { DoorLog } from '../../host/contract.ts'
import { toText } from '../../host/text.ts'
import type { LoginDesk } from '../../sensor/login-desk.ts'
import { LimitReached, type ReadOptions, type Visit } from '../../sensor/visit.ts'
import { type Daemon, LOGIN_TIMEOUT_S } from './daemons.ts'
import type { TelnetEvents } from './events.ts'
import { LoginLine } from './line.ts'
import type { TelnetStream } from './stream.ts'

export interface LoginSetup {
  /** What stands before the first prompt. */
  greeting: string
  visit: Visit<TelnetEvents>
  stream: TelnetStream
  daemon: Daemon
  hostname: string
  desk: LoginDesk
  log: DoorLog
  delays: boolean
  /** User that the client named in its environment, so that only the password is asked. */
  user: Buffer | undefined
}

/** Empty names that login bears before it gives up (busybox/loginutils/login.c, EMPTY_USERNAME_COUNT). */
const EMPTY_NAMES = 10
/** Milliseconds after a wrong password: LOGIN_FAIL_DELAY of BusyBox, FAIL_DELAY of shadow. */
const FAILURE_MS = 3000

/** login(1): asks for name and password until a pair is right. Gives the user, or undefined when the dialogue is over. */
export async function login(setup: LoginSetup): Promise<string | undefined> {
  const { stream, daemon, visit } = setup
  try {
    return await new Dialogue(setup).run()
  } catch (error) {
    if (!(error instanceof LimitReached) || error.limit !== 'read-deadline') throw error
    visit.record('limit', { limit: 'login-timeout', allowed: LOGIN_TIMEOUT_S * 1000 })
    await stream.write(daemon.timedOut)
    return undefined
  }
}

class Dialogue {
  readonly #setup: LoginSetup
  readonly #line: LoginLine
  readonly #endsAt = performance.now() + LOGIN_TIMEOUT_S * 1000

  /** Goes out with the next prompt: hydra takes a prompt that comes apart from the line before it for a second one. */
  #before: string

  constructor(setup: LoginSetup) {
    this.#setup = setup
    this.#before = setup.greeting
    this.#line = new LoginLine(setup.stream)
  }

  async run(): Promise<string | undefined> {
    const { stream, daemon, user } = this.#setup
    let name = user
    for (let attempt = 1; attempt <= daemon.attempts; attempt++) {
      name ??= await this.#name()
      if (!name) return undefined
      await this.#prompt('Password: ')
      const password = await this.#line.read('silent', this.#within)
      if (!password) return undefined
      if (this.#isRight(name, password)) return this.#setup.desk.admitted
      await this.#refuse(name)
      name = undefined
    }
    await stream.write(this.#before + daemon.parting)
    return undefined
  }

  readonly #within = (): ReadOptions => ({ within: Math.max(1, this.#endsAt - performance.now()) })

  async #name(): Promise<Buffer | undefined> {
    const { daemon, hostname } = this.#setup
    for (let asked = 0; asked < EMPTY_NAMES; asked++) {
      await this.#prompt(`${hostname} login: `)
      const line = await this.#line.read('echo', this.#within)
      if (!line) return undefined
      const name = trimStart(line)
      if (name.length || !daemon.asksAgain) return name
    }
    return undefined
  }

  async #prompt(text: string): Promise<void> {
    const whole = this.#before + text
    this.#before = ''
    await this.#setup.stream.write(whole)
  }

  #isRight(user: Buffer, password: Buffer): boolean {
    return this.#setup.desk.password('telnet', user, password)
  }

  async #refuse(user: Buffer): Promise<void> {
    const { visit, daemon, delays, log } = this.#setup
    if (delays) await visit.pause(FAILURE_MS * (0.98 + Math.random() * 0.04))
    log.failed(toText(user), 'password')
    this.#before = daemon.refusal
  }
}

function trimStart(line: Buffer): Buffer {
  let at = 0
  while (line[at] === 0x20 || line[at] === 0x09) at++
  return line.subarray(at)
}
