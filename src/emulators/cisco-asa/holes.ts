import { evidence } from '../../events/bytes.ts'
import type { WebResponse } from '../../http/index.ts'
import { EXPIRED, notFound, page, type SiteContext } from './site-context.ts'

/** Beyond this the buffer for the boundary of an upload is overrun (CVE-2025-20333). */
const BOUNDARY_BUFFER = 8_192
const LONGEST_DETAIL = 4_096
/** No name, password or group of a login is longer. */
const LONGEST_LOGIN = 1_024

/** Requests that use a known hole, answered as an appliance would that has it. */
export function holeAnswer(context: SiteContext): WebResponse | undefined {
  const { request } = context
  switch (request.path) {
    case '/+CSCOT+/translation-table':
      return readFile(context, request.query.get('textdomain'))
    case '/+CSCOT+/oem-customization':
      return readFile(context, request.query.get('name'))
    case '/+CSCOE+/files/file_list.json':
      return climbs(request.target) ? listFiles(context) : undefined
    case '/+CSCOE+/files/file_action.html':
      return climbs(request.target) ? upload(context) : undefined
    case '/+CSCOE+/session_password.html':
      return deleteFile(context)
    case '/+CSCOE+/saml/sp/acs':
      return saml(context)
    default:
      return undefined
  }
}

/** Whether the way goes up out of the folder that anybody may see, as sent or percent-encoded. */
function climbs(target: string): boolean {
  const [path = ''] = target.split('?')
  return /^\/+(?:\+|%2b)CSCOU(?:\+|%2b)\/.{0,64}(?:\.|%2e){2}/i.test(path)
}

function note({ visit }: SiteContext, step: string, detail: string | Buffer, ...cves: string[]): void {
  visit.record('cisco-asa.exploit', { step, detail: evidence(detail.slice(0, LONGEST_DETAIL)) }, [
    ...cves.map((cve) => `cve:${cve}`),
    'attack:T1190',
  ])
}

/** CVE-2023-20269: groups that every appliance has let a password be tried without a policy that stops it. */
export function noteDefaultGroup({ visit }: SiteContext, ...groups: readonly string[]): void {
  const group = groups.find((one) => /^Default(?:ADMIN|L2L|RA|WEBVPN)/i.test(one))
  if (group === undefined) return
  visit.record('cisco-asa.exploit', { step: 'default-group', detail: evidence(group.slice(0, 128)) }, [
    'cve:CVE-2023-20269',
    'attack:T1110',
  ])
}

/** CVE-2020-3259: what is longer than any login comes to read memory, cookies of sessions above all. */
export function noteOverlong(context: SiteContext): void {
  const { request } = context
  const values = request.method === 'POST' ? [...request.form().values()] : []
  const longest = [request.target, ...values].reduce((most, one) => (one.length > most.length ? one : most), '')
  if (longest.length > LONGEST_LOGIN) note(context, 'overlong', longest, 'CVE-2020-3259')
}

/** CVE-2020-3452: the name of a translation or a customisation is a path below the web root. */
function readFile(context: SiteContext, wanted: string | null): WebResponse {
  const { request, files, sessions } = context
  if (wanted === null || !wanted.includes('/')) return notFound()
  note(context, 'read', request.target, 'CVE-2020-3452')
  const path = `/${wanted
    .replace(/^\/+/, '')
    .split('/')
    .filter((part) => part !== '..')
    .join('/')}`
  const found = sessions.hasDeleted(request.source.ip, path) ? undefined : files.source(path)
  return found
    ? {
        status: 200,
        headers: [
          ['Content-Type', 'application/octet-stream'],
          ['Cache-Control', 'no-cache'],
          ['Pragma', 'no-cache'],
        ],
        body: found,
      }
    : notFound()
}

