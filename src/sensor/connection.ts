import type { Duplex } from 'node:stream'

/** What a visit needs of its connection: a Socket has it, and so has a connection that stays inside the process. */
export interface Connection extends Duplex {
  readonly remoteAddress?: string | undefined
  readonly remotePort?: number | undefined
  readonly localAddress?: string | undefined
  readonly localPort?: number | undefined
  readonly bytesRead: number
  readonly bytesWritten: number
  setNoDelay(on: boolean): unknown
  /** Drops it with RST. */
  resetAndDestroy(): unknown
}
