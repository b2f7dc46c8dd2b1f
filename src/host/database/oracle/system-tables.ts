import { createHash } from 'node:crypto'
import type { Column, Database, Table } from '../catalog.ts'
import type { DatabaseSession } from '../session.ts'
import { type SystemRow, systemTable } from '../system-rows.ts'
import { dateTimeText } from '../temporal.ts'
import type { SqlType } from '../value.ts'
import { accounts, isDba } from './account.ts'
import { parametersOf, SESSION_PARAMETERS } from './parameters.ts'
import { oracleTypeName } from './type-name.ts'

const NAME = 'varchar(128)'
const DAY_MS = 86_400_000
export const BANNER = 'Oracle Database 19c Enterprise Edition Release 19.0.0.0.0 - Production'
/** The release update that the banner does not say. */
const FULL_VERSION = '19.3.0.0.0'

interface View {
  columns: readonly string[]
  rows(session: DatabaseSession): SystemRow[]
}

interface OwnedTable {
  owner: string
  table: Table
}

const instanceName = ({ setup }: DatabaseSession): string => String(setup.serverSettings.get('instance') ?? 'ORCL')
const createdAt = ({ setup }: DatabaseSession): number => setup.startedAt - setup.identity.integer('oracle/age', 200, 700) * DAY_MS
const created = (session: DatabaseSession): string => dateTimeText(createdAt(session))

const tablesOf = ({ catalog }: DatabaseSession): OwnedTable[] =>
  catalog.databases.flatMap((database: Database) => database.sorted().map((table) => ({ owner: database.name, table })))
const isOwn =
  ({ setup }: DatabaseSession) =>
  ({ owner }: OwnedTable): boolean =>
    owner === setup.user

const tableRow = ({ owner, table }: OwnedTable): SystemRow => ({
  OWNER: owner,
  TABLE_NAME: table.name,
  TABLESPACE_NAME: owner === 'SYS' || owner === 'SYSTEM' ? 'SYSTEM' : 'USERS',
  STATUS: 'VALID',
  NUM_ROWS: table.rows.length,
  BLOCKS: Math.ceil(table.rows.length / 80) + 4,
  AVG_ROW_LEN: 96,
  TEMPORARY: 'N',
  PARTITIONED: 'NO',
  LAST_ANALYZED: dateTimeText(table.createdAt),
})

const TABLES = ['OWNER', 'TABLE_NAME', 'TABLESPACE_NAME', 'STATUS']
  .map((name) => `${name} varchar(128)`)
  .concat(
    'NUM_ROWS bigint',
    'BLOCKS bigint',
    'AVG_ROW_LEN bigint',
    'TEMPORARY varchar(1)',
    'PARTITIONED varchar(3)',
    'LAST_ANALYZED datetime',
  )

function lengthOf({ kind, length, precision }: SqlType): number {
  if (kind === 'text' || kind === 'binary') return length ?? 4000
  return kind === 'date' || kind === 'datetime' ? 7 : Math.max(22, precision ?? 0)
}

const columnRow = ({ owner, table }: OwnedTable, column: Column, i: number): SystemRow => ({
  OWNER: owner,
  TABLE_NAME: table.name,
  COLUMN_NAME: column.name,
  DATA_TYPE: oracleTypeName(column.type),
  DATA_LENGTH: lengthOf(column.type),
  DATA_PRECISION: column.type.precision ?? null,
  DATA_SCALE: column.type.kind === 'integer' ? 0 : (column.type.scale ?? null),
  NULLABLE: column.isNullable ? 'Y' : 'N',
  COLUMN_ID: i + 1,
  CHAR_LENGTH: column.type.kind === 'text' ? lengthOf(column.type) : 0,
})
const COLUMNS = [
  ...['OWNER', 'TABLE_NAME', 'COLUMN_NAME', 'DATA_TYPE'].map((name) => `${name} varchar(128)`),
  ...['DATA_LENGTH', 'DATA_PRECISION', 'DATA_SCALE'].map((name) => `${name} bigint`),
  'NULLABLE varchar(1)',
  'COLUMN_ID bigint',
  'CHAR_LENGTH bigint',
]
const columnRows = (tables: OwnedTable[]): SystemRow[] =>
  tables.flatMap((one) => one.table.columns.map((column, i) => columnRow(one, column, i)))

