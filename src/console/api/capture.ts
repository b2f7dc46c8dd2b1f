import { isIPv6 } from 'node:net'
import { Evidence, fromEvidence } from '../../events/bytes.ts'
import type { SundewEvent } from '../../events/schema.ts'
import { fields } from '../../store/transcript.ts'

/** Payload bytes of one packet, and of one capture. */
const SEGMENT = 1400
const LARGEST = 32 * 1024 * 1024
/** Characters of a comment. */
const COMMENT = 1000

/** Fields of events that hold what a client sent as it was, in the order in which they are looked for. */
const BYTES = ['data', 'payload', 'raw', 'request', 'bytes', 'datagram'] as const
/** LINKTYPE_RAW: packets begin with their IP header. */
const RAW_IP = 101

/**
 * A session as a capture file (pcapng, draft-ietf-opsawg-pcapng), put together from what its events recorded: addresses, ports,
 * times, and what each side said, inside of TLS or SSH where there was any. Handshakes, sequence numbers and lengths of packets
 * are made up so that tools can follow the streams; each event is a comment on a packet. Events that hold no bytes of the wire
 * are comments on an empty packet.
 */
export function captureOf(events: readonly SundewEvent[], application: string): Buffer {
  const writer = new CaptureWriter(application)
  const flows = new Map<string, Flow>()
  for (const event of events) {
    if (writer.bytes > LARGEST) break
    if (event.srcIp === undefined || event.dstIp === undefined) continue
    const key = `${event.transport} ${event.srcIp} ${event.srcPort} ${event.dstPort}`
    const flow = flows.get(key) ?? new Flow(event, writer)
    flows.set(key, flow)
    tell(flow, event)
  }
  return writer.file()
}

function tell(flow: Flow, event: SundewEvent): void {
  const comment = `${event.type} ${fields(commentOf(event))}`.trim()
  if (event.type === 'session.close') flow.close(event.time, comment)
  else if (event.type === 'turn') tellTurn(flow, event, comment)
  else flow.say('client', event.time, sentBytes(event.data), comment)
}

function tellTurn(flow: Flow, event: SundewEvent, comment: string): void {
  const { input, output, stderr, durationMs } = event.data
  // A turn is noted when it is over.
  const began = event.time - (typeof durationMs === 'number' ? Math.max(0, durationMs) : 0)
  flow.say('client', began, bytesOf(input), comment)
  flow.say('server', event.time, Buffer.concat([bytesOf(output), bytesOf(stderr)]), '')
}

/** What the bytes of the packets do not say already. */
function commentOf({ type, data }: SundewEvent): object {
  if (type !== 'turn') return data
  const { input: _i, output: _o, stderr: _s, ...rest } = data
  return rest
}

function sentBytes(data: Record<string, unknown>): Buffer {
  const field = BYTES.find((name) => name in data)
  return field === undefined ? Buffer.alloc(0) : bytesOf(data[field])
}

function bytesOf(value: unknown): Buffer {
  const kept = Evidence.safeParse(value).data
  return kept === undefined ? Buffer.alloc(0) : fromEvidence(kept)
}

type Side = 'client' | 'server'

const FIN = 0x01
const SYN = 0x02
const PSH = 0x08
const ACK = 0x10

/** One connection, or the datagrams between two ports. */
class Flow {
  readonly #writer: CaptureWriter
  readonly #isTcp: boolean
  readonly #ends: Record<Side, { ip: Buffer; port: number; sequence: number }>
  #clock: number

