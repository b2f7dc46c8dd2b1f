import type { Database, Table } from './catalog.ts'
import type { DatabaseSession } from './session.ts'
import { SqlError } from './sql-error.ts'
import type { TableName } from './syntax.ts'

export interface ResolvedTable {
  table: Table
  database: Database
  /** Made by the server about itself: not to be written. */
  isSystem: boolean
}

/** Where a table's name points: `[database.][schema.]table`, as the dialect counts its parts. */
export function placeOf(session: DatabaseSession, { parts }: Pick<TableName, 'parts'>): { database: string; schema: string; name: string } {
  const { dialect } = session
  const name = parts.at(-1) as string
  if (dialect.schemaIsDatabase) return { database: parts.at(-2) || session.database, schema: '', name }
  const schema = parts.at(-2) ?? ''
  return { database: parts.at(-3) || session.database, schema: schema || dialect.defaultSchema, name }
}

export function findTable(session: DatabaseSession, reference: Pick<TableName, 'parts'>): ResolvedTable | undefined {
  const { dialect, catalog } = session
  const { database: databaseName, schema, name } = placeOf(session, reference)
  const database = catalog.database(databaseName)
  const own = database?.find(schema, name, dialect.foldTable.bind(dialect))
  if (own && database) return { table: own, database, isSystem: false }
  const isQualified = reference.parts.length > 1 && reference.parts.at(-2) !== ''
  const system = dialect.systemTable(session, databaseName, isQualified ? schema : '', name)
  const holder = database ?? catalog.databases[0]
  return system && holder && { table: system, database: holder, isSystem: true }
}

/** @throws SqlError when there is no such table */
export function resolveTable(session: DatabaseSession, reference: Pick<TableName, 'parts' | 'at'>): ResolvedTable {
  const found = findTable(session, reference)
  if (found) return found
  const { database, schema, name } = placeOf(session, reference)
  if (session.dialect.schemaIsDatabase && database === '') throw new SqlError({ kind: 'no-database' })
  const isQualified = reference.parts.length > 1
  throw new SqlError({ kind: 'unknown-table', table: name, database, at: reference.at, ...(isQualified && { schema }) })
}

/** A table that may be written, as a copy of this source's own. */
export function writableTable(session: DatabaseSession, reference: Pick<TableName, 'parts' | 'at'>): ResolvedTable {
  const found = resolveTable(session, reference)
  if (found.isSystem)
    throw new SqlError({ kind: 'read-only-table', table: found.table.name, database: placeOf(session, reference).database })
  return { ...found, table: session.catalog.writable(found.database, found.table) }
}
