import { randomInt } from 'node:crypto'
import { evidence } from '../../events/bytes.ts'
import type { WebResponse } from '../../http/index.ts'
import { leakedMemory } from './memory.ts'
import { authenticateResponse } from './nf-forms.ts'
import { engineError, type SiteContext, toLogin } from './site-context.ts'

/** Size of the buffer that the answer is printed into. */
const BUFFER = 0x20000
const JSON_TYPE: [string, string] = ['Content-Type', 'application/json; charset=utf-8']
const NO_STORE: [string, string] = ['Cache-Control', 'no-cache, no-store, must-revalidate']

/**
 * CVE-2023-4966: the answer holds the Host six times, and its length is what snprintf would have written: a Host that is
 * long enough makes the appliance send what lies behind its buffer.
 */
export function openidConfiguration(context: SiteContext): WebResponse {
  const { request } = context
  const host = request.header('host') ?? ''
  const whole = Buffer.from(configuration(host), 'latin1')
  if (whole.length <= BUFFER) return { status: 200, headers: [JSON_TYPE, NO_STORE], body: whole }
  context.visit.record('citrix.exploit', { step: 'leak', detail: `Host of ${host.length} bytes` }, [
    'cve:CVE-2023-4966',
    'attack:T1190',
    'attack:T1539',
  ])
  if (!context.mayLeak()) return engineError(43_531)
  const behind = leakedMemory(whole.length - BUFFER, context.tokens.mint(request.source.ip))
  return { status: 200, headers: [JSON_TYPE, NO_STORE], body: Buffer.concat([whole.subarray(0, BUFFER), behind]) }
}

function configuration(host: string): string {
  const at = (path: string): string => `"https://${host}${path}"`
  return `{"issuer": ${at('')}, "authorization_endpoint": ${at('/oauth/idp/login')}, "token_endpoint": ${at('/oauth/idp/token')}, "jwks_uri": ${at('/oauth/idp/certs')}, "response_types_supported": ["code", "token", "id_token"], "id_token_signing_alg_values_supported": ["RS256"], "end_session_endpoint": ${at('/oauth/idp/logout')}, "frontchannel_logout_supported": true, "scopes_supported": ["openid", "ctxs_cc"], "claims_supported": ["sub", "iss", "aud", "exp", "iat", "auth_time", "acr", "amr", "email", "given_name", "family_name", "nickname"], "userinfo_endpoint": ${at('/oauth/idp/userinfo')}, "subject_types_supported": ["public"]}`
}

const LEAK_BYTES = 127
/** One in so many leaks of CVE-2025-5777 holds a cookie. */
const RARELY = 4

/** `doAuthentication.do`: a login, or, where `login` has no value, the memory in its place (CVE-2025-5777). */
export function authentication(context: SiteContext): WebResponse {
  const { request } = context
  const form = request.form()
  const body = request.body.toString('latin1')
  if (form.has('login') && form.has('passwd')) {
    const accepted = context.signIn('nfactor', form.get('login') ?? '', form.get('passwd') ?? '')
    if (accepted) return success(context)
    return forms(authenticateResponse(Buffer.alloc(0), 'Try again or contact your help desk'))
  }
  if (!/(^|&)login(&|$)/.test(body)) return forms(authenticateResponse(Buffer.alloc(0)))
  context.visit.record('citrix.exploit', { step: 'leak', detail: evidence(body.slice(0, 1024)) }, [
    'cve:CVE-2025-5777',
    'attack:T1190',
    'attack:T1539',
  ])
  if (!context.mayLeak()) return engineError(43_549)
  return forms(authenticateResponse(scrap(context)))
}

/** Printable and not, changing each time; `<` would end the value. */
function scrap({ tokens, request }: SiteContext): Buffer {
  const bytes = leakedMemory(LEAK_BYTES, undefined).map((byte) =>
    byte === 0 ? 0x41 + randomInt(26) : byte === 0x3c || byte === 0x26 ? 0x2e : byte,
  )
  if (randomInt(RARELY) > 0) return Buffer.from(bytes)
  return Buffer.from(`=${tokens.mint(request.source.ip)};${Buffer.from(bytes.subarray(0, 8)).toString('latin1')}`, 'latin1')
}

function success({ tokens, request }: SiteContext): WebResponse {
  const body =
    '<?xml version="1.0" encoding="UTF-8"?><AuthenticateResponse xmlns="http://citrix.com/authentication/response/1"><Status>success</Status><Result>success</Result><StateContext></StateContext><RedirectURL>/cgi/setclient?wica</RedirectURL></AuthenticateResponse>'
  return { status: 200, headers: [XML_TYPE, ['Set-Cookie', `NSC_AAAC=${tokens.mint(request.source.ip)};Path=/;Secure;HttpOnly`]], body }
}

const XML_TYPE: [string, string] = ['Content-Type', 'application/vnd.citrix.authenticateresponse-1+xml; charset=utf-8']

function forms(body: Buffer): WebResponse {
  return { status: 200, headers: [XML_TYPE, NO_STORE, ['X-Frame-Options', 'SAMEORIGIN']], body }
}

/** `startwebview.do` prints the Host too; a long one shows what was in the buffer before. */
export function startWebView(context: SiteContext): WebResponse {
  const host = context.request.header('host') ?? ''
  const isLong = host.length > 4096
  if (isLong) context.visit.record('citrix.exploit', { step: 'leak', detail: `Host of ${host.length} bytes` }, ['attack:T1190'])
  const page = `<html><head><script>window.location="https://${host.replace(/[<>"&]/g, '')}/nf/auth/webview/done";</script></head><body></body></html>`
  const behind =
    isLong && context.mayLeak()
      ? [authenticateResponse(Buffer.alloc(0)), leakedMemory(512, context.tokens.mint(context.request.source.ip))]
      : []
  return {
    status: 200,
    headers: [['Content-Type', 'text/html; charset=utf-8'], NO_STORE],
    body: Buffer.concat([Buffer.from(page, 'latin1'), ...behind]),
  }
}

/** Bytes of memory in the cookie of one answer. */
const COOKIE_LEAK_BYTES = 384

/** Whether a request of SAML says not where its answer should go. */
export function lacksConsumer(samlRequest: string): boolean {
  const xml = Buffer.from(samlRequest.slice(0, 64 * 1024), 'base64').toString('latin1')
  return /AuthnRequest\b/.test(xml) && !xml.includes('AssertionConsumerServiceURL')
}

/** CVE-2026-3055: the service that asked stands in a cookie until the login is done; where it says not which it is, memory does. */
export function serviceCookie(context: SiteContext, detail: string): WebResponse {
  context.visit.record('citrix.exploit', { step: 'leak', detail: evidence(detail.slice(0, 4096)) }, [
    'cve:CVE-2026-3055',
    'attack:T1190',
    'attack:T1539',
  ])
  if (!context.mayLeak()) return engineError(43_562)
  const memory = leakedMemory(COOKIE_LEAK_BYTES, context.tokens.mint(context.request.source.ip))
  return toLogin([['Set-Cookie', `NSC_TASS=${memory.toString('base64')};HttpOnly;Path=/;Secure`]])
}

/** WS-Federation: a `wctx` without a value makes the same cookie. */
export function passiveSignIn(context: SiteContext): WebResponse {
  const { request } = context
  return /(?:^|[?&])wctx(?:&|$)/.test(request.search) ? serviceCookie(context, request.target) : toLogin()
}
