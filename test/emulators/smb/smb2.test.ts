import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import smb from '../../../src/emulators/smb/index.ts'
import { STATUS } from '../../../src/emulators/smb/status.ts'
import { type Playing, play } from '../../harness.ts'
import { FileHosts } from '../file-hosts.ts'
import truth from './samba-4.17.12.json' with { type: 'json' }
import {
  anonymousToken,
  closeBody,
  createBody,
  NEGOTIATE_TOKEN,
  negotiateBody,
  PacketClient,
  sessionSetupBody,
  smb2,
  statusOf,
  treeConnectBody,
  writeBody,
} from './smb2-client.ts'

let samba: Playing
let windows: Playing
const hosts = new FileHosts({ '/srv/backup/README': 'nightly\n' }, ['/srv', '/srv/backup', '/tmp'])
beforeAll(async () => {
  const login = { policy: 'list' }
  samba = await play(smb, { persona: 'debian-web', hosts, options: { shape: 'samba', login } })
  windows = await play(smb, { persona: 'debian-web', hosts, options: { login } })
})
afterAll(async () => {
  await samba.stop()
  await windows.stop()
})

/** A null session and its tree. */
async function session(playing: Playing, share: string): Promise<{ client: PacketClient; id: bigint; tree: Buffer }> {
  const client = await PacketClient.open(playing.port())
  await client.ask(smb2(0, negotiateBody(0x202, 0x210), { message: 0 }))
  const first = await client.ask(smb2(1, sessionSetupBody(NEGOTIATE_TOKEN), { message: 1 }))
  expect(statusOf(first)).toBe(STATUS.MORE_PROCESSING_REQUIRED)
  const id = first.readBigUInt64LE(40)
  const second = await client.ask(smb2(1, sessionSetupBody(anonymousToken()), { message: 2, session: id }))
  expect(statusOf(second)).toBe(STATUS.SUCCESS)
  const tree = await client.ask(smb2(3, treeConnectBody(`\\\\127.0.0.1\\${share}`), { message: 3, session: id }))
  return { client, id, tree }
}

describe('the negotiation', () => {
  it('of Samba equals that of 4.17.12, but for its name, times and salt', async () => {
    const client = await PacketClient.open(samba.port())
    const request = Buffer.from(truth.packets[0]?.hex ?? '', 'hex').subarray(4)
    const answer = await client.ask(request)
    client.close()
    const real = Buffer.from(truth.packets[1]?.hex ?? '', 'hex').subarray(4)
    const plain = (message: Buffer): string => {
      const copy = Buffer.from(message)
      // ServerGuid is the name; SystemTime; salt of the preauthentication context.
      copy.fill(0, 72, 88)
      copy.fill(0, 104, 112)
      copy.fill(0, 222, 254)
      // Credits granted, and padding behind the last context.
      copy.writeUInt16LE(0, 14)
      return copy.toString('hex').replace(/0+$/, '')
    }
    expect(plain(answer)).toBe(plain(real))
    expect(answer.subarray(72, 88).toString('latin1').replace(/\0+$/, '')).toMatch(/^[a-z0-9-]+$/)
  })

  it('of Windows ends at 2.1, with the time since which it runs', async () => {
    const client = await PacketClient.open(windows.port())
    const answer = await client.ask(smb2(0, negotiateBody(0x202, 0x210, 0x300, 0x302), { message: 0 }))
    client.close()
    expect(answer.readUInt16LE(68)).toBe(0x210)
    expect(answer.readBigUInt64LE(112)).toBeGreaterThan(0n)
    expect(answer.readBigUInt64LE(112)).toBeLessThan(answer.readBigUInt64LE(104))
  })

  it('twice ends the connection', async () => {
    const client = await PacketClient.open(windows.port())
    await client.ask(smb2(0, negotiateBody(0x210), { message: 0 }))
    client.send(smb2(0, negotiateBody(0x210), { message: 1 }))
    expect(await client.receive()).toBeUndefined()
    await windows.seen('smb.protocol-error')
  })

  it('in SMB1 that names SMB2 is answered in SMB2', async () => {
    const dialects = Buffer.from('\x02NT LM 0.12\0\x02SMB 2.002\0\x02SMB 2.???\0', 'latin1')
    const header = Buffer.concat([Buffer.from('ff534d4272000000000801c8', 'hex'), Buffer.alloc(20)])
    const count = Buffer.of(0, dialects.length, 0)
    const client = await PacketClient.open(samba.port())
    const answer = await client.ask(Buffer.concat([header, count, dialects]))
    client.close()
    expect(answer.subarray(0, 4).toString('latin1')).toBe('\xfeSMB')
    expect(answer.readUInt16LE(68)).toBe(0x2ff)
  })
})

