import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { z } from 'zod'
import { evidence } from '../../events/bytes.ts'
import { pageFacts, StaticFiles, type WebResponse, type WebServer } from '../../http/index.ts'
import { emulated } from './attacks/emulate.ts'
import type { ShopContext } from './shop-context.ts'

/** Of a saved site so much is read, bytes and files. */
const MOST_BYTES = 128 * 1024 * 1024
const MOST_FILES = 5_000

/** The index of a cloner: path → name of the file, type or header lines. */
const Meta = z.record(
  z.string(),
  z.object({
    hash: z.string().regex(/^\w{1,64}$/),
    content_type: z.string().nullish(),
    headers: z.array(z.record(z.string(), z.string())).optional(),
  }),
)

/** A site that was saved to a folder, with the holes of the shop: attacks are answered into its pages. */
export class SavedSite {
  readonly #server: WebServer
  readonly #files: StaticFiles
  /** Pages of a cloner's index, by path with query. */
  readonly #pages: ReadonlyMap<string, { bytes: Buffer; type: string }>
  readonly #saved: ReadonlyMap<string, Buffer>

  private constructor(server: WebServer, files: ReadonlyMap<string, Buffer>, pages: ReadonlyMap<string, { bytes: Buffer; type: string }>) {
    this.#server = server
    this.#files = new StaticFiles({ server, files })
    this.#pages = pages
    this.#saved = files
  }

  /** Reads a folder whole. @throws Error when it is not there or too large */
  static read(folder: string, server: WebServer): SavedSite {
    const files = new Map<string, Buffer>()
    let bytes = 0
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue
      const path = join(entry.parentPath, entry.name)
      bytes += statSync(path).size
      if (bytes > MOST_BYTES || files.size >= MOST_FILES)
        throw new Error(`${folder}: a saved site may have ${MOST_FILES} files and ${MOST_BYTES} bytes`)
      files.set(`/${relative(folder, path).split(sep).join('/')}`, readFileSync(path))
    }
    const meta = files.get('/meta.json')
    const pages = new Map<string, { bytes: Buffer; type: string }>()
    if (meta) {
      for (const [path, { hash, content_type, headers }] of Object.entries(Meta.parse(JSON.parse(meta.toString('utf8'))))) {
        const found = files.get(`/${hash}`)
        const type = content_type ?? headers?.flatMap(Object.entries).find(([name]) => name.toLowerCase() === 'content-type')?.[1]
        if (found) pages.set(path, { bytes: found, type: type ?? 'text/html' })
      }
    }
    return new SavedSite(server, files, pages)
  }

  async answer(shop: ShopContext): Promise<WebResponse> {
    const { request, attacks } = shop
    this.#noteLogin(shop)
    const response = this.#page(shop)
    let printed = ''
    for (const attack of attacks) {
      if (['header', 'path', 'upload', 'xml'].includes(attack.input.place)) continue
      const effect = await emulated(attack, shop)
      if (effect?.worked) shop.worked.add(attack)
      printed += effect?.output ?? ''
    }
    if (printed === '' || request.method === 'HEAD' || !Buffer.isBuffer(response.body)) return response
    const page = response.body.toString('utf8')
    const at = page.lastIndexOf('</body>')
    const body = at < 0 ? page + printed : `${page.slice(0, at)}<div>${printed}</div>${page.slice(at)}`
    const { file: _file, ...rest } = response
    return { ...rest, body, dynamic: true }
  }

  #page({ request }: ShopContext): WebResponse {
    const { path, search } = request
    const known =
      this.#pages.get(search ? `${path}?${search}` : path) ??
      this.#pages.get(path) ??
      (path === '/' ? this.#pages.get('/index.html') : undefined)
    if (known) return { status: 200, headers: [['Content-Type', known.type]], body: known.bytes, dynamic: true }
    if (this.#pages.size > 0) {
      const missing = this.#pages.get('/status_404')
      return missing
        ? { status: 404, headers: [['Content-Type', missing.type]], body: missing.bytes, dynamic: true }
        : this.#server.page(404, pageFacts(request))
    }
    // wget saves `/list?a=1` as `list?a=1`, and pages without an ending as `.html`.
    const name = [search ? `${path}?${search}` : '', `${path}.html`].find((one) => this.#saved.has(one))
    const bytes = name === undefined ? undefined : this.#saved.get(name)
    if (name === undefined || bytes === undefined) return this.#files.answer(request)
    return {
      status: 200,
      headers: [['Content-Type', this.#server.contentType(name.replace(/\?.*$/, '')) ?? 'text/html']],
      body: bytes,
      dynamic: true,
    }
  }

  /** A form with a password in it is a login, whatever its fields are called. */
  #noteLogin({ request, visit }: ShopContext): void {
    const fields = [...request.form()]
    const password = fields.find(([name]) => /pass|pwd/i.test(name))
    if (!password) return
    const user = fields.find(([name]) => /user|login|mail|name|log\b/i.test(name) && name !== password[0])
    visit.login({
      method: 'form',
      username: evidence((user?.[1] ?? '').slice(0, 1_024)),
      password: evidence(password[1].slice(0, 1_024)),
      accepted: false,
    })
  }
}
