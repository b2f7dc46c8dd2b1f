import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasshServer, readKexInit } from '../../src/ssh/transport/kexinit.ts'
import { Message } from '../../src/ssh/transport/message-numbers.ts'
import { OutboundPackets } from '../../src/ssh/transport/packets.ts'
import { WireReader, WireWriter } from '../../src/ssh/transport/wire.ts'
import { collect, connect } from '../harness.ts'
import { type PlayingSsh, playSsh } from './play-ssh.ts'

interface Recorded {
  identification: string
  kexinit: string
}

/** What the real daemon of Debian 12 sent. */
function recorded(name: string): Recorded {
  return JSON.parse(readFileSync(new URL(`recorded/${name}.json`, import.meta.url), 'utf8')) as Recorded
}

const VERSION = 'SSH-2.0-probe\r\n'

function packet(payload: Buffer): Buffer {
  const out: Uint8Array[] = []
  const clear = OutboundPackets.clear((bytes) => out.push(bytes), false)
  const bytes = clear.allocPacket(payload.length)
  bytes.set(payload, 5)
  clear.encrypt(bytes)
  return Buffer.concat(out)
}

interface Offered {
  kex?: string
  hostKey?: string
  cipher?: string
}

function kexInit({ kex = 'curve25519-sha256', hostKey = 'ssh-ed25519', cipher = 'aes128-ctr' }: Offered = {}): Buffer {
  const writer = new WireWriter(Message.KEXINIT).raw(Buffer.alloc(16))
  for (const list of [kex, hostKey, cipher, cipher, 'hmac-sha2-256', 'hmac-sha2-256', 'none', 'none', '', '']) writer.string(list)
  return packet(writer.boolean(false).uint32(0).done())
}

/** What comes back until the server closes, resets the connection or is quiet, and which of the three it was. */
async function converse(port: number, bytes: Buffer | string): Promise<{ line: string; rest: Buffer; closed: boolean | 'reset' }> {
  const socket = await connect(port)
  let closed: boolean | 'reset' = false
  socket.once('end', () => {
    closed = true
  })
  socket.once('error', () => {
    closed = 'reset'
  })
  socket.write(bytes)
  const all = await collect(socket, 300)
  const end = all.indexOf('\n') + 1
  return { line: all.subarray(0, end).toString(), rest: all.subarray(end), closed }
}

/** Payloads of clear packets, one after the other. */
function payloads(bytes: Buffer): Buffer[] {
  const found: Buffer[] = []
  for (let at = 0; at + 5 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at)
    found.push(bytes.subarray(at + 5, at + 4 + length - bytes[at + 4]!))
    at += 4 + length
  }
  return found
}

