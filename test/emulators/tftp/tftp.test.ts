import { createSocket, type Socket } from 'node:dgram'
import { afterEach, describe, expect, it } from 'vitest'
import { Identity } from '../../../src/config/identity.ts'
import { loadPersona } from '../../../src/config/personas.ts'
import { encodeTftp } from '../../../src/emulators/tftp/codec.ts'
import lure from '../../../src/emulators/tftp/index.ts'
import type { Hosts } from '../../../src/host/contract.ts'
import { createHosts } from '../../../src/host/hosts.ts'
import { MemoryState, noEngine, type Playing, play } from '../../harness.ts'

const identity = new Identity(Buffer.alloc(32, 7))
const persona = loadPersona('test/fixtures/prompts', 'mail-host', identity)
let p: Playing
let hosts: Hosts
let client: Client

/** One client port; what comes is queued with the port that it came from. */
class Client {
  readonly #socket: Socket
  readonly #queue: { bytes: Buffer; port: number }[] = []
  /** Port of the transfer, once the server has answered. */
  tid = 0

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('message', (bytes, from) => this.#queue.push({ bytes, port: from.port }))
  }

  static open(): Promise<Client> {
    return new Promise((resolve) => {
      const socket = createSocket('udp4')
      socket.bind(0, '127.0.0.1', () => resolve(new Client(socket)))
    })
  }

  send(bytes: Buffer, port = this.tid): void {
    this.#socket.send(bytes, port, '127.0.0.1')
  }