const objectRow = ({ owner, table }: OwnedTable): SystemRow => ({
  OWNER: owner,
  OBJECT_NAME: table.name,
  OBJECT_ID: table.id,
  OBJECT_TYPE: 'TABLE',
  CREATED: dateTimeText(table.createdAt),
  LAST_DDL_TIME: dateTimeText(table.createdAt),
  STATUS: 'VALID',
  TEMPORARY: 'N',
})
const OBJECTS = [
  `OWNER ${NAME}`,
  `OBJECT_NAME ${NAME}`,
  'OBJECT_ID bigint',
  'OBJECT_TYPE varchar(23)',
  'CREATED datetime',
  'LAST_DDL_TIME datetime',
  'STATUS varchar(7)',
  'TEMPORARY varchar(1)',
]

const keyRows = (tables: OwnedTable[]): { row: SystemRow; columns: readonly string[] }[] =>
  tables.flatMap(({ owner, table }) =>
    table.keys
      .filter(({ kind }) => kind !== 'index')
      .map((key, i) => ({
        row: {
          OWNER: owner,
          CONSTRAINT_NAME: `${table.name.slice(0, 20)}_${key.kind === 'primary' ? 'PK' : `UK${i}`}`,
          CONSTRAINT_TYPE: key.kind === 'primary' ? 'P' : 'U',
          TABLE_NAME: table.name,
          STATUS: 'ENABLED',
        },
        columns: key.columns,
      })),
  )

/** SPEC of SYS.USER$: `S:` is SHA-1 over password and salt. Nobody's real password is behind it. */
function verifier({ setup }: DatabaseSession, name: string): string {
  const salt = setup.identity.bytes(`oracle/salt/${name}`, 10)
  const hash = createHash('sha1')
    .update(setup.identity.bytes(`oracle/password/${name}`, 12))
    .update(salt)
    .digest('hex')
  return `S:${hash}${salt.toString('hex')}`.toUpperCase()
}

const userRows = (session: DatabaseSession): SystemRow[] =>
  accounts(session).map(({ name, id, isOpen }) => ({
    USERNAME: name,
    NAME: name,
    USER_ID: id,
    'USER#': id,
    'TYPE#': 1,
    PASSWORD: null,
    SPARE4: verifier(session, name),
    ACCOUNT_STATUS: isOpen ? 'OPEN' : 'EXPIRED & LOCKED',
    DEFAULT_TABLESPACE: id < 100 ? 'SYSTEM' : 'USERS',
    TEMPORARY_TABLESPACE: 'TEMP',
    CREATED: created(session),
    PROFILE: 'DEFAULT',
    AUTHENTICATION_TYPE: 'PASSWORD',
    PASSWORD_VERSIONS: '11G 12C',
    COMMON: id < 100 ? 'YES' : 'NO',
    ORACLE_MAINTAINED: id < 100 ? 'Y' : 'N',
  }))
const USERS = [
  `USERNAME ${NAME}`,
  'USER_ID bigint',
  `PASSWORD varchar(4000)`,
  'ACCOUNT_STATUS varchar(32)',
  'DEFAULT_TABLESPACE varchar(30)',
  'TEMPORARY_TABLESPACE varchar(30)',
  'CREATED datetime',
  `PROFILE ${NAME}`,
  'PASSWORD_VERSIONS varchar(17)',
  'AUTHENTICATION_TYPE varchar(8)',
  'COMMON varchar(3)',
  'ORACLE_MAINTAINED varchar(1)',
]

