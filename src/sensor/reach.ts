import type { Persona } from '../config/persona.ts'
import type { Door } from './lure.ts'

/** What a proxy of ours finds at the far end of a connection that an attacker asks for. Nothing is ever dialled or resolved. */
export type Reach =
  /** A lure of this process plays the port. */
  | { kind: 'lure'; door: Door }
  /** Somebody takes the connection and says nothing. */
  | { kind: 'silent' }
  | { kind: 'refused' }
  /** An address that no route leads to. */
  | { kind: 'unreachable' }
  /** A name that no name server knows. */
  | { kind: 'unknown-name' }

/** Names that no name server of the Internet knows (RFC 6761, RFC 8375), or a single word. */
const NO_NAME = /(?:^|\.)(?:test|invalid|local|localdomain|internal|home\.arpa)$|^[^.]*$/i
const NAME = /^(?=.{1,253}\.?$)[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_](?:[a-z0-9_-]{0,62}))*\.?$/i
const DOTTED = /^\d{1,3}(?:\.\d{1,3}){3}$/

/**
 * Decides what is at `host`:`port`. The host is as it was asked for: an address, or a name without brackets.
 * @param door the lure that plays a port, as the lure contract gives it
 */
export function reach(host: string, port: number, persona: Persona, door: (port: number) => Door | undefined): Reach {
  if (!isAddress(host) && !isOwn(host, persona) && (NO_NAME.test(host) || !NAME.test(host))) return { kind: 'unknown-name' }
  if (port === 0 || isUnroutable(host)) return { kind: 'unreachable' }
  const lure = door(port)
  if (lure) return { kind: 'lure', door: lure }
  return isOwn(host, persona) ? { kind: 'refused' } : { kind: 'silent' }
}

function isAddress(host: string): boolean {
  return DOTTED.test(host) || host.includes(':')
}

function isOwn(host: string, persona: Persona): boolean {
  const own = persona.network.interfaces.map(({ address }) => address.split('/')[0])
  return host === 'localhost' || host === '::1' || /^127\.\d/.test(host) || host === persona.hostname || own.includes(host)
}

/** Multicast, reserved, and "this network" (RFC 6890). */
function isUnroutable(host: string): boolean {
  if (!DOTTED.test(host)) return /^ff/i.test(host) && host.includes(':')
  const first = Number(host.split('.')[0])
  return first === 0 || first >= 224
}
