import type { Identity } from '../../config/identity.ts'
import type { Persona } from '../../config/persona.ts'
import type { EventSchemas } from '../../events/schema.ts'
import type { Host } from '../../host/contract.ts'
import type { HoneytokenMint } from '../../host/honeytokens/mint.ts'
import type { Visit } from '../../sensor/visit.ts'
import type { WebRequest } from '../request.ts'
import { html, type WebResponse } from '../response.ts'
import { isWebShell, runWebShell } from '../site/web-shell.ts'
import { respond } from './answer.ts'
import type { Captures } from './condition.ts'
import { RequestFields } from './fields.ts'
import { TrapMemory } from './memory.ts'
import { scene } from './scene.ts'
import type { Answer, Product } from './schema.ts'
import { NothingThere, renderTemplate, type TemplateContext } from './template.ts'
import { recordHit } from './trap-events.ts'
import { type CompiledTrap, TrapIndex } from './trap-index.ts'

/** What the engine needs of the lure that it answers for. */
export interface TrapSetting {
  /** The lure's name: hits are `<lure>.hit`, see `trapEvents`. */
  lure: string
  persona: Persona
  identity: Identity
  host: Host
  mint: HoneytokenMint
}

/** A trap that a request meets. */
export interface Found extends CompiledTrap {
  captures: Captures
}

/**
 * Plays the products of a set of trap files: finds the trap that a request meets, writes it down, and answers as the
 * vulnerable product would.
 *
 * @example
 * const engine = new TrapEngine(loadTraps('traps').filter(({ product }) => product === 'confluence'))
 * const answer = await engine.answer(request, setting)
 * return answer ?? server.page(404, pageFacts(request))
 */
export class TrapEngine {
  readonly products: readonly Product[]
  readonly #index: TrapIndex
  readonly #memory = new TrapMemory()
  readonly #pages = new Map<string, { product: Product; answer: string | Answer }>()

  /** @param products the first has the front page, and its pages win over those of others */
  constructor(products: readonly Product[]) {
    this.products = products
    this.#index = new TrapIndex(products)
    for (const product of products) {
      for (const [path, answer] of Object.entries(product.pages)) if (!this.#pages.has(path)) this.#pages.set(path, { product, answer })
    }
  }

  /** How many traps there are. */
  get size(): number {
    return this.#index.size
  }

  /** The trap that a request meets, the first of several. */
  find(request: WebRequest): Found | undefined {
    return this.#met(new RequestFields(request), request.source.ip).next().value
  }

  /** Every trap that a request meets: more than one is a mistake of their authors. */
  findAll(request: WebRequest): Found[] {
    return [...this.#met(new RequestFields(request), request.source.ip)]
  }

  /** The answer of a trap or a page; undefined when these products have nothing there. */
  async answer(request: WebRequest, setting: TrapSetting): Promise<WebResponse | undefined> {
    const fields = new RequestFields(request)
    const memory = this.#memory.of(request.source.ip)
    const found: Found | undefined = this.#met(fields, request.source.ip).next().value
    if (found) return this.#spring(found, fields, setting)
    const kept = memory.file(request.path)
    if (kept) return keptFile(kept, request, setting)
    const page = request.method === 'GET' || request.method === 'HEAD' ? this.#pages.get(request.path) : undefined
    if (!page) return undefined
    return respond(page.answer, page.product, scene(setting, page.product, fields, new Map(), memory))
  }

  /** What the front product says where nothing is; undefined = the server's own page. */
  async notFound(request: WebRequest, setting: TrapSetting): Promise<WebResponse | undefined> {
    const [front] = this.products
    if (front?.notFound === undefined) return undefined
    const context = scene(setting, front, new RequestFields(request), new Map(), this.#memory.of(request.source.ip))
    const response = await respond(front.notFound, front, context)
    return typeof front.notFound === 'string' ? { ...response, status: 404 } : response
  }

  *#met(fields: RequestFields, source: string): Generator<Found, undefined> {
    const memory = this.#memory.of(source)
    for (const compiled of this.#index.candidates(fields.request.path, fields.url)) {
      if (!compiled.trap.after.every((trap) => memory.hasMet(trap))) continue
      const captures: Captures = new Map()
      if (compiled.condition(fields, captures, memory)) yield { ...compiled, captures }
    }
    return undefined
  }

  async #spring({ trap, product, captures }: Found, fields: RequestFields, setting: TrapSetting): Promise<WebResponse> {
    const { request } = fields
    const memory = this.#memory.of(request.source.ip)
    const context = scene(setting, product, fields, captures, memory)
    recordHit(request, setting.lure, trap, product, captures)
    memory.meet(trap.id)
    await this.#keep(trap, context, memory, request.visit)
    try {
      return await respond(trap.answer, product, context)
    } catch (error) {
      if (!(error instanceof NothingThere)) throw error
      return (await this.notFound(request, setting)) ?? { status: 404, headers: [['Content-Type', 'text/html']], body: 'Not Found\n' }
    }
  }

  async #keep(
    { remember, keep, login }: CompiledTrap['trap'],
    context: TemplateContext,
    memory: ReturnType<TrapMemory['of']>,
    visit: Visit<EventSchemas>,
  ): Promise<void> {
    const text = async (template: string): Promise<string> => (await renderTemplate(template, context)).toString('utf8')
    for (const [name, template] of Object.entries(remember)) memory.remember(name, await text(template))
    if (login) {
      const [username, password] = [await text(login.user), await text(login.password)]
      visit.login({ method: login.method, username, password, accepted: login.accepted })
    }
    if (!keep) return
    const content = await renderTemplate(keep.content, context)
    const path = await text(keep.path)
    if (content.length === 0 || !path.startsWith('/')) return
    memory.keep(path, content)
    visit.capture(content, { how: 'traps.keep', name: path.slice(0, 1024) })
  }
}

/** What this source had left here: code that hands the request to a shell runs, all else is shown. */
async function keptFile(bytes: Buffer, request: WebRequest, { host }: TrapSetting): Promise<WebResponse> {
  if (isWebShell(bytes)) return runWebShell(bytes, request, host, '/tmp')
  return html(printed(bytes))
}

/** What PHP and JSP code of a check prints: `<?php echo md5(1);`, `out.println("…")`. Other files as they are. */
function printed(bytes: Buffer): string | Buffer {
  const text = bytes.subarray(0, 64 * 1024).toString('utf8')
  if (!/<\?php|<%/.test(text)) return bytes
  const words = [...text.matchAll(/(?:echo|print(?:ln)?|out\.println?|Response\.Write)[\s(]{0,8}["']([^"']{1,2000})["']/g)]
  return words.map(([, word]) => word).join('')
}
