import { createRequire } from 'node:module'

/**
 * The packet ciphers and compression of the npm package ssh2 (lib/protocol/crypto.js and zlib.js). Its Server cannot play a given daemon: it refuses
 * algorithm names that it does not know (sntrup761x25519-sha512, UMAC), answers framing errors with a DISCONNECT where
 * OpenSSH is silent, decodes attacker bytes as UTF-8 and never holds back output. So of ssh2 we take what encrypts, and
 * this file is the only one that reaches into it.
 */

/** One direction out: `packet` is an unencrypted one from `allocPacket`, its payload at offset 5. */
export interface PacketCipher {
  outSeqno: number
  allocPacket(payloadLength: number): Buffer
  encrypt(packet: Buffer): void
  free(): void
}

/** One direction in. Gives each payload to `onPayload`; when that returns false it stops and returns where it is in `data`. */
export interface PacketDecipher {
  /** Number of the next packet: that of the payload being delivered is one less. */
  inSeqno: number
  decrypt(data: Buffer, from: number, to: number): number | undefined
  free(): void
}

export interface CipherInfo {
  sslName: string
  blockLen: number
  keyLen: number
  ivLen: number
  /** Bytes of the tag of a cipher that authenticates by itself, else 0. */
  authLen: number
}

export interface MacInfo {
  sslName: string
  /** Bytes of the key. */
  len: number
  actualLen: number
  isETM: boolean
}

export interface OutboundSetup {
  onWrite: (bytes: Uint8Array) => void
  seqno: number
  cipherInfo: CipherInfo
  cipherKey: Buffer
  cipherIV: Buffer
  macInfo: MacInfo | undefined
  macKey: Buffer | undefined
}

export interface InboundSetup {
  onPayload: (payload: Buffer) => false | undefined
  seqno: number
  decipherInfo: CipherInfo
  decipherKey: Buffer
  decipherIV: Buffer
  macInfo: MacInfo | undefined
  macKey: Buffer | undefined
}

interface Ssh2Crypto {
  CIPHER_INFO: Record<string, CipherInfo>
  MAC_INFO: Record<string, MacInfo>
  init: Promise<void>
  createCipher(setup: { outbound: OutboundSetup }): PacketCipher
  createDecipher(setup: { inbound: InboundSetup }): PacketDecipher
}

/** ssh2's zlib streams, which work packet by packet and at once; node:zlib has that for whole files only. */
interface Ssh2Zlib {
  ZlibPacketWriter: new (protocol: {
    _kexinit: undefined
    _cipher: { allocPacket(length: number): Buffer }
  }) => {
    finalize(payload: Buffer): Buffer
    cleanup(): void
  }
  ZlibPacketReader: new () => { read(payload: Buffer): Buffer; cleanup(): void; _zlib: { _maxOutputLength: number } }
}

const require = createRequire(import.meta.url)
const ssh2 = require('ssh2/lib/protocol/crypto.js') as Ssh2Crypto

export const { ZlibPacketReader, ZlibPacketWriter } = require('ssh2/lib/protocol/zlib.js') as Ssh2Zlib
export const { CIPHER_INFO, MAC_INFO, createCipher, createDecipher } = ssh2

/** Resolves when Poly1305, which ssh2 keeps as WebAssembly, is ready. */
export const ciphersReady: Promise<void> = ssh2.init
