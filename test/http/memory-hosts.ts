import { type FileStat, type Host, HostError, type HostFiles, type Hosts, type SpawnRequest, type WebHit } from '../../src/host/contract.ts'
import { silentLogs } from '../fake-hosts.ts'

/** Hosts with files in a map and a shell that says what it was asked, for tests of what stands before the host. */
export class MemoryHosts implements Hosts {
  /** Lines for the access log. */
  readonly hits: (WebHit & { from: string })[] = []
  readonly files: Map<string, Buffer>
  readonly commands: SpawnRequest[] = []
  readonly modified = Date.UTC(2026, 1, 3, 4, 5, 6)

  constructor(files: Iterable<[string, string | Buffer]> = []) {
    this.files = new Map([...files].map(([path, bytes]): [string, Buffer] => [path, Buffer.from(bytes as string)]))
  }

  of(): Host {
    const run: Host['run'] = async (request) => {
      this.commands.push(request)
      return { stdout: Buffer.from(`ran ${request.command} as ${request.user}\n`), stderr: Buffer.alloc(0), exitCode: 0 }
    }
    const files = {
      stat: (path: string) => this.#stat(path),
      read: (path: string) => this.files.get(path) ?? missing(),
      write: (path: string, bytes: Uint8Array) => void this.files.set(path, Buffer.from(bytes)),
      mkdir: () => undefined,
      chown: () => undefined,
    } as unknown as HostFiles
    return {
      run,
      logs: { ...silentLogs, webHit: (from: string, hit: WebHit) => void this.hits.push({ from, ...hit }) },
      files: () => files,
      checkPassword: (user: string, password: string) => user === 'maris' && password === 'right',
      userExists: () => true,
    } as unknown as Host
  }

  close(): void {}

  #stat(path: string): FileStat {
    const type = this.files.has(path)
      ? 'file'
      : [...this.files.keys()].some((known) => known.startsWith(`${path}/`))
        ? 'directory'
        : missing()
    return { type, mode: 0o644, uid: 0, gid: 0, size: 0, mtime: this.modified, atime: 0, ctime: 0, links: 1, inode: 1 }
  }
}

function missing(): never {
  throw new HostError('ENOENT', 'No such file or directory')
}
