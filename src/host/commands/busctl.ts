import type { Process } from '../command.ts'
import type { ProcessInfo } from '../process/list.ts'
import { Services } from '../world/services.ts'
import { userName } from './gnu/accounts.ts'
import { pageAsSystemd } from './pager/less.ts'
import { columns, systemdCommand } from './systemd/command.ts'

/** Well-known names of services, by their unit. */
const NAMES: Record<string, string> = {
  'systemd-logind': 'org.freedesktop.login1',
  'systemd-timesyncd': 'org.freedesktop.timesync1',
  'systemd-networkd': 'org.freedesktop.network1',
  'systemd-resolved': 'org.freedesktop.resolve1',
  'unattended-upgrades': '',
  polkit: 'org.freedesktop.PolicyKit1',
  ModemManager: 'org.freedesktop.ModemManager1',
  'avahi-daemon': 'org.freedesktop.Avahi',
}
const ACTIVATABLE = ['org.freedesktop.hostname1', 'org.freedesktop.locale1', 'org.freedesktop.timedate1']

export default systemdCommand({
  name: 'busctl',
  usage: '[OPTIONS...] COMMAND ...',
  short: 'H:M:ql',
  long: {
    user: 'user',
    system: 'system',
    acquired: 'acquired',
    activatable: 'activatable',
    unique: 'unique',
    'show-machine': 'show-machine',
    list: 'list',
    json: 'json=',
  },
  async run(process, options) {
    const [verb = 'list', service] = options.operands
    if (options.has('user')) {
      await process.stderr.write('Failed to connect to bus: No medium found\n')
      return 1
    }
    switch (verb) {
      case 'list': {
        const rows = names(process).filter(
          ([name = '']) =>
            !options.has('acquired', 'activatable', 'unique') ||
            (options.has('unique') && name.startsWith(':')) ||
            (options.has('acquired') && !name.startsWith(':') && !ACTIVATABLE.includes(name)) ||
            (options.has('activatable') && ACTIVATABLE.includes(name)),
        )
        const head = options.has('no-legend') ? [] : [['NAME', 'PID', 'PROCESS', 'USER', 'CONNECTION', 'UNIT', 'SESSION', 'DESCRIPTION']]
        await pageAsSystemd(process, columns([...head, ...rows], [1]))
        return 0
      }
      case 'tree':
      case 'status':
      case 'introspect':
      case 'monitor':
      case 'call':
      case 'get-property':
        if (verb !== 'tree' && verb !== 'status' && service === undefined) {
          await process.stderr.write('Too few arguments.\n')
          return 1
        }
        if (service !== undefined && !names(process).some(([name]) => name === service)) {
          await process.stderr.write(
            `Failed to ${verb === 'status' ? 'get credentials' : `introspect object / of service ${service}`}: The name is not activatable\n`,
          )
          return 1
        }
        return 0
      default:
        await process.stderr.write(`Unknown command verb ${verb}.\n`)
        return 1
    }
  },
})

function names(process: Process): string[][] {
  const { world } = process
  const services = Services.of(world)
  const row = (name: string, info: ProcessInfo | undefined, connection: string, unit: string): string[] => [
    name,
    info ? String(info.pid) : '-',
    info?.comm ?? '-',
    info ? userName(process, info.uid).slice(0, 16) : '-',
    connection,
    unit,
    '-',
    '-',
  ]
  const rows: string[][] = []
  const init = world.processes.get(1)
  const onBus = services
    .units()
    .filter((unit) => unit.pid !== undefined && (NAMES[unit.service.unit] !== undefined || unit.service.command.includes('/python3')))
  rows.push(row(':1.0', init, ':1.0', 'init.scope'))
  for (const [i, unit] of onBus.entries()) {
    const info = world.processes.get(unit.pid as number)
    const connection = `:1.${i + 1}`
    rows.push(row(connection, info, connection, `${unit.service.unit}.service`))
    const name = NAMES[unit.service.unit]
    if (name) rows.push(row(name, info, connection, `${unit.service.unit}.service`))
  }
  const own = `:1.${process.pid % 900}`
  rows.push(row(own, world.processes.get(process.pid), own, 'session-3.scope'))
  rows.push(row('org.freedesktop.DBus', init, '-', 'init.scope'), row('org.freedesktop.systemd1', init, ':1.0', 'init.scope'))
  for (const name of ACTIVATABLE) rows.push(row(name, undefined, '(activatable)', '-'))
  return rows.sort(([a = ''], [b = '']) => order(a, b))
}

/** Unique names by their number, then the others by the alphabet. */
function order(a: string, b: string): number {
  if (a.startsWith(':') && b.startsWith(':')) return Number(a.slice(3)) - Number(b.slice(3))
  return a < b ? -1 : 1
}
