import { localTime } from '../../commands/gnu/strftime.ts'
import { logFilesOf } from './files.ts'
import { rotated } from './log-content.ts'
import type { Past } from './message.ts'

/** When each log was turned last, as logrotate keeps it in /var/lib/logrotate/status. */
export function logrotateState(past: Past, now: number): string {
  const lines = logFilesOf(past)
    .filter(({ keep }) => keep > 0)
    .map(({ path, rotation }) => stateLine(path, rotated(rotation, now, past.persona.timezone, 0).from, past.persona.timezone))
  return `logrotate state -- version 2\n${lines.join('')}`
}

export function stateLine(path: string, at: number, zone: string): string {
  const { year, month, day, hour, minute, second } = localTime(at, zone)
  return `"${path}" ${year}-${month + 1}-${day}-${hour}:${minute}:${second}\n`
}