describe('a null session', () => {
  it('reaches IPC$ and no disk of Windows', async () => {
    const ipc = await session(windows, 'IPC$')
    expect(statusOf(ipc.tree)).toBe(STATUS.SUCCESS)
    expect(ipc.tree[66]).toBe(2)
    const c = await ipc.client.ask(smb2(3, treeConnectBody('\\\\h\\C$'), { message: 4, session: ipc.id }))
    expect(statusOf(c)).toBe(STATUS.ACCESS_DENIED)
    const none = await ipc.client.ask(smb2(3, treeConnectBody('\\\\h\\nothing'), { message: 5, session: ipc.id }))
    expect(statusOf(none)).toBe(STATUS.BAD_NETWORK_NAME)
    ipc.client.close()
  })

  it('leaves a file at Samba: kept as artifact with its name, and there on the host', async () => {
    const { client, id, tree } = await session(samba, 'backup')
    const ids = { session: id, tree: tree.readUInt32LE(36) }
    const created = await client.ask(smb2(5, createBody('x86.elf', 5), { message: 4, ...ids }))
    const file = created.subarray(64 + 64, 64 + 80)
    // The second half first: what is kept follows the offsets.
    await client.ask(smb2(9, writeBody(file, 4, Buffer.from('BBBB')), { message: 5, ...ids }))
    await client.ask(smb2(9, writeBody(file, 0, Buffer.from('AAAA')), { message: 6, ...ids }))
    const closed = await client.ask(smb2(6, closeBody(file), { message: 7, ...ids }))
    expect(statusOf(closed)).toBe(STATUS.SUCCESS)
    client.close()
    expect((await samba.seen('smb.upload')).data).toMatchObject({ share: 'backup', path: 'x86.elf', bytes: 8, complete: true })
    expect(samba.data('artifact').at(-1)).toMatchObject({ name: 'x86.elf', how: 'smb', size: 8 })
    expect(hosts.files.get('/srv/backup/x86.elf')?.toString()).toBe('AAAABBBB')
  })

  it('that goes without closing has left what it wrote all the same', async () => {
    const { client, id, tree } = await session(samba, 'backup')
    const ids = { session: id, tree: tree.readUInt32LE(36) }
    const created = await client.ask(smb2(5, createBody('half.bin', 2), { message: 4, ...ids }))
    await client.ask(smb2(9, writeBody(created.subarray(128, 144), 0, Buffer.from('half')), { message: 5, ...ids }))
    client.close()
    expect((await samba.seen('smb.upload', 2)).data).toMatchObject({ path: 'half.bin', complete: false })
  })

  it('never leaves the share by its path', async () => {
    const { client, id, tree } = await session(samba, 'backup')
    const ids = { session: id, tree: tree.readUInt32LE(36) }
    const answer = await client.ask(smb2(5, createBody('..\\..\\etc\\passwd', 1), { message: 4, ...ids }))
    client.close()
    expect([STATUS.OBJECT_NAME_NOT_FOUND, STATUS.OBJECT_PATH_NOT_FOUND]).toContain(statusOf(answer))
  })

  it('that asks for a library as a pipe has tried SambaCry', async () => {
    const { client, id, tree } = await session(samba, 'IPC$')
    const ids = { session: id, tree: tree.readUInt32LE(36) }
    await client.ask(smb2(5, createBody('/srv/backup/x.so', 1), { message: 4, ...ids }))
    client.close()
    const event = await samba.seen('smb.exploit')
    expect(event.data).toMatchObject({ kind: 'sambacry' })
    expect(event.tags).toContain('cve:CVE-2017-7494')
  })
})
