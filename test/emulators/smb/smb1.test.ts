import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import smb from '../../../src/emulators/smb/index.ts'
import { pulsarKey } from '../../../src/emulators/smb/smb1/exploits.ts'
import { STATUS } from '../../../src/emulators/smb/status.ts'
import { ByteWriter } from '../../../src/sensor/byte-writer.ts'
import { collect, connect, type Playing, play } from '../../harness.ts'
import { accountsOnly } from '../hosts.ts'
import { PacketClient, statusOf } from './smb2-client.ts'

let windows: Playing
let samba: Playing
beforeAll(async () => {
  windows = await play(smb, { persona: 'debian-web', hosts: accountsOnly(), options: { login: { policy: 'list' } } })
  samba = await play(smb, { persona: 'debian-web', hosts: accountsOnly(), options: { shape: 'samba', login: { policy: 'list' } } })
})
afterAll(async () => {
  await windows.stop()
  await samba.stop()
})

const DIALECTS = '\x02PC NETWORK PROGRAM 1.0\0\x02LANMAN1.0\0\x02NT LM 0.12\0'

function smb1(
  command: number,
  words: Buffer,
  bytes: Buffer,
  ids: { tid?: number; uid?: number; mid?: number; flags2?: number } = {},
): Buffer {
  return new ByteWriter()
    .bytes(Buffer.from('\xffSMB', 'latin1'))
    .u8(command)
    .u32le(0)
    .u8(0x18)
    .u16le(ids.flags2 ?? 0x4001)
    .zeros(12)
    .u16le(ids.tid ?? 0)
    .u16le(0xfeff)
    .u16le(ids.uid ?? 0)
    .u16le(ids.mid ?? 64)
    .u8(words.length / 2)
    .bytes(words)
    .u16le(bytes.length)
    .bytes(bytes)
    .done()
}

/** SESSION_SETUP_ANDX without extended security. */
function classicSetup(user: string, lm: Buffer, nt: Buffer): Buffer {
  const words = new ByteWriter().u32le(0xff).u16le(4356).u16le(10).u16le(0).u32le(0).u16le(lm.length).u16le(nt.length).u32le(0).u32le(0)
  return smb1(0x73, words.done(), Buffer.concat([lm, nt, Buffer.from(`${user}\0WORK\0Windows 2000 2195\0Windows 2000 5.0\0`, 'latin1')]))
}

async function nullSession(): Promise<{ client: PacketClient; uid: number; tid: number }> {
  const client = await PacketClient.open(windows.port())
  await client.ask(smb1(0x72, Buffer.alloc(0), Buffer.from(DIALECTS, 'latin1')))
  const setup = await client.ask(classicSetup('', Buffer.alloc(1), Buffer.alloc(0)))
  expect(statusOf(setup)).toBe(STATUS.SUCCESS)
  const uid = setup.readUInt16LE(28)
  const path = Buffer.from('\0\\\\10.0.0.1\\IPC$\0?????\0', 'latin1')
  const tree = await client.ask(smb1(0x75, new ByteWriter().u32le(0xff).u16le(0).u16le(1).done(), path, { uid }))
  expect(statusOf(tree)).toBe(STATUS.SUCCESS)
  return { client, uid, tid: tree.readUInt16LE(24) }
}

/** TRANSACTION2 SESSION_SETUP as DoublePulsar's clients send it. */
function pulsar(timeout: number, parameters: Buffer, data: Buffer, ids: { uid: number; tid: number }): Buffer {
  const words = new ByteWriter().u16le(parameters.length).u16le(data.length).u16le(1).u16le(0).u16le(0).u16le(0).u32le(timeout).u16le(0)
  words.u16le(parameters.length).u16le(66).u16le(data.length).u16le(78).u8(1).u8(0).u16le(0x0e)
  return smb1(0x32, words.done(), Buffer.concat([Buffer.alloc(1), parameters, data]), { ...ids, mid: 65 })
}

describe('the negotiation of SMB1', () => {
  it('is that of Server 2008 R2 as nmap knows it', async () => {
    const client = await PacketClient.open(windows.port())
    const answer = await client.ask(smb1(0x72, Buffer.alloc(0), Buffer.from(DIALECTS, 'latin1')))
    client.close()
    expect(answer.toString('latin1', 4, 5)).toBe('r')
    expect(answer.subarray(32, 33 + 24).toString('hex')).toMatch(/^11020003320001000441000000000100000000 ?00fde30100/)
    expect(answer.toString('utf16le', 32 + 1 + 34 + 2 + 8)).toMatch(/^WORKGROUP\0[A-Z0-9-]+\0$/)
  })

  it('is refused by Samba in the bytes of 4.17.12, and the connection ends', async () => {
    const socket = await connect(samba.port())
    const request = smb1(0x72, Buffer.alloc(0), Buffer.from(DIALECTS, 'latin1'), { mid: 1 })
    const header = Buffer.alloc(4)
    header.writeUIntBE(request.length, 1, 3)
    socket.write(Buffer.concat([header, request]))
    const answer = await collect(socket, 2000)
    expect(answer.toString('hex')).toBe('00000025ff534d4272000000008803400000000000000000000000000000fffe0000010001ffff0000')
  })
})

