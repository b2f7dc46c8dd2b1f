import { createHash } from 'node:crypto'

/** The fields of an `Authorization: Digest` header (RFC 2617 §3.2.2). */
export interface DigestAnswer {
  username: string
  realm: string
  nonce: string
  uri: string
  response: string
  algorithm: string
  cnonce: string
  nc: string
  qop: string
}

const FIELDS = ['username', 'realm', 'nonce', 'uri', 'response', 'algorithm', 'cnonce', 'nc', 'qop'] as const

/** Reads the header; undefined when it is not Digest or lacks a field that the answer needs. */
export function parseDigest(header: string): DigestAnswer | undefined {
  if (!/^digest\s/i.test(header) || header.length > 4096) return undefined
  const found = new Map<string, string>()
  for (const [, name = '', quoted, plain] of header.slice(7).matchAll(/([a-z]{1,16})\s?=\s?(?:"([^"]{0,512})"|([^\s,"]{1,512}))/gi))
    found.set(name.toLowerCase(), quoted ?? plain ?? '')
  const answer = Object.fromEntries(FIELDS.map((name) => [name, found.get(name) ?? ''])) as unknown as DigestAnswer
  // svcrack says qop and then answers as RFC 2069, to which a challenge without qop led.
  if (!answer.cnonce || !answer.nc) Object.assign(answer, { qop: '', cnonce: '', nc: '' })
  return answer.username && answer.nonce && answer.response ? answer : undefined
}

/** What a client answers that knows the password. */
export function digestResponse(answer: Omit<DigestAnswer, 'response'>, method: string, password: string): string {
  const ha1 = md5(`${answer.username}:${answer.realm}:${password}`)
  const ha2 = md5(`${method}:${answer.uri}`)
  const middle = answer.qop ? `${answer.nonce}:${answer.nc}:${answer.cnonce}:${answer.qop}` : answer.nonce
  return md5(`${ha1}:${middle}:${ha2}`)
}

/** The answer as hashcat reads it, mode 11400. Undefined when a field has the separator in it or is no MD5. */
export function hashcatLine(
  answer: DigestAnswer,
  method: string,
  hosts: { server: string; client: string },
): { mode: number; line: string } | undefined {
  // hashcat puts a colon behind a prefix: a path has none, `sip:host` has.
  const parts = answer.uri.split(':')
  const [prefix = '', resource = '', ...suffix] = parts.length > 1 ? parts : ['', ...parts]
  const { username, realm, nonce, cnonce, nc, qop } = answer
  const fields = [hosts.server, hosts.client, username, realm, method, prefix, resource, suffix.join(':'), nonce, cnonce, nc, qop]
  if (!/^[0-9a-f]{32}$/i.test(answer.response) || fields.some((field) => field.includes('*'))) return undefined
  return { mode: 11400, line: `$sip$*${fields.join('*')}*MD5*${answer.response.toLowerCase()}` }
}

function md5(text: string): string {
  return createHash('md5').update(text, 'latin1').digest('hex')
}