describe('OpenSSH 9.2p1 of Debian 12', () => {
  let ssh: PlayingSsh
  beforeAll(async () => {
    ssh = await playSsh()
  })
  afterAll(() => ssh.stop())

  it('sends the identification line and then, after the client’s, the KEXINIT of the real one but for the cookie', async () => {
    const real = recorded('openssh')
    expect(await converse(ssh.port, '')).toMatchObject({ line: real.identification, rest: Buffer.alloc(0), closed: false })
    const { rest } = await converse(ssh.port, VERSION)
    const expected = Buffer.from(real.kexinit, 'hex')
    // Length, padding length, message number; 16 bytes of cookie; lists, flag, reserved word and zero padding.
    expect(rest.subarray(0, 6)).toEqual(expected.subarray(0, 6))
    expect(rest.subarray(22).toString('latin1')).toBe(expected.subarray(22).toString('latin1'))
    expect(hasshServer(readKexInit(payloads(rest)[0]!)).value).toBe('425d29fe50d8e4f5e37efb6e24bcf660')
  })

  // Recorded from sshd 1:9.2p1-2+deb12u10 by the same bytes.
  it.each([
    ['an identification without a minor version', 'SSH-1337-OpenSSH_9.0\r\n', 'Invalid SSH identification string.\r\n', true],
    ['one line of HTTP', 'GET / HTTP/1.0\r\n', 'Invalid SSH identification string.\r\n', true],
    // What it leaves unread makes the close a reset, and the CRLF, a segment of its own, never leaves.
    ['HTTP', 'GET / HTTP/1.0\r\n\r\n', 'Invalid SSH identification string.', 'reset'],
    ['line feeds', '\n'.repeat(8), 'Invalid SSH identification string.', 'reset'],
    ['a NUL in the line', 'SSH-2.0-a\0b\r\n', 'Invalid SSH identification string.', 'reset'],
    ['a CR inside the line', 'SSH-2.0-a\rb\r\n', 'Invalid SSH identification string.', 'reset'],
    ['a line of 9,000 bytes', `SSH-2.0-${'a'.repeat(9000)}\r\n`, 'Invalid SSH identification string.', 'reset'],
    ['protocol 3.0', 'SSH-3.0-x\r\n', 'Protocol major versions differ.\r\n', true],
    ['protocol 1.5', 'SSH-1.5-x\r\n', 'Protocol major versions differ.\r\n', true],
    ['a number beyond 64 bits', 'SSH-99999999999999999999.0-x\r\n', 'Protocol major versions differ.\r\n', true],
    ['a scanner that it knows', 'SSH-2.0-SSH_Version_Mapper\r\n', '', true],
  ])('refuses %s', async (_, sent, answer, ending) => {
    const { rest, closed } = await converse(ssh.port, sent)
    expect({ rest: rest.toString(), closed }).toEqual({ rest: answer, closed: ending })
  })

  it.each([
    ['carriage returns alone', '\r'.repeat(8)],
    ['an unfinished line', 'SSH-2.0-x'],
  ])('waits in silence after %s', async (_, sent) => {
    expect(await converse(ssh.port, sent)).toMatchObject({ rest: Buffer.alloc(0), closed: false })
  })

  it.each([
    ['bytes that make no packet length', '\xff'.repeat(16)],
    ['a second identification', VERSION],
    ['line feeds', '\n'.repeat(9)],
    ['a short KEXINIT', packet(Buffer.from('\x14abc'))],
    ['an empty packet', Buffer.from('0000000c0b0000000000000000000000', 'hex')],
    ['a length that is no multiple of 8', Buffer.from(`0000000d${'00'.repeat(20)}`, 'hex')],
    [
      'a message of the authentication layer in a strict key exchange',
      Buffer.concat([kexInit({ kex: 'curve25519-sha256,kex-strict-c-v00@openssh.com' }), packet(Buffer.of(50))]),
    ],
    ['a length above 256 KiB', Buffer.from(`000493e0${'00'.repeat(20)}`, 'hex')],
    ['a message of the authentication layer', packet(Buffer.from('\x32abc'))],
    ['no key exchange method in common', kexInit({ kex: 'foo' })],
    ['no cipher in common', kexInit({ cipher: 'foo' })],
    ['a point of zero', Buffer.concat([kexInit(), packet(new WireWriter(30).string(Buffer.alloc(32)).done())])],
    ['a share of the wrong length', Buffer.concat([kexInit(), packet(new WireWriter(30).string('abc').done())])],
    [
      'a Diffie-Hellman share of 1',
      Buffer.concat([kexInit({ kex: 'diffie-hellman-group14-sha256' }), packet(new WireWriter(30).mpint(Buffer.of(1)).done())]),
    ],
    [
      'group sizes that exclude each other',
      Buffer.concat([
        kexInit({ kex: 'diffie-hellman-group-exchange-sha256' }),
        packet(new WireWriter(34).uint32(8192).uint32(2048).uint32(1024).done()),
      ]),
    ],
  ])('closes without a word after its KEXINIT on %s', async (_, sent) => {
    const bytes = Buffer.concat([Buffer.from(VERSION), Buffer.from(sent as Buffer)])
    const { rest, closed } = await converse(ssh.port, bytes)
    expect(payloads(rest).map((p) => p[0])).toEqual([Message.KEXINIT])
    expect(closed).toBe(true)
  })

  it.each([
    ['an unknown message number', packet(Buffer.from([200, 1])), 'Invalid ssh2 packet type: 200'],
    ['a padding of three bytes', Buffer.from(`0000000c03${'02'.repeat(11)}`, 'hex'), 'Corrupted padlen 3 on input.'],
    [
      'IGNORE in a strict key exchange',
      Buffer.concat([kexInit({ kex: 'curve25519-sha256,kex-strict-c-v00@openssh.com' }), packet(new WireWriter(2).string('x').done())]),
      'strict KEX violation: unexpected packet type 2 (seqnr 1)',
    ],
  ])('says why it disconnects on %s', async (_, sent, text) => {
    const { rest, closed } = await converse(ssh.port, Buffer.concat([Buffer.from(VERSION), sent]))
    const last = new WireReader(payloads(rest).at(-1)!)
    expect([last.byte(), last.uint32(), last.name(), last.name(), closed]).toEqual([Message.DISCONNECT, 2, text, '', true])
  })

  it.each([
    ['a service request before the key exchange', packet(new WireWriter(5).string('ssh-userauth').done()), 0],
    ['NEWKEYS before the key exchange', packet(Buffer.of(21)), 0],
    ['a second KEXINIT', Buffer.concat([kexInit(), kexInit()]), 1],
  ])('answers UNIMPLEMENTED to %s and waits', async (_, sent, sequence) => {
    const { rest, closed } = await converse(ssh.port, Buffer.concat([Buffer.from(VERSION), sent]))
    expect(payloads(rest).at(-1)).toEqual(new WireWriter(Message.UNIMPLEMENTED).uint32(sequence).done())
    expect(closed).toBe(false)
  })

  it('writes down version, offer and HASSH of a client, and how it broke the protocol', async () => {
    await converse(ssh.port, Buffer.concat([Buffer.from('SSH-2.0-Go\r\n'), kexInit({ cipher: 'foo' })]))
    const { events } = ssh.playing
    expect(events.filter((e) => e.type === 'ssh.version').at(-1)?.data).toEqual({ version: 'SSH-2.0-Go', accepted: true })
    expect(events.filter((e) => e.type === 'ssh.kex').at(-1)?.data).toMatchObject({ kex: ['curve25519-sha256'], cipher: ['foo'] })
    expect(events.filter((e) => e.type === 'fingerprint').at(-1)?.data).toMatchObject({
      kind: 'hassh',
      raw: 'curve25519-sha256;foo;hmac-sha2-256;none',
    })
    expect(events.filter((e) => e.type === 'ssh.malformed').at(-1)?.data).toEqual({ what: 'no algorithms in common' })
  })

  it('lives through 300 connections of random bytes without a fault', async () => {
    for (let i = 0; i < 300; i++) {
      const socket = await connect(ssh.port)
      const noise = Buffer.from(Array.from({ length: 1 + ((i * 37) % 300) }, (_, j) => (i * 131 + j * j * 17) & 255))
      socket.on('error', () => undefined)
      socket.end(i % 3 ? Buffer.concat([Buffer.from(VERSION), i % 3 === 1 ? noise : packet(noise)]) : noise)
      await new Promise((resolve) => socket.resume().once('close', resolve))
    }
    expect(ssh.playing.data('lure.fault')).toEqual([])
  })
})

