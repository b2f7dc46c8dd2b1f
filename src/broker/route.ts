import { Resolver } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { Addresses } from './addresses.ts'
import type { Hour } from './meter.ts'
import { Failure, Refusal } from './refusal.ts'
import type { Target } from './target.ts'

/** An address that was judged, and nothing that anybody could resolve once more. */
export interface Route {
  address: string
  port: number
}

/** The addresses of a name. @throws when there are none, and when the signal aborts */
export type Resolve = (name: string, signal: AbortSignal) => Promise<string[]>

/** Turns a target into an address that may be connected to. */
export class Router {
  readonly addresses: Addresses
  readonly #hour: Hour
  readonly #resolve: Resolve

  constructor(addresses: Addresses, hour: Hour, resolve: Resolve = nameServers()) {
    this.addresses = addresses
    this.#hour = hour
    this.#resolve = resolve
  }

  /**
   * Resolves a name once and judges all that it leads to: one address that is refused makes the name refused.
   * @throws {Refusal} @throws {Failure} when a name leads nowhere
   */
  async route({ host, port }: Target, signal: AbortSignal): Promise<Route> {
    const closed = this.addresses.refusalOfPort(port)
    if (closed !== undefined) throw new Refusal(closed)
    const found = isIP(host) === 0 ? await this.#resolve(host, signal) : [host]
    signal.throwIfAborted()
    const [address] = found
    if (address === undefined) throw new Failure(`${host} has no address`)
    for (const one of found) {
      const refusal = this.addresses.refusalOf(one)
      if (refusal !== undefined) throw new Refusal(host === one ? `${one} ${refusal}` : `${host} leads to ${one}, which ${refusal}`)
    }
    this.#hour.takeConnection(address)
    return { address, port }
  }
}

/**
 * Asks the name servers of this machine; its file of hosts is not looked into. IPv4 first, since more machines reach it.
 * @param servers others instead, as `address:port`
 */
export function nameServers(servers?: readonly string[]): Resolve {
  return async (name, signal) => {
    const resolver = new Resolver({ timeout: 3_000, tries: 2 })
    if (servers) resolver.setServers(servers)
    const cancel = (): void => resolver.cancel()
    signal.addEventListener('abort', cancel, { once: true })
    try {
      const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)])
      return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
    } finally {
      signal.removeEventListener('abort', cancel)
    }
  }
}
