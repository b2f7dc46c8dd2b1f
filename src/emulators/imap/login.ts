import { evidence } from '../../events/bytes.ts'
import { LoginDesk, type LoginDeskSetup } from '../../sensor/login-desk.ts'
import { authenticate, dovecotChallenge, type SaslMechanism } from '../../sensor/sasl.ts'
import { upgradeToTls } from '../../sensor/upgrade-to-tls.ts'
import type { Visit } from '../../sensor/visit.ts'
import { type Command, commandName, ImapSyntaxError, parseCommand, type Segments, type Token, textOf } from './codec.ts'
import type { ImapEvents } from './events.ts'

export interface LoginContext extends LoginDeskSetup {
  options: LoginDeskSetup['options'] & { auth: SaslMechanism[]; starttls: boolean; delays: boolean }
}

export interface LoginAnswer {
  lines: string[]
  ends?: boolean
  /** Who has logged in with it. */
  user?: string
}

/** Commands without sense that the login process bears. */
const BAD_COMMANDS = 3
const LINE_BYTES = 8192

const LOGIN_CAPABILITIES = 'IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+'
export const USER_CAPABILITIES =
  'IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE SORT SORT=DISPLAY THREAD=REFERENCES THREAD=REFS THREAD=ORDEREDSUBJECT MULTIAPPEND URL-PARTIAL CATENATE UNSELECT CHILDREN NAMESPACE UIDPLUS LIST-EXTENDED I18NLEVEL=1 CONDSTORE QRESYNC ESEARCH ESORT SEARCHRES WITHIN CONTEXT=SEARCH LIST-STATUS BINARY MOVE SNIPPET=FUZZY PREVIEW=FUZZY PREVIEW STATUS=SIZE SAVEDATE LITERAL+ NOTIFY SPECIAL-USE'

/** Dovecot 2.3's imap-login, compared with 2.3.19.1. */
export class Login {
  readonly #visit: Visit<ImapEvents>
  readonly #context: LoginContext
  readonly #desk: LoginDesk
  #bad = 0

  constructor(visit: Visit<ImapEvents>, context: LoginContext) {
    this.#visit = visit
    this.#context = context
    this.#desk = new LoginDesk(visit, context)
  }

  greeting(): string {
    const { family } = this.#context.persona.os
    const label = { debian: ' (Debian)', ubuntu: ' (Ubuntu)' }[family as string] ?? ''
    return `* OK [CAPABILITY ${this.#capabilities()}] Dovecot${label} ready.\r\n`
  }

