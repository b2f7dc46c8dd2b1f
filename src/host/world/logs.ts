import type { World } from '../command.ts'
import { HostError, type HostFiles } from '../contract.ts'
import { isFlashImage } from '../image/system.ts'
import type { LoginSession } from '../process/list.ts'

/** Types of utmp(5). */
export const UTMP = { BOOT: 2, USER: 7, DEAD: 8 } as const

/** One record of /var/log/wtmp, btmp or /run/utmp. */
export interface UtmpRecord {
  type: number
  pid: number
  line: string
  user: string
  host: string
  /** UTC milliseconds. */
  time: number
}

const RECORD_BYTES = 384
/** struct lastlog: 32 bit time, line[32], host[256]. */
const LASTLOG_BYTES = 292

/** struct utmp of glibc on x86-64, little-endian. */
export function encodeUtmp(records: readonly UtmpRecord[]): Buffer {
  const bytes = Buffer.alloc(records.length * RECORD_BYTES)
  for (const [i, record] of records.entries()) {
    const at = i * RECORD_BYTES
    bytes.writeInt16LE(record.type, at)
    bytes.writeInt32LE(record.pid, at + 4)
    bytes.write(record.line.slice(0, 31), at + 8, 'latin1')
    bytes.write(record.line.replace(/^(pts\/|tty)/, '').slice(0, 4), at + 40, 'latin1')
    bytes.write(record.user.slice(0, 31), at + 44, 'latin1')
    bytes.write(record.host.slice(0, 255), at + 76, 'latin1')
    bytes.writeInt32LE(Math.floor(record.time / 1000), at + 340)
    bytes.writeInt32LE((record.time % 1000) * 1000, at + 344)
    const parts = /^(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(record.host)
    if (parts) for (let k = 0; k < 4; k++) bytes[at + 348 + k] = Number(parts[k + 1]) & 0xff
  }
  return bytes
}

export function decodeUtmp(bytes: Buffer): UtmpRecord[] {
  const records: UtmpRecord[] = []
  const text = (at: number, length: number): string =>
    bytes
      .subarray(at, at + length)
      .toString('latin1')
      .split('\0', 1)[0] as string
  for (let at = 0; at + RECORD_BYTES <= bytes.length && records.length < 20_000; at += RECORD_BYTES) {
    records.push({
      type: bytes.readInt16LE(at),
      pid: bytes.readInt32LE(at + 4),
      line: text(at + 8, 32),
      user: text(at + 44, 32),
      host: text(at + 76, 256),
      time: bytes.readInt32LE(at + 340) * 1000 + Math.floor(bytes.readInt32LE(at + 344) / 1000),
    })
  }
  return records
}

/** Records of a file; none when it is missing. */
export function readUtmp(files: HostFiles, path: string): UtmpRecord[] | undefined {
  try {
    return decodeUtmp(files.read(path))
  } catch (error) {
    if (error instanceof HostError) return undefined
    throw error
  }
}

type Past = Pick<World, 'persona' | 'identity'>

/**
 * What the machine's log of logins holds before anybody came: its boot and the working days of its people.
 * Deterministic in the install, relative to the boot.
 */
export function pastLogins(past: Past, bootedAt: number, now: number): UtmpRecord[] {
  const { persona, identity } = past
  const people = persona.users.filter((user) => (user.uid >= 1000 && user.uid < 60_000 && /sh$/.test(user.shell)) || user.uid === 0)
  const random = identity.random(`${persona.name}/past-logins`)
  const first = Math.max(bootedAt, now - 24 * 86_400_000)
  const records: UtmpRecord[] = [{ type: UTMP.BOOT, pid: 0, line: '~', user: 'reboot', host: persona.os.kernel.release, time: bootedAt }]
  const network = (persona.network.interfaces[0]?.address ?? '10.0.0.2/24').split('/')[0]!.split('.').slice(0, 3).join('.')
  let pid = 2000
  for (let day = first; day < now - 86_400_000; day += 86_400_000) {
    const weekday = new Date(day).getUTCDay()
    for (const user of people) {
      const likely = user.uid === 0 ? 0.06 : weekday === 0 || weekday === 6 ? 0.03 : 0.38
      if (random() > likely) continue
      const start = day - (day % 86_400_000) + Math.floor((7 + random() * 9) * 3_600_000)
      const length = Math.floor((1 + random() * 190) * 60_000)
      pid += 400 + Math.floor(random() * 2600)
      const host = `${network}.${30 + identity.integer(`${persona.name}/desk/${user.name}`, 1, 40)}`
      const line = `pts/${random() < 0.8 ? 0 : 1}`
      if (start < bootedAt || start + length > now) continue
      records.push(
        { type: UTMP.USER, pid, line, user: user.name, host, time: start },
        { type: UTMP.DEAD, pid, line, user: '', host: '', time: start + length },
      )
    }
  }
  return records.sort((a, b) => a.time - b.time)
}

/** Failed tries that a machine on the open Internet collects, for /var/log/btmp. */
export function pastFailures(past: Past, now: number): UtmpRecord[] {
  const random = past.identity.random(`${past.persona.name}/past-failures`)
  const names = ['root', 'admin', 'user', 'test', 'oracle', 'ubuntu', 'postgres', 'git', 'ftpuser', 'pi', 'support', 'guest']
  const records: UtmpRecord[] = []
  for (let burst = 0; burst < 14; burst++) {
    const host = [
      45 + Math.floor(random() * 170),
      Math.floor(random() * 255),
      Math.floor(random() * 255),
      1 + Math.floor(random() * 253),
    ].join('.')
    let time = now - Math.floor(random() * 9 * 86_400_000) - 86_400_000
    for (let i = 0; i < 3 + random() * 9; i++) {
      time += Math.floor(1500 + random() * 4000)
      records.push({
        type: 6,
        pid: 9000 + Math.floor(random() * 300_000),
        line: 'ssh:notty',
        user: names[Math.floor(random() * names.length)] as string,
        host,
        time,
      })
    }
  }
  return records.sort((a, b) => a.time - b.time)
}

/** Log files that the machine has from its life before: binary login logs and the log of the last boot. */
export function logFiles(past: Past, bootedAt: number, now: number): Map<string, { bytes: Buffer; mode: number; group: string }> {
  if (isFlashImage(past.persona.os.family)) return new Map()
  const logins = pastLogins(past, bootedAt, now)
  const users = past.persona.users
  const lastlog = Buffer.alloc((Math.max(...users.map((user) => (user.uid < 60_000 ? user.uid : 0))) + 1) * LASTLOG_BYTES)
  for (const record of logins) {
    const user = users.find((candidate) => candidate.name === record.user)
    if (user) writeLastlog(lastlog, user.uid, record)
  }
  return new Map([
    ['/var/log/wtmp', { bytes: encodeUtmp(logins), mode: 0o664, group: 'utmp' }],
    ['/var/log/btmp', { bytes: encodeUtmp(pastFailures(past, now)), mode: 0o660, group: 'utmp' }],
    ['/var/log/lastlog', { bytes: lastlog, mode: 0o664, group: 'utmp' }],
  ])
}

function writeLastlog(file: Buffer, uid: number, record: UtmpRecord): void {
  const at = uid * LASTLOG_BYTES
  if (at + LASTLOG_BYTES > file.length) return
  file.fill(0, at, at + LASTLOG_BYTES)
  file.writeInt32LE(Math.floor(record.time / 1000), at)
  file.write(record.line.slice(0, 31), at + 4, 'latin1')
  file.write(record.host.slice(0, 255), at + 36, 'latin1')
}

/** Last login of a user by /var/log/lastlog. */
export function lastLoginOf(files: HostFiles, uid: number): UtmpRecord | undefined {
  try {
    const bytes = files.read('/var/log/lastlog')
    const at = uid * LASTLOG_BYTES
    if (at + LASTLOG_BYTES > bytes.length || bytes.readInt32LE(at) === 0) return undefined
    const text = (from: number, length: number): string =>
      bytes
        .subarray(from, from + length)
        .toString('latin1')
        .split('\0', 1)[0] as string
    return { type: UTMP.USER, pid: 0, user: '', line: text(at + 4, 32), host: text(at + 36, 256), time: bytes.readInt32LE(at) * 1000 }
  } catch (error) {
    if (error instanceof HostError) return undefined
    throw error
  }
}

/** Writes down a login as login(1) and sshd do: wtmp, lastlog and the authentication log. */
export function recordLogin(world: World, login: LoginSession, uid: number, how: { port: number; method: string }): void {
  if (login.tty !== undefined) {
    const record = { type: UTMP.USER, pid: login.pid, line: login.tty, user: login.user, host: login.from, time: login.since }
    append(world, '/var/log/wtmp', encodeUtmp([record]))
    updateLastlog(world, uid, record)
  }
  logLine(
    world,
    '/var/log/auth.log',
    `sshd[${login.pid}]: Accepted ${how.method} for ${login.user} from ${login.from} port ${how.port} ssh2`,
  )
  logLine(
    world,
    '/var/log/auth.log',
    `sshd[${login.pid}]: pam_unix(sshd:session): session opened for user ${login.user}(uid=${uid}) by (uid=0)`,
  )
}

export function recordLogout(world: World, login: LoginSession): void {
  if (login.tty !== undefined)
    append(
      world,
      '/var/log/wtmp',
      encodeUtmp([{ type: UTMP.DEAD, pid: login.pid, line: login.tty, user: '', host: '', time: world.now() }]),
    )
  logLine(world, '/var/log/auth.log', `sshd[${login.pid}]: pam_unix(sshd:session): session closed for user ${login.user}`)
}

function updateLastlog(world: World, uid: number, record: UtmpRecord): void {
  if (uid > 60_000) return
  try {
    const old = world.files.read('/var/log/lastlog')
    const file = Buffer.alloc(Math.max(old.length, (uid + 1) * LASTLOG_BYTES))
    old.copy(file)
    writeLastlog(file, uid, record)
    world.files.write('/var/log/lastlog', file)
  } catch (error) {
    if (!(error instanceof HostError)) throw error
  }
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** Adds a line to a syslog file if the machine has it: an attacker who removed a log does not find it again. */
export function logLine(world: World, path: string, text: string): void {
  const t = new Date(world.now())
  const clock = [t.getUTCHours(), t.getUTCMinutes(), t.getUTCSeconds()].map((part) => String(part).padStart(2, '0')).join(':')
  append(world, path, Buffer.from(`${MONTHS[t.getUTCMonth()]} ${String(t.getUTCDate()).padStart(2)} ${clock} ${world.hostname} ${text}\n`))
}

function append(world: World, path: string, bytes: Uint8Array): void {
  try {
    world.files.stat(path)
    world.files.append(path, bytes)
  } catch (error) {
    if (!(error instanceof HostError)) throw error
  }
}
