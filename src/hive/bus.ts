import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { connect, type NatsConnection, type NodeConnectionOptions, nkeyAuthenticator } from '@nats-io/transport-node'
import type { Membership } from '../config/membership.ts'
import { inboxOf } from './names.ts'

const PING_MS = 10_000

export type Access = Pick<Membership, 'url' | 'seed' | 'certificate'>

/**
 * Connects to the bus of a hive: its own server and no other that it may name, its own certificate and no other. Trying again
 * is the caller's.
 * @param sensor whose inbox is listened to; absent for the hive itself
 * @param pingMs between two signs of life; a server that misses two of them is away
 */
export async function connectToBus({ url, seed, certificate }: Access, sensor?: string, pingMs = PING_MS): Promise<NatsConnection> {
  const options: NodeConnectionOptions = {
    servers: [url.replace(/^nats:\/\//, '')],
    name: `sundew ${sensor ?? 'hive'}`,
    authenticator: nkeyAuthenticator(new TextEncoder().encode(seed)),
    // The certificate itself is pinned, so what names stand in it does not matter.
    tls: { ca: certificate, checkServerIdentity: () => undefined } as { ca: string },
    ignoreClusterUpdates: true,
    reconnect: false,
    timeout: 10_000,
    pingInterval: pingMs,
    maxPingOut: 2,
    ...(sensor === undefined ? {} : { inboxPrefix: inboxOf(sensor) }),
  }
  const sockets = new Set<Socket>()
  const note = (message: unknown): void => void sockets.add((message as { socket: Socket }).socket)
  subscribe('net.client.socket', note)
  try {
    return await connect(options)
  } catch (error) {
    // The client forgets a socket on which the greeting or the handshake stayed away, and it would keep the process from ending.
    const port = Number(new URL(url).port || 4222)
    for (const socket of sockets) if (socket.remotePort === port) socket.destroy()
    throw error
  } finally {
    unsubscribe('net.client.socket', note)
  }
}

/** Words for what went wrong on the way to the bus. */
export function busTrouble(error: unknown, url: string): { what: string; cure: string } {
  const message = error instanceof Error ? error.message : String(error)
  const cause = error instanceof Error && error.cause instanceof Error ? `${message} ${error.cause.message}` : message
  if (/ENOTFOUND|EAI_AGAIN/.test(cause))
    return { what: `${url}: there is no host of that name`, cure: 'correct the name, or your resolver' }
  if (/refused/i.test(cause)) return { what: `${url} does not listen`, cure: 'start nats-server there, or open its port in the firewall' }
  if (/authorization|authentication/i.test(cause))
    return { what: `${url} does not know this key`, cure: 'it was revoked, or nats-server was not reloaded: ask for a new token' }
  if (/permission/i.test(cause))
    return { what: `${url} forbids that: ${message}`, cure: 'reload nats-server with the file that the hive wrote' }
  if (/self.signed|certificate|verify/i.test(cause))
    return {
      what: `${url} shows another certificate than it did`,
      cure: 'if the hive was set up anew, join again with a new token; else somebody is in between',
    }
  if (/maximum \w+ exceeded|insufficient|resource limits? exceeded/i.test(cause))
    return {
      what: `the stream of ${url} is full`,
      cure: 'a hive that is served empties it; else give nats-server more disk, or the stream a higher bound',
    }
  if (/no responders|503|(stream|consumer) not found/i.test(cause))
    return { what: `${url} has no stream for this`, cure: 'start the hive: sundew hive serve' }
  if (/timeout|EHOSTUNREACH|ENETUNREACH/i.test(cause))
    return { what: `${url} does not answer`, cure: 'look at the network and the firewall between here and there' }
  return { what: `${url}: ${message}`, cure: 'look into the log of nats-server' }
}
