import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { program } from '../../src/ssh/program.ts'
import { STATUS_TEXT, writeAttributes } from '../../src/ssh/sftp/codec.ts'
import { sftpServer } from '../../src/ssh/sftp/server.ts'
import { WireReader, WireWriter } from '../../src/ssh/transport/wire.ts'
import { makeHost, type TestHost } from '../host/harness.ts'

const [OPEN, CLOSE, READ, WRITE, LSTAT, FSTAT, SETSTAT, FSETSTAT, OPENDIR] = [3, 4, 5, 6, 7, 8, 9, 10, 11] as const
const [REMOVE, MKDIR, RMDIR, REALPATH, STAT, READLINK, SYMLINK, EXTENDED] = [13, 14, 15, 16, 17, 19, 20, 200] as const
const [R, W, CREATE, TRUNCATE] = [1, 2, 8, 16] as const
const STATUSES = Object.keys(STATUS_TEXT)
const BAD = Buffer.from('00000009', 'hex')

let played: TestHost
beforeAll(() => {
  played = makeHost()
})
afterAll(() => played.close())

/** A session of sftp-server on a real host: requests in, answers in words out. */
class Session {
  readonly #process = program((io) =>
    sftpServer(io, {
      files: played.host.files('root'),
      user: 'root',
      persona: played.persona,
      fileSystemId: 1n,
      did: () => undefined,
      uploaded: () => undefined,
    }),
  )
  readonly #output = this.#process.stdout[Symbol.asyncIterator]()

  constructor() {
    this.raw(new WireWriter(1).uint32(3).done())
  }

  raw(packet: Buffer): void {
    this.#process.stdin.write(new WireWriter().string(packet).done())
  }

  async answer(): Promise<Buffer> {
    const { value } = await this.#output.next()
    return Buffer.from(value ?? [])
  }

  /** The name of a status, a handle, data, a path, or the attributes that were there. */
  async ask(type: number, body: WireWriter): Promise<string> {
    this.raw(new WireWriter(type).uint32(7).raw(body.done()).done())
    let answer = await this.answer()
    if (answer[4] === 2) answer = await this.answer()
    const reader = new WireReader(answer, 9)
    switch (answer[4]) {
      case 101:
        return STATUSES[reader.uint32()]!
      case 102:
        return `handle ${reader.string().toString('hex')}`
      case 103:
        return `data ${reader.string().toString()}`
      case 104:
        reader.uint32()
        return reader.string().toString()
      case 105: {
        reader.uint32()
        const [size, uid, gid, mode] = [reader.uint64(), reader.uint32(), reader.uint32(), reader.uint32()]
        return `${size} ${uid}:${gid} ${mode.toString(8)}`
      }
      default:
        return reader.rest().toString('hex')
    }
  }

  async open(path: string, flags: number): Promise<Buffer> {
    const answer = await this.ask(OPEN, string(path).uint32(flags).uint32(0))
    return Buffer.from(answer.slice('handle '.length), 'hex')
  }

  async exit(): Promise<number> {
    return (await this.#process.exited).code
  }

  end(): Promise<number> {
    this.#process.stdin.end()
    return this.exit()
  }
}

const string = (text: string | Buffer): WireWriter => new WireWriter().string(text)
const pair = (a: string, b: string): WireWriter => string(a).string(b)
const at = (handle: Buffer, offset: bigint): WireWriter => string(handle).uint64(offset)
const none = (path: string | Buffer): WireWriter => string(path).uint32(0)

