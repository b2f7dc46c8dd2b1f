import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { LRUCache } from 'lru-cache'
import { DatabaseSeed } from '../../config/database-seed.ts'
import type { Identity } from '../../config/identity.ts'
import type { Persona } from '../../config/persona.ts'
import { parseYaml } from '../../config/yaml.ts'
import { evidence } from '../../events/bytes.ts'
import { runSql } from '../../host/database/engine.ts'
import { MARIADB } from '../../host/database/mysql/dialect.ts'
import { DatabaseServers } from '../../host/database/servers.ts'
import { DatabaseSession } from '../../host/database/session.ts'
import { SqlError } from '../../host/database/sql-error.ts'
import { type SqlValue, textOf } from '../../host/database/value.ts'
import { HoneytokenMint } from '../../host/honeytokens/mint.ts'
import type { VisitContext } from '../../sensor/lure.ts'
import { SqlDesk } from '../../sensor/sql-desk.ts'
import type { Visit } from '../../sensor/visit.ts'
import type { WebAppEvents } from './events.ts'
import { shopNameOf } from './shop-name.ts'

/** An error of the database, in its words. */
export class DatabaseFailure extends Error {
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

export type ShopRow = Readonly<Record<string, string | null>>

/** What a query may wait at most, milliseconds, however long it was told to sleep. */
const LONGEST_SLEEP_MS = 10_000
/** Most rows that a page takes. */
const MOST_ROWS = 2_000
const SYSTEM_DATABASES = ['mysql', 'performance_schema', 'sys'].map((name, i) => ({ name, id: i + 1 }))
const PASSWORDS = ['password1', 'summer2024', 'admin1234', 'outdoor1', 'letmein1', 'shopadmin', 'welcome1']
const SECRETS = [
  ['smtp_password', 'password', 'shop-mailer'],
  ['stripe_secret', 'stripe-key', 'shop'],
  ['backup_key_id', 'aws-key-id', 'shop-backup'],
  ['backup_secret', 'aws-secret', 'shop-backup'],
] as const

/** The database servers behind the shop: one for each source, which keeps what that source changes. */
export class ShopDatabases {
  readonly #identity: Identity
  readonly #servers: DatabaseServers
  readonly #owners = new WeakMap<Persona, Persona>()
  readonly #filled = new LRUCache<string, true>({ max: 500 })
  readonly #startedAt = Date.now()

  constructor(identity: Identity) {
    this.#identity = identity
    this.#servers = new DatabaseServers({ dialect: MARIADB, identity, systemDatabases: SYSTEM_DATABASES, firstId: 100 })
  }