  async next(withinMs = 1500): Promise<Buffer | undefined> {
    const deadline = performance.now() + withinMs
    while (this.#queue.length === 0 && performance.now() < deadline) await new Promise((r) => setTimeout(r, 3))
    const first = this.#queue.shift()
    if (first) this.tid = first.port
    return first?.bytes
  }

  close(): void {
    this.#socket.close()
  }
}

afterEach(async () => {
  client.close()
  await p.stop()
  hosts.close()
  expect(p.data('lure.fault')).toEqual([])
  expect(p.deadLetters).toEqual([])
})

async function start(options: Record<string, unknown> = {}, settings: Record<string, unknown> = {}): Promise<void> {
  const state = new MemoryState()
  hosts = createHosts({ identity, engine: noEngine, state })
  p = await play(lure, {
    persona: 'mail-host',
    prompts: 'test/fixtures/prompts',
    identity,
    hosts,
    state,
    options,
    settings: { listen: { offset: 0 }, udp: { floodPackets: 1000 }, ...settings },
  })
  client = await Client.open()
}

const ask = (op: 'RRQ' | 'WRQ', filename: string, mode = 'octet', options: [string, string][] = []): Buffer =>
  encodeTftp({ op, filename: Buffer.from(filename), mode, options })
const ack = (block: number): Buffer => encodeTftp({ op: 'ACK', block })
const rootFiles = (): ReturnType<ReturnType<Hosts['of']>['files']> => hosts.of(persona, '127.0.0.1').files('root')

describe('tftpd-hpa', () => {
  // Recorded from tftpd-hpa 5.2 (5.2+20150808-1.4) with --create --secure.
  it.each([
    ['no such file', ask('RRQ', 'nosuch'), '\0\x05\0\x01File not found\0'],
    ['a way out of the root', ask('RRQ', '../etc/passwd'), '\0\x05\0\x01File not found\0'],
    ['an absolute path', ask('RRQ', '/etc/passwd'), '\0\x05\0\x01File not found\0'],
    ['mode mail', ask('RRQ', 'motd', 'mail'), '\0\x05\0\x04Unknown mode\0'],
    ['a bad block size', ask('RRQ', 'motd', 'octet', [['blksize', '7']]), '\0\x05\0\x08Unsupported option(s) requested\0'],
    [
      'a bad utimeout',
      ask('RRQ', 'motd', 'octet', [
        ['blksize', '1024'],
        ['utimeout', '1000'],
      ]),
      '\0\x05\0\x08Unsupported option(s) requested\0',
    ],
    ['no mode', Buffer.from('\0\x01motd\0'), '\0\x05\0\x04Missing mode\0'],
    ['no name', Buffer.from('\0\x01\0octet\0'), '\0\x05\0\x04Missing mode\0'],
    ['no end', Buffer.from('\0\x01motd'), '\0\x05\0\x04Request not null-terminated\0'],
    ['block size 8 in capitals', ask('RRQ', 'motd', 'OCTET', [['blksize', '8']]), '\0\x06blksize\x008\0'],
    ['an option without a value', Buffer.from('\0\x01motd\0octet\0blksize\0'), '\0\x03\0\x01mail.example.org\n'],
    ['netascii', ask('RRQ', 'motd', 'netascii'), '\0\x03\0\x01mail.example.org\r\n'],
    ['a write', ask('WRQ', 'new'), '\0\x04\0\0'],
    [
      'options of a write',
      ask('WRQ', 'new', 'octet', [
        ['tsize', '123'],
        ['foo', '1'],
        ['blksize', '1400'],
      ]),
      '\0\x06tsize\x00123\0blksize\x001400\0',
    ],
  ])('answers %s as recorded, from a new port', async (_name, request, answer) => {
    await start()
    client.send(request, p.port())
    expect((await client.next())?.toString('latin1')).toBe(answer)
    expect(client.tid).not.toBe(p.port())
  })

  it.each([
    ['DATA', Buffer.from('\0\x03\0\x01abc')],
    ['ACK', ack(1)],
    ['ERROR', Buffer.from('\0\x05\0\x01x\0')],
    ['opcode 9', Buffer.from('\0\x09aa\0octet\0')],
  ])('says nothing to %s at its port', async (_name, packet) => {
    await start()
    client.send(packet, p.port())
    expect(await client.next(200)).toBeUndefined()
  })
})

describe('a read', () => {
  it('hands out a file block by block and says again what is not acknowledged', async () => {
    await start()
    rootFiles()
    client.send(ask('RRQ', 'motd'), p.port())
    await client.next()
    client.send(ack(1))
    const content = Buffer.from(Array.from({ length: 1030 }, (_, i) => i & 255))
    rootFiles().write('/srv/tftp/big', content, 0o644)
    client.send(
      ask('RRQ', 'big', 'octet', [
        ['tsize', '0'],
        ['timeout', '1'],
      ]),
      p.port(),
    )
    expect((await client.next())?.toString('latin1')).toBe('\0\x06tsize\x001030\0timeout\x001\0')
    client.send(ack(0))
    const first = (await client.next())!
    expect(first.subarray(4)).toEqual(content.subarray(0, 512))
    expect(await client.next(2500)).toEqual(first)
    client.send(ack(1))
    expect((await client.next())?.subarray(4)).toEqual(content.subarray(512, 1024))
    client.send(ack(2))
    expect((await client.next())?.subarray(4)).toEqual(content.subarray(1024))
    client.send(ack(3))
    expect((await p.seen('tftp.read', 2)).data).toEqual({ filename: 'big', size: 1030, complete: true })
    expect(p.data('tftp.request').at(-1)).toMatchObject({
      op: 'RRQ',
      filename: 'big',
      options: [
        { name: 'tsize', value: '0' },
        { name: 'timeout', value: '1' },
      ],
    })
  })

  it('offers the configuration of a switch, whose secrets are those of this install', async () => {
    await start()
    client.send(ask('RRQ', 'running-config', 'octet', [['blksize', '1400']]), p.port())
    await client.next()
    client.send(ack(0))
    const text = (await client.next())!.toString('latin1', 4)
    expect(text).toMatch(/enable password [A-Z][a-z]+\d{2,4}\n/)
    expect(text).not.toContain('{{')
    client.send(ack(1))
    await p.seen('tftp.read')
  })

  it('gives a source that has not answered one packet, and none beyond the governor', async () => {
    await start({}, { udp: { governLoopback: true, answersPerMinute: 2, floodPackets: 1000 } })
    for (let i = 0; i < 4; i++) client.send(ask('RRQ', 'motd'), p.port())
    const got: Buffer[] = []
    for (let bytes = await client.next(); bytes; bytes = await client.next(1500)) got.push(bytes)
    expect(got).toHaveLength(2)
  })

  it('flows freely once the source has acknowledged', async () => {
    await start({}, { udp: { governLoopback: true, answersPerMinute: 2, floodPackets: 1000 } })
    client.send(ask('RRQ', 'motd'), p.port())
    await client.next()
    client.send(ack(1))
    rootFiles().write('/srv/tftp/big', Buffer.alloc(512 * 8), 0o644)
    client.send(ask('RRQ', 'big'), p.port())
    for (let block = 1; block <= 9; block++) {
      expect((await client.next())?.readUInt16BE(2)).toBe(block)
      client.send(ack(block))
    }
    expect((await p.seen('tftp.read', 2)).data).toMatchObject({ complete: true })
  })
})

describe('a write', () => {
  it('is taken, kept, and lies on the host', async () => {
    await start()
    client.send(ask('WRQ', 'mips.bin'), p.port())
    expect(await client.next()).toEqual(ack(0))
    const payload = Buffer.concat([Buffer.from('\x7fELF', 'latin1'), Buffer.alloc(600, 7)])
    client.send(encodeTftp({ op: 'DATA', block: 1, data: payload.subarray(0, 512) }))
    expect(await client.next()).toEqual(ack(1))
    client.send(encodeTftp({ op: 'DATA', block: 2, data: payload.subarray(512) }))
    expect(await client.next()).toEqual(ack(2))
    const { data } = await p.seen('tftp.write')
    expect(data).toMatchObject({ filename: 'mips.bin', size: 604, complete: true })
    expect(p.artifacts.kept.get(data.sha256 as string)).toEqual(payload)
    expect(rootFiles().read('/srv/tftp/mips.bin')).toEqual(payload)
  })

  it('that breaks off is kept as far as it came', async () => {
    await start()
    client.send(ask('WRQ', 'half', 'octet', [['utimeout', '10000']]), p.port())
    await client.next()
    client.send(encodeTftp({ op: 'DATA', block: 1, data: Buffer.alloc(512, 1) }))
    await client.next()
    client.send(encodeTftp({ op: 'ERROR', code: 0, message: 'stopped' }))
    expect((await p.seen('tftp.write')).data).toMatchObject({ size: 512, complete: false, clientError: '0 stopped' })
  })

  it('is refused where it is not allowed', async () => {
    await start({ write: false })
    client.send(ask('WRQ', 'new'), p.port())
    expect((await client.next())?.toString('latin1')).toBe('\0\x05\0\x01File not found\0')
  })
})