const DBA_PRIVILEGES = [
  'CREATE SESSION',
  'ALTER SYSTEM',
  'CREATE USER',
  'DROP USER',
  'SELECT ANY TABLE',
  'DROP ANY TABLE',
  'CREATE ANY DIRECTORY',
  'CREATE EXTERNAL JOB',
  'CREATE ANY JOB',
  'EXECUTE ANY PROCEDURE',
  'GRANT ANY PRIVILEGE',
  'UNLIMITED TABLESPACE',
]
const USER_PRIVILEGES = ['CREATE SESSION', 'CREATE TABLE', 'CREATE VIEW', 'CREATE PROCEDURE', 'CREATE SEQUENCE', 'CREATE TRIGGER']
const privileges = (session: DatabaseSession): string[] => (isDba(session) ? [...DBA_PRIVILEGES, ...USER_PRIVILEGES] : USER_PRIVILEGES)
const roles = (session: DatabaseSession): string[] =>
  isDba(session) ? ['DBA', 'SELECT_CATALOG_ROLE', 'EXECUTE_CATALOG_ROLE', 'CONNECT', 'RESOURCE'] : ['CONNECT', 'RESOURCE']

/** Views that are `ALL_x`, `DBA_x` and `USER_x`. */
const FAMILIES: Record<string, { columns: readonly string[]; rows(tables: OwnedTable[], session: DatabaseSession): SystemRow[] }> = {
  TABLES: { columns: TABLES, rows: (tables) => tables.map(tableRow) },
  TAB_COLUMNS: { columns: COLUMNS, rows: columnRows },
  TAB_COLS: { columns: COLUMNS, rows: columnRows },
  OBJECTS: { columns: OBJECTS, rows: (tables) => tables.map(objectRow) },
  CONSTRAINTS: {
    columns: [`OWNER ${NAME}`, `CONSTRAINT_NAME ${NAME}`, 'CONSTRAINT_TYPE varchar(1)', `TABLE_NAME ${NAME}`, 'STATUS varchar(8)'],
    rows: (tables) => keyRows(tables).map(({ row }) => row),
  },
  CONS_COLUMNS: {
    columns: [`OWNER ${NAME}`, `CONSTRAINT_NAME ${NAME}`, `TABLE_NAME ${NAME}`, 'COLUMN_NAME varchar(4000)', 'POSITION bigint'],
    rows: (tables) =>
      keyRows(tables).flatMap(({ row, columns }) => columns.map((name, i) => ({ ...row, COLUMN_NAME: name, POSITION: i + 1 }))),
  },
  TAB_COMMENTS: {
    columns: [`OWNER ${NAME}`, `TABLE_NAME ${NAME}`, 'TABLE_TYPE varchar(11)', 'COMMENTS varchar(4000)'],
    rows: (tables) => tables.map(({ owner, table }) => ({ OWNER: owner, TABLE_NAME: table.name, TABLE_TYPE: 'TABLE' })),
  },
  COL_COMMENTS: { columns: [`OWNER ${NAME}`, `TABLE_NAME ${NAME}`, `COLUMN_NAME ${NAME}`, 'COMMENTS varchar(4000)'], rows: columnRows },
  VIEWS: { columns: [`OWNER ${NAME}`, `VIEW_NAME ${NAME}`, 'TEXT_LENGTH bigint', 'TEXT varchar(4000)'], rows: () => [] },
  SYNONYMS: {
    columns: [`OWNER ${NAME}`, `SYNONYM_NAME ${NAME}`, `TABLE_OWNER ${NAME}`, `TABLE_NAME ${NAME}`, `DB_LINK ${NAME}`],
    rows: () => [],
  },
  SEQUENCES: { columns: [`SEQUENCE_OWNER ${NAME}`, `SEQUENCE_NAME ${NAME}`, 'LAST_NUMBER bigint'], rows: () => [] },
  TRIGGERS: {
    columns: [`OWNER ${NAME}`, `TRIGGER_NAME ${NAME}`, 'TRIGGER_TYPE varchar(16)', `TABLE_NAME ${NAME}`, 'STATUS varchar(8)'],
    rows: () => [],
  },
  SOURCE: { columns: [`OWNER ${NAME}`, `NAME ${NAME}`, 'TYPE varchar(12)', 'LINE bigint', 'TEXT varchar(4000)'], rows: () => [] },
  PROCEDURES: { columns: [`OWNER ${NAME}`, `OBJECT_NAME ${NAME}`, `PROCEDURE_NAME ${NAME}`, 'OBJECT_TYPE varchar(13)'], rows: () => [] },
  DB_LINKS: { columns: [`OWNER ${NAME}`, `DB_LINK ${NAME}`, `USERNAME ${NAME}`, 'HOST varchar(2000)', 'CREATED datetime'], rows: () => [] },
  JOBS: { columns: ['JOB bigint', `LOG_USER ${NAME}`, 'WHAT varchar(4000)', 'BROKEN varchar(1)'], rows: () => [] },
  DIRECTORIES: {
    columns: [`OWNER ${NAME}`, `DIRECTORY_NAME ${NAME}`, 'DIRECTORY_PATH varchar(4000)'],
    rows: (_, session) => directories(session),
  },
  SCHEDULER_JOBS: {
    columns: [
      `OWNER ${NAME}`,
      `JOB_NAME ${NAME}`,
      'JOB_TYPE varchar(16)',
      'JOB_ACTION varchar(4000)',
      'ENABLED varchar(5)',
      'STATE varchar(20)',
    ],
    rows: (_, session) => jobs(session),
  },
  SYS_PRIVS: {
    columns: [`USERNAME ${NAME}`, `GRANTEE ${NAME}`, 'PRIVILEGE varchar(40)', 'ADMIN_OPTION varchar(3)'],
    rows: (_, session) =>
      privileges(session).map((one) => ({ USERNAME: session.setup.user, GRANTEE: session.setup.user, PRIVILEGE: one, ADMIN_OPTION: 'NO' })),
  },
  ROLE_PRIVS: {
    columns: [`USERNAME ${NAME}`, `GRANTEE ${NAME}`, `GRANTED_ROLE ${NAME}`, 'ADMIN_OPTION varchar(3)', 'DEFAULT_ROLE varchar(3)'],
    rows: (_, session) =>
      roles(session).map((one) => ({
        USERNAME: session.setup.user,
        GRANTEE: session.setup.user,
        GRANTED_ROLE: one,
        ADMIN_OPTION: 'NO',
        DEFAULT_ROLE: 'YES',
      })),
  },
  TAB_PRIVS: {
    columns: [`GRANTEE ${NAME}`, `OWNER ${NAME}`, `TABLE_NAME ${NAME}`, `GRANTOR ${NAME}`, 'PRIVILEGE varchar(40)'],
    rows: () => [],
  },
}

