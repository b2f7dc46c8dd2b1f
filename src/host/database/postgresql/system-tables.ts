import { readFileSync } from 'node:fs'
import type { Column, Table } from '../catalog.ts'
import type { DatabaseSession } from '../session.ts'
import type { KeyDefinition } from '../syntax.ts'
import { type SystemRow, systemTable } from '../system-rows.ts'
import { dateTimeText } from '../temporal.ts'
import { isNumeric, type SqlValue } from '../value.ts'
import { fullVersion, settingRows } from './settings.ts'
import { postgresTypeName, typeLength, typeModifier, typeOid } from './type-name.ts'

/** Relations of `pg_catalog` and `information_schema` with their columns, and pg_type: PostgreSQL 15.18. */
const TABLES = readFacts<Record<'pg_catalog' | 'information_schema', Record<string, readonly string[]>>>('system-tables.json')
const TYPES = readFacts<{ columns: string[]; rows: (string | null)[][] }>('types.json')

function readFacts<T>(file: string): T {
  return JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')) as T
}

const OID = { superuser: 10, catalog: 11, toast: 99, public: 2200, information: 13_364, btree: 403, heap: 2, plpgsql: 13_656 } as const

/** A relation's number; keys and sequences of the table have those after it. */
export function classOid(table: Table): number {
  return table.id < 16_384 ? table.id : 16_384 + (table.id - 16_384) * 8
}

export function schemaOid(name: string): number {
  if (name === 'public') return OID.public
  if (name === 'pg_catalog') return OID.catalog
  if (name === 'information_schema') return OID.information
  return 60_000 + [...name].reduce((sum, c) => (sum * 31 + c.charCodeAt(0)) % 5000, 7)
}

export function postgresSystemTable(session: DatabaseSession, schema: string, name: string): Table | undefined {
  const place = schema === '' ? 'pg_catalog' : schema
  const sequence = sequenceTable(session, schema || 'public', name)
  if (sequence) return sequence
  if (place !== 'pg_catalog' && place !== 'information_schema') return undefined
  const columns = Object.hasOwn(TABLES[place], name) ? TABLES[place][name] : undefined
  if (!columns) return undefined
  const rows = ROWS[place === 'pg_catalog' ? name : `information_schema.${name}`]
  return systemTable(place, name, columns, rows?.(session) ?? [])
}

/** Tables of the database that this connection is in. */
function ownTables({ current }: DatabaseSession): Table[] {
  return current?.sorted() ?? []
}

