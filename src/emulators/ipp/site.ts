import { randomBytes } from 'node:crypto'
import { pageFacts, type WebRequest, type WebResponse, type WebServer } from '../../http/index.ts'
import type { Visit } from '../../sensor/visit.ts'
import { configFile } from './config-files.ts'
import { devicePage } from './device-pages.ts'
import type { IppEvents } from './events.ts'
import type { Reach } from './reach.ts'
import { answerMessage } from './service.ts'
import { STYLE, type WebFacts, webPage } from './web-pages.ts'

const ROBOTS = '# Search engines need not know of this print server.\n\nUser-agent: *\nDisallow: /\n'

/** What a request comes with. */
export interface SiteContext extends WebFacts {
  request: WebRequest
  visit: Visit<IppEvents>
  server: WebServer
  /** UTC milliseconds of the files of the web interface. */
  installedAt: number
  /** Path of the printer where this is one by itself: `/ipp/print`. */
  devicePath: string | undefined
  signIn: (user: string, password: string) => boolean
  /** A text with the secrets that are this visitor's own in place of its marks. */
  shown: (text: string, place: string) => string
}

/** Answers a request to the print server: IPP where it is posted, else the web interface. */
export async function ippAnswer(context: SiteContext): Promise<WebResponse> {
  const { request, server, devicePath } = context
  if (devicePath !== undefined && request.method !== 'POST') return devicePage(context)
  switch (request.method) {
    case 'POST':
      return /^application\/ipp\b/i.test(request.header('content-type') ?? '') ? printing(context) : administration(context)
    case 'GET':
    case 'HEAD':
      return page(context)
    case 'OPTIONS':
      return { status: 200, body: '' }
    case 'PUT':
      return { ...server.page(403, pageFacts(request)), close: true }
    default:
      return { ...server.page(400, pageFacts(request)), close: true }
  }
}

async function printing({ request, visit, spooler, server, devicePath }: SiteContext): Promise<WebResponse> {
  const body = await answerMessage(request.body, { request, visit, spooler, reach: { ...reachOf(request), devicePath } })
  if (!body) return { ...server.page(400, pageFacts(request)), close: true }
  return { status: 200, headers: [['Content-Type', 'application/ipp']], body }
}

function reachOf({ host, local, scheme }: WebRequest): Reach {
  const authority = /^[\w.:[\]-]{1,255}$/.test(host) ? host : `${local.ip}:${local.port}`
  return { authority, secure: scheme === 'https' }
}

function page(context: SiteContext): WebResponse {
  const { request, server, installedAt } = context
  if (request.path === '/cups.css')
    return { status: 200, headers: [['Content-Type', 'text/css']], body: STYLE, file: { modified: installedAt } }
  if (request.path === '/robots.txt')
    return { status: 200, headers: [['Content-Type', 'text/plain']], body: ROBOTS, file: { modified: installedAt } }
  if (/^\/admin\/(?:conf|log)(?:\/|$)/.test(request.path)) return forAdministrators(context) ?? configuration(context)
  const body = webPage(context, request.path)
  if (body === undefined) return { ...server.page(404, pageFacts(request)), close: true }
  const headers: [string, string][] = [['Content-Type', 'text/html; charset=utf-8']]
  if (request.path === '/') return { status: 200, headers, body, file: { modified: installedAt } }
  return {
    status: 200,
    headers: [...headers, ['Set-Cookie', `org.cups.sid=${randomBytes(16).toString('hex')}; path=/; httponly;`]],
    body: chunks(body),
  }
}

/** Files of /etc/cups; its logs are not there, they go to the journal. */
function configuration({ request, server, spooler, version, installedAt, shown }: SiteContext): WebResponse {
  const [, name = ''] = /^\/admin\/conf\/([\w.-]{1,60})$/.exec(request.path) ?? []
  const text = configFile(name, { version, queues: [...spooler.queues.values()] })
  if (text === undefined) return { ...server.page(404, pageFacts(request)), close: true }
  return { status: 200, headers: [['Content-Type', 'text/plain']], body: shown(text, `/etc/cups/${name}`), file: { modified: installedAt } }
}

/** Pages of programs go out in chunks. */
async function* chunks(body: string): AsyncGenerator<Buffer> {
  yield Buffer.from(body)
}

/** The forms of the administrator, behind the password of an account of the host. */
function administration(context: SiteContext): WebResponse {
  const { request, server, devicePath } = context
  if (devicePath !== undefined || !request.path.startsWith('/admin')) return { ...server.page(400, pageFacts(request)), close: true }
  const refused = forAdministrators(context)
  if (refused) return refused
  const body = webPage(context, '/admin') ?? ''
  return { status: 200, headers: [['Content-Type', 'text/html; charset=utf-8']], body: chunks(body) }
}

/** The refusal of who has not given the password of an account; undefined for who has. */
function forAdministrators({ request, server, signIn }: SiteContext): WebResponse | undefined {
  const given = request.basicCredentials()
  if (given && signIn(given.username, given.password)) return undefined
  const refused = server.page(401, pageFacts(request))
  return { ...refused, headers: [['WWW-Authenticate', 'Basic realm="CUPS", Local'], ...(refused.headers ?? [])], close: true }
}
