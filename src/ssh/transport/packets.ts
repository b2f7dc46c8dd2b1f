import { type Cipheriv, createCipheriv, createDecipheriv, type Decipheriv, randomFillSync } from 'node:crypto'
import { ByteQueue } from '../../sensor/byte-queue.ts'
import type { InboundSetup, OutboundSetup, PacketCipher, PacketDecipher } from './ssh2-internals.ts'
import { Umac } from './umac.ts'

/**
 * The client broke the packet protocol. OpenSSH and dropbear close without a word (cowrie.md G7), but for the few cases in
 * which OpenSSH's packet.c gives a parting text.
 */
export class PacketError extends Error {
  readonly parting: string | undefined

  constructor(what: string, parting?: string) {
    super(what)
    this.name = 'PacketError'
    this.parting = parting
  }
}

/** Length of the longest packet: OpenSSH, packet.c PACKET_MAX_SIZE; dropbear, sysoptions.h RECV_MAX_PACKET_LEN. */
const PACKET_MAX = { openssh: 256 * 1024, dropbear: 35_000 } as const
const MIN_PADDING = 4

/** What protects a packet: a stream cipher and a MAC over its plain text or, encrypt-then-MAC, over what is sent. */
interface Protection<C> {
  cipher: C
  mac: Umac
  tagBytes: number
  encryptThenMac: boolean
}

/** Bytes that are sent in the clear and not counted for padding: the length, in encrypt-then-MAC. */
const LENGTH_BYTES = 4

/** Packets before the first NEWKEYS, and those under UMAC, which ssh2 does not know. RFC 4253 §6. */
export class OutboundPackets implements PacketCipher {
  outSeqno: number
  readonly #onWrite: (bytes: Uint8Array) => void
  readonly #blockBytes: number
  readonly #protection: Protection<Cipheriv> | undefined
  readonly #randomPadding: boolean

  private constructor(
    seqno: number,
    onWrite: (bytes: Uint8Array) => void,
    blockBytes: number,
    protection: Protection<Cipheriv> | undefined,
    randomPadding: boolean,
  ) {
    this.outSeqno = seqno
    this.#onWrite = onWrite
    this.#blockBytes = blockBytes
    this.#protection = protection
    this.#randomPadding = randomPadding
  }

  /** @param randomPadding dropbear pads with random bytes, OpenSSH with zeros while nothing is encrypted */
  static clear(onWrite: (bytes: Uint8Array) => void, randomPadding: boolean): OutboundPackets {
    return new OutboundPackets(0, onWrite, 8, undefined, randomPadding)
  }

  static umac(setup: OutboundSetup): OutboundPackets {
    const { cipherInfo, cipherKey, cipherIV, macInfo, macKey } = setup
    const cipher = createCipheriv(cipherInfo.sslName, cipherKey, cipherIV)
    return new OutboundPackets(setup.seqno, setup.onWrite, cipherInfo.blockLen, protection(cipher, macInfo, macKey), true)
  }

