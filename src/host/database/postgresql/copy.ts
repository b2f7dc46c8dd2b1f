import { toBytes, toText } from '../../text.ts'
import { castValue } from '../cast.ts'
import { ownStatement } from '../dialect.ts'
import { resolveTable, writableTable } from '../resolve.ts'
import { compileSelect, statementContext } from '../select.ts'
import type { DatabaseSession, SqlResult } from '../session.ts'
import { SqlError } from '../sql-error.ts'
import type { SqlParser } from '../sql-parser.ts'
import type { Select, Statement, TableName } from '../syntax.ts'
import { Decimal, type SqlValue, textOf } from '../value.ts'
import { serverPath } from './server-files.ts'
import { formatType } from './type-name.ts'

interface Copy {
  /** A table, or the rows of a query. */
  table?: TableName
  columns: string[]
  select?: Select
  isFrom: boolean
  target: { how: 'file' | 'program' | 'client'; name: string }
  delimiter: string
  isCsv: boolean
  hasHeader: boolean
}

/** COPY … FROM/TO a file, a program, or the client. */
export function parseCopy(parser: SqlParser): Statement {
  const { reader } = parser
  reader.expect('COPY')
  reader.takes('BINARY')
  const copy: Copy = { columns: [], isFrom: false, target: { how: 'client', name: '' }, delimiter: '', isCsv: false, hasHeader: false }
  if (reader.sees('(')) copy.select = reader.parenthesized(() => parser.select())
  else {
    copy.table = parser.tableName()
    if (reader.sees('(')) copy.columns = reader.parenthesized(() => reader.list(() => parser.anyName()))
  }
  copy.isFrom = reader.takes('FROM')
  if (!copy.isFrom) reader.expect('TO')
  if (reader.takes('PROGRAM')) copy.target = { how: 'program', name: reader.string() }
  else if (reader.token.kind === 'string') copy.target = { how: 'file', name: reader.string() }
  else reader.take()
  readOptions(parser, copy)
  return ownStatement('COPY', (session) => (copy.isFrom ? copyFrom(session, copy) : copyTo(session, copy)))
}

function readOptions({ reader }: SqlParser, copy: Copy): void {
  while (reader.token.kind !== 'end' && !reader.sees(';')) {
    const { upper, kind } = reader.take()
    if (upper === 'CSV' || (kind === 'word' && upper === 'FORMAT' && reader.sees('CSV'))) copy.isCsv = true
    if (upper === 'HEADER') copy.hasHeader = true
    if (upper === 'DELIMITER') {
      reader.takes('AS')
      if (reader.token.kind === 'string') copy.delimiter = reader.string()
    }
  }
  copy.delimiter ||= copy.isCsv ? ',' : '\t'
}

const done = (rows: number): SqlResult => ({ kind: 'done', verb: 'COPY', affected: rows })

function copyFrom(session: DatabaseSession, copy: Copy): SqlResult {
  // Without a place in the text: COPY names its table itself.
  const { table } = resolveTable(session, { parts: copy.table?.parts ?? [], at: 0 })
  const { how, name } = copy.target
  const width = copy.columns.length || table.columns.length
  if (how === 'client') return { kind: 'wants-data', verb: 'COPY', file: '', columns: width, take: (data) => store(session, copy, data) }
  if (how === 'program') {
    const { stdout, exitCode } = session.commandResult(name)
    if (exitCode !== 0) {
      throw new SqlError({
        kind: 'worded',
        code: 0,
        state: '38000',
        message: `program "${name}" failed`,
        detail: `child process exited with exit code ${exitCode}`,
      })
    }
    return store(session, copy, stdout)
  }
  const bytes = session.setup.host.readFile(serverPath(session, name))
  session.setup.note({ kind: 'read-file', path: name, found: bytes !== undefined })
  if (!bytes) {
    throw new SqlError({
      kind: 'worded',
      code: 0,
      state: '58P01',
      message: `could not open file "${name}" for reading: No such file or directory`,
      hint: "COPY FROM instructs the PostgreSQL server process to read a file. You may want a client-side facility such as psql's \\copy.",
    })
  }
  return store(session, copy, bytes)
}

const MOST_LINES = 20_000

