import type { Host } from '../../host/contract.ts'
import type { WebRequest, WebResponse } from '../../http/index.ts'
import type { Visit } from '../../sensor/visit.ts'
import type { Appliance } from './appliance.ts'
import type { CitrixEvents } from './events.ts'
import type { PageOwner } from './files.ts'
import type { Planted } from './planted.ts'
import type { SessionTokens } from './session-tokens.ts'

/** All that an answer needs. */
export interface SiteContext {
  request: WebRequest
  visit: Visit<CitrixEvents>
  host: Host
  owner: PageOwner
  appliance: Appliance
  planted: Planted
  tokens: SessionTokens
  /** Whether this source may still be leaked to in this minute. */
  mayLeak: () => boolean
  /** Judges a user and a password, and writes them down. */
  signIn: (method: string, user: string, password: string) => boolean
}

/**
 * An answer of the packet engine itself, which speaks another HTTP than the Apache behind it: its own order, its own words,
 * and the connection is over.
 */
export function engineAnswer(status: string, headers: readonly (readonly [string, string])[], body: string): WebResponse {
  const lines = [
    ...headers.map(([name, value]) => `${name}: ${value}`),
    'Connection: close',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-control: no-cache, no-store, must-revalidate',
    'Pragma: no-cache',
    'Content-Type: text/html',
  ]
  const raw = Buffer.from(`HTTP/1.1 ${status}\r\n${lines.join('\r\n')}\r\n\r\n${body}`, 'latin1')
  return { status: Number(status.slice(0, 3)), raw, close: true }
}

/** Cookies of a session that ends: what every way to the login page sends. */
const GONE = ['NSC_TMAS', 'NSC_TEMP', 'NSC_PERS', 'NSC_AAAC'].map((name): readonly [string, string] => [
  'Set-Cookie',
  `${name}=xyz;Path=/;expires=Wednesday, 09-Nov-1999 23:12:40 GMT;Secure`,
])

export function toLogin(extra: readonly (readonly [string, string])[] = []): WebResponse {
  return movedTo('/vpn/index.html', [...extra, ...GONE])
}

export function movedTo(location: string, headers: readonly (readonly [string, string])[] = []): WebResponse {
  const body = `<html><head><title>Object moved</title></head><body><h1>Object Moved</h1>This document may be found <a HREF="${location}">here</a></body></html>`
  return engineAnswer('302 Object Moved', [['Location', location], ...headers], body)
}

/** The engine gives up on a request; the number is the line of its source. */
export function engineError(number: number): WebResponse {
  const body = `<html><body><b>Http/1.1 Internal Server Error ${number}    </b></body> </html>`
  const raw = Buffer.from(
    `HTTP/1.1 500 Internal Server Error\r\nContent-Length: ${body.length}\r\nConnection: close\r\nCache-Control: no-cache,no-store\r\nPragma: no-cache\r\n\r\n${body}`,
  )
  return { status: 500, raw, close: true }
}
