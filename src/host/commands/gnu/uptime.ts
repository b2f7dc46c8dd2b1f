import type { World } from '../../command.ts'
import { loadAverages, uptimeSeconds } from '../../world/hardware.ts'
import { localTime, strftime } from './strftime.ts'

/** `up 52 days,  3:14` as procps writes it. */
export function upSince(world: World): string {
  const minutes = Math.floor(uptimeSeconds(world) / 60)
  const days = Math.floor(minutes / 1440)
  const hours = Math.floor(minutes / 60) % 24
  const rest = minutes % 60
  const day = days ? `${days} day${days === 1 ? '' : 's'}, ` : ''
  return `up ${day}${hours ? `${String(hours).padStart(2)}:${String(rest).padStart(2, '0')}` : `${rest} min`}`
}

/** Logins with a terminal, as utmp counts users. */
export function userCount(world: World): number {
  return world.logins.filter((login) => login.tty !== undefined).length
}

/** First line of `uptime`, `w` and `top`. */
export function uptimeLine(world: World, zone: string, busybox = false): string {
  const clock = strftime('%H:%M:%S', localTime(world.now(), zone))
  const users = userCount(world)
  const loads = loadAverages(world)
    .map((load) => load.toFixed(2))
    .join(', ')
  // procps 4 of Debian 12 says `0 user`, its forerunner in Ubuntu 22.04 `0 users`.
  const many = world.persona.os.family === 'ubuntu' ? users !== 1 : users > 1
  const shown = busybox ? ' ' : `${String(users).padStart(2)} user${many ? 's' : ''},  `
  return ` ${clock} ${upSince(world)}, ${shown}load average: ${loads}`
}
