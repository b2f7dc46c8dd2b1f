import { lastLoginOf } from '../world/utmp.ts'
import { accountsOf } from './gnu/accounts.ts'
import { gnuCommand } from './gnu/command.ts'
import { localTime, strftime, zoneOf } from './gnu/strftime.ts'

export default gnuCommand({
  name: 'lastlog',
  package: 'login',
  usage: '[options]',
  applet: false,
  short: 'b:Cht:u:R:S',
  long: { before: 'b', time: 't', user: 'u', clear: 'C' },
  async run(process, options) {
    const only = options.value('u')
    await process.stdout.write('Username         Port     From                                       Latest\n')
    for (const user of accountsOf(process).users()) {
      if (only !== undefined && user.name !== only) continue
      const login = lastLoginOf(process.world.files, user.uid)
      if (!login && options.has('t')) continue
      const when = login ? strftime('%a %b %e %H:%M:%S %z %Y', localTime(login.time, zoneOf(process))) : '**Never logged in**'
      await process.stdout.write(`${user.name.padEnd(16)} ${(login?.line ?? '').padEnd(8)} ${(login?.host ?? '').padEnd(42)}${when}\n`)
    }
    return 0
  },
})
