import { createHmac, timingSafeEqual } from 'node:crypto'
import type { HeaderLine } from '../headers.ts'
import type { WebRequest } from '../request.ts'
import type { LureContext } from './context.ts'
import { newSessionId } from './visitors.ts'

/**
 * The token against forged requests that forms of a site carry. It belongs to the visitor's session. A session has an id and
 * nothing else: the token is derived from it, so that strangers cannot fill a memory.
 */
export class FormToken {
  readonly #cookie: string
  readonly #key: Buffer
  #session: string | undefined

  constructor(request: WebRequest, { persona, identity }: Pick<LureContext, 'persona' | 'identity'>) {
    this.#cookie = persona.web?.logins?.[0]?.cookie ?? 'PHPSESSID'
    this.#key = identity.bytes(`persona/${persona.name}/csrf`, 32)
    const sent = request.cookies.get(this.#cookie)
    this.#session = sent !== undefined && /^[\w,-]{16,64}$/.test(sent) ? sent : undefined
  }

  /** @returns the header that begins a session; undefined when there is one */
  start(): HeaderLine | undefined {
    if (this.#session !== undefined) return undefined
    this.#session = newSessionId(this.#cookie)
    return ['Set-Cookie', `${this.#cookie}=${this.#session}; path=/; HttpOnly; SameSite=Lax`]
  }

  get value(): string {
    return createHmac('sha256', this.#key)
      .update(this.#session ?? '')
      .digest('hex')
  }

  isValid(given: string): boolean {
    const [a, b] = [Buffer.from(given), Buffer.from(this.value)]
    return this.#session !== undefined && a.length === b.length && timingSafeEqual(a, b)
  }
}