const ROWS: Record<string, (session: DatabaseSession) => SystemRow[]> = {
  pg_database: databases,
  pg_namespace: namespaces,
  pg_class: classes,
  pg_attribute: attributes,
  pg_attrdef: (session) => ownTables(session).flatMap((table) => defaultsOf(table)),
  pg_index: (session) =>
    ownTables(session).flatMap((table) =>
      keysOf(table).map(({ key, oid }) => ({
        indexrelid: oid,
        indrelid: classOid(table),
        indnatts: key.columns.length,
        indnkeyatts: key.columns.length,
        indisunique: key.kind !== 'index',
        indnullsnotdistinct: false,
        indisprimary: key.kind === 'primary',
        indisexclusion: false,
        indimmediate: true,
        indisclustered: false,
        indisvalid: true,
        indcheckxmin: false,
        indisready: true,
        indislive: true,
        indisreplident: false,
        indkey: key.columns.map((column) => table.columns.findIndex(({ name }) => name === column) + 1).join(' '),
      })),
    ),
  pg_constraint: (session) =>
    ownTables(session).flatMap((table) =>
      keysOf(table)
        .filter(({ key }) => key.kind !== 'index')
        .map(({ key, oid, name }) => ({
          oid: oid + 100_000,
          conname: name,
          connamespace: schemaOid(table.schema),
          contype: key.kind === 'primary' ? 'p' : 'u',
          condeferrable: false,
          condeferred: false,
          convalidated: true,
          conrelid: classOid(table),
          contypid: 0,
          conindid: oid,
          conparentid: 0,
          confrelid: 0,
          conkey: `{${key.columns.map((column) => table.columns.findIndex((one) => one.name === column) + 1).join(',')}}`,
        })),
    ),
  pg_description: () => [{ objoid: OID.public, classoid: 2615, objsubid: 0, description: 'standard public schema' }],
  pg_sequence: (session) =>
    ownTables(session).flatMap((table) => {
      const sequence = sequenceOf(table)
      return sequence
        ? [
            {
              seqrelid: sequence.oid,
              seqtypid: 23,
              seqstart: 1,
              seqincrement: 1,
              seqmax: 2_147_483_647,
              seqmin: 1,
              seqcache: 1,
              seqcycle: false,
            },
          ]
        : []
    }),
  pg_type: types,
  pg_roles: (session) => roles(session).map((role) => ({ ...role, rolpassword: '********' })),
  pg_authid: roles,
  pg_user: (session) =>
    roles(session)
      .filter((role) => role.rolcanlogin === true)
      .map(userRow)
      .map((row) => ({ ...row, passwd: '********' })),
  pg_shadow: (session) =>
    roles(session)
      .filter((role) => role.rolcanlogin === true)
      .map(userRow),
  pg_group: () => [],
  pg_auth_members: () => [],
  pg_settings: settingRows,
  pg_tables: (session) => [
    ...ownTables(session).map((table) => tableRow(table.schema, table.name, keysOf(table).length > 0)),
    ...Object.keys(TABLES.pg_catalog)
      .filter(isBaseTable)
      .map((name) => tableRow('pg_catalog', name, true)),
  ],
  pg_views: () => [],
  pg_indexes: (session) =>
    ownTables(session).flatMap((table) =>
      keysOf(table).map(({ name }) => ({
        schemaname: table.schema,
        tablename: table.name,
        indexname: name,
        tablespace: null,
        indexdef: indexDefinition(session, name),
      })),
    ),
  pg_stat_user_tables: (session) =>
    ownTables(session).map((table) => ({
      relid: classOid(table),
      schemaname: table.schema,
      relname: table.name,
      seq_scan: 41,
      seq_tup_read: table.rows.length * 41,
      n_tup_ins: table.rows.length,
      n_live_tup: table.rows.length,
      n_dead_tup: 0,
    })),
  pg_stat_activity: activity,
  pg_stat_database: (session) =>
    databases(session).map(({ oid, datname }) => ({ datid: oid, datname, numbackends: datname === session.database ? 1 : 0 })),
  pg_am: () => [
    { oid: OID.heap, amname: 'heap', amhandler: 'heap_tableam_handler', amtype: 't' },
    { oid: OID.btree, amname: 'btree', amhandler: 'bthandler', amtype: 'i' },
  ],
  pg_language: () =>
    [
      ['internal', 12, false],
      ['c', 13, false],
      ['sql', 14, true],
      ['plpgsql', OID.plpgsql, true],
    ].map(
      ([lanname, oid, lanpltrusted]) =>
        ({ oid, lanname, lanpltrusted, lanispl: lanname === 'plpgsql', lanowner: OID.superuser }) as SystemRow,
    ),
  pg_extension: () => [
    {
      oid: OID.plpgsql - 5,
      extname: 'plpgsql',
      extowner: OID.superuser,
      extnamespace: OID.catalog,
      extrelocatable: false,
      extversion: '1.0',
    },
  ],
  pg_available_extensions: () =>
    EXTENSIONS.map(([name, version, comment]) => ({
      name,
      default_version: version,
      installed_version: name === 'plpgsql' ? version : null,
      comment,
    })),
  pg_tablespace: () => [
    { oid: 1663, spcname: 'pg_default', spcowner: OID.superuser },
    { oid: 1664, spcname: 'pg_global', spcowner: OID.superuser },
  ],
  pg_collation: () => [
    {
      oid: 100,
      collname: 'default',
      collnamespace: OID.catalog,
      collowner: OID.superuser,
      collprovider: 'd',
      collisdeterministic: true,
      collencoding: -1,
    },
    {
      oid: 950,
      collname: 'C',
      collnamespace: OID.catalog,
      collowner: OID.superuser,
      collprovider: 'c',
      collisdeterministic: true,
      collencoding: -1,
    },
  ],
  pg_proc: ({ setup }) =>
    [...setup.libraries].map(([name, library], i) => ({
      oid: 70_000 + i,
      proname: name,
      pronamespace: OID.public,
      proowner: OID.superuser,
      prolang: 13,
      prokind: 'f',
      prosrc: name,
      probin: library,
    })),
  'information_schema.schemata': (session) =>
    [...schemaNames(session)].map((name) => ({
      catalog_name: session.database,
      schema_name: name,
      schema_owner: name === 'public' ? 'pg_database_owner' : 'postgres',
    })),
  'information_schema.tables': (session) => informationTables(session),
  'information_schema.columns': informationColumns,
  'information_schema.table_constraints': (session) =>
    ownTables(session).flatMap((table) =>
      keysOf(table)
        .filter(({ key }) => key.kind !== 'index')
        .map(({ key, name }) => ({
          constraint_catalog: session.database,
          constraint_schema: table.schema,
          constraint_name: name,
          table_catalog: session.database,
          table_schema: table.schema,
          table_name: table.name,
          constraint_type: key.kind === 'primary' ? 'PRIMARY KEY' : 'UNIQUE',
          is_deferrable: 'NO',
          initially_deferred: 'NO',
          enforced: 'YES',
        })),
    ),
  'information_schema.key_column_usage': (session) =>
    ownTables(session).flatMap((table) =>
      keysOf(table)
        .filter(({ key }) => key.kind !== 'index')
        .flatMap(({ key, name }) =>
          key.columns.map((column, i) => ({
            constraint_catalog: session.database,
            constraint_schema: table.schema,
            constraint_name: name,
            table_catalog: session.database,
            table_schema: table.schema,
            table_name: table.name,
            column_name: column,
            ordinal_position: i + 1,
          })),
        ),
    ),
  'information_schema.enabled_roles': ({ setup }) => [{ role_name: setup.user }],
}

