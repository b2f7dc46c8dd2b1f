import { type Column, Table } from './catalog.ts'
import { Compiler } from './compiler.ts'
import { findTable, placeOf, resolveTable, writableTable } from './resolve.ts'
import { Scope } from './scope.ts'
import { compileSelect, statementContext } from './select.ts'
import type { DatabaseSession, SqlResult } from './session.ts'
import { SqlError } from './sql-error.ts'
import type { Alteration, ColumnDefinition, KeyDefinition, Statement, TableName } from './syntax.ts'
import { dateTimeText } from './temporal.ts'
import { type SqlValue, textOf } from './value.ts'

type Definition = Exclude<Statement, { kind: 'select' | 'insert' | 'update' | 'delete' | 'transaction' | 'dialect' }>

/** CREATE, DROP, ALTER, TRUNCATE. */
export function define(session: DatabaseSession, statement: Definition, parameters: readonly SqlValue[]): SqlResult {
  switch (statement.kind) {
    case 'create-table':
      return createTable(session, statement, parameters)
    case 'create-database':
      return createDatabase(session, statement.name, statement.ifNotExists)
    case 'create-schema':
      return createSchema(session, statement.name, statement.ifNotExists)
    case 'create-index': {
      const { table } = writableTable(session, statement.table)
      table.keys = [...table.keys, statement.key]
      return done('CREATE INDEX')
    }
    case 'drop-table':
      return dropTables(session, statement)
    case 'drop-database':
      return dropDatabases(session, statement.names, statement.ifExists)
    case 'drop-schema':
      return dropSchemas(session, statement)
    case 'truncate':
      return truncate(session, statement.tables)
    case 'alter-table':
      return alterTable(session, statement)
  }
}

function done(verb: string, affected = 0): SqlResult {
  return { kind: 'done', verb, affected }
}

/** What PostgreSQL tells besides its answer. */
function notice(session: DatabaseSession, state: string, text: string): void {
  session.setup.note({ kind: 'notice', severity: 0, code: 0, state, text })
}

function createDatabase(session: DatabaseSession, name: string, ifNotExists: boolean): SqlResult {
  const { catalog, dialect } = session
  if (catalog.database(name) || isVirtualDatabase(session, name)) {
    if (!ifNotExists) throw new SqlError({ kind: 'database-exists', database: name })
    return done('CREATE DATABASE')
  }
  catalog.addDatabase(name, [dialect.defaultSchema])
  return done('CREATE DATABASE', 1)
}

function isVirtualDatabase({ dialect }: DatabaseSession, name: string): boolean {
  return dialect.name === 'mysql' && ['information_schema', 'performance_schema'].includes(name.toLowerCase())
}

function createSchema(session: DatabaseSession, name: string, ifNotExists: boolean): SqlResult {
  const { current } = session
  if (!current) throw new SqlError({ kind: 'no-database' })
  if (current.schemas.has(name)) {
    if (ifNotExists) return done('CREATE SCHEMA')
    throw new SqlError({ kind: 'worded', code: 2714, state: '42P06', severity: 16, message: `schema "${name}" already exists` })
  }
  current.schemas.add(name)
  return done('CREATE SCHEMA')
}

function createTable(
  session: DatabaseSession,
  statement: Extract<Definition, { kind: 'create-table' }>,
  parameters: readonly SqlValue[],
): SqlResult {
  const { catalog } = session
  const place = placeOf(session, statement.table)
  const database = catalog.database(place.database)
  if (!database) throw new SqlError(place.database ? { kind: 'unknown-database', database: place.database } : { kind: 'no-database' })
  if (place.schema && !database.schemas.has(place.schema)) throw new SqlError({ kind: 'unknown-schema', schema: place.schema })
  const known = findTable(session, statement.table)
  if (known && !known.isSystem) {
    if (statement.ifNotExists) {
      notice(session, '42P07', `relation "${place.name}" already exists, skipping`)
      return done('CREATE TABLE')
    }
    throw new SqlError({ kind: 'table-exists', table: place.name })
  }
  const table = newTable(session, statement, place, parameters)
  catalog.addTable(database, table)
  if (!statement.select) return done('CREATE TABLE')
  const rows = compileSelect(statement.select, statementContext(session, parameters)).run()
  for (const row of rows) {
    catalog.spend(table, row)
    table.append(row)
  }
  return {
    kind: 'done',
    verb: session.dialect.name === 'postgresql' ? 'SELECT' : 'CREATE TABLE',
    affected: rows.length,
    info: `Records: ${rows.length}  Duplicates: 0  Warnings: 0`,
  }
}

