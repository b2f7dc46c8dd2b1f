import { toText } from '../../text.ts'
import { castValue } from '../cast.ts'
import { ownStatement } from '../dialect.ts'
import { writableTable } from '../resolve.ts'
import type { DatabaseSession, SqlResult } from '../session.ts'
import { SqlError } from '../sql-error.ts'
import type { SqlParser } from '../sql-parser.ts'
import type { Statement, TableName } from '../syntax.ts'
import type { SqlValue } from '../value.ts'

interface LoadData {
  isLocal: boolean
  file: string
  table: TableName
  fieldsBy: string
  linesBy: string
  skipped: number
}

/** LOAD DATA [LOCAL] INFILE. With LOCAL the client is asked for its file, without it the server's is read. */
export function parseLoadData(parser: SqlParser): Statement {
  const { reader } = parser
  reader.expect('LOAD')
  if (!reader.takes('DATA')) reader.expect('XML')
  while (reader.seesOne('LOW_PRIORITY', 'CONCURRENT')) reader.take()
  const isLocal = reader.takes('LOCAL')
  reader.expect('INFILE')
  const file = reader.string()
  while (reader.seesOne('REPLACE', 'IGNORE')) reader.take()
  reader.expect('INTO', 'TABLE')
  const table = parser.tableName()
  const load: LoadData = { isLocal, file, table, fieldsBy: '\t', linesBy: '\n', skipped: 0 }
  while (reader.token.kind !== 'end' && !reader.sees(';')) {
    const { upper } = reader.take()
    if (upper === 'TERMINATED') {
      const isLines =
        reader.tokens.slice(0, reader.position).findLast((token) => ['LINES', 'FIELDS', 'COLUMNS'].includes(token.upper))?.upper === 'LINES'
      reader.takes('BY')
      const by = reader.string()
      if (isLines) load.linesBy = by
      else load.fieldsBy = by
    } else if (upper === 'IGNORE' && reader.token.kind === 'number') load.skipped = Number(reader.take().text)
  }
  return ownStatement('LOAD DATA', (session) => run(session, load))
}

function run(session: DatabaseSession, load: LoadData): SqlResult {
  const { table } = writableTable(session, load.table)
  if (load.isLocal) {
    return {
      kind: 'wants-data',
      verb: 'LOAD DATA',
      file: load.file,
      columns: table.columns.length,
      take: (data) => store(session, load, data),
    }
  }
  const data = session.setup.host.readFile(load.file)
  session.setup.note({ kind: 'read-file', path: load.file, found: data !== undefined })
  if (!data) {
    throw new SqlError({
      kind: 'worded',
      code: 13,
      state: 'HY000',
      message: `Can't get stat of '${load.file}' (Errcode: 2 "No such file or directory")`,
    })
  }
  return store(session, load, data)
}

const MOST_LINES = 20_000

function store(session: DatabaseSession, { table: reference, fieldsBy, linesBy, skipped }: LoadData, data: Buffer): SqlResult {
  const { table } = writableTable(session, reference)
  const text = toText(data.subarray(0, 4 * 1024 * 1024))
  const lines = text.split(linesBy || '\n', MOST_LINES)
  if (lines.at(-1) === '') lines.pop()
  for (const line of lines.slice(skipped)) {
    const fields = fieldsBy ? line.split(fieldsBy, table.columns.length) : [line]
    const row = table.columns.map((column, i): SqlValue => {
      const field = fields[i]
      if (field === undefined || field === '\\N') return column.isAutoIncrement ? table.nextId++ : column.isNullable ? null : ''
      const kept = column.type.kind === 'text' && column.type.length !== undefined ? field.slice(0, column.type.length) : field
      return castValue(session, kept, column.type, '')
    })
    session.catalog.spend(table, row)
    table.append(row)
  }
  const records = Math.max(0, lines.length - skipped)
  return { kind: 'done', verb: 'LOAD DATA', affected: records, info: `Records: ${records}  Deleted: 0  Skipped: 0  Warnings: 0` }
}
