import type { Persona } from '../src/config/persona.ts'
import {
  type ByteSource,
  type DaemonLogs,
  type FileStat,
  type Host,
  HostError,
  type HostFiles,
  type HostProcess,
  type Hosts,
} from '../src/host/contract.ts'

/** Logs that nobody reads. */
export const silentLogs: DaemonLogs = {
  door: () => ({ pid: 1, failed: () => undefined, accepted: () => undefined, ended: () => undefined }),
  webHit: () => undefined,
}

/** A host of a few folders and no processes: every command prints its own text back. */
export class FakeHost implements Host {
  readonly persona: Persona
  readonly logs = silentLogs
  readonly folders: Set<string>
  readonly written = new Map<string, Buffer>()
  readonly ran: { command: string; user: string }[] = []

  constructor(persona: Persona, folders: readonly string[]) {
    this.persona = persona
    this.folders = new Set(['/', ...folders])
  }

  /** A process that has ended already and printed nothing. */
  spawn(): HostProcess {
    const nothing: ByteSource = (async function* () {})()
    return {
      stdin: { write: () => undefined, end: () => undefined },
      stdout: nothing,
      stderr: nothing,
      exited: Promise.resolve({ code: 0 }),
      resize: () => undefined,
      signal: () => undefined,
      hangup: () => undefined,
    }
  }

  async run({ command, user }: { command: string; user: string }): ReturnType<Host['run']> {
    this.ran.push({ command, user })
    return { stdout: Buffer.from(`ran ${command} as ${user}\n`), stderr: Buffer.alloc(0), exitCode: 0 }
  }

  files(): HostFiles {
    const stat = (path: string): FileStat => {
      if (!this.folders.has(path.replace(/(.)\/$/, '$1'))) throw new HostError('ENOENT', 'No such file or directory')
      return { type: 'directory', mode: 0o755, uid: 0, gid: 0, size: 4096, mtime: 0, atime: 0, ctime: 0, links: 2, inode: 2 }
    }
    const used = {
      stat,
      lstat: stat,
      remove: () => undefined,
      rmdir: () => undefined,
      rename: () => undefined,
      symlink: () => undefined,
      readlink: () => '/',
      chmod: () => undefined,
      utimes: () => undefined,
      may: () => true,
      list: () => [],
      read: () => Buffer.alloc(0),
      chown: () => undefined,
      mkdir: (path: string) => void this.folders.add(path),
      write: (path: string, bytes: Uint8Array) => void this.written.set(path, Buffer.from(bytes)),
    }
    return used as unknown as HostFiles
  }

  checkPassword(): boolean {
    return false
  }

  authorizedKeys(): string[] {
    return []
  }

  userExists(): boolean {
    return true
  }
}

export class FakeHosts implements Hosts {
  readonly #folders: readonly string[]
  host: FakeHost | undefined

  constructor(folders: readonly string[] = ['/tmp', '/var/lib/redis']) {
    this.#folders = folders
  }

  of(persona: Persona): FakeHost {
    this.host ??= new FakeHost(persona, this.#folders)
    return this.host
  }

  close(): void {
    this.host = undefined
  }
}
