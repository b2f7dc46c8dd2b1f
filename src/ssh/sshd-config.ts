import type { Persona } from '../config/persona.ts'
import type { Daemon } from './daemons.ts'

/** What an sshd_config decides that an attacker can see. Defaults are those of sshd_config(5) in OpenSSH 9.2. */
export interface SshdConfig {
  publickey: boolean
  password: boolean
  keyboardInteractive: boolean
  maxAuthTries: number
  maxSessions: number
  /** Milliseconds from connecting to being let in. */
  loginGraceMs: number
  /** Text before authentication. */
  banner: string | undefined
  /** Patterns of environment variables that a client may set. */
  acceptEnv: readonly string[]
  tcpForwarding: boolean
  x11Forwarding: boolean
  /** Whether there is an SFTP subsystem. */
  sftp: boolean
}

/** Reads the persona's /etc/ssh/sshd_config, so that what `cat` shows and what the daemon does agree. */
export function sshdConfigOf(persona: Persona, daemon: Daemon): SshdConfig {
  const file = persona.files.get('/etc/ssh/sshd_config')?.toString('utf8')
  const values = keywords(file ?? '')
  const isInstalled = (name: string): boolean => persona.packages.some((line) => line.startsWith(`${name} `))
  const first = (keyword: string): string | undefined => values.get(keyword)?.[0]
  const isOn = (keyword: string, byDefault: boolean): boolean => (first(keyword) ?? (byDefault ? 'yes' : 'no')) !== 'no'
  const number = (keyword: string, byDefault: number): number => Number.parseInt(first(keyword) ?? '', 10) || byDefault
  const isOpenSsh = daemon.software === 'openssh'
  return {
    publickey: isOn('pubkeyauthentication', true),
    password: isOn('passwordauthentication', true),
    keyboardInteractive: isOpenSsh && isOn('kbdinteractiveauthentication', false),
    maxAuthTries: number('maxauthtries', daemon.maxAuthTries),
    maxSessions: number('maxsessions', daemon.maxSessions),
    loginGraceMs: seconds(first('logingracetime') ?? (isOpenSsh ? '120' : '300')) * 1000,
    banner: bannerText(persona, first('banner')),
    acceptEnv: isOpenSsh ? (values.get('acceptenv') ?? []) : [],
    tcpForwarding: isOn('allowtcpforwarding', true),
    // Without xauth it says no whatever the file says (session.c, session_setup_x11fwd).
    x11Forwarding: isOpenSsh && isOn('x11forwarding', false) && isInstalled('xauth'),
    // Dropbear starts OpenSSH's server if there is one; Debian's sshd_config has the line unless somebody took it out.
    sftp: isInstalled('openssh-sftp-server') || (isOpenSsh && (file === undefined || first('subsystem') === 'sftp')),
  }
}

/** sshd takes the first value of a keyword; AcceptEnv adds up. */
function keywords(config: string): Map<string, string[]> {
  const values = new Map<string, string[]>()
  for (const line of config.split('\n')) {
    const [keyword, ...words] = line.trim().split(/\s+/)
    if (!keyword || keyword.startsWith('#')) continue
    if (keyword.toLowerCase() === 'match') break
    const name = keyword.toLowerCase()
    const known = values.get(name)
    if (!known) values.set(name, words)
    else if (name === 'acceptenv') known.push(...words)
  }
  return values
}

function seconds(time: string): number {
  const [, amount, unit] = /^(\d{1,6})([smh]?)$/i.exec(time) ?? []
  if (amount === undefined) return 120
  return Number(amount) * { s: 1, m: 60, h: 3600 }[(unit?.toLowerCase() || 's') as 's' | 'm' | 'h']
}

function bannerText(persona: Persona, file: string | undefined): string | undefined {
  if (file === undefined || file.toLowerCase() === 'none') return undefined
  return persona.files.get(file)?.toString('utf8')
}
