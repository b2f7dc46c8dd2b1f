import type { Persona } from '../../src/config/persona.ts'
import {
  type DaemonLogs,
  type FileStat,
  type Host,
  HostError,
  type HostFiles,
  type HostProcess,
  type Hosts,
  type SpawnRequest,
} from '../../src/host/contract.ts'
import { program } from '../../src/ssh/program.ts'
import { silentLogs } from '../fake-hosts.ts'

/**
 * A host that is just enough for tests of the front end: a flat map of files, and commands that do what their test needs.
 * The simulated machine has tests of its own.
 */
export class FakeHost implements Host {
  readonly persona: Persona
  /** What was said at the door, in order. */
  readonly door: unknown[][] = []
  readonly logs: DaemonLogs = {
    ...silentLogs,
    door: () => ({
      pid: 4711,
      failed: (...said) => void this.door.push(['failed', ...said]),
      accepted: (...said) => void this.door.push(['accepted', ...said]),
      ended: (...said) => void this.door.push(['ended', ...said]),
    }),
  }
  readonly spawned: SpawnRequest[] = []
  readonly signals: string[] = []
  readonly resized: [number, number][] = []
  readonly users = new Map([
    ['root', 'toor'],
    ['maris', 'summer2024'],
  ])
  readonly fileSystem = new FakeFiles()
  hangups = 0

  constructor(persona: Persona) {
    this.persona = persona
  }

  spawn(request: SpawnRequest): HostProcess {
    this.spawned.push(request)
    const process = program(async ({ input, write, error }) => {
      const out = (text: string): Promise<void> => write(Buffer.from(request.terminal ? text.replaceAll('\n', '\r\n') : text))
      const command = request.command ?? 'shell'
      if (command === 'cat') {
        for (let bytes = await input.some(); bytes; bytes = await input.some()) await write(bytes)
        return 0
      }
      if (command === 'both') {
        await out('out\n')
        await error('err\n')
        return 3
      }
      if (command === 'late') {
        await new Promise((resolve) => setTimeout(resolve, 50))
        return 5
      }
      if (command === 'wait') {
        await input.some()
        return 0
      }
      if (command.startsWith('big ')) {
        await write(Buffer.alloc(Number(command.slice(4)), 'x'))
        return 0
      }
      if (command === 'shell') {
        await out('$ ')
        const line = (await input.line(1000)).toString().trim()
        await out(`you said ${line}\n`)
        return 7
      }
      await error(`bash: line 1: ${command}: command not found\n`)
      return 127
    })
    return {
      ...process,
      stdout: process.stdout,
      exited: request.command === 'killed' ? process.exited.then(() => ({ code: 0, signal: 'KILL' })) : process.exited,
      signal: (name) => {
        this.signals.push(name)
        process.signal(name)
      },
      resize: (columns, rows) => this.resized.push([columns, rows]),
      hangup: () => {
        this.hangups++
        process.hangup()
      },
    }
  }

  async run(request: SpawnRequest & { command: string }): Promise<{ stdout: Buffer; stderr: Buffer; exitCode: number }> {
    const name = /^useradd -m -s \/bin\/bash (\S+)$/.exec(request.command)?.[1]
    if (name) this.users.set(name, '!')
    return { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0), exitCode: 0 }
  }

  files(): HostFiles {
    return this.fileSystem
  }

  checkPassword(user: string, password: string): boolean {
    return this.users.get(user) === password
  }

  authorizedKeys(user: string): string[] {
    const home = user === 'root' ? '/root' : `/home/${user}`
    return this.fileSystem.text(`${home}/.ssh/authorized_keys`).split('\n')
  }

  userExists(user: string): boolean {
    return this.users.has(user)
  }
}

interface Node {
  type: 'file' | 'directory' | 'symlink'
  bytes: Buffer
  mode: number
  uid: number
  gid: number
  mtime: number
}

class FakeFiles implements HostFiles {
  readonly #nodes = new Map<string, Node>()

  constructor() {
    for (const path of ['/', '/root', '/root/.ssh', '/tmp', '/etc', '/home']) this.#nodes.set(path, node('directory', 0o755))
    this.write('/etc/passwd', Buffer.from('root:x:0:0:root:/root:/bin/bash\nmaris:x:1000:1000::/home/maris:/bin/bash\n'))
    this.write('/etc/group', Buffer.from('root:x:0:\nmaris:x:1000:\n'))
  }

  text(path: string): string {
    return this.#nodes.get(path)?.bytes.toString() ?? ''
  }

  stat(path: string): FileStat {
    return this.#statOf(this.realpath(path))
  }

  lstat(path: string): FileStat {
    return this.#statOf(path)
  }

