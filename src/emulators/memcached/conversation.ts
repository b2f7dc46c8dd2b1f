import { evidence } from '../../events/bytes.ts'
import { recordIndicators } from '../../sensor/indicators.ts'
import type { Witness } from '../../sensor/visit.ts'
import type { Cache } from './cache.ts'
import type { RequestSource } from './codec.ts'
import type { MemcachedEvents } from './events.ts'
import type { Server } from './stats.ts'

/** Commands of one visit that become events; the rest is counted. */
const LISTED_COMMANDS = 3000
/** Values from which one is worth keeping, whatever it is. */
const LARGE = 4096
const PAYLOAD = /https?:\/\/|<\?php|#!\/|\x7fELF|\b(?:curl|wget)\b|BTC|bitcoin/i

/** What the commands of one connection or datagram share. */
export class Conversation {
  readonly witness: Witness<MemcachedEvents>
  readonly server: Server
  readonly cache: Cache
  readonly source: RequestSource
  readonly port: number
  #commands = 0

  constructor(given: { witness: Witness<MemcachedEvents>; server: Server; cache: Cache; source: RequestSource; port: number }) {
    this.witness = given.witness
    this.server = given.server
    this.cache = given.cache
    this.source = given.source
    this.port = given.port
  }

  /** Writes one command down, and keeps a value that looks like a tool. */
  note(
    protocol: 'text' | 'binary',
    name: string,
    key: string | undefined,
    facts: { argument?: string; value?: Buffer; found?: boolean } = {},
  ): void {
    const { argument, value, found } = facts
    if (++this.#commands <= LISTED_COMMANDS) {
      this.witness.record('memcached.command', {
        protocol,
        name,
        ...(key !== undefined && { key: evidence(Buffer.from(key.slice(0, 256), 'latin1')) }),
        ...(argument !== undefined && { argument: evidence(Buffer.from(argument.slice(0, 512), 'latin1')) }),
        ...(value && { bytes: value.length }),
        ...(found !== undefined && { found }),
      })
    }
    if (!value || (value.length < LARGE && !PAYLOAD.test(value.toString('latin1', 0, LARGE)))) return
    this.witness.capture(value, {
      how: `memcached.${name}`,
      ...(key !== undefined && { name: evidence(Buffer.from(key.slice(0, 256), 'latin1')) }),
    })
    recordIndicators(this.witness, value.toString('latin1', 0, 64 * 1024), `memcached.${name}`)
  }

  close(): void {
    if (this.#commands > LISTED_COMMANDS) this.witness.record('memcached.uncounted', { commands: this.#commands - LISTED_COMMANDS })
  }
}
