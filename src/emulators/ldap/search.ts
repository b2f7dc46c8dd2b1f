import type { Control, Result, Search } from './codec.ts'
import { encodePage, PAGED_RESULTS, parsePage } from './codec.ts'
import type { Directory, Entry } from './directory.ts'
import { type Dn, isUnder, parseDn } from './dn.ts'
import { canonical, matches } from './match.ts'
import { KNOWN_CONTROLS } from './root-dse.ts'

export const CODE = {
  success: 0,
  protocolError: 2,
  sizeLimitExceeded: 4,
  compareFalse: 5,
  compareTrue: 6,
  authMethodNotSupported: 7,
  strongAuthRequired: 8,
  unavailableCriticalExtension: 12,
  saslBindInProgress: 14,
  noSuchObject: 32,
  invalidDnSyntax: 34,
  inappropriateAuthentication: 48,
  invalidCredentials: 49,
  insufficientAccess: 50,
  unwilling: 53,
  noSuchOperation: 119,
} as const

export interface Found {
  result: Result
  entries: { dn: string; attributes: [string, string[]][] }[]
  /** Control of the answer. */
  control?: Buffer
}

/** slapd's default. */
const SIZE_LIMIT = 500

export interface SearchRoom {
  directory: Directory
  rootDse: Entry
  subschema: Entry
}

/** @param who comparable name of who has bound; empty for anybody @throws BerError when a page is asked for badly */
export function search(room: SearchRoom, asked: Search, controls: readonly Control[], who: Dn): Found {
  const refused = refusedControl(controls)
  if (refused) return { result: refused, entries: [] }
  const base = parseDn(asked.base.toString('utf8'))
  if (!base) return { result: { code: CODE.invalidDnSyntax, text: 'invalid DN' }, entries: [] }
  if (asked.scope < 0 || asked.scope > 3) return { result: { code: CODE.protocolError, text: 'invalid scope' }, entries: [] }
  const special = base.length === 0 ? room.rootDse : base.join() === 'cn=subschema' ? room.subschema : undefined
  if (special && asked.scope === 0) {
    const fits = matches(special, asked.filter) === true
    return { result: { code: CODE.success }, entries: fits ? [shown(special, asked, who, room)] : [] }
  }
  const { entries } = room.directory
  if (!entries.some(({ name }) => name.join() === base.join()))
    return { result: { code: CODE.noSuchObject, matched: nearest(room.directory, base) }, entries: [] }
  const candidates = entries.filter(({ name }) => inScope(name, base, asked.scope))
  const page = controls.find(({ oid, value }) => oid === PAGED_RESULTS && value)
  const { size, cookie } = page?.value ? parsePage(page.value) : { size: 0, cookie: Buffer.alloc(0) }
  const after = cookie.length === 8 ? cookie.readUInt32LE() : 0
  const limit = Math.min(SIZE_LIMIT, asked.sizeLimit > 0 ? asked.sizeLimit : SIZE_LIMIT)
  const hits = candidates.filter((entry) => matches(entry, asked.filter) === true && entries.indexOf(entry) + 1 > after)
  const wanted = size > 0 ? Math.min(size, limit) : limit
  const given = hits.slice(0, wanted)
  const isCut = hits.length > given.length
  const code = isCut && size === 0 ? CODE.sizeLimitExceeded : CODE.success
  const last = given.at(-1)
  return {
    result: { code },
    entries: given.map((entry) => shown(entry, asked, who, room)),
    ...(page && { control: encodePage(0, isCut && last ? cookieOf(entries.indexOf(last) + 1) : Buffer.alloc(0)) }),
  }
}

/** slapd's cookie is the number of the last entry that it sent. */
function cookieOf(id: number): Buffer {
  const cookie = Buffer.alloc(8)
  cookie.writeUInt32LE(id)
  return cookie
}

export function refusedControl(controls: readonly Control[]): Result | undefined {
  const unknown = controls.some(({ critical, oid }) => critical && !KNOWN_CONTROLS.has(oid))
  return unknown ? { code: CODE.unavailableCriticalExtension, text: 'critical extension is not recognized' } : undefined
}

/** The deepest entry above a name that is missing. */
export function nearest({ entries, suffixName }: Directory, dn: Dn): string {
  for (let depth = 1; isUnder(dn.slice(depth), suffixName); depth++) {
    const above = entries.find(({ name }) => name.join() === dn.slice(depth).join())
    if (above) return above.dn
  }
  return ''
}

function inScope(name: Dn, base: Dn, scope: number): boolean {
  if (!isUnder(name, base)) return false
  const depth = name.length - base.length
  return scope === 0 ? depth === 0 : scope === 1 ? depth === 1 : scope === 3 ? depth > 0 : true
}

function shown(entry: Entry, { attributes, typesOnly }: Search, who: Dn, { directory }: SearchRoom): Found['entries'][number] {
  const names = new Set(attributes.map((name) => canonical(name) ?? name.toLowerCase()))
  const everything = names.size === 0 || names.has('*')
  const hasChildren = directory.entries.some(({ name }) => name.length === entry.name.length + 1 && isUnder(name, entry.name))
  const operational: [string, string[]][] =
    entry.name.length > 0 && isUnder(entry.name, directory.suffixName)
      ? [...entry.operational, ['hasSubordinates', [hasChildren ? 'TRUE' : 'FALSE']]]
      : entry.operational
  const isWanted = (name: string): boolean => names.has(canonical(name) ?? name.toLowerCase())
  const mayRead = (name: string): boolean => name !== 'userPassword' || readsPasswords(who, entry.name, directory)
  return {
    dn: entry.dn,
    attributes: [
      ...entry.attributes.filter(([name]) => (everything || isWanted(name)) && mayRead(name)),
      ...operational.filter(([name]) => names.has('+') || isWanted(name)),
    ].map(([name, values]) => [name, typesOnly ? [] : values]),
  }
}

/** Debian's first access rule: `by self write by anonymous auth by * none`; the administrator may everything. */
function readsPasswords(who: Dn, entry: Dn, { admin }: Directory): boolean {
  return who.length > 0 && (who.join() === admin.join() || who.join() === entry.join())
}