const EXTENSIONS = [
  ['adminpack', '2.1', 'administrative functions for PostgreSQL'],
  ['dblink', '1.2', 'connect to other PostgreSQL databases from within a database'],
  ['pgcrypto', '1.3', 'cryptographic functions'],
  ['pg_stat_statements', '1.10', 'track planning and execution statistics of all SQL statements executed'],
  ['plpgsql', '1.0', 'PL/pgSQL procedural language'],
  ['postgres_fdw', '1.1', 'foreign-data wrapper for remote PostgreSQL servers'],
  ['uuid-ossp', '1.1', 'generate universally unique identifiers (UUIDs)'],
] as const

const isBaseTable = (name: string): boolean =>
  /^pg_(aggregate|am|amop|amproc|attrdef|attribute|authid|auth_members|cast|class|collation|constraint|conversion|database|db_role_setting|default_acl|depend|description|enum|event_trigger|extension|foreign_data_wrapper|foreign_server|foreign_table|index|inherits|init_privs|language|largeobject|largeobject_metadata|namespace|opclass|operator|opfamily|partitioned_table|policy|proc|publication|publication_namespace|publication_rel|range|replication_origin|rewrite|seclabel|sequence|shdepend|shdescription|shseclabel|statistic|statistic_ext|statistic_ext_data|subscription|subscription_rel|tablespace|transform|trigger|ts_config|ts_config_map|ts_dict|ts_parser|ts_template|type|user_mapping)$/.test(
    name,
  )

function tableRow(schemaname: string, tablename: string, hasindexes: boolean): SystemRow {
  return {
    schemaname,
    tablename,
    tableowner: 'postgres',
    tablespace: null,
    hasindexes,
    hasrules: false,
    hastriggers: false,
    rowsecurity: false,
  }
}

function schemaNames({ current }: DatabaseSession): string[] {
  return ['pg_catalog', 'information_schema', 'pg_toast', ...(current?.schemas ?? [])]
}

function namespaces(session: DatabaseSession): SystemRow[] {
  return schemaNames(session).map((nspname) => ({
    oid: nspname === 'pg_toast' ? OID.toast : schemaOid(nspname),
    nspname,
    nspowner: nspname === 'public' ? 6171 : OID.superuser,
    nspacl: nspname === 'public' ? '{pg_database_owner=UC/pg_database_owner,=U/pg_database_owner}' : null,
  }))
}

function databases({ catalog, setup }: DatabaseSession): SystemRow[] {
  const { locale } = setup.persona
  return catalog.databases.map(({ id, name }) => ({
    oid: id,
    datname: name,
    datdba: OID.superuser,
    encoding: 6,
    datlocprovider: 'c',
    datistemplate: name.startsWith('template'),
    datallowconn: name !== 'template0',
    datconnlimit: -1,
    datfrozenxid: 717,
    datminmxid: 1,
    dattablespace: 1663,
    datcollate: locale,
    datctype: locale,
    daticulocale: null,
    datcollversion: null,
    datacl: name.startsWith('template') ? '{=c/postgres,postgres=CTc/postgres}' : null,
  }))
}

