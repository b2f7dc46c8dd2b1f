import { HONEYTOKEN_MARK } from '../../config/honeytoken-kinds.ts'
import { fillHoneytokenText } from '../../host/honeytokens/marked-seed.ts'
import type { HoneytokenMint } from '../../host/honeytokens/mint.ts'
import type { Json, Row } from './generate.ts'

/** Puts the secrets of one reader where a file of ours has marks for them; never into what a client wrote. */
export class ApiSecrets {
  readonly #mint: HoneytokenMint
  readonly #owner: string

  constructor(mint: HoneytokenMint, owner: string) {
    this.#mint = mint
    this.#owner = owner
  }

  reveal<T extends Json | Row>(value: T, place: string, source: string): T {
    return hasMarks(value) ? (this.#filled(value, place, source) as T) : value
  }

  #filled(value: Json, place: string, source: string): Json {
    if (typeof value === 'string') return fillHoneytokenText(value, this.#mint, { owner: this.#owner, place, source })
    if (Array.isArray(value)) return value.map((one) => this.#filled(one, place, source))
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, this.#filled(one, place, source)]))
    return value
  }
}

function hasMarks(value: Json): boolean {
  if (typeof value === 'string') return value.includes('{{honeytoken:') && value.search(HONEYTOKEN_MARK) >= 0
  return typeof value === 'object' && value !== null && Object.values(value).some(hasMarks)
}
