import { keepVariable } from '../compiler.ts'
import type { Sequence } from '../dialect.ts'
import { done } from '../dialect.ts'
import type { DatabaseSession, SqlResult } from '../session.ts'
import { SqlError } from '../sql-error.ts'
import { BIGINT, INTEGER, numberOf, type SqlType, type SqlValue, textOf, typeOf, varchar } from '../value.ts'
import { keepLogin } from './administration.ts'
import { CONFIGURATION, configure, configured, isOn, optionsNamed, running } from './configuration.ts'
import { dataFolder } from './functions.ts'
import { OLE_PROCEDURES } from './ole-automation.ts'
import {
  Arguments,
  commandLines,
  keepOutput,
  mustBeOn,
  type Procedure,
  type ProcedureArgument,
  raise,
  rows,
  say,
  statementsOf,
} from './procedure.ts'
import { buildOf, databaseId, serverName } from './variables.ts'

/** Job steps a source may have. */
const MOST_JOBS = 50

/** Calls a procedure of the system, or one of the attacker's own. @throws SqlError 2812 for others */
export function runProcedure(
  session: DatabaseSession,
  name: string,
  given: readonly ProcedureArgument[],
  database?: string,
): SqlResult | Sequence {
  const lower = name.toLowerCase()
  if (database && !['sys', 'dbo', ''].includes(database.toLowerCase()) && !session.catalog.database(database)) {
    throw new SqlError({ kind: 'unknown-database', database })
  }
  const procedure = Object.hasOwn(PROCEDURES, lower) ? PROCEDURES[lower] : undefined
  if (procedure) return procedure(session, new Arguments(given))
  const library = session.setup.libraries.get(lower)
  if (library) return clrProcedure(session, new Arguments(given))
  throw new SqlError({
    kind: 'worded',
    code: 2812,
    state: '62',
    severity: 16,
    message: `Could not find stored procedure '${name.slice(0, 256)}'.`,
  })
}

/** Attackers' assemblies run commands; what they are given is taken for one. */
function clrProcedure(session: DatabaseSession, args: Arguments): SqlResult {
  if (!isOn(session, 'clr enabled')) {
    return raise(6263, 16, 'Execution of user code in the .NET Framework is disabled. Enable "clr enabled" configuration option.')
  }
  const texts = args.all.map(({ value }) => (value === null ? '' : textOf(value))).filter((text) => text !== '')
  const command = texts.join(' ')
  return command ? outputRows(commandLines(session, command)) : done('EXEC', -1)
}

/** Each line is a row, and NULL is the last. */
function outputRows(lines: readonly string[]): SqlResult {
  return rows([['output', varchar(255)]], [...lines.map((line): SqlValue[] => [line === '' ? null : line.slice(0, 255)]), [null]])
}

const cmdshell: Procedure = (session, args) => {
  mustBeOn(session, 'xp_cmdshell', 'xp_cmdshell')
  const command = args.text(0, 'command_string')
  if (!command) return raise(214, 16, "Procedure expects parameter 'command_string' of type 'varchar'.")
  const lines = commandLines(session, command)
  return args.text(1).toLowerCase() === 'no_output' ? done('EXEC', -1) : outputRows(lines)
}

const configureServer: Procedure = (session, args) => {
  const name = args.text(0, 'configname')
  const isAdvancedShown = isOn(session, 'show advanced options')
  const found = name ? optionsNamed(name) : CONFIGURATION.filter((option) => isAdvancedShown || !option.isAdvanced)
  const [option] = found
  if (!option || (name && option.isAdvanced && !isAdvancedShown)) {
    return raise(15_123, 16, `The configuration option '${name}' does not exist, or it may be an advanced option.`)
  }
  const value = args.at(1, 'configvalue')?.value
  if (value === undefined || value === null) {
    const columns = ['minimum', 'maximum', 'config_value', 'run_value'].map((column): [string, SqlType] => [column, INTEGER])
    const shown = found.map((one): SqlValue[] => [one.name, one.minimum, one.maximum, configured(session, one), running(session, one)])
    return rows([['name', varchar(35)], ...columns], shown)
  }
  const number = Math.trunc(numberOf(value))
  if (Number.isNaN(number) || number < option.minimum || number > option.maximum) {
    return raise(15_129, 16, `'${number}' is not a valid value for configuration option '${option.name}'.`)
  }
  const before = configured(session, option)
  configure(session, option, number)
  session.setup.note({ kind: 'setting', name: option.name, value: String(number) })
  return say(
    session,
    15_457,
    `Configuration option '${option.name}' changed from ${before} to ${number}. Run the RECONFIGURE statement to install.`,
  )
}

