import { SqlError } from './sql-error.ts'
import type { KeyDefinition } from './syntax.ts'
import { costOf, type SqlType, type SqlValue, textOf } from './value.ts'

export interface Column {
  name: string
  type: SqlType
  isNullable: boolean
  isAutoIncrement: boolean
  /** Text of the default as the catalogue shows it, and its value. */
  default?: { text: string; value: SqlValue | (() => SqlValue) }
  comment?: string
}

export type Row = readonly SqlValue[]

/** Bounds of what one source may make of its copy of a server. */
export const BOUNDS = { databases: 64, tables: 400, columns: 200, rowsOfTable: 20_000, bytes: 8 * 1024 * 1024 }

/** A table and its rows. Rows are never changed in place, so that copies may share them. */
export class Table {
  name: string
  schema: string
  columns: Column[]
  keys: KeyDefinition[]
  rows: Row[]
  nextId: number
  /** UTC milliseconds. */
  createdAt: number
  /** Belongs to others too (the persona's data, a transaction's snapshot): copied before it is changed. */
  isShared = false
  /** Number that PostgreSQL and SQL Server know it by. */
  readonly id: number
  /** Values of each unique key, made when first needed. */
  #unique: Map<KeyDefinition, Set<string>> | undefined

  constructor(
    id: number,
    schema: string,
    name: string,
    columns: Column[],
    keys: KeyDefinition[] = [],
    rows: Row[] = [],
    createdAt = Date.now(),
  ) {
    this.id = id
    this.schema = schema
    this.name = name
    this.columns = columns
    this.keys = keys
    this.rows = rows
    this.createdAt = createdAt
    this.nextId = 1
    const auto = columns.findIndex((column) => column.isAutoIncrement)
    if (auto >= 0) for (const row of rows) this.nextId = Math.max(this.nextId, Number(row[auto]) + 1)
  }

  copy(): Table {
    const copy = new Table(this.id, this.schema, this.name, [...this.columns], [...this.keys], [...this.rows], this.createdAt)
    copy.nextId = this.nextId
    return copy
  }

  columnIndex(name: string, fold: (name: string) => string): number {
    const wanted = fold(name)
    return this.columns.findIndex((column) => fold(column.name) === wanted)
  }

  get primaryKey(): KeyDefinition | undefined {
    return this.keys.find(({ kind }) => kind === 'primary')
  }

  /** The unique key that a row would break, with the values. */
  conflict(row: Row): { key: KeyDefinition; value: string } | undefined {
    for (const key of this.keys) {
      if (key.kind === 'index') continue
      const value = this.#keyOf(key, row)
      if (value !== undefined && this.#valuesOf(key).has(value)) return { key, value: value.split('\0').join('-') }
    }
    return undefined
  }

  append(row: Row): void {
    this.rows.splice(this.#placeFor(row), 0, row)
    for (const [key, values] of this.#unique ?? []) {
      const value = this.#keyOf(key, row)
      if (value !== undefined) values.add(value)
    }
  }

  /** Rows lie in the order of a numeric primary key, as a clustered index keeps them. */
  #placeFor(row: Row): number {
    const { primaryKey } = this
    const place = primaryKey?.columns.length === 1 ? this.columns.findIndex((column) => column.name === primaryKey.columns[0]) : -1
    const id = row[place]
    if (typeof id !== 'number') return this.rows.length
    let at = this.rows.length
    while (at > 0 && Number(this.rows[at - 1]?.[place]) > id) at--
    return at
  }

  replaceRows(rows: Row[]): void {
    this.rows = rows
    this.#unique = undefined
  }

  /** Rows that have the same value in a unique key as this one. */
  matching(row: Row): Row[] {
    return this.rows.filter((other) =>
      this.keys.some(
        (key) => key.kind !== 'index' && this.#keyOf(key, row) !== undefined && this.#keyOf(key, row) === this.#keyOf(key, other),
      ),
    )
  }

  #valuesOf(key: KeyDefinition): Set<string> {
    this.#unique ??= new Map()
    let values = this.#unique.get(key)
    if (!values) {
      values = new Set()
      for (const row of this.rows) {
        const value = this.#keyOf(key, row)
        if (value !== undefined) values.add(value)
      }
      this.#unique.set(key, values)
    }
    return values
  }

