import { constants, createPublicKey, publicEncrypt } from 'node:crypto'
import type { Socket } from 'node:net'
import { connect as tlsConnect } from 'node:tls'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  encodeTpkt,
  parseClientInfo,
  parseConnectInitial,
  parseConnectionRequest,
  parseDomainPdu,
  RdpError,
} from '../../../src/emulators/rdp/codec.ts'
import { parseTsRequest } from '../../../src/emulators/rdp/credssp.ts'
import lure from '../../../src/emulators/rdp/index.ts'
import { ByteWriter } from '../../../src/sensor/byte-writer.ts'
import { collect, connect, type Playing, play } from '../../harness.ts'
import { accountsOnly } from '../hosts.ts'

/** xfreerdp 2.10 with /sec:rdp. */
const CONNECT_INITIAL =
  '030001c302f0807f658201b70401010401010101ff301a020122020102020100020101020100020101020300ffff0201023019020101020101020101020101020100020101020204200201023020020300ffff020300fc17020300ffff020101020100020101020300ffff02010204820151000500147c00018148000800100001c00044756361813a01c0ea000c0008000004000301ca03aa09040000bb47000076006d000000000000000000000000000000000000000000000000000000000004000000000000000c0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001ca01000000000018000f00e3050000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000007000000000000000000000000000000000000000000000004c00c000d0000000000000002c00c001b0000000000000003c03800040000007264706472000000000080c0726470736e640000000000c0636c6970726472000000a0c0647264796e766300000080c0'
const request = (cookie: string, protocols?: number): Buffer => {
  const rest = Buffer.concat([
    Buffer.from(`Cookie: mstshash=${cookie}\r\n`),
    ...(protocols === undefined ? [] : [new ByteWriter().u8(1).u8(0).u16le(8).u32le(protocols).done()]),
  ])
  return encodeTpkt(Buffer.concat([Buffer.of(6 + rest.length, 0xe0, 0, 0, 0, 0, 0), rest]))
}
const initial = Buffer.from(CONNECT_INITIAL, 'hex')
const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le')

/** Client Info PDU in a Send Data Request. */
function info(domain: string, user: string, password: string): Buffer {
  const body = new ByteWriter().u32le(0).u32le(0x18)
  const texts = [domain, user, password, '', 'C:\\x']
  for (const text of texts) body.u16le(text.length * 2)
  for (const text of texts) body.bytes(utf16(text)).u16le(0)
  body.u16le(2).u16le(utf16('192.0.2.7\0').length).bytes(utf16('192.0.2.7\0'))
  return sendData(new ByteWriter().u16le(0x40).u16le(0).bytes(body.done()).done())
}

function sendData(data: Buffer): Buffer {
  const pdu = new ByteWriter()
    .u8(0x64)
    .u16be(7)
    .u16be(1003)
    .u8(0x70)
    .u8(0x80 | (data.length >> 8))
    .u8(data.length & 0xff)
    .bytes(data)
    .done()
  return encodeTpkt(Buffer.concat([Buffer.from('02f080', 'hex'), pdu]))
}

let p: Playing
beforeEach(async () => {
  const login = { policy: 'list', accept: [{ user: 'bob', password: 'secret' }] }
  p = await play(lure, { persona: 'debian-web', hosts: accountsOnly(), options: { login } })
})
afterEach(async () => {
  expect(p.data('lure.fault')).toEqual([])
  expect(p.deadLetters).toEqual([])
  await p.stop()
})

/** Waits for the next bytes. */
const answer = (socket: Socket): Promise<Buffer> => new Promise((resolve) => socket.once('data', resolve))

async function overTls(protocols: number): Promise<Socket> {
  const socket = await connect(p.port())
  socket.write(request('eve', protocols))
  await answer(socket)
  const secure = tlsConnect({ socket, rejectUnauthorized: false })
  await new Promise((resolve, reject) => secure.once('secureConnect', resolve).once('error', reject))
  return secure
}

describe('the negotiation', () => {
  it.each([
    [undefined, '0300000b06d00000123400'],
    [0, '030000130ed000001234000' + '21f080000000000'],
    [1, '030000130ed00000123400021f080001000000'],
    [3, '030000130ed00000123400021f080002000000'],
    [11, '030000130ed00000123400021f080002000000'],
  ])('of %s', async (protocols, expected) => {
    expect((await p.exchange(request('bob', protocols))).toString('hex')).toBe(expected)
    expect(p.data('rdp.request')).toMatchObject([{ cookie: 'bob' }])
  })
})

