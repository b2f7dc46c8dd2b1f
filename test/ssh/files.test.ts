import type { Client, ClientChannel, SFTPWrapper } from 'ssh2'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createHosts } from '../../src/host/hosts.ts'
import { longName } from '../../src/ssh/sftp/long-name.ts'
import { MemoryState, noEngine } from '../harness.ts'
import { testIdentity } from '../host/harness.ts'
import { call, connectClient, exec, finish, sftpOf } from './client.ts'
import { type PlayingSsh, playSsh } from './play-ssh.ts'

let ssh: PlayingSsh
let client: Client
beforeAll(async () => {
  ssh = await playSsh()
  client = await connectClient(ssh.port)
})
afterAll(async () => {
  client.end()
  await ssh.stop()
})

describe('SFTP', () => {
  let sftp: SFTPWrapper
  beforeAll(async () => {
    sftp = await sftpOf(client)
  })

  it('stores an upload, shows it at once, gives it back, and keeps it as an artifact', async () => {
    const bytes = Buffer.alloc(300_000, 'malware ')
    await call((done) => sftp.writeFile('/tmp/x', bytes, { mode: 0o755 }, done))
    expect(ssh.host().fileSystem.read('/tmp/x').equals(bytes)).toBe(true)
    expect((await call<Buffer>((done) => sftp.readFile('/tmp/x', done))).equals(bytes)).toBe(true)
    expect((await call<{ size: number }>((done) => sftp.stat('/tmp/x', done as never))).size).toBe(bytes.length)
    expect(ssh.playing.data('artifact').at(-1)).toMatchObject({ how: 'sftp', name: '/tmp/x', size: bytes.length })
  })

  it('lists a directory with the lines of ls, dot and dot-dot among them', async () => {
    ssh.host().fileSystem.mkdir('/root/d')
    // `full` keeps ssh2 from hiding the two.
    const readdir = sftp.readdir.bind(sftp) as unknown as (path: string, options: object, done: unknown) => void
    const list = await call<{ filename: string; longname: string }[]>((done) => readdir('/root', { full: true }, done))
    expect(list.map((e) => e.filename)).toEqual(expect.arrayContaining(['.', '..', 'd']))
    expect(list.find((e) => e.filename === 'd')?.longname).toMatch(/^drwxr-xr-x {4}1 root {5}root {12}0 Feb {2}3 (04:05| 2026) d$/)
  })

  it('shows the hour of what changed in the last half year, in the zone of the host, and the year of the rest', () => {
    const stat = { type: 'file', mode: 0o4755, uid: 0, gid: 7, size: 1234, links: 1, inode: 1, atime: 0, ctime: 0 } as const
    const context = { userName: () => 'root', groupName: String, timezone: 'Europe/Copenhagen' }
    const mtime = Date.UTC(2026, 1, 3, 4, 5)
    const now = Date.UTC(2026, 5, 1)
    expect(longName('su', { ...stat, mtime }, { ...context, now })).toBe('-rwsr-xr-x    1 root     7            1234 Feb  3 05:05 su')
    expect(longName('su', { ...stat, mtime }, { ...context, now: now + 1e10 })).toBe(
      '-rwsr-xr-x    1 root     7            1234 Feb  3  2026 su',
    )
  })

  it.each([
    ['a file that is not there', (done: never) => sftp.stat('/nope', done), 2, 'No such file'],
    ['a directory that is not empty', (done: never) => sftp.rmdir('/tmp', done), 4, 'Failure'],
    ['opening what does not exist', (done: never) => sftp.open('/nope', 'r', done), 2, 'No such file'],
    ['renaming onto what exists', (done: never) => sftp.rename('/tmp/x', '/etc/passwd', done), 4, 'Failure'],
    ['the target of what is no link', (done: never) => sftp.readlink('/etc/passwd', done), 5, 'Bad message'],
  ])('says of %s what OpenSSH says', async (_, start, code, message) => {
    await expect(call((done) => void start(done as never))).rejects.toMatchObject({ code, message })
  })

  it('resolves paths from the home directory', async () => {
    expect(await call<string>((done) => sftp.realpath('.', done))).toBe('/root')
    expect(await call<string>((done) => sftp.realpath('new', done))).toBe('/root/new')
  })

  it('makes symbolic and hard links, changes modes and sizes', async () => {
    await call((done) => sftp.symlink('/etc/passwd', '/tmp/link', done))
    expect(await call<string>((done) => sftp.readlink('/tmp/link', done))).toBe('/etc/passwd')
    await call((done) => sftp.ext_openssh_hardlink('/tmp/x', '/tmp/hard', done))
    await call((done) => sftp.chmod('/tmp/hard', 0o600, done))
    expect(ssh.host().fileSystem.stat('/tmp/x').mode).toBe(0o600)
    await call((done) => sftp.setstat('/tmp/hard', { size: 5 } as never, done))
    expect(ssh.host().fileSystem.stat('/tmp/hard').size).toBe(5)
  })

  it('answers statvfs with the disk of the persona', async () => {
    const disk = await call<{ f_bsize: number; f_blocks: number }>((done) => sftp.ext_openssh_statvfs('/tmp', done as never))
    expect(disk).toMatchObject({ f_bsize: 4096, f_blocks: (79 * 1024 ** 3) / 4096 })
  })
})

