import type { Persona } from '../config/persona.ts'
import type { SpawnRequest } from './contract.ts'
import type { User } from './world/accounts.ts'

const ROOT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
const USER_PATH = '/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games'

/** Names that Debian's sshd takes from a client (AcceptEnv). */
const ACCEPTED = /^(LANG|LC_[A-Z_]{1,30})$/

/** The environment that sshd, login or a daemon gives a new shell. */
export function loginEnvironment(
  persona: Persona,
  user: User | undefined,
  request: SpawnRequest,
  tty: string | undefined,
  agent?: string,
): Map<string, string> {
  const env = new Map<string, string>()
  const home = user?.home ?? '/'
  const shell = user?.shell || '/bin/sh'
  if (persona.os.family === 'android') return androidEnvironment(persona, user, request)
  env.set('USER', request.user)
  env.set('LOGNAME', request.user)
  env.set('HOME', home)
  env.set('PATH', persona.os.family === 'openwrt' ? '/usr/sbin:/usr/bin:/sbin:/bin' : user?.uid === 0 ? ROOT_PATH : USER_PATH)
  env.set('SHELL', shell)
  if (request.terminal) env.set('TERM', request.terminal.term || 'dumb')
  if (request.via === 'sshd') {
    if (persona.os.family !== 'openwrt') {
      env.set('LANG', persona.locale)
      env.set('MAIL', `/var/mail/${request.user}`)
      env.set('MOTD_SHOWN', 'pam')
      env.set('XDG_SESSION_TYPE', 'tty')
      env.set('XDG_SESSION_CLASS', 'user')
      env.set('XDG_RUNTIME_DIR', `/run/user/${user?.uid ?? 0}`)
    }
    const { remote, local } = request
    env.set('SSH_CLIENT', `${remote.ip} ${remote.port} ${local.port}`)
    env.set('SSH_CONNECTION', `${remote.ip} ${remote.port} ${local.ip} ${local.port}`)
    if (tty) env.set('SSH_TTY', `/dev/${tty}`)
    if (request.forwards?.display !== undefined) env.set('DISPLAY', `localhost:${request.forwards.display}.0`)
    if (agent !== undefined) env.set('SSH_AUTH_SOCK', agent)
  }
  for (const [name, value] of Object.entries(request.environment ?? {}))
    if (ACCEPTED.test(name) || request.via !== 'sshd') env.set(name, value)
  return env
}

/** What init.environ.rc and adbd give a shell of Android 9. */
function androidEnvironment(persona: Persona, user: User | undefined, request: SpawnRequest): Map<string, string> {
  return new Map(
    Object.entries({
      ANDROID_BOOTLOGO: '1',
      ANDROID_ROOT: '/system',
      ANDROID_ASSETS: '/system/app',
      ANDROID_DATA: '/data',
      ANDROID_STORAGE: '/storage',
      ASEC_MOUNTPOINT: '/mnt/asec',
      EXTERNAL_STORAGE: '/sdcard',
      DOWNLOAD_CACHE: '/data/cache',
      PATH: '/sbin:/system/sbin:/system/bin:/system/xbin:/odm/bin:/vendor/bin:/vendor/xbin',
      HOME: user?.home ?? '/',
      HOSTNAME: persona.facts.device ?? 'localhost',
      LOGNAME: request.user,
      SHELL: user?.shell || '/system/bin/sh',
      TMPDIR: '/data/local/tmp',
      USER: request.user,
      ...(request.terminal && { TERM: request.terminal.term || 'dumb' }),
      ...request.environment,
    }),
  )
}
