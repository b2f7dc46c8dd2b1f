import { evidence } from '../../events/bytes.ts'
import type { Honeytoken } from '../../host/honeytokens/mint.ts'
import { html, pageFacts, type StaticFiles, type WebResponse, type WebServer } from '../../http/index.ts'
import { loginPage, portalPage } from './files.ts'
import { authentication, lacksConsumer, openidConfiguration, passiveSignIn, serviceCookie, startWebView } from './leaks.ts'
import { managementAnswer } from './management.ts'
import { authenticateResponse } from './nf-forms.ts'
import { portalScript } from './portal-scripts.ts'
import { engineAnswer, engineError, movedTo, type SiteContext, toLogin } from './site-context.ts'

/** Longest target of formssso that the buffer holds. */
const FORMS_SSO_BUFFER = 130

/** Answers one request as the gateway would. */
export async function citrixAnswer(context: SiteContext, files: StaticFiles, server: WebServer): Promise<WebResponse> {
  const { request } = context
  const leak = returnedToken(context)
  const planted = await portalScript(context)
  if (planted) return planted
  const answer = gateway(context, leak !== undefined) ?? managementAnswer(context)
  if (answer) return answer
  if (/\.(php|pl|sh)$/.test(request.path)) noteWebShell(context)
  if (files.resolve(request.path)) return framed(files.answer(request))
  return server.page(404, pageFacts(request))
}

function gateway(context: SiteContext, hasSession: boolean): WebResponse | undefined {
  const { request, owner } = context
  switch (request.path) {
    case '/':
      return hasSession ? html(portalPage(owner, userOf(owner.company))) : toLogin()
    case '/vpn':
    case '/vpn/':
      return toLogin()
    case '/vpn/index.html':
      return framed({
        status: 200,
        headers: [['Content-Type', 'text/html']],
        body: loginPage(owner, request.cookies.get('NSC_VPNERR')),
        file: { modified: owner.build.at },
      })
    case '/logon/LogonPoint':
    case '/logon/LogonPoint/':
      return movedTo('/logon/LogonPoint/index.html')
    case '/cgi/login':
      return login(context)
    case '/cgi/logout':
      return logout(context)
    case '/cgi/setclient':
      return hasSession ? html(portalPage(owner, userOf(owner.company))) : toLogin()
    case '/nf/auth/getAuthenticationRequirements.do':
      return {
        status: 200,
        headers: [['Content-Type', 'application/vnd.citrix.authenticateresponse-1+xml; charset=utf-8']],
        body: authenticateResponse(Buffer.alloc(0)),
      }
    case '/nf/auth/doAuthentication.do':
    case '/p/u/doAuthentication.do':
      return authentication(context)
    case '/nf/auth/startwebview.do':
      return startWebView(context)
    case '/oauth/idp/.well-known/openid-configuration':
      return openidConfiguration(context)
    case '/oauth/idp/logout':
      return oauthLogout(context)
    case '/logon/LogonPoint/Authentication/GetUserName':
      return userName(hasSession, owner.company)
    case '/gwtest/formssso':
      return formsSso(context)
    case '/saml/login':
    case '/cgi/samlauth':
      return samlLogin(context)
    case '/wsfed/passive':
      return passiveSignIn(context)
    default:
      return undefined
  }
}

/** `login` and `passwd` of the form; whoever is refused sees the form again, with a cookie that says why. */
function login(context: SiteContext): WebResponse {
  const { request, signIn, tokens } = context
  if (request.method !== 'POST') return toLogin()
  const form = request.form()
  const accepted = signIn('form', form.get('login') ?? '', form.get('passwd') ?? '')
  if (!accepted) return movedTo('/vpn/index.html', [['Set-Cookie', 'NSC_VPNERR=4001;Path=/;Secure']])
  return movedTo('/cgi/setclient?wica', [['Set-Cookie', `NSC_AAAC=${tokens.mint(request.source.ip)};Path=/;Secure;HttpOnly`]])
}

