import type { Process } from '../../command.ts'
import { groupName, userName } from '../gnu/accounts.ts'
import { baseName, dirName } from '../gnu/command.ts'
import { modeString } from '../gnu/mode.ts'
import { localTime, strftime, zoneOf } from '../gnu/strftime.ts'
import { blocksOf } from '../ls/long.ts'
import type { Candidate } from './expression.ts'

const ESCAPES: Record<string, string> = { n: '\n', t: '\t', '0': '\0', '\\': '\\', r: '\r', a: '\x07', b: '\b', f: '\f', v: '\v' }
const LETTERS: Record<string, string> = { file: 'f', directory: 'd', symlink: 'l', character: 'c', block: 'b', fifo: 'p', socket: 's' }

/** Text of `find -printf`. */
export function formatCandidate(process: Process, { path, start, stat, depth }: Candidate, format: string): string {
  const zone = zoneOf(process)
  const time = (ms: number, kind: string | undefined): string => {
    const t = localTime(ms, zone)
    const nanoseconds = (ms % 1000) * 1e6
    if (kind === undefined) return strftime('%a %b %e %H:%M:%S.%N', t, nanoseconds).replace(/(\.\d{9})/, '$10') + strftime(' %Y', t)
    if (kind === '@') return `${Math.floor(ms / 1000)}.${String(nanoseconds).padStart(9, '0')}0`
    if (kind === '+') return `${strftime('%Y-%m-%d+%H:%M:%S.%N', t, nanoseconds)}0`
    if (kind === 'T' || kind === 'S') return `${strftime(`%${kind}`, t)}.${String(nanoseconds).padStart(9, '0')}0`
    return strftime(`%${kind}`, t)
  }
  const fields: Record<string, () => string> = {
    p: () => path,
    P: () => (path === start ? '' : path.slice(start.length).replace(/^\//, '')),
    f: () => baseName(path),
    h: () => (/^\/[^/]*$/.test(path) ? '' : dirName(path)),
    H: () => start,
    d: () => String(depth),
    s: () => String(stat.size),
    k: () => String(blocksOf(stat)),
    b: () => String(blocksOf(stat) * 2),
    m: () => stat.mode.toString(8),
    M: () => modeString(stat),
    u: () => userName(process, stat.uid),
    g: () => groupName(process, stat.gid),
    U: () => String(stat.uid),
    G: () => String(stat.gid),
    i: () => String(stat.inode),
    n: () => String(stat.links),
    y: () => LETTERS[stat.type] as string,
    l: () => (stat.type === 'symlink' ? process.files.readlink(path) : ''),
    t: () => time(stat.mtime, undefined),
    a: () => time(stat.atime, undefined),
    c: () => time(stat.ctime, undefined),
    '%': () => '%',
  }
  return format.replace(
    /\\([0-7]{1,3}|.)|%([-#+ 0]*)(\d*)(?:([ACT])(.)|(.))/gs,
    (whole, escaped: string | undefined, flags: string, width: string, clock: string | undefined, part: string, kind: string) => {
      if (escaped !== undefined)
        return ESCAPES[escaped] ?? (/^[0-7]/.test(escaped) ? String.fromCharCode(Number.parseInt(escaped, 8)) : whole)
      const text = clock
        ? time(clock === 'A' ? stat.atime : clock === 'C' ? stat.ctime : stat.mtime, part)
        : Object.hasOwn(fields, kind)
          ? (fields[kind] as () => string)()
          : whole
      const size = Number(width || 0)
      return flags.includes('-') ? text.padEnd(size) : text.padStart(size)
    },
  )
}
