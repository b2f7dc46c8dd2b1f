import type { Persona } from '../../src/config/persona.ts'
import { type FileStat, type Host, HostError, type HostFiles, type Hosts } from '../../src/host/contract.ts'
import { silentLogs } from '../fake-hosts.ts'

/** A host of some files for servers that read and write them; a command prints its own text back. */
export class FileHosts implements Hosts {
  readonly files: Map<string, Buffer>
  readonly ran: { command: string; user: string }[] = []
  readonly #folders: ReadonlySet<string>

  constructor(files: Record<string, string> = {}, folders: readonly string[] = ['/tmp', '/var/lib/mysql', '/usr/lib/mysql/plugin']) {
    this.files = new Map(
      Object.entries({ '/etc/passwd': 'root:x:0:0:root:/root:/bin/bash\n', ...files }).map(([path, text]) => [path, Buffer.from(text)]),
    )
    this.#folders = new Set(['/', '/etc', ...folders])
  }

  of(persona: Persona): Host {
    const host = {
      persona,
      logs: silentLogs,
      files: () => this.#files(),
      run: async ({ command, user }: { command: string; user: string }) => {
        this.ran.push({ command, user })
        return { stdout: Buffer.from(`ran ${command} as ${user}\n`), stderr: Buffer.alloc(0), exitCode: 0 }
      },
      checkPassword: (user: string, password: string) => persona.users.some((u) => u.name === user && u.password === password),
      userExists: () => true,
    }
    return host as unknown as Host
  }

  close(): void {
    this.files.clear()
  }

  #files(): HostFiles {
    const missing = (): never => {
      throw new HostError('ENOENT', 'No such file or directory')
    }
    const stat = (path: string): FileStat => {
      const plain = path.replace(/(.)\/$/, '$1')
      const bytes = this.files.get(plain)
      if (!bytes && !this.#folders.has(plain)) return missing()
      const type = bytes ? 'file' : 'directory'
      return { type, mode: 0o755, uid: 0, gid: 0, size: bytes?.length ?? 4096, mtime: 0, atime: 0, ctime: 0, links: 1, inode: 2 }
    }
    const used: Partial<HostFiles> = {
      stat,
      realpath: (path) => {
        stat(path)
        return path
      },
      list: (path) => [...this.files.keys()].filter((file) => file.startsWith(`${path}/`)).map((file) => file.slice(path.length + 1)),
      read: (path) => this.files.get(path) ?? missing(),
      write: (path, bytes) => {
        if (path.startsWith('/root/')) throw new HostError('EACCES', 'Permission denied')
        this.files.set(path, Buffer.from(bytes))
      },
      append: (path, bytes) => void this.files.set(path, Buffer.concat([this.files.get(path) ?? Buffer.alloc(0), bytes])),
    }
    return used as HostFiles
  }
}