describe('dropbear 2022.83', () => {
  let ssh: PlayingSsh
  beforeAll(async () => {
    ssh = await playSsh({ persona: 'openwrt-router' })
  })
  afterAll(() => ssh.stop())

  it('sends identification and KEXINIT at once, with the lists of the real one', async () => {
    const { rest } = await converse(ssh.port, '')
    const expected = Buffer.from(recorded('dropbear').kexinit, 'hex')
    const lists = (bytes: Buffer): string => payloads(bytes)[0]!.subarray(17).toString('latin1')
    expect(lists(rest)).toBe(lists(expected))
    expect(rest).toHaveLength(expected.length)
  })

  it.each([
    ['a line that is no identification', 'GET / HTTP/1.0\r\n\r\n'],
    ['protocol 3.0', 'SSH-3.0-x\r\n'],
    [
      'a service request before the key exchange',
      `${VERSION}${packet(new WireWriter(5).string('ssh-userauth').done()).toString('latin1')}`,
    ],
    ['an unknown message number', `${VERSION}${packet(Buffer.from([200, 1])).toString('latin1')}`],
  ])('closes without a word on %s', async (_, sent) => {
    const { rest, closed } = await converse(ssh.port, Buffer.from(sent, 'latin1'))
    expect(payloads(rest).map((p) => p[0])).toEqual([Message.KEXINIT])
    expect(closed).toBeTruthy()
  })
})

describe('OpenSSH 8.9p1 of Ubuntu 22.04', () => {
  it('offers sntrup761 after the elliptic curves, as it did before 9.0', async () => {
    const ssh = await playSsh({ persona: 'ubuntu-gpu' })
    const { line, rest } = await converse(ssh.port, VERSION)
    expect(line).toMatch(/^SSH-2\.0-OpenSSH_8\.9p1 Ubuntu-3ubuntu0\.\d+\r\n$/)
    expect(readKexInit(payloads(rest)[0]!).kex.slice(4, 6)).toEqual(['ecdh-sha2-nistp521', 'sntrup761x25519-sha512@openssh.com'])
    await ssh.stop()
  })
})
