import type { World } from '../../command.ts'
import { FOREIGN_FORK_EVERY_MS } from '../../process/table.ts'

export const FACILITIES = ['kern', 'user', 'mail', 'daemon', 'auth', 'cron'] as const
/** Those of syslog(3). */
export type Facility = (typeof FACILITIES)[number]

/** What a program says to syslog(3) or to the journal. */
export interface LogMessage {
  /** UTC milliseconds. */
  at: number
  facility: Facility
  identifier: string
  pid: number | undefined
  /** systemd's unit of the program, e.g. `ssh.service`. */
  unit: string | undefined
  text: string
}

/** What a machine's past depends on. */
export type Past = Pick<World, 'persona' | 'identity' | 'bootedAt'>

export const HOUR = 3_600_000
export const DAY = 24 * HOUR

/** 64-bit systems count far; small ones begin again at the kernel's own bound. */
const PID_MAX = { debian: 4_194_304, ubuntu: 4_194_304, openwrt: 32_768, android: 32_768 } as const
/** Pids below belong to the boot. */
const FIRST_PID = 1200

/** About which pid a program got that was started at a time: logs, `last` and the process table count alike. */
export function pidAt({ persona, bootedAt }: Pick<Past, 'persona' | 'bootedAt'>, time: number): number {
  const longest = persona.uptimeDays.max * DAY
  // Before this boot there was another one.
  const up = time >= bootedAt ? time - bootedAt : longest - ((bootedAt - time) % longest)
  return FIRST_PID + (Math.floor(up / FOREIGN_FORK_EVERY_MS) % (PID_MAX[persona.os.family] - FIRST_PID))
}