export interface NamedKey {
  key: KeyDefinition
  oid: number
  name: string
}

/** Keys of a table as the relations that they are here. */
export function keysOf(table: Table): NamedKey[] {
  return table.keys.map((key, i) => ({ key, oid: classOid(table) + 1 + (i % 6), name: keyName(table, key) }))
}

function keyName(table: Table, { kind, name, columns }: KeyDefinition): string {
  if (kind === 'primary') return `${table.name}_pkey`
  return kind === 'unique' ? `${table.name}_${columns.join('_')}_key` : (name ?? `${table.name}_${columns.join('_')}_idx`)
}

function sequenceOf(table: Table): { oid: number; name: string } | undefined {
  const column = table.columns.find(({ isAutoIncrement }) => isAutoIncrement)
  return column && { oid: classOid(table) + 7, name: `${table.name}_${column.name}_seq` }
}

const SEQUENCE_COLUMNS = ['last_value bigint', 'log_cnt bigint', 'is_called boolean']

/** A sequence read as the table of one row that it is. */
function sequenceTable(session: DatabaseSession, schema: string, name: string): Table | undefined {
  const table = ownTables(session).find((one) => one.schema === schema && sequenceOf(one)?.name === name)
  return (
    table &&
    systemTable(schema, name, SEQUENCE_COLUMNS, [{ last_value: Math.max(1, table.nextId - 1), log_cnt: 0, is_called: table.nextId > 1 }])
  )
}

function classRow(oid: number, relname: string, schema: string, relkind: string, more: SystemRow = {}): SystemRow {
  return {
    oid,
    relname,
    relnamespace: schemaOid(schema),
    reltype: 0,
    reloftype: 0,
    relowner: OID.superuser,
    relam: relkind === 'r' ? OID.heap : relkind === 'i' ? OID.btree : 0,
    relfilenode: oid,
    reltablespace: 0,
    relpages: 1,
    reltuples: 0,
    relallvisible: 0,
    reltoastrelid: 0,
    relhasindex: false,
    relisshared: false,
    relpersistence: 'p',
    relkind,
    relnatts: 0,
    relchecks: 0,
    relhasrules: false,
    relhastriggers: false,
    relhassubclass: false,
    relrowsecurity: false,
    relforcerowsecurity: false,
    relispopulated: true,
    relreplident: 'd',
    relispartition: false,
    relrewrite: 0,
    relfrozenxid: 740,
    relminmxid: 1,
    relacl: null,
    reloptions: null,
    relpartbound: null,
    ...more,
  }
}

function classes(session: DatabaseSession): SystemRow[] {
  const own = ownTables(session).flatMap((table) => {
    const keys = keysOf(table)
    const sequence = sequenceOf(table)
    return [
      classRow(classOid(table), table.name, table.schema, 'r', {
        reltuples: table.rows.length,
        relnatts: table.columns.length,
        relhasindex: keys.length > 0,
        relpages: 1 + Math.floor(table.rows.length / 80),
      }),
      ...keys.map(({ oid, name }) => classRow(oid, name, table.schema, 'i')),
      ...(sequence ? [classRow(sequence.oid, sequence.name, table.schema, 'S')] : []),
    ]
  })
  const system = Object.entries(TABLES).flatMap(([schema, relations]) =>
    Object.keys(relations).map((name, i) =>
      classRow((schema === 'pg_catalog' ? 1200 : 13_400) + i, name, schema, schema === 'pg_catalog' && isBaseTable(name) ? 'r' : 'v'),
    ),
  )
  return [...own, ...system]
}

/** How values of a type are kept: as they are, or compressed and out of line. */
function storageOf(oid: number): string {
  return typeLength(oid) !== -1 ? 'p' : oid === 1700 ? 'm' : 'x'
}

