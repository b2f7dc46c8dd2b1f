import type { Process } from '../../command.ts'
import { machineIds, uptimeSeconds } from '../../world/hardware.ts'
import { journal } from '../../world/logs/journal.ts'
import type { Services, UnitState } from '../../world/services.ts'
import { localTime, strftime, zoneOf } from '../gnu/strftime.ts'
import { commandLine } from '../ps/columns.ts'

/** `1 week 3 days ago`, `5h 2min ago` as systemd writes ages. */
export function ago(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const parts: [number, string, string][] = [
    [31_536_000, ' year', ' years'],
    [2_629_800, ' month', ' months'],
    [604_800, ' week', ' weeks'],
    [86_400, ' day', ' days'],
    [3600, 'h', 'h'],
    [60, 'min', 'min'],
    [1, 's', 's'],
  ]
  let rest = seconds
  const shown: string[] = []
  for (const [size, one, many] of parts) {
    const count = Math.floor(rest / size)
    if (count === 0 && !(size === 1 && shown.length === 0)) continue
    rest -= count * size
    shown.push(`${count}${count === 1 ? one : many}`)
    if (shown.length === 2 || size <= 60) break
  }
  return `${shown.join(' ')} ago`
}

function when(process: Process, ms: number): string {
  return strftime('%a %Y-%m-%d %H:%M:%S %Z', localTime(ms, zoneOf(process)))
}

function memoryText(kib: number): string {
  return kib >= 1024 * 1024 ? `${(kib / 1048576).toFixed(1)}G` : kib >= 1024 ? `${(kib / 1024).toFixed(1)}M` : `${kib}.0K`
}

/** `systemctl status UNIT`; of the whole system without one. */
export function statusText(process: Process, services: Services, unit: UnitState | undefined): string {
  if (!unit) return systemStatus(process, services)
  const { service } = unit
  const name = `${service.unit}.service`
  const processes = services.processes(unit)
  const dot = unit.state === 'active' ? '●' : unit.state === 'failed' ? '×' : '○'
  const age = process.world.now() - unit.since
  const lines = [
    `${dot} ${name} - ${service.description}`,
    `     Loaded: loaded (/lib/systemd/system/${name}; ${unit.masked ? 'masked' : unit.enabled ? 'enabled' : 'disabled'}; preset: enabled)`,
  ]
  if (unit.state === 'active') {
    const main = processes[0]
    const memory = processes.reduce((sum, info) => sum + info.rssKiB, 0)
    const threads = processes.reduce((sum, info) => sum + info.threads, 0)
    const cpu = processes.reduce((sum, info) => sum + info.cpuMs, 0)
    lines.push(`     Active: active (running) since ${when(process, unit.since)}; ${ago(age)}`)
    if (main) lines.push(`   Main PID: ${main.pid} (${main.comm})`)
    lines.push(
      `      Tasks: ${threads} (limit: ${Math.round(process.world.persona.hardware.memoryMiB * 1.17)})`,
      `     Memory: ${memoryText(memory)}`,
      `        CPU: ${cpu < 1000 ? `${cpu}ms` : `${(cpu / 1000).toFixed(3)}s`}`,
      `     CGroup: /system.slice/${name}`,
    )
    for (const [i, info] of processes.entries())
      lines.push(
        `             ${i === processes.length - 1 ? '└─' : '├─'}${String(info.pid).padStart(String(main?.pid ?? 0).length)} ${info.argv.length === 1 && info.argv[0]?.includes(': ') ? `"${info.argv[0]}"` : commandLine(info)}`,
      )
  } else if (unit.state === 'failed')
    lines.push(
      `     Active: failed (Result: signal) since ${when(process, unit.since)}; ${ago(age)}`,
      `   Main PID: (code=killed, signal=${unit.signal ?? 'KILL'})`,
    )
  else lines.push(`     Active: inactive (dead) since ${when(process, unit.since)}; ${ago(age)}`)
  const entries = journal(process.world)
    .filter((line) => line.unit === name)
    .slice(-10)
  if (process.uid === 0 && entries.length) {
    lines.push('')
    for (const entry of entries)
      lines.push(
        `${strftime('%b %d %H:%M:%S', localTime(entry.at, zoneOf(process)))} ${process.world.hostname} ${entry.identifier}${entry.pid === undefined ? '' : `[${entry.pid}]`}: ${entry.text}`,
      )
  }
  return `${lines.join('\n')}\n`
}

