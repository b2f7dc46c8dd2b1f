import type { Process } from '../../command.ts'
import type { FileStat } from '../../contract.ts'
import { groupName, userName } from '../gnu/accounts.ts'
import { modeString } from '../gnu/mode.ts'
import { humanSize } from '../gnu/size.ts'
import { localTime, strftime, zoneOf } from '../gnu/strftime.ts'
import type { Entry } from './entries.ts'
import { indicator, nameCell, shownName } from './name.ts'
import type { LsStyle } from './style.ts'

/** GNU ls shows the year of times older than half a Gregorian year, or in the future. */
const HALF_YEAR_MS = (365.2425 / 2) * 86_400_000

/** Lines of `ls -l`, every column as wide as its widest cell. */
export function longLines(process: Process, entries: readonly Entry[], style: LsStyle, quotedNeighbours: boolean): string[] {
  const zone = zoneOf(process)
  const now = process.world.now()
  const rows = entries.map(({ stat }) => ({
    inode: style.inode ? String(stat.inode) : '',
    blocks: style.blocks ? blocksText(stat, style) : '',
    mode: modeString(stat),
    links: String(stat.links),
    owner: style.owner ? (style.numeric ? String(stat.uid) : userName(process, stat.uid)) : '',
    group: style.group ? (style.numeric ? String(stat.gid) : groupName(process, stat.gid)) : '',
    size: stat.device ? '' : sizeText(stat.size, style),
    major: stat.device ? `${stat.device.major},` : '',
    minor: stat.device ? String(stat.device.minor) : '',
    time: timeText(stat[style.time], now, zone, style.timeStyle),
  }))
  const width = (column: keyof (typeof rows)[number]): number => rows.reduce((widest, row) => Math.max(widest, row[column].length), 0)
  const widths = {
    inode: width('inode'),
    blocks: width('blocks'),
    links: width('links'),
    owner: width('owner'),
    group: width('group'),
    minor: width('minor'),
    time: width('time'),
  }
  const majorWidth = width('major')
  const deviceWidth = majorWidth ? majorWidth + 1 + widths.minor : 0
  const sizeWidth = Math.max(width('size'), deviceWidth)
  return rows.map((row, i) => {
    const size = row.major
      ? `${row.major.padStart(sizeWidth - 1 - widths.minor)} ${row.minor.padStart(widths.minor)}`
      : row.size.padStart(sizeWidth)
    const cells = [
      style.inode && row.inode.padStart(widths.inode),
      style.blocks && row.blocks.padStart(widths.blocks),
      row.mode,
      row.links.padStart(widths.links),
      style.owner && row.owner.padEnd(widths.owner),
      style.group && row.group.padEnd(widths.group),
      size,
      row.time.padStart(widths.time),
    ]
    return `${cells.filter((cell) => cell !== false).join(' ')} ${nameAndTarget(entries[i] as Entry, style, quotedNeighbours)}`
  })
}

function nameAndTarget(entry: Entry, style: LsStyle, quotedNeighbours: boolean): string {
  const name = nameCell(entry, style, quotedNeighbours).text
  if (entry.link === undefined) return name
  const link = shownName(entry.link, style)
  const palette = style.palette?.looksThroughLinks ? style.palette : undefined
  const shown = palette?.paint(link, entry.link, entry.target ?? entry.stat, undefined) ?? link
  return `${name} -> ${shown}${entry.target ? indicator(entry.target, style) : ''}`
}

function sizeText(size: number, style: LsStyle): string {
  if (style.human !== 'no') return humanSize(size, style.human === 'si' ? 1000 : 1024)
  return String(Math.ceil(size / style.blockSize))
}

/** 1 KiB blocks that a file takes, in whole 4 KiB pages as on ext4; short links and pseudo files take none. */
export function blocksOf(stat: FileStat): number {
  if (stat.type === 'directory') return Math.max(4, Math.ceil(stat.size / 4096) * 4)
  return stat.type === 'file' ? Math.ceil(stat.size / 4096) * 4 - (stat.holes ?? 0) / 1024 : 0
}

export function blocksText(stat: FileStat, style: LsStyle): string {
  const blocks = blocksOf(stat)
  if (style.human !== 'no') return humanSize(blocks * 1024, style.human === 'si' ? 1000 : 1024)
  return String(style.blockSize > 1024 ? Math.ceil((blocks * 1024) / style.blockSize) : blocks)
}

function timeText(ms: number, now: number, zone: string, style: string): string {
  const time = localTime(ms, zone)
  const recent = ms > now - HALF_YEAR_MS && ms <= now
  switch (style.replace(/^posix-/, '')) {
    case 'full-iso':
      return strftime('%Y-%m-%d %H:%M:%S.%N %z', time)
    case 'long-iso':
      return strftime('%Y-%m-%d %H:%M', time)
    case 'iso':
      return strftime(recent ? '%m-%d %H:%M' : '%Y-%m-%d ', time)
    default: {
      if (style.startsWith('+')) {
        const [old, young = old] = style.slice(1).split('\n') as [string, string?]
        return strftime(recent ? young : old, time)
      }
      return strftime(recent ? '%b %e %H:%M' : '%b %e  %Y', time)
    }
  }
}
