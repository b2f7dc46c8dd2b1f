import { HostError } from './contract.ts'
import { readText } from './files/view.ts'
import type { LoginSession } from './process/list.ts'
import type { User } from './world/accounts.ts'
import { lastLoginOf } from './world/utmp.ts'
import type { HostWorld } from './world/world.ts'
import { formatInZone } from './zone-time.ts'

/** What PAM, sshd and login print before the first prompt: message of the day and last login. */
export function greeting(world: HostWorld, user: User, login: LoginSession, via: string): string {
  const { os } = world.persona
  // OpenWrt's banner is printed by its /etc/profile.
  if (os.family === 'openwrt' || os.family === 'android' || has(world, `${user.home}/.hushlogin`)) return ''
  const { release, version, machine } = os.kernel
  const uname = os.family === 'debian' ? `Linux ${world.hostname} ${release} ${version} ${machine}\n` : ''
  return uname + textOf(world, '/etc/motd') + lastLogin(world, user, login, via)
}

function lastLogin(world: HostWorld, user: User, login: LoginSession, via: string): string {
  const last = lastLoginOf(world.files, user.uid)
  if (!last || last.time >= login.since) return ''
  const when = formatInZone(last.time, world.persona.timezone, '%a %b %e %H:%M:%S %Y')
  if (via === 'sshd') return `Last login: ${when}${last.host ? ` from ${last.host}` : ''}\n`
  return `Last login: ${when}${last.host ? ` from ${last.host}` : ''} on ${last.line}\n`
}

function textOf(world: HostWorld, path: string): string {
  try {
    return readText(world.files, path)
  } catch (error) {
    if (error instanceof HostError) return ''
    throw error
  }
}

function has(world: HostWorld, path: string): boolean {
  return world.files.may('r', path)
}