const executeSql: Procedure = (session, args) => {
  for (const { name, value } of args.all.slice(2)) if (name) keepVariable(session.variables, name, value)
  return statementsOf(session, args.text(0, 'stmt'))
}

const account =
  (what: string, nameAt: number, passwordAt?: number): Procedure =>
  (session, args) => {
    const name = args.text(nameAt)
    const password = passwordAt === undefined ? '' : args.text(passwordAt)
    const statement = `EXEC ${what} ${args.all.map(({ value }) => (value === null ? 'NULL' : `'${textOf(value)}'`)).join(', ')}`
    session.setup.note({ kind: 'privilege', what: statement, name, ...(password && { password }) })
    if (what === 'sp_addlogin') keepLogin(session, name, 'CREATE')
    if (what === 'sp_droplogin') keepLogin(session, name, 'DROP')
    return done('EXEC', -1)
  }

const who: Procedure = (session) => {
  const { setup } = session
  const columns: [string, SqlType][] = [
    ['spid', { kind: 'integer', bits: 16 }],
    ['ecid', { kind: 'integer', bits: 16 }],
    ['status', varchar(30)],
    ['loginame', varchar(128)],
    ['hostname', varchar(128)],
    ['blk', varchar(5)],
    ['dbname', varchar(128)],
    ['cmd', varchar(16)],
    ['request_id', INTEGER],
  ]
  const own: SqlValue[][] = ['LOG WRITER', 'LAZY WRITER', 'RESOURCE MONITOR', 'CHECKPOINT', 'SIGNAL HANDLER'].map((cmd, i) => [
    i + 1,
    0,
    'background',
    'sa',
    '',
    '0',
    'master',
    cmd,
    0,
  ])
  const host = session.variables.get('@host_name') ?? ''
  return rows(columns, [...own, [setup.connectionId, 0, 'runnable', setup.user, host, '0', session.database, 'SELECT', 0]])
}

const databases: Procedure = (session) =>
  rows(
    [
      ['DATABASE_NAME', varchar(128)],
      ['DATABASE_SIZE', INTEGER],
      ['REMARKS', varchar(254)],
    ],
    session.catalog.databases.map((database) => [database.name, 8192 + database.size * 128, null]),
  )

/** `Nov  4 2026`, as style 0 of CONVERT begins. */
const monthDayYear = (ms: number): string => {
  const [, day = '', month = '', year = ''] = new Date(ms).toUTCString().split(' ')
  return `${month} ${String(Number(day)).padStart(2)} ${year}`
}

const helpDatabase: Procedure = (session) =>
  rows(
    [
      ['name', varchar(128)],
      ['db_size', varchar(13)],
      ['owner', varchar(128)],
      ['dbid', { kind: 'integer', bits: 16 }],
      ['created', varchar(11)],
      ['status', varchar(600)],
      ['compatibility_level', { kind: 'integer', bits: 8 }],
    ],
    session.catalog.databases.map((database) => [
      database.name,
      '     16.00 MB',
      'sa',
      databaseId(session, database.name) ?? 0,
      monthDayYear(session.setup.startedAt),
      'Status=ONLINE, Updateability=READ_WRITE, UserAccess=MULTI_USER, Recovery=SIMPLE',
      150,
    ]),
  )

const tables: Procedure = (session) =>
  rows(
    ['TABLE_QUALIFIER', 'TABLE_OWNER', 'TABLE_NAME', 'TABLE_TYPE', 'REMARKS'].map((name) => [name, varchar(128)] as const),
    (session.current?.sorted() ?? []).map((table) => [session.database, table.schema, table.name, 'TABLE', null]),
  )

