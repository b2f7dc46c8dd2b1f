import type { Table } from '../catalog.ts'
import type { DatabaseSession } from '../session.ts'
import { type SystemRow, systemTable } from '../system-rows.ts'
import { dateTimeText } from '../temporal.ts'
import { madeLogins } from './administration.ts'
import { CONFIGURATION, configured, running } from './configuration.ts'
import { dataFolder, passwordHash } from './functions.ts'
import { mssqlTypeName } from './type-name.ts'
import { databaseId, serverName } from './variables.ts'

interface View {
  columns: readonly string[]
  rows(session: DatabaseSession, database: string): SystemRow[]
}

const NAME = 'varchar(128)'
const SYSTEM_TYPES: Record<string, number> = {
  int: 56,
  bigint: 127,
  smallint: 52,
  tinyint: 48,
  bit: 104,
  nvarchar: 231,
  varbinary: 165,
  decimal: 106,
  float: 62,
  datetime: 61,
  date: 40,
  time: 41,
  uniqueidentifier: 36,
}

const tablesOf = ({ catalog }: DatabaseSession, database: string): Table[] => catalog.database(database)?.sorted() ?? []
const plainType = (table: Table, i: number): string => mssqlTypeName(table.columns[i]?.type ?? { kind: 'text' }).replace(/\(.*/, '')

const databases = (session: DatabaseSession): SystemRow[] =>
  session.catalog.databases.map(({ name, isSystem }, i) => ({
    name,
    database_id: i + 1,
    dbid: i + 1,
    sid: Buffer.of(1),
    owner_sid: Buffer.of(1),
    mode: 0,
    status: 65_536,
    crdate: dateTimeText(session.setup.startedAt - 86_400_000 * (isSystem ? 300 : 280)),
    create_date: dateTimeText(session.setup.startedAt - 86_400_000 * (isSystem ? 300 : 280)),
    cmptlevel: 150,
    compatibility_level: 150,
    collation_name: 'SQL_Latin1_General_CP1_CI_AS',
    state: 0,
    state_desc: 'ONLINE',
    user_access_desc: 'MULTI_USER',
    recovery_model_desc: 'SIMPLE',
    is_trustworthy_on: name === 'msdb' ? 1 : 0,
    is_read_only: 0,
    filename: `${dataFolder(session)}${name}.mdf`,
  }))

const objects = (session: DatabaseSession, database: string): SystemRow[] =>
  tablesOf(session, database).map((table) => ({
    name: table.name,
    id: table.id,
    object_id: table.id,
    uid: 1,
    schema_id: 1,
    parent_object_id: 0,
    xtype: 'U',
    type: 'U',
    type_desc: 'USER_TABLE',
    crdate: dateTimeText(table.createdAt),
    create_date: dateTimeText(table.createdAt),
    modify_date: dateTimeText(table.createdAt),
    is_ms_shipped: 0,
  }))

const columns = (session: DatabaseSession, database: string): SystemRow[] =>
  tablesOf(session, database).flatMap((table) =>
    table.columns.map((column, i) => ({
      name: column.name,
      id: table.id,
      object_id: table.id,
      colid: i + 1,
      column_id: i + 1,
      xtype: SYSTEM_TYPES[plainType(table, i)] ?? 231,
      system_type_id: SYSTEM_TYPES[plainType(table, i)] ?? 231,
      user_type_id: SYSTEM_TYPES[plainType(table, i)] ?? 231,
      length: column.type.length ?? 8,
      max_length: column.type.length ?? 8,
      precision: column.type.precision ?? 0,
      scale: column.type.scale ?? 0,
      isnullable: column.isNullable ? 1 : 0,
      is_nullable: column.isNullable ? 1 : 0,
      is_identity: column.isAutoIncrement ? 1 : 0,
    })),
  )

/** `sa`, the service's own logins, and those that this source has made. */
const logins = (session: DatabaseSession): SystemRow[] => {
  const { identity, startedAt } = session.setup
  const born = dateTimeText(startedAt - 86_400_000 * 300)
  const own = ['sa', '##MS_PolicyEventProcessingLogin##', '##MS_PolicyTsqlExecutionLogin##']
  return [...own, ...madeLogins(session)].map((name, i) => {
    const salt = identity.bytes(`mssql/login/${name}`, 4)
    const hash = passwordHash(identity.hex(`mssql/password/${name}`, 8), salt)
    return {
      name,
      loginname: name,
      principal_id: i === 0 ? 1 : 255 + i,
      sid: i === 0 ? Buffer.of(1) : identity.bytes(`mssql/sid/${name}`, 16),
      type: 'S',
      type_desc: 'SQL_LOGIN',
      is_disabled: name.startsWith('##') ? 1 : 0,
      dbname: 'master',
      default_database_name: 'master',
      language: 'us_english',
      password: hash,
      password_hash: hash,
      hasaccess: 1,
      isntname: 0,
      sysadmin: name.startsWith('##') ? 0 : 1,
      create_date: born,
      createdate: born,
      modify_date: born,
      is_policy_checked: 1,
    }
  })
}

const sessions = (session: DatabaseSession): SystemRow[] => {
  const { setup, variables } = session
  const text = (name: string): string => String(variables.get(name) ?? '')
  return [
    {
      session_id: setup.connectionId,
      spid: setup.connectionId,
      login_name: setup.user,
      loginame: setup.user,
      host_name: text('@host_name'),
      hostname: text('@host_name'),
      program_name: text('@app_name'),
      status: 'running',
      is_user_process: 1,
      database_id: databaseId(session, session.database) ?? 1,
      dbid: databaseId(session, session.database) ?? 1,
      cmd: 'SELECT',
      client_net_address: setup.clientIp,
      local_tcp_port: setup.port,
      encrypt_option: 'TRUE',
      auth_scheme: 'SQL',
      net_transport: 'TCP',
    },
  ]
}

const DATABASE_COLUMNS = [
  `name ${NAME} not null`,
  'database_id int',
  'owner_sid varbinary',
  'create_date datetime',
  'compatibility_level tinyint',
  `collation_name ${NAME}`,
  'state tinyint',
  `state_desc varchar(60)`,
  'user_access_desc varchar(60)',
  'recovery_model_desc varchar(60)',
  'is_trustworthy_on bit',
  'is_read_only bit',
]
const OBJECT_COLUMNS = [
  `name ${NAME} not null`,
  'object_id int',
  'schema_id int',
  'parent_object_id int',
  'type char(2)',
  'type_desc varchar(60)',
  'create_date datetime',
  'modify_date datetime',
  'is_ms_shipped bit',
]
const OLD_OBJECTS = [`name ${NAME} not null`, 'id int', 'xtype char(2)', 'uid smallint', 'crdate datetime', 'type char(2)', 'status int']
const LOGIN_COLUMNS = [
  `name ${NAME} not null`,
  'principal_id int',
  'sid varbinary(85)',
  'type char(1)',
  'type_desc varchar(60)',
  'is_disabled bit',
  'create_date datetime',
  'modify_date datetime',
  `default_database_name ${NAME}`,
]
const OLD_LOGINS = [
  'sid varbinary(85)',
  'status smallint',
  'createdate datetime',
  `name ${NAME}`,
  `dbname ${NAME}`,
  'password varbinary(256)',
  `language ${NAME}`,
  'hasaccess int',
  'isntname int',
  'sysadmin int',
  `loginname ${NAME}`,
]
const SESSION_COLUMNS = [
  'session_id smallint',
  `login_name ${NAME}`,
  `host_name ${NAME}`,
  `program_name ${NAME}`,
  'status varchar(30)',
  'is_user_process bit',
  'database_id smallint',
]

const SYS: Record<string, View> = {
  databases: { columns: DATABASE_COLUMNS, rows: databases },
  sysdatabases: {
    columns: [
      `name ${NAME} not null`,
      'dbid smallint',
      'sid varbinary(85)',
      'mode smallint',
      'status int',
      'crdate datetime',
      'cmptlevel tinyint',
      'filename varchar(260)',
    ],
    rows: databases,
  },
  tables: { columns: OBJECT_COLUMNS, rows: objects },
  objects: { columns: OBJECT_COLUMNS, rows: objects },
  all_objects: { columns: OBJECT_COLUMNS, rows: objects },
  sysobjects: { columns: OLD_OBJECTS, rows: objects },
  columns: {
    columns: [
      'object_id int',
      `name ${NAME}`,
      'column_id int',
      'system_type_id tinyint',
      'user_type_id int',
      'max_length smallint',
      'precision tinyint',
      'scale tinyint',
      'is_nullable bit',
      'is_identity bit',
    ],
    rows: columns,
  },
  all_columns: { columns: ['object_id int', `name ${NAME}`, 'column_id int', 'system_type_id tinyint'], rows: columns },
  syscolumns: {
    columns: [`name ${NAME}`, 'id int', 'xtype tinyint', 'length smallint', 'colid smallint', 'isnullable int'],
    rows: columns,
  },
  schemas: {
    columns: [`name ${NAME} not null`, 'schema_id int', 'principal_id int'],
    rows: () => ['dbo', 'guest', 'INFORMATION_SCHEMA', 'sys'].map((name, i) => ({ name, schema_id: i + 1, principal_id: i + 1 })),
  },
  types: {
    columns: [`name ${NAME} not null`, 'system_type_id tinyint', 'user_type_id int', 'schema_id int'],
    rows: () => Object.entries(SYSTEM_TYPES).map(([name, id]) => ({ name, system_type_id: id, user_type_id: id, schema_id: 4 })),
  },
  systypes: {
    columns: [`name ${NAME} not null`, 'xtype tinyint', 'xusertype smallint'],
    rows: () => Object.entries(SYSTEM_TYPES).map(([name, id]) => ({ name, xtype: id, xusertype: id })),
  },
  indexes: {
    columns: ['object_id int', `name ${NAME}`, 'index_id int', 'type tinyint', 'is_primary_key bit'],
    rows: (session, database) =>
      tablesOf(session, database).map((table) => ({
        object_id: table.id,
        name: `PK_${table.name}`,
        index_id: 1,
        type: 1,
        is_primary_key: 1,
      })),
  },
  partitions: {
    columns: ['object_id int', 'index_id int', 'rows bigint'],
    rows: (session, database) =>
      tablesOf(session, database).map((table) => ({ object_id: table.id, index_id: 1, rows: table.rows.length })),
  },
  sysindexes: {
    columns: ['id int', 'indid smallint', 'rows int'],
    rows: (session, database) => tablesOf(session, database).map((table) => ({ id: table.id, indid: 1, rows: table.rows.length })),
  },
  server_principals: { columns: LOGIN_COLUMNS, rows: logins },
  sql_logins: { columns: [...LOGIN_COLUMNS, 'is_policy_checked bit', 'password_hash varbinary(256)'], rows: logins },
  syslogins: { columns: OLD_LOGINS, rows: logins },
  sysxlogins: { columns: OLD_LOGINS, rows: logins },
  database_principals: {
    columns: [`name ${NAME} not null`, 'principal_id int', 'type char(1)', 'type_desc varchar(60)'],
    rows: () =>
      ['public', 'dbo', 'guest'].map((name, i) => ({
        name,
        principal_id: i,
        type: i ? 'S' : 'R',
        type_desc: i ? 'SQL_USER' : 'DATABASE_ROLE',
      })),
  },
  sysusers: { columns: ['uid smallint', `name ${NAME}`], rows: () => ['public', 'dbo', 'guest'].map((name, uid) => ({ uid, name })) },
  configurations: {
    columns: [
      'configuration_id int',
      'name varchar(35)',
      'value int',
      'minimum int',
      'maximum int',
      'value_in_use int',
      'description varchar(255)',
      'is_dynamic bit',
      'is_advanced bit',
    ],
    rows: (session) =>
      CONFIGURATION.map((option) => ({
        configuration_id: option.id,
        name: option.name,
        value: configured(session, option),
        minimum: option.minimum,
        maximum: option.maximum,
        value_in_use: running(session, option),
        description: option.description,
        is_dynamic: 1,
        is_advanced: option.isAdvanced ? 1 : 0,
      })),
  },
  servers: {
    columns: ['server_id int', `name ${NAME}`, `product ${NAME}`, 'is_linked bit'],
    rows: (session) => [{ server_id: 0, name: serverName(session), product: 'SQL Server', is_linked: 0 }],
  },
  sysservers: {
    columns: ['srvid smallint', `srvname ${NAME}`, `srvproduct ${NAME}`],
    rows: (session) => [{ srvid: 0, srvname: serverName(session), srvproduct: 'SQL Server' }],
  },
  assemblies: {
    columns: [`name ${NAME}`, 'assembly_id int', 'permission_set_desc varchar(60)'],
    rows: ({ setup }) =>
      [...new Set(['Microsoft.SqlServer.Types', ...setup.libraries.values()])].map((name, i) => ({
        name,
        assembly_id: i + 1,
        permission_set_desc: i ? 'UNSAFE_ACCESS' : 'UNSAFE_ACCESS',
      })),
  },
  procedures: {
    columns: OBJECT_COLUMNS,
    rows: ({ setup }) =>
      [...setup.libraries.keys()].map((name, i) => ({
        name,
        object_id: 2_000_000 + i,
        schema_id: 1,
        type: 'PC',
        type_desc: 'CLR_STORED_PROCEDURE',
      })),
  },
  dm_exec_sessions: { columns: SESSION_COLUMNS, rows: sessions },
  dm_exec_connections: {
    columns: [
      'session_id int',
      'net_transport varchar(40)',
      'encrypt_option varchar(40)',
      'auth_scheme varchar(40)',
      'client_net_address varchar(48)',
      'local_tcp_port int',
    ],
    rows: sessions,
  },
  dm_exec_requests: { columns: ['session_id smallint', 'status varchar(30)', 'database_id smallint'], rows: sessions },
  sysprocesses: {
    columns: [
      'spid smallint',
      'dbid smallint',
      'status char(30)',
      'hostname char(128)',
      'program_name char(128)',
      'cmd char(26)',
      'loginame char(128)',
    ],
    rows: sessions,
  },
  dm_os_host_info: {
    columns: ['host_platform varchar(256)', 'host_distribution varchar(256)', 'host_release varchar(256)'],
    rows: (session) => [
      {
        host_platform: dataFolder(session).startsWith('C:') ? 'Windows' : 'Linux',
        host_distribution: `${session.setup.persona.os.name}`,
        host_release: session.setup.persona.os.version,
      },
    ],
  },
  dm_os_sys_info: {
    columns: ['cpu_count int', 'physical_memory_kb bigint', 'sqlserver_start_time datetime'],
    rows: ({ setup }) => [
      {
        cpu_count: setup.persona.hardware.cpu.cores,
        physical_memory_kb: setup.persona.hardware.memoryMiB * 1024,
        sqlserver_start_time: dateTimeText(setup.startedAt),
      },
    ],
  },
  master_files: {
    columns: [
      'database_id int',
      'file_id int',
      'type tinyint',
      'type_desc varchar(60)',
      `name ${NAME}`,
      'physical_name varchar(260)',
      'size int',
    ],
    rows: (session) =>
      session.catalog.databases.map(({ name }, i) => ({
        database_id: i + 1,
        file_id: 1,
        type: 0,
        type_desc: 'ROWS',
        name,
        physical_name: `${dataFolder(session)}${name}.mdf`,
        size: 1024,
      })),
  },
}

const INFORMATION: Record<string, View> = {
  tables: {
    columns: ['TABLE_CATALOG varchar(128)', 'TABLE_SCHEMA varchar(128)', 'TABLE_NAME varchar(128)', 'TABLE_TYPE varchar(10)'],
    rows: (session, database) =>
      tablesOf(session, database).map((table) => ({
        TABLE_CATALOG: database,
        TABLE_SCHEMA: 'dbo',
        TABLE_NAME: table.name,
        TABLE_TYPE: 'BASE TABLE',
      })),
  },
  columns: {
    columns: [
      'TABLE_CATALOG varchar(128)',
      'TABLE_SCHEMA varchar(128)',
      'TABLE_NAME varchar(128)',
      'COLUMN_NAME varchar(128)',
      'ORDINAL_POSITION int',
      'IS_NULLABLE varchar(3)',
      'DATA_TYPE varchar(128)',
      'CHARACTER_MAXIMUM_LENGTH int',
    ],
    rows: (session, database) =>
      tablesOf(session, database).flatMap((table) =>
        table.columns.map((column, i) => ({
          TABLE_CATALOG: database,
          TABLE_SCHEMA: 'dbo',
          TABLE_NAME: table.name,
          COLUMN_NAME: column.name,
          ORDINAL_POSITION: i + 1,
          IS_NULLABLE: column.isNullable ? 'YES' : 'NO',
          DATA_TYPE: plainType(table, i),
          CHARACTER_MAXIMUM_LENGTH: column.type.kind === 'text' ? (column.type.length ?? -1) : null,
        })),
      ),
  },
  schemata: {
    columns: ['CATALOG_NAME varchar(128)', 'SCHEMA_NAME varchar(128)', 'SCHEMA_OWNER varchar(128)'],
    rows: (_, database) =>
      ['dbo', 'guest', 'INFORMATION_SCHEMA', 'sys'].map((name) => ({ CATALOG_NAME: database, SCHEMA_NAME: name, SCHEMA_OWNER: name })),
  },
  routines: { columns: ['SPECIFIC_CATALOG varchar(128)', 'ROUTINE_NAME varchar(128)', 'ROUTINE_TYPE varchar(20)'], rows: () => [] },
  views: { columns: ['TABLE_CATALOG varchar(128)', 'TABLE_NAME varchar(128)'], rows: () => [] },
}

/** Names that are found without `sys.` before them: those of SQL Server 2000. */
const isOld = (name: string): boolean => name.startsWith('sys')

/** A view of the server about itself. */
export function mssqlSystemTable(session: DatabaseSession, database: string, schema: string, name: string): Table | undefined {
  const [place, lower] = [schema.toLowerCase(), name.toLowerCase()]
  const views = place === 'information_schema' ? INFORMATION : place === 'sys' || isOld(lower) ? SYS : undefined
  const view = views && Object.hasOwn(views, lower) ? views[lower] : undefined
  if (!view) return undefined
  const holder = session.catalog.database(database)?.name
  return holder === undefined ? undefined : systemTable(place || 'sys', lower, view.columns, view.rows(session, holder))
}
