import type { FastifyReply, FastifyRequest } from 'fastify'
import { LRUCache } from 'lru-cache'
import type { Persona } from '../../config/persona.ts'
import type { Host } from '../../host/contract.ts'
import { HoneytokenMint } from '../../host/honeytokens/mint.ts'
import { isKnownPhp } from '../../host/php/script.ts'
import { plantOf } from '../../host/plant/plant.ts'
import { type FastifySite, fastifySite } from '../fastify-site.ts'
import { escapeHtml } from '../html.ts'
import { pageFacts, type WebRequest } from '../request.ts'
import { html, type Origin, redirect, type WebResponse } from '../response.ts'
import type { WebServer } from '../server.ts'
import { serverOf } from '../servers/server-of.ts'
import type { LureContext } from './context.ts'
import { DocumentRoot } from './document-root.ts'
import { generatedPage } from './generated-page.ts'
import { isGenerated, linksOf } from './own-paths.ts'
import type { GeneratedPage } from './page.ts'
import { PageAssets } from './page-assets.ts'
import { phpPage } from './php-page.ts'
import { commandPlant, isPlantPage, plantPage } from './plant-page.ts'
import { isPlausiblePath, wordsOf } from './plausible-path.ts'
import { admitVisitor, formPage, type LoginForm, type ShownForm, signIn } from './sign-in.ts'
import { StaticFiles } from './static-files.ts'
import { Visitors } from './visitors.ts'
import { isWebShell, runWebShell } from './web-shell.ts'

/** Requests of a client that the model is told of. */
const HISTORY = 4
const MOST_CLIENTS = 5_000
const INDEXES = ['index.html', 'index.php']
/** Bytes of a script that are read to tell whether all of it is known. */
const LONGEST_KNOWN = 64 * 1024

/** The document root as one source sees it. */
interface Statics {
  root: DocumentRoot
  files: StaticFiles
}

/** The web site of one version of a persona: its files, its forms, and pages of the engine behind them. */
export class PersonaSite {
  readonly server: WebServer
  readonly #persona: Persona
  readonly #contextOf: (request: WebRequest) => LureContext
  readonly #words: ReadonlySet<string>
  readonly #history = new LRUCache<string, { input: string; output: string }[]>({ max: MOST_CLIENTS })
  readonly #roots = new WeakMap<Host, Statics>()
  #fastify: FastifySite | undefined

  private constructor(persona: Persona, contextOf: (request: WebRequest) => LureContext) {
    this.#persona = persona
    this.#contextOf = contextOf
    this.server = serverOf(persona)
    this.#words = wordsOf(linksOf(persona))
  }

