import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Identity } from '../../config/identity.ts'
import type { WebRequest } from '../../http/index.ts'
import type { Blog, BlogUser } from './blog.ts'

/** How long a session lasts, seconds: two days. */
const LIFETIME = 2 * 86_400

/** The cookies of a session: `user|expiration|token|hmac`, which prove themselves. */
export class Sessions {
  readonly #blog: Blog
  readonly #key: Buffer

  constructor(blog: Blog, identity: Identity) {
    this.#blog = blog
    this.#key = identity.bytes('wordpress/session-key', 32)
  }

  /** Set-Cookie lines that sign a user in. */
  open(user: BlogUser, now = Date.now()): [string, string][] {
    const value = encodeURIComponent(
      this.#value(user.login, Math.floor(now / 1000) + LIFETIME, randomBytes(32).toString('base64url').slice(0, 43)),
    )
    const hash = this.#blog.cookieHash
    return [
      ['Set-Cookie', `wordpress_${hash}=${value}; path=/wp-content/plugins; HttpOnly`],
      ['Set-Cookie', `wordpress_${hash}=${value}; path=/wp-admin; HttpOnly`],
      ['Set-Cookie', `wordpress_logged_in_${hash}=${value}; path=/; HttpOnly`],
    ]
  }

  /** Who a request is from, by its cookies. @param find whom a name belongs to */
  of(request: WebRequest, find: (login: string) => BlogUser | undefined, now = Date.now()): BlogUser | undefined {
    const hash = this.#blog.cookieHash
    const given = request.cookies.get(`wordpress_logged_in_${hash}`) ?? request.cookies.get(`wordpress_${hash}`)
    if (given === undefined || given.length > 512) return undefined
    const value = given.replace(/%7C/gi, '|')
    const [login = '', expiration = '0', token = ''] = value.split('|')
    if (Number(expiration) * 1000 < now) return undefined
    const [actual, expected] = [Buffer.from(value), Buffer.from(this.#value(login, Number(expiration), token))]
    return actual.length === expected.length && timingSafeEqual(actual, expected) ? find(login) : undefined
  }

  /** Ten hexadecimal digits that a form of this user carries. */
  nonce(user: BlogUser | undefined, action: string): string {
    return createHmac('sha256', this.#key)
      .update(`${user?.login ?? ''}/${action}/${Math.floor(Date.now() / 43_200_000)}`)
      .digest('hex')
      .slice(0, 10)
  }

  #value(login: string, expiration: number, token: string): string {
    const head = `${login}|${expiration}|${token}`
    return `${head}|${createHmac('sha256', this.#key).update(head).digest('hex')}`
  }
}
