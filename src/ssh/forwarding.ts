import { isIP } from 'node:net'
import type { Persona } from '../config/persona.ts'
import { type Evidence, evidence } from '../events/bytes.ts'
import { InnerConnection } from '../sensor/inner-connection.ts'
import type { Door } from '../sensor/lure.ts'
import type { Endpoint } from '../sensor/visit.ts'
import type { Channel, ChannelOwner } from './channel.ts'
import type { Refusal } from './connection.ts'
import type { ForwardTarget } from './messages.ts'

export interface ForwardingSetup {
  persona: Persona
  policy: 'lures' | 'record' | 'refuse'
  /** The client of the tunnel, and the address that it reached. */
  source: Endpoint
  local: Endpoint
  /** The lure that plays a port. */
  door(port: number): Door | undefined
  requested(target: ForwardTarget, accepted: boolean, lure: string | undefined): void
  data(target: ForwardTarget, data: Evidence, bytes: number): void
}

const CONNECT_FAILED = 2
/** What is kept of the bytes that a client sends into a tunnel. */
const KEPT = 64 * 1024
/** After this long without an answer, a far server that does not understand closes. */
const SILENCE_MS = 20_000

/**
 * Where a `direct-tcpip` channel leads: never out. A lure of ours that plays the port may serve it. Else a port of the host
 * itself that nobody listens on refuses, as OpenSSH passes it on; anything else opens, is listened to, and closes as a
 * server would that has heard nothing sensible.
 */
export function forwarding(setup: ForwardingSetup): (target: ForwardTarget) => Promise<Refusal | ((channel: Channel) => ChannelOwner)> {
  return async (target) => {
    const door = setup.policy === 'lures' ? setup.door(target.port) : undefined
    const opens = door !== undefined || !isLocal(target.host, setup.persona) || isListening(target.port, setup.persona)
    const unreachable = whyUnreachable(target.host, setup.persona)
    const accepted = setup.policy !== 'refuse' && opens && unreachable === undefined
    setup.requested(target, accepted, door?.lure)
    if (!accepted) return { reason: CONNECT_FAILED, text: unreachable ?? 'Connection refused' }
    return (channel) => {
      const over = (kept: Buffer, bytes: number): void => setup.data(target, evidence(kept), bytes)
      return door ? new ServedTunnel(channel, over, setup, target, door) : new SilentTunnel(channel, over)
    }
  }
}

/** The first bytes that went into a tunnel, and the count of all. */
class Heard {
  readonly #over: (kept: Buffer, bytes: number) => void
  readonly #kept: Buffer[] = []
  #keptBytes = 0
  #bytes = 0

  constructor(over: (kept: Buffer, bytes: number) => void) {
    this.#over = over
  }

  add(bytes: Buffer): void {
    this.#bytes += bytes.length
    const part = bytes.subarray(0, KEPT - this.#keptBytes)
    this.#keptBytes += part.length
    if (part.length) this.#kept.push(Buffer.from(part))
  }

  end(): void {
    if (this.#bytes) this.#over(Buffer.concat(this.#kept.splice(0)), this.#bytes)
    this.#bytes = 0
  }
}

/** A tunnel whose other end is a lure of this process. */
class ServedTunnel implements ChannelOwner {
  readonly #heard: Heard
  readonly #connection: InnerConnection

  constructor(
    channel: Channel,
    over: (kept: Buffer, bytes: number) => void,
    { source, local }: ForwardingSetup,
    target: ForwardTarget,
    door: Door,
  ) {
    this.#heard = new Heard(over)
    this.#connection = new InnerConnection(
      source,
      { ip: local.ip, port: target.port },
      {
        send: (bytes) => channel.send(bytes),
        end: () => channel.eof(),
        close: () => channel.close(),
      },
    )
    door.enter(this.#connection)
  }

  data(bytes: Buffer): Promise<void> | undefined {
    this.#heard.add(bytes)
    return this.#connection.receive(Buffer.from(bytes))
  }

  eof(): void {
    this.#connection.receiveEnd()
  }

  closed(): void {
    this.#connection.destroy()
    this.#heard.end()
  }
}

/** A tunnel that takes bytes and gives none. */
class SilentTunnel implements ChannelOwner {
  readonly #channel: Channel
  readonly #heard: Heard
  #timer: NodeJS.Timeout

  constructor(channel: Channel, over: (kept: Buffer, bytes: number) => void) {
    this.#channel = channel
    this.#heard = new Heard(over)
    this.#timer = this.#silence()
  }

  data(bytes: Buffer): undefined {
    this.#heard.add(bytes)
    clearTimeout(this.#timer)
    this.#timer = this.#silence()
  }

  eof(): void {
    this.#hangUp()
  }

  closed(): void {
    clearTimeout(this.#timer)
    this.#heard.end()
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
  const isLoopback = host === 'localhost' || host === '::1' || host.startsWith('127.')
  return isLoopback || host === '0.0.0.0' || host === '::' || host === persona.hostname || own.includes(host)
}

/** Names that no resolver has: empty, those of RFC 2606 and 6761 that are for no use, and what looks like no name at all. */
const NO_NAME = /^$|(^|\.)(invalid|test|example|local)\.?$|[^A-Za-z0-9._:%-]/
/** Addresses to which no route leads: IPv4 from multicast on, the first network. */
const NO_ROUTE = /^(0|2[2-5]\d)\.\d+\.\d+\.\d+$/

/** Why no connection to this host comes about, in the words in which OpenSSH passes it on; undefined when one may. */
function whyUnreachable(host: string, persona: Persona): string | undefined {
  if (isLocal(host, persona)) return undefined
  if (NO_NAME.test(host)) return 'Name or service not known'
  if (isIP(host) === 4 && NO_ROUTE.test(host)) return 'open failed'
  return undefined
}

/** Whether a service of the persona listens on this TCP port. */
export function isListening(port: number, persona: Persona): boolean {
  return persona.services.some(({ listens }) => listens.some((listen) => listen.transport === 'tcp' && listen.port === port))
}
