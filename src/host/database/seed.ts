import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type ColumnSource, DatabaseSeed, type SeedTable } from '../../config/database-seed.ts'
import type { Identity } from '../../config/identity.ts'
import type { Persona } from '../../config/persona.ts'
import { parseYaml } from '../../config/yaml.ts'
import { type Column, Database, type Row, Table } from './catalog.ts'
import type { Dialect } from './dialect.ts'
import words from './seed-words.json' with { type: 'json' }
import type { KeyDefinition } from './syntax.ts'
import { systemColumn } from './system-rows.ts'
import { dateText, dateTimeText } from './temporal.ts'
import { Decimal, type SqlType, type SqlValue } from './value.ts'

const DAY_MS = 86_400_000
const BCRYPT = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

let defaultSeed: DatabaseSeed | undefined

function seedOf(persona: Persona): DatabaseSeed {
  if (persona.database) return persona.database
  const file = new URL('default-seed.yaml', import.meta.url)
  defaultSeed ??= parseYaml(file.pathname, readFileSync(file, 'utf8'), DatabaseSeed)
  return defaultSeed
}

/** Names of a persona's databases, the application's first. */
export function seedDatabases(persona: Persona): string[] {
  return seedOf(persona).databases.map(({ name }) => name)
}

/** The persona's databases with their rows: the same for the same install, whatever protocol asks for them. */
export function makeDatabases(persona: Persona, identity: Identity, dialect: Dialect, firstId: number): Database[] {
  let id = firstId
  // Days count back from the first start, so that no row is another after the next one.
  const now = Number(identity.keep('database.epoch', () => String(Date.now())))
  return seedOf(persona).databases.map(({ name, tables }) => {
    const created = now - identity.integer(`database/${name}/age`, 400, 900) * DAY_MS
    const database = new Database(id++, dialect.fold(name), [dialect.defaultSchema], false, [], created)
    const made = new Map<string, Table>()
    for (const table of tables) {
      const rows = new Rows(identity, `database/${name}/${table.name}`, made, now)
      const built = rows.table(table, id++, dialect, created)
      made.set(table.name, built)
      database.put(built, dialect.foldTable.bind(dialect))
    }
    return database
  })
}

class Rows {
  readonly #random: () => number
  readonly #others: ReadonlyMap<string, Table>
  readonly #now: number
  /** The name that this row's e-mail address is made of. */
  #person = ''

  constructor(identity: Identity, label: string, others: ReadonlyMap<string, Table>, now: number) {
    this.#random = identity.random(label)
    this.#others = others
    this.#now = now
  }

  table(seed: SeedTable, id: number, dialect: Dialect, createdAt: number): Table {
    const columns = seed.columns.map((column): Column => {
      const { type } = systemColumn(`${column.name} ${column.type}`)
      return {
        name: dialect.fold(column.name),
        type: plainType(type, column.type),
        isNullable: column.null !== undefined,
        isAutoIncrement: column.auto,
      }
    })
    const keys: KeyDefinition[] = (['primary', 'unique', 'index'] as const).flatMap((kind) =>
      seed.columns
        .filter(({ key }) => key === kind)
        .map(({ name }) => ({ kind, columns: [dialect.fold(name)], ...(kind !== 'primary' && { name }) })),
    )
    const rows = [
      ...seed.data.map((values, i) => this.#given(seed, columns, values, i)),
      ...Array.from({ length: seed.rows }, (_, i) => this.#made(seed, columns, seed.data.length + i, i)),
    ]
    return new Table(id, dialect.defaultSchema, dialect.fold(seed.name), columns, keys, rows, createdAt)
  }

  #given(seed: SeedTable, columns: readonly Column[], values: readonly (string | number | boolean | null)[], index: number): Row {
    const rest = [...values]
    return seed.columns.map((column, i) => (column.auto ? index + 1 : typed(rest.shift() ?? null, columns[i] as Column)))
  }

  #made(seed: SeedTable, columns: readonly Column[], index: number, made: number): Row {
    this.#person = ''
    return seed.columns.map((column, i) => {
      if (column.auto) return index + 1
      if (column.null !== undefined && this.#random() < column.null) return null
      return typed(column.as === undefined ? null : this.#value(column.as, made), columns[i] as Column)
    })
  }

  #value(source: ColumnSource, index: number): SqlValue {
    if (typeof source === 'string') return this.#named(source)
    if ('pick' in source) return this.#pick(source.pick)
    if ('integer' in source) return this.#between(source.integer)
    if ('money' in source) return Math.round((source.money[0] + this.#random() * (source.money[1] - source.money[0])) * 100) / 100
    if ('daysAgo' in source) return dateTimeText(this.#daysAgo(source.daysAgo))
    if ('dateDaysAgo' in source) return dateText(this.#daysAgo(source.dateDaysAgo))
    if ('rowOf' in source) return this.#pick(this.#others.get(source.rowOf)?.rows ?? [[null]])[0] ?? null
    return source.text.replaceAll('{n}', String(source.first + index))
  }

  #named(source: Extract<ColumnSource, string>): SqlValue {
    switch (source) {
      case 'person':
        this.#person = `${this.#pick(words.firstNames)} ${this.#pick(words.lastNames)}`
        return this.#person
      case 'company':
        this.#person = `${this.#pick(words.lastNames)} ${this.#pick(words.trades)}`
        return this.#person
      case 'email': {
        const name = this.#person || `${this.#pick(words.firstNames)} ${this.#pick(words.lastNames)}`
        return `${name.toLowerCase().replaceAll(' ', '.')}@${this.#pick(words.mailDomains)}`
      }
      case 'phone':
        return `0${this.#between([1204, 1998])} ${this.#between([200_000, 999_999])}`
      case 'street':
        return `${this.#between([1, 148])} ${this.#pick(words.streets)}`
      case 'town':
        return this.#pick(words.towns)
      case 'postcode':
        return `${this.#letters('ABDEGHLNSTW', 2)}${this.#between([1, 28])} ${this.#between([1, 9])}${this.#letters('ABDEFGHJLNPQRSTUWXYZ', 2)}`
      case 'bcrypt':
        return `$2y$10$${this.#letters(BCRYPT, 53)}`
      case 'md5':
      case 'sha256':
        return createHash(source).update(String(this.#random())).digest('hex')
      case 'token':
        return createHash('sha256').update(String(this.#random())).digest('hex').slice(0, 40)
      case 'uuid': {
        const hex = createHash('md5').update(String(this.#random())).digest('hex')
        return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`
      }
      case 'ip':
        return `10.${this.#between([0, 40])}.${this.#between([0, 255])}.${this.#between([2, 254])}`
    }
  }

  #pick<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.#random() * choices.length)] as T
  }

  #between([min, max]: readonly [number, number]): number {
    return min + Math.floor(this.#random() * (max - min + 1))
  }

  #letters(alphabet: string, n: number): string {
    return Array.from({ length: n }, () => this.#pick([...alphabet])).join('')
  }

  #daysAgo([min, max]: readonly [number, number]): number {
    return this.#now - Math.floor((min + this.#random() * (max - min)) * DAY_MS)
  }
}

/** The type without the way it was written: each dialect names it its own way. */
function plainType({ declared: _, ...type }: SqlType, text: string): SqlType {
  if (text === 'boolean') return { kind: 'boolean' }
  if (text === 'date') return { kind: 'date' }
  return text.endsWith('unsigned') ? { ...type, isUnsigned: true } : type
}

function typed(value: SqlValue, { type }: Column): SqlValue {
  return type.kind === 'decimal' && typeof value === 'number' ? new Decimal(value, type.scale ?? 2) : value
}
