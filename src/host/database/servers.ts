import { LRUCache } from 'lru-cache'
import type { Identity } from '../../config/identity.ts'
import type { Persona } from '../../config/persona.ts'
import { Catalog, Database } from './catalog.ts'
import type { Dialect } from './dialect.ts'
import { makeDatabases } from './seed.ts'
import type { SqlValue } from './value.ts'

/** Sources whose changes are remembered. */
const SOURCES = 500

/** One server as one source has left it. */
export interface ServerState {
  catalog: Catalog
  /** Settings of the whole server that this source has changed. */
  settings: Map<string, SqlValue>
  /** Functions that came with a library. */
  libraries: Map<string, string>
}

export interface ServersSetup {
  dialect: Dialect
  identity: Identity
  /** Databases that every such server has, with their first ids. */
  systemDatabases: readonly { name: string; id: number }[]
  /** Ids of the persona's databases and tables begin here. */
  firstId: number
}

/**
 * The database servers of a persona, one for each source: what a source drops is gone for it and nobody else. Copies are made
 * of what is changed only.
 *
 * @example const { catalog } = servers.of(persona, '203.0.113.7')
 */
export class DatabaseServers {
  readonly #setup: ServersSetup
  readonly #bases = new WeakMap<Persona, Catalog>()
  readonly #states = new LRUCache<string, ServerState>({ max: SOURCES })

  constructor(setup: ServersSetup) {
    this.#setup = setup
  }

  of(persona: Persona, source: string): ServerState {
    const key = `${persona.name} ${source}`
    const known = this.#states.get(key)
    if (known) return known
    const state = { catalog: this.#base(persona).fork(), settings: new Map<string, SqlValue>(), libraries: new Map<string, string>() }
    this.#states.set(key, state)
    return state
  }

  #base(persona: Persona): Catalog {
    const known = this.#bases.get(persona)
    if (known) return known
    const { dialect, identity, systemDatabases, firstId } = this.#setup
    const system = systemDatabases.map(({ name, id }) => new Database(id, name, [dialect.defaultSchema], true))
    const own = makeDatabases(persona, identity, dialect, firstId)
    const base = new Catalog([...system, ...own], dialect.foldTable.bind(dialect), firstId + 1000)
    this.#bases.set(persona, base)
    return base
  }
}
