import { isIPv6 } from 'node:net'
import type { Endpoint, Witness } from '../../sensor/visit.ts'
import type { SipEvents } from './events.ts'

/** What the PBX has of the way that a request came: who sent it, and how answers go back. */
export interface Line extends Pick<Witness<SipEvents>, 'record' | 'login'> {
  readonly transport: 'UDP' | 'TCP' | 'TLS'
  readonly source: Endpoint
  /** Our own address as the caller sees it. */
  readonly own: Endpoint
  /** Whether the source receives what we send it. Always so over a connection. */
  readonly isProven: boolean
  prove(): void
  /** Sends now or later. */
  send(bytes: Buffer): void
}

/** `192.0.2.5:5060`, `[2001:db8::5]:5060`. */
export function hostPort({ ip, port }: Endpoint): string {
  return `${isIPv6(ip) ? `[${ip}]` : ip}:${port}`
}
