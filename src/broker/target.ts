import { isIP } from 'node:net'
import { Refusal } from './refusal.ts'

/** What can be fetched, and the port where it is spoken. */
const PORTS = { http: 80, https: 443, ftp: 21, tftp: 69, ldap: 389, ldaps: 636 } as const
export type Scheme = keyof typeof PORTS

/** Schemes that attackers use and that are only written down: their answers are code for a virtual machine that is not here. */
const RECORDED: ReadonlySet<string> = new Set(['rmi', 'iiop', 'iiopname', 'corbaname', 'corbaloc'])

export const LONGEST_URL = 2_048

export interface Target {
  scheme: Scheme
  /** A name, or an address in the one spelling that a guard can judge; without brackets. */
  host: string
  port: number
  url: URL
}

/** Of a scheme that is written down and never followed. */
export class OnlyRecorded extends Error {}

/**
 * Takes an address of an attacker apart. Nothing is resolved.
 * @throws {Refusal} when nobody may be sent there
 * @throws {OnlyRecorded}
 */
export function parseTarget(text: string): Target {
  if (text.length > LONGEST_URL) throw new Refusal(`longer than ${LONGEST_URL} characters`)
  if (text.includes('${')) throw new Refusal('a lookup is left in it')
  const url = URL.parse(text)
  if (!url) throw new Refusal('no address of a file')
  const scheme = url.protocol.slice(0, -1)
  if (RECORDED.has(scheme)) throw new OnlyRecorded(`scheme ${scheme}`)
  if (!isScheme(scheme)) throw new Refusal(`scheme ${scheme}`)
  const host = plainHost(url.hostname)
  if (host === undefined) throw new Refusal('no host')
  return { scheme, host, port: url.port === '' ? PORTS[scheme] : Number(url.port), url }
}

function isScheme(text: string): text is Scheme {
  return Object.hasOwn(PORTS, text)
}

/** Hosts of `ldap` and `tftp` stay as they were written; as one of http, 0x7f.1 and 2130706433 become the address that they are. */
function plainHost(hostname: string): string | undefined {
  const { host } = (hostname === '' ? undefined : URL.parse(`http://${hostname}/`)) ?? { host: '' }
  const plain = host.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')
  if (plain === '' || (isIP(plain) === 0 && !/^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63}){0,30}$/.test(plain))) return undefined
  return plain
}

/**
 * The path of a URL as a protocol of text or a directory gets it, without its first slash.
 * @throws {Refusal} for control characters: a path with a line end is a command to a server that speaks something else
 */
export function pathOf({ url }: Target): string {
  const path = decoded(url.pathname.slice(1))
  if (/[\u0000-\u001f\u007f]/.test(path)) throw new Refusal('control characters in its path')
  return path
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
