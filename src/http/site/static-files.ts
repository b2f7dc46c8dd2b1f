import { pageFacts, type WebRequest } from '../request.ts'
import type { WebResponse } from '../response.ts'
import type { WebServer } from '../server.ts'

export interface StaticFilesOptions {
  server: WebServer
  /** Path below the document root → bytes. */
  files: ReadonlyMap<string, Buffer>
  /** Time of each file, UTC milliseconds. */
  modified: (path: string) => number
  /** Names that stand for a folder, the first that exists wins. */
  index?: readonly string[]
}

/** The document root of a server: its file handler, as nginx, Apache and lighttpd do it with a folder on disk. */
export class StaticFiles {
  readonly #server: WebServer
  readonly #files: ReadonlyMap<string, Buffer>
  readonly #modified: (path: string) => number
  readonly #index: readonly string[]
  /** Every folder with a slash at its end. */
  readonly #folders = new Set<string>(['/'])

  constructor({ server, files, modified, index = ['index.html'] }: StaticFilesOptions) {
    this.#server = server
    this.#files = files
    this.#modified = modified
    this.#index = index
    for (const path of files.keys()) {
      for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) this.#folders.add(path.slice(0, at + 1))
    }
  }

  has(path: string): boolean {
    return this.#find(path) !== undefined || this.#folders.has(path) || this.#folders.has(`${path}/`)
  }

  /** The answer to a request, the server's own 404 where there is no file. */
  answer(request: WebRequest): WebResponse {
    const facts = pageFacts(request)
    const { path, method } = request
    if (!path.endsWith('/') && this.#folders.has(`${path}/`)) {
      const query = request.search ? `?${request.search}` : ''
      return this.#server.toFolder(`${encodePath(path)}/${query}`, facts)
    }
    const found = this.#find(path)
    const type = found === undefined ? undefined : this.#server.contentType(found)
    const refused = this.#server.methodOnFile(method, found !== undefined || this.#folders.has(path), facts, type)
    if (refused) return refused
    if (!found) return this.#server.page(403, facts)
    return {
      status: 200,
      headers: type === undefined ? [] : [['Content-Type', type]],
      body: this.#files.get(found) as Buffer,
      file: { modified: this.#modified(found) },
    }
  }

  #find(path: string): string | undefined {
    if (path.endsWith('/')) {
      const index = this.#index.map((name) => path + name).find((name) => this.#files.has(name))
      if (index !== undefined) return index
    } else if (this.#files.has(path)) return path
    return this.#server.files.pathInfo ? this.#fileAbove(path) : undefined
  }

  #fileAbove(path: string): string | undefined {
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
      const above = path.slice(0, at)
      if (this.#files.has(above)) return above
    }
    return undefined
  }
}

function encodePath(path: string): string {
  return path
    .split('/')
    .map((segment) => encodeURIComponent(segment))
    .join('/')
}
