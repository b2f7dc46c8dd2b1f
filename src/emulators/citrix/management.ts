import { randomBytes, randomInt } from 'node:crypto'
import { evidence } from '../../events/bytes.ts'
import { HostError } from '../../host/contract.ts'
import { html, type WebResponse } from '../../http/index.ts'
import { movedTo, type SiteContext } from './site-context.ts'

const CVE = ['cve:CVE-2020-8193', 'attack:T1190']

/** The chain of CVE-2020-8193, 8195 and 8196: a session without a password, then any file of the appliance. */
export function managementAnswer(context: SiteContext): WebResponse | undefined {
  const { request } = context
  const session: [string, string] = ['Set-Cookie', `SESSID=${randomBytes(16).toString('hex')}; path=/; secure; HttpOnly`]
  switch (request.path) {
    case '/pcidss/report':
      if (request.method !== 'POST') return undefined
      note(context, 'session', request.body)
      return { status: 406, headers: [['Content-Type', 'text/html; charset=UTF-8'], session], body: '', dynamic: true }
    case '/menu/ss':
      note(context, 'session', request.target)
      return movedTo('/menu/neo', [session])
    case '/menu/neo':
    case '/menu/stc':
      note(context, 'key', request.target)
      return html(
        `<html><head><title>Citrix ADC VPX</title><script>var rand = "${randomInt(1_000_000_000)}.${Math.floor(Date.now() / 1000)}";</script></head><body></body></html>\n`,
      )
    case '/menu/stapp':
      return reflected(context)
    case '/rapi/filedownload':
      return download(context)
    default:
      return undefined
  }
}

function note({ visit }: SiteContext, step: string, detail: Buffer | string): void {
  visit.record(
    'citrix.exploit',
    { step, detail: evidence(typeof detail === 'string' ? detail.slice(0, 4096) : detail.subarray(0, 4096)) },
    CVE,
  )
}

/** CVE-2020-8191: the name of the application stands in the page as it came. */
function reflected(context: SiteContext): WebResponse {
  const { request, visit } = context
  const given = (request.form().get('appname') ?? request.query.get('appname') ?? '').slice(0, 4096)
  if (/[<>"']/.test(given))
    visit.record('citrix.exploit', { step: 'reflected', detail: evidence(given) }, ['cve:CVE-2020-8191', 'attack:T1190'])
  return html(`<html><head><title>${given}</title></head><body></body></html>\n`)
}

function download(context: SiteContext): WebResponse {
  const { request, appliance, host } = context
  const [, path = ''] = /^path:(\/.{1,1000})$/.exec(request.query.get('filter') ?? '') ?? []
  note(context, 'file', path)
  const text = appliance.file(path, request.source.ip) ?? readHost(host, path)
  if (text === undefined)
    return {
      status: 404,
      headers: [['Content-Type', 'application/json']],
      body: '{"errorcode":258,"message":"No such resource","severity":"ERROR"}',
      dynamic: true,
    }
  return {
    status: 406,
    headers: [
      ['Content-Type', 'application/octet-stream'],
      ['Content-Disposition', `attachment; filename="${path.slice(path.lastIndexOf('/') + 1).replace(/[^\w.-]/g, '')}"`],
    ],
    body: text,
    dynamic: true,
  }
}

const MOST_BYTES = 256 * 1024

function readHost(host: SiteContext['host'], path: string): Buffer | undefined {
  if (path === '' || path.includes('\0')) return undefined
  try {
    return host.files('nobody').read(path).subarray(0, MOST_BYTES)
  } catch (error) {
    if (error instanceof HostError) return undefined
    throw error
  }
}
