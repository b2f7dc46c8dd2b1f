import type { World } from '../command.ts'
import { HostError } from '../contract.ts'
import { kernelLog } from './logs-kernel.ts'
import { Services } from './services.ts'

/** One line of the journal. */
export interface JournalLine {
  /** UTC milliseconds. */
  at: number
  identifier: string
  pid: number | undefined
  unit: string | undefined
  text: string
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const HOUR = 3_600_000

/** Added by `logger`, `systemctl` and the like since the world began. */
const added = new WeakMap<World, JournalLine[]>()

export function addJournalLine(world: World, line: Omit<JournalLine, 'at'>): void {
  const lines = added.get(world) ?? []
  lines.push({ ...line, at: world.now() })
  if (lines.length > 2000) lines.shift()
  added.set(world, lines)
}

/** The journal of this boot, oldest first: kernel, unit starts, the hourly runs of cron, logins of auth.log, what commands logged. */
export function journal(world: World): JournalLine[] {
  const lines: JournalLine[] = kernelLog(world).map((line) => ({
    at: world.bootedAt + line.at * 1000,
    identifier: 'kernel',
    pid: undefined,
    unit: undefined,
    text: line.text,
  }))
  for (const unit of Services.of(world).units()) {
    const name = `${unit.service.unit}.service`
    const started = unit.state === 'active' ? unit.since : world.bootedAt + 5000
    lines.push({ at: started - 40, identifier: 'systemd', pid: 1, unit: name, text: `Starting ${name} - ${unit.service.description}...` })
    lines.push({ at: started, identifier: 'systemd', pid: 1, unit: name, text: `Started ${name} - ${unit.service.description}.` })
    for (const listen of unit.service.unit === 'ssh' ? unit.service.listens : []) {
      lines.push({
        at: started + 3,
        identifier: 'sshd',
        pid: unit.pid,
        unit: name,
        text: `Server listening on ${listen.address} port ${listen.port}.`,
      })
    }
  }
  lines.push(...cronRuns(world), ...authLines(world), ...(added.get(world) ?? []))
  return lines.sort((a, b) => a.at - b.at)
}

/** Debian's /etc/crontab runs hourly jobs at minute 17. */
function cronRuns(world: World): JournalLine[] {
  const cron = Services.of(world).unit('cron')
  if (!cron) return []
  const now = world.now()
  const lines: JournalLine[] = []
  const from = Math.max(world.bootedAt, now - 3 * 24 * HOUR)
  for (let hour = Math.ceil(from / HOUR) * HOUR + 17 * 60_000; hour < now; hour += HOUR) {
    const pid = 1000 + ((Math.floor(hour / 60_000) * 37) % 300_000)
    lines.push(
      {
        at: hour + 1010,
        identifier: 'CRON',
        pid,
        unit: 'cron.service',
        text: 'pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)',
      },
      {
        at: hour + 1014,
        identifier: 'CRON',
        pid: pid + 1,
        unit: 'cron.service',
        text: '(root) CMD (   cd / && run-parts --report /etc/cron.hourly)',
      },
      { at: hour + 1040, identifier: 'CRON', pid, unit: 'cron.service', text: 'pam_unix(cron:session): session closed for user root' },
    )
  }
  return lines
}

/** Lines of /var/log/auth.log as the journal has them too. */
function authLines(world: World): JournalLine[] {
  let text: string
  try {
    text = world.files
      .read('/var/log/auth.log')
      .subarray(-256 * 1024)
      .toString('utf8')
  } catch (error) {
    if (error instanceof HostError) return []
    throw error
  }
  const year = new Date(world.now()).getUTCFullYear()
  return text.split('\n').flatMap((line) => {
    const found = /^([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d) \S+ ([\w./()-]{1,40})(?:\[(\d{1,8})\])?: (.*)$/.exec(line.slice(0, 1000))
    if (!found) return []
    const at = Date.UTC(year, MONTHS.indexOf(found[1] as string), Number(found[2]), Number(found[3]), Number(found[4]), Number(found[5]))
    const identifier = found[6] as string
    return [
      {
        at: at > world.now() + 86_400_000 ? Date.UTC(year - 1, MONTHS.indexOf(found[1] as string), Number(found[2])) : at,
        identifier,
        pid: found[7] ? Number(found[7]) : undefined,
        unit: identifier === 'sshd' ? 'ssh.service' : undefined,
        text: found[8] as string,
      },
    ]
  })
}
