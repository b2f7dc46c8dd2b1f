import { readFileSync } from 'node:fs'
import type { Column, Table } from '../catalog.ts'
import type { DatabaseSession } from '../session.ts'
import { type SystemRow, systemColumn, systemTable } from '../system-rows.ts'
import { dateTimeText } from '../temporal.ts'
import { isNumeric, type SqlValue } from '../value.ts'
import { nativePassword } from './functions.ts'
import { mysqlTypeName } from './type-name.ts'
import { serverStatus, serverVariables } from './variables.ts'

type Columns = Record<string, Record<string, readonly string[]>>

/** Tables of `information_schema` and `mysql` with their columns, and rows that are the same everywhere: MariaDB 10.11.19. */
const TABLES = readFacts<Columns>('system-tables.json')
const FIXED = readFacts<Record<string, readonly (readonly SqlValue[])[]>>('fixed-rows.json')

function readFacts<T>(file: string): T {
  return JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')) as T
}

export const SYSTEM_DATABASES = ['information_schema', 'mysql', 'performance_schema', 'sys']

/** A table of the server about itself, or undefined. `information_schema` is found in any case. */
export function mysqlSystemTable(session: DatabaseSession, database: string, name: string): Table | undefined {
  const isInformation = database.toLowerCase() === 'information_schema'
  const tables = TABLES[isInformation ? 'information_schema' : database]
  if (!tables) return undefined
  const found = isInformation
    ? Object.keys(tables).find((known) => known.toLowerCase() === name.toLowerCase())
    : Object.hasOwn(tables, name)
      ? name
      : undefined
  if (found === undefined) return undefined
  const columns = tables[found] as readonly string[]
  return systemTable('', found, columns, rowsOf(session, isInformation ? found : `mysql.${found}`, columns))
}

function rowsOf(session: DatabaseSession, name: string, columns: readonly string[]): SystemRow[] {
  const fixed = FIXED[name]
  if (fixed) return fixed.map((row) => Object.fromEntries(columns.map((column, i) => [systemColumn(column).name, row[i]])))
  return ROWS[name]?.(session) ?? []
}

const ROWS: Record<string, (session: DatabaseSession) => SystemRow[]> = {
  SCHEMATA: schemata,
  TABLES: tables,
  COLUMNS: columns,
  STATISTICS: statistics,
  KEY_COLUMN_USAGE: (session) =>
    keys(session).map(({ table, key, column, position, schema }) => ({
      CONSTRAINT_CATALOG: 'def',
      CONSTRAINT_SCHEMA: schema,
      CONSTRAINT_NAME: key,
      TABLE_CATALOG: 'def',
      TABLE_SCHEMA: schema,
      TABLE_NAME: table,
      COLUMN_NAME: column,
      ORDINAL_POSITION: position,
    })),
  TABLE_CONSTRAINTS: (session) =>
    keys(session)
      .filter(({ position }) => position === 1)
      .map(({ table, key, schema }) => ({
        CONSTRAINT_CATALOG: 'def',
        CONSTRAINT_SCHEMA: schema,
        CONSTRAINT_NAME: key,
        TABLE_SCHEMA: schema,
        TABLE_NAME: table,
        CONSTRAINT_TYPE: key === 'PRIMARY' ? 'PRIMARY KEY' : 'UNIQUE',
      })),
  PROCESSLIST: processList,
  USER_PRIVILEGES: userPrivileges,
  GLOBAL_VARIABLES: variableRows,
  SESSION_VARIABLES: variableRows,
  GLOBAL_STATUS: statusRows,
  SESSION_STATUS: statusRows,
  'mysql.user': users,
  'mysql.global_priv': (session) => users(session).map(({ Host, User }) => ({ Host, User, Priv: '{"access":1073741823}' })),
  'mysql.func': ({ setup }) => [...setup.libraries].map(([name, library]) => ({ name, ret: 0, dl: library, type: 'function' })),
  'mysql.db': () => [],
}

function schemata(session: DatabaseSession): SystemRow[] {
  return databaseNames(session).map((name) => {
    const set = name === 'information_schema' || name === 'performance_schema' || name === 'sys' ? 'utf8mb3' : 'utf8mb4'
    return {
      CATALOG_NAME: 'def',
      SCHEMA_NAME: name,
      DEFAULT_CHARACTER_SET_NAME: set,
      DEFAULT_COLLATION_NAME: `${set}_general_ci`,
      SCHEMA_COMMENT: '',
    }
  })
}

/** All databases, those of the server among them, in order. */
export function databaseNames({ catalog }: DatabaseSession): string[] {
  return [...new Set([...SYSTEM_DATABASES, ...catalog.databases.map(({ name }) => name)])].sort()
}

interface Listed {
  schema: string
  table: Table
  isSystem: boolean
}

/** Tables of all databases. */
function allTables(session: DatabaseSession): Listed[] {
  const own = session.catalog.databases.flatMap((database) =>
    database.sorted().map((table) => ({ schema: database.name, table, isSystem: false })),
  )
  const system = Object.entries(TABLES).flatMap(([schema, names]) =>
    Object.entries(names).map(([name, list]) => ({ schema, table: systemTable('', name, list, []), isSystem: true })),
  )
  return [...system, ...own]
}

