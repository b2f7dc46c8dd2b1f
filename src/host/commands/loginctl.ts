import type { Process } from '../command.ts'
import { accountsOf } from './gnu/accounts.ts'
import { gnuCommand } from './gnu/command.ts'

export default gnuCommand({
  name: 'loginctl',
  package: 'systemd',
  usage: '[OPTIONS...] COMMAND ...',
  applet: false,
  short: 'hH:M:p:aln:o:s:',
  long: { 'no-pager': 'no-pager', 'no-legend': 'no-legend', value: 'value', property: 'p', all: 'a' },
  async run(process, options) {
    const [verb = 'list-sessions'] = options.operands
    const { logins } = process.world
    if (verb === 'list-users') {
      const users = [...new Set(logins.map((login) => login.user))]
      const rows = users.map((user) => `${String(uidOf(process, user)).padStart(4)} ${user}\n`)
      await process.stdout.write(` UID USER\n${rows.join('')}\n${users.length} users listed.\n`)
      return 0
    }
    if (verb !== 'list-sessions') return 0
    const rows = logins.map((login, i) =>
      [
        String(i + 1).padStart(7),
        String(uidOf(process, login.user)).padStart(4),
        login.user.padEnd(4),
        '     ',
        (login.tty ?? '').padEnd(5),
      ]
        .join(' ')
        .trimEnd(),
    )
    await process.stdout.write(
      `SESSION  UID USER SEAT  TTY  \n${rows.map((row) => `${row}\n`).join('')}\n${logins.length} sessions listed.\n`,
    )
    return 0
  },
})

function uidOf(process: Process, user: string): number {
  return accountsOf(process).user(user)?.uid ?? 0
}
