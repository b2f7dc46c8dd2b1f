import { evidence } from '../../events/bytes.ts'
import { LoginDesk } from '../../sensor/login-desk.ts'
import type { HeaderLine } from '../headers.ts'
import { escapeHtml } from '../html.ts'
import type { WebRequest } from '../request.ts'
import { redirect, type WebResponse } from '../response.ts'
import type { LureContext } from './context.ts'
import { FormToken } from './form-token.ts'
import type { Visitor, Visitors } from './visitors.ts'

export type LoginForm = NonNullable<NonNullable<LureContext['persona']['web']>['logins']>[number]

/** Fields that PHP sends once a session was started. */
const PHP_SESSION: readonly HeaderLine[] = [
  ['Expires', 'Thu, 19 Nov 1981 08:52:00 GMT'],
  ['Cache-Control', 'no-store, no-cache, must-revalidate'],
  ['Pragma', 'no-cache'],
]

/** Whether user and password open the site, by the same policy as every other door of the host. The try is recorded. */
export function admitVisitor(
  request: WebRequest,
  context: LureContext,
  method: 'form' | 'basic',
  username: string,
  password: string,
): boolean {
  return new LoginDesk(request.visit, context).password(method, Buffer.from(username), Buffer.from(password))
}

/** The form as a visitor sees it, and what begins a session with it. */
export interface ShownForm {
  page: Buffer | undefined
  headers: readonly HeaderLine[]
}

const EXPIRED = 419

/** A form was sent: into the site with a session, or back to the form. */
export function signIn(request: WebRequest, context: LureContext, login: LoginForm, visitors: Visitors, form: ShownForm): WebResponse {
  const username = request.form().get(login.user) ?? ''
  const password = request.form().get(login.password) ?? ''
  const token = login.token ? request.form().get(login.token.field) : null
  if (login.token && token !== null && !new FormToken(request, context).isValid(token)) {
    const pair = { username: evidence(Buffer.from(username)), password: evidence(Buffer.from(password)) }
    request.visit.login({ method: 'form', ...pair, accepted: false })
    return { ...formPage(login, form, login.token.expired), status: EXPIRED }
  }
  if (!admitVisitor(request, context, 'form', username, password)) return formPage(login, form, login.wrong)
  const visitor: Visitor = { user: username, form: login.form, source: request.source.ip, at: Date.now() }
  const cookie = `${login.cookie}=${visitors.signIn(visitor, login.cookie)}; ${login.attributes}`
  return redirect(login.home, 302, [['Set-Cookie', cookie], ...(login.action.endsWith('.php') ? PHP_SESSION : [])])
}

/** The page with the form, with a message over it. */
export function formPage(login: LoginForm, form: ShownForm, message?: string): WebResponse {
  const page = form.page?.toString('utf8') ?? `<form method="post" action="${escapeHtml(login.action)}"></form>`
  const body = message === undefined ? page : page.replace(/<form\b/i, (mark) => `<p class="error">${escapeHtml(message)}</p>\n${mark}`)
  return { status: login.status, headers: [['Content-Type', 'text/html; charset=UTF-8'], ...form.headers], body, dynamic: true }
}
