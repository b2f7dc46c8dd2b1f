/** How a server reads the target of a request; each field is a way in which servers differ. */
export interface TargetRules {
  /** `..` above the root: nginx and Apache refuse, lighttpd stays at the root. */
  aboveRoot: 'refuse' | 'clamp'
  /** `%2f`: decoded, or nothing is found (Apache's AllowEncodedSlashes Off). */
  encodedSlash: 'decode' | 'not-found'
  /** `%00`. */
  nul: 'refuse' | 'not-found'
  /** `%` without two digits behind it. */
  badPercent: 'refuse' | 'keep'
  /** `#` in the target: cut off, or refused. */
  fragment: 'cut' | 'refuse'
  /** Which `?` begins the query. */
  query?: 'first' | 'last'
  /** A path of bytes that are no UTF-8. */
  invalidUtf8?: 'refuse' | 'keep'
}

export interface TargetParts {
  /** Decoded and without `.`, `..` and doubled slashes; UTF-8 where the bytes are, one character a byte otherwise. */
  path: string
  /** Behind the `?`, undecoded; empty without one. */
  search: string
  /** Host and port of an absolute target: `http://host:port/path`. */
  authority: string | undefined
}

export type TargetResult = TargetParts | { problem: 'refuse' | 'not-found' | 'forbidden' }

const ABSOLUTE = /^[A-Za-z][A-Za-z0-9+.-]{0,31}:\/\/([^/?#]{0,2048})/
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Host and port that an absolute target names. */
export function authorityOf(target: string): string | undefined {
  return ABSOLUTE.exec(target)?.[1]
}

/** Reads an origin-form or absolute-form target (RFC 9112 §3.2) as a server with these rules does. */
export function readTarget(target: string, rules: TargetRules): TargetResult {
  // Space up: everything else in a request line is a control character that no server bears.
  for (let i = 0; i < target.length; i++) {
    const unit = target.charCodeAt(i)
    if (unit < 0x20 || unit === 0x7f) return { problem: 'refuse' }
  }
  const [scheme = '', authority] = ABSOLUTE.exec(target) ?? []
  let rest = target.slice(scheme.length)
  if (scheme && !rest.startsWith('/')) rest = `/${rest}`
  if (!rest.startsWith('/')) return { problem: 'refuse' }
  const hash = rest.indexOf('#')
  if (hash >= 0 && rules.fragment === 'refuse') return { problem: 'refuse' }
  if (hash >= 0) rest = rest.slice(0, hash)
  const mark = rules.query === 'last' ? rest.lastIndexOf('?') : rest.indexOf('?')
  const search = mark < 0 ? '' : rest.slice(mark + 1)
  const path = readPath(mark < 0 ? rest : rest.slice(0, mark), rules)
  return typeof path === 'string' ? { path, search, authority } : path
}

function readPath(raw: string, rules: TargetRules): string | { problem: 'refuse' | 'not-found' } {
  if (rules.encodedSlash === 'not-found' && /%2f/i.test(raw)) return { problem: 'not-found' }
  if (raw.includes('%00')) return { problem: rules.nul }
  if (rules.badPercent === 'refuse' && /%(?![0-9A-Fa-f]{2})/.test(raw)) return { problem: 'refuse' }
  const segments: string[] = []
  const bytes = decode(raw)
  const text = utf8Of(bytes)
  if (text === undefined && rules.invalidUtf8 === 'refuse') return { problem: 'refuse' }
  const decoded = text ?? bytes
  for (const segment of decoded.split('/')) {
    if (segment === '' || segment === '.') continue
    if (segment !== '..') segments.push(segment)
    else if (segments.pop() === undefined && rules.aboveRoot === 'refuse') return { problem: 'refuse' }
  }
  if (segments.length === 0) return '/'
  const last = decoded.slice(decoded.lastIndexOf('/') + 1)
  return `/${segments.join('/')}${last === '' || last === '.' || last === '..' ? '/' : ''}`
}

/** Percent-decodes to bytes, one a character. */
function decode(raw: string): string {
  return raw.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

/** Text of bytes that are UTF-8. */
function utf8Of(bytes: string): string | undefined {
  try {
    return utf8.decode(Buffer.from(bytes, 'latin1'))
  } catch {
    return undefined
  }
}