function attributes(session: DatabaseSession): SystemRow[] {
  return ownTables(session).flatMap((table) =>
    table.columns.map((column, i) => {
      const oid = typeOid(column.type)
      return {
        attrelid: classOid(table),
        attname: column.name,
        atttypid: oid,
        attstattarget: -1,
        attlen: typeLength(oid),
        attnum: i + 1,
        attndims: 0,
        attcacheoff: -1,
        atttypmod: typeModifier(column.type),
        attbyval: true,
        attalign: 'i',
        attstorage: storageOf(oid),
        attcompression: '',
        attnotnull: !column.isNullable,
        atthasdef: column.default !== undefined || column.isAutoIncrement,
        atthasmissing: false,
        attidentity: '',
        attgenerated: '',
        attisdropped: false,
        attislocal: true,
        attinhcount: 0,
        attcollation: column.type.kind === 'text' ? 100 : 0,
        attacl: null,
      }
    }),
  )
}

export function defaultText(table: Table, column: Column): string | undefined {
  if (column.isAutoIncrement) return `nextval('${table.name}_${column.name}_seq'::regclass)`
  const text = column.default?.text
  return text?.startsWith("'") ? `${text}::${postgresTypeName(column.type)}` : text === 'current_timestamp()' ? 'CURRENT_TIMESTAMP' : text
}

function defaultsOf(table: Table): SystemRow[] {
  return table.columns.flatMap((column, i) => {
    const text = defaultText(table, column)
    return text === undefined ? [] : [{ oid: classOid(table) + 200_000 + i, adrelid: classOid(table), adnum: i + 1, adbin: text }]
  })
}

/** What pg_get_indexdef() says of an index, by its name or number. */
export function indexDefinition(session: DatabaseSession, wanted: SqlValue): string {
  for (const table of ownTables(session)) {
    const found = keysOf(table).find(({ oid, name }) => oid === Number(wanted) || name === wanted)
    if (found)
      return `CREATE ${found.key.kind === 'index' ? '' : 'UNIQUE '}INDEX ${found.name} ON ${table.schema}.${table.name} USING btree (${found.key.columns.join(', ')})`
  }
  return ''
}

export function constraintDefinition(session: DatabaseSession, oid: number): string {
  for (const table of ownTables(session)) {
    const found = keysOf(table).find((key) => key.oid + 100_000 === oid)
    if (found) return `${found.key.kind === 'primary' ? 'PRIMARY KEY' : 'UNIQUE'} (${found.key.columns.join(', ')})`
  }
  return ''
}

function types(): SystemRow[] {
  const { columns, rows } = TYPES
  const isText = (column: string): boolean => ['typname', 'typtype', 'typcategory'].includes(column)
  const isFlag = (column: string): boolean => ['typbyval', 'typnotnull'].includes(column)
  return rows.map((row) => ({
    ...Object.fromEntries(
      columns.map((column, i) => [column, row[i] === null || isText(column) ? row[i] : isFlag(column) ? row[i] === 't' : Number(row[i])]),
    ),
    typnamespace: OID.catalog,
    typstorage: storageOf(Number(row[0])),
    typowner: OID.superuser,
    typisdefined: true,
    typispreferred: false,
    typdelim: ',',
    typndims: 0,
    typdefault: null,
  }))
}

/** Roles of the server: those it comes with, the application's, and the one that came in. */
export function roles({ setup, catalog }: DatabaseSession): SystemRow[] {
  const { identity, user } = setup
  const applications = catalog.databases
    .filter(({ isSystem, createdAt }) => !isSystem && createdAt < setup.startedAt)
    .map(({ name }) => name)
  const predefined = [
    'pg_database_owner',
    'pg_read_all_data',
    'pg_write_all_data',
    'pg_monitor',
    'pg_read_all_settings',
    'pg_read_all_stats',
    'pg_stat_scan_tables',
    'pg_read_server_files',
    'pg_write_server_files',
    'pg_execute_server_program',
    'pg_signal_backend',
    'pg_checkpoint',
  ]
  const logins = [...new Set(['postgres', ...applications, user])]
  return [
    ...logins.map((name, i) =>
      roleRow(
        name === 'postgres' ? OID.superuser : 16_000 + i,
        name,
        name === 'postgres' || name === user,
        true,
        verifierText(identity.bytes(`postgresql/verifier/${name}`, 80)),
      ),
    ),
    ...predefined.map((name, i) => roleRow(i === 0 ? 6171 : 6180 + i, name, false, false, null)),
  ]
}