function directories({ setup }: DatabaseSession): SystemRow[] {
  return [...setup.serverSettings]
    .filter(([key]) => key.startsWith('directory:'))
    .map(([key, path]) => ({ OWNER: 'SYS', DIRECTORY_NAME: key.slice(10), DIRECTORY_PATH: path }))
}

function jobs({ setup }: DatabaseSession): SystemRow[] {
  return [...setup.serverSettings]
    .filter(([key]) => key.startsWith('job:'))
    .map(([key, value]) => {
      const { type, action, isEnabled } = JSON.parse(String(value)) as { type: string; action: string; isEnabled: boolean }
      return {
        OWNER: setup.user,
        JOB_NAME: key.slice(4),
        JOB_TYPE: type,
        JOB_ACTION: action,
        ENABLED: String(isEnabled).toUpperCase(),
        STATE: isEnabled ? 'SUCCEEDED' : 'DISABLED',
      }
    })
}

const PARAMETER_COLUMNS = [
  'NUM bigint',
  'NAME varchar(80)',
  'TYPE bigint',
  'VALUE varchar(4000)',
  'DISPLAY_VALUE varchar(4000)',
  'ISDEFAULT varchar(9)',
  'DESCRIPTION varchar(255)',
]
const parameterRows = (session: DatabaseSession): SystemRow[] =>
  Object.entries(parametersOf(instanceName(session), session.setup.persona)).map(([name, value], i) => ({
    NUM: i + 1,
    NAME: name,
    TYPE: /^\d+$/.test(value) ? 3 : 2,
    VALUE: value,
    DISPLAY_VALUE: value,
    ISDEFAULT: 'FALSE',
  }))
const nlsRows = (): SystemRow[] => Object.entries(SESSION_PARAMETERS).map(([PARAMETER, VALUE]) => ({ PARAMETER, VALUE }))
const NLS = ['PARAMETER varchar(128)', 'VALUE varchar(64)']