/** CVE-2018-0296: folders of the appliance, the sessions of its users among them. */
function listFiles(context: SiteContext): WebResponse {
  const { request, sessions, files, appliance } = context
  const wanted = request.query.get('path') ?? '/'
  note(context, 'list', request.target, 'CVE-2018-0296')
  const path = `/${wanted.replace(/^\/+|\/+$/g, '')}`
  const modified = Math.floor(appliance.startedAt / 1000)
  const entry = (name: string, type: 0 | 1): string =>
    `{'name':'${name}','size':${type === 1 ? 0 : 40},'type':'${type}','mdate':${modified}}`
  const answer = (entries: string[]): WebResponse => ({
    status: 200,
    headers: [
      ['Content-Type', 'text/plain'],
      ['Cache-Control', 'no-cache'],
      ['Pragma', 'no-cache'],
    ],
    body: `//${path}\n[\n${entries.join('\n,')}\n]\n`,
  })
  if (path === '/')
    return answer(['sessions', '+CSCOU+', '+CSCOE+', '+CSCOL+', '+CSCOT+', 'locale', 'customization'].map((name) => entry(name, 1)))
  if (path === '/sessions') return answer(sessions.connected.map(({ id }) => entry(id, 1)))
  const connected = sessions.connected.find(({ id }) => path === `/sessions/${id}`)
  if (connected) return answer([entry(`user:${connected.user}`, 0), entry('cookie', 0), entry('browser', 0)])
  const names = files.list(path)
  return names.length > 0 ? answer(names.map((name) => entry(name, name.includes('.') ? 0 : 1))) : answer([])
}

/**
 * CVE-2025-20362: a page behind the login answers to who climbs to it; its form wants a token, which tells that one is
 * there. CVE-2025-20333 is what is then sent to it: a boundary that is longer than its buffer ends the process.
 */
function upload(context: SiteContext): WebResponse {
  const { request, visit } = context
  const [, boundary = ''] = /boundary=([^;]*)/i.exec(request.header('content-type') ?? '') ?? []
  const isOverflow = boundary.length > BOUNDARY_BUFFER
  note(
    context,
    isOverflow ? 'overflow' : 'upload',
    isOverflow ? boundary : request.target,
    'CVE-2025-20362',
    ...(isOverflow ? ['CVE-2025-20333'] : []),
  )
  if (request.body.length > 0) visit.capture(request.body, { how: 'cisco-asa.upload' })
  if (isOverflow) return { status: 0, raw: Buffer.alloc(0), close: true }
  return page("<html><head><script>alert('CSRF token mismatch');history.back();</script></head><body></body></html>\n")
}

/** CVE-2020-3187: the cookie that names a session's file is a path, and the file is deleted. */
function deleteFile(context: SiteContext): WebResponse {
  const { request, sessions } = context
  const token = request.cookies.get('token')
  if (token?.includes('../')) {
    note(context, 'delete', token, 'CVE-2020-3187')
    sessions.delete(request.source.ip, `/${token.slice(0, 512).replace(/^(?:\.\.\/)+/, '')}`)
  }
  const body = context.files.source('/+CSCOE+/session_password.html') as Buffer
  return page(body.toString(), [
    ['Set-Cookie', `webvpn=; expires=${EXPIRED}; path=/; secure`],
    ['Set-Cookie', `webvpnc=; expires=${EXPIRED}; path=/; secure`],
  ])
}

/** CVE-2020-3580: what the identity provider is said to have answered comes back in the page as it is. */
function saml(context: SiteContext): WebResponse | undefined {
  const { request } = context
  if (request.method !== 'POST') return undefined
  const given = (request.form().get('SAMLResponse') ?? '').slice(0, LONGEST_DETAIL)
  if (/[<>"']/.test(given)) note(context, 'reflected', given, 'CVE-2020-3580')
  return page(
    `<html><body onload="document.forms[0].submit()"><form method="POST" action="/+webvpn+/index.html"><input type="hidden" name="SAMLResponse" value="${given}"></form></body></html>\n`,
  )
}
