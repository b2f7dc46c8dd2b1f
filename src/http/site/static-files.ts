import { pageFacts, type WebRequest } from '../request.ts'
import type { WebResponse } from '../response.ts'
import type { FolderEntry, WebServer } from '../server.ts'

/** Files by their path below a document root. */
export interface FileTree {
  file(path: string): { bytes: Buffer; modified: number } | undefined
  /** @param path with a slash at its end */
  isFolder(path: string): boolean
  /** What lies in a folder; absent where nobody may look. @param path with a slash at its end */
  list?(path: string): FolderEntry[]
}

export interface StaticFilesOptions {
  server: WebServer
  /** Path below the document root → bytes, all at once or looked up one by one. */
  files: ReadonlyMap<string, Buffer> | FileTree
  /** Time of each file of a map, UTC milliseconds. */
  modified?: (path: string) => number
  /** Names that stand for a folder, the first that exists wins. */
  index?: readonly string[]
}

/** The document root of a server: its file handler, as nginx, Apache and lighttpd do it with a folder on disk. */
export class StaticFiles {
  readonly #server: WebServer
  readonly #tree: FileTree
  readonly #index: readonly string[]

  constructor({ server, files, modified = () => 0, index = ['index.html'] }: StaticFilesOptions) {
    this.#server = server
    this.#tree = 'isFolder' in files ? files : new MapTree(files, modified)
    this.#index = index
  }

  has(path: string): boolean {
    return this.#find(path) !== undefined || this.#tree.isFolder(path.endsWith('/') ? path : `${path}/`)
  }

  /** The path of the file that stands for a path: itself, or the index of the folder. */
  resolve(path: string): string | undefined {
    return this.#find(path)
  }

  /** The answer to a request, the server's own 404 where there is no file. */
  answer(request: WebRequest): WebResponse {
    const facts = pageFacts(request)
    const { path, method } = request
    if (!path.endsWith('/') && this.#tree.isFolder(`${path}/`)) {
      const query = request.search ? `?${request.search}` : ''
      return this.#server.toFolder(`${encodePath(path)}/${query}`, facts)
    }
    const found = this.#find(path)
    const type = found === undefined ? undefined : this.#server.contentType(found)
    const exists = found !== undefined || (path.endsWith('/') && this.#tree.isFolder(path))
    const refused = this.#server.methodOnFile(method, exists, facts, found === undefined ? undefined : { path: found, type })
    if (refused) return refused
    const file = found === undefined ? undefined : this.#file(found)
    if (found === undefined || !file) {
      const entries = this.#server.listing && this.#tree.list?.(path)
      return entries && this.#server.listing ? this.#server.listing(path, entries, request.search, facts) : this.#server.page(403, facts)
    }
    const { bytes: body, modified } = file
    const { untyped } = this.#server.files
    if (type === undefined && untyped !== undefined)
      return { status: 200, headers: [['Content-Type', untyped]], body, file: { modified, path: found, isUnvalidated: true } }
    return { status: 200, headers: type === undefined ? [] : [['Content-Type', type]], body, file: { modified, path: found } }
  }

  #file(path: string): { bytes: Buffer; modified: number } | undefined {
    return this.#server.ownFile?.(path) ?? this.#tree.file(path)
  }

  #has(path: string): boolean {
    return this.#file(path) !== undefined
  }

  #find(path: string): string | undefined {
    if (path.endsWith('/')) {
      const index = this.#index.map((name) => path + name).find((name) => this.#has(name))
      if (index !== undefined) return index
    } else if (this.#has(path)) return path
    return this.#server.files.pathInfo ? this.#fileAbove(path) : undefined
  }

  #fileAbove(path: string): string | undefined {
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
      const above = path.slice(0, at)
      if (this.#has(above)) return above
    }
    return undefined
  }
}

/** A tree that is all there. */
class MapTree implements FileTree {
  readonly #files: ReadonlyMap<string, Buffer>
  readonly #modified: (path: string) => number
  /** Every folder, with a slash at its end. */
  readonly #folders = new Set<string>(['/'])

  constructor(files: ReadonlyMap<string, Buffer>, modified: (path: string) => number) {
    this.#files = files
    this.#modified = modified
    for (const path of files.keys()) {
      for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) this.#folders.add(path.slice(0, at + 1))
    }
  }

  file(path: string): { bytes: Buffer; modified: number } | undefined {
    const bytes = this.#files.get(path)
    return bytes && { bytes, modified: this.#modified(path) }
  }

  isFolder(path: string): boolean {
    return this.#folders.has(path)
  }

  list(path: string): FolderEntry[] {
    const found: FolderEntry[] = []
    for (const [file, bytes] of this.#files) {
      const name = file.slice(path.length)
      if (file.startsWith(path) && !name.includes('/'))
        found.push({ name, isFolder: false, size: bytes.length, modified: this.#modified(file) })
    }
    for (const folder of this.#folders) {
      const name = folder.slice(path.length, -1)
      if (folder.startsWith(path) && name !== '' && !name.includes('/'))
        found.push({ name, isFolder: true, size: 0, modified: this.#modified(folder) })
    }
    return found
  }
}

function encodePath(path: string): string {
  return path
    .split('/')
    .map((segment) => encodeURIComponent(segment))
    .join('/')
}
