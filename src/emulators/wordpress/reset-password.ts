import { evidence } from '../../events/bytes.ts'
import { HoneytokenMint } from '../../host/honeytokens/mint.ts'
import type { WebResponse } from '../../http/index.ts'
import type { BlogUser } from './blog.ts'
import { NO_CACHE, redirectBy, type SiteContext } from './site-context.ts'

/** The key of a reset, which is this visitor's own: it tells on who uses it. */
export function resetKey({ lure, visit }: SiteContext, user: BlogUser): string {
  const place = { kind: 'wordpress-reset-key', name: user.login, owner: lure.persona.name, place: 'mail log of Post SMTP' } as const
  return HoneytokenMint.of(lure).mint(place, visit.source.ip)
}

/** Somebody who may choose a new password. */
export interface Resetting {
  user: BlogUser
  key: string
}

/** `?action=rp&key=…&login=…` of the mail moves its key into a cookie, and shows itself again without. */
export function beginReset(context: SiteContext): WebResponse | undefined {
  const { request, url, blog } = context
  const key = request.query.get('key')
  if (key === null) return undefined
  const user = blog.user(request.query.get('login') ?? '')
  if (!user || key !== resetKey(context, user)) return invalidKey(url)
  const cookie = `wp-resetpass-${blog.cookieHash}=${encodeURIComponent(`${user.login}:${key}`)}; path=/wp-login.php; HttpOnly`
  return redirectBy(`${url}/wp-login.php?action=rp`, 302, [...NO_CACHE, ['Set-Cookie', cookie]])
}

/** Who holds the cookie of a reset. */
export function resetting(context: SiteContext): Resetting | undefined {
  const { request, blog } = context
  const [, login = '', key = ''] =
    /^([^:%]{1,60})(?::|%3A)(\w{20})$/i.exec(request.cookies.get(`wp-resetpass-${blog.cookieHash}`) ?? '') ?? []
  const user = blog.user(login)
  return user && key === resetKey(context, user) ? { user, key } : undefined
}

export function invalidKey(url: string): WebResponse {
  return redirectBy(`${url}/wp-login.php?action=lostpassword&error=invalidkey`, 302, NO_CACHE)
}

/** The new password holds for this source alone; to everybody else the account stays what it was. */
export function resetPassword({ members, visit }: SiteContext, { user }: Resetting, password: string): void {
  visit.login({ method: 'reset', username: evidence(user.login), password: evidence(password.slice(0, 1024)), accepted: true })
  members.keep(user.login, password, user.email)
}
