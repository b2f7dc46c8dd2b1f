import { createHash } from 'node:crypto'
import { digestResponse, hashcatLine, parseDigest } from '../../sensor/digest.ts'
import type { LoginDesk } from '../../sensor/login-desk.ts'
import type { Endpoint } from '../../sensor/visit.ts'

export type ProxyAuth = 'none' | 'basic' | 'digest'

/** User and password of a `Basic` header (RFC 7617); undefined when it is none. */
export function parseBasic(header: string): { user: Buffer; password: Buffer } | undefined {
  const [, encoded] = /^basic\s{1,8}([A-Za-z0-9+/=_-]{0,4096})\s{0,8}$/i.exec(header) ?? []
  if (encoded === undefined) return undefined
  const pair = Buffer.from(encoded, 'base64')
  const colon = pair.indexOf(0x3a)
  return colon < 0 ? { user: pair, password: Buffer.alloc(0) } : { user: pair.subarray(0, colon), password: pair.subarray(colon + 1) }
}

/**
 * Judges a `Proxy-Authorization` header and writes its credential down, whatever the proxy asks for: clients volunteer them.
 * Digest is kept as hashcat reads it, mode 11400.
 */
export function judge(
  header: string,
  method: string,
  auth: ProxyAuth,
  desk: LoginDesk,
  hosts: { local: Endpoint; source: Endpoint },
): boolean {
  const basic = parseBasic(header)
  if (basic) return desk.password('basic', basic.user, basic.password) && auth === 'basic'
  const digest = parseDigest(header)
  const hash = digest && hashcatLine(digest, method, { server: hosts.local.ip, client: hosts.source.ip })
  if (!digest || !hash) return false
  const proves = (password: string): boolean => digestResponse(digest, method, password) === digest.response.toLowerCase()
  return desk.proof('digest', Buffer.from(digest.username, 'latin1'), hash, proves) && auth === 'digest'
}

/** What the proxy asks for; the nonce is new each time. */
export function challenge(auth: 'basic' | 'digest', realm: string): string {
  if (auth === 'basic') return `Basic realm="${realm}"`
  const nonce = createHash('md5').update(`${process.hrtime.bigint()}${Math.random()}`).digest('hex')
  return `Digest realm="${realm}", nonce="${nonce}", qop="auth", stale=false`
}
