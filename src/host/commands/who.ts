import type { Process } from '../command.ts'
import type { LoginSession } from '../process/list.ts'
import { gnuCommand } from './gnu/command.ts'
import type { Options } from './gnu/options.ts'
import { localTime, strftime, zoneOf } from './gnu/strftime.ts'

export default gnuCommand({
  name: 'who',
  usage: '[OPTION]... [ FILE | ARG1 ARG2 ]',
  about: 'Print information about users who are currently logged in.',
  authors: 'Joseph Arceneaux, David MacKenzie, and Michael Stone',
  short: 'abdHlmpqrstTuw',
  long: {
    all: 'a',
    boot: 'b',
    dead: 'd',
    heading: 'H',
    login: 'l',
    mesg: 'T',
    message: 'T',
    writable: 'T',
    process: 'p',
    count: 'q',
    runlevel: 'r',
    short: 's',
    time: 't',
    users: 'u',
    lookup: 'lookup',
    ips: 'ips',
  },
  async run(process, options) {
    const { world } = process
    const sessions = world.logins.filter((login) => login.tty !== undefined)
    if (options.has('q')) {
      await process.stdout.write(`${sessions.map((login) => login.user).join(' ')}\n# users=${sessions.length}\n`)
      return 0
    }
    if (options.has('H'))
      await process.stdout.write(
        `NAME     LINE         TIME${options.has('u', 'a') ? '             IDLE          PID COMMENT' : '             COMMENT'}\n`,
      )
    if (options.has('b', 'a')) await process.stdout.write(`${' '.repeat(9)}system boot  ${clock(process, world.bootedAt)}\n`)
    if (options.has('r', 'a')) await process.stdout.write(`${' '.repeat(9)}run-level 5  ${clock(process, world.bootedAt + 9000)}\n`)
    if (options.has('b', 'r') && !options.has('a', 'u', 's')) return 0
    const mine = options.has('m') || options.operands.length === 2
    const tty = world.processes.get(process.pid)?.tty
    for (const login of sessions) if (!mine || login.tty === tty) await process.stdout.write(line(process, options, login))
    return 0
  },
})

function clock(process: Process, ms: number): string {
  return strftime('%Y-%m-%d %H:%M', localTime(ms, zoneOf(process)))
}

function line(process: Process, options: Options, login: LoginSession): string {
  const state = options.has('T', 'w', 'a') ? ' +' : ''
  const idleMs = process.world.now() - login.lastInput
  const minutes = Math.floor(idleMs / 60_000)
  const idle =
    minutes < 1
      ? '  .  '
      : minutes >= 1440
        ? ' old '
        : `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
  const details = options.has('u', 'a') ? ` ${idle} ${String(login.pid).padStart(11)}` : ''
  return `${login.user.padEnd(8)}${state} ${(login.tty as string).padEnd(12)} ${clock(process, login.since)}${details} (${login.from})\n`
}
