/** How many clients are held, in all and by network. */
export class Holding {
  readonly #total: number
  readonly #perNetwork: number
  readonly #byNetwork = new Map<string, number>()
  held = 0

  constructor({ total, perNetwork }: { total: number; perNetwork: number }) {
    this.#total = total
    this.#perNetwork = perNetwork
  }

  /** Takes a place. @returns what gives it back; undefined when there is none */
  enter(network: string): (() => void) | undefined {
    const mine = this.#byNetwork.get(network) ?? 0
    if (this.held >= this.#total || mine >= this.#perNetwork) return undefined
    this.held++
    this.#byNetwork.set(network, mine + 1)
    return () => this.#leave(network)
  }

  #leave(network: string): void {
    this.held--
    const mine = this.#byNetwork.get(network) ?? 0
    if (mine <= 1) this.#byNetwork.delete(network)
    else this.#byNetwork.set(network, mine - 1)
  }
}
