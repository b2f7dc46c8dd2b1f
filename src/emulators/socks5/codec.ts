/**
 * SOCKS 5 (RFC 1928), its login (RFC 1929), SOCKS 4 and 4A.
 *
 *   client: 05 n methods                       us: 05 method
 *   client: 01 user password                   us: 01 status
 *   client: 05 command 00 address port         us: 05 reply 00 address port
 *   client: 04 command port address user 00    us: 00 reply port address
 */
import { isIPv6 } from 'node:net'

/** Not a message of SOCKS. */
export class SocksError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'SocksError'
  }
}

export const METHOD = { NONE: 0, GSSAPI: 1, USERNAME: 2, NO_ACCEPTABLE: 0xff } as const
export const COMMAND = { CONNECT: 1, BIND: 2, UDP_ASSOCIATE: 3 } as const
export const ADDRESS_TYPE = { IPV4: 1, NAME: 3, IPV6: 4 } as const
/** RFC 1928 §6. */
export const REPLY = {
  SUCCEEDED: 0,
  FAILURE: 1,
  NOT_ALLOWED: 2,
  NETWORK_UNREACHABLE: 3,
  HOST_UNREACHABLE: 4,
  REFUSED: 5,
  ADDRESS_TYPE: 8,
} as const
export const REPLY4 = { GRANTED: 0x5a, REJECTED: 0x5b } as const

/** An address as SOCKS 5 carries it. */
export interface SocksAddress {
  type: number
  /** Dotted, `a:b:…`, or the name in Latin-1. */
  host: string
  port: number
}

/** Bytes of the address behind its type, without the port; of a name by its length byte. @throws SocksError for other types */
export function addressLength(type: number, nameLength: number): number {
  if (type === ADDRESS_TYPE.IPV4) return 4
  if (type === ADDRESS_TYPE.IPV6) return 16
  if (type === ADDRESS_TYPE.NAME) return nameLength
  throw new SocksError(`address type ${type}`)
}

/** @param bytes the address of this type, and two bytes of port */
export function readAddress(type: number, bytes: Buffer): SocksAddress {
  if (bytes.length < 2) throw new SocksError('no port')
  const address = bytes.subarray(0, -2)
  if (address.length !== addressLength(type, address.length)) throw new SocksError(`address of ${address.length} bytes`)
  return { type, host: hostOf(type, address), port: bytes.readUInt16BE(address.length) }
}

function hostOf(type: number, address: Buffer): string {
  if (type === ADDRESS_TYPE.NAME) return address.toString('latin1')
  if (type === ADDRESS_TYPE.IPV4) return address.join('.')
  return Array.from({ length: 8 }, (_, i) => address.readUInt16BE(2 * i).toString(16)).join(':')
}

export function encodeAddress({ type, host, port }: SocksAddress): Buffer {
  const tail = Buffer.of(port >> 8, port & 0xff)
  if (type === ADDRESS_TYPE.NAME) return Buffer.concat([Buffer.of(type, host.length), Buffer.from(host, 'latin1'), tail])
  if (type === ADDRESS_TYPE.IPV4) return Buffer.concat([Buffer.of(type, ...host.split('.').map(Number)), tail])
  return Buffer.concat([Buffer.of(type), ipv6(host), tail])
}

function ipv6(host: string): Buffer {
  if (!isIPv6(host)) throw new SocksError(`no address: ${host}`)
  const [before = '', after] = host.split('::')
  const words = (text: string): number[] => (text === '' ? [] : text.split(':').map((word) => Number.parseInt(word, 16)))
  const head = words(before)
  const tail = after === undefined ? [] : words(after)
  const all = [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail]
  return Buffer.from(all.flatMap((word) => [word >> 8, word & 0xff]))
}

export function encodeReply(reply: number, address: SocksAddress): Buffer {
  return Buffer.concat([Buffer.of(5, reply, 0), encodeAddress(address)])
}

/** @param host dotted; a name is told as 0.0.0.0 */
export function encodeReply4(reply: number, host: string, port: number): Buffer {
  const octets = /^\d+(\.\d+){3}$/.test(host) ? host.split('.').map(Number) : [0, 0, 0, 0]
  return Buffer.of(0, reply, port >> 8, port & 0xff, ...octets)
}

export function commandName(command: number): string {
  const names: Record<number, string> = { 1: 'connect', 2: 'bind', 3: 'udp-associate', 240: 'resolve', 241: 'resolve-ptr' }
  return names[command] ?? `command ${command}`
}
