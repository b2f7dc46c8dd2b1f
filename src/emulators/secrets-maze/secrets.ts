import { randomBytes, randomInt } from 'node:crypto'
import { HONEYTOKEN_KINDS, type HoneytokenKind } from '../../config/honeytoken-kinds.ts'
import type { HoneytokenMint } from '../../host/honeytokens/mint.ts'
import words from './facts/words.json' with { type: 'json' }

/** Whose secrets they are, and who reads them where. */
export interface SecretsFacts {
  owner: string
  domain: string
  /** Names of its staff, at least one. */
  people: readonly string[]
  place: string
  source: string
  /** Secrets that are minted at most. */
  most: number
}

/**
 * The secrets of one document. The first are minted for who reads it, and are reported when they come back; those behind
 * look alike and are nobody's, so that an endless document does not push everybody else's out of the memory.
 */
export class Secrets {
  readonly domain: string
  readonly #mint: HoneytokenMint
  readonly #owner: string
  readonly #place: string
  readonly #source: string
  readonly #people: readonly string[]
  readonly #most: number
  #minted = 0

  constructor(mint: HoneytokenMint, facts: SecretsFacts) {
    this.#mint = mint
    this.#owner = facts.owner
    this.domain = facts.domain
    this.#place = facts.place
    this.#source = facts.source
    this.#people = facts.people
    this.#most = facts.most
  }

  /** @param name what the secret opens; for a password its user */
  of(kind: HoneytokenKind, name: string): string {
    if (this.#minted >= this.#most) return HONEYTOKEN_KINDS[kind](randomBytes)
    this.#minted++
    return this.#mint.mint({ kind, name: `${name}`.slice(0, 32), owner: this.#owner, place: this.#place }, this.#source)
  }

  service(n: number): string {
    const { services } = words
    const round = Math.floor(n / services.length)
    return `${services[n % services.length]}${round === 0 ? '' : `-${round + 1}`}`
  }

  person(n: number): { name: string; email: string } {
    const name = this.#people[n % this.#people.length] as string
    const local = name.toLowerCase().replace(' ', '.')
    return { name, email: `${local}${n < this.#people.length ? '' : n}@${this.domain}` }
  }

  number(from: number, to: number): number {
    return randomInt(from, to + 1)
  }
}