/** Views that everybody may read. */
const PUBLIC: Record<string, View> = {
  DUAL: { columns: ['DUMMY varchar(1)'], rows: () => [{ DUMMY: 'X' }] },
  V$VERSION: {
    columns: ['BANNER varchar(80)', 'BANNER_FULL varchar(160)', 'BANNER_LEGACY varchar(80)', 'CON_ID bigint'],
    rows: () => [{ BANNER: BANNER, BANNER_FULL: `${BANNER}\nVersion ${FULL_VERSION}`, BANNER_LEGACY: BANNER, CON_ID: 0 }],
  },
  PRODUCT_COMPONENT_VERSION: {
    columns: ['PRODUCT varchar(80)', 'VERSION varchar(80)', 'VERSION_FULL varchar(80)', 'STATUS varchar(80)'],
    rows: () => [
      { PRODUCT: 'Oracle Database 19c Enterprise Edition ', VERSION: '19.0.0.0.0', VERSION_FULL: FULL_VERSION, STATUS: 'Production' },
    ],
  },
  GLOBAL_NAME: {
    columns: ['GLOBAL_NAME varchar(4000)'],
    rows: (session) => [
      {
        GLOBAL_NAME: `${instanceName(session)}${session.setup.persona.domain === 'localdomain' ? '' : `.${session.setup.persona.domain.toUpperCase()}`}`,
      },
    ],
  },
  ALL_USERS: {
    columns: [`USERNAME ${NAME}`, 'USER_ID bigint', 'CREATED datetime', 'COMMON varchar(3)', 'ORACLE_MAINTAINED varchar(1)'],
    rows: userRows,
  },
  USER_USERS: { columns: USERS, rows: (session) => userRows(session).filter(({ USERNAME }) => USERNAME === session.setup.user) },
  TAB: {
    columns: [`TNAME ${NAME}`, 'TABTYPE varchar(13)', 'CLUSTERID bigint'],
    rows: (session) =>
      tablesOf(session)
        .filter(isOwn(session))
        .map(({ table }) => ({ TNAME: table.name, TABTYPE: 'TABLE' })),
  },
  CAT: {
    columns: [`TABLE_NAME ${NAME}`, 'TABLE_TYPE varchar(11)'],
    rows: (session) =>
      tablesOf(session)
        .filter(isOwn(session))
        .map(({ table }) => ({ TABLE_NAME: table.name, TABLE_TYPE: 'TABLE' })),
  },
  COLS: { columns: COLUMNS, rows: (session) => columnRows(tablesOf(session).filter(isOwn(session))) },
  SESSION_PRIVS: { columns: ['PRIVILEGE varchar(40)'], rows: (session) => privileges(session).map((PRIVILEGE) => ({ PRIVILEGE })) },
  SESSION_ROLES: { columns: [`ROLE ${NAME}`], rows: (session) => roles(session).map((ROLE) => ({ ROLE })) },
  NLS_SESSION_PARAMETERS: { columns: NLS, rows: nlsRows },
  NLS_DATABASE_PARAMETERS: { columns: NLS, rows: nlsRows },
  NLS_INSTANCE_PARAMETERS: { columns: NLS, rows: nlsRows },
  V$NLS_PARAMETERS: { columns: NLS, rows: nlsRows },
  RECYCLEBIN: { columns: [`OBJECT_NAME ${NAME}`, `ORIGINAL_NAME ${NAME}`, 'OPERATION varchar(9)', 'DROPTIME varchar(19)'], rows: () => [] },
  USER_RECYCLEBIN: {
    columns: [`OBJECT_NAME ${NAME}`, `ORIGINAL_NAME ${NAME}`, 'OPERATION varchar(9)', 'DROPTIME varchar(19)'],
    rows: () => [],
  },
  DICTIONARY: {
    columns: [`TABLE_NAME ${NAME}`, 'COMMENTS varchar(4000)'],
    rows: () =>
      [...Object.keys(PUBLIC), ...Object.keys(FAMILIES).map((name) => `ALL_${name}`)].sort().map((TABLE_NAME) => ({ TABLE_NAME })),
  },
}