  list(path: string): string[] {
    const folder = this.realpath(path)
    if (this.#node(folder).type !== 'directory') throw new HostError('ENOTDIR', 'Not a directory')
    const prefix = folder === '/' ? '/' : `${folder}/`
    return [...this.#nodes.keys()]
      .filter((p) => p !== '/' && p.startsWith(prefix) && !p.slice(prefix.length).includes('/'))
      .map((p) => p.slice(prefix.length))
  }

  read(path: string): Buffer {
    const found = this.#node(this.realpath(path))
    if (found.type === 'directory') throw new HostError('EISDIR', 'Is a directory')
    return found.bytes
  }

  write(path: string, bytes: Uint8Array, mode = 0o644): void {
    this.#parent(path)
    const known = this.#nodes.get(path)
    if (known?.type === 'directory') throw new HostError('EISDIR', 'Is a directory')
    this.#nodes.set(path, { ...node('file', mode), ...known, bytes: Buffer.from(bytes) })
  }

  append(path: string, bytes: Uint8Array): void {
    this.write(path, Buffer.concat([this.read(path), bytes]))
  }

  mkdir(path: string, mode = 0o755): void {
    this.#parent(path)
    if (this.#nodes.has(path)) throw new HostError('EEXIST', 'File exists')
    this.#nodes.set(path, node('directory', mode))
  }

  remove(path: string): void {
    if (this.#node(path).type === 'directory') throw new HostError('EISDIR', 'Is a directory')
    this.#nodes.delete(path)
  }

  rmdir(path: string): void {
    if (this.list(path).length) throw new HostError('ENOTEMPTY', 'Directory not empty')
    this.#nodes.delete(path)
  }

  rename(from: string, to: string): void {
    const moved = this.#node(from)
    this.#nodes.delete(from)
    this.#nodes.set(to, moved)
  }

  symlink(target: string, path: string): void {
    this.#nodes.set(path, { ...node('symlink', 0o777), bytes: Buffer.from(target) })
  }

  link(existing: string, path: string): void {
    this.#nodes.set(path, this.#node(existing))
  }

  mknod(): void {
    throw new HostError('EPERM', 'Operation not permitted')
  }

  readlink(path: string): string {
    const found = this.#node(path)
    if (found.type !== 'symlink') throw new HostError('EINVAL', 'Invalid argument')
    return found.bytes.toString()
  }

  realpath(path: string): string {
    const parts: string[] = []
    for (const part of path.split('/')) {
      if (part === '..') parts.pop()
      else if (part && part !== '.') parts.push(part)
    }
    const plain = `/${parts.join('/')}`
    const found = this.#nodes.get(plain)
    if (!found) throw new HostError('ENOENT', 'No such file or directory')
    return found.type === 'symlink' ? this.realpath(found.bytes.toString()) : plain
  }

  chmod(path: string, mode: number): void {
    this.#node(path).mode = mode
  }

  chown(path: string, uid: number, gid: number): void {
    Object.assign(this.#node(path), { uid, gid })
  }

  lchown(path: string, uid: number, gid: number): void {
    this.chown(path, uid, gid)
  }

  truncate(path: string, size: number): void {
    const found = this.#node(path)
    const cut = Buffer.alloc(size)
    found.bytes.copy(cut)
    found.bytes = cut
  }

  may(): boolean {
    return true
  }

  flags(): string {
    return ''
  }

  setFlags(): void {}

  capability(): undefined {}

  setCapability(): void {}

  utimes(path: string, _atime: number, mtime: number): void {
    this.#node(path).mtime = mtime
  }

  #node(path: string): Node {
    const found = this.#nodes.get(path)
    if (!found) throw new HostError('ENOENT', 'No such file or directory')
    return found
  }

  #parent(path: string): void {
    const folder = path.slice(0, path.lastIndexOf('/')) || '/'
    if (this.#node(folder).type !== 'directory') throw new HostError('ENOTDIR', 'Not a directory')
  }

  #statOf(path: string): FileStat {
    const { type, mode, uid, gid, bytes, mtime } = this.#node(path)
    return { type, mode, uid, gid, size: bytes.length, mtime, atime: mtime, ctime: mtime, links: 1, inode: 1 }
  }
}

function node(type: Node['type'], mode: number): Node {
  return { type, bytes: Buffer.alloc(0), mode, uid: 0, gid: 0, mtime: Date.UTC(2026, 1, 3, 4, 5, 6) }
}

/** Hosts that are all one. */
export function fakeHosts(): { hosts: Hosts; host: () => FakeHost } {
  let made: FakeHost | undefined
  const of = (persona: Persona): FakeHost => {
    made ??= new FakeHost(persona)
    return made
  }
  return { hosts: { of, close: () => undefined }, host: () => made as FakeHost }
}
