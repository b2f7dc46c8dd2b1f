import { escapeHtml } from '../html.ts'
import type { FolderEntry } from '../server.ts'
import icons from './apache-icons.json' with { type: 'json' }
import { mimeType } from './mime-types.ts'

export interface ListingOptions {
  /** Path of the folder, with a slash at its end. */
  folder: string
  entries: readonly FolderEntry[]
  search: string
  /** Time zone of the server, IANA name. */
  zone: string
  /** The last line of pages; empty without a signature. */
  address: string
}

/** IndexIgnore of Debian's autoindex.conf. */
const IGNORED = /^\...|[~#]$|^(?:RCS|CVS)$|,[vt]$/
const COLUMNS = { N: 'Name', M: 'Last modified', S: 'Size', D: 'Description' } as const
type Column = keyof typeof COLUMNS

/** Icon and alternative text by type, then by name (AddIconByType, AddIcon); the first that fits counts. */
const BY_TYPE: readonly [type: RegExp, icon: string, alt: string][] = [
  [/^text\//, 'text', 'TXT'],
  [/^image\//, 'image2', 'IMG'],
  [/^audio\//, 'sound2', 'SND'],
  [/^video\//, 'movie', 'VID'],
]
const BY_NAME: readonly [name: RegExp, icon: string][] = [
  [/\.(?:bin|exe)$/, 'binary'],
  [/\.tar$/, 'tar'],
  [/\.(?:Z|z|tgz|gz|zip)$/, 'compressed'],
  [/\.(?:ps|ai|eps)$/, 'a'],
  [/\.(?:html|shtml|htm|pdf)$/, 'layout'],
  [/\.c$/, 'c'],
  [/\.(?:pl|py)$/, 'p'],
  [/\.(?:conf|sh|shar|csh|ksh|tcl)$/, 'script'],
  [/^core$/, 'bomb'],
  [/^README$/, 'hand.right'],
]
/** When the package with the icons was built. */
const ICONS_MODIFIED = 1_794_193_625_000

/** mod_autoindex with Debian's options: FancyIndexing VersionSort HTMLTable NameWidth=* DescriptionWidth=* Charset=UTF-8. */
export function apacheListing({ folder, entries, search, zone, address }: ListingOptions): string {
  const title = escapeHtml(folder === '/' ? '/' : folder.slice(0, -1))
  const { column, descends } = orderOf(search)
  const shown = entries.filter(({ name }) => !IGNORED.test(name)).sort((a, b) => compare(a, b, column))
  if (descends) shown.reverse()
  const heads = (Object.keys(COLUMNS) as Column[]).map((key) => {
    const next = key === column && !descends ? 'D' : 'A'
    return `<th><a href="?C=${key};O=${next}">${COLUMNS[key]}</a></th>`
  })
  const parent = folder.slice(0, folder.slice(0, -1).lastIndexOf('/') + 1)
  const rows = shown.map((entry) => {
    const name = entry.isFolder ? `${entry.name}/` : entry.name
    const time = `${timeIn(zone, entry.modified)}  `
    return rowOf(iconOf(entry), `<a href="${linkTo(name)}">${escapeHtml(name)}</a>`, time, entry.isFolder ? '  - ' : sizeOf(entry.size))
  })
  if (folder !== '/') {
    const link = `<a href="${linkTo(parent)}">Parent Directory</a></td><td>&nbsp;</td><td align="right">  - </td><td>&nbsp;</td></tr>\n`
    rows.unshift(`<tr><td valign="top"><img src="/icons/back.gif" alt="[PARENTDIR]"></td><td>${link}`)
  }
  return (
    `<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">\n<html>\n <head>\n` +
    `  <title>Index of ${title}</title>\n </head>\n <body>\n<h1>Index of ${title}</h1>\n  <table>\n` +
    `   <tr><th valign="top"><img src="/icons/blank.gif" alt="[ICO]"></th>${heads.join('')}</tr>\n${RULE}` +
    `${rows.join('')}${RULE}</table>\n${address}</body></html>\n`
  )
}

const RULE = '   <tr><th colspan="5"><hr></th></tr>\n'

/** The pictures of listings, which lie under /icons/ (mods-enabled/alias.conf). */
export function apacheIcon(path: string): { bytes: Buffer; modified: number } | undefined {
  const name = path.startsWith('/icons/') ? path.slice('/icons/'.length) : ''
  const coded = Object.hasOwn(icons, name) ? icons[name as keyof typeof icons] : undefined
  return coded === undefined ? undefined : { bytes: Buffer.from(coded, 'base64'), modified: ICONS_MODIFIED }
}

function orderOf(search: string): { column: Column; descends: boolean } {
  const fields = new Map(search.split(/[;&]/).map((field) => [field.slice(0, 2), field.slice(2)]))
  const wanted = fields.get('C=') ?? ''
  return { column: wanted in COLUMNS ? (wanted as Column) : 'N', descends: fields.get('O=') === 'D' }
}

function compare(a: FolderEntry, b: FolderEntry, column: Column): number {
  const size = ({ isFolder, size: bytes }: FolderEntry): number => (isFolder ? -1 : bytes)
  const first = column === 'M' ? seconds(a) - seconds(b) : column === 'S' ? size(a) - size(b) : 0
  return first || compareVersions(a.name, b.name)
}

function seconds({ modified }: FolderEntry): number {
  return Math.floor(modified / 1000)
}

/** VersionSort: numbers in names count as numbers (apr_strnatcmp); bytes above 127 come first. */
function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((name) => name.split(/(\d+)/)) as [string[], string[]]
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    const [one, two] = [left[at] as string, right[at] as string]
    if (one === two) continue
    const isNumber = at % 2 === 1 && !one.startsWith('0') && !two.startsWith('0')
    if (isNumber && one.length !== two.length) return one.length - two.length
    return compareSigned(Buffer.from(one), Buffer.from(two))
  }
  return left.length - right.length
}

function compareSigned(a: Buffer, b: Buffer): number {
  for (let at = 0; at < Math.min(a.length, b.length); at++) if (a[at] !== b[at]) return a.readInt8(at) - b.readInt8(at)
  return a.length - b.length
}

function iconOf({ name, isFolder }: FolderEntry): { icon: string; alt: string } {
  if (isFolder) return { icon: 'folder', alt: 'DIR' }
  const type = mimeType(name, 'apache') ?? ''
  const [, icon, alt] = BY_TYPE.find(([pattern]) => pattern.test(type)) ?? []
  if (icon !== undefined && alt !== undefined) return { icon, alt }
  const [, known = 'unknown'] = BY_NAME.find(([pattern]) => pattern.test(name)) ?? []
  return { icon: known, alt: '   ' }
}

function rowOf({ icon, alt }: { icon: string; alt: string }, link: string, time: string, size: string): string {
  const cells = `<td>${link}</td><td align="right">${time}</td><td align="right">${size}</td><td>&nbsp;</td>`
  return `<tr><td valign="top"><img src="/icons/${icon}.gif" alt="[${alt}]"></td>${cells}</tr>\n`
}

/** ap_os_escape_path, in HTML. */
function linkTo(path: string): string {
  const escaped = Buffer.from(path)
    .toString('latin1')
    .replace(/[^A-Za-z0-9$\-_.+!*'(),:@&=/~]/g, (sign) => `%${sign.charCodeAt(0).toString(16).padStart(2, '0')}`)
  const isLikeScheme = /^[^/]*:/.test(escaped)
  return escapeHtml(isLikeScheme ? `./${escaped}` : escaped)
}

function timeIn(zone: string, modified: number): string {
  return new Date(modified).toLocaleString('sv-SE', { timeZone: zone }).slice(0, 16)
}

/** apr_strfsize: four places, `2.9K`. */
function sizeOf(bytes: number): string {
  if (bytes < 973) return `${String(bytes).padStart(3)} `
  let size = bytes
  for (const unit of 'KMGTPE') {
    let rest = size % 1024
    size = Math.floor(size / 1024)
    if (size >= 973) continue
    if (size > 9 || (size === 9 && rest >= 973)) return `${String(rest >= 512 ? size + 1 : size).padStart(3)}${unit}`
    rest = Math.floor((rest * 5 + 256) / 512)
    return rest >= 10 ? `${size + 1}.0${unit}` : `${size}.${rest}${unit}`
  }
  return '****'
}