function store(session: DatabaseSession, copy: Copy, data: Buffer): SqlResult {
  const { table } = writableTable(session, copy.table as TableName)
  const places = copy.columns.length
    ? copy.columns.map((name) =>
        placeOf(
          table.columns.map((column) => column.name),
          name,
          table.name,
        ),
      )
    : table.columns.map((_, i) => i)
  const lines = toText(data).split(/\r?\n/, MOST_LINES)
  if (lines.at(-1) === '') lines.pop()
  if (lines.at(-1) === '\\.') lines.pop()
  const rows = copy.hasHeader ? lines.slice(1) : lines
  for (const line of rows) {
    session.meter.step()
    const fields = copy.isCsv ? csvFields(line, copy.delimiter) : line.split(copy.delimiter)
    if (fields.length > places.length)
      throw new SqlError({ kind: 'worded', code: 0, state: '22P04', message: 'extra data after last expected column' })
    if (fields.length < places.length)
      throw new SqlError({
        kind: 'worded',
        code: 0,
        state: '22P04',
        message: `missing data for column "${table.columns[places[fields.length] as number]?.name}"`,
      })
    const row = table.columns.map((column, i): SqlValue => {
      const at = places.indexOf(i)
      if (at < 0)
        return column.isAutoIncrement
          ? table.nextId++
          : typeof column.default?.value === 'function'
            ? column.default.value()
            : (column.default?.value ?? null)
      const text = copy.isCsv ? (fields[at] as string) : unescaped(fields[at] as string)
      if (text === null || (copy.isCsv && text === '')) return null
      if (column.type.kind === 'text' && column.type.length !== undefined && text.length > column.type.length)
        throw new SqlError({ kind: 'worded', code: 0, state: '22001', message: `value too long for type ${formatType(column.type)}` })
      const value = castValue(session, text, column.type, '')
      return value instanceof Decimal && column.type.scale === undefined ? value.value : value
    })
    session.catalog.spend(table, row)
    table.append(row)
  }
  return done(rows.length)
}

function placeOf(names: readonly string[], name: string, relation: string): number {
  const place = names.indexOf(name)
  if (place < 0) throw new SqlError({ kind: 'unknown-column', column: name, relation, clause: 'insert list' })
  return place
}

/** A field of the text format; `\N` is NULL. */
function unescaped(field: string): string | null {
  if (field === '\\N') return null
  const letters: Record<string, string> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', v: '\v' }
  return field.replace(/\\(.)/g, (_, c: string) => letters[c] ?? c)
}

function csvFields(line: string, delimiter: string): string[] {
  const fields: string[] = []
  let field = ''
  let isQuoted = false
  for (let i = 0; i < line.length; i++) {
    const c = line[i] as string
    if (c === '"' && isQuoted && line[i + 1] === '"') field += line[i++]
    else if (c === '"') isQuoted = !isQuoted
    else if (c === delimiter && !isQuoted) {
      fields.push(field)
      field = ''
    } else field += c
  }
  return [...fields, field]
}

function copyTo(session: DatabaseSession, copy: Copy): SqlResult {
  const { names, rows } = source(session, copy)
  const lines = [...(copy.hasHeader ? [names] : []), ...rows.map((row) => row.map((value) => fieldOf(value, copy.isCsv)))].map((fields) =>
    toBytes(`${fields.join(copy.delimiter)}\n`),
  )
  const { how, name } = copy.target
  if (how === 'client') return { kind: 'copy-out', verb: 'COPY', columns: names.length, rows: lines }
  const bytes = Buffer.concat(lines)
  if (how === 'program') {
    session.commandResult(name)
    session.setup.note({ kind: 'write-file', path: name, bytes, how: 'copy-to-program', written: true })
    return done(rows.length)
  }
  const path = serverPath(session, name)
  const folder = path.slice(0, path.lastIndexOf('/')) || '/'
  const hasFolder = session.setup.host.exists(folder)
  const written = hasFolder && session.setup.host.writeFile(path, bytes)
  session.setup.note({ kind: 'write-file', path: name, bytes, how: 'copy', written })
  if (!written) {
    const hint =
      "COPY TO instructs the PostgreSQL server process to write a file. You may want a client-side facility such as psql's \\copy."
    throw new SqlError({
      kind: 'worded',
      code: 0,
      state: hasFolder ? '42501' : '58P01',
      message: `could not open file "${name}" for writing: ${hasFolder ? 'Permission denied' : 'No such file or directory'}`,
      hint,
    })
  }
  return done(rows.length)
}

function source(session: DatabaseSession, copy: Copy): { names: string[]; rows: SqlValue[][] } {
  if (copy.select) {
    const compiled = compileSelect(copy.select, statementContext(session, []))
    return { names: compiled.columns.map(({ name }) => name), rows: compiled.run() }
  }
  const { table } = resolveTable(session, copy.table as TableName)
  const places = copy.columns.length
    ? copy.columns.map((name) =>
        placeOf(
          table.columns.map((column) => column.name),
          name,
          table.name,
        ),
      )
    : table.columns.map((_, i) => i)
  return { names: places.map((i) => table.columns[i]?.name ?? ''), rows: table.rows.map((row) => places.map((i) => row[i] ?? null)) }
}

function fieldOf(value: SqlValue, isCsv: boolean): string {
  if (value === null) return isCsv ? '' : '\\N'
  const text = typeof value === 'boolean' ? (value ? 't' : 'f') : Buffer.isBuffer(value) ? `\\x${value.toString('hex')}` : textOf(value)
  if (isCsv) return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  return text.replace(/[\\\n\t\r]/g, (c) => ({ '\\': '\\\\', '\n': '\\n', '\t': '\\t', '\r': '\\r' })[c] as string)
}