describe('scp with the protocol of rcp', () => {
  it('takes a file, its directory and its times, and keeps it as an artifact', async () => {
    const channel = await call<ClientChannel>((done) => client.exec('scp -r -p -t /tmp', done))
    const { stdout, code } = await finish(channel, 'D0755 0 kit\nT1700000000 0 1700000001 0\nC0700 6 a.sh\n#!/sh\n\0E\n')
    expect({ stdout, code }).toEqual({ stdout: '\0'.repeat(6), code: 0 })
    expect(ssh.host().fileSystem.stat('/tmp/kit/a.sh')).toMatchObject({ mode: 0o700, size: 6, mtime: 1_700_000_000_000 })
    expect(ssh.playing.data('artifact').at(-1)).toMatchObject({ how: 'scp', name: '/tmp/kit/a.sh' })
  })

  it('gives a file', async () => {
    const channel = await call<ClientChannel>((done) => client.exec('scp -f /tmp/kit/a.sh', done))
    const { stdout, code } = await finish(channel, '\0\0\0')
    expect({ stdout, code }).toEqual({ stdout: 'C0700 6 a.sh\n#!/sh\n\0', code: 0 })
  })

  it.each([
    ['scp -f /nope', '\0', '\x01scp: /nope: No such file or directory\n'],
    ['scp -f /tmp', '\0', '\x01scp: /tmp: not a regular file\n'],
    ['scp -t /nope/x', 'C0644 1 x\n', '\0\x01scp: /nope/x: No such file or directory\n'],
    ['scp -t /tmp', 'C0644 1 ../x\n', '\0\x01scp: error: unexpected filename: ../x\n'],
    ['scp -t /tmp', 'C0644 1 \n', '\0\x01scp: error: unexpected filename: \n'],
    ['scp -t /tmp', 'C06x0 1 a\n', '\0\x01scp: protocol error: bad mode\n'],
    ['scp -t /tmp', 'C06440 1 a\n', '\0\x01scp: protocol error: mode not delimited\n'],
    ['scp -t /tmp', 'C0644 -1 a\n', '\0\x01scp: protocol error: size not present\n'],
    ['scp -t /tmp', 'C0644 1x a\n', '\0\x01scp: protocol error: size not delimited\n'],
    ['scp -t /tmp', 'C0644 99999999999999999999 a\n', '\0\x01scp: protocol error: size out of range\n'],
    ['scp -t /tmp', 'Tx 0 1 0\n', '\0\x01scp: protocol error: mtime.sec not present\n'],
    ['scp -t /tmp', 'T1 9999999 1 0\n', '\0\x01scp: protocol error: mtime.usec not delimited\n'],
    ['scp -t /tmp', 'T1 0 1\n', '\0\x01scp: protocol error: atime.sec not delimited\n'],
    ['scp -t /tmp', 'T1 0 1 x\n', '\0\x01scp: protocol error: atime.usec not delimited\n'],
    ['scp -t /tmp', 'hello\n', '\0\x01scp: hello\n'],
    ['scp -t /tmp', '\n', '\0\x01scp: protocol error: unexpected <newline>\n'],
    ['scp -t /tmp', 'C0600 9 k\nab', '\0\0\x01scp: Broken pipe\n'],
    ['scp -t /tmp', 'C0600 1 k\na\x01gone\n', '\0\0\0'],
    ['scp -t', '', '\x01scp: ambiguous target\n'],
    ['scp -t /tmp /root', '', '\x01scp: ambiguous target\n'],
    ['scp -f /tmp/kit/a.sh', '\x01first\n\0\0', 'C0700 6 a.sh\n#!/sh\n\0'],
  ])('%s fails in the words of the real one', async (command, input, output) => {
    expect(await exec(client, command, input)).toMatchObject({ stdout: output, code: 1 })
  })
})

describe('scp on a host with a shell', () => {
  it.each([
    ["scp -f '/etc/issue.net' /etc/debian_*", '\0'.repeat(5), /^C0644 \d+ issue\.net\n[^\0]*\0C0644 \d+ debian_version\n[^\0]*\0$/],
    ['scp -f ~/../etc/issue.net', '\0'.repeat(3), /^C0644 \d+ issue\.net\n/],
    ['scp -f $HOME', '\0', /^\x01scp: \/root: not a regular file\n$/],
  ])('%s finds what its shell expands', async (command, input, output) => {
    const state = new MemoryState()
    const real = await playSsh({ hosts: createHosts({ identity: testIdentity, engine: noEngine, state }), state })
    const attacker = await connectClient(real.port)
    expect((await exec(attacker, command, input)).stdout).toMatch(output)
    attacker.end()
    await real.stop()
  })
})

describe('rsync', () => {
  it('agrees on a protocol; what a client says that wants lists of rights as well is written down', async () => {
    const { stdout, code } = await exec(client, 'rsync --server -vlogDtprAe.iLsfxCIvu . /tmp/', '\x1f\0\0\0\x1emd5')
    expect(code).toBe(12)
    expect(stdout.startsWith('\x1f\0\0\0\0')).toBe(true)
    expect(ssh.playing.data('ssh.rsync').at(-1)).toEqual({
      command: 'rsync --server -vlogDtprAe.iLsfxCIvu . /tmp/',
      said: '\x1f\0\0\0\x1emd5',
    })
  })
})
