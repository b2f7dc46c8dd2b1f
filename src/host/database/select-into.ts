import { toBytes } from '../text.ts'
import { Table } from './catalog.ts'
import { keepVariable } from './compiler.ts'
import { placeOf } from './resolve.ts'
import type { DatabaseSession, ResultColumn, SqlResult } from './session.ts'
import { SqlError } from './sql-error.ts'
import type { SelectTarget } from './syntax.ts'
import { bytesOf, type SqlValue, textOf } from './value.ts'

/** SELECT … INTO: a file, variables, or a new table. */
export function selectInto(
  session: DatabaseSession,
  target: SelectTarget,
  columns: readonly ResultColumn[],
  rows: SqlValue[][],
): SqlResult {
  switch (target.how) {
    case 'variables': {
      const [row] = rows
      if (session.dialect.name === 'oracle' && rows.length !== 1) throw new SqlError({ kind: 'into-rows', rows: rows.length })
      if (rows.length > 1)
        throw new SqlError({ kind: 'worded', code: 1172, state: '42000', message: 'Result consisted of more than one row' })
      for (const [i, name] of (target.variables ?? []).entries())
        if (row) keepVariable(session.variables, name.slice(1).toLowerCase(), row[i] ?? null)
      return { kind: 'done', verb: 'SELECT', affected: rows.length }
    }
    case 'table':
      return intoTable(session, target.name, columns, rows)
    case 'outfile':
    case 'dumpfile':
      return intoFile(session, target, rows)
  }
}

function intoTable(session: DatabaseSession, name: string, columns: readonly ResultColumn[], rows: SqlValue[][]): SqlResult {
  const { catalog } = session
  const place = placeOf(session, { parts: [name] })
  const database = catalog.database(place.database)
  if (!database) throw new SqlError({ kind: 'no-database' })
  if (database.find(place.schema, name, session.dialect.foldTable.bind(session.dialect)))
    throw new SqlError({ kind: 'table-exists', table: name })
  const table = new Table(
    catalog.newId(),
    place.schema,
    name,
    columns.map((column) => ({ name: column.name, type: column.type, isNullable: true, isAutoIncrement: false })),
  )
  catalog.addTable(database, table)
  for (const row of rows) {
    catalog.spend(table, row)
    table.append(row)
  }
  return { kind: 'done', verb: 'SELECT', affected: rows.length }
}

/** MySQL writes new files only, and what it wrote is what an attacker brought. */
function intoFile(session: DatabaseSession, target: SelectTarget, rows: SqlValue[][]): SqlResult {
  const { host, note } = session.setup
  if (target.how === 'dumpfile' && rows.length > 1)
    throw new SqlError({ kind: 'worded', code: 1172, state: '42000', message: 'Result consisted of more than one row' })
  const path = target.name.startsWith('/') ? target.name : `/var/lib/mysql/${target.name}`
  const bytes =
    target.how === 'dumpfile'
      ? Buffer.concat((rows[0] ?? []).map((value) => (value === null ? Buffer.alloc(0) : bytesOf(value))))
      : lines(target, rows)
  if (path.lastIndexOf('/') > 0 && !host.exists(path.slice(0, path.lastIndexOf('/')))) {
    note({ kind: 'write-file', path, bytes, how: target.how, written: false })
    const message = 'The MariaDB server is running with the --secure-file-priv option so it cannot execute this statement'
    throw new SqlError({ kind: 'worded', code: 1290, state: 'HY000', message })
  }
  if (host.exists(path)) {
    note({ kind: 'write-file', path, bytes, how: target.how, written: false })
    throw new SqlError({ kind: 'worded', code: 1086, state: 'HY000', message: `File '${target.name}' already exists` })
  }
  const written = host.writeFile(path, bytes)
  note({ kind: 'write-file', path, bytes, how: target.how, written })
  if (!written) {
    throw new SqlError({
      kind: 'worded',
      code: 1,
      state: 'HY000',
      message: `Can't create/write to file '${target.name}' (Errcode: 13 "Permission denied")`,
    })
  }
  return { kind: 'done', verb: 'SELECT', affected: rows.length }
}

function lines({ fieldsTerminatedBy = '\t', linesTerminatedBy = '\n', linesStartingBy = '' }: SelectTarget, rows: SqlValue[][]): Buffer {
  const ending = toBytes(linesTerminatedBy)
  const parts: Buffer[] = []
  for (const row of rows) {
    const fields = row.map((value) =>
      value === null ? '\\N' : textOf(value).replace(/[\\\t\n\0]/g, (c) => (c === '\0' ? '\\0' : `\\${c}`)),
    )
    parts.push(toBytes(linesStartingBy + fields.join(fieldsTerminatedBy)), ending)
  }
  return Buffer.concat(parts)
}
