import { type FileStat, type Host, HostError, type HostFiles } from '../../host/contract.ts'
import { toText } from '../../host/text.ts'

const ENTRIES = 5000
const ACCOUNTS_BYTES = 64 * 1024

export interface Entry {
  name: string
  stat: FileStat
  /** Where a symbolic link leads. */
  target?: string
}

/** The host's files as one FTP user sees them: absolute paths of the user below a root of their own. */
export class FileTree {
  readonly files: HostFiles
  readonly home: string
  cwd: string
  /** Empty, or the folder that is `/` to the user. */
  readonly #root: string
  readonly #host: Host
  #names: { users: Map<number, string>; groups: Map<number, string> } | undefined

  constructor(host: Host, account: string, { root, home }: { root: string; home: string }) {
    this.#host = host
    this.files = host.files(account)
    this.#root = root
    this.home = home
    this.cwd = this.#isFolder(home) ? home : '/'
  }

  #isFolder(path: string): boolean {
    try {
      return this.files.stat(this.real(path)).type === 'directory'
    } catch (error) {
      if (error instanceof HostError) return false
      throw error
    }
  }

  /** The path that an argument names, as the user sees it. */
  resolve(argument: string): string {
    const text = toText(Buffer.from(argument, 'latin1'))
    const from = text === '~' || text.startsWith('~/') ? `${this.home}${text.slice(1)}` : text
    const parts: string[] = []
    for (const part of (from.startsWith('/') ? from : `${this.cwd}/${from}`).split('/')) {
      if (part === '..') parts.pop()
      else if (part !== '' && part !== '.') parts.push(part)
    }
    return `/${parts.join('/')}`
  }

  /** The path on the host. */
  real(path: string): string {
    return `${this.#root}${path}` || '/'
  }

  /** @throws HostError */
  stat(path: string): FileStat {
    return this.files.stat(this.real(path))
  }

  /** @throws HostError when there is no such folder, or the user may not look into it */
  enter(path: string): void {
    if (this.stat(path).type !== 'directory') throw new HostError('ENOTDIR', 'Not a directory')
    if (!this.files.may('x', this.real(path))) throw new HostError('EACCES', 'Permission denied')
    this.cwd = path
  }

  entry(path: string, name: string): Entry {
    const real = this.real(path)
    const stat = this.files.lstat(real)
    return stat.type === 'symlink' ? { name, stat, target: this.files.readlink(real) } : { name, stat }
  }

  /** What a folder holds, by name; with itself and its parent when `all`. @throws HostError */
  entries(path: string, all: boolean): Entry[] {
    const names = this.files
      .list(this.real(path))
      .filter((name) => all || !name.startsWith('.'))
      .sort()
      .slice(0, ENTRIES)
    const inside = (name: string): Entry => this.entry(path === '/' ? `/${name}` : `${path}/${name}`, name)
    const parent = path.replace(/\/[^/]*$/, '') || '/'
    const own = all ? [this.entry(path, '.'), this.entry(parent, '..')] : []
    return [...own, ...names.map(inside)]
  }

  userName(uid: number): string {
    return this.#accounts.users.get(uid) ?? String(uid)
  }

  groupName(gid: number): string {
    return this.#accounts.groups.get(gid) ?? String(gid)
  }

  /** As the host's own files have them now. */
  get #accounts(): { users: Map<number, string>; groups: Map<number, string> } {
    this.#names ??= { users: this.#namesIn('/etc/passwd'), groups: this.#namesIn('/etc/group') }
    return this.#names
  }

  #namesIn(file: string): Map<number, string> {
    const names = new Map<number, string>()
    try {
      const text = this.#host.files('root').read(file).toString('latin1', 0, ACCOUNTS_BYTES)
      for (const line of text.split('\n')) {
        const [name, , id] = line.split(':')
        if (name && id && !names.has(Number(id))) names.set(Number(id), name)
      }
    } catch (error) {
      // A host without such a file has numbers only.
      if (!(error instanceof HostError)) throw error
    }
    return names
  }
}
