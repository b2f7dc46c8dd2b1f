import { createConnection, type Socket } from 'node:net'
import { Readable, Writable } from 'node:stream'
import { Client } from 'basic-ftp'
import { afterEach, describe, expect, it } from 'vitest'
import { Identity } from '../../../src/config/identity.ts'
import { loadPersona } from '../../../src/config/personas.ts'
import lure from '../../../src/emulators/ftp/index.ts'
import type { Hosts } from '../../../src/host/contract.ts'
import { createHosts } from '../../../src/host/hosts.ts'
import { collect, connect, MemoryState, noEngine, type Playing, play } from '../../harness.ts'
import { holds, nameOf, recording } from '../recorded.ts'

const LOGIN = { policy: 'list', accept: [{ user: 'alice', password: 'secret' }] }
const identity = new Identity(Buffer.alloc(32, 7))
const persona = loadPersona('test/fixtures/prompts', 'mail-host', identity)

let p: Playing
let hosts: Hosts
afterEach(async () => {
  await p.stop()
  hosts.close()
  expect(p.data('lure.fault')).toEqual([])
  expect(p.deadLetters).toEqual([])
})

const mine = (): ReturnType<ReturnType<Hosts['of']>['files']> => hosts.of(persona, '127.0.0.1').files('alice')

/** A lure whose alice has the files of the recorded one. */
async function start(options: Record<string, unknown> = {}): Promise<Playing> {
  const state = new MemoryState()
  hosts = createHosts({ identity, engine: noEngine, state })
  p = await play(lure, {
    persona: 'mail-host',
    prompts: 'test/fixtures/prompts',
    identity,
    hosts,
    state,
    options: { login: LOGIN, delays: false, anonymous: 'off', ...options },
  })
  const files = mine()
  files.write('/home/alice/a.txt', Buffer.from('hello\n'), 0o644)
  files.utimes('/home/alice/a.txt', Date.UTC(2024, 2, 5, 10), Date.UTC(2024, 2, 5, 10))
  files.write('/home/alice/b c.txt', Buffer.from('x\n'), 0o644)
  files.mkdir('/home/alice/docs', 0o755)
  return p
}

/** Clock, counts and ports are others each time. */
const mask = (reply: string): string =>
  reply
    .replace(/user number \d+/, 'user number N')
    .replace(/Local time is now \d\d:\d\d. Server port: \d+/, 'Local time is now T. Server port: N')

describe.each([
  { product: 'vsftpd', file: 'vsftpd-3.0.3.json', tls: true },
  { product: 'proftpd', file: 'proftpd-1.3.8.json', tls: false },
  { product: 'pure-ftpd', file: 'pure-ftpd-1.0.50.json', tls: true },
])('$product', ({ product, file, tls }) => {
  it.each(
    recording(new URL(file, import.meta.url)).dialogues.map((d) => [nameOf(d), d] as const),
  )('answers as the real one: %s', async (_name, dialogue) => {
    await start({ product, tls })
    await holds(p.port(), dialogue, mask)
  })

  it('lets basic-ftp list, upload, download, resume, rename and delete, in clear and over TLS', async () => {
    await start({ product, tls: true })
    for (const secure of [false, true]) {
      const client = new Client(5000)
      await client.access({
        host: '127.0.0.1',
        port: p.port(),
        user: 'alice',
        password: 'secret',
        secure,
        secureOptions: { rejectUnauthorized: false },
      })
      expect(
        (await client.list())
          .filter(({ name }) => !name.startsWith('.'))
          .map(({ name, size, isDirectory }) => [name, isDirectory ? 'folder' : size]),
      ).toEqual([
        ['a.txt', 6],
        ['b c.txt', 2],
        ['docs', 'folder'],
      ])
      const payload = Buffer.from(Array.from({ length: 100_000 }, (_, i) => i & 255))
      await client.uploadFrom(Readable.from([payload]), 'docs/x.bin')
      await client.appendFrom(Readable.from([Buffer.from('end')]), 'docs/x.bin')
      expect(await client.size('docs/x.bin')).toBe(100_003)
      const parts: Buffer[] = []
      const sink = new Writable({
        write(chunk: Buffer, _encoding, done) {
          parts.push(chunk)
          done()
        },
      })
      await client.downloadTo(sink, 'docs/x.bin', 99_990)
      expect(Buffer.concat(parts)).toEqual(Buffer.concat([payload.subarray(99_990), Buffer.from('end')]))
      await client.rename('docs/x.bin', 'docs/y.bin')
      await client.remove('docs/y.bin')
      await client.ensureDir('deep/er')
      await client.cd('/home/alice')
      await client.removeDir('deep')
      client.close()
    }
    expect(p.data('ftp.upload')).toMatchObject([
      { verb: 'STOR', path: '/home/alice/docs/x.bin', size: 100_000, written: true },
      { verb: 'APPE', size: 3 },
      { verb: 'STOR', size: 100_000 },
      { verb: 'APPE', size: 3 },
    ])
    const { sha256 } = p.data('ftp.upload')[0]!
    expect(p.artifacts.kept.get(sha256 as string)).toHaveLength(100_000)
    expect(p.data('login')).toMatchObject([{ username: 'alice', password: 'secret', accepted: true }, { accepted: true }])
  })
})

