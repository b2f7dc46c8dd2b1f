import { encodeIke, encodeSa2, PAYLOAD, type Payload } from '../../../src/emulators/cisco-asa/ike/codec.ts'

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')
export const COOKIE = hex('1122334455667788')
const NONE = Buffer.alloc(8)

/** An SA of 3DES, SHA-1 (or MD5), pre-shared key, group 2, as ike-scan offers it first. */
export const sa1 = (hash = 2, encryption = 5): Buffer =>
  hex(
    `00000001 00000001 0000002c 01010001 00000024 01010000 8001000${encryption} 8002000${hash} 80030001 80040002 800b0001 000c000400007080`,
  )

export const main = (payloads: Payload[] = [{ type: PAYLOAD.sa, body: sa1() }]): Buffer =>
  encodeIke({ initiator: COOKIE, responder: NONE, major: 1, exchange: 2, flags: 0, id: 0, payloads })

export const aggressive = (group: string, ke: Buffer, nonce: Buffer, hash = 2): Buffer =>
  encodeIke({
    initiator: COOKIE,
    responder: NONE,
    major: 1,
    exchange: 4,
    flags: 0,
    id: 0,
    payloads: [
      { type: PAYLOAD.sa, body: sa1(hash) },
      { type: PAYLOAD.ke, body: ke },
      { type: PAYLOAD.nonce, body: nonce },
      { type: PAYLOAD.id, body: Buffer.concat([Buffer.of(11, 17, 1, 244), Buffer.from(group)]) },
    ],
  })

/** AES-256, SHA-1, group 2 unless told. */
export const saInit = ({ ke = Buffer.alloc(128, 5), group = 2, cipher = 12, before = [] as Payload[], pad = 0 } = {}): Buffer => {
  const key = Buffer.alloc(4)
  key.writeUInt16BE(group)
  const transforms = [
    { type: 1, id: cipher, keyLength: 256 },
    { type: 2, id: 2 },
    { type: 3, id: 2 },
    { type: 4, id: group },
  ]
  return encodeIke({
    initiator: COOKIE,
    responder: NONE,
    major: 2,
    exchange: 34,
    flags: 8,
    id: 0,
    payloads: [
      ...before,
      { type: PAYLOAD.sa2, body: encodeSa2({ number: 1, protocol: 1, transforms }) },
      { type: PAYLOAD.ke2, body: Buffer.concat([key, ke]) },
      { type: PAYLOAD.nonce2, body: Buffer.alloc(20, 9) },
      ...(pad > 0 ? [{ type: PAYLOAD.vendorId2, body: Buffer.alloc(pad) }] : []),
    ],
  })
}
