import type { World } from '../../command.ts'
import { kernelLog } from '../logs-kernel.ts'
import { Services } from '../services.ts'
import { describedUnit } from './chronicle.ts'
import { DAY, type LogMessage } from './message.ts'

/** How far back the journal goes on a disk of a usual size. */
const KEPT = 14 * DAY

/**
 * The journal of this boot, oldest first: kernel, starts of units, cron, timers, logins, what commands logged.
 * @param from UTC milliseconds; all that is kept without it
 */
export function journal(world: World, from = world.bootedAt): LogMessage[] {
  const lines = [
    ...bootMessages(world).filter((line) => line.at >= from),
    ...world.logs.between(Math.max(from, world.now() - KEPT), world.now() + 1),
  ]
  return lines.sort((a, b) => a.at - b.at)
}

function bootMessages(world: World): LogMessage[] {
  const lines: LogMessage[] = kernelLog(world).map((line) => ({
    at: world.bootedAt + line.at * 1000,
    facility: 'kern',
    identifier: 'kernel',
    pid: undefined,
    unit: undefined,
    text: line.text,
  }))
  const systemd = (at: number, unit: string, text: string): LogMessage => ({
    at,
    facility: 'daemon',
    identifier: 'systemd',
    pid: 1,
    unit,
    text,
  })
  for (const unit of Services.of(world).units()) {
    const name = `${unit.service.unit}.service`
    const started = unit.state === 'active' ? unit.since : world.bootedAt + 5000
    const title = describedUnit(world, name, unit.service.description)
    lines.push(systemd(started - 40, name, `Starting ${title}...`), systemd(started, name, `Started ${title}.`))
    for (const listen of unit.service.unit === 'ssh' ? unit.service.listens : []) {
      const text = `Server listening on ${listen.address} port ${listen.port}.`
      lines.push({ at: started + 3, facility: 'auth', identifier: 'sshd', pid: unit.pid, unit: name, text })
    }
  }
  return lines
}
