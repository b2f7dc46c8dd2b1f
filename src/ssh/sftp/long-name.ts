import type { FileStat } from '../../host/contract.ts'

const TYPE_LETTERS: Record<FileStat['type'], string> = {
  file: '-',
  directory: 'd',
  symlink: 'l',
  character: 'c',
  block: 'b',
  fifo: 'p',
  socket: 's',
}
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const HALF_A_YEAR_MS = (365 * 24 * 60 * 60 * 1000) / 2

export interface LongNameContext {
  userName(uid: number): string
  groupName(gid: number): string
  /** The host's clock and zone. */
  now: number
  timezone: string
}

/** One line of a listing as OpenSSH's sftp-server formats it (sftp-common.c, ls_file). */
export function longName(name: string, stat: FileStat, context: LongNameContext): string {
  const user = context.userName(stat.uid).padEnd(8)
  const group = context.groupName(stat.gid).padEnd(8)
  const links = String(stat.links).padStart(3)
  const size = String(stat.size).padStart(8)
  // strmode(3) ends the mode with a blank where an access control list would be marked.
  return `${modeText(stat)}  ${links} ${user} ${group} ${size} ${dateText(stat.mtime, context)} ${name}`
}

function modeText({ type, mode }: FileStat): string {
  const bit = (mask: number, letter: string): string => (mode & mask ? letter : '-')
  const special = (x: number, s: number, both: string, alone: string): string => {
    if (mode & s) return mode & x ? both : alone
    return bit(x, 'x')
  }
  return (
    TYPE_LETTERS[type] +
    bit(0o400, 'r') +
    bit(0o200, 'w') +
    special(0o100, 0o4000, 's', 'S') +
    bit(0o040, 'r') +
    bit(0o020, 'w') +
    special(0o010, 0o2000, 's', 'S') +
    bit(0o004, 'r') +
    bit(0o002, 'w') +
    special(0o001, 0o1000, 't', 'T')
  )
}

function dateText(mtime: number, { now, timezone }: LongNameContext): string {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: timezone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
  }).formatToParts(mtime)
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.find((p) => p.type === type)?.value ?? ''
  const day = `${MONTHS[Number(part('month')) - 1]} ${part('day').padStart(2)}`
  const isRecent = now - HALF_A_YEAR_MS < mtime && mtime <= now
  return isRecent ? `${day} ${part('hour')}:${part('minute')}` : `${day}  ${part('year')}`
}
