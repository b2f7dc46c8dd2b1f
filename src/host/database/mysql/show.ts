import type { Table } from '../catalog.ts'
import { Compiler } from '../compiler.ts'
import { ownStatement } from '../dialect.ts'
import { like } from '../operators.ts'
import { placeOf, resolveTable } from '../resolve.ts'
import { Scope } from '../scope.ts'
import { statementContext } from '../select.ts'
import type { DatabaseSession, SqlResult } from '../session.ts'
import { SqlError } from '../sql-error.ts'
import type { SqlParser } from '../sql-parser.ts'
import type { Expression, Statement, TableName } from '../syntax.ts'
import { dateTimeText } from '../temporal.ts'
import { type SqlValue, TEXT, textOf, typeOf } from '../value.ts'
import { createTableText } from './create-table-text.ts'
import { accounts, databaseNames, keyOf, mysqlSystemTable, SYSTEM_DATABASES } from './system-tables.ts'
import { mysqlTypeName } from './type-name.ts'
import { serverStatus, serverVariables } from './variables.ts'

/** LIKE or WHERE behind SHOW. */
interface Filter {
  like?: string
  where?: Expression
}

type Rows = SqlValue[][]

/** SHOW …, the words after it being next. */
export function parseShow(parser: SqlParser): Statement {
  const { reader } = parser
  reader.expect('SHOW')
  const isFull = reader.takes('FULL')
  if (reader.seesOne('GLOBAL', 'SESSION', 'LOCAL')) reader.take()
  const word = reader.take().upper
  switch (word) {
    case 'DATABASES':
    case 'SCHEMAS': {
      const filter = filterOf(parser)
      return show((session) =>
        listing(
          session,
          [filter.like === undefined ? 'Database' : `Database (${filter.like})`],
          databaseNames(session).map((name) => [name]),
          filter,
        ),
      )
    }
    case 'TABLES':
      return showTables(parser, isFull)
    case 'TABLE':
      reader.expect('STATUS')
      return showTableStatus(parser)
    case 'COLUMNS':
    case 'FIELDS':
      return showColumns(parser, isFull)
    case 'INDEX':
    case 'INDEXES':
    case 'KEYS':
      return showIndex(parser)
    case 'CREATE':
      return showCreate(parser)
    case 'VARIABLES': {
      const filter = filterOf(parser)
      return show((session) => listing(session, ['Variable_name', 'Value'], [...serverVariables(session)], filter))
    }
    case 'STATUS': {
      const filter = filterOf(parser)
      return show((session) => listing(session, ['Variable_name', 'Value'], [...serverStatus(session)], filter))
    }
    case 'PROCESSLIST':
      return show(({ setup, database }) =>
        rowsResult(
          ['Id', 'User', 'Host', 'db', 'Command', 'Time', 'State', 'Info', 'Progress'],
          [
            [
              setup.connectionId,
              setup.user,
              `${setup.clientIp}:${setup.clientPort}`,
              database || null,
              'Query',
              0,
              'starting',
              'show processlist',
              '0.000',
            ],
          ],
        ),
      )
    case 'GRANTS':
      reader.skipStatement()
      return show((session) => grants(session))
    case 'WARNINGS':
    case 'ERRORS':
      reader.skipStatement()
      return show(() => rowsResult(['Level', 'Code', 'Message'], []))
    case 'ENGINES':
      return fixedTable('ENGINES', ['Engine', 'Support', 'Comment', 'Transactions', 'XA', 'Savepoints'])
    case 'PLUGINS':
      return show((session) =>
        projected(
          session,
          'PLUGINS',
          { PLUGIN_NAME: 'Name', PLUGIN_STATUS: 'Status', PLUGIN_TYPE: 'Type', PLUGIN_LIBRARY: 'Library', PLUGIN_LICENSE: 'License' },
          {},
        ),
      )
    case 'CHARACTER':
    case 'CHARSET': {
      reader.takes('SET')
      const filter = filterOf(parser)
      return show((session) =>
        projected(
          session,
          'CHARACTER_SETS',
          { CHARACTER_SET_NAME: 'Charset', DESCRIPTION: 'Description', DEFAULT_COLLATE_NAME: 'Default collation', MAXLEN: 'Maxlen' },
          filter,
        ),
      )
    }
    case 'COLLATION': {
      const filter = filterOf(parser)
      return show((session) =>
        projected(
          session,
          'COLLATIONS',
          {
            COLLATION_NAME: 'Collation',
            CHARACTER_SET_NAME: 'Charset',
            ID: 'Id',
            IS_DEFAULT: 'Default',
            IS_COMPILED: 'Compiled',
            SORTLEN: 'Sortlen',
          },
          filter,
        ),
      )
    }
    case 'TRIGGERS':
      reader.skipStatement()
      return empty([
        'Trigger',
        'Event',
        'Table',
        'Statement',
        'Timing',
        'Created',
        'sql_mode',
        'Definer',
        'character_set_client',
        'collation_connection',
        'Database Collation',
      ])
    case 'EVENTS':
      reader.skipStatement()
      return empty([
        'Db',
        'Name',
        'Definer',
        'Time zone',
        'Type',
        'Execute at',
        'Interval value',
        'Interval field',
        'Starts',
        'Ends',
        'Status',
        'Originator',
        'character_set_client',
        'collation_connection',
        'Database Collation',
      ])
    case 'FUNCTION':
    case 'PROCEDURE':
    case 'PACKAGE':
      reader.skipStatement()
      return empty([
        'Db',
        'Name',
        'Type',
        'Definer',
        'Modified',
        'Created',
        'Security_type',
        'Comment',
        'character_set_client',
        'collation_connection',
        'Database Collation',
      ])
    case 'MASTER':
    case 'BINLOG':
      reader.skipStatement()
      return empty(['File', 'Position', 'Binlog_Do_DB', 'Binlog_Ignore_DB'])
    case 'SLAVE':
    case 'REPLICA':
    case 'ALL':
      reader.skipStatement()
      return empty(['Slave_IO_State', 'Master_Host', 'Master_User', 'Master_Port'])
    case 'BINARY':
      reader.skipStatement()
      return show(() => {
        throw new SqlError({ kind: 'worded', code: 1381, state: 'HY000', message: 'You are not using binary logging' })
      })
    case 'OPEN':
      reader.skipStatement()
      return empty(['Database', 'Table', 'In_use', 'Name_locked'])
    case 'PRIVILEGES':
    case 'PROFILES':
    case 'PROFILE':
    case 'ENGINE':
      reader.skipStatement()
      return empty(word === 'ENGINE' ? ['Type', 'Name', 'Status'] : ['Query_ID', 'Duration', 'Query'])
    default:
      throw reader.error(reader.tokens[reader.position - 1])
  }
}