  allocPacket(payloadLength: number): Buffer {
    const block = this.#blockBytes
    const unpadded = 5 + payloadLength
    const counted = unpadded - (this.#protection?.encryptThenMac ? LENGTH_BYTES : 0)
    let padding = block - (counted % block)
    if (padding < MIN_PADDING) padding += block
    const packet = Buffer.alloc(unpadded + padding)
    packet.writeUInt32BE(packet.length - LENGTH_BYTES)
    packet[4] = padding
    if (this.#randomPadding) randomFillSync(packet, unpadded)
    return packet
  }

  encrypt(packet: Buffer): void {
    this.#onWrite(this.#protect(packet))
    this.outSeqno = (this.outSeqno + 1) >>> 0
  }

  free(): void {
    // Nothing of it lives outside the garbage collector; ssh2's own ciphers may have native parts.
  }

  #protect(packet: Buffer): Buffer {
    if (!this.#protection) return packet
    const { cipher, mac, encryptThenMac } = this.#protection
    if (!encryptThenMac) return Buffer.concat([cipher.update(packet), mac.tag(packet, this.outSeqno)])
    const sent = Buffer.concat([packet.subarray(0, LENGTH_BYTES), cipher.update(packet.subarray(LENGTH_BYTES))])
    return Buffer.concat([sent, mac.tag(sent, this.outSeqno)])
  }
}

/** The receiving side of {@link OutboundPackets}. `decrypt` throws {@link PacketError}. */
export class InboundPackets implements PacketDecipher {
  inSeqno: number
  readonly #onPayload: (payload: Buffer) => false | undefined
  readonly #blockBytes: number
  readonly #protection: Protection<Decipheriv> | undefined
  readonly #longest: number
  readonly #received = new ByteQueue()
  /** The start of a packet: deciphered where the length is encrypted too. */
  #head: Buffer | undefined

  private constructor(
    seqno: number,
    onPayload: (payload: Buffer) => false | undefined,
    blockBytes: number,
    protection: Protection<Decipheriv> | undefined,
    longest: number,
  ) {
    this.inSeqno = seqno
    this.#onPayload = onPayload
    this.#blockBytes = blockBytes
    this.#protection = protection
    this.#longest = longest
  }

  static clear(onPayload: (payload: Buffer) => false | undefined, software: keyof typeof PACKET_MAX): InboundPackets {
    return new InboundPackets(0, onPayload, 8, undefined, PACKET_MAX[software])
  }

  static umac(setup: InboundSetup): InboundPackets {
    const { decipherInfo, decipherKey, decipherIV, macInfo, macKey } = setup
    const cipher = createDecipheriv(decipherInfo.sslName, decipherKey, decipherIV)
    return new InboundPackets(setup.seqno, setup.onPayload, decipherInfo.blockLen, protection(cipher, macInfo, macKey), PACKET_MAX.openssh)
  }

  decrypt(data: Buffer, from: number, to: number): number | undefined {
    this.#received.push(data.subarray(from, to))
    for (let packet = this.#next(); packet; packet = this.#next()) {
      this.inSeqno = (this.inSeqno + 1) >>> 0
      if (this.#onPayload(payloadOf(packet)) === false) return to - this.#received.takeAll().length
    }
    return undefined
  }

  free(): void {
    this.#received.takeAll()
  }

  /** The next whole packet, deciphered and checked. */
  #next(): Buffer | undefined {
    const encryptThenMac = this.#protection?.encryptThenMac ?? false
    // OpenSSH waits for a whole cipher block before it looks at the length, except where the length is sent in the clear.
    const headBytes = encryptThenMac ? LENGTH_BYTES : this.#blockBytes
    if (!this.#head) {
      if (this.#received.length < headBytes) return undefined
      const head = this.#received.take(headBytes)
      this.#head = this.#protection && !encryptThenMac ? this.#protection.cipher.update(head) : head
    }
    const length = this.#head.readUInt32BE()
    if (length < 1 + MIN_PADDING || length > this.#longest) throw new PacketError(`packet length ${length}`)
    const rest = LENGTH_BYTES + length - headBytes
    if (rest % this.#blockBytes) throw new PacketError(`packet length ${length} is not a multiple of the block`)
    const tagBytes = this.#protection?.tagBytes ?? 0
    if (this.#received.length < rest + tagBytes) return undefined
    const body = this.#received.take(rest)
    const packet = this.#open(this.#head, body, this.#received.take(tagBytes))
    this.#head = undefined
    return packet
  }

  #open(head: Buffer, body: Buffer, tag: Buffer): Buffer {
    if (!this.#protection) return Buffer.concat([head, body])
    const { cipher, mac, encryptThenMac } = this.#protection
    const packet = Buffer.concat([head, cipher.update(body)])
    const covered = encryptThenMac ? Buffer.concat([head, body]) : packet
    if (!mac.tag(covered, this.inSeqno).equals(tag)) throw new PacketError('wrong MAC')
    return packet
  }
}

function payloadOf(packet: Buffer): Buffer {
  const padding = packet[4]!
  if (padding < MIN_PADDING) throw new PacketError(`padding length ${padding}`, `Corrupted padlen ${padding} on input.`)
  if (5 + padding > packet.length) throw new PacketError(`padding length ${padding}`)
  return packet.subarray(5, packet.length - padding)
}

function protection<C>(cipher: C, macInfo: OutboundSetup['macInfo'], macKey: Buffer | undefined): Protection<C> {
  if (!macInfo || !macKey) throw new Error('UMAC needs a key')
  const tagBytes = macInfo.actualLen as 8 | 16
  return { cipher, mac: new Umac(macKey, tagBytes), tagBytes, encryptThenMac: macInfo.isETM }
}
