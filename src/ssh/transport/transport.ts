import { createHash } from 'node:crypto'
import type { Visit } from '../../sensor/visit.ts'
import type { Daemon } from '../daemons.ts'
import { type HostKey, keyFor } from '../host-keys.ts'
import { type Compression, deflate, inflate } from './compression.ts'
import { CostlyWork } from './costly-work.ts'
import { type Agreement, type KexInit, negotiate, readKexInit, writeKexInit } from './kexinit.ts'
import { type KeyExchange, keyExchange, type SharedSecret } from './key-exchange.ts'
import { Message } from './message-numbers.ts'
import { InboundPackets, OutboundPackets, PacketError } from './packets.ts'
import type { PacketCipher, PacketDecipher } from './ssh2-internals.ts'
import { cipherInfo, inbound, macInfo, outbound } from './suites.ts'
import { WireReader, WireWriter } from './wire.ts'

/** The attacker's client ended the connection by message. */
export interface Disconnect {
  reason: number
  text: Buffer
}

export interface TransportSetup {
  /** Reads and writes of the connection; nothing else of the visit is used here. */
  visit: Pick<Visit, 'read' | 'write'>
  daemon: Daemon
  hostKeys: readonly HostKey[]
  /** Both identification lines without line ends; the client's may still come when the daemon sends its KEXINIT at once. */
  ours: Buffer
  onKexInit?: (client: KexInit, agreed: Agreement | undefined) => void
  onDisconnect?: (disconnect: Disconnect) => void
}

/** One message for the layers above. `sequence` is what an UNIMPLEMENTED must name. */
export interface Incoming {
  payload: Buffer
  sequence: number
}

/** Reasons of SSH_MSG_DISCONNECT; OpenSSH's own (packet.c, ssh_packet_disconnect) are all protocol errors. */
const PROTOCOL_ERROR = 2

/** Bytes of the buffer in which packet.c writes a parting text, less the NUL. */
const LONGEST_PARTING = 1023

const STRICT_CLIENT = 'kex-strict-c-v00@openssh.com'
const STRICT_SERVER = 'kex-strict-s-v00@openssh.com'
const KEXGUESS2 = 'kexguess2@matt.ucc.asn.au'

/** Bytes that are deciphered before their messages are dealt with, which bounds what compressed packets can swell to. */
const PIECE = 8192

/** Shared by all connections of the process. */
const costlyWork = new CostlyWork()

/** Material of one key exchange that waits for the client's NEWKEYS. */
interface FreshKeys {
  agreed: Agreement
  decipher: (seqno: number) => PacketDecipher
}

/**
 * The transport layer of an SSH server, RFC 4253, message by message what the persona's daemon does: the same offer, the
 * same order, silence on broken packets. Compression, rekeying and strict key exchange are inside; whoever uses it sees
 * payloads.
 */
export class Transport {
  readonly #setup: TransportSetup
  #theirs: Buffer = Buffer.alloc(0)
  #cipher: PacketCipher
  #decipher: PacketDecipher
  #deflate: Compression | undefined
  #inflate: Compression | undefined
  #unread: Buffer = Buffer.alloc(0)
  readonly #incoming: Incoming[] = []

  #ourKexInit: Buffer | undefined
  #exchange: { method: KeyExchange; agreed: Agreement; transcriptHead: Buffer; isCostly: boolean } | undefined
  #fresh: FreshKeys | undefined
  #agreed: Agreement | undefined
  #sessionId: Buffer | undefined
  #hostKey: HostKey | undefined
  #clientHostKeyAlgorithms: readonly string[] = []
  #skipNext = false
  #strict = false
  #authenticated = false
  #extInfo: 'unasked' | 'asked' | 'sent' = 'unasked'
  /** Messages that must wait until a key exchange is over, RFC 4253 §7.1. */
  readonly #held: Buffer[] = []
  /** Who waits for the end of a key exchange. */
  readonly #waiting: (() => void)[] = []