function systemStatus(process: Process, services: Services): string {
  const failed = services.units().filter((unit) => unit.state === 'failed').length
  return `● ${process.world.hostname}\n    State: ${failed ? 'degraded' : 'running'}\n    Units: ${services.units().length + 214} loaded (incl. loaded aliases)\n     Jobs: 0 queued\n   Failed: ${failed} units\n    Since: ${when(process, process.world.bootedAt)}; ${ago(uptimeSeconds(process.world) * 1000)}\n  systemd: 252.38-1~deb12u1\n   CGroup: /\n           ├─init.scope\n           │ └─1 /sbin/init\n           └─system.slice\n${services
    .units()
    .filter((unit) => unit.pid !== undefined)
    .map((unit) => `             ├─${unit.service.unit}.service\n             │ └─${unit.pid} ${unit.service.command}\n`)
    .join('')}`
}

/** The table of `systemctl list-units`. */
export function unitTable(
  process: Process,
  services: Services,
  filter: { failed: boolean; all: boolean; type: string | undefined },
): string {
  const rows: [string, string, string, string, string][] = []
  if (!filter.failed && (filter.type === undefined || filter.type === 'mount')) {
    for (const disk of process.world.persona.hardware.disks) {
      const name = disk.mount === '/' ? '-.mount' : `${disk.mount.slice(1).replaceAll('/', '-')}.mount`
      rows.push([name, 'loaded', 'active', 'mounted', disk.mount === '/' ? 'Root Mount' : disk.mount])
    }
  }
  if (filter.type === undefined || filter.type === 'service') {
    for (const unit of services.units()) {
      if (filter.failed ? unit.state !== 'failed' : unit.state === 'inactive' && !filter.all) continue
      rows.push([
        `${unit.service.unit}.service`,
        'loaded',
        unit.state,
        unit.state === 'active' ? 'running' : unit.state === 'failed' ? 'failed' : 'dead',
        unit.service.description,
      ])
    }
  }
  if (!filter.failed && (filter.type === undefined || filter.type === 'target')) {
    for (const [name, description] of [
      ['basic', 'Basic System'],
      ['cryptsetup', 'Local Encrypted Volumes'],
      ['getty', 'Login Prompts'],
      ['local-fs', 'Local File Systems'],
      ['multi-user', 'Multi-User System'],
      ['network', 'Network'],
      ['network-online', 'Network is Online'],
      ['sysinit', 'System Initialization'],
      ['timers', 'Timer Units'],
    ] as const)
      rows.push([`${name}.target`, 'loaded', 'active', 'active', description])
  }
  rows.sort((a, b) => (a[0] < b[0] ? -1 : 1))
  const width = (index: number, title: string): number => Math.max(title.length, ...rows.map((row) => row[index]?.length ?? 0))
  const widths = [width(0, 'UNIT'), width(1, 'LOAD'), width(2, 'ACTIVE'), width(3, 'SUB')]
  const line = (cells: readonly string[]): string =>
    `  ${cells.map((cell, i) => (i < 4 ? cell.padEnd(widths[i] as number) : cell)).join(' ')}\n`
  const body = rows.map((row) => (row[2] === 'failed' ? `● ${line(row).slice(2)}` : line(row))).join('')
  return `${line(['UNIT', 'LOAD', 'ACTIVE', 'SUB', 'DESCRIPTION'])}${body}\nLOAD   = Reflects whether the unit definition was properly loaded.\nACTIVE = The high-level unit activation state, i.e. generalization of SUB.\nSUB    = The low-level unit activation state, values depend on unit type.\n${rows.length} loaded units listed.${filter.failed || filter.all ? '' : " Pass --all to see loaded but inactive units, too.\nTo show all installed unit files use 'systemctl list-unit-files'."}\n`
}

export function machineId(process: Process): string {
  return machineIds(process.world).machineId
}
