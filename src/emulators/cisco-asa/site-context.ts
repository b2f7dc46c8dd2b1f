import type { HeaderLine, WebRequest, WebResponse } from '../../http/index.ts'
import type { Visit } from '../../sensor/visit.ts'
import type { Appliance } from './appliance.ts'
import type { AsaEvents } from './events.ts'
import type { PortalFiles } from './portal-files.ts'
import type { Sessions } from './sessions.ts'
import type { ShowCommands } from './show-commands.ts'

/** All that an answer needs. */
export interface SiteContext {
  request: WebRequest
  visit: Visit<AsaEvents>
  appliance: Appliance
  files: PortalFiles
  sessions: Sessions
  show: ShowCommands
  /** Judges a user and a password and writes them down. @returns the cookie of the session that begins */
  signIn: (method: string, user: string, password: string) => string | undefined
}

/** The time of every cookie that is taken away. */
export const EXPIRED = 'Thu, 01 Jan 1970 22:00:00 GMT'

const gone = (name: string): HeaderLine => ['Set-Cookie', `${name}=; expires=${EXPIRED}; path=/; secure`]

/** Lines of the way to the login, in the order of the appliance. */
export const LOGIN_COOKIES: readonly HeaderLine[] = [
  gone('tg'),
  gone('webvpn'),
  gone('webvpnc'),
  gone('webvpn_portal'),
  gone('webvpnSharePoint'),
  ['Set-Cookie', 'webvpnlogin=1; path=/; secure'],
  gone('sdesktop'),
]

const UNCACHED: readonly HeaderLine[] = [
  ['Cache-Control', 'no-cache'],
  ['Pragma', 'no-cache'],
]

export function page(body: string, headers: readonly HeaderLine[] = []): WebResponse {
  return { status: 200, headers: [['Content-Type', 'text/html'], ...UNCACHED, ...headers], body }
}

export function xml(body: string): WebResponse {
  return {
    status: 200,
    headers: [
      ['Content-Type', 'text/xml; charset=utf-8'],
      ['Cache-Control', 'no-store'],
      ['Pragma', 'no-cache'],
      ['X-Transcend-Version', '1'],
    ],
    body,
  }
}

/** A page that goes on by script, as the appliance does after forms. */
export function goTo(location: string, headers: readonly HeaderLine[] = []): WebResponse {
  return page(`<html>\n<script>\ndocument.location.replace("${location}");\n</script>\n</html>\n`, headers)
}

export function toLogin(location = '/+CSCOE+/logon.html?fcadbadd=1'): WebResponse {
  return {
    status: 302,
    reason: 'Temporary moved',
    headers: [['Content-Type', 'text/html'], ...UNCACHED, ['Location', location], gone('tg')],
    body: '',
  }
}

export function notFound(): WebResponse {
  return {
    status: 404,
    headers: [['Content-Type', 'text/html; charset=UTF-8'], ...UNCACHED],
    body: '<html>\n<head><title>404 Not Found</title></head>\n<body><h1>404 Not Found</h1>\nThe requested URL was not found on this server.</body>\n</html>\n',
  }
}