  constructor({ transport, srcIp = '', srcPort = 0, dstIp = '', dstPort = 0, time }: SundewEvent, writer: CaptureWriter) {
    this.#writer = writer
    this.#isTcp = transport !== 'udp'
    this.#clock = time
    // Both addresses of a packet are of one family.
    const isWide = isIPv6(srcIp) || isIPv6(dstIp)
    this.#ends = {
      client: { ip: addressBytes(srcIp, isWide), port: srcPort, sequence: 0 },
      server: { ip: addressBytes(dstIp, isWide), port: dstPort, sequence: 0 },
    }
    if (!this.#isTcp) return
    this.#segment('client', time, SYN, Buffer.alloc(0), '')
    this.#segment('server', time, SYN | ACK, Buffer.alloc(0), '')
    this.#segment('client', time, ACK, Buffer.alloc(0), '')
  }

  say(side: Side, time: number, bytes: Buffer, comment: string): void {
    if (bytes.length === 0 && comment === '') return
    for (let at = 0; at === 0 || at < bytes.length; at += SEGMENT) {
      const piece = bytes.subarray(at, at + SEGMENT)
      const said = at === 0 ? comment : ''
      if (this.#isTcp) this.#segment(side, time, piece.length > 0 ? PSH | ACK : ACK, piece, said)
      else this.#packet(side, time, 17, datagram(this.#ends[side].port, this.#ends[other(side)].port, piece), said)
    }
  }

  close(time: number, comment: string): void {
    if (!this.#isTcp) {
      this.say('client', time, Buffer.alloc(0), comment)
      return
    }
    this.#segment('server', time, FIN | ACK, Buffer.alloc(0), comment)
    this.#segment('client', time, FIN | ACK, Buffer.alloc(0), '')
    this.#segment('server', time, ACK, Buffer.alloc(0), '')
  }

  #segment(side: Side, time: number, flags: number, payload: Buffer, comment: string): void {
    const [from, to] = [this.#ends[side], this.#ends[other(side)]]
    const header = Buffer.alloc(20)
    header.writeUInt16BE(from.port, 0)
    header.writeUInt16BE(to.port, 2)
    header.writeUInt32BE(from.sequence, 4)
    header.writeUInt32BE(flags & ACK ? to.sequence : 0, 8)
    header.writeUInt8(5 << 4, 12)
    header.writeUInt8(flags, 13)
    header.writeUInt16BE(0xffff, 14)
    from.sequence = (from.sequence + payload.length + (flags & (SYN | FIN) ? 1 : 0)) >>> 0
    this.#packet(side, time, 6, Buffer.concat([header, payload]), comment)
  }

  /** Time never goes back within a flow, whatever the clock did. */
  #packet(side: Side, time: number, protocol: 6 | 17, content: Buffer, comment: string): void {
    this.#clock = Math.max(this.#clock, time)
    const [from, to] = [this.#ends[side].ip, this.#ends[other(side)].ip]
    content.writeUInt16BE(transportChecksum(from, to, protocol, content), protocol === 6 ? 16 : 6)
    this.#writer.packet(this.#clock, Buffer.concat([internetHeader(from, to, protocol, content.length), content]), comment)
  }
}

function other(side: Side): Side {
  return side === 'client' ? 'server' : 'client'
}

function datagram(from: number, to: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(8)
  header.writeUInt16BE(from, 0)
  header.writeUInt16BE(to, 2)
  header.writeUInt16BE(8 + payload.length, 4)
  return Buffer.concat([header, payload])
}

function internetHeader(from: Buffer, to: Buffer, protocol: number, length: number): Buffer {
  if (from.length === 16) {
    const header = Buffer.alloc(8)
    header.writeUInt8(6 << 4, 0)
    header.writeUInt16BE(length, 4)
    header.writeUInt8(protocol, 6)
    header.writeUInt8(64, 7)
    return Buffer.concat([header, from, to])
  }
  const header = Buffer.alloc(12)
  header.writeUInt8(0x45, 0)
  header.writeUInt16BE(20 + length, 2)
  // Don't fragment.
  header.writeUInt16BE(0x4000, 6)
  header.writeUInt8(64, 8)
  header.writeUInt8(protocol, 9)
  const whole = Buffer.concat([header, from, to])
  whole.writeUInt16BE(checksum(whole), 10)
  return whole
}

function transportChecksum(from: Buffer, to: Buffer, protocol: number, content: Buffer): number {
  const pseudo = Buffer.alloc(8)
  pseudo.writeUInt32BE(content.length, 0)
  pseudo.writeUInt32BE(protocol, 4)
  return checksum(Buffer.concat([from, to, pseudo, content])) || (protocol === 17 ? 0xffff : 0)
}

/** RFC 1071. */
function checksum(bytes: Buffer): number {
  let sum = 0
  for (let at = 0; at + 1 < bytes.length; at += 2) sum += bytes.readUInt16BE(at)
  if (bytes.length % 2 === 1) sum += (bytes.at(-1) as number) << 8
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000)
  return ~sum & 0xffff
}

