/**
 * The messages of NTLM (MS-NLMP 2.2.1), as SMB, RDP, TDS, HTTP and DCE/RPC carry them.
 *
 *   client: NEGOTIATE     what it can                                        → parseNtlm
 *   us:     CHALLENGE     8 random bytes, who we say we are                  → encodeChallenge
 *   client: AUTHENTICATE  user, domain, workstation, two responses           → parseNtlm, then ntlm-proof.ts
 */
import { ByteWriter } from './byte-writer.ts'

/** Not a message of MS-NLMP 2.2.1. */
export class NtlmError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'NtlmError'
  }
}

/** MS-NLMP 2.2.2.5 */
export const NTLM = {
  UNICODE: 0x1,
  OEM: 0x2,
  REQUEST_TARGET: 0x4,
  SIGN: 0x10,
  SEAL: 0x20,
  NTLM: 0x200,
  ANONYMOUS: 0x800,
  ALWAYS_SIGN: 0x8000,
  TARGET_TYPE_DOMAIN: 0x10000,
  TARGET_TYPE_SERVER: 0x20000,
  EXTENDED_SESSIONSECURITY: 0x80000,
  TARGET_INFO: 0x800000,
  VERSION: 0x2000000,
  KEY_128: 0x20000000,
  KEY_EXCH: 0x40000000,
  KEY_56: 0x80000000,
} as const

const SIGNATURE = Buffer.from('NTLMSSP\0', 'latin1')

export interface NtlmNegotiate {
  type: 'negotiate'
  flags: number
  /** OEM text, empty with most clients. */
  domain: string
  workstation: string
}

export interface NtlmAuthenticate {
  type: 'authenticate'
  flags: number
  domain: string
  user: string
  workstation: string
  lmResponse: Buffer
  ntResponse: Buffer
  /** The session key under the key exchange key; empty without KEY_EXCH. */
  encryptedSessionKey: Buffer
}

/** Reads a message of a client. @throws NtlmError */
export function parseNtlm(bytes: Buffer): NtlmNegotiate | NtlmAuthenticate {
  if (bytes.length < 12 || !bytes.subarray(0, 8).equals(SIGNATURE)) throw new NtlmError('no NTLMSSP signature')
  const type = bytes.readUInt32LE(8)
  if (type === 1) return parseNegotiate(bytes)
  if (type === 3) return parseAuthenticate(bytes)
  throw new NtlmError(`message type ${type}`)
}

function parseNegotiate(bytes: Buffer): NtlmNegotiate {
  if (bytes.length < 16) throw new NtlmError('NEGOTIATE without flags')
  const text = (at: number): string => (bytes.length < at + 8 ? '' : field(bytes, at).toString('latin1'))
  return { type: 'negotiate', flags: bytes.readUInt32LE(12), domain: text(16), workstation: text(24) }
}

function parseAuthenticate(bytes: Buffer): NtlmAuthenticate {
  if (bytes.length < 52) throw new NtlmError('AUTHENTICATE too short')
  // The oldest clients end after the names, without session key and flags.
  const flags = bytes.length >= 64 ? bytes.readUInt32LE(60) : NTLM.UNICODE
  const text = (at: number): string => field(bytes, at).toString(flags & NTLM.UNICODE ? 'utf16le' : 'latin1')
  return {
    type: 'authenticate',
    flags,
    domain: text(28),
    user: text(36),
    workstation: text(44),
    lmResponse: field(bytes, 12),
    ntResponse: field(bytes, 20),
    encryptedSessionKey: bytes.length >= 64 ? field(bytes, 52) : Buffer.alloc(0),
  }
}

/** Length, room, offset; then the bytes there. */
function field(bytes: Buffer, at: number): Buffer {
  const length = bytes.readUInt16LE(at)
  const offset = bytes.readUInt32LE(at + 4)
  if (length === 0) return Buffer.alloc(0)
  if (offset + length > bytes.length) throw new NtlmError('a field reaches past the end')
  return bytes.subarray(offset, offset + length)
}

/** Who the server says it is. */
export interface NtlmTarget {
  netbiosComputer: string
  netbiosDomain: string
  dnsComputer: string
  dnsDomain: string
  /** UTC milliseconds; absent as with servers before Windows Vista. */
  time?: number
}

export interface NtlmChallenge {
  /** Flags of the client's NEGOTIATE; the answer keeps what both can. */
  clientFlags: number
  /** 8 unpredictable bytes, new for every exchange. */
  challenge: Buffer
  target: NtlmTarget
  /** `6.1.7601`, as NTLMSSP's VERSION says it; asked for or not. */
  version: { major: number; minor: number; build: number }
  /** Whether the target name is that of a domain, not of this machine. */
  isDomain?: boolean
}

const KEPT =
  NTLM.SIGN |
  NTLM.SEAL |
  NTLM.NTLM |
  NTLM.ALWAYS_SIGN |
  NTLM.EXTENDED_SESSIONSECURITY |
  NTLM.VERSION |
  NTLM.KEY_128 |
  NTLM.KEY_EXCH |
  NTLM.KEY_56

/** The server's CHALLENGE (MS-NLMP 2.2.1.2). */
export function encodeChallenge({ clientFlags, challenge, target, version, isDomain = false }: NtlmChallenge): Buffer {
  const isUnicode = (clientFlags & NTLM.UNICODE) !== 0
  const name = Buffer.from(isDomain ? target.netbiosDomain : target.netbiosComputer, isUnicode ? 'utf16le' : 'latin1')
  const info = encodeTargetInfo(target)
  const flags =
    (clientFlags & KEPT) |
    (isUnicode ? NTLM.UNICODE : NTLM.OEM) |
    NTLM.REQUEST_TARGET |
    NTLM.TARGET_INFO |
    (isDomain ? NTLM.TARGET_TYPE_DOMAIN : NTLM.TARGET_TYPE_SERVER)
  return new ByteWriter()
    .bytes(SIGNATURE)
    .u32le(2)
    .u16le(name.length)
    .u16le(name.length)
    .u32le(56)
    .u32le(flags)
    .bytes(challenge)
    .zeros(8)
    .u16le(info.length)
    .u16le(info.length)
    .u32le(56 + name.length)
    .u8(version.major)
    .u8(version.minor)
    .u16le(version.build)
    .u24le(0)
    .u8(15)
    .bytes(name)
    .bytes(info)
    .done()
}

/** AV_PAIRs (MS-NLMP 2.2.2.1) in the order of Windows. */
export function encodeTargetInfo({ netbiosComputer, netbiosDomain, dnsComputer, dnsDomain, time }: NtlmTarget): Buffer {
  const writer = new ByteWriter()
  const pair = (id: number, value: Buffer): void => void writer.u16le(id).u16le(value.length).bytes(value)
  pair(2, Buffer.from(netbiosDomain, 'utf16le'))
  pair(1, Buffer.from(netbiosComputer, 'utf16le'))
  pair(4, Buffer.from(dnsDomain, 'utf16le'))
  pair(3, Buffer.from(dnsComputer, 'utf16le'))
  if (time !== undefined) pair(7, fileTime(time))
  return writer.u32le(0).done()
}

/** Time as Windows counts it: 100 ns since 1601, little-endian. @param time UTC milliseconds */
export function fileTime(time: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE((BigInt(Math.trunc(time)) + 11_644_473_600_000n) * 10_000n)
  return bytes
}