function tables(session: DatabaseSession): SystemRow[] {
  return allTables(session).map(({ schema, table, isSystem }) => {
    const isView = schema === 'information_schema'
    const bytes = Math.max(16_384, Math.ceil((table.rows.length * 120) / 16_384) * 16_384)
    return {
      TABLE_CATALOG: 'def',
      TABLE_SCHEMA: schema,
      TABLE_NAME: table.name,
      TABLE_TYPE: isView ? 'SYSTEM VIEW' : 'BASE TABLE',
      ENGINE: isView ? 'MEMORY' : isSystem ? 'Aria' : 'InnoDB',
      VERSION: isView ? 11 : 10,
      ROW_FORMAT: isView ? 'Fixed' : isSystem ? 'Page' : 'Dynamic',
      TABLE_ROWS: isView ? null : table.rows.length,
      AVG_ROW_LENGTH: table.rows.length ? Math.floor(bytes / table.rows.length) : 0,
      DATA_LENGTH: isView ? 0 : bytes,
      MAX_DATA_LENGTH: 0,
      INDEX_LENGTH: 0,
      DATA_FREE: 0,
      AUTO_INCREMENT: table.columns.some((column) => column.isAutoIncrement) ? table.nextId : null,
      CREATE_TIME: dateTimeText(isSystem ? session.setup.startedAt : table.createdAt),
      UPDATE_TIME: null,
      CHECK_TIME: null,
      TABLE_COLLATION: isView ? 'utf8mb3_general_ci' : 'utf8mb4_general_ci',
      CHECKSUM: null,
      CREATE_OPTIONS: '',
      TABLE_COMMENT: '',
      MAX_INDEX_LENGTH: 0,
      TEMPORARY: 'N',
    }
  })
}

function columns(session: DatabaseSession): SystemRow[] {
  return allTables(session).flatMap(({ schema, table }) => {
    session.meter.step(table.columns.length)
    return table.columns.map((column, i) => ({
      TABLE_CATALOG: 'def',
      TABLE_SCHEMA: schema,
      TABLE_NAME: table.name,
      ORDINAL_POSITION: i + 1,
      ...columnFacts(column, table),
    }))
  })
}

/** PRI, UNI or MUL. */
export function keyOf(column: Column, table: Table): string {
  const wanted = column.name.toLowerCase()
  const kinds = table.keys
    .filter(
      (key) => key.columns[0]?.toLowerCase() === wanted || (key.kind === 'primary' && key.columns.some((c) => c.toLowerCase() === wanted)),
    )
    .map((key) => key.kind)
  return kinds.includes('primary') ? 'PRI' : kinds.includes('unique') ? 'UNI' : kinds.includes('index') ? 'MUL' : ''
}