  /** A connection as the shop has it. */
  open(visit: Visit<WebAppEvents>, context: VisitContext<unknown, unknown>): ShopConnection {
    const owner = this.#ownerOf(context.persona)
    const desk = new SqlDesk({ lure: 'web-app', visit, context, account: 'mysql', via: 'mariadbd' })
    const { catalog, settings, libraries } = this.#servers.of(owner, visit.source.ip)
    const session = new DatabaseSession({
      dialect: MARIADB,
      catalog,
      identity: this.#identity,
      persona: owner,
      host: desk.host,
      version: '10.11.14-MariaDB-0+deb12u2',
      database: 'shop',
      user: 'shop',
      clientIp: 'localhost',
      clientPort: 0,
      port: 3306,
      connectionId: 200 + (Math.floor(Date.now() / 1000) % 50_000),
      startedAt: this.#startedAt - this.#identity.integer('web-app/database', 9, 90) * 86_400_000,
      serverSettings: settings,
      libraries,
      note: (effect) => desk.note(effect),
    })
    return new ShopConnection(visit, session, () => this.#fillSecrets(visit.source.ip, context, session))
  }

  /** The persona with the shop's data in the place of its own. */
  #ownerOf(persona: Persona): Persona {
    const known = this.#owners.get(persona)
    if (known) return known
    const admin = createHash('md5').update(this.#identity.pick('web-app/admin', PASSWORDS)).digest('hex')
    const text = readFileSync(new URL('shop.yaml', import.meta.url), 'utf8')
    const filled = text
      .replaceAll('{{domain}}', persona.domain)
      .replaceAll('{{admin}}', admin)
      .replaceAll('{{shop}}', shopNameOf(this.#identity).full)
    const owner = { ...persona, name: `${persona.name} shop`, database: parseYaml('shop.yaml', filled, DatabaseSeed) }
    this.#owners.set(persona, owner)
    return owner
  }

  /** Secrets of this source, put in before it reads anything. */
  async #fillSecrets(source: string, context: VisitContext<unknown, unknown>, session: DatabaseSession): Promise<void> {
    if (this.#filled.has(source)) return
    this.#filled.set(source, true)
    const mint = HoneytokenMint.of(context)
    for (const [name, kind, token] of SECRETS) {
      const value = mint.mint({ kind, name: token, owner: context.persona.name, place: `shop.settings.${name}` }, source)
      for await (const _ of runSql(session, `UPDATE settings SET value = '${value.replaceAll("'", "''")}' WHERE name = '${name}'`));
    }
  }
}

/** What one page asks the database. */
export class ShopConnection {
  readonly #visit: Visit<WebAppEvents>
  readonly #session: DatabaseSession
  readonly #prepare: () => Promise<void>

  constructor(visit: Visit<WebAppEvents>, session: DatabaseSession, prepare: () => Promise<void>) {
    this.#visit = visit
    this.#session = session
    this.#prepare = prepare
  }

  /**
   * Runs one statement, as mysqli::query does; what stands behind a semicolon is an error to it.
   * @param given values of the request that stand in it: where one is an attack, the statement is written down
   * @throws DatabaseFailure
   */
  async query(sql: string, isAttack = false): Promise<ShopRow[]> {
    await this.#prepare()
    const session = this.#session
    session.delayMs = 0
    try {
      const rows: ShopRow[] = []
      for await (const { result, isLast } of runSql(session, sql)) {
        if (!isLast)
          throw new SqlError({ kind: 'syntax', at: 0, end: 0, near: sql.slice(sql.indexOf(';') + 1).trim(), line: 1, atEnd: false })
        if (result.kind === 'rows') {
          const names = result.columns.map(({ name }) => name)
          for (const row of result.rows.slice(0, MOST_ROWS))
            rows.push(Object.fromEntries(row.map((value, n) => [names[n] as string, shown(value)])))
        }
      }
      const delayMs = Math.min(session.delayMs, LONGEST_SLEEP_MS)
      if (isAttack) this.#note(sql, rows.length, delayMs)
      if (delayMs > 0) await this.#visit.pause(delayMs)
      return rows
    } catch (error) {
      if (!(error instanceof SqlError)) throw error
      const delayMs = Math.min(session.delayMs, LONGEST_SLEEP_MS)
      if (delayMs > 0) await this.#visit.pause(delayMs)
      const { code, message } = session.dialect.word(error.problem)
      if (isAttack) this.#note(sql, 0, delayMs, message)
      throw new DatabaseFailure(code, message)
    }
  }

  #note(sql: string, rows: number, delayMs: number, error?: string): void {
    this.#visit.record('web-app.sql', {
      statement: evidence(sql.slice(0, 8_192)),
      rows,
      delayMs,
      ...(error === undefined ? {} : { error: error.slice(0, 512) }),
    })
  }
}

function shown(value: SqlValue): string | null {
  if (value === null) return null
  return Buffer.isBuffer(value) ? value.toString('utf8') : textOf(value)
}

/** A text between quotes of SQL, as mysqli::real_escape_string makes it. */
export function quoted(text: string): string {
  return `'${text
    .replace(/[\\'"]/g, '\\$&')
    .replace(/\0/g, '\\0')
    .replace(/\n/g, '\\n')
    .replace(/\r/g, '\\r')}'`
}