/** Views that a role is needed for; to others they do not exist. */
const RESTRICTED: Record<string, View> = {
  V$INSTANCE: {
    columns: [
      'INSTANCE_NUMBER bigint',
      'INSTANCE_NAME varchar(16)',
      'HOST_NAME varchar(64)',
      'VERSION varchar(17)',
      'VERSION_FULL varchar(17)',
      'STARTUP_TIME datetime',
      'STATUS varchar(12)',
      'ARCHIVER varchar(7)',
      'LOGINS varchar(10)',
      'DATABASE_STATUS varchar(17)',
      'INSTANCE_ROLE varchar(18)',
      'EDITION varchar(7)',
    ],
    rows: (session) => [
      {
        INSTANCE_NUMBER: 1,
        INSTANCE_NAME: instanceName(session),
        HOST_NAME: session.setup.persona.hostname,
        VERSION: '19.0.0.0.0',
        VERSION_FULL: FULL_VERSION,
        STARTUP_TIME: dateTimeText(session.setup.startedAt),
        STATUS: 'OPEN',
        ARCHIVER: 'STOPPED',
        LOGINS: 'ALLOWED',
        DATABASE_STATUS: 'ACTIVE',
        INSTANCE_ROLE: 'PRIMARY_INSTANCE',
        EDITION: 'EE',
      },
    ],
  },
  V$DATABASE: {
    columns: [
      'DBID bigint',
      'NAME varchar(9)',
      'CREATED datetime',
      'LOG_MODE varchar(12)',
      'OPEN_MODE varchar(20)',
      'DATABASE_ROLE varchar(16)',
      'PLATFORM_NAME varchar(101)',
      'DB_UNIQUE_NAME varchar(30)',
      'CDB varchar(3)',
    ],
    rows: (session) => [
      {
        DBID: session.setup.identity.integer('oracle/dbid-number', 1_400_000_000, 1_700_000_000),
        NAME: instanceName(session).slice(0, 8),
        CREATED: created(session),
        LOG_MODE: 'NOARCHIVELOG',
        OPEN_MODE: 'READ WRITE',
        DATABASE_ROLE: 'PRIMARY',
        PLATFORM_NAME: 'Linux x86 64-bit',
        DB_UNIQUE_NAME: instanceName(session),
        CDB: 'NO',
      },
    ],
  },
  V$SESSION: {
    columns: [
      'SID bigint',
      `USERNAME ${NAME}`,
      'STATUS varchar(8)',
      'OSUSER varchar(128)',
      'MACHINE varchar(64)',
      'PROGRAM varchar(84)',
      'TYPE varchar(10)',
      'LOGON_TIME datetime',
    ],
    rows: (session) => [
      ...['PMON', 'DBW0', 'LGWR', 'SMON'].map((name, i) => ({
        SID: i + 2,
        STATUS: 'ACTIVE',
        OSUSER: 'oracle',
        MACHINE: session.setup.persona.hostname,
        PROGRAM: `oracle@${session.setup.persona.hostname} (${name})`,
        TYPE: 'BACKGROUND',
        LOGON_TIME: dateTimeText(session.setup.startedAt),
      })),
      {
        SID: session.setup.connectionId,
        USERNAME: session.setup.user,
        STATUS: 'ACTIVE',
        OSUSER: String(session.variables.get('@os_user') ?? ''),
        MACHINE: String(session.variables.get('@machine') ?? ''),
        PROGRAM: String(session.variables.get('@program') ?? ''),
        TYPE: 'USER',
        LOGON_TIME: dateTimeText(Date.now()),
      },
    ],
  },
  V$PARAMETER: { columns: PARAMETER_COLUMNS, rows: parameterRows },
  V$SYSTEM_PARAMETER: { columns: PARAMETER_COLUMNS, rows: parameterRows },
  V$PDBS: { columns: ['CON_ID bigint', `NAME ${NAME}`, 'OPEN_MODE varchar(10)'], rows: () => [] },
  V$PWFILE_USERS: {
    columns: [`USERNAME ${NAME}`, 'SYSDBA varchar(5)', 'SYSOPER varchar(5)'],
    rows: () => [{ USERNAME: 'SYS', SYSDBA: 'TRUE', SYSOPER: 'TRUE' }],
  },
  V$DATAFILE: {
    columns: ['FILE# bigint', 'STATUS varchar(7)', 'NAME varchar(513)', 'BYTES bigint'],
    rows: (session) =>
      dataFiles(session).map((one, i) => ({
        'FILE#': i + 1,
        STATUS: i === 0 ? 'SYSTEM' : 'ONLINE',
        NAME: one.FILE_NAME ?? '',
        BYTES: one.BYTES ?? 0,
      })),
  },
  DBA_DATA_FILES: {
    columns: ['FILE_NAME varchar(513)', 'FILE_ID bigint', 'TABLESPACE_NAME varchar(30)', 'BYTES bigint', 'STATUS varchar(9)'],
    rows: dataFiles,
  },
  DBA_TABLESPACES: {
    columns: ['TABLESPACE_NAME varchar(30)', 'BLOCK_SIZE bigint', 'STATUS varchar(9)', 'CONTENTS varchar(21)'],
    rows: () =>
      ['SYSTEM', 'SYSAUX', 'UNDOTBS1', 'TEMP', 'USERS'].map((TABLESPACE_NAME) => ({
        TABLESPACE_NAME,
        BLOCK_SIZE: 8192,
        STATUS: 'ONLINE',
        CONTENTS: TABLESPACE_NAME === 'TEMP' ? 'TEMPORARY' : TABLESPACE_NAME.startsWith('UNDO') ? 'UNDO' : 'PERMANENT',
      })),
  },
  DBA_USERS: { columns: USERS, rows: userRows },
  USER$: { columns: ['USER# bigint', `NAME ${NAME}`, 'TYPE# bigint', 'PASSWORD varchar(4000)', 'SPARE4 varchar(1000)'], rows: userRows },
  DBA_REGISTRY: {
    columns: ['COMP_ID varchar(30)', 'COMP_NAME varchar(255)', 'VERSION varchar(30)', 'STATUS varchar(11)'],
    rows: () =>
      [
        ['CATALOG', 'Oracle Database Catalog Views'],
        ['CATPROC', 'Oracle Database Packages and Types'],
        ['JAVAVM', 'JServer JAVA Virtual Machine'],
        ['XML', 'Oracle XDK'],
        ['XDB', 'Oracle XML Database'],
      ].map(([COMP_ID = '', COMP_NAME = '']) => ({ COMP_ID, COMP_NAME, VERSION: '19.0.0.0.0', STATUS: 'VALID' })),
  },
}