  /** Undefined when a part of it is NULL: NULLs are never equal. */
  #keyOf(key: KeyDefinition, row: Row): string | undefined {
    const parts: string[] = []
    for (const name of key.columns) {
      const value = row[this.columns.findIndex((column) => column.name.toLowerCase() === name.toLowerCase())]
      if (value === null || value === undefined) return undefined
      parts.push(textOf(value))
    }
    return parts.join('\0')
  }
}

/** One database of a server: tables by schema and name. */
export class Database {
  readonly name: string
  readonly id: number
  readonly schemas: Set<string>
  readonly #tables: Map<string, Table>
  /** Shipped with the server (`mysql`, `master`, `template1`); not to be dropped. */
  readonly isSystem: boolean
  createdAt: number

  constructor(
    id: number,
    name: string,
    schemas: Iterable<string>,
    isSystem = false,
    tables: Iterable<[string, Table]> = [],
    createdAt = Date.now(),
  ) {
    this.id = id
    this.name = name
    this.schemas = new Set(schemas)
    this.isSystem = isSystem
    this.#tables = new Map(tables)
    this.createdAt = createdAt
  }

  get tables(): Iterable<Table> {
    return this.#tables.values()
  }

  get size(): number {
    return this.#tables.size
  }

  find(schema: string, name: string, fold: (name: string) => string): Table | undefined {
    return this.#tables.get(`${fold(schema)}\0${fold(name)}`)
  }

  put(table: Table, fold: (name: string) => string): void {
    this.#tables.set(`${fold(table.schema)}\0${fold(table.name)}`, table)
  }

  remove(table: Table): void {
    for (const [key, known] of this.#tables) if (known === table) this.#tables.delete(key)
  }

  /** The same tables, all marked as shared. */
  snapshot(): Database {
    for (const table of this.tables) table.isShared = true
    return new Database(this.id, this.name, this.schemas, this.isSystem, this.#tables, this.createdAt)
  }

  /** Table names in order, of one schema or of all. */
  sorted(schema?: string): Table[] {
    return [...this.tables].filter((table) => schema === undefined || table.schema === schema).sort((a, b) => (a.name < b.name ? -1 : 1))
  }
}

/** The databases of one server as one source has left them. */
export class Catalog {
  #databases: Map<string, Database>
  readonly #fold: (name: string) => string
  #bytes = 0
  #nextId: number

  constructor(databases: Iterable<Database>, fold: (name: string) => string, nextId = 16_384) {
    this.#fold = fold
    this.#nextId = nextId
    this.#databases = new Map([...databases].map((database) => [fold(database.name), database]))
  }

  /** A copy for another source: nothing is copied until it is changed. */
  fork(): Catalog {
    return new Catalog(this.#snapshot(), this.#fold, this.#nextId)
  }

  #snapshot(): Database[] {
    return [...this.#databases.values()].map((database) => database.snapshot())
  }

  /** What a transaction goes back to. */
  savepoint(): () => void {
    const saved = this.#snapshot()
    const bytes = this.#bytes
    return () => {
      this.#databases = new Map(saved.map((database) => [this.#fold(database.name), database]))
      this.#bytes = bytes
    }
  }

  get databases(): Database[] {
    return [...this.#databases.values()]
  }

  newId(): number {
    return this.#nextId++
  }

  database(name: string): Database | undefined {
    return this.#databases.get(this.#fold(name))
  }

  addDatabase(name: string, schemas: Iterable<string>): void {
    if (this.#databases.size >= BOUNDS.databases) throw new SqlError({ kind: 'full', table: name })
    this.#databases.set(this.#fold(name), new Database(this.newId(), name, schemas))
  }

  removeDatabase(name: string): void {
    this.#databases.delete(this.#fold(name))
  }

  addTable(database: Database, table: Table): void {
    let tables = 0
    for (const one of this.#databases.values()) tables += one.size
    if (tables >= BOUNDS.tables || table.columns.length > BOUNDS.columns) throw new SqlError({ kind: 'full', table: table.name })
    database.put(table, this.#fold)
  }

  /** The table itself, or a copy of it that only this catalogue has. */
  writable(database: Database, table: Table): Table {
    if (!table.isShared) return table
    const copy = table.copy()
    database.put(copy, this.#fold)
    return copy
  }

  /** Counts what a row takes before it is kept. @throws SqlError `full` */
  spend(table: Table, row: Row): void {
    this.#bytes += row.reduce<number>((sum, value) => sum + costOf(value), 64)
    if (this.#bytes > BOUNDS.bytes || table.rows.length >= BOUNDS.rowsOfTable) throw new SqlError({ kind: 'full', table: table.name })
  }
}
