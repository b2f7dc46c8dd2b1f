import { describe, expect, it } from 'vitest'
import { HostError } from '../../src/host/contract.ts'
import { FixedContent, WritableContent } from '../../src/host/files/content.ts'
import { Mounts } from '../../src/host/files/mounts.ts'
import { FilesView } from '../../src/host/files/view.ts'
import { Volume } from '../../src/host/files/volume.ts'
import { ImageBuilder } from '../../src/host/image/builder.ts'

const ROOT = { uid: 0, gid: 0, groups: [0], pid: 1, cwd: '/', umask: 0o022 }
const USER = { uid: 1000, gid: 1000, groups: [1000, 33], pid: 2, cwd: '/home/u', umask: 0o022 }

function disk() {
  const image = new ImageBuilder(1_700_000_000_000)
  image.directory('/tmp', { mode: 0o1777 })
  image.directory('/home/u', { uid: 1000, gid: 1000, mode: 0o700 })
  image.directory('/root', { mode: 0o700 })
  image.file('/etc/passwd', 'root:x:0:0::/root:/bin/sh\n')
  image.file('/etc/shadow', 'root:*::\n', { mode: 0o640, gid: 42 })
  image.symlink('/bin', 'usr/bin')
  image.file('/usr/bin/ls', new FixedContent(Buffer.from('ELF')), { mode: 0o755 })
  const volume = new Volume(image)
  const mounts = new Mounts()
  const set = { volume, mounts, now: () => 1_800_000_000_000 }
  return { image, volume, mounts, root: new FilesView(set, ROOT), user: new FilesView(set, USER) }
}

function code(action: () => unknown): string | undefined {
  try {
    action()
    return undefined
  } catch (error) {
    if (error instanceof HostError) return error.code
    throw error
  }
}

