import type { FileStat } from '../../host/contract.ts'
import { toBytes } from '../../host/text.ts'
import { formatInZone } from '../../host/zone-time.ts'
import { timeVal } from '../../sensor/ftp-codec.ts'
import type { Product } from './product.ts'
import type { Entry, FileTree } from './tree.ts'

const HALF_A_YEAR = 182 * 86_400_000
const KIND: Record<FileStat['type'], string> = {
  file: '-',
  directory: 'd',
  symlink: 'l',
  character: 'c',
  block: 'b',
  fifo: 'p',
  socket: 's',
}

/** One line of LIST in the product's columns. */
export function longLine(entry: Entry, tree: FileTree, { listing }: Product, zone: string, now: number): string {
  const { stat, name, target } = entry
  const owner = columns(stat, tree, listing.owner)
  const arrow = target === undefined ? '' : ` -> ${target}`
  return `${modeText(stat)} ${owner} ${dateText(stat.mtime, listing.day, zone, now)} ${name}${arrow}`
}

/** Links, owner, group and size. */
function columns(stat: FileStat, tree: FileTree, owner: Product['listing']['owner']): string {
  const [user, group] = owner === 'number' ? [String(stat.uid), String(stat.gid)] : [tree.userName(stat.uid), tree.groupName(stat.gid)]
  const links = String(stat.links)
  const size = String(stat.size)
  switch (owner) {
    case 'number':
      return `${links.padStart(4)} ${user.padEnd(8)} ${group.padEnd(8)} ${size.padStart(8)}`
    case 'name8':
      return `${links.padStart(3)} ${user.padEnd(8)} ${group.padEnd(8)} ${size.padStart(8)}`
    case 'name10':
      return `${links.padStart(4)} ${user.padEnd(10)} ${group.padEnd(10)} ${size.padStart(10)}`
  }
}

function modeText({ type, mode }: FileStat): string {
  const bits = Array.from({ length: 9 }, (_, i) => (mode & (0o400 >> i) ? 'rwx'[i % 3] : '-') as string)
  const special = (at: number, bit: number, set: string, unset: string): void => {
    if (mode & bit) bits[at] = bits[at] === 'x' ? set : unset
  }
  special(2, 0o4000, 's', 'S')
  special(5, 0o2000, 's', 'S')
  special(8, 0o1000, 't', 'T')
  return `${KIND[type]}${bits.join('')}`
}

/** `Mar 05  2024`, or `Nov 24 04:20` within the last half year. */
function dateText(time: number, day: 'zero' | 'space', zone: string, now: number): string {
  const date = formatInZone(time, zone, day === 'zero' ? '%b %d' : '%b %e')
  const isRecent = time <= now && now - time < HALF_A_YEAR
  return `${date} ${isRecent ? formatInZone(time, zone, '%R') : ` ${formatInZone(time, zone, '%Y')}`}`
}

/** Facts of MLST and MLSD, RFC 3659 §7.5, in the product's order. */
export function facts(entry: Entry, tree: FileTree, product: Product): string {
  const { stat, name } = entry
  const isFolder = stat.type === 'directory'
  const type = name === '.' ? 'cdir' : name === '..' ? 'pdir' : isFolder ? 'dir' : 'file'
  const mode = `0${(stat.mode & 0o777).toString(8).padStart(3, '0')}`
  const unique = stat.inode.toString(16)
  if (product.listing.owner === 'name8') {
    const rights = isFolder ? 'flcdmpe' : 'adfrw'
    const size = isFolder ? '' : `size=${stat.size};`
    const owners = `UNIX.group=${stat.gid};UNIX.groupname=${tree.groupName(stat.gid)};UNIX.mode=${mode};UNIX.owner=${stat.uid};UNIX.ownername=${tree.userName(stat.uid)};`
    return `modify=${timeVal(stat.mtime)};perm=${rights};${size}type=${type};unique=2AU${unique.toUpperCase()};${owners}`
  }
  return `type=${type};${isFolder ? 'sizd' : 'size'}=${stat.size};modify=${timeVal(stat.mtime)};UNIX.mode=${mode};UNIX.uid=${stat.uid};UNIX.gid=${stat.gid};unique=2dg${unique};`
}

/** Lines as they go over the data connection. */
export function wireLines(lines: readonly string[]): Buffer {
  return toBytes(lines.map((line) => `${line}\r\n`).join(''))
}

/** Shell pattern of `*` and `?`; the steps are bounded by both lengths. */
export function globMatches(pattern: string, name: string): boolean {
  let open = new Set([0])
  for (const c of pattern.slice(0, 255)) {
    const next = new Set<number>()
    for (const at of open) {
      if (c === '*') for (let end = at; end <= name.length; end++) next.add(end)
      else if (at < name.length && (c === '?' || c === name[at])) next.add(at + 1)
    }
    open = next
  }
  return open.has(name.length)
}
