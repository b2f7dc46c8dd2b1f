import { HostError, type HostFiles } from '../contract.ts'

/** Types of utmp(5). */
export const UTMP = { BOOT: 2, LOGIN: 6, USER: 7, DEAD: 8 } as const

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

/** Log of last logins as a machine has it whose people logged in at some time. */
export function encodeLastlog(users: readonly { uid: number; name: string }[], logins: readonly UtmpRecord[]): Buffer {
  const lastlog = Buffer.alloc((Math.max(...users.map((user) => (user.uid < 60_000 ? user.uid : 0))) + 1) * LASTLOG_BYTES)
  for (const record of logins) {
    const user = users.find((candidate) => candidate.name === record.user)
    if (user) writeLastlog(lastlog, user.uid, record)
  }
  return lastlog
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

/** Notes in /var/log/lastlog who logged in last. */
export function updateLastlog(files: HostFiles, uid: number, record: UtmpRecord): void {
  if (uid > 60_000) return
  try {
    const old = files.read('/var/log/lastlog')
    const file = Buffer.alloc(Math.max(old.length, (uid + 1) * LASTLOG_BYTES))
    old.copy(file)
    writeLastlog(file, uid, record)
    files.write('/var/log/lastlog', file)
  } catch (error) {
    if (!(error instanceof HostError)) throw error
  }
}