function newTable(
  session: DatabaseSession,
  statement: Extract<Definition, { kind: 'create-table' }>,
  { schema, name }: { schema: string; name: string },
  parameters: readonly SqlValue[],
): Table {
  const id = session.catalog.newId()
  if (statement.like) {
    const { table } = resolveTable(session, statement.like)
    return new Table(id, schema, name, [...table.columns], [...table.keys])
  }
  if (statement.select && statement.columns.length === 0) {
    const { columns } = compileSelect(statement.select, statementContext(session, parameters))
    return new Table(
      id,
      schema,
      name,
      columns.map(({ name: column, type }) => ({ name: column, type, isNullable: true, isAutoIncrement: false })),
    )
  }
  const columns = statement.columns.map((column) => columnOf(session, column))
  const keys = [...statement.columns.flatMap(keysOf), ...statement.keys]
  for (const key of keys.filter(({ kind }) => kind === 'primary')) {
    for (const column of columns)
      if (key.columns.some((wanted) => wanted.toLowerCase() === column.name.toLowerCase())) column.isNullable = false
  }
  return new Table(id, schema, name, columns, keys)
}

function keysOf(column: ColumnDefinition): KeyDefinition[] {
  if (column.isPrimary) return [{ kind: 'primary', columns: [column.name] }]
  return column.isUnique ? [{ kind: 'unique', columns: [column.name] }] : []
}

function columnOf(session: DatabaseSession, definition: ColumnDefinition): Column {
  const { name, isNullable, isAutoIncrement, comment } = definition
  const type = asDeclared(definition, session)
  const column: Column = { name, type, isNullable, isAutoIncrement, ...(comment !== undefined && { comment }) }
  if (!definition.default) return column
  // A column that a sequence numbers.
  if (definition.default.kind === 'call' && definition.default.name.toLowerCase() === 'nextval')
    return { ...column, isAutoIncrement: true, isNullable: false }
  const isClock =
    definition.default.kind === 'call' &&
    /^(now|current_timestamp|getdate|localtime|localtimestamp|sysdate|systimestamp)$/i.test(definition.default.name)
  if (isClock) return { ...column, default: { text: 'current_timestamp()', value: () => dateTimeText(Date.now()) } }
  const value = new Compiler(statementContext(session, []), new Scope([]), 'field list').compile(definition.default).run({ row: [] })
  return { ...column, default: { text: value === null ? 'NULL' : typeof value === 'string' ? `'${value}'` : textOf(value), value } }
}

/** Types that the dialect names from what they are; others keep the name they were declared by. */
const PLAIN_NAMES =
  /^(int|integer|bigint|smallint|tinyint|varchar|nvarchar|decimal|numeric|double|float|real|datetime|date|time|text|bool|boolean|bit|serial|bigserial|varbinary|bytea|blob|int[248]|float[48]|character varying|double precision)\b/

function asDeclared({ type, typeName }: ColumnDefinition, { dialect }: DatabaseSession): ColumnDefinition['type'] {
  const isNamedOtherwise = dialect.name === 'mysql' && !PLAIN_NAMES.test(typeName) && type.declared === undefined
  return isNamedOtherwise ? { ...type, declared: typeName } : type
}

function dropTables(session: DatabaseSession, { what, tables, ifExists }: Extract<Definition, { kind: 'drop-table' }>): SqlResult {
  const verb = `DROP ${what.toUpperCase()}`
  if (what === 'index') return done(verb)
  for (const reference of tables) {
    const found = findTable(session, reference)
    if (!found) {
      if (ifExists) {
        notice(session, '00000', `${what} "${reference.parts.at(-1)}" does not exist, skipping`)
        continue
      }
      const { database, name } = placeOf(session, reference)
      if (session.dialect.name === 'mysql') {
        if (!database) throw new SqlError({ kind: 'no-database' })
        throw new SqlError({ kind: 'worded', code: 1051, state: '42S02', message: `Unknown table '${database}.${name}'` })
      }
      if (session.dialect.name === 'oracle') throw new SqlError({ kind: 'unknown-table', table: name })
      if (session.dialect.name === 'mssql') {
        throw new SqlError({
          kind: 'worded',
          code: 3701,
          state: 'S0005',
          severity: 11,
          message: `Cannot drop the table '${name}', because it does not exist or you do not have permission.`,
        })
      }
      throw new SqlError({ kind: 'worded', code: 0, state: '42P01', message: `table "${name}" does not exist` })
    }
    if (found.isSystem)
      throw new SqlError({ kind: 'read-only-table', table: found.table.name, database: placeOf(session, reference).database })
    found.database.remove(found.table)
    session.setup.note({ kind: 'drop', what: 'table', name: found.table.name, rows: found.table.rows.length })
  }
  return done(verb)
}

