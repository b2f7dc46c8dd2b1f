import { UsageProblem } from '../cli.ts'
import { jsonLine } from '../json-line.ts'
import { type Column, table } from '../table.ts'
import type { Verb } from '../verb.ts'
import { roleOf, tell, withAccounts } from './user.ts'

const columns: Column[] = [
  { title: 'ID', align: 'right' },
  { title: 'NAME' },
  { title: 'ACCOUNT' },
  { title: 'ROLE' },
  { title: 'LAST USED' },
]

export const token: Verb = {
  name: 'token',
  summary: 'API tokens of the console',
  usage: 'ls | new ACCOUNT NAME ROLE | rm ID',
  examples: ['sundew token ls', 'sundew token new mira nightly-report viewer', 'sundew token rm 3'],
  async run(given, output) {
    const [what = 'ls', first, name, role] = given.words
    return withAccounts(given, (accounts) => {
      const act = (action: string, detail: string): void => accounts.audit({ account: 'command line', address: '', action, detail })
      switch (what) {
        case 'ls': {
          const all = accounts.tokens()
          if (given.json) output.line(jsonLine(all))
          else
            output.line(
              table(
                columns,
                all.map((one) => [one.id, one.name, one.account, one.role, one.usedAt ? new Date(one.usedAt).toISOString() : '']),
              ),
            )
          return 0
        }
        case 'new': {
          if (!first || !name) throw new UsageProblem('say new ACCOUNT NAME ROLE')
          if (!accounts.list().some((one) => one.name === first)) throw new UsageProblem(`there is no account ${first}`)
          const made = accounts.addToken(first, name, roleOf(role))
          act('token made', `${name} of ${first}, ${role}`)
          tell(output, given, made, `${made.token}\nIt is shown this once; ${first}'s role still bounds what it may do.`)
          return 0
        }
        case 'rm': {
          const id = Number(first)
          if (!accounts.removeToken(id)) throw new UsageProblem(`there is no token ${first}; sundew token ls shows them`)
          act('token revoked', String(first))
          tell(output, given, { id }, `token ${id} is worth nothing now`)
          return 0
        }
        default:
          throw new UsageProblem('say ls, new ACCOUNT NAME ROLE or rm ID')
      }
    })
  },
}
