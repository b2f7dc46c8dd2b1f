import type { Host } from '../../host/contract.ts'
import { LoginDesk, type LoginDeskSetup } from '../../sensor/login-desk.ts'
import { authenticate, dovecotChallenge, type SaslMechanism } from '../../sensor/sasl.ts'
import { upgradeToTls } from '../../sensor/upgrade-to-tls.ts'
import type { Visit } from '../../sensor/visit.ts'
import { type Answer, lastLine, line, lines } from './answer.ts'
import { parseCommand } from './codec.ts'
import type { Pop3Events } from './events.ts'

export interface LoginContext extends LoginDeskSetup {
  options: LoginDeskSetup['options'] & { auth: SaslMechanism[]; stls: boolean; delays: boolean }
  readonly host: Host
}

/** Unknown commands that the login process bears. */
const BAD_COMMANDS = 3
const LINE_BYTES = 8192

/** Dovecot 2.3's pop3-login, compared with 2.3.19.1. */
export class Login {
  readonly #visit: Visit<Pop3Events>
  readonly #context: LoginContext
  readonly #desk: LoginDesk
  #user: Buffer | undefined
  #bad = 0

  constructor(visit: Visit<Pop3Events>, context: LoginContext) {
    this.#visit = visit
    this.#context = context
    this.#desk = new LoginDesk(visit, context)
  }

  greeting(): string {
    const { family } = this.#context.persona.os
    const label = { debian: ' (Debian)', ubuntu: ' (Ubuntu)' }[family as string] ?? ''
    return `+OK Dovecot${label} ready.\r\n`
  }

  async answer(bytes: Buffer): Promise<Answer> {
    const { verb, argument } = parseCommand(bytes)
    switch (verb) {
      case 'CAPA':
        return lines('+OK', ...this.#capabilities(), '.')
      case 'USER':
        this.#user = Buffer.from(argument, 'latin1')
        return line('+OK')
      case 'PASS':
        return this.#password(Buffer.from(argument, 'latin1'))
      case 'AUTH':
        return this.#authenticate(argument)
      case 'APOP':
        return line('-ERR APOP not enabled.')
      case 'STLS':
        return this.#startTls()
      case 'QUIT':
        return lastLine('+OK Logging out')
      default:
        if (++this.#bad < BAD_COMMANDS) return line('-ERR Unknown command.')
        return { ...lines('-ERR Unknown command.', '-ERR Too many invalid bad commands.'), ends: true }
    }
  }

  #capabilities(): string[] {
    const { auth, stls } = this.#context.options
    const sasl = auth.length ? [`SASL ${auth.join(' ')}`] : []
    return [
      'CAPA',
      'TOP',
      'UIDL',
      'RESP-CODES',
      'PIPELINING',
      'AUTH-RESP-CODE',
      ...(stls && !this.#visit.tls ? ['STLS'] : []),
      'USER',
      ...sasl,
    ]
  }

  async #password(password: Buffer): Promise<Answer> {
    const user = this.#user
    this.#user = undefined
    if (!user) return line('-ERR No username given.')
    return this.#desk.password('pop3', user, password) ? this.#loggedIn() : this.#refuse()
  }

  async #authenticate(argument: string): Promise<Answer> {
    const { options, persona } = this.#context
    if (!argument) return lines('+OK', ...options.auth, '.')
    const [name = '', initial] = argument.split(' ')
    const mechanism = options.auth.find((known) => known === name.toUpperCase())
    if (!mechanism) return line('-ERR [AUTH] Unsupported authentication mechanism.')
    const outcome = await authenticate({
      mechanism,
      initial: initial ? Buffer.from(initial, 'latin1') : undefined,
      desk: this.#desk,
      challenge: dovecotChallenge(persona.hostname),
      protocol: 'pop3',
      wire: {
        ask: async (challenge) => {
          await this.#visit.write(`+ ${challenge}\r\n`)
          return this.#visit.line(LINE_BYTES)
        },
      },
    })
    if (outcome === 'accepted') return this.#loggedIn()
    return outcome === 'cancelled' ? line('-ERR Authentication aborted by client.') : this.#refuse()
  }

  #loggedIn(): Answer {
    return { ...line('+OK Logged in.'), ...(this.#desk.admitted === undefined ? {} : { user: this.#desk.admitted }) }
  }

  /** Dovecot's auth_failure_delay: two seconds. */
  async #refuse(): Promise<Answer> {
    if (this.#context.options.delays) await this.#visit.pause(1950 + Math.random() * 100)
    return line('-ERR [AUTH] Authentication failed.')
  }

  async #startTls(): Promise<Answer> {
    if (this.#visit.tls) return line('-ERR TLS is already active.')
    if (!this.#context.options.stls) return line("-ERR TLS support isn't enabled.")
    await upgradeToTls(this.#visit, '+OK Begin TLS negotiation now.\r\n')
    this.#user = undefined
    return { text: Buffer.alloc(0) }
  }
}
