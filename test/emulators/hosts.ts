import type { Persona } from '../../src/config/persona.ts'
import type { Host, Hosts } from '../../src/host/contract.ts'
import { silentLogs } from '../fake-hosts.ts'

/** Hosts for lures that ask about accounts only: every account has the password of its persona. */
export function accountsOnly(): Hosts {
  return {
    of: (persona: Persona) =>
      ({
        persona,
        logs: silentLogs,
        checkPassword: (user: string, password: string) => persona.users.some((u) => u.name === user && u.password === password),
        userExists: (user: string) => persona.users.some((u) => u.name === user),
      }) as unknown as Host,
    close: () => undefined,
  }
}
