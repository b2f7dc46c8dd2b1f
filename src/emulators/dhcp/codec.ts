/** The messages of DHCP (RFC 2131 §2, options RFC 2132). */

/** Not a message of a DHCP client. */
export class DhcpError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'DhcpError'
  }
}

export const MESSAGE = { DISCOVER: 1, OFFER: 2, REQUEST: 3, DECLINE: 4, ACK: 5, NAK: 6, RELEASE: 7, INFORM: 8 } as const
export const OPTION = {
  SUBNET_MASK: 1,
  ROUTER: 3,
  DNS: 6,
  HOSTNAME: 12,
  DOMAIN: 15,
  BROADCAST: 28,
  REQUESTED_ADDRESS: 50,
  LEASE: 51,
  TYPE: 53,
  SERVER: 54,
  PARAMETERS: 55,
  RENEWAL: 58,
  REBINDING: 59,
  VENDOR_CLASS: 60,
  CLIENT_ID: 61,
} as const

const FIXED = 236
const MAGIC = 0x63825363
/** What relay agents and old clients expect at least (RFC 1542 §2.1). */
const SHORTEST = 300

export interface DhcpMessage {
  op: number
  xid: number
  flags: number
  ciaddr: string
  yiaddr: string
  siaddr: string
  giaddr: string
  /** Hardware address: 16 bytes, of which Ethernet uses six. */
  chaddr: Buffer
  hardware: number
  options: { code: number; value: Buffer }[]
}

/** @throws DhcpError */
export function parseDhcp(bytes: Buffer): DhcpMessage {
  if (bytes.length < FIXED + 4) throw new DhcpError(`${bytes.length} bytes`)
  if (bytes.readUInt32BE(FIXED) !== MAGIC) throw new DhcpError('no magic cookie')
  const options: DhcpMessage['options'] = []
  for (let at = FIXED + 4; at < bytes.length; ) {
    const code = bytes[at++] ?? 255
    if (code === 255) break
    if (code === 0) continue
    const length = bytes[at++]
    if (length === undefined || at + length > bytes.length) throw new DhcpError(`option ${code} ends early`)
    options.push({ code, value: bytes.subarray(at, at + length) })
    at += length
  }
  return {
    op: bytes[0] ?? 0,
    hardware: bytes[1] ?? 0,
    xid: bytes.readUInt32BE(4),
    flags: bytes.readUInt16BE(10),
    ciaddr: dotted(bytes.subarray(12, 16)),
    yiaddr: dotted(bytes.subarray(16, 20)),
    siaddr: dotted(bytes.subarray(20, 24)),
    giaddr: dotted(bytes.subarray(24, 28)),
    chaddr: bytes.subarray(28, 44),
    options,
  }
}

export function encodeDhcp(message: DhcpMessage): Buffer {
  const fixed = Buffer.alloc(FIXED + 4)
  fixed[0] = message.op
  fixed[1] = message.hardware
  fixed[2] = 6
  fixed.writeUInt32BE(message.xid, 4)
  fixed.writeUInt16BE(message.flags, 10)
  for (const [i, address] of [message.ciaddr, message.yiaddr, message.siaddr, message.giaddr].entries())
    octets(address).copy(fixed, 12 + 4 * i)
  message.chaddr.copy(fixed, 28, 0, 16)
  fixed.writeUInt32BE(MAGIC, FIXED)
  const options = message.options.flatMap(({ code, value }) => [Buffer.of(code, value.length), value])
  const all = Buffer.concat([fixed, ...options, Buffer.of(255)])
  return all.length < SHORTEST ? Buffer.concat([all, Buffer.alloc(SHORTEST - all.length)]) : all
}

export function optionOf(message: DhcpMessage, code: number): Buffer | undefined {
  return message.options.find((option) => option.code === code)?.value
}

export function dotted(bytes: Buffer): string {
  return bytes.join('.')
}

export function octets(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number))
}
