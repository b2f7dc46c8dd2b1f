import { randomBytes, randomInt } from 'node:crypto'
import { z } from 'zod'
import type { StateStore } from '../../store/contract.ts'
import type { WebRequest } from '../request.ts'

const Visitor = z.object({ user: z.string(), form: z.string(), source: z.string(), at: z.number() })
export type Visitor = z.infer<typeof Visitor>

/** Sessions of an application end after so long, milliseconds. */
const LIFETIME = 24 * 3_600_000
const LETTERS = 'abcdefghijklmnopqrstuv0123456789'

/** Who is signed in on a persona's site, by the value of the session cookie. */
export class Visitors {
  readonly #state: StateStore
  readonly #scope: string

  constructor(state: StateStore, persona: string) {
    this.#state = state
    this.#scope = `http.visitors.${persona}`
  }

  of(request: WebRequest, cookie: string, now = Date.now()): Visitor | undefined {
    const value = request.cookies.get(cookie)
    if (!value || value.length > 64) return undefined
    const kept = this.#state.get(this.#scope, value)
    if (!kept) return undefined
    const visitor = Visitor.parse(JSON.parse(kept.toString('utf8')))
    if (now - visitor.at < LIFETIME) return visitor
    this.#state.delete(this.#scope, value)
    return undefined
  }

  /** @returns the value of the cookie */
  signIn(visitor: Visitor, cookie: string): string {
    const value = newSessionId(cookie)
    this.#state.set(this.#scope, value, JSON.stringify(visitor))
    return value
  }

  signOut(value: string): void {
    this.#state.delete(this.#scope, value)
  }
}

/** An id as the application makes it: PHP's 26 letters of 5 bits, 32 hex digits elsewhere. */
export function newSessionId(cookie: string): string {
  if (/^sysauth/.test(cookie)) return randomBytes(16).toString('hex')
  return Array.from({ length: 26 }, () => LETTERS[randomInt(LETTERS.length)]).join('')
}
