import type { Identity } from '../../config/identity.ts'
import type { Persona } from '../../config/persona.ts'
import { type Host, HostError, type HostFiles } from '../../host/contract.ts'
import { fillHoneytokens, hasHoneytokens } from '../../host/honeytokens/marked-seed.ts'
import type { HoneytokenMint } from '../../host/honeytokens/mint.ts'
import type { FolderEntry } from '../server.ts'
import type { FileTree } from './static-files.ts'

/** Names of a folder that a listing shows. */
const MOST_LISTED = 2_000

/** User that the web servers of every persona run as. */
export const WEB_USER = 'www-data'

/**
 * The document root of a persona as one source sees it: the folder of the simulated host, so that what an attacker changes
 * over SSH is what the site serves. A host without that folder shows the persona's site as it was delivered.
 */
export class DocumentRoot implements FileTree {
  readonly root: string
  readonly #files: HostFiles
  readonly #site: ReadonlyMap<string, Buffer> | undefined
  readonly #delivered: () => number
  readonly #filled: (path: string, bytes: Buffer) => Buffer
  #deliveredAt: number | undefined

  /** @param source who is shown it */
  constructor(persona: Persona, identity: Identity, host: Host, mint: HoneytokenMint, source: string) {
    this.root = persona.web?.root ?? '/var/www/html'
    this.#files = host.files(WEB_USER)
    this.#filled = (path, bytes) =>
      hasHoneytokens(bytes) ? fillHoneytokens(bytes, mint, { owner: persona.name, place: this.root + path, source }) : bytes
    this.#site = this.#stat(this.root)?.type === 'directory' && this.#holds(persona.site) ? undefined : persona.site
    this.#delivered = () => Date.UTC(2025, 9, 1) + identity.integer(`persona/${persona.name}/site-delivered`, 0, 200 * 86_400) * 1000
  }

  file(path: string): { bytes: Buffer; modified: number } | undefined {
    if (this.#site) {
      const bytes = this.#site.get(path)
      if (bytes) {
        this.#deliveredAt ??= this.#delivered()
        return { bytes: this.#filled(path, bytes), modified: this.#deliveredAt }
      }
    }
    const stat = this.#stat(this.root + path)
    if (stat?.type !== 'file' || path.endsWith('/')) return undefined
    const bytes = this.#attempt(() => this.#files.read(this.root + path))
    return bytes && { bytes, modified: stat.mtime }
  }

  isFolder(path: string): boolean {
    if (path === '/') return true
    if (this.#site) for (const known of this.#site.keys()) if (known.startsWith(path)) return true
    return this.#stat(this.root + path.slice(0, -1))?.type === 'directory'
  }

  list(path: string): FolderEntry[] {
    const names = new Set(this.#attempt(() => this.#files.list(this.root + path)) ?? [])
    if (this.#site)
      for (const known of this.#site.keys()) if (known.startsWith(path)) names.add(known.slice(path.length).split('/')[0] as string)
    return [...names].slice(0, MOST_LISTED).flatMap((name): FolderEntry[] => {
      const file = this.file(path + name)
      if (file) return [{ name, isFolder: false, size: file.bytes.length, modified: file.modified }]
      if (!this.isFolder(`${path}${name}/`)) return []
      return [{ name, isFolder: true, size: 0, modified: this.#stat(this.root + path + name)?.mtime ?? this.#delivered() }]
    })
  }

  /** A file anywhere on the host that the web server's user may read. */
  readAt(path: string): Buffer | undefined {
    const delivered = path.startsWith(`${this.root}/`) ? this.file(path.slice(this.root.length))?.bytes : undefined
    return delivered ?? this.#attempt(() => this.#files.read(path))
  }

  /** Stores an uploaded file. @returns whether the host took it */
  write(path: string, bytes: Buffer): boolean {
    return this.writeAt(this.root + path, bytes)
  }

  /** The same anywhere on the host. */
  writeAt(path: string, bytes: Buffer): boolean {
    const made = this.#attempt(() => {
      let at = ''
      for (const part of path.split('/').slice(1, -1)) {
        at += `/${part}`
        if (!this.#stat(at)) this.#files.mkdir(at, 0o755)
      }
      this.#files.write(path, bytes, 0o644)
      return true
    })
    return made ?? false
  }

  #holds(site: ReadonlyMap<string, Buffer>): boolean {
    const [first] = site.keys()
    return first === undefined || this.#stat(this.root + first) !== undefined
  }

  #stat(path: string): ReturnType<HostFiles['stat']> | undefined {
    return this.#attempt(() => this.#files.stat(path))
  }

  /** What the host refuses is, to a web server, not there. */
  #attempt<T>(call: () => T): T | undefined {
    try {
      return call()
    } catch (error) {
      if (error instanceof HostError) return undefined
      throw error
    }
  }
}
