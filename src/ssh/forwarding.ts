import type { Persona } from '../config/persona.ts'
import { type Evidence, evidence } from '../events/bytes.ts'
import type { Channel, ChannelOwner } from './channel.ts'
import type { Refusal } from './connection.ts'
import type { ForwardTarget } from './messages.ts'

export interface ForwardingSetup {
  persona: Persona
  policy: 'record' | 'refuse'
  requested(target: ForwardTarget, accepted: boolean): void
  data(target: ForwardTarget, data: Evidence, bytes: number): void
}

const CONNECT_FAILED = 2
/** What is kept of the bytes that a client sends into a tunnel. */
const KEPT = 64 * 1024
/** After this long without an answer, a far server that does not understand closes. */
const SILENCE_MS = 20_000

/**
 * Where a `direct-tcpip` channel leads: nowhere, ever. A port of the host itself that nobody listens on refuses, as
 * OpenSSH passes it on; anything else opens, is listened to, and closes as a server would that has heard nothing sensible.
 */
export function forwarding(setup: ForwardingSetup): (target: ForwardTarget) => Promise<Refusal | ((channel: Channel) => ChannelOwner)> {
  return async (target) => {
    const accepted = setup.policy === 'record' && (!isLocal(target.host, setup.persona) || isListening(target.port, setup.persona))
    setup.requested(target, accepted)
    if (!accepted) return { reason: CONNECT_FAILED, text: 'Connection refused' }
    return (channel) => new Tunnel(channel, (bytes, total) => setup.data(target, evidence(bytes), total))
  }
}

/** One tunnel: takes bytes, gives none. */
class Tunnel implements ChannelOwner {
  readonly #channel: Channel
  readonly #over: (kept: Buffer, bytes: number) => void
  readonly #kept: Buffer[] = []
  #keptBytes = 0
  #bytes = 0
  #timer: NodeJS.Timeout

  constructor(channel: Channel, over: (kept: Buffer, bytes: number) => void) {
    this.#channel = channel
    this.#over = over
    this.#timer = this.#silence()
  }

  data(bytes: Buffer): undefined {
    this.#bytes += bytes.length
    const part = bytes.subarray(0, KEPT - this.#keptBytes)
    this.#keptBytes += part.length
    if (part.length) this.#kept.push(Buffer.from(part))
    clearTimeout(this.#timer)
    this.#timer = this.#silence()
  }

  eof(): void {
    this.#hangUp()
  }

  closed(): void {
    clearTimeout(this.#timer)
    if (this.#bytes) this.#over(Buffer.concat(this.#kept.splice(0)), this.#bytes)
    this.#bytes = 0
  }

  #silence(): NodeJS.Timeout {
    return setTimeout(() => this.#hangUp(), SILENCE_MS).unref()
  }

  #hangUp(): void {
    clearTimeout(this.#timer)
    this.#channel.eof()
    this.#channel.close()
  }
}

function isLocal(host: string, persona: Persona): boolean {
  const own = persona.network.interfaces.map(({ address }) => address.split('/')[0])
  return host === 'localhost' || host === '::1' || host.startsWith('127.') || host === persona.hostname || own.includes(host)
}

function isListening(port: number, persona: Persona): boolean {
  return persona.services.some(({ listens }) => listens.some((listen) => listen.transport === 'tcp' && listen.port === port))
}