const columnsOf: Procedure = (session, args) => {
  const wanted = args.text(0, 'table_name').toLowerCase()
  const table = session.current?.sorted().find(({ name }) => name.toLowerCase() === wanted)
  return rows(
    [
      ...['TABLE_QUALIFIER', 'TABLE_OWNER', 'TABLE_NAME', 'COLUMN_NAME', 'TYPE_NAME'].map((name) => [name, varchar(128)] as const),
      ['ORDINAL_POSITION', INTEGER],
    ],
    (table?.columns ?? []).map((column, i) => [
      session.database,
      'dbo',
      table?.name ?? null,
      column.name,
      session.dialect.typeName(column.type).replace(/\(.*/, ''),
      i + 1,
    ]),
  )
}

const help: Procedure = (session, args) => {
  const wanted = args.text(0, 'objname').split('.').at(-1)?.toLowerCase() ?? ''
  const found = (session.current?.sorted() ?? []).filter(({ name }) => !wanted || name.toLowerCase() === wanted)
  if (wanted && found.length === 0) {
    return raise(
      15_009,
      16,
      `The object '${args.text(0)}' does not exist in database '${session.database}' or is invalid for this operation.`,
    )
  }
  return rows(
    ['Name', 'Owner', 'Type'].map((name) => [name, varchar(128)] as const),
    found.map((table) => [table.name, 'dbo', 'user table']),
  )
}

const serverInformation: Procedure = (session) =>
  rows(
    [
      ['attribute_id', INTEGER],
      ['attribute_name', varchar(60)],
      ['attribute_value', varchar(255)],
    ],
    [
      [1, 'DBMS_NAME', 'Microsoft SQL Server'],
      [2, 'DBMS_VER', `Microsoft SQL Server 2019 - ${buildOf(session).version}`],
      [10, 'OWNER_TERM', 'owner'],
      [11, 'TABLE_TERM', 'table'],
      [18, 'COLLATION_SEQ', 'charset=iso_1 sort_order=nocase_iso charset_num=1 sort_order_num=52'],
    ],
  )

const version: Procedure = (session) => {
  const { version: product } = buildOf(session)
  const values: [string, number | null, string][] = [
    ['ProductName', null, 'Microsoft SQL Server'],
    ['ProductVersion', 983_040, product],
    ['Language', 1033, 'English (United States)'],
    ['Platform', null, 'NT x64'],
    ['Comments', null, 'SQL'],
    ['CompanyName', null, 'Microsoft Corporation'],
    ['FileDescription', null, 'SQL Server Windows NT - 64 Bit'],
    ['InternalName', null, 'SQLSERVR'],
    ['ProcessorCount', session.setup.persona.hardware.cpu.cores, String(session.setup.persona.hardware.cpu.cores)],
    [
      'PhysicalMemory',
      session.setup.persona.hardware.memoryMiB,
      `${session.setup.persona.hardware.memoryMiB} (${session.setup.persona.hardware.memoryMiB * 1_048_576})`,
    ],
  ]
  return rows(
    [
      ['Index', { kind: 'integer', bits: 16 }],
      ['Name', varchar(128)],
      ['Internal_Value', INTEGER],
      ['Character_Value', varchar(1024)],
    ],
    values.map(([name, internal, text], i) => [i + 1, name, internal, text]),
  )
}

const directoryTree: Procedure = (session, args) => {
  const path = args.text(0)
  const isListed = numberOf(args.at(2)?.value ?? 0) !== 0
  const found = session.setup.host.list(path)
  session.setup.note({ kind: 'read-file', path, found: found !== undefined })
  const base = path.replace(/(.)\/$/, '$1')
  const entries = (found ?? []).slice(0, 2000).map((name) => ({ name, isFile: session.setup.host.list(`${base}/${name}`) === undefined }))
  const shown = entries.filter(({ isFile }) => isListed || !isFile)
  const columns: [string, SqlType][] = [
    ['subdirectory', varchar(255)],
    ['depth', INTEGER],
  ]
  return isListed
    ? rows(
        [...columns, ['file', INTEGER]],
        shown.map(({ name, isFile }) => [name, 1, isFile ? 1 : 0]),
      )
    : rows(
        columns,
        shown.map(({ name }) => [name, 1]),
      )
}

const fileExists: Procedure = (session, args) => {
  const path = args.text(0)
  const isFolder = session.setup.host.list(path) !== undefined
  const isFile = !isFolder && session.setup.host.exists(path)
  session.setup.note({ kind: 'read-file', path, found: isFile || isFolder })
  const output = args.at(1)
  if (output?.output !== undefined) {
    keepOutput(session, output, isFile ? 1 : 0)
    return done('EXEC', -1)
  }
  return rows(
    ['File Exists', 'File is a Directory', 'Parent Directory Exists'].map((name) => [name, { kind: 'integer', bits: 8 }] as const),
    [[isFile ? 1 : 0, isFolder ? 1 : 0, isFile || isFolder ? 1 : 0]],
  )
}

const registryRead: Procedure = (session, args) => {
  const [path, name] = [args.text(1), args.text(2)]
  const value = /DefaultData|DefaultLog|BackupDirectory/i.test(name)
    ? dataFolder(session).slice(0, -1)
    : /ComputerName|MachineName|HostName/i.test(`${path} ${name}`)
      ? serverName(session)
      : null
  const output = args.at(3)
  if (output?.output !== undefined) {
    keepOutput(session, output, value)
    return done('EXEC', -1)
  }
  if (value === null) return raise(22_001, 1, "RegQueryValueEx() returned error 2, 'The system cannot find the file specified.'")
  return rows(
    [
      ['Value', varchar(255)],
      ['Data', varchar(2000)],
    ],
    [[name, value]],
  )
}

/** Commands of jobs by name, in the settings of the source's server. */
const jobKey = (name: string): string => `job/${name.toLowerCase().slice(0, 128)}`

const addJob: Procedure = ({ setup: { serverSettings } }, args) => {
  if (serverSettings.size < MOST_JOBS * 10) serverSettings.set(jobKey(args.text(0, 'job_name')), '')
  return done('EXEC', -1)
}

const addJobStep: Procedure = (session, args) => {
  const command = args.all.find(({ name }) => name === 'command')?.value
  const name = args.all.find((one) => one.name === 'job_name')?.value
  const subsystem = args.all.find((one) => one.name === 'subsystem')?.value
  const text = command === null || command === undefined ? '' : textOf(command)
  const key = jobKey(name === null || name === undefined ? args.text(0) : textOf(name))
  const { serverSettings } = session.setup
  const kind = subsystem === null || subsystem === undefined ? 'TSQL' : textOf(subsystem).toUpperCase()
  if (serverSettings.has(key)) serverSettings.set(key, `${kind} ${text.slice(0, 8000)}`)
  session.setup.note({ kind: 'setting', name: `job step (${kind})`, value: text })
  return done('EXEC', -1)
}

const startJob: Procedure = (session, args) => {
  const name = args.text(0, 'job_name')
  const step = session.setup.serverSettings.get(jobKey(name))
  if (step === undefined) return raise(14_262, 16, `The specified @job_name ('${name}') does not exist.`)
  const [, kind = '', command = ''] = /^(\S+) (.*)$/s.exec(textOf(step ?? '')) ?? []
  // What a job prints goes to its history; the client sees the start alone.
  if (command && kind !== 'TSQL') commandLines(session, kind === 'POWERSHELL' ? `powershell ${command}` : command)
  return say(session, 0, `Job '${name}' started successfully.`)
}

const fixedDrives: Procedure = (session) => {
  const disks = session.setup.persona.hardware.disks
  const isWindows = dataFolder(session).startsWith('C:')
  return rows(
    [
      ['drive', varchar(isWindows ? 1 : 255)],
      ['MB free', INTEGER],
    ],
    (isWindows ? disks.slice(0, 1) : disks).map((disk) => [isWindows ? 'C' : disk.mount, Math.round((disk.sizeGiB - disk.usedGiB) * 1024)]),
  )
}

const linkedServers: Procedure = (session) =>
  rows(
    ['SRV_NAME', 'SRV_PROVIDERNAME', 'SRV_PRODUCT', 'SRV_DATASOURCE', 'SRV_PROVIDERSTRING', 'SRV_LOCATION', 'SRV_CAT'].map(
      (name) => [name, varchar(128)] as const,
    ),
    [[serverName(session), 'SQLNCLI', 'SQL Server', serverName(session), null, null, null]],
  )

const loginConfiguration: Procedure = () =>
  rows(
    [
      ['name', varchar(128)],
      ['config_value', varchar(128)],
    ],
    [
      ['login mode', 'Mixed'],
      ['default login', 'guest'],
      ['default domain', 'WORKGROUP'],
      ['audit level', 'failure'],
      ['set hostname', 'false'],
    ],
  )

const spaceUsed: Procedure = (session) =>
  rows(
    ['database_name', 'database_size', 'unallocated space'].map((name) => [name, varchar(128)] as const),
    [[session.database, '16.00 MB', '5.30 MB']],
  )

/** sp_MSforeachdb and its kin: the command once for each name in place of `?`. */
const forEach =
  (names: (session: DatabaseSession) => string[]): Procedure =>
  (session, args) => {
    const command = args.text(0, 'command1')
    const list = names(session).slice(0, 50)
    return { kind: 'sequence', statements: list.flatMap((name) => statementsOf(session, command.replaceAll('?', name)).statements) }
  }

const quiet: Procedure = () => done('EXEC', -1)

const note =
  (name: string): Procedure =>
  (session, args) => {
    session.setup.note({ kind: 'setting', name, value: args.all.map(({ value }) => (value === null ? 'NULL' : textOf(value))).join(', ') })
    return done('EXEC', -1)
  }

const addExtended: Procedure = (session, args) => {
  session.setup.note({ kind: 'library', name: args.text(0), library: args.text(1) })
  return done('EXEC', -1)
}

const PROCEDURES: Record<string, Procedure> = {
  ...OLE_PROCEDURES,
  xp_cmdshell: cmdshell,
  sp_configure: configureServer,
  sp_executesql: executeSql,
  sp_databases: databases,
  sp_helpdb: helpDatabase,
  sp_tables: tables,
  sp_columns: columnsOf,
  sp_help: help,
  sp_who: who,
  sp_who2: who,
  sp_server_info: serverInformation,
  sp_spaceused: spaceUsed,
  sp_linkedservers: linkedServers,
  sp_helpserver: linkedServers,
  xp_msver: version,
  xp_dirtree: directoryTree,
  xp_subdirs: directoryTree,
  xp_fileexist: fileExists,
  xp_fixeddrives: fixedDrives,
  xp_availablemedia: fixedDrives,
  xp_regread: registryRead,
  xp_instance_regread: registryRead,
  xp_regwrite: note('xp_regwrite'),
  xp_instance_regwrite: note('xp_regwrite'),
  xp_regdeletekey: note('xp_regdeletekey'),
  xp_regdeletevalue: note('xp_regdeletevalue'),
  xp_loginconfig: loginConfiguration,
  xp_servicecontrol: note('xp_servicecontrol'),
  sp_addextendedproc: addExtended,
  sp_dropextendedproc: note('sp_dropextendedproc'),
  sp_addlogin: account('sp_addlogin', 0, 1),
  sp_droplogin: account('sp_droplogin', 0),
  sp_password: account('sp_password', 2, 1),
  sp_addsrvrolemember: account('sp_addsrvrolemember', 0),
  sp_dropsrvrolemember: account('sp_dropsrvrolemember', 0),
  sp_addrolemember: account('sp_addrolemember', 1),
  sp_grantdbaccess: account('sp_grantdbaccess', 0),
  sp_adduser: account('sp_adduser', 0),
  sp_add_job: addJob,
  sp_add_jobstep: addJobStep,
  sp_add_jobserver: quiet,
  sp_add_jobschedule: quiet,
  sp_start_job: startJob,
  sp_delete_job: quiet,
  sp_add_trusted_assembly: note('sp_add_trusted_assembly'),
  sp_procoption: note('sp_procoption'),
  sp_makewebtask: note('sp_makewebtask'),
  sp_addlinkedserver: note('sp_addlinkedserver'),
  sp_serveroption: quiet,
  sp_dboption: quiet,
  sp_reset_connection: quiet,
  sp_msforeachdb: forEach(({ catalog }) => catalog.databases.map(({ name }) => name)),
  sp_msforeachtable: forEach(({ current }) => (current?.sorted() ?? []).map(({ name }) => `[dbo].[${name}]`)),
  sp_unprepare: quiet,
  sp_cycle_errorlog: quiet,
  xp_logevent: quiet,
  sp_datatype_info: (session) =>
    rows(
      [
        ['TYPE_NAME', varchar(128)],
        ['DATA_TYPE', { kind: 'integer', bits: 16 }],
        ['PRECISION', BIGINT],
      ],
      [[session.dialect.typeName(typeOf(1)), 4, 10]],
    ),
}
