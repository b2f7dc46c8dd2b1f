import { randomInt } from 'node:crypto'
import type { Honeytoken, HoneytokenMint } from '../../host/honeytokens/mint.ts'

/** Sessions whose cookies lie in the memory that a source reads. */
const SESSIONS = 6

/** Session cookies (NSC_AAAC) that were never anybody's: one that comes back says whom it was leaked to. */
export class SessionTokens {
  readonly #mint: HoneytokenMint
  readonly #owner: string

  constructor(mint: HoneytokenMint, owner: string) {
    this.#mint = mint
    this.#owner = owner
  }

  mint(source: string, now = Date.now()): string {
    const name = `session-${randomInt(SESSIONS)}`
    return this.#mint.mint({ kind: 'netscaler-cookie', name, owner: this.#owner, place: 'NSC_AAAC' }, source, now)
  }

  /** The session of a cookie; undefined when it is none of ours. */
  read(cookie: string): Honeytoken | undefined {
    return this.#mint.find(cookie).find(({ kind, value }) => kind === 'netscaler-cookie' && value === cookie)
  }
}
