import type { HeaderList } from '../headers.ts'
import type { Refusal } from '../server.ts'
import type { Framing } from '../wire/framing.ts'
import type { RequestHead, RequestLine } from '../wire/request-head.ts'
import { authorityOf, readTarget, type TargetResult } from '../wire/target.ts'

/** Methods that Apache knows (ap_method_number_of); any other is 501. */
const METHODS = new Set(
  (
    'GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE PATCH PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK VERSION-CONTROL ' +
    'CHECKOUT UNCHECKOUT CHECKIN UPDATE LABEL REPORT MKWORKSPACE MKACTIVITY BASELINE-CONTROL MERGE'
  ).split(' '),
)
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** HttpProtocolOptions Strict: no user, no empty label, and a port behind the colon. */
const HOST = /^(?!.*\.\.)(?!\.(?::|$))(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?$/
/** What was refused while it was read has not set the name of the host yet. */
const BAD: Refusal = { status: 400, page: 'unnamed' }
/** The default of LimitRequestFieldSize is what fits behind a line: 8190 bytes and the first of its end. */
export const LONGEST_LINE = 8191
/** NAME_MAX and PATH_MAX, less the document root. */
const LONGEST_NAME = 255
const LONGEST_PATH = 4096 - '/var/www/html'.length
/** `http://user@host:port/`, with what begins the port. */
const ADDRESS = /^https?:\/\/(?:[^/?#@]*@|(?![^/?#]*@))(?:\[[^\]]*\]|[^/?#:[]*):(\d+|.)/i
const CONNECT = /^(?:\[[^\]]*\]|[^/:]+):(\d+$|\/)/
const OTHER_SCHEME = /^(?!https?:)[a-z][a-z0-9+.-]*:\/\//i

/** HttpProtocolOptions Strict; HTTP/0.9 may end with a space. */
export function judgeLine({ raw, method, target, protocol, bareLf, padded }: RequestLine): Refusal | 'simple' | undefined {
  const isPadded = padded && !(protocol === undefined && raw.at(-1) === 0x20 && raw.length === method.length + target.length + 2)
  if (bareLf || isPadded || !TOKEN.test(method) || target === '' || target.includes(' ')) return BAD
  if (protocol === undefined) return method === 'GET' ? 'simple' : BAD
  return /^HTTP\/[1-9]\.[0-9]$/.test(protocol) ? undefined : BAD
}

/** What is wrong with a head, in the order in which Apache finds it (protocol.c, vhost.c). */
export function judgeHead(head: RequestHead, headers: HeaderList, framing: Framing): Refusal | undefined {
  for (const flaw of head.flaws) if (flaw !== 'fold' && flaw !== 'tab-around') return BAD
  const { method, target, protocol } = head.line
  const isOld = protocol?.endsWith('1.0') ?? true
  if (method === 'CONNECT' ? !CONNECT.test(target) : OTHER_SCHEME.test(target)) return BAD
  const [, port] = (method === 'CONNECT' ? CONNECT : ADDRESS).exec(target) ?? []
  if (port !== undefined && !/^\d/.test(port)) return { status: 400, page: 'port-0' }
  const named = method === 'CONNECT' ? target : authorityOf(target)
  if (named && !isHost(named)) return { status: 400 }
  if (isMergedTooLong(headers)) return { status: 400, page: 'header-size' }
  const hosts = headers.all('host')
  if (hosts.length > 1) return BAD
  if (hosts[0] !== undefined && !isHost(hosts[0].trim())) return { status: 400, page: 'bad-host' }
  if (hosts.length === 0 && !isOld) return BAD
  if (framing.kind === 'invalid') return BAD
  const expect = headers.all('expect').join(', ')
  if (expect !== '' && expect.toLowerCase() !== '100-continue') return { status: 417, closesUnsaid: !isOld }
  return METHODS.has(method) ? undefined : { status: 501, page: 'methods' }
}

/** The path that is asked for; a query or `http:` alone is one of the root. */
export function readApacheTarget(target: string, method: string): TargetResult {
  if (method === 'CONNECT') return { path: '/', search: '', authority: target }
  const rules = { aboveRoot: 'refuse', encodedSlash: 'not-found', nul: 'not-found', badPercent: 'refuse', fragment: 'refuse' } as const
  const parts = readTarget(target.startsWith('?') ? `/${target}` : target.replace(/^https?:\/(?!\/)/i, '/'), rules)
  return 'path' in parts && isForbidden(parts.path) ? { problem: 'forbidden' } : parts
}

/** The name as r->hostname holds it, and the port; neither where the text is no host. */
export function splitHost(host: string): { name: string; port: string | undefined } {
  const [, name = '', port] = /^(?:[^@/]*@)?(\[[^\]]{1,60}\]|[^:]*)(?::(\d{1,5}))?$/.exec(host) ?? []
  return { name: name.toLowerCase().replace(/\.$/, ''), port }
}

/** What is known of the host of a refused request: a port that was read before the rest of it was found to be wrong. */
export function hostOfRefusal(host: string, variant: string): string {
  if (variant === 'port-0') return ':0'
  const [, port = ''] = (variant === 'bad-host' && /^[^[].*:(\d{1,5})$/.exec(host)) || []
  return Number(port) > 0 && Number(port) < 65_536 ? `:${port}` : ''
}

function isHost(host: string): boolean {
  const [found, port = '80'] = HOST.exec(host) ?? []
  if (found === undefined) return false
  const isAddress = /^[\d.]+(?::|$)/.test(host)
  const isWrongAddress = isAddress && !/^(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*)){3}(?::|$)/.test(host)
  return Number(port) > 0 && Number(port) < 65_536 && !isWrongAddress
}

/** Lines of one name are one value, which has to fit too (ap_get_mime_headers_core). */
function isMergedTooLong(headers: HeaderList): boolean {
  const lengths = new Map<string, number>()
  for (const [name, value] of headers) {
    const key = name.toLowerCase()
    const before = lengths.get(key)
    const length = (before === undefined ? 0 : before + 2) + value.length
    if (length > LONGEST_LINE) return true
    lengths.set(key, length)
  }
  return false
}

/**
 * What a visitor from elsewhere is told that he may not see: conf/apache2.conf (`.ht…`), mods-enabled/status.conf and alias.conf, and
 * names that are too long for the file system.
 */
function isForbidden(path: string): boolean {
  const names = path.split('/')
  if (names.at(-1)?.startsWith('.ht') || path === '/server-status' || path === '/icons/') return true
  return Buffer.byteLength(path) >= LONGEST_PATH || names.some((name) => Buffer.byteLength(name) > LONGEST_NAME)
}
