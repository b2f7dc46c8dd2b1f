import { randomBytes } from 'node:crypto'
import { loadSettings } from '../../config/load.ts'
import { AccountProblem, Accounts, Role } from '../../console/accounts/accounts.ts'
import { UsageProblem } from '../cli.ts'
import { jsonLine } from '../json-line.ts'
import { type Column, table } from '../table.ts'
import type { Arguments, ExitCode, Output, Verb } from '../verb.ts'

const columns: Column[] = [{ title: 'NAME' }, { title: 'ROLE' }, { title: 'SINCE' }]

export const user: Verb = {
  name: 'user',
  summary: 'accounts of the console',
  usage: 'ls | add NAME ROLE | role NAME ROLE | password NAME | rm NAME',
  examples: [
    'sundew user ls',
    'sundew user add mira analyst',
    'sundew user role mira operator',
    'sundew user password mira',
    'sundew user rm mira',
  ],
  async run(given, output) {
    const [what = 'ls', name, role] = given.words
    return withAccounts(given, async (accounts): Promise<ExitCode> => {
      const act = (action: string, detail: string): void => accounts.audit({ account: 'command line', address: '', action, detail })
      switch (what) {
        case 'ls': {
          const all = accounts.list()
          if (given.json) output.line(jsonLine(all))
          else
            output.line(
              table(
                columns,
                all.map((one) => [one.name, one.role, new Date(one.createdAt).toISOString().slice(0, 10)]),
              ),
            )
          return 0
        }
        case 'add': {
          const password = newPassword()
          await accounts.add(named(name), password, roleOf(role))
          act('account added', `${name}, ${role}`)
          tell(output, given, { name, role, password }, `${name} may log in with the password ${password}`)
          return 0
        }
        case 'role':
          accounts.setRole(named(name), roleOf(role))
          act('account changed', `${name}, role ${role}`)
          tell(output, given, { name, role }, `${name} is ${role} now`)
          return 0
        case 'password': {
          const password = newPassword()
          await accounts.setPassword(named(name), password)
          act('account changed', `${name}, password`)
          tell(output, given, { name, password }, `${name} may log in with the password ${password}; its browsers are logged out`)
          return 0
        }
        case 'rm':
          accounts.remove(named(name))
          act('account removed', String(name))
          tell(output, given, { name }, `${name} is gone, with its tokens`)
          return 0
        default:
          throw new UsageProblem('say ls, add NAME ROLE, role NAME ROLE, password NAME or rm NAME')
      }
    })
  },
}

/** Opens the accounts of a data folder for one command; what cannot be done is told as wrong use. */
export async function withAccounts<T>(given: Arguments, work: (accounts: Accounts) => Promise<T> | T): Promise<T> {
  const { settings } = loadSettings(given)
  const accounts = new Accounts(settings.data, { loginHours: settings.console.loginHours })
  try {
    return await work(accounts)
  } catch (error) {
    if (error instanceof AccountProblem) throw new UsageProblem(error.message)
    throw error
  } finally {
    accounts.close()
  }
}

export function tell(output: Output, given: Arguments, facts: Record<string, unknown>, words: string): void {
  output.line(given.json ? jsonLine(facts) : words)
}

export function roleOf(word: string | undefined): Role {
  const role = Role.safeParse(word)
  if (!role.success) throw new UsageProblem(`a role is one of ${Role.options.join(', ')}`)
  return role.data
}

/** As the console takes names: letters, digits and `._-`. */
function named(name: string | undefined): string {
  if (!name || !/^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/.test(name)) throw new UsageProblem('say the NAME of an account')
  return name
}

/** Typed on a command line it would stand in the shell's history; so one is made. */
function newPassword(): string {
  return randomBytes(15).toString('base64url')
}