  readonly #outgoing: Uint8Array[] = []
  #writing: Promise<void> | undefined
  #ended = false
  #leftByClient = false

  constructor(setup: TransportSetup) {
    this.#setup = setup
    this.#cipher = OutboundPackets.clear(this.#onWrite, setup.daemon.software === 'dropbear')
    this.#decipher = InboundPackets.clear(this.#onPayload, setup.daemon.software)
  }

  /** The exchange hash of the first key exchange, RFC 4253 §7.2. */
  get sessionId(): Buffer {
    if (!this.#sessionId) throw new Error('no key exchange yet')
    return this.#sessionId
  }

  get agreed(): Agreement | undefined {
    return this.#agreed
  }

  /** The host key that the first key exchange was signed by. */
  get hostKey(): HostKey {
    if (!this.#hostKey) throw new Error('no key exchange yet')
    return this.#hostKey
  }

  /** Algorithms that the client takes a host key's signature by. */
  get clientHostKeyAlgorithms(): readonly string[] {
    return this.#clientHostKeyAlgorithms
  }

  /** Whether the client has said that it knows RFC 8308. */
  get takesExtensions(): boolean {
    return this.#extInfo !== 'unasked'
  }

  /** Begins the key exchange. */
  start(): void {
    this.#sendKexInit()
  }

  /** The client's identification line, and what came after it. */
  identified(line: Buffer, rest: Buffer): void {
    this.#theirs = line
    this.#unread = rest
  }

  /**
   * Messages of the layers above, in order, until the client is gone. The next one is read only when the last one is dealt
   * with, so a slow answer holds back a fast client.
   * @throws what `visit.read` throws, and PacketError, KeyExchangeError or WireError when the client breaks the protocol
   */
  async *messages(within: () => number | undefined): AsyncGenerator<Incoming> {
    for (;;) {
      for (let next = this.#incoming.shift(); next; next = this.#incoming.shift()) {
        yield next
        if (this.#ended) return
      }
      if (this.#ended) return
      if (this.#exchange?.isCostly) await costlyWork.turn()
      if (!this.#unread.length) {
        const ms = within()
        const bytes = await this.#setup.visit.read(ms === undefined ? {} : { within: ms })
        if (!bytes) {
          this.#leftByClient = true
          return
        }
        this.#unread = bytes
      }
      const piece = this.#unread.subarray(0, PIECE)
      this.#unread = this.#unread.subarray(PIECE)
      this.#receive(piece)
    }
  }

  send(payload: Buffer): void {
    if (this.#ended) return
    if (this.#ourKexInit) this.#held.push(payload)
    else this.#encrypt(payload)
  }

  unimplemented(sequence: number): void {
    this.send(new WireWriter(Message.UNIMPLEMENTED).uint32(sequence).done())
  }

  /** Takes no more messages, and says why if the daemon does: dropbear just closes. */
  disconnect(text: string | Buffer): void {
    if (this.#ended) return
    const kept = Buffer.from(text as string).subarray(0, LONGEST_PARTING)
    if (this.#isOpenSsh) this.#encrypt(new WireWriter(Message.DISCONNECT).uint32(PROTOCOL_ERROR).string(kept).string('').done())
    this.#end()
  }

  /** `zlib@openssh.com` begins here in both directions. */
  authenticated(): void {
    this.#authenticated = true
    this.#beginCompression()
  }

  /** Resolves when the client's side has taken what was sent so far and no key exchange holds up more; at once when it is gone. */
  async drained(): Promise<void> {
    while (this.#ourKexInit && !this.#ended) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    await this.#writing
  }

  /** True when the client ended the connection, by message or by closing it. */
  get leftByClient(): boolean {
    return this.#leftByClient
  }

  get ended(): boolean {
    return this.#ended
  }

  /** Takes no more messages; resolves when what was sent has left. */
  async close(): Promise<void> {
    this.#end()
    await this.#writing
    this.#deflate?.close()
    this.#inflate?.close()
    this.#cipher.free()
    this.#decipher.free()
  }

  #receive(bytes: Buffer): void {
    let at = 0
    while (at < bytes.length && !this.#ended) {
      // The decipher stops after NEWKEYS: what follows is for its successor.
      at = this.#decrypt(bytes, at) ?? bytes.length
    }
  }

  #end(): void {
    this.#ended = true
    this.#release()
  }

  #release(): void {
    for (const go of this.#waiting.splice(0)) go()
  }

  #decrypt(bytes: Buffer, from: number): number | undefined {
    try {
      return this.#decipher.decrypt(bytes, from, bytes.length)
    } catch (error) {
      // ssh2 and OpenSSL say "Bad packet length" and "unable to authenticate data" by errors of no class of their own.
      if (error instanceof Error && error.constructor === Error) throw new PacketError(error.message)
      throw error
    }
  }

  readonly #onPayload = (packet: Buffer): false | undefined => {
    if (this.#ended) return undefined
    const payload = this.#inflate ? this.#inflate.through(packet) : packet
    const type = payload[0]
    if (type === undefined) throw new PacketError('empty packet')
    if (type === 0 || type >= 192) throw new PacketError(`message number ${type}`, `Invalid ssh2 packet type: ${type}`)
    const sequence = (this.#decipher.inSeqno - 1) >>> 0
    if (this.#skipNext) {
      this.#skipNext = false
      return undefined
    }
    if (type === Message.DISCONNECT) return this.#disconnected(payload)
    if (type === Message.KEXINIT && this.#takesKexInit) return this.#kexInitReceived(payload, sequence)
    if (type === Message.NEWKEYS && this.#fresh) return this.#newKeysReceived()
    if (this.#exchange && type >= 30 && type <= 49) return this.#exchangeReceived(payload, sequence)
    if (this.#isInitial && this.#strict && type < 50) return this.#violation(`unexpected packet type ${type} (seqnr ${sequence})`)
    if (type === Message.IGNORE) return undefined
    if (type === Message.DEBUG || type === Message.UNIMPLEMENTED) return this.#remarked(type, payload)
    if (this.#isInitial && this.#isOutOfPlace(type)) throw new PacketError(`message ${type} before the first key exchange is over`)
    if (type >= 50 || !this.#ourKexInit) this.#incoming.push({ payload, sequence })
    else this.#encrypt(new WireWriter(Message.UNIMPLEMENTED).uint32(sequence).done())
    return undefined
  }

  get #isOpenSsh(): boolean {
    return this.#setup.daemon.software === 'openssh'
  }

  /** OpenSSH takes no new key exchange between the first one and the end of authentication (auth2.c, dispatch table). */
  get #takesKexInit(): boolean {
    if (this.#exchange || this.#fresh) return false
    return this.#isInitial || this.#authenticated || !this.#isOpenSsh
  }

  /** What a client remarks is of no consequence, but read (packet.c). */
  #remarked(type: number, payload: Buffer): undefined {
    if (!this.#isOpenSsh) return
    const reader = new WireReader(payload, 1)
    if (type === Message.UNIMPLEMENTED) reader.uint32()
    else {
      reader.byte()
      reader.string()
      reader.string()
    }
  }

  get #isInitial(): boolean {
    return this.#agreed === undefined
  }

  /** Where OpenSSH says that it does not know a message of the transport layer, dropbear hangs up. */
  #isOutOfPlace(type: number): boolean {
    return type >= 50 || (!this.#isOpenSsh && type !== Message.NEWKEYS)
  }

  #disconnected(payload: Buffer): undefined {
    this.#leftByClient = true
    this.#end()
    const reader = new WireReader(payload, 1)
    this.#setup.onDisconnect?.({ reason: reader.uint32(), text: reader.string() })
  }

  #violation(what: string): undefined {
    this.disconnect(`strict KEX violation: ${what}`)
  }

  #sendKexInit(): void {
    this.#ourKexInit = writeKexInit(this.#setup.daemon.offer)
    this.#encrypt(this.#ourKexInit)
  }

  #kexInitReceived(payload: Buffer, sequence: number): undefined {
    const client = readKexInit(payload)
    const { offer } = this.#setup.daemon
    const agreed = negotiate(client, offer)
    this.#clientHostKeyAlgorithms = client.hostKey
    if (this.#isInitial) {
      this.#setup.onKexInit?.(client, agreed)
      this.#strict = client.kex.includes(STRICT_CLIENT) && offer.kex.includes(STRICT_SERVER)
      if (client.kex.includes('ext-info-c')) this.#extInfo = 'asked'
      if (this.#strict && sequence !== 0) return this.#violation('KEXINIT was not the first packet')
    }
    if (!agreed) throw new PacketError('no algorithms in common')
    if (!this.#ourKexInit) this.#sendKexInit()
    this.#skipNext = client.firstKexFollows && !isGuessRight(client, offer, agreed)
    const hostKey = keyFor(agreed.hostKey, this.#setup.hostKeys)
    if (!hostKey) throw new PacketError(`no host key for ${agreed.hostKey}`)
    const transcriptHead = new WireWriter()
      .string(this.#theirs)
      .string(this.#setup.ours)
      .string(payload)
      .string(this.#ourKexInit as Buffer)
      .string(hostKey.blob)
      .done()
    this.#exchange = { method: keyExchange(agreed.kex), agreed, transcriptHead, isCostly: agreed.kex.startsWith('diffie-hellman') }
    return undefined
  }

  #exchangeReceived(payload: Buffer, sequence: number): undefined {
    const { method, agreed, transcriptHead, isCostly } = this.#exchange!
    const result = isCostly ? costlyWork.do(() => method.receive(payload)) : method.receive(payload)
    if (!result) {
      if (this.#isInitial && this.#strict) return this.#violation(`unexpected packet type ${payload[0]} (seqnr ${sequence})`)
      this.#encrypt(new WireWriter(Message.UNIMPLEMENTED).uint32(sequence).done())
      return undefined
    }
    if (Buffer.isBuffer(result)) {
      this.#encrypt(result)
      return undefined
    }
    this.#exchange = undefined
    this.#reply(result, method.hash, agreed, transcriptHead)
    return undefined
  }

  #reply(shared: SharedSecret, hashName: string, agreed: Agreement, transcriptHead: Buffer): void {
    const hash = createHash(hashName).update(transcriptHead).update(shared.transcript).update(shared.secret).digest()
    this.#sessionId ??= hash
    const hostKey = keyFor(agreed.hostKey, this.#setup.hostKeys)!
    this.#hostKey ??= hostKey
    const signature = hostKey.sign(agreed.hostKey, hash)
    this.#encrypt(new WireWriter(shared.reply).string(hostKey.blob).string(shared.serverShare).string(signature).done())
    this.#encrypt(Buffer.of(Message.NEWKEYS))
    this.#changeKeys(derivation(hashName, shared.secret, hash, this.#sessionId), agreed)
  }

  /** From NEWKEYS on we send under the new keys; we receive under them when the client has sent its own. */
  #changeKeys(derive: (letter: string, length: number) => Buffer, agreed: Agreement): void {
    const outInfo = cipherInfo(agreed.cipherOut)
    const outMac = macInfo(agreed.macOut)
    const inInfo = cipherInfo(agreed.cipherIn)
    const inMac = macInfo(agreed.macIn)
    const inKeys = {
      decipherIV: derive('A', inInfo.ivLen),
      decipherKey: derive('C', inInfo.keyLen),
      macKey: inMac && derive('E', inMac.len),
    }
    this.#fresh = {
      agreed,
      decipher: (seqno) => inbound({ onPayload: this.#onPayload, seqno, decipherInfo: inInfo, macInfo: inMac, ...inKeys }),
    }
    const seqno = this.#strict ? 0 : this.#cipher.outSeqno
    this.#cipher.free()
    this.#cipher = outbound({
      onWrite: this.#onWrite,
      seqno,
      cipherInfo: outInfo,
      cipherIV: derive('B', outInfo.ivLen),
      cipherKey: derive('D', outInfo.keyLen),
      macInfo: outMac,
      macKey: outMac && derive('F', outMac.len),
    })
    this.#ourKexInit = undefined
    this.#release()
    if (this.#authenticated) this.#deflate = successor(this.#deflate, agreed.compressionOut, deflate)
    if (this.#isOpenSsh) this.#sendExtInfo()
    for (const payload of this.#held.splice(0)) this.#encrypt(payload)
  }

  #newKeysReceived(): false {
    const { agreed, decipher } = this.#fresh!
    this.#fresh = undefined
    this.#agreed = agreed
    this.#decipher = decipher(this.#strict ? 0 : this.#decipher.inSeqno)
    if (this.#authenticated) this.#inflate = successor(this.#inflate, agreed.compressionIn, inflate)
    // Dropbear waits for the client's NEWKEYS (ssh -vvv against dropbear 2022.83).
    this.#sendExtInfo()
    return false
  }

  #sendExtInfo(): void {
    if (this.#extInfo !== 'asked') return
    this.#extInfo = 'sent'
    const { extensions } = this.#setup.daemon
    const writer = new WireWriter(Message.EXT_INFO).uint32(extensions.length)
    for (const [name, value] of extensions) writer.string(name).string(value)
    this.#encrypt(writer.done())
  }

  #beginCompression(): void {
    if (!this.#agreed) return
    this.#deflate = successor(this.#deflate, this.#agreed.compressionOut, deflate)
    this.#inflate = successor(this.#inflate, this.#agreed.compressionIn, inflate)
  }

  #encrypt(payload: Buffer): void {
    const bytes = this.#deflate ? this.#deflate.through(payload) : payload
    const packet = this.#cipher.allocPacket(bytes.length)
    packet.set(bytes, 5)
    this.#cipher.encrypt(packet)
  }

  /** Packets made in one go leave in one segment, as from OpenSSH's output buffer. */
  readonly #onWrite = (bytes: Uint8Array): void => {
    this.#outgoing.push(bytes)
    this.#writing ??= this.#write()
  }

  async #write(): Promise<void> {
    await Promise.resolve()
    try {
      while (this.#outgoing.length) await this.#setup.visit.write(Buffer.concat(this.#outgoing.splice(0)))
    } catch {
      // The visit is over; whoever reads from it learns why.
      this.#outgoing.length = 0
      this.#end()
    } finally {
      this.#writing = undefined
    }
  }
}

/**
 * Whether the client's guess holds when it sent its first key exchange message with its KEXINIT: by RFC 4253 §7, when both
 * sides name the same first algorithms; between two sides that know `kexguess2`, when its first method is the agreed one.
 */
function isGuessRight(client: KexInit, offer: KexInit, agreed: Agreement): boolean {
  if (client.kex.includes(KEXGUESS2) && offer.kex.includes(KEXGUESS2)) {
    return client.kex[0] === agreed.kex && client.hostKey[0] === agreed.hostKey
  }
  return client.kex[0] === offer.kex[0] && client.hostKey[0] === offer.hostKey[0]
}

/** Every key exchange begins a new stream. */
function successor(before: Compression | undefined, name: string, begin: () => Compression): Compression | undefined {
  before?.close()
  return name === 'none' ? undefined : begin()
}

/** RFC 4253 §7.2. */
function derivation(hashName: string, secret: Buffer, hash: Buffer, sessionId: Buffer): (letter: string, length: number) => Buffer {
  return (letter, length) => {
    let key = createHash(hashName).update(secret).update(hash).update(letter).update(sessionId).digest()
    while (key.length < length) {
      key = Buffer.concat([key, createHash(hashName).update(secret).update(hash).update(key).digest()])
    }
    return key.subarray(0, length)
  }
}