describe('a login without NTLMSSP', () => {
  it('keeps the responses as hashcat reads them', async () => {
    const client = await PacketClient.open(windows.port())
    const negotiation = await client.ask(smb1(0x72, Buffer.alloc(0), Buffer.from(DIALECTS, 'latin1')))
    const challenge = negotiation.subarray(32 + 1 + 34 + 2, 32 + 1 + 34 + 2 + 8)
    const refused = await client.ask(classicSetup('bob', Buffer.alloc(24, 1), Buffer.alloc(24, 2)))
    client.close()
    expect(statusOf(refused)).toBe(STATUS.LOGON_FAILURE)
    const line = `bob::WORK:${'01'.repeat(24)}:${'02'.repeat(24)}:${challenge.toString('hex')}`
    expect(windows.data('login').at(-1)).toMatchObject({ username: 'bob', accepted: false, hash: { mode: 5500, line } })
    expect(windows.data('smb.client').at(-1)).toMatchObject({ nativeOs: 'Windows 2000 2195', session: 'refused' })
  })
})

describe('MS17-010', () => {
  it('is not patched: PeekNamedPipe on no handle lacks resources', async () => {
    const { client, uid, tid } = await nullSession()
    const words = new ByteWriter()
      .zeros(8)
      .zeros(20 - 8)
      .zeros(6)
      .u8(2)
      .u8(0)
      .u16le(0x23)
      .u16le(0)
      .done()
    const answer = await client.ask(smb1(0x25, words, Buffer.from('\\PIPE\\\0', 'latin1'), { uid, tid }))
    client.close()
    expect(statusOf(answer)).toBe(STATUS.INSUFF_SERVER_RESOURCES)
    expect((await windows.seen('smb.exploit')).data).toMatchObject({ kind: 'ms17-010-check' })
  })

  it('EternalBlue goes to its end, and all that it sends is kept', async () => {
    const { client, uid, tid } = await nullSession()
    const words = new ByteWriter()
      .u8(1)
      .u16le(0)
      .u32le(30)
      .u32le(5000)
      .u32le(30)
      .u32le(0)
      .u32le(30)
      .u32le(75)
      .u32le(100)
      .u32le(104)
      .u8(1)
      .u16le(0)
      .u16le(0)
    const first = await client.ask(smb1(0xa0, words.done(), Buffer.alloc(200, 0x41), { uid, tid }))
    expect(statusOf(first)).toBe(STATUS.SUCCESS)
    expect(first.length).toBe(35)
    for (let sent = 100; sent < 5000; sent += 2000) {
      const count = Math.min(2000, 5000 - sent)
      const second = new ByteWriter().u16le(0).u16le(5000).u16le(0).u16le(0).u16le(0).u16le(count).u16le(53).u16le(sent).u16le(0)
      client.send(smb1(0x33, second.done(), Buffer.alloc(count, 0x42), { uid, tid }))
    }
    const last = await client.receive()
    client.close()
    expect(statusOf(last as Buffer)).toBe(STATUS.INVALID_PARAMETER)
    const event = windows.events.findLast((one) => one.type === 'smb.exploit')
    expect(event?.data).toMatchObject({ kind: 'eternalblue' })
    expect(event?.tags).toContain('cve:CVE-2017-0144')
    expect(windows.data('artifact').at(-1)).toMatchObject({ how: 'smb.eternalblue', name: 'attributes', size: 5000 })
  })

  it('what its groomed connections hold is kept when they go', async () => {
    const socket = await connect(windows.port())
    socket.write(Buffer.concat([Buffer.from('0000fff7fe534d42', 'hex'), Buffer.alloc(124)]))
    socket.end(Buffer.alloc(4000, 0x90))
    await collect(socket, 2000)
    await windows.seen('smb.exploit', windows.data('smb.exploit').length)
    expect(windows.data('artifact').find((one) => one.name === 'payload')).toMatchObject({ how: 'smb.eternalblue', size: 4128 })
  })
})

describe('DoublePulsar', () => {
  it('answers its ping sixteen higher, with the seed of its key', async () => {
    const { client, uid, tid } = await nullSession()
    const answer = await client.ask(pulsar(0x00a4d9a6, Buffer.alloc(12), Buffer.alloc(0), { uid, tid }))
    client.close()
    expect(statusOf(answer)).toBe(STATUS.NOT_IMPLEMENTED)
    expect(answer.readUInt16LE(30)).toBe(81)
    expect(answer.readUInt32LE(14)).toBeGreaterThan(0)
    expect(answer.readUInt32LE(18)).toBe(1)
  })

  it('takes a payload in pieces: decrypted, with the program that is in it', async () => {
    const { client, uid, tid } = await nullSession()
    const ping = await client.ask(pulsar(0x00a4d9a6, Buffer.alloc(12), Buffer.alloc(0), { uid, tid }))
    const key = Buffer.alloc(4)
    key.writeUInt32LE(pulsarKey(ping.readUInt32LE(14)))
    const hidden = (bytes: Buffer): Buffer => Buffer.from(bytes.map((byte, i) => byte ^ key[i & 3]!))
    const payload = Buffer.concat([Buffer.alloc(60, 0xcc), Buffer.from('MZ\x90\0', 'latin1'), Buffer.alloc(5000, 7)])
    for (let at = 0; at < payload.length; at += 4096) {
      const piece = payload.subarray(at, at + 4096)
      const parameters = new ByteWriter().u32le(payload.length).u32le(piece.length).u32le(at).done()
      await client.ask(pulsar(0x000000c8, hidden(parameters), hidden(piece), { uid, tid }))
    }
    client.close()
    const kept = windows.data('artifact').filter((one) => one.how === 'smb.doublepulsar')
    expect(kept).toMatchObject([
      { name: 'payload', size: 5064 },
      { name: 'payload.dll', size: 5004 },
    ])
    expect(windows.artifacts.get(String(kept[0]?.sha256))).toEqual(payload)
  })

  it('derives the key that its published clients derive', () => {
    // The seed that Dionaea shows, and the key that samples encrypt for it with.
    expect(pulsarKey(0x9cf9c567).toString(16)).toBe('5e367352')
  })
})