/** An address in network order; what is none is all zeros. IPv4 among IPv6 is mapped (RFC 4291 §2.5.5.2). */
function addressBytes(ip: string, isWide: boolean): Buffer {
  const four = /^(?:::ffff:)?(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1]
  if (four !== undefined) {
    const bytes = Buffer.from(four.split('.').map(Number))
    return isWide ? Buffer.concat([Buffer.alloc(10), Buffer.of(0xff, 0xff), bytes]) : bytes
  }
  if (!isIPv6(ip)) return Buffer.alloc(isWide ? 16 : 4)
  const [head = '', tail] = (ip.split('%')[0] as string).split('::')
  const groups = (text: string): number[] =>
    text
      .split(':')
      .filter(Boolean)
      .map((group) => Number.parseInt(group, 16))
  const [first, last] = [groups(head), groups(tail ?? '')]
  const all = tail === undefined ? first : [...first, ...Array<number>(Math.max(0, 8 - first.length - last.length)).fill(0), ...last]
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]))
}

/** Blocks of a pcapng file, little-endian, times in microseconds. */
class CaptureWriter {
  readonly #blocks: Buffer[] = []
  bytes = 0

  constructor(application: string) {
    const section = Buffer.alloc(16)
    section.writeUInt32LE(0x1a2b3c4d, 0)
    section.writeUInt16LE(1, 4)
    // A section of unknown length.
    section.writeBigInt64LE(-1n, 8)
    this.#block(0x0a0d0d0a, section, option(4, application), option(0, ''))
    const description = Buffer.alloc(8)
    description.writeUInt16LE(RAW_IP, 0)
    this.#block(1, description)
  }

  packet(time: number, packet: Buffer, comment: string): void {
    const microseconds = BigInt(Math.round(time * 1000))
    const head = Buffer.alloc(20)
    head.writeUInt32LE(Number(microseconds >> 32n), 4)
    head.writeUInt32LE(Number(microseconds & 0xffffffffn), 8)
    head.writeUInt32LE(packet.length, 12)
    head.writeUInt32LE(packet.length, 16)
    const comments = comment === '' ? [] : [option(1, comment.slice(0, COMMENT)), option(0, '')]
    this.#block(6, head, padded(packet), ...comments)
  }

  file(): Buffer {
    return Buffer.concat(this.#blocks)
  }

  #block(type: number, ...parts: Buffer[]): void {
    const length = 12 + parts.reduce((sum, part) => sum + part.length, 0)
    const [head, tail] = [Buffer.alloc(8), Buffer.alloc(4)]
    head.writeUInt32LE(type, 0)
    head.writeUInt32LE(length, 4)
    tail.writeUInt32LE(length, 0)
    this.#blocks.push(head, ...parts, tail)
    this.bytes += length
  }
}

function option(code: number, text: string): Buffer {
  const value = Buffer.from(text, 'utf8')
  const head = Buffer.alloc(4)
  head.writeUInt16LE(code, 0)
  head.writeUInt16LE(value.length, 2)
  return Buffer.concat([head, padded(value)])
}

/** To 32 bits. */
function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)])
}
