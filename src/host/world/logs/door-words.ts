import type { LogMessage, Past } from './message.ts'

/** Somebody at the door, as its daemon knows them. */
export interface Caller {
  user: string
  /** Undefined when the machine has no such user. */
  uid: number | undefined
  from: string
  port: number
}

/** What one daemon writes about logins; each gives texts of syslog messages, in their order. */
export interface DoorWords {
  identifier: string
  unit: string | undefined
  /** Line of btmp and of PAM: `ssh:notty`. */
  line: string
  named(caller: Caller): string[]
  /** PAM's share, which comes seconds before the daemon's own: it waits. */
  doubted(caller: Caller): string[]
  failed(caller: Caller, method: string, count: number): string[]
  accepted(caller: Caller, method: string): string[]
  opened(caller: Caller): string[]
  /** After a session. */
  closed(caller: Caller, parting: { reason: number; text: string } | undefined): string[]
  /** Without ever getting in. @param failures wrong passwords so far */
  left(caller: Caller, failures: number, how: { parting?: { reason: number; text: string } | undefined; thrownOut?: boolean }): string[]
}

const at = ({ from, port }: Caller): string => `${from} port ${port}`
const subject = ({ user, uid }: Caller): string => `${uid === undefined ? 'invalid' : 'authenticating'} user ${user}`
/** Control characters of a client's text, as sshd escapes them for a log (vis(3)). */
const escaped = (text: string): string =>
  text.replace(/[\x00-\x1f\x7f]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`).slice(0, 400)

/** OpenSSH 9 with Debian's PAM: auth.c, packet.c, pam_unix. */
export const sshdWords: DoorWords = {
  identifier: 'sshd',
  unit: 'ssh.service',
  line: 'ssh:notty',
  named: (caller) => (caller.uid === undefined ? [`Invalid user ${caller.user} from ${at(caller)}`] : []),
  doubted: ({ user, uid, from }) => [
    ...(uid === undefined ? ['pam_unix(sshd:auth): check pass; user unknown'] : []),
    `pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=${from} ${uid === undefined ? '' : ` user=${user}`}`,
  ],
  failed(caller, method) {
    const [name, key] = split(method)
    const invalid = caller.uid === undefined
    // What is no password is worth a line only for a user who does not exist.
    if (name !== 'password' && !invalid) return []
    return [`Failed ${name} for ${invalid ? 'invalid user ' : ''}${caller.user} from ${at(caller)} ssh2${key && `: ${key}`}`]
  },
  accepted(caller, method) {
    const [name, key] = split(method)
    return [`Accepted ${name} for ${caller.user} from ${at(caller)} ssh2${key && `: ${key}`}`]
  },
  opened: ({ user, uid }) => [
    `pam_unix(sshd:session): session opened for user ${user}(uid=${uid}) by (uid=0)`,
    'pam_env(sshd:session): deprecated reading of user environment enabled',
  ],
  closed: (caller, parting) => [
    ...(parting
      ? [
          `Received disconnect from ${at(caller)}:${parting.reason}: ${escaped(parting.text)}`,
          `Disconnected from user ${caller.user} ${at(caller)}`,
        ]
      : // A client that is just gone is not worth a line at the level INFO (serverloop.c).
        []),
    `pam_unix(sshd:session): session closed for user ${caller.user}`,
  ],
  left: (caller, failures, { parting, thrownOut }) => [
    ...(thrownOut
      ? [
          `error: maximum authentication attempts exceeded for ${caller.uid === undefined ? 'invalid user ' : ''}${caller.user} from ${at(caller)} ssh2 [preauth]`,
          `Disconnecting ${subject(caller)} ${at(caller)}: Too many authentication failures [preauth]`,
        ]
      : parting
        ? [
            `Received disconnect from ${at(caller)}:${parting.reason}: ${escaped(parting.text)} [preauth]`,
            `Disconnected from ${subject(caller)} ${at(caller)} [preauth]`,
          ]
        : [`Connection closed by ${subject(caller)} ${at(caller)} [preauth]`]),
    ...(failures > 1
      ? [
          `PAM ${failures - 1} more authentication failure${failures > 2 ? 's' : ''}; logname= uid=0 euid=0 tty=ssh ruser= rhost=${caller.from} ${caller.uid === undefined ? '' : ` user=${caller.user}`}`,
        ]
      : []),
    ...(failures > 3 ? [`PAM service(sshd) ignoring max retries; ${failures} > 3`] : []),
  ],
}

/** dropbear: svr-authpasswd.c, svr-session.c. */
export const dropbearWords: DoorWords = {
  identifier: 'dropbear',
  unit: undefined,
  line: 'ssh',
  named: (caller) => (caller.uid === undefined ? [`Login attempt for nonexistent user from ${caller.from}:${caller.port}`] : []),
  doubted: () => [],
  failed: ({ user, uid, from, port }, method) =>
    uid !== undefined && method === 'password' ? [`Bad password attempt for '${user}' from ${from}:${port}`] : [],
  accepted: ({ user, from, port }, method) =>
    method === 'password'
      ? [`Password auth succeeded for '${user}' from ${from}:${port}`]
      : [`Pubkey auth succeeded for '${user}' with ${split(method)[1]} from ${from}:${port}`],
  opened: () => [],
  closed: ({ user, from, port }, parting) => [
    `Exit (${user}) from <${from}:${port}>: ${parting ? 'Disconnect received' : 'Exited normally'}`,
  ],
  left: ({ user, uid, from, port }, failures, { parting, thrownOut }) => [
    `Exit before auth from <${from}:${port}>: (user '${uid === undefined ? '' : user}', ${failures} fails): ${
      thrownOut ? `Max auth tries reached - user '${user}'` : parting ? 'Disconnect received' : 'Exited normally'
    }`,
  ],
}

/** login(1) of shadow behind inetutils' telnetd. */
export const loginWords: DoorWords = {
  identifier: 'login',
  unit: 'inetd.service',
  line: 'pts/0',
  named: () => [],
  doubted: ({ user, uid, from }) => [
    ...(uid === undefined ? ['pam_unix(login:auth): check pass; user unknown'] : []),
    `pam_unix(login:auth): authentication failure; logname= uid=0 euid=0 tty=/dev/pts/0 ruser= rhost=${from} ${uid === undefined ? '' : ` user=${user}`}`,
  ],
  failed: ({ user, uid, from }, _method, count) => [
    `FAILED LOGIN (${count}) on '/dev/pts/0' from '${from}' FOR '${uid === undefined ? 'UNKNOWN' : user}', Authentication failure`,
  ],
  accepted: () => [],
  opened: ({ user, uid, from }) => [
    `pam_unix(login:session): session opened for user ${user}(uid=${uid}) by LOGIN(uid=0)`,
    ...(uid === 0 ? [`ROOT LOGIN  on '/dev/pts/0' from '${from}'`] : []),
  ],
  closed: ({ user }) => [`pam_unix(login:session): session closed for user ${user}`],
  left: () => [],
}

/** login of BusyBox. */
export const busyBoxLoginWords: DoorWords = {
  ...loginWords,
  unit: undefined,
  doubted: () => [],
  failed: ({ user, uid, from }) => [`invalid password for '${uid === undefined ? 'UNKNOWN' : user}' on 'pts/0' from '${from}'`],
  opened: ({ user, uid, from }) => (uid === 0 ? [`root login on 'pts/0' from '${from}'`] : [`${user} login on 'pts/0' from '${from}'`]),
  closed: () => [],
}

export function doorWords(via: 'sshd' | 'telnetd', { persona: { os } }: Pick<Past, 'persona'>): DoorWords {
  if (via === 'sshd') return os.family === 'openwrt' ? dropbearWords : sshdWords
  return os.family === 'openwrt' ? busyBoxLoginWords : loginWords
}

/** `publickey: ED25519 SHA256:…` as method and key. */
function split(method: string): [string, string] {
  const [name = '', key = ''] = method.split(': ')
  return [name, key]
}

/** A session of logind: what it and systemd say when it begins. */
export function sessionOpened(
  number: number,
  user: string,
  titled: (unit: string, text: string) => string,
): Pick<LogMessage, 'identifier' | 'facility' | 'text'>[] {
  return [
    { identifier: 'systemd-logind', facility: 'auth', text: `New session ${number} of user ${user}.` },
    {
      identifier: 'systemd',
      facility: 'daemon',
      text: `Started ${titled(`session-${number}.scope`, `Session ${number} of User ${user}`)}.`,
    },
  ]
}

export function sessionClosed(number: number): Pick<LogMessage, 'identifier' | 'facility' | 'text'>[] {
  return [
    { identifier: 'systemd', facility: 'daemon', text: `session-${number}.scope: Deactivated successfully.` },
    { identifier: 'systemd-logind', facility: 'auth', text: `Session ${number} logged out. Waiting for processes to exit.` },
    { identifier: 'systemd-logind', facility: 'auth', text: `Removed session ${number}.` },
  ]
}
