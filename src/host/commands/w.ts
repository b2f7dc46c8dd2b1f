import type { Process } from '../command.ts'
import type { LoginSession } from '../process/list.ts'
import { gnuCommand } from './gnu/command.ts'
import { localTime, strftime, zoneOf } from './gnu/strftime.ts'
import { uptimeLine } from './gnu/uptime.ts'

export default gnuCommand({
  name: 'w',
  package: 'procps',
  version: 'w from procps-ng 4.0.2',
  usage: '[options] [user]',
  applet: false,
  short: 'fhilosuV',
  long: { 'no-header': 'h', 'no-current': 'u', short: 's', from: 'f', 'old-style': 'o', 'ip-addr': 'i' },
  async run(process, options) {
    const { world } = process
    const [user] = options.operands
    const short = options.has('s')
    const from = !options.has('f')
    if (!options.has('h')) {
      await process.stdout.write(
        `${uptimeLine(world, zoneOf(process))}\nUSER     TTY      ${from ? 'FROM             ' : ''}${short ? ' IDLE WHAT' : 'LOGIN@   IDLE   JCPU   PCPU WHAT'}\n`,
      )
    }
    for (const login of world.logins) {
      if (login.tty === undefined || (user !== undefined && login.user !== user)) continue
      const idle = interval(Math.max(0, world.now() - login.lastInput))
      const times = short ? idle : `${loginTime(process, login.since).padEnd(6)} ${idle}${interval(50)}${interval(10)}`
      await process.stdout.write(
        `${login.user.slice(0, 8).padEnd(8)} ${login.tty.slice(0, 8).padEnd(8)} ${from ? `${login.from.slice(0, 16).padEnd(16)} ` : ''}${times} ${currentCommand(process, login)}\n`,
      )
    }
    return 0
  },
})

function loginTime(process: Process, since: number): string {
  const age = process.world.now() - since
  const time = localTime(since, zoneOf(process))
  if (age > 86_400_000 * 6) return strftime('%d%b%y', time)
  return strftime(age > 43_200_000 ? '%a%H' : '%H:%M', time)
}

/** Seven columns: seconds with hundredths, minutes, hours, days. */
function interval(ms: number): string {
  const seconds = ms / 1000
  if (seconds >= 172_800) return `${String(Math.floor(seconds / 86_400)).padStart(2)}days`.padStart(7)
  if (seconds >= 3600)
    return `${String(Math.floor(seconds / 3600)).padStart(2)}:${String(Math.floor(seconds / 60) % 60).padStart(2, '0')}m`.padStart(7)
  if (seconds > 60)
    return `${String(Math.floor(seconds / 60)).padStart(2)}:${String(Math.floor(seconds) % 60).padStart(2, '0')} `.padStart(7)
  return `${Math.floor(seconds)}.${String(Math.floor(ms / 10) % 100).padStart(2, '0')}s`.padStart(7)
}

/** The foreground process of the login's terminal. */
function currentCommand(process: Process, login: LoginSession): string {
  const own = process.world.processes.list().filter((candidate) => candidate.tty === login.tty)
  const front = own.findLast((candidate) => candidate.foreground) ?? own.at(-1)
  return front ? front.argv.join(' ') : '-'
}