function dropDatabases(session: DatabaseSession, names: readonly string[], ifExists: boolean): SqlResult {
  const { catalog } = session
  let tables = 0
  for (const name of names) {
    const database = catalog.database(name)
    if (!database) {
      if (ifExists && !isVirtualDatabase(session, name)) continue
      throw new SqlError({ kind: 'cannot-drop-database', database: name })
    }
    if (session.dialect.name === 'postgresql' && session.current === database) throw new SqlError({ kind: 'open-database' })
    if (database.isSystem) throw new SqlError({ kind: 'cannot-drop-database', database: name })
    tables += database.size
    session.setup.note({
      kind: 'drop',
      what: 'database',
      name,
      rows: [...database.tables].reduce((sum, table) => sum + table.rows.length, 0),
    })
    catalog.removeDatabase(name)
    if (session.dialect.name === 'mysql' && session.database === name) session.database = ''
  }
  return done('DROP DATABASE', tables)
}

function dropSchemas(session: DatabaseSession, { names, ifExists, isCascade }: Extract<Definition, { kind: 'drop-schema' }>): SqlResult {
  const { current } = session
  if (!current) throw new SqlError({ kind: 'no-database' })
  for (const name of names) {
    if (!current.schemas.has(name)) {
      if (ifExists) continue
      throw new SqlError({ kind: 'unknown-schema', schema: name })
    }
    const tables = current.sorted(name)
    if (tables.length && !isCascade) {
      throw new SqlError({
        kind: 'worded',
        code: 3729,
        state: '2BP01',
        severity: 16,
        message: `cannot drop schema ${name} because other objects depend on it`,
        detail: tables.map((table) => `table ${name}.${table.name} depends on schema ${name}`).join('\n'),
        hint: 'Use DROP ... CASCADE to drop the dependent objects too.',
      })
    }
    for (const table of tables) {
      current.remove(table)
      session.setup.note({ kind: 'drop', what: 'table', name: table.name, rows: table.rows.length })
    }
    current.schemas.delete(name)
  }
  return done('DROP SCHEMA')
}

function truncate(session: DatabaseSession, tables: readonly TableName[]): SqlResult {
  for (const reference of tables) {
    const { table } = writableTable(session, reference)
    session.setup.note({ kind: 'drop', what: 'table', name: table.name, rows: table.rows.length })
    table.replaceRows([])
    table.nextId = 1
  }
  return done('TRUNCATE TABLE')
}

function alterTable(
  session: DatabaseSession,
  { table: reference, alterations, ifExists }: Extract<Definition, { kind: 'alter-table' }>,
): SqlResult {
  if (ifExists && !findTable(session, reference)) return done('ALTER TABLE')
  const { table, database } = writableTable(session, reference)
  for (const alteration of alterations)
    alter(
      session,
      table,
      alteration,
      () => database.remove(table),
      () => session.catalog.addTable(database, table),
    )
  return { kind: 'done', verb: 'ALTER TABLE', affected: 0, info: 'Records: 0  Duplicates: 0  Warnings: 0' }
}

function alter(session: DatabaseSession, table: Table, alteration: Alteration, remove: () => void, add: () => void): void {
  const { dialect } = session
  const place = (name: string): number => {
    const index = table.columnIndex(name, dialect.foldColumn.bind(dialect))
    if (index < 0) throw new SqlError({ kind: 'unknown-column', column: name, table: table.name, clause: 'field list' })
    return index
  }
  switch (alteration.kind) {
    case 'add-column': {
      const column = columnOf(session, alteration.column)
      if (table.columnIndex(column.name, dialect.foldColumn.bind(dialect)) >= 0) {
        const message =
          dialect.name === 'mysql'
            ? `Duplicate column name '${column.name}'`
            : `column "${column.name}" of relation "${table.name}" already exists`
        throw new SqlError({
          kind: 'worded',
          code: dialect.name === 'mysql' ? 1060 : 2705,
          state: dialect.name === 'mysql' ? '42S21' : '42701',
          severity: 16,
          message,
        })
      }
      table.columns = [...table.columns, column]
      const value = typeof column.default?.value === 'function' ? column.default.value() : (column.default?.value ?? null)
      table.replaceRows(table.rows.map((row) => [...row, value]))
      return
    }
    case 'drop-column': {
      if (alteration.ifExists && table.columnIndex(alteration.name, dialect.foldColumn.bind(dialect)) < 0) return
      const index = place(alteration.name)
      table.columns = table.columns.toSpliced(index, 1)
      table.keys = table.keys.filter((key) => !key.columns.includes(alteration.name))
      table.replaceRows(table.rows.map((row) => row.toSpliced(index, 1)))
      return
    }
    case 'rename-column': {
      const index = place(alteration.from)
      table.columns = table.columns.with(index, { ...(table.columns[index] as Column), name: alteration.to })
      return
    }
    case 'change-column': {
      const index = place(alteration.from)
      table.columns = table.columns.with(index, columnOf(session, alteration.column))
      return
    }
    case 'rename':
      remove()
      table.name = alteration.to.parts.at(-1) as string
      add()
      return
    case 'add-key':
      table.keys = [...table.keys, alteration.key]
      return
    case 'nothing':
      return
  }
}