  #capabilities(): string {
    const { auth, starttls } = this.#context.options
    return [LOGIN_CAPABILITIES, ...(starttls && !this.#visit.tls ? ['STARTTLS'] : []), ...auth.map((name) => `AUTH=${name}`)].join(' ')
  }

  async answer(segments: Segments): Promise<LoginAnswer> {
    const command = parse(segments)
    if (!command) return this.#bad_(commandName((segments[0] as Segments[number]).line).tag)
    const { tag, name, args } = command
    switch (name) {
      case 'CAPABILITY':
        return {
          lines: [`* CAPABILITY ${this.#capabilities()}`, `${tag} OK Pre-login capabilities listed, post-login capabilities have more.`],
        }
      case 'NOOP':
        return { lines: [`${tag} OK NOOP completed.`] }
      case 'ID':
        recordId(this.#visit, args[0])
        return { lines: ['* ID ("name" "Dovecot")', `${tag} OK ID completed.`] }
      case 'LOGOUT':
        return { lines: ['* BYE Logging out', `${tag} OK Logout completed.`], ends: true }
      case 'LOGIN':
        return this.#login(tag, args)
      case 'AUTHENTICATE':
        return this.#authenticate(tag, args)
      case 'STARTTLS':
        return this.#startTls(tag)
      default:
        return this.#bad_(tag)
    }
  }

  #bad_(tag: string): LoginAnswer {
    if (++this.#bad >= BAD_COMMANDS) return { lines: ['* BYE Too many invalid IMAP commands.'], ends: true }
    return { lines: [`${tag || '*'} BAD Error in IMAP command received by server.`] }
  }

  async #login(tag: string, args: readonly Token[]): Promise<LoginAnswer> {
    const [user, password] = [textOf(args[0]), textOf(args[1])]
    if (user === undefined || password === undefined || args.length > 2) return this.#bad_(tag)
    const isIn = this.#desk.password('imap', Buffer.from(user, 'latin1'), Buffer.from(password, 'latin1'))
    return isIn ? this.#loggedIn(tag) : this.#refuse(tag)
  }

  async #authenticate(tag: string, args: readonly Token[]): Promise<LoginAnswer> {
    const { options, persona } = this.#context
    const name = textOf(args[0])
    if (name === undefined || args.length > 2) return this.#bad_(tag)
    const mechanism = options.auth.find((known) => known === name.toUpperCase())
    if (!mechanism) return { lines: [`${tag} NO [ALERT] Unsupported authentication mechanism.`] }
    const initial = textOf(args[1])
    const outcome = await authenticate({
      mechanism,
      initial: initial === undefined ? undefined : Buffer.from(initial, 'latin1'),
      desk: this.#desk,
      challenge: dovecotChallenge(persona.hostname),
      protocol: 'imap',
      wire: {
        ask: async (challenge) => {
          await this.#visit.write(`+ ${challenge}\r\n`)
          return this.#visit.line(LINE_BYTES)
        },
      },
    })
    if (outcome === 'accepted') return this.#loggedIn(tag)
    return outcome === 'cancelled' ? { lines: [`${tag} BAD Authentication aborted by client.`] } : this.#refuse(tag)
  }

  #loggedIn(tag: string): LoginAnswer {
    const { admitted } = this.#desk
    return { lines: [`${tag} OK [CAPABILITY ${USER_CAPABILITIES}] Logged in`], ...(admitted === undefined ? {} : { user: admitted }) }
  }

  /** Dovecot's auth_failure_delay: two seconds. */
  async #refuse(tag: string): Promise<LoginAnswer> {
    if (this.#context.options.delays) await this.#visit.pause(1950 + Math.random() * 100)
    return { lines: [`${tag} NO [AUTHENTICATIONFAILED] Authentication failed.`] }
  }

  async #startTls(tag: string): Promise<LoginAnswer> {
    if (this.#visit.tls) return { lines: [`${tag} BAD TLS is already active.`] }
    if (!this.#context.options.starttls) return { lines: [`${tag} BAD TLS support isn't enabled.`] }
    await upgradeToTls(this.#visit, `${tag} OK Begin TLS negotiation now.\r\n`)
    return { lines: [] }
  }
}

/** Undefined when the command cannot be read, or has no tag. */
function parse(segments: Segments): Command | undefined {
  try {
    const command = parseCommand(segments)
    return isTag(command.tag) && command.name ? command : undefined
  } catch (error) {
    if (error instanceof ImapSyntaxError) return undefined
    throw error
  }
}

/** RFC 3501 §9, tag: printable, and none of the marks that mean something else. */
export const isTag = (text: string): boolean => /^[\x21-\x7e]{1,256}$/.test(text) && !/[(){%*"\\+]/.test(text)

const ID_FIELDS = 30

export function recordId(visit: Visit<ImapEvents>, argument: Token | undefined): void {
  if (argument?.kind !== 'list') return
  const fields: { name: ReturnType<typeof evidence>; value: ReturnType<typeof evidence> }[] = []
  const text = (token: Token | undefined): ReturnType<typeof evidence> =>
    evidence(Buffer.from((textOf(token) ?? '').slice(0, 1024), 'latin1'))
  for (let i = 0; i + 1 < argument.items.length && fields.length < ID_FIELDS; i += 2) {
    fields.push({ name: text(argument.items[i]), value: text(argument.items[i + 1]) })
  }
  visit.record('imap.id', { fields })
}