/** A client whose every step is seen. */
class Wire {
  readonly #socket: Socket
  #text = ''

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (d: Buffer) => {
      this.#text += d.toString('latin1')
    })
  }

  static async open(user = 'alice', password = 'secret'): Promise<Wire> {
    const wire = new Wire(await connect(p.port()))
    await wire.reply()
    await wire.say(`USER ${user}`)
    await wire.say(`PASS ${password}`)
    return wire
  }

  async reply(): Promise<string> {
    await expect.poll(() => /^\d{3} .*\r\n$/m.test(this.#text), { timeout: 4000, interval: 3 }).toBe(true)
    const text = this.#text
    this.#text = ''
    return text
  }

  async say(command: string): Promise<string> {
    this.#socket.write(Buffer.from(`${command}\r\n`, 'latin1'))
    return this.reply()
  }

  async epsv(): Promise<Socket> {
    const port = Number(/\|\|\|(\d+)\|/.exec(await this.say('EPSV'))![1])
    return connect(port)
  }

  /** All replies and the data of a transfer towards us. */
  async fetch(command: string): Promise<{ replies: string; data: string }> {
    const data = await this.epsv()
    this.#socket.write(`${command}\r\n`)
    const got = await collect(data, 1000)
    await expect.poll(() => /^[2-5]\d\d .*\r\n$/m.test(this.#text.replace(/^150.*\r\n/gm, '')), { timeout: 3000, interval: 3 }).toBe(true)
    const replies = this.#text
    this.#text = ''
    return { replies, data: got.toString('latin1') }
  }

  close(): void {
    this.#socket.destroy()
  }
}

describe('a transfer', () => {
  it.each([
    [
      'vsftpd',
      'LIST',
      '150 Here comes the directory listing.\r\n226 Directory send OK.\r\n',
      '-rw-r--r--    1 1002     1002            6 Mar 05  2024 a.txt\r\n',
    ],
    [
      'proftpd',
      'LIST',
      '150 Opening ASCII mode data connection for file list\r\n226 Transfer complete\r\n',
      '-rw-r--r--   1 alice    alice           6 Mar  5  2024 a.txt\r\n',
    ],
    [
      'pure-ftpd',
      'LIST',
      '150 Accepted data connection\r\n226-Options: -l \r\n226 3 matches total\r\n',
      '-rw-r--r--    1 alice      alice               6 Mar  5  2024 a.txt\r\n',
    ],
    [
      'vsftpd',
      'LIST a.txt',
      '150 Here comes the directory listing.\r\n226 Directory send OK.\r\n',
      '-rw-r--r--    1 1002     1002            6 Mar 05  2024 a.txt\r\n',
    ],
    ['vsftpd', 'LIST nope', '150 Here comes the directory listing.\r\n226 Directory send OK.\r\n', ''],
    ['proftpd', 'LIST nope', '150 Opening ASCII mode data connection for file list\r\n450 nope: No such file or directory\r\n', ''],
    ['vsftpd', 'NLST *.txt', '150 Here comes the directory listing.\r\n226 Directory send OK.\r\n', 'a.txt\r\nb c.txt\r\n'],
    ['vsftpd', 'RETR a.txt', '150 Opening BINARY mode data connection for a.txt (6 bytes).\r\n226 Transfer complete.\r\n', 'hello\n'],
    ['proftpd', 'RETR a.txt', '150 Opening ASCII mode data connection for a.txt (6 bytes)\r\n226 Transfer complete\r\n', 'hello\r\n'],
  ])('of %s: %s reads as recorded', async (product, command, replies, data) => {
    await start({ product })
    const wire = await Wire.open()
    const got = await wire.fetch(command)
    expect(got.replies).toBe(replies)
    if (command === 'LIST') expect(got.data.split('\r\n')[0]).toBe(data.trimEnd())
    else expect(got.data).toBe(data)
    wire.close()
  })

  it('of Pure-FTPd warns of TYPE A and tells its speed, as recorded', async () => {
    await start({ product: 'pure-ftpd' })
    const wire = await Wire.open()
    const { replies, data } = await wire.fetch('RETR a.txt')
    expect(replies).toMatch(
      /^150 Accepted data connection\r\n226-Warning: client is in ASCII mode - Assuming data is plain text\r\n226-File successfully transferred\r\n226 \d\.\d{3} seconds \(measured here\), \d+\.\d\d (K|M)?bytes per second\r\n$/,
    )
    expect(data).toBe('hello\r\n')
    wire.close()
  })

  it('of a folder over MLSD has the facts of ProFTPD', async () => {
    await start({ product: 'proftpd' })
    const wire = await Wire.open()
    const { data } = await wire.fetch('MLSD')
    expect(data).toMatch(
      /^modify=20240305100000;perm=adfrw;size=6;type=file;unique=2AU[0-9A-F]+;UNIX\.group=1002;UNIX\.groupname=alice;UNIX\.mode=0644;UNIX\.owner=1002;UNIX\.ownername=alice; a\.txt\r$/m,
    )
    wire.close()
  })

  it('without a data connection is refused, and one that never connects does not hold the session', async () => {
    await start()
    const wire = await Wire.open()
    expect(await wire.say('RETR a.txt')).toBe('425 Use PORT or PASV first.\r\n')
    await wire.say('PORT 127,0,0,1,200,1')
    expect(await wire.say('LIST')).toBe('425 Failed to establish connection.\r\n')
    wire.close()
  })

  it('keeps what came when the connection breaks', async () => {
    await start()
    const wire = await Wire.open()
    const data = await wire.epsv()
    const opened = wire.say('STOR half.bin')
    await opened
    await new Promise((resolve) => data.write('first half', resolve))
    data.end()
    expect(await wire.reply()).toBe('226 Transfer complete.\r\n')
    expect(mine().read('/home/alice/half.bin').toString()).toBe('first half')
    wire.close()
  })

  it('may not write where the user may not', async () => {
    await start()
    const wire = await Wire.open()
    const data = await wire.epsv()
    expect(await wire.say('STOR /etc/x')).toBe('553 Could not create file.\r\n')
    data.destroy()
    wire.close()
  })
})

describe('PORT and EPRT', () => {
  it('never make us connect, and a bounce is refused and written down', async () => {
    await start()
    const wire = await Wire.open()
    expect(await wire.say('PORT 203,0,113,9,0,25')).toBe('500 Illegal PORT command.\r\n')
    expect(await wire.say('EPRT |1|203.0.113.9|8000|')).toBe('500 Illegal EPRT command.\r\n')
    expect(await wire.say('PORT 127,0,0,1,0,22')).toBe('500 Illegal PORT command.\r\n')
    expect(p.data('indicator')).toEqual([
      { kind: 'address', value: '203.0.113.9:25', how: 'ftp.port' },
      { kind: 'address', value: '203.0.113.9:8000', how: 'ftp.eprt' },
      { kind: 'address', value: '127.0.0.1:22', how: 'ftp.port' },
    ])
    wire.close()
  })

  it('passive ports stay in their range, and PASV names the address that it is told', async () => {
    await start({ passivePorts: { min: 42_000, max: 42_010 }, passiveAddress: '198.51.100.7' })
    const wire = await Wire.open()
    const reply = await wire.say('PASV')
    const [, high, low] = /\(198,51,100,7,(\d+),(\d+)\)/.exec(reply)!
    const port = Number(high) * 256 + Number(low)
    expect(port).toBeGreaterThanOrEqual(42_000)
    expect(port).toBeLessThanOrEqual(42_010)
    wire.close()
  })

  it('a data connection of somebody else is not taken', async () => {
    await start()
    const wire = await Wire.open()
    const port = Number(/\|\|\|(\d+)\|/.exec(await wire.say('EPSV'))![1])
    const stranger = createConnection({ port, host: '127.0.0.1', localAddress: '127.0.0.3' })
    expect(await collect(stranger, 500)).toHaveLength(0)
    wire.close()
  })
})

describe('an anonymous user', () => {
  it.each(['vsftpd', 'proftpd', 'pure-ftpd'])('of %s sees /srv/ftp as its root and may leave files there', async (product) => {
    await start({ product, anonymous: 'write' })
    const wire = new Client(5000)
    await wire.access({ host: '127.0.0.1', port: p.port(), user: 'anonymous', password: 'a@b.c' })
    expect(await wire.pwd()).toBe('/')
    await wire.cd('..')
    expect(await wire.pwd()).toBe('/')
    await wire.uploadFrom(Readable.from([Buffer.from('left')]), 'x.bin')
    expect((await wire.list()).map(({ name }) => name)).toContain('x.bin')
    wire.close()
    expect(hosts.of(persona, '127.0.0.1').files('root').read('/srv/ftp/x.bin').toString()).toBe('left')
    expect(p.data('login')[0]).toMatchObject({ username: 'anonymous', accepted: true })
  })

  it('may only read where it is told so', async () => {
    await start({ anonymous: 'read' })
    const wire = await Wire.open('ftp', 'x')
    expect(await wire.say('MKD x')).toBe('550 Create directory operation failed.\r\n')
    const data = await wire.epsv()
    expect(await wire.say('STOR x')).toBe('553 Could not create file.\r\n')
    data.destroy()
    wire.close()
  })
})

describe('vsftpd without TLS', () => {
  it('knows no AUTH, before the login and after it', async () => {
    await start({ tls: false })
    const stranger = await Wire.open('x', 'y')
    expect(await stranger.say('AUTH TLS')).toBe('530 Please login with USER and PASS.\r\n')
    expect(await stranger.say('FEAT')).not.toContain('AUTH')
    stranger.close()
    const wire = await Wire.open()
    expect(await wire.say('AUTH TLS')).toBe('500 Unknown command.\r\n')
    wire.close()
  })
})

describe('known attacks', () => {
  it("tag vsftpd 2.3.4's smiley and mod_copy's SITE CPFR", async () => {
    await start({ product: 'proftpd' })
    const wire = await Wire.open('x:)', 'y')
    expect(await wire.say('SITE CPFR /etc/passwd')).toBe('530 Please login with USER and PASS\r\n')
    await wire.say('USER alice')
    await wire.say('PASS secret')
    expect(await wire.say('SITE CPFR /etc/passwd')).toBe('350 File or directory exists, ready for destination name\r\n')
    expect(await wire.say('SITE CPTO stolen')).toBe('250 Copy successful\r\n')
    wire.close()
    expect((await p.seen('session.close')).tags).toEqual(['cve:CVE-2011-2523', 'cve:CVE-2015-3306'])
  })
})
