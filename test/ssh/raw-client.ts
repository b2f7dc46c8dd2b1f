import { createHash, createPublicKey, diffieHellman, generateKeyPairSync } from 'node:crypto'
import type { Socket } from 'node:net'
import { writeKexInit } from '../../src/ssh/transport/kexinit.ts'
import { Message } from '../../src/ssh/transport/message-numbers.ts'
import { InboundPackets, OutboundPackets } from '../../src/ssh/transport/packets.ts'
import type { PacketCipher, PacketDecipher } from '../../src/ssh/transport/ssh2-internals.ts'
import { cipherInfo, inbound, macInfo, outbound } from '../../src/ssh/transport/suites.ts'
import { WireReader, WireWriter } from '../../src/ssh/transport/wire.ts'
import { connect } from '../harness.ts'

const VERSION = 'SSH-2.0-raw'
const KEX = 'curve25519-sha256'
const CIPHER = 'aes128-ctr'
const MAC = 'hmac-sha2-256'
/** A number that no server knows: its answer, which names the packet, tells that all before it is answered. */
const FENCE = Buffer.of(191)

/** A client that says whatever it is told, and shows every message that comes back. */
export class RawClient {
  readonly #socket: Socket
  readonly #messages: Buffer[] = []
  #waiting: (() => void) | undefined
  #cipher: PacketCipher
  #decipher: PacketDecipher
  #bytes: Buffer = Buffer.alloc(0)
  #line: string | undefined
  #closed = false
  /** Between the server's NEWKEYS and our having its keys. */
  #isChangingKeys = false
  #sent = 0

  private constructor(socket: Socket) {
    this.#socket = socket
    this.#cipher = OutboundPackets.clear((bytes) => socket.write(bytes), true)
    this.#decipher = InboundPackets.clear(this.#onPayload, 'openssh')
    socket.on('data', (bytes: Buffer) => this.#receive(bytes))
    socket.on('error', () => this.#end())
    socket.on('close', () => this.#end())
  }

  /** Connects and exchanges keys. */
  static async open(port: number, hostKeyAlgorithm = 'ssh-ed25519'): Promise<RawClient> {
    const client = new RawClient(await connect(port))
    await client.#exchangeKeys(hostKeyAlgorithm)
    return client
  }

  /** Connects and logs in with any password. */
  static async login(port: number, user = 'root'): Promise<RawClient> {
    const client = await RawClient.open(port)
    await client.say(new WireWriter(Message.SERVICE_REQUEST).string('ssh-userauth').done())
    await client.say(request('password', user).boolean(false).string('x').done())
    return client
  }

  /** Sends messages; all that comes until they are answered, or the end. */
  async say(...payloads: Buffer[]): Promise<{ replies: Buffer[]; closed: boolean }> {
    for (const payload of [...payloads, FENCE]) this.send(payload)
    const fence = new WireWriter(Message.UNIMPLEMENTED).uint32(this.#sent - 1).done()
    const replies: Buffer[] = []
    for (;;) {
      const next = await this.next()
      if (!next || next.equals(fence)) return { replies, closed: !next }
      replies.push(next)
    }
  }

  send(payload: Buffer): void {
    const packet = this.#cipher.allocPacket(payload.length)
    packet.set(payload, 5)
    this.#cipher.encrypt(packet)
    this.#sent++
  }

  /** The next message; undefined at the end. */
  async next(): Promise<Buffer | undefined> {
    while (this.#messages.length === 0 && !this.#closed) await this.#news()
    return this.#messages.shift()
  }

  #news(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting = resolve
    })
  }

  end(): void {
    this.#socket.destroy()
  }

  #end(): void {
    this.#closed = true
    this.#waiting?.()
  }

  readonly #onPayload = (payload: Buffer): false | undefined => {
    this.#messages.push(Buffer.from(payload))
    this.#waiting?.()
    return payload[0] === Message.NEWKEYS ? false : undefined
  }

  #receive(bytes: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes])
    if (this.#line === undefined) {
      const end = this.#bytes.indexOf('\r\n')
      if (end < 0) return
      this.#line = this.#bytes.toString('latin1', 0, end)
      this.#bytes = this.#bytes.subarray(end + 2)
    }
    if (this.#isChangingKeys) return
    const at = this.#decipher.decrypt(this.#bytes, 0, this.#bytes.length)
    this.#bytes = at === undefined ? Buffer.alloc(0) : this.#bytes.subarray(at)
    this.#isChangingKeys = at !== undefined
  }

  async #exchangeKeys(hostKeyAlgorithm: string): Promise<void> {
    this.#socket.write(`${VERSION}\r\n`)
    const lists = {
      cipherIn: [CIPHER],
      cipherOut: [CIPHER],
      macIn: [MAC],
      macOut: [MAC],
      compressionIn: ['none'],
      compressionOut: ['none'],
    }
    const ours = writeKexInit({
      kex: [KEX],
      hostKey: [hostKeyAlgorithm],
      ...lists,
      languageIn: [],
      languageOut: [],
      firstKexFollows: false,
    })
    this.send(ours)
    const theirs = (await this.next())!
    const own = generateKeyPairSync('x25519')
    const share = Buffer.from(own.publicKey.export({ format: 'jwk' }).x as string, 'base64url')
    this.send(new WireWriter(Message.KEXDH_INIT).string(share).done())
    const reply = new WireReader((await this.next())!, 1)
    const [hostKey, theirShare] = [reply.string(), reply.string()]
    const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x: theirShare.toString('base64url') }, format: 'jwk' })
    const secret = new WireWriter().mpint(diffieHellman({ privateKey: own.privateKey, publicKey })).done()
    const transcript = new WireWriter().string(VERSION).string(this.#line!).string(ours).string(theirs).string(hostKey).string(share)
    const hash = sha256(transcript.string(theirShare).raw(secret).done())
    await this.next()
    this.send(Buffer.of(Message.NEWKEYS))
    const key = (letter: string): Buffer => sha256(secret, hash, Buffer.from(letter), hash)
    const [info, mac] = [cipherInfo(CIPHER), macInfo(MAC)]
    const [out, back] = [this.#cipher.outSeqno, this.#decipher.inSeqno]
    const outKeys = {
      cipherInfo: info,
      cipherIV: key('A').subarray(0, 16),
      cipherKey: key('C').subarray(0, 16),
      macInfo: mac,
      macKey: key('E'),
    }
    const inKeys = {
      decipherInfo: info,
      decipherIV: key('B').subarray(0, 16),
      decipherKey: key('D').subarray(0, 16),
      macInfo: mac,
      macKey: key('F'),
    }
    this.#cipher = outbound({ onWrite: (bytes) => this.#socket.write(bytes), seqno: out, ...outKeys })
    this.#decipher = inbound({ onPayload: this.#onPayload, seqno: back, ...inKeys })
    this.#isChangingKeys = false
    this.#receive(Buffer.alloc(0))
  }
}

function sha256(...parts: Buffer[]): Buffer {
  return createHash('sha256').update(Buffer.concat(parts)).digest()
}

/** A USERAUTH_REQUEST up to what its method adds. */
export function request(method: string, user: Buffer | string = 'root', service = 'ssh-connection'): WireWriter {
  return new WireWriter(Message.USERAUTH_REQUEST).string(user).string(service).string(method)
}