function columnFacts(column: Column, table: Table): SystemRow {
  const { type } = column
  const declared = mysqlTypeName(type)
  const isText = type.kind === 'text'
  const length = isText ? (type.length ?? 65_535) : null
  return {
    COLUMN_NAME: column.name,
    COLUMN_DEFAULT: column.default?.text ?? (column.isNullable ? 'NULL' : null),
    IS_NULLABLE: column.isNullable ? 'YES' : 'NO',
    DATA_TYPE: declared.replace(/[( ].*$/, ''),
    CHARACTER_MAXIMUM_LENGTH: length,
    CHARACTER_OCTET_LENGTH: length === null ? null : type.length === undefined ? length : length * 4,
    NUMERIC_PRECISION:
      type.kind === 'integer'
        ? ({ 8: 3, 16: 5, 32: 10, 64: 19 }[type.bits ?? 32] as number)
        : type.kind === 'decimal'
          ? (type.precision ?? 10)
          : null,
    NUMERIC_SCALE: isNumeric(type) && type.kind !== 'double' ? (type.scale ?? 0) : null,
    DATETIME_PRECISION: type.kind === 'datetime' ? 0 : null,
    CHARACTER_SET_NAME: isText ? 'utf8mb4' : null,
    COLLATION_NAME: isText ? 'utf8mb4_general_ci' : null,
    COLUMN_TYPE: declared,
    COLUMN_KEY: keyOf(column, table),
    EXTRA: column.isAutoIncrement ? 'auto_increment' : '',
    PRIVILEGES: 'select,insert,update,references',
    COLUMN_COMMENT: column.comment ?? '',
    IS_GENERATED: 'NEVER',
  }
}

function keys(session: DatabaseSession): { schema: string; table: string; key: string; column: string; position: number }[] {
  return session.catalog.databases.flatMap((database) =>
    database.sorted().flatMap((table) =>
      table.keys
        .filter(({ kind }) => kind !== 'index')
        .flatMap((key) =>
          key.columns.map((column, i) => ({
            schema: database.name,
            table: table.name,
            key: key.kind === 'primary' ? 'PRIMARY' : (key.name ?? column),
            column,
            position: i + 1,
          })),
        ),
    ),
  )
}

function statistics(session: DatabaseSession): SystemRow[] {
  return session.catalog.databases.flatMap((database) =>
    database.sorted().flatMap((table) =>
      table.keys.flatMap((key) =>
        key.columns.map((column, i) => ({
          TABLE_CATALOG: 'def',
          TABLE_SCHEMA: database.name,
          TABLE_NAME: table.name,
          NON_UNIQUE: key.kind === 'index' ? 1 : 0,
          INDEX_SCHEMA: database.name,
          INDEX_NAME: key.kind === 'primary' ? 'PRIMARY' : (key.name ?? column),
          SEQ_IN_INDEX: i + 1,
          COLUMN_NAME: column,
          COLLATION: 'A',
          CARDINALITY: table.rows.length,
          INDEX_TYPE: 'BTREE',
          IGNORED: 'NO',
        })),
      ),
    ),
  )
}

function processList({ setup, database }: DatabaseSession): SystemRow[] {
  return [
    {
      ID: setup.connectionId,
      USER: setup.user,
      HOST: `${setup.clientIp}:${setup.clientPort}`,
      DB: database || null,
      COMMAND: 'Query',
      TIME: 0,
      STATE: 'Filling schema table',
      INFO: null,
      TIME_MS: 0,
      STAGE: 0,
      MAX_STAGE: 0,
      PROGRESS: 0,
      MEMORY_USED: 98_304,
      MAX_MEMORY_USED: 114_688,
      EXAMINED_ROWS: 0,
      QUERY_ID: setup.connectionId * 9,
      INFO_BINARY: null,
      TID: 1000 + setup.connectionId,
    },
  ]
}

/** Accounts of the server: root, the portal's own, and the one that came in. */
export function accounts({ setup, catalog }: DatabaseSession): { host: string; user: string; hash: string; all: boolean }[] {
  const { identity } = setup
  const applications = catalog.databases
    .filter(({ isSystem, createdAt }) => !isSystem && createdAt < setup.startedAt)
    .map(({ name }) => name)
  const known = [
    { host: 'localhost', user: 'mariadb.sys', hash: '', all: false },
    { host: 'localhost', user: 'root', hash: 'invalid', all: true },
    { host: 'localhost', user: 'mysql', hash: 'invalid', all: true },
    ...applications.map((name) => ({
      host: 'localhost',
      user: name,
      hash: nativePassword(identity.bytes(`mysql/password/${name}`, 12)),
      all: false,
    })),
    { host: '%', user: setup.user, hash: nativePassword(identity.bytes(`mysql/password/%/${setup.user}`, 12)), all: true },
  ]
  return known.filter((account, i) => known.findIndex(({ host, user }) => host === account.host && user === account.user) === i)
}

function users(session: DatabaseSession): SystemRow[] {
  const privileges = (TABLES.mysql?.user ?? []).map((column) => systemColumn(column).name).filter((name) => name.endsWith('_priv'))
  return accounts(session).map(({ host, user, hash, all }) => ({
    Host: host,
    User: user,
    Password: hash,
    ...Object.fromEntries(privileges.map((name) => [name, all ? 'Y' : 'N'])),
    plugin: 'mysql_native_password',
    authentication_string: hash,
    password_expired: 'N',
    is_role: 'N',
    default_role: '',
    max_statement_time: 0,
  }))
}

const PRIVILEGES = [
  'SELECT',
  'INSERT',
  'UPDATE',
  'DELETE',
  'CREATE',
  'DROP',
  'RELOAD',
  'SHUTDOWN',
  'PROCESS',
  'FILE',
  'REFERENCES',
  'INDEX',
  'ALTER',
  'SHOW DATABASES',
  'SUPER',
  'CREATE TEMPORARY TABLES',
  'LOCK TABLES',
  'EXECUTE',
  'REPLICATION SLAVE',
  'BINLOG MONITOR',
  'CREATE VIEW',
  'SHOW VIEW',
  'CREATE ROUTINE',
  'ALTER ROUTINE',
  'CREATE USER',
  'EVENT',
  'TRIGGER',
  'CREATE TABLESPACE',
  'DELETE HISTORY',
]

function userPrivileges(session: DatabaseSession): SystemRow[] {
  return accounts(session).flatMap(({ host, user, all }) =>
    (all ? PRIVILEGES : ['USAGE']).map((name) => ({
      GRANTEE: `'${user}'@'${host}'`,
      TABLE_CATALOG: 'def',
      PRIVILEGE_TYPE: name,
      IS_GRANTABLE: all ? 'YES' : 'NO',
    })),
  )
}

function variableRows(session: DatabaseSession): SystemRow[] {
  return [...serverVariables(session)].map(([name, value]) => ({ VARIABLE_NAME: name.toUpperCase(), VARIABLE_VALUE: value }))
}

function statusRows(session: DatabaseSession): SystemRow[] {
  return [...serverStatus(session)].map(([name, value]) => ({ VARIABLE_NAME: name.toUpperCase(), VARIABLE_VALUE: value }))
}