// All of these are recorded from openssh-sftp-server 1:9.2p1-2+deb12u10 by the same requests.
describe('sftp-server', () => {
  let sftp: Session
  beforeEach(async () => {
    await played.run('rm -rf /tmp/s; mkdir /tmp/s; cd /tmp/s; printf 0123456789 >f; ln -s f l; ln -s none dead; ln -s loop loop; mkdir d')
    sftp = new Session()
  })

  it.each([
    ['close', CLOSE, string(BAD), 'NO_SUCH_FILE'],
    ['read', READ, at(BAD, 0n).uint32(1), 'FAILURE'],
    ['write', WRITE, at(BAD, 0n).string('x'), 'FAILURE'],
    ['fstat', FSTAT, string(BAD), 'FAILURE'],
    ['fsetstat', FSETSTAT, none(BAD), 'FAILURE'],
    ['fsync', EXTENDED, string('fsync@openssh.com').string(BAD), 'NO_SUCH_FILE'],
    ['fstatvfs', EXTENDED, string('fstatvfs@openssh.com').string(BAD), 'FAILURE'],
  ])('answers %s of a handle that is none', async (_, type, body, status) => {
    expect(await sftp.ask(type, body)).toBe(status)
  })

  it.each([
    ['the state of an empty path', STAT, string('')],
    ['readlink', READLINK, string('')],
    ['opendir', OPENDIR, string('')],
    ['mkdir', MKDIR, none('')],
    ['rmdir', RMDIR, string('')],
    ['remove', REMOVE, string('')],
    ['open', OPEN, string('').uint32(R).uint32(0)],
    ['symlink to nothing', SYMLINK, pair('', '/tmp/s/x')],
    ['statvfs', EXTENDED, pair('statvfs@openssh.com', '')],
    ['a path of none', STAT, string('/tmp/s/dead')],
    ['a link to itself', REALPATH, string('/tmp/s/loop')],
  ])('finds nothing: %s', async (_, type, body) => {
    expect(await sftp.ask(type, body)).toBe('NO_SUCH_FILE')
  })

  it('knows no home of nobody', async () => {
    expect(await sftp.ask(EXTENDED, pair('home-directory', ''))).toBe('FAILURE')
  })

  it('reads and writes by the flags of the handle, as far as the disk could go', async () => {
    const writing = await sftp.open('/tmp/s/f', W)
    expect(await sftp.ask(READ, at(writing, 0n).uint32(5))).toBe('NO_SUCH_FILE')
    expect(await sftp.ask(WRITE, at(writing, 2n ** 63n).string('x'))).toBe('BAD_MESSAGE')
    const reading = await sftp.open('/tmp/s/f', R)
    expect(await sftp.ask(WRITE, at(reading, 0n).string('x'))).toBe('NO_SUCH_FILE')
    expect(await sftp.ask(READ, at(reading, 17592186040319n).uint32(1))).toBe('EOF')
    expect(await sftp.ask(READ, at(reading, 2n ** 62n).uint32(1))).toBe('BAD_MESSAGE')
    expect(await sftp.ask(FSETSTAT, writeAttributes(string(reading), { size: 3n }))).toBe('BAD_MESSAGE')
    expect(await sftp.ask(READ, at(await sftp.open('/tmp/s/f', R | TRUNCATE), 0n).uint32(9))).toBe('EOF')
  })

  it('opens a directory as a file, which cannot be read', async () => {
    expect(
      await sftp.ask(
        OPEN,
        string('/tmp/s/d')
          .uint32(W | CREATE)
          .uint32(0),
      ),
    ).toBe('FAILURE')
    expect(await sftp.ask(READ, at(await sftp.open('/tmp/s/d', R), 0n).uint32(5))).toBe('FAILURE')
  })

  it.each([
    ['/tmp/s/f/', '/tmp/s/f'],
    ['/tmp/s/f/..', '/tmp/s'],
    ['/tmp/s/l', '/tmp/s/f'],
    ['/tmp//s/./d/../new', '/tmp/s/new'],
    ['/tmp/s/new/', 'NO_SUCH_FILE'],
    ['/tmp/s/f/x', 'NO_SUCH_FILE'],
    ['/tmp/s/dead', '/tmp/s/none'],
    ['', '/root'],
    ['/..', '/'],
  ])('takes %s for %s', async (path, real) => {
    expect(await sftp.ask(REALPATH, string(path))).toBe(real)
  })

  it('changes owners as chown does: -1 leaves them, a new one takes set-user-ID away', async () => {
    await sftp.ask(SETSTAT, writeAttributes(string('/tmp/s/f'), { permissions: 0o4755 }))
    await sftp.ask(SETSTAT, writeAttributes(string('/tmp/s/f'), { owner: { uid: 1, gid: 0xffffffff } }))
    expect(await sftp.ask(LSTAT, string('/tmp/s/f'))).toBe('10 1:0 100755')
    expect(await sftp.ask(SETSTAT, writeAttributes(string('/tmp/s/f'), { size: 2n ** 63n }))).toBe('BAD_MESSAGE')
  })

  it('sets no mode of a link, but that of a file by the request for links', async () => {
    const change = (path: string): WireWriter => writeAttributes(pair('lsetstat@openssh.com', path), { permissions: 0o601 })
    expect(await sftp.ask(EXTENDED, change('/tmp/s/l'))).toBe('FAILURE')
    expect(await sftp.ask(EXTENDED, change('/tmp/s/f'))).toBe('OK')
    expect(await sftp.ask(STAT, string('/tmp/s/f'))).toBe('10 0:0 100601')
  })

  it('removes no directory by the name of a dot', async () => {
    expect([await sftp.ask(RMDIR, string('.')), await sftp.ask(RMDIR, string('/tmp/s/d/.'))]).toEqual(['BAD_MESSAGE', 'BAD_MESSAGE'])
  })

  it('copies in pieces of 64 KiB, and says when the source ends before the last of them', async () => {
    const [from, to] = [await sftp.open('/tmp/s/f', R), await sftp.open('/tmp/s/g', W | CREATE)]
    const copy = (source: Buffer, offset: bigint, length: bigint): Promise<string> =>
      sftp.ask(EXTENDED, string('copy-data').string(source).uint64(offset).uint64(length).string(to).uint64(0n))
    expect([await copy(from, 0n, 0n), await copy(from, 0n, 131_072n), await copy(from, 0n, 131_073n)]).toEqual(['OK', 'OK', 'EOF'])
    expect([await copy(from, 2n ** 63n, 0n), await copy(await sftp.open('/tmp/s/h', W | CREATE), 0n, 0n)]).toEqual([
      'BAD_MESSAGE',
      'NO_SUCH_FILE',
    ])
  })

  it('has no blocks to show for what the kernel makes up', async () => {
    const shown = await sftp.ask(EXTENDED, pair('statvfs@openssh.com', '/proc'))
    expect(shown).toBe(`${'0000000000001000'.repeat(2)}${'0'.repeat(16 * 7)}000000000000000200000000000000ff`)
  })

  it.each([
    ['a NUL in a path', new WireWriter(STAT).uint32(1).string('/tm\0p').done()],
    ['an unknown message without an id', Buffer.of(99)],
    ['an empty message', Buffer.concat([Buffer.alloc(0)])],
  ])('gives up on %s', async (_, packet) => {
    sftp.raw(packet)
    sftp.raw(Buffer.from('xxxx'))
    expect(await sftp.exit()).toBe(255)
  })

  it('ends well when the client does, be it in the middle of a message', async () => {
    sftp.raw(Buffer.alloc(0))
    expect(await sftp.end()).toBe(0)
  })
})