function show(run: (session: DatabaseSession) => SqlResult): Statement {
  return ownStatement('SHOW', run)
}

function empty(columns: string[]): Statement {
  return show(() => rowsResult(columns, []))
}

export function rowsResult(names: readonly string[], rows: Rows): SqlResult {
  const columns = names.map((name, i) => ({ name, type: rows[0] ? typeOf(rows[0][i] ?? null) : TEXT }))
  return {
    kind: 'rows',
    verb: 'SHOW',
    columns: columns.map((column) => (column.type.kind === 'text' || column.type.kind === 'null' ? { ...column, type: TEXT } : column)),
    rows,
  }
}

function filterOf(parser: SqlParser): Filter {
  if (parser.reader.takes('LIKE')) return { like: parser.reader.string() }
  return parser.reader.takes('WHERE') ? { where: parser.expression() } : {}
}

function listing(session: DatabaseSession, names: string[], rows: Rows, filter: Filter): SqlResult {
  return rowsResult(names, filtered(session, names, rows, filter))
}

function filtered(session: DatabaseSession, names: readonly string[], rows: Rows, filter: Filter): Rows {
  session.meter.step(rows.length)
  const { like: pattern, where } = filter
  if (pattern !== undefined)
    return rows.filter(([first]) => first !== null && first !== undefined && like(textOf(first), pattern, '\\', true, false))
  if (!where) return rows
  const scope = new Scope(names.map((name) => ({ table: '', schema: '', name: name.replace(/ \(.*/, ''), type: TEXT })))
  const test = new Compiler(statementContext(session, []), scope, 'where clause').condition(where)
  return rows.filter((row) => test({ row }))
}

function projected(session: DatabaseSession, table: string, names: Record<string, string>, filter: Filter): SqlResult {
  const source = mysqlSystemTable(session, 'information_schema', table) as Table
  const places = Object.keys(names).map((name) => source.columnIndex(name, (n) => n.toLowerCase()))
  return listing(
    session,
    Object.values(names),
    source.rows.map((row) => places.map((place) => row[place] ?? null)),
    filter,
  )
}

function fixedTable(table: string, names: string[]): Statement {
  return show((session) =>
    rowsResult(
      names,
      (mysqlSystemTable(session, 'information_schema', table) as Table).rows.map((row) => [...row]),
    ),
  )
}

function fromDatabase(parser: SqlParser): string | undefined {
  const { reader } = parser
  return reader.takes('FROM') || reader.takes('IN') ? parser.anyName() : undefined
}

/** A database that was named or is in use. @throws SqlError */
function databaseOf(session: DatabaseSession, named: string | undefined): string {
  const name = named ?? session.database
  if (!name) throw new SqlError({ kind: 'no-database' })
  if (!session.catalog.database(name) && !SYSTEM_DATABASES.includes(name.toLowerCase()))
    throw new SqlError({ kind: 'unknown-database', database: name })
  return name
}

function tablesOf(session: DatabaseSession, database: string): { name: string; type: string }[] {
  const own =
    session.catalog
      .database(database)
      ?.sorted()
      .map(({ name }) => ({ name, type: 'BASE TABLE' })) ?? []
  const isInformation = database.toLowerCase() === 'information_schema'
  const listed = mysqlSystemTable(session, 'information_schema', 'TABLES') as Table
  const system = listed.rows.filter(
    (row) => String(row[1]).toLowerCase() === database.toLowerCase() && !own.some(({ name }) => name === row[2]),
  )
  return [...own, ...system.map((row) => ({ name: String(row[2]), type: isInformation ? 'SYSTEM VIEW' : 'BASE TABLE' }))].sort((a, b) =>
    a.name < b.name ? -1 : 1,
  )
}

function showTables(parser: SqlParser, isFull: boolean): Statement {
  const named = fromDatabase(parser)
  const filter = filterOf(parser)
  return show((session) => {
    const database = databaseOf(session, named)
    const title = `Tables_in_${database}${filter.like === undefined ? '' : ` (${filter.like})`}`
    const tables = tablesOf(session, database)
    return isFull
      ? listing(
          session,
          [title, 'Table_type'],
          tables.map(({ name, type }) => [name, type]),
          filter,
        )
      : listing(
          session,
          [title],
          tables.map(({ name }) => [name]),
          filter,
        )
  })
}

const STATUS_COLUMNS = [
  'Name',
  'Engine',
  'Version',
  'Row_format',
  'Rows',
  'Avg_row_length',
  'Data_length',
  'Max_data_length',
  'Index_length',
  'Data_free',
  'Auto_increment',
  'Create_time',
  'Update_time',
  'Check_time',
  'Collation',
  'Checksum',
  'Create_options',
  'Comment',
  'Max_index_length',
  'Temporary',
]

function showTableStatus(parser: SqlParser): Statement {
  const named = fromDatabase(parser)
  const filter = filterOf(parser)
  return show((session) => {
    const database = databaseOf(session, named)
    const rows = (session.catalog.database(database)?.sorted() ?? []).map((table): SqlValue[] => {
      const bytes = Math.max(16_384, Math.ceil((table.rows.length * 120) / 16_384) * 16_384)
      const auto = table.columns.some((column) => column.isAutoIncrement) ? table.nextId : null
      return [
        table.name,
        'InnoDB',
        10,
        'Dynamic',
        table.rows.length,
        table.rows.length ? Math.floor(bytes / table.rows.length) : 0,
        bytes,
        0,
        0,
        0,
        auto,
        dateTimeText(table.createdAt),
        null,
        null,
        'utf8mb4_general_ci',
        null,
        '',
        '',
        0,
        'N',
      ]
    })
    return listing(session, STATUS_COLUMNS, rows, filter)
  })
}

/** SHOW COLUMNS FROM t [FROM db], DESCRIBE t. */
function showColumns(parser: SqlParser, isFull: boolean): Statement {
  const { reader } = parser
  if (!reader.takes('FROM')) reader.expect('IN')
  const table = parser.tableName()
  const database = fromDatabase(parser)
  return describeTable(
    database === undefined ? table : { ...table, parts: [database, table.parts.at(-1) as string] },
    filterOf(parser),
    isFull,
  )
}

export function describeTable(reference: TableName, filter: Filter, isFull: boolean): Statement {
  const names = isFull
    ? ['Field', 'Type', 'Collation', 'Null', 'Key', 'Default', 'Extra', 'Privileges', 'Comment']
    : ['Field', 'Type', 'Null', 'Key', 'Default', 'Extra']
  return show((session) => {
    const { table } = resolveTable(session, reference)
    const rows = table.columns.map((column): SqlValue[] => {
      const facts: Record<string, SqlValue> = {
        Field: column.name,
        Type: mysqlTypeName(column.type),
        Collation: column.type.kind === 'text' ? 'utf8mb4_general_ci' : null,
        Null: column.isNullable ? 'YES' : 'NO',
        Key: keyOf(column, table),
        Default: column.default?.text.replace(/^'(.*)'$/, '$1') ?? null,
        Extra: column.isAutoIncrement ? 'auto_increment' : '',
        Privileges: 'select,insert,update,references',
        Comment: column.comment ?? '',
      }
      return names.map((name) => facts[name] as SqlValue)
    })
    return listing(session, names, rows, filter)
  })
}

function showIndex(parser: SqlParser): Statement {
  const { reader } = parser
  if (!reader.takes('FROM')) reader.expect('IN')
  const named = parser.tableName()
  const database = fromDatabase(parser)
  const filter = filterOf(parser)
  const reference = database === undefined ? named : { ...named, parts: [database, named.parts.at(-1) as string] }
  const names = [
    'Table',
    'Non_unique',
    'Key_name',
    'Seq_in_index',
    'Column_name',
    'Collation',
    'Cardinality',
    'Sub_part',
    'Packed',
    'Null',
    'Index_type',
    'Comment',
    'Index_comment',
    'Ignored',
  ]
  return show((session) => {
    const { table } = resolveTable(session, reference)
    const rows = table.keys.flatMap((key) =>
      key.columns.map((column, i): SqlValue[] => [
        table.name,
        key.kind === 'index' ? 1 : 0,
        key.kind === 'primary' ? 'PRIMARY' : (key.name ?? column),
        i + 1,
        column,
        'A',
        table.rows.length,
        null,
        null,
        '',
        'BTREE',
        '',
        '',
        'NO',
      ]),
    )
    return listing(session, names, rows, filter)
  })
}

function showCreate(parser: SqlParser): Statement {
  const { reader } = parser
  if (reader.takes('DATABASE') || reader.takes('SCHEMA')) {
    reader.takes('IF', 'NOT', 'EXISTS')
    const name = parser.anyName()
    return show((session) => {
      databaseOf(session, name)
      return rowsResult(
        ['Database', 'Create Database'],
        [
          [
            name,
            `CREATE DATABASE ${reader.sql.includes('IF NOT EXISTS') ? '/*!32312 IF NOT EXISTS*/ ' : ''}\`${name}\` /*!40100 DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci */`,
          ],
        ],
      )
    })
  }
  if (reader.takes('USER')) {
    reader.skipStatement()
    return show((session) => grants(session))
  }
  reader.expect('TABLE')
  const reference = parser.tableName()
  return show((session) => {
    const { table } = resolveTable(session, reference)
    return rowsResult(['Table', 'Create Table'], [[placeOf(session, reference).name, createTableText(table)]])
  })
}

function grants(session: DatabaseSession): SqlResult {
  const { user } = session.setup
  const account = accounts(session).find((one) => one.host === '%' && one.user === user)
  return rowsResult(
    [`Grants for ${user}@%`],
    [[`GRANT ALL PRIVILEGES ON *.* TO \`${user}\`@\`%\` IDENTIFIED BY PASSWORD '${account?.hash ?? ''}' WITH GRANT OPTION`]],
  )
}
