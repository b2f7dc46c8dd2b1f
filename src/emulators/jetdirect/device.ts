import { LRUCache } from 'lru-cache'
import type { Identity } from '../../config/identity.ts'
import type { Persona } from '../../config/persona.ts'
import { type Printer, printerOf } from '../../host/printer.ts'
import type { StateStore } from '../../store/contract.ts'
import type { Macros } from './pcl.ts'
import variables from './variables.json' with { type: 'json' }
import { type Entry, factoryFiles, Volume } from './volume.ts'

/** A variable of the printer's environment. */
export interface Variable {
  name: string
  value: string
  choices?: string[]
  range?: string[]
  readOnly?: boolean
}
export const VARIABLES: readonly Variable[] = variables

/** What one source has changed: files, and the defaults of the environment. */
export class SourceMemory {
  readonly volume: Volume
  readonly defaults = new Map<string, string>(VARIABLES.map(({ name, value }) => [name, value]))
  /** PJL password, 1 to 65535; 0 is none. */
  password = 0
  /** Password of PostScript's system parameters; `0` is none. */
  psPassword = '0'
  readonly macros: Macros = new Map()

  constructor(factory: ReadonlyMap<string, Entry>) {
    this.volume = new Volume(factory)
  }

  /** Factory defaults: all but the files. */
  reset(): void {
    for (const { name, value } of VARIABLES) this.defaults.set(name, value)
    this.password = 0
    this.psPassword = '0'
    this.macros.clear()
  }
}

const SCOPE = 'jetdirect'
const SOURCES = 200
const LONGEST_DISPLAY = 80

/** The printer behind all connections: one display and one page counter, files and defaults by source. */
export class Device {
  readonly printer: Printer
  /** When it was switched on, UTC milliseconds. */
  readonly startedAt: number
  readonly #state: StateStore
  readonly #factory: ReadonlyMap<string, Entry>
  readonly #sources = new LRUCache<string, SourceMemory>({ max: SOURCES })

  constructor(identity: Identity, persona: Persona, state: StateStore) {
    this.printer = printerOf(identity, persona)
    this.startedAt = Date.now() - UPTIME_MS - (this.printer.pagesUntil(0) % 86_400) * 1000
    this.#state = state
    this.#factory = factoryFiles(this.printer, persona)
  }

  memoryOf(ip: string): SourceMemory {
    const known = this.#sources.get(ip) ?? new SourceMemory(this.#factory)
    this.#sources.set(ip, known)
    return known
  }

  /** What stands on the control panel. */
  get display(): string {
    return this.#kept('display') ?? 'Ready'
  }

  /** RDYMSG with an empty text brings the printer's own back. It stays over reconnects and restarts, as on the real panel. */
  set display(text: string) {
    if (text === '') this.#state.delete(SCOPE, 'display')
    else this.#state.set(SCOPE, 'display', Buffer.from(text.slice(0, LONGEST_DISPLAY), 'latin1'))
  }

  get isOnline(): boolean {
    return this.#kept('offline') === undefined
  }

  /** OPMSG and STMSG take it off line until somebody presses a key; here somebody does after some minutes. */
  goOffline(): void {
    this.#state.set(SCOPE, 'offline', String(Date.now() + OFFLINE_MS))
  }

  get pages(): number {
    return this.printer.pagesUntil(Date.now()) + Number(this.#kept('pages') ?? 0)
  }

  printed(pages: number): void {
    this.#state.set(SCOPE, 'pages', String(Number(this.#kept('pages') ?? 0) + pages))
  }

  #kept(key: string): string | undefined {
    const value = this.#state.get(SCOPE, key)?.toString('latin1')
    if (key !== 'offline' || value === undefined || Number(value) > Date.now()) return value
    this.#state.delete(SCOPE, key)
    this.#state.delete(SCOPE, 'display')
    return undefined
  }
}

const OFFLINE_MS = 5 * 60_000
/** How long the printer has been on when the lure starts, within a day. */
const UPTIME_MS = 11 * 86_400_000