function dataFiles(session: DatabaseSession): SystemRow[] {
  return ['SYSTEM', 'SYSAUX', 'UNDOTBS1', 'USERS'].map((space, i) => ({
    FILE_NAME: `/u01/app/oracle/oradata/${instanceName(session)}/${space.toLowerCase()}01.dbf`,
    FILE_ID: i + 1,
    TABLESPACE_NAME: space,
    BYTES: [964_689_920, 576_716_800, 356_515_840, 5_242_880][i] ?? 0,
    STATUS: 'AVAILABLE',
  }))
}

/** A view of the data dictionary as this session may see it. */
export function oracleSystemTable(session: DatabaseSession, owner: string, name: string): Table | undefined {
  const upper = name.toUpperCase().replace(/^V_\$/, 'V$')
  if (owner !== 'SYS' && owner !== session.database && owner !== 'PUBLIC') return undefined
  const view = Object.hasOwn(PUBLIC, upper)
    ? PUBLIC[upper]
    : Object.hasOwn(RESTRICTED, upper) && isDba(session)
      ? RESTRICTED[upper]
      : undefined
  if (view) return systemTable('', upper, view.columns, view.rows(session))
  const [, reach = '', family = ''] = /^(ALL|DBA|USER|CDB)_(.{1,40})$/.exec(upper) ?? []
  const found = Object.hasOwn(FAMILIES, family) ? FAMILIES[family] : undefined
  if (!found || ((reach === 'DBA' || reach === 'CDB') && !isDba(session))) return undefined
  const tables = tablesOf(session).filter((one) => reach !== 'USER' || isOwn(session)(one))
  return systemTable('', upper, found.columns, found.rows(tables, session))
}
