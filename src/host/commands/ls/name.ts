import type { HostText } from '../../command.ts'
import type { FileStat } from '../../contract.ts'
import { toBytes } from '../../text.ts'
import { quoted } from '../gnu/quote.ts'
import type { Entry } from './entries.ts'
import type { Cell } from './layout.ts'
import type { LsStyle } from './style.ts'

/** Characters that make a name need quotes in a shell (gnulib, shell-escape). */
const SPECIAL = /[^A-Za-z0-9_./,:@%+=^\-\]}~#]|^[~#]/
const C_ESCAPES: Record<string, string> = {
  '\n': '\\n',
  '\t': '\\t',
  '\r': '\\r',
  '\\': '\\\\',
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\v': '\\v',
}

export function needsQuotes(name: HostText): boolean {
  return name === '' || SPECIAL.test(name.replace(/[{}](?!$)/g, '')) || /^[{}]$/.test(name)
}

/** A name as the listing shows it. `quotedNeighbours`: when some name has quotes, the others get a blank before them. */
export function nameCell(entry: Entry, style: LsStyle, quotedNeighbours: boolean): Cell {
  const text = shownName(entry.name, style)
  const lead = quotedNeighbours && !/^['"]/.test(text) ? ' ' : ''
  const mark = indicator(entry.stat, style)
  const shown = style.palette?.paint(text, entry.name, entry.stat, entry.target) ?? text
  return { text: lead + shown + mark, width: lead.length + text.length + mark.length }
}

export function shownName(name: HostText, style: Pick<LsStyle, 'quoting' | 'mask'>): HostText {
  switch (style.quoting) {
    case 'shell-escape':
    case 'shell':
      return needsQuotes(name) ? quoted(name) : name
    case 'escape':
      return escaped(name).replaceAll(' ', '\\ ')
    case 'c':
      return `"${escaped(name).replaceAll('"', '\\"')}"`
    default:
      return style.mask ? masked(name) : name
  }
}

function masked(name: HostText): string {
  return [...toBytes(name)].map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '?')).join('')
}

function escaped(name: HostText): string {
  return [...toBytes(name)]
    .map((byte) => {
      const c = String.fromCharCode(byte)
      return C_ESCAPES[c] ?? (byte >= 32 && byte < 127 ? c : `\\${byte.toString(8).padStart(3, '0')}`)
    })
    .join('')
}

export function indicator(stat: FileStat, style: LsStyle, longLink = false): string {
  if (style.indicators === 'none') return ''
  if (stat.type === 'directory') return '/'
  if (style.indicators === 'slash') return ''
  if (stat.type === 'symlink') return longLink || style.format === 'long' ? '' : '@'
  if (stat.type === 'fifo') return '|'
  if (stat.type === 'socket') return '='
  return style.indicators === 'classify' && stat.type === 'file' && stat.mode & 0o111 ? '*' : ''
}