describe('the credentials', () => {
  it('of a client with TLS are kept in clear, and what it says of itself', async () => {
    const socket = await overTls(1)
    socket.write(initial)
    await answer(socket)
    socket.write(Buffer.from('0300000c02f08004010001000300000802f08028', 'hex'))
    expect((await answer(socket)).toString('hex')).toBe('0300000b02f0802e000007')
    socket.write(Buffer.from('0300000c02f08038000703eb', 'hex'))
    expect((await answer(socket)).toString('hex')).toBe('0300000f02f0803e00000703eb03eb')
    socket.write(info('CORP', 'administrator', 'P@ssw0rd'))
    await collect(socket)
    expect(p.data('login')).toEqual([{ method: 'rdp', username: 'administrator', password: 'P@ssw0rd', accepted: false }])
    expect(p.data('rdp.client')).toMatchObject([
      { name: 'vm', build: 18363, width: 1024, channels: ['rdpdr', 'rdpsnd', 'cliprdr', 'drdynvc'] },
    ])
    expect(p.data('rdp.info')).toMatchObject([{ domain: 'CORP', directory: 'C:\\x', address: '192.0.2.7', autologon: true }])
  })

  it('that are right bring a session up, as guessers wait for it', async () => {
    const socket = await overTls(1)
    socket.write(initial)
    await answer(socket)
    let said = ''
    socket.on('data', (piece: Buffer) => {
      said += piece.toString('hex')
    })
    const kinds = (): number[] => [...said.matchAll(/1700ea03ea0301000001....(..)/g)].map(([, kind = '']) => Number.parseInt(kind, 16))
    socket.write(info('', 'bob', 'secret'))
    // Demand Active: ten sets of capabilities, one of them a desktop of the client's 1024 by 768.
    await vi.waitFor(() => expect(said).toMatch(/1100ea03ea0301000400....524450000a000000/))
    expect(said).toContain('18000100010001000004')
    socket.write(sendData(Buffer.from('1a001700ef03ea03010000010c00270000000000000003003200', 'hex')))
    // Synchronize, Cooperate, Granted Control, Font Map.
    await vi.waitFor(() => expect(kinds()).toEqual([31, 20, 20, 40]))
    socket.destroy()
    expect((await p.seen('rdp.session')).data).toMatchObject({ inputBytes: 0 })
    expect(p.data('login')).toEqual([{ method: 'rdp', username: 'bob', password: 'secret', accepted: true }])
  })

  it('of NLA are a line to crack, and the answer says that the login failed', async () => {
    const socket = await overTls(3)
    // NEGOTIATE with the flags of Windows.
    socket.write(
      Buffer.from(
        '3037a003020102a130302e302ca02a0428' + '4e544c4d53535000' + '01000000b78208e2000000000000000000000000000000000601b01d0000000f',
        'hex',
      ),
    )
    const challenge = await answer(socket)
    expect(challenge.includes('NTLMSSP\0\x02')).toBe(true)
    expect(challenge.includes(utf16('PORTAL')) || challenge.includes(utf16('WEB')) || challenge.includes(utf16('WWW'))).toBe(true)
    const user = utf16('eve')
    const ntlm = Buffer.alloc(64 + 6 + 44)
    ntlm.write('NTLMSSP\0', 'latin1')
    ntlm.writeUInt32LE(3, 8)
    ntlm.writeUInt16LE(44, 20)
    ntlm.writeUInt32LE(70, 24)
    ntlm.writeUInt16LE(6, 36)
    ntlm.writeUInt32LE(64, 40)
    ntlm.writeUInt32LE(1, 60)
    user.copy(ntlm, 64)
    socket.write(Buffer.concat([Buffer.from('308181a003020102a17a30783076a0740472', 'hex'), ntlm]))
    expect((await answer(socket)).toString('hex')).toBe('300da003020103a4060204c000006d')
    await p.seen('login')
    expect(p.data('login')).toMatchObject([
      { method: 'rdp-ntlmv2', username: 'eve', hash: { mode: 5600, line: expect.stringMatching(/^eve::/) }, accepted: false },
    ])
    socket.destroy()
  })

  it("under RDP's own encryption are read as well", async () => {
    const socket = await connect(p.port())
    socket.write(request('bob', 0))
    await answer(socket)
    socket.write(initial)
    const response = await answer(socket)
    // The modulus stands little-endian behind RSA1 and four numbers.
    const at = response.indexOf('RSA1') + 20
    const n = Buffer.from(response.subarray(at, at + 64)).reverse()
    const key = createPublicKey({ key: { kty: 'RSA', n: n.toString('base64url'), e: 'AQAB' }, format: 'jwk' })
    const random = Buffer.concat([Buffer.alloc(32, 5), Buffer.alloc(32)]).reverse()
    const encrypted = publicEncrypt({ key, padding: constants.RSA_NO_PADDING }, random).reverse()
    socket.write(sendData(new ByteWriter().u16le(1).u16le(0).u32le(72).bytes(encrypted).zeros(8).done()))
    // What is encrypted with another key than theirs is no Client Info.
    socket.write(sendData(Buffer.concat([Buffer.from('48000000', 'hex'), Buffer.alloc(8 + 60, 9)])))
    await collect(socket)
    expect(p.data('rdp.malformed').length + p.data('rdp.info').length).toBe(1)
  })
})

describe('BlueKeep', () => {
  it('is tagged by the channel that it asks for', async () => {
    const scan = Buffer.from(initial)
    scan.write('MS_T120\0', scan.indexOf('rdpsnd'), 'latin1')
    const socket = await overTls(1)
    socket.write(scan)
    await answer(socket)
    socket.destroy()
    const event = await p.seen('rdp.client')
    expect(event.tags).toContain('cve:CVE-2019-0708')
    expect(event.data.channels).toContain('MS_T120')
  })
})

describe('the codec', () => {
  it('throws nothing but its own error, whatever comes', () => {
    const readers = [parseConnectionRequest, parseConnectInitial, parseDomainPdu, parseClientInfo, parseTsRequest]
    const cut = fc.tuple(fc.integer({ min: 0, max: 440 }), fc.integer({ min: 0, max: 255 })).map(([at, byte]) => {
      const bytes = Buffer.from(initial.subarray(7))
      bytes[at] = byte
      return bytes
    })
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 80 }).map((b) => Buffer.from(b)),
          cut,
        ),
        fc.constantFrom(...readers),
        (bytes, read) => {
          try {
            read(bytes)
          } catch (error) {
            expect(error).toBeInstanceOf(RdpError)
          }
        },
      ),
      { numRuns: 3000 },
    )
  })
})
