import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { annotatorOf } from '../../src/analysis/annotator.ts'
import { type Campaign, campaignsOf } from '../../src/analysis/campaigns.ts'
import { Geo } from '../../src/analysis/geo.ts'
import { Identity } from '../../src/config/identity.ts'
import type { Persona } from '../../src/config/persona.ts'
import { loadPersona } from '../../src/config/personas.ts'
import { Settings } from '../../src/config/schema.ts'
import { Accounts, type Role } from '../../src/console/accounts/accounts.ts'
import { type ConsoleApp, createApp } from '../../src/console/api/app.ts'
import type { SundewEvent } from '../../src/events/schema.ts'
import { Lab } from '../../src/lab/lab.ts'
import { openStores, type Stores } from '../../src/store/open.ts'

export const PASSWORD = 'correct horse battery'

/** A console over stores of its own, asked without a network. */
export class ConsoleUnderTest {
  readonly folder = mkdtempSync(join(tmpdir(), 'sundew-console-'))
  readonly prompts = join(this.folder, 'prompts')
  readonly settings: Settings
  readonly identity = new Identity(Buffer.alloc(32, 7))
  readonly lab: Lab
  readonly geo = Geo.open(join(this.folder, 'geo'))
  readonly stores: Stores
  readonly accounts: Accounts
  readonly listeners = new Set<(event: SundewEvent) => void>()
  app!: ConsoleApp

  private constructor(backend: string) {
    cpSync('prompts/debian-web', join(this.prompts, 'debian-web'), { recursive: true })
    this.settings = Settings.parse({
      data: this.folder,
      prompts: this.prompts,
      sensor: 'test',
      llm: { model: 'small', backends: [{ kind: 'ollama', url: backend, concurrency: 2 }] },
    })
    this.stores = openStores(this.settings, pino({ level: 'silent' }), annotatorOf(this.geo))
    this.accounts = new Accounts(this.folder, { loginHours: 12 })
    this.lab = new Lab({
      settings: this.settings,
      identity: this.identity,
      log: pino({ level: 'silent' }),
      state: this.stores.state,
      store: () => this.stores.events,
      persona: (name) => this.persona(name),
    })
  }

  persona(name: string): Persona {
    return loadPersona(this.prompts, name, this.identity)
  }

  /** @param backend URL of a model server; without one nobody answers */
  static async open(backend = 'http://127.0.0.1:9'): Promise<ConsoleUnderTest> {
    const console = new ConsoleUnderTest(backend)
    const { lab, settings, stores, accounts, geo, listeners } = console
    console.app = await createApp({
      settings,
      lab,
      accounts,
      store: () => stores.events,
      campaigns: async (): Promise<Campaign[]> => campaignsOf(await stores.events.sessionGroups({ since: 0, until: Date.now() + 1 })),
      artifacts: stores.artifacts,
      state: stores.state,
      geo,
      feed: {
        subscribe(listener) {
          listeners.add(listener)
          return () => listeners.delete(listener)
        },
      },
      running: () => undefined,
      admitted: () => [],
      doctor: async () => [{ part: 'store', ok: true, what: 'well', cure: '' }],
      personas: () => [console.persona('debian-web')],
      log: pino({ level: 'silent' }),
    })
    return console
  }

  async keep(events: Iterable<SundewEvent>): Promise<void> {
    for (const event of events) this.stores.events.append(event)
    await this.stores.events.flush()
  }

  /** Makes an account and logs a browser in. */
  async browser(name: string, role: Role): Promise<Browser> {
    await this.accounts.add(name, PASSWORD, role)
    const secret = this.accounts.logIn(name)
    return new Browser(this.app, secret, this.accounts.loginOf(secret)!.csrf)
  }

  async close(): Promise<void> {
    await this.app.close()
    this.accounts.close()
    await this.stores.close()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

export interface Answer {
  status: number
  body: unknown
  text: string
  bytes: Buffer
  headers: Record<string, string | string[] | number | undefined>
}

/** Sends the cookie with every call as browsers do, and the CSRF token as our pages do. */
export class Browser {
  readonly #app: ConsoleApp
  readonly #secret: string
  readonly csrf: string

  constructor(app: ConsoleApp, secret: string, csrf: string) {
    this.#app = app
    this.#secret = secret
    this.csrf = csrf
  }

  get(path: string): Promise<Answer> {
    return this.send('GET', path)
  }

  send(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    body?: object,
    headers: Record<string, string> = { 'x-csrf-token': this.csrf },
  ): Promise<Answer> {
    return ask(this.#app, method, path, { cookie: `sundew_login=${this.#secret}`, ...headers }, body)
  }
}

export async function ask(
  app: ConsoleApp,
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  path: string,
  headers: Record<string, string> = {},
  body?: object,
): Promise<Answer> {
  const response = await app.inject({ method, url: `/api/v1${path}`, headers, ...(body ? { payload: body } : {}) })
  const isJson = /^application\/json\b/.test(String(response.headers['content-type']))
  return {
    status: response.statusCode,
    body: isJson ? response.json() : undefined,
    text: response.body,
    bytes: response.rawPayload,
    headers: response.headers,
  }
}