  /** @param contextOf the context of the visit that a request came with */
  static async open(persona: Persona, contextOf: (request: WebRequest) => LureContext): Promise<PersonaSite> {
    const site = new PersonaSite(persona, contextOf)
    site.#fastify = await fastifySite(site.server, (app) => {
      const answer =
        (make: (request: WebRequest) => WebResponse | Promise<WebResponse>) => async (request: FastifyRequest, reply: FastifyReply) =>
          reply.answer(await make(request.web))
      app.addHook('onRequest', async (request, reply) => {
        const refused = site.#basic(request.web)
        if (refused) return reply.answer(refused)
      })
      for (const login of persona.web?.logins ?? []) {
        app.post(
          login.action,
          answer((request) => site.#signIn(request, login)),
        )
        if (login.action !== login.form)
          app.get(
            login.action,
            answer(() => redirect(login.form)),
          )
        app.get(
          login.form,
          answer((request) => site.#form(request, login)),
        )
      }
      const { command } = persona.web ?? {}
      if (command !== undefined)
        app.post(
          command.action,
          answer((request) => site.#command(request, command.page)),
        )
      app.all(
        '*',
        answer((request) => site.#page(request)),
      )
    })
    return site
  }

  async close(): Promise<void> {
    await this.#fastify?.close()
  }

  answer(request: WebRequest): WebResponse | Promise<WebResponse> {
    return (this.#fastify as FastifySite).site(request)
  }

  /** What needs no body to be answered: files and what the site does not have. */
  beforeBody(request: WebRequest): WebResponse | undefined {
    const { path } = request
    const { logins, command } = this.#persona.web ?? {}
    const isForm = command?.action === path || logins?.some((form) => form.action === path || form.form === path)
    if (isForm || this.#isDynamic(path)) return undefined
    const { files, root } = this.#statics(request)
    const found = files.resolve(path)
    if (found?.endsWith('.php') || this.#live(request, root, found)) return undefined
    return this.#basic(request) ?? files.answer(request)
  }

  async #page(request: WebRequest): Promise<WebResponse> {
    const { files, root } = this.#statics(request)
    const found = files.resolve(request.path)
    if (found?.endsWith('.php')) return this.#script(request, root, found)
    const isProgram = found?.startsWith('/cgi-bin/') ?? false
    const isFile = found !== undefined && !isProgram
    const live = this.#live(request, root, found)
    if (live) return (await this.#protected(request)) ?? html(plantPage(live, plantOf(this.#contextOf(request))))
    if (!isFile) {
      const assets = this.#assets(request)
      if (assets.file(request.path)) return new StaticFiles({ server: this.server, files: assets }).answer(request)
    }
    if (isFile || !this.#isDynamic(request.path)) return files.answer(request)
    return (await this.#protected(request)) ?? this.#uploaded(request, root) ?? this.#generated(request)
  }

  /** The bytes of a page that shows the plant. */
  #live({ method }: WebRequest, root: DocumentRoot, path: string | undefined): Buffer | undefined {
    if (method !== 'GET' && method !== 'HEAD') return undefined
    const page = path?.endsWith('.html') ? root.file(path)?.bytes : undefined
    return page && isPlantPage(page) ? page : undefined
  }

  async #command(request: WebRequest, page: string): Promise<WebResponse> {
    return (await this.#protected(request)) ?? commandPlant(request, plantOf(this.#contextOf(request)), page)
  }

  #assets(request: WebRequest): PageAssets {
    return new PageAssets(this.#contextOf(request).state, this.#persona.name)
  }

  #statics(request: WebRequest): Statics {
    const { identity, host, state } = this.#contextOf(request)
    const known = this.#roots.get(host)
    if (known) return known
    const root = new DocumentRoot(this.#persona, identity, host, HoneytokenMint.of({ identity, state }), request.source.ip)
    const statics = { root, files: new StaticFiles({ server: this.server, files: root, index: INDEXES }) }
    this.#roots.set(host, statics)
    return statics
  }

  /** Whether an application, not the file handler, answers for a path. */
  #isDynamic(path: string): boolean {
    return isGenerated(this.#persona, path) && isPlausiblePath(path, this.#words)
  }

  /** RFC 7617: an area behind a password of the server itself. */
  #basic(request: WebRequest): WebResponse | undefined {
    const area = this.#persona.web?.basic?.find(({ path }) => request.path.startsWith(path))
    if (!area) return undefined
    const given = request.basicCredentials()
    if (given && admitVisitor(request, this.#contextOf(request), 'basic', given.username, given.password)) return undefined
    const page = this.server.page(401, pageFacts(request))
    return { ...page, headers: [['WWW-Authenticate', `Basic realm="${area.realm}"`], ...(page.headers ?? [])] }
  }

  async #signIn(request: WebRequest, login: LoginForm): Promise<WebResponse> {
    if (!request.form().has(login.password)) return this.#page(request)
    const context = this.#contextOf(request)
    return signIn(request, context, login, this.#visitors(context), await this.#shownForm(request, login))
  }

  async #form(request: WebRequest, login: LoginForm): Promise<WebResponse> {
    if (this.#visitor(request)) return login.home === login.form ? this.#generated(request) : redirect(login.home)
    // A form that is a plain file is served as one; an application's own form has its own status.
    if (login.status === 200) return this.#page(request)
    return formPage(login, await this.#shownForm(request, login))
  }

  /** The form with its token, where a script of the site prints it. */
  async #shownForm(request: WebRequest, login: LoginForm): Promise<ShownForm> {
    const { root, files } = this.#statics(request)
    const path = files.resolve(login.form)
    if (!path?.endsWith('.php')) return { page: this.#formFile(root, files, login), headers: [] }
    const { body, headers = [] } = await this.#script(request, root, path)
    return { page: Buffer.isBuffer(body) ? body : undefined, headers: headers.filter(([name]) => name === 'Set-Cookie') }
  }

  /** The form as the persona has it; where a program prints it, the host's disk has only the program. */
  #formFile(root: DocumentRoot, files: StaticFiles, login: LoginForm): Buffer | undefined {
    const delivered = this.#persona.site.get(login.form) ?? INDEXES.map((name) => this.#persona.site.get(login.form + name)).find(Boolean)
    if (login.form.startsWith('/cgi-bin/')) return delivered
    const path = files.resolve(login.form)
    return path === undefined ? delivered : root.file(path)?.bytes
  }

  /** Pages of signed-in visitors send all others to the form. */
  async #protected(request: WebRequest): Promise<WebResponse | undefined> {
    const login = this.#persona.web?.logins?.find(({ protects }) => protects !== undefined && request.path.startsWith(protects))
    if (!login || this.#visitor(request)) return undefined
    if (login.status === 200) return redirect(login.form)
    return formPage(login, await this.#shownForm(request, login))
  }

  #visitors({ state }: LureContext): Visitors {
    return new Visitors(state, this.#persona.name)
  }

  #visitor(request: WebRequest): string | undefined {
    const visitors = this.#visitors(this.#contextOf(request))
    for (const { cookie } of this.#persona.web?.logins ?? []) {
      const visitor = visitors.of(request, cookie)
      if (visitor) return visitor.user
    }
    return this.#persona.web?.basic?.some(({ path }) => request.path.startsWith(path)) ? request.basicCredentials()?.username : undefined
  }

  async #script(request: WebRequest, root: DocumentRoot, path: string): Promise<WebResponse> {
    const code = root.file(path)?.bytes
    if (!code) return this.#generated(request)
    const context = this.#contextOf(request)
    const folder = root.root + path.slice(0, path.lastIndexOf('/'))
    const isGuessed = isWebShell(code) && !isKnownPhp(code.toString('latin1', 0, LONGEST_KNOWN))
    return isGuessed ? runWebShell(code, request, context.host, folder) : phpPage({ request, context, root, folder, code })
  }

  /** Files of a form land where the persona's application puts them. */
  #uploaded(request: WebRequest, root: DocumentRoot): undefined {
    const folder = this.#persona.web?.uploads
    if (folder === undefined) return undefined
    for (const part of request.multipart()) {
      const name = part.filename
        ?.split(/[/\\]/)
        .at(-1)
        ?.replace(/[\0-\x1f]/g, '')
        .slice(0, 200)
      if (name && name !== '.' && name !== '..') root.write(folder + name, part.body)
    }
    return undefined
  }

  async #generated(request: WebRequest): Promise<WebResponse> {
    const { engine, state } = this.#contextOf(request)
    const client = request.visit.session
    const history = this.#history.get(client) ?? []
    const user = this.#visitor(request)
    const fallback = (): GeneratedPage => this.#homePage(request, user) ?? { status: 404, headers: [], body: '' }
    // What one visitor has asked for in its own words names nothing for all others.
    const isForAll = user === undefined && request.bodyBytes === 0 && request.search === ''
    const onWritten = (page: GeneratedPage, { source }: Origin): void => {
      if (isForAll && page.status === 200 && source !== 'fallback')
        this.#assets(request).note(page.body, (path) => this.#statics(request).files.has(path))
      const output = `${page.status} ${/<title>([^<]{0,120})/i.exec(page.body)?.[1] ?? ''}`.trim()
      this.#history.set(client, [...history, { input: `${request.method} ${request.target.slice(0, 200)}`, output }].slice(-HISTORY))
    }
    const asked = { request, persona: this.#persona, engine, state, user, history, fallback, onWritten }
    return this.#inOwnWords(request, await generatedPage(asked))
  }

  /** Where a visitor lands who has signed in, when no model writes it: the page of the form, with the form gone. */
  #homePage(request: WebRequest, user: string | undefined): GeneratedPage | undefined {
    const login = this.#persona.web?.logins?.find(({ home }) => home === request.path)
    if (!login || user === undefined) return undefined
    const { root, files } = this.#statics(request)
    const page = this.#formFile(root, files, login)?.toString('utf8')
    if (page === undefined) return undefined
    // The token stands in the form, so that no code is left.
    const body = page.replace(/<form\b[\s\S]*<\/form>/i, () => `<p>${escapeHtml(user)}</p>`)
    return { status: 200, headers: [{ name: 'Content-Type', value: 'text/html; charset=UTF-8' }], body }
  }

  /** An error without a text of the application is the server's: its page stands for it. */
  #inOwnWords(request: WebRequest, response: WebResponse): WebResponse {
    const isHtml = response.headers?.some(([name, value]) => name.toLowerCase() === 'content-type' && value.startsWith('text/html')) ?? true
    const isOwn = response.status === 404 ? isHtml || response.body === '' : response.status >= 400 && response.body === ''
    if (!isOwn) return response
    const { source, generation } = response
    return {
      ...this.server.page(response.status, pageFacts(request)),
      ...(source ? { source } : {}),
      ...(generation ? { generation } : {}),
    }
  }
}