/** CVE-2023-3519: the parameter is copied into a buffer on the stack. What follows the return address is code; it is kept. */
function formsSso({ request, visit }: SiteContext): WebResponse | undefined {
  const [, raw] = /(?:^|&)target=([^&]*)/.exec(request.search) ?? []
  if (raw === undefined) return undefined
  const target = Buffer.from(
    raw.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  )
  visit.record('citrix.exploit', { step: 'overflow', detail: evidence(target.subarray(0, 4096)) }, ['cve:CVE-2023-3519', 'attack:T1190'])
  if (target.length <= FORMS_SSO_BUFFER) return html('', 200)
  visit.capture(target, { how: 'citrix.formssso' })
  return engineError(43_550)
}

/** CVE-2023-24488: the address goes into the head as it is. */
function oauthLogout({ request, visit }: SiteContext): WebResponse {
  const wanted = (request.query.get('post_logout_redirect_uri') ?? '/vpn/index.html').slice(0, 4096)
  if (/[\r\n]/.test(wanted))
    visit.record('citrix.exploit', { step: 'header-injection', detail: evidence(wanted) }, ['cve:CVE-2023-24488', 'attack:T1190'])
  return engineAnswer('302 Object Moved', [['Location', wanted]], '')
}

/** CVE-2025-12101: what a logout of SAML carries along goes into the head as it is. */
function logout({ request, visit }: SiteContext): WebResponse {
  const form = request.form()
  const relayed = form.get('RelayState')
  if (request.method !== 'POST' || relayed === null || !form.has('SAMLResponse')) return movedTo('/vpn/logout.html')
  const state = Buffer.from(relayed.slice(0, 8192), 'base64').toString('latin1')
  visit.record('citrix.exploit', { step: 'header-injection', detail: evidence(state) }, ['cve:CVE-2025-12101', 'attack:T1190'])
  return engineAnswer('302 Object Moved', [['Location', state || '/vpn/logout.html']], '')
}

function samlLogin(context: SiteContext): WebResponse {
  const { request, visit } = context
  const asked = request.form().get('SAMLRequest')
  if (asked !== null && lacksConsumer(asked)) return serviceCookie(context, asked)
  const assertion = request.form().get('SAMLResponse') ?? asked
  if (assertion !== null) visit.record('citrix.exploit', { step: 'saml', detail: evidence(assertion.slice(0, 4096)) }, ['attack:T1190'])
  return {
    status: 200,
    headers: [['Content-Type', 'text/html; charset=utf-8']],
    body: '<html><body><b>SAML Assertion verification failed; Please contact your administrator</b></body></html>',
  }
}

function userName(hasSession: boolean, company: string): WebResponse {
  const headers: [string, string][] = [['Content-Type', 'text/plain; charset=utf-8']]
  return hasSession ? { status: 200, headers, body: userOf(company) } : { status: 401, headers, body: '' }
}

const USERS = ['a.keller', 'm.santos', 'svc-citrix', 'j.whitfield', 'p.lindgren']

/** Whose session a leaked cookie seems to be. */
function userOf(company: string): string {
  return USERS[company.length % USERS.length] as string
}

/** A cookie that we leaked has come back: from whom it was taken, and who uses it. */
function returnedToken({ request, visit, tokens }: SiteContext): Honeytoken | undefined {
  const given = request.cookies.get('NSC_AAAC')
  const leak = given === undefined || given.length > 400 ? undefined : tokens.read(given)
  if (!leak) return undefined
  visit.record('citrix.token', { leakedTo: leak.mintedFor, leakedAt: leak.mintedAt, sameSource: leak.mintedFor === request.source.ip }, [
    'canary:citrix-session',
    'attack:T1550.004',
  ])
  return leak
}

/** Shells of earlier visitors are looked for below these folders; there are none. */
function noteWebShell({ request, visit }: SiteContext): void {
  if (!/^\/(?:logon\/LogonPoint\/uiareas|vpn|netscaler\/logon|logon)\//.test(request.path)) return
  visit.record(
    'citrix.exploit',
    { step: 'web-shell', detail: evidence(request.body.length > 0 ? request.body.subarray(0, 4096) : request.target.slice(0, 2048)) },
    ['attack:T1505.003'],
  )
}

function framed(response: WebResponse): WebResponse {
  return { ...response, headers: [['X-Frame-Options', 'SAMEORIGIN'], ...(response.headers ?? [])] }
}
