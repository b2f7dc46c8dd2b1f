import type { Persona } from '../../config/persona.ts'
import { splitAddress } from './codec.ts'

/** What a recipient's address means to this server. */
export type RecipientKind = 'local' | 'unknown-user' | 'foreign' | 'source-routed'

/** Names of /etc/aliases that Debian's postfix and exim come with. */
const ALIASES = ['postmaster', 'mailer-daemon', 'nobody', 'hostmaster', 'webmaster']

/** The users and domains that mail can stay here for. */
export class Recipients {
  readonly #users: ReadonlySet<string>
  readonly #domains: ReadonlySet<string>

  constructor(persona: Persona, address: string) {
    this.#users = new Set([...persona.users.map(({ name }) => name), ...ALIASES])
    const { hostname, domain } = persona
    this.#domains = new Set([`${hostname}.${domain}`, domain, 'localhost', `[${address}]`])
  }

  kindOf(address: string, route?: string): RecipientKind {
    const { local, domain } = splitAddress(address)
    // user%elsewhere@here, elsewhere!user@here, "user@elsewhere"@here and <@here:user@elsewhere>: the relay tests of twenty years.
    if (/[%!@]/.test(local)) return 'source-routed'
    if (domain !== undefined && !this.#domains.has(domain)) return route ? 'source-routed' : 'foreign'
    return this.userOf(address) === undefined ? 'unknown-user' : 'local'
  }

  /** The account behind a local address; RFC 5233: what follows `+` is a detail. */
  userOf(address: string): string | undefined {
    const name = splitAddress(address).local.toLowerCase().split('+', 1)[0] as string
    if (!this.#users.has(name)) return undefined
    return ALIASES.includes(name) ? 'root' : name
  }
}