describe('the disk of a host', () => {
  it('follows links in the middle and at the end of a path, and stops at forty', () => {
    const { root } = disk()
    expect(root.read('/bin/ls').toString()).toBe('ELF')
    expect(root.realpath('/bin/../bin/ls')).toBe('/usr/bin/ls')
    expect(root.lstat('/bin').type).toBe('symlink')
    root.symlink('b', '/tmp/a')
    root.symlink('a', '/tmp/b')
    expect(code(() => root.read('/tmp/a'))).toBe('ELOOP')
    root.symlink('/tmp/later', '/tmp/dangling')
    root.write('/tmp/dangling', Buffer.from('x'))
    expect(root.read('/tmp/later').toString()).toBe('x')
  })

  it('names the errors as Linux does', () => {
    const { root } = disk()
    expect(code(() => root.read('/nope'))).toBe('ENOENT')
    expect(code(() => root.read('/etc/passwd/x'))).toBe('ENOTDIR')
    expect(code(() => root.read('/etc/passwd/'))).toBe('ENOTDIR')
    expect(code(() => root.read('/etc'))).toBe('EISDIR')
    expect(code(() => root.remove('/etc'))).toBe('EISDIR')
    expect(code(() => root.rmdir('/etc'))).toBe('ENOTEMPTY')
    expect(code(() => root.mkdir('/etc'))).toBe('EEXIST')
    expect(code(() => root.mkdir('/a/b'))).toBe('ENOENT')
    expect(code(() => root.rename('/etc', '/etc/sub'))).toBe('EINVAL')
    expect(code(() => root.write('/etc', Buffer.from('x')))).toBe('EISDIR')
    expect(code(() => root.stat(`/${'x'.repeat(300)}`))).toBe('ENAMETOOLONG')
  })

  it('lets a user do what owner, group and other bits and the sticky bit allow', () => {
    const { root, user } = disk()
    expect(code(() => user.read('/etc/shadow'))).toBe('EACCES')
    expect(code(() => user.list('/root'))).toBe('EACCES')
    expect(code(() => user.stat('/root/x'))).toBe('EACCES')
    expect(code(() => user.write('/etc/passwd', Buffer.from('x')))).toBe('EACCES')
    user.write('mine', Buffer.from('1'))
    expect(root.stat('/home/u/mine')).toMatchObject({ uid: 1000, gid: 1000, mode: 0o644, size: 1 })
    root.write('/tmp/roots', Buffer.from('x'), 0o666)
    expect(code(() => user.remove('/tmp/roots'))).toBe('EPERM')
    expect(code(() => user.chmod('/tmp/roots', 0o777))).toBe('EPERM')
    expect(code(() => user.chown('mine', 0, -1))).toBe('EPERM')
    expect(user.may('w', '/etc/passwd')).toBe(false)
    expect(user.may('x', '/usr/bin/ls')).toBe(true)
  })

  it('keeps links, sizes and times', () => {
    const { root } = disk()
    root.write('/tmp/a', Buffer.from('abc'))
    root.link('/tmp/a', '/tmp/b')
    expect(root.stat('/tmp/b')).toMatchObject({ links: 2, inode: root.stat('/tmp/a').inode })
    root.append('/tmp/b', Buffer.from('d'))
    root.remove('/tmp/a')
    expect(root.read('/tmp/b').toString()).toBe('abcd')
    expect(root.stat('/tmp/b').links).toBe(1)
    root.truncate('/tmp/b', 2)
    expect(root.read('/tmp/b').toString()).toBe('ab')
    root.utimes('/tmp/b', 1000, 2000)
    expect(root.stat('/tmp/b')).toMatchObject({ atime: 1000, mtime: 2000 })
    root.mkdir('/tmp/d')
    root.mkdir('/tmp/d/e')
    expect(root.stat('/tmp/d').links).toBe(3)
  })

  it('changes nothing in the image that other hosts share', () => {
    const { image, root } = disk()
    root.write('/etc/passwd', Buffer.from('other'))
    root.remove('/usr/bin/ls')
    const fresh = new FilesView({ volume: new Volume(image), mounts: new Mounts(), now: () => 0 }, ROOT)
    expect(fresh.read('/etc/passwd').toString()).toContain('root:x')
    expect(fresh.list('/usr/bin')).toEqual(['ls'])
  })

  it('puts computed trees over directories, in which nothing can be made', () => {
    const { mounts, root } = disk()
    mounts.add('/proc', {
      lookup: (path, viewer) => {
        if (path === '') return { type: 'directory', mode: 0o555, list: () => ['self', 'version'] }
        if (path === 'self') return { type: 'symlink', mode: 0o777, readlink: () => String(viewer.pid) }
        if (path === '1') return { type: 'directory', mode: 0o555, list: () => ['exe'] }
        if (path === '1/exe') return { type: 'symlink', mode: 0o777, readlink: () => '/usr/bin/ls' }
        return path === 'version' ? { type: 'file', mode: 0o444, read: () => 'Linux\n' } : undefined
      },
    })
    expect(root.list('/')).toContain('proc')
    expect(root.read('/proc/version').toString()).toBe('Linux\n')
    expect(root.stat('/proc/version').size).toBe(0)
    expect(root.read('/proc/self/exe').toString()).toBe('ELF')
    expect(code(() => root.write('/proc/x', Buffer.from('')))).toBe('ENOENT')
    expect(code(() => root.write('/proc/version', Buffer.from('')))).toBe('EACCES')
    expect(code(() => root.remove('/proc/version'))).toBe('EPERM')
    expect(code(() => root.rmdir('/proc'))).toBe('EBUSY')
  })
})

it('a small file that is written or filled for a source holds no more memory than it has bytes', () => {
  const written = WritableContent.of(Buffer.from('small'))
  written.write(5, Buffer.from('er'))
  const stored = WritableContent.fromRuns([3], Buffer.from('abcdef'))
  for (const { bytes } of [...written.runs(), ...stored.runs()]) expect(bytes?.buffer.byteLength).toBe(bytes?.length)
})