function roleRow(oid: number, rolname: string, isSuper: boolean, rolcanlogin: boolean, rolpassword: string | null): SystemRow {
  return {
    oid,
    rolname,
    rolsuper: isSuper,
    rolinherit: true,
    rolcreaterole: isSuper,
    rolcreatedb: isSuper,
    rolcanlogin,
    rolreplication: isSuper,
    rolbypassrls: isSuper,
    rolconnlimit: -1,
    rolpassword,
    rolvaliduntil: null,
    rolconfig: null,
  }
}

/** `SCRAM-SHA-256$4096:salt$stored:server` of nobody's password. */
function verifierText(bytes: Buffer): string {
  const part = (from: number, to: number): string => bytes.subarray(from, to).toString('base64')
  return `SCRAM-SHA-256$4096:${part(0, 16)}$${part(16, 48)}:${part(48, 80)}`
}

function userRow(role: SystemRow): SystemRow {
  return {
    usename: role.rolname,
    usesysid: role.oid,
    usecreatedb: role.rolcreatedb,
    usesuper: role.rolsuper,
    userepl: role.rolreplication,
    usebypassrls: role.rolbypassrls,
    passwd: role.rolpassword,
    valuntil: null,
    useconfig: null,
  }
}

function activity({ setup, database }: DatabaseSession): SystemRow[] {
  const now = dateTimeText(Date.now(), 6)
  return [
    { pid: 611, backend_type: 'autovacuum launcher', backend_start: dateTimeText(setup.startedAt, 6) },
    {
      datname: database,
      pid: setup.connectionId,
      usename: setup.user,
      application_name: '',
      client_addr: setup.clientIp,
      client_port: setup.clientPort,
      backend_start: now,
      xact_start: now,
      query_start: now,
      state_change: now,
      state: 'active',
      query: '',
      backend_type: 'client backend',
    },
  ]
}

function informationTables(session: DatabaseSession): SystemRow[] {
  const row = (schema: string, name: string, type: string): SystemRow => ({
    table_catalog: session.database,
    table_schema: schema,
    table_name: name,
    table_type: type,
    is_insertable_into: type === 'VIEW' ? 'NO' : 'YES',
    is_typed: 'NO',
    commit_action: null,
  })
  const system = Object.entries(TABLES).flatMap(([schema, relations]) =>
    Object.keys(relations).map((name) => row(schema, name, schema === 'pg_catalog' && isBaseTable(name) ? 'BASE TABLE' : 'VIEW')),
  )
  return [...ownTables(session).map((table) => row(table.schema, table.name, 'BASE TABLE')), ...system]
}

function informationColumns(session: DatabaseSession): SystemRow[] {
  const { database, meter } = session
  const system = Object.entries(TABLES).flatMap(([schema, relations]) =>
    Object.entries(relations).map(([name, columns]) => systemTable(schema, name, columns, [])),
  )
  return [...ownTables(session), ...system].flatMap((table) => {
    meter.step(table.columns.length)
    return table.columns.map((column, i) => {
      const { type } = column
      return {
        table_catalog: database,
        table_schema: table.schema,
        table_name: table.name,
        column_name: column.name,
        ordinal_position: i + 1,
        column_default: defaultText(table, column) ?? null,
        is_nullable: column.isNullable ? 'YES' : 'NO',
        data_type: postgresTypeName(type),
        character_maximum_length: type.kind === 'text' ? (type.length ?? null) : null,
        character_octet_length: type.kind === 'text' ? (type.length === undefined ? 1_073_741_824 : type.length * 4) : null,
        numeric_precision:
          type.kind === 'integer'
            ? (type.bits ?? 32)
            : type.kind === 'decimal'
              ? (type.precision ?? null)
              : type.kind === 'double'
                ? 53
                : null,
        numeric_precision_radix: isNumeric(type) ? (type.kind === 'decimal' ? 10 : 2) : null,
        numeric_scale: isNumeric(type) && type.kind !== 'double' ? (type.scale ?? 0) : null,
        datetime_precision: type.kind === 'datetime' ? 6 : type.kind === 'date' ? 0 : null,
        udt_catalog: database,
        udt_schema: 'pg_catalog',
        udt_name: postgresTypeName(type),
        is_self_referencing: 'NO',
        is_identity: 'NO',
        is_generated: 'NEVER',
        is_updatable: 'YES',
        dtd_identifier: String(i + 1),
      }
    })
  })
}

export function versionText(session: DatabaseSession): string {
  return fullVersion(session.setup.version)
}
