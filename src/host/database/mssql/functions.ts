import { createHash, randomBytes, randomUUID } from 'node:crypto'
import type { FunctionTable, SqlFunction } from '../dialect.ts'
import { COMMON_FUNCTIONS, constant, indexOf, ofText } from '../functions.ts'
import { findTable } from '../resolve.ts'
import type { DatabaseSession } from '../session.ts'
import type { SqlWording } from '../sql-error.ts'
import { addInterval, dateTimeText, parseInterval, parseTemporal, temporalPart } from '../temporal.ts'
import { BIGINT, BINARY, bytesOf, DATETIME, INTEGER, numberOf, type SqlValue, TEXT, textOf, varchar } from '../value.ts'
import { buildOf, databaseId, serverName } from './variables.ts'

type Known = Exclude<SqlValue, null>

const NAME = varchar(128)
const now = constant(DATETIME, () => dateTimeText(Date.now(), 3))
const login = ({ setup }: DatabaseSession): string => setup.user
/** A member of sysadmin is `dbo` in every database. */
const dbo = constant(NAME, () => 'dbo')
const loginName: SqlFunction = { arity: [0, 1], type: NAME, run: (_, session) => login(session) }

/** A function of one optional argument, which may be NULL. */
const optional = (type: SqlFunction['type'], run: (value: SqlValue | undefined, session: DatabaseSession) => SqlValue): SqlFunction => ({
  arity: [0, 1],
  type,
  run: ([value], session) => run(value, session),
})

/** What CATCH handles, as a client would have been told. */
const caught = ({ caught: error, dialect }: DatabaseSession): SqlWording | undefined => error && dialect.word(error.problem)

const UNITS: Record<string, string> = {
  yy: 'year',
  yyyy: 'year',
  qq: 'quarter',
  q: 'quarter',
  mm: 'month',
  m: 'month',
  dd: 'day',
  d: 'day',
  dayofyear: 'doy',
  dy: 'doy',
  wk: 'week',
  ww: 'week',
  dw: 'dow',
  weekday: 'dow',
  hh: 'hour',
  mi: 'minute',
  n: 'minute',
  ss: 'second',
  s: 'second',
  ms: 'millisecond',
}
const UNIT_MS: Record<string, number> = {
  millisecond: 1,
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
}
const unitOf = (word: string): string => UNITS[word.toLowerCase()] ?? word.toLowerCase()

const dateDifference = ofText(
  3,
  ([word, from, to]) => {
    const unit = unitOf(word as string)
    const [a, b] = [parseTemporal(from as string), parseTemporal(to as string)]
    if (a === undefined || b === undefined) return null
    const [x, y] = [new Date(a), new Date(b)]
    const months = (y.getUTCFullYear() - x.getUTCFullYear()) * 12 + y.getUTCMonth() - x.getUTCMonth()
    if (unit === 'year') return y.getUTCFullYear() - x.getUTCFullYear()
    if (unit === 'quarter') return Math.trunc(months / 3)
    if (unit === 'month') return months
    const size = UNIT_MS[unit] ?? 86_400_000
    return Math.floor(b / size) - Math.floor(a / size)
  },
  INTEGER,
)

const datePart = (type: SqlFunction['type']): SqlFunction =>
  ofText(
    2,
    ([word, date]) => {
      const ms = parseTemporal(date as string)
      const found = ms === undefined ? undefined : temporalPart(unitOf(word as string), ms)
      return found === undefined ? null : type === TEXT ? textOf(found) : found
    },
    type as typeof INTEGER,
  )

function serverProperty(session: DatabaseSession, name: string): SqlValue {
  const { version, edition, level, update } = buildOf(session)
  switch (name.toLowerCase()) {
    case 'productversion':
      return version
    case 'productlevel':
      return level
    case 'productupdatelevel':
      return update || null
    case 'productmajorversion':
      return version.split('.')[0] ?? null
    case 'productminorversion':
      return '0'
    case 'productbuild':
      return version.split('.')[2] ?? null
    case 'edition':
      return edition
    case 'engineedition':
      return /Enterprise|Developer/.test(edition) ? 3 : /Express/.test(edition) ? 4 : 2
    case 'editionid':
      return /Developer/.test(edition) ? -2117995310 : -1534726760
    case 'machinename':
    case 'servername':
    case 'computernamephysicalnetbios':
      return serverName(session)
    case 'instancename':
      return null
    case 'collation':
      return 'SQL_Latin1_General_CP1_CI_AS'
    case 'isclustered':
    case 'isintegratedsecurityonly':
    case 'issingleuser':
    case 'ishadrenabled':
    case 'isfulltextinstalled':
      return 0
    case 'processid':
      return session.setup.identity.integer('mssql/pid', 900, 4000)
    case 'instancedefaultdatapath':
      return dataFolder(session)
    case 'instancedefaultlogpath':
      return dataFolder(session)
    case 'filestreamconfiguredlevel':
      return 0
    default:
      return null
  }
}

/** Folder of the databases' files. */
export function dataFolder({ setup }: DatabaseSession): string {
  return / on Windows /.test(setup.version)
    ? 'C:\\Program Files\\Microsoft SQL Server\\MSSQL15.MSSQLSERVER\\MSSQL\\DATA\\'
    : '/var/opt/mssql/data/'
}

const hashes: Record<string, string> = { md5: 'md5', sha: 'sha1', sha1: 'sha1', sha2_256: 'sha256', sha2_512: 'sha512' }

/** The format of sys.sql_logins: 0x0200, salt, SHA-512 over the password in UTF-16 and the salt. */
export function passwordHash(password: string, salt: Buffer): Buffer {
  const digest = createHash('sha512').update(Buffer.from(password, 'utf16le')).update(salt).digest()
  return Buffer.concat([Buffer.of(2, 0), salt, digest])
}

const objectId: SqlFunction = {
  arity: [1, 2],
  type: INTEGER,
  run: ([name], session) => {
    const parts = textOf(name as Known)
      .split('.')
      .slice(0, 3)
      .map((part) => part.replace(/^\[|\]$/g, ''))
    const found = findTable(session, { parts })
    return found && !found.isSystem ? found.table.id : found ? -1 : null
  },
}

const OWN: FunctionTable = {
  getdate: now,
  sysdatetime: now,
  getutcdate: now,
  sysutcdatetime: now,
  current_timestamp: now,
  db_name: optional(NAME, (id, session) => {
    if (id === undefined || id === null) return id === null ? null : session.database
    return session.catalog.databases[Math.trunc(numberOf(id)) - 1]?.name ?? null
  }),
  db_id: optional(
    INTEGER,
    (name, session) => databaseId(session, name === undefined || name === null ? session.database : textOf(name)) ?? null,
  ),
  suser_name: loginName,
  suser_sname: loginName,
  system_user: loginName,
  original_login: loginName,
  user_name: { arity: [0, 1], type: NAME, run: () => 'dbo' },
  user: dbo,
  current_user: dbo,
  session_user: dbo,
  user_id: { arity: [0, 1], type: INTEGER, run: () => 1 },
  suser_id: { arity: [0, 1], type: INTEGER, run: () => 1 },
  suser_sid: { arity: [0, 1], type: BINARY, run: () => Buffer.of(1) },
  schema_name: { arity: [0, 1], type: NAME, run: () => 'dbo' },
  schema_id: { arity: [0, 1], type: INTEGER, run: () => 1 },
  host_name: constant(NAME, ({ variables }) => variables.get('@host_name') ?? ''),
  app_name: constant(NAME, ({ variables }) => variables.get('@app_name') ?? ''),
  is_srvrolemember: { arity: [1, 2], type: INTEGER, run: () => 1 },
  is_rolemember: { arity: [1, 2], type: INTEGER, run: () => 1 },
  is_member: { arity: [1, 1], type: INTEGER, run: () => 1 },
  has_dbaccess: { arity: [1, 1], type: INTEGER, run: ([name], { catalog }) => (catalog.database(textOf(name as Known)) ? 1 : null) },
  has_perms_by_name: { arity: [3, 5], type: INTEGER, takesNull: true, run: () => 1 },
  permissions: { arity: [0, 2], type: INTEGER, run: () => -1 },
  serverproperty: { arity: [1, 1], type: varchar(128), run: ([name], session) => serverProperty(session, textOf(name as Known)) },
  databasepropertyex: {
    arity: [2, 2],
    type: NAME,
    run: ([, property]) =>
      ({ status: 'ONLINE', recovery: 'SIMPLE', updateability: 'READ_WRITE', collation: 'SQL_Latin1_General_CP1_CI_AS' })[
        textOf(property as Known).toLowerCase()
      ] ?? null,
  },
  connectionproperty: {
    arity: [1, 1],
    type: NAME,
    run: ([name], { setup }) =>
      ({ net_transport: 'TCP', protocol_type: 'TSQL', auth_scheme: 'SQL', client_net_address: setup.clientIp, local_tcp_port: setup.port })[
        textOf(name as Known).toLowerCase()
      ] ?? null,
  },
  object_id: objectId,
  object_name: {
    arity: [1, 2],
    type: NAME,
    run: ([id], session) => session.current?.sorted().find((table) => table.id === numberOf(id as Known))?.name ?? null,
  },
  col_name: {
    arity: [2, 2],
    type: NAME,
    run: ([id, column], session) =>
      session.current?.sorted().find((table) => table.id === numberOf(id as Known))?.columns[numberOf(column as Known) - 1]?.name ?? null,
  },
  newid: constant({ kind: 'text', length: 36, declared: 'uniqueidentifier' }, () => randomUUID().toUpperCase()),
  len: {
    arity: [1, 1],
    type: INTEGER,
    run: ([value]) => (Buffer.isBuffer(value) ? value.length : textOf(value as Known).trimEnd().length),
  },
  datalength: { arity: [1, 1], type: INTEGER, run: ([value]) => (typeof value === 'number' ? 4 : bytesOf(value as Known).length) },
  charindex: ofText(
    [2, 3],
    ([needle, text, from]) => {
      const start = Math.max(0, Math.trunc(Number(from ?? 1)) - 1)
      const at = indexOf((text as string).slice(start), needle as string, true)
      return at ? at + start : 0
    },
    INTEGER,
  ),
  patindex: ofText(2, ([pattern, text]) => indexOf(text as string, (pattern as string).replaceAll('%', ''), true), INTEGER),
  stuff: ofText(4, ([text, start, length, more]) => {
    const from = Math.trunc(Number(start)) - 1
    const count = Math.trunc(Number(length))
    if (from < 0 || from >= (text as string).length || count < 0) return null
    return (text as string).slice(0, from) + (more as string) + (text as string).slice(from + count)
  }),
  char: ofText(1, ([code]) => (Number(code) >= 0 && Number(code) < 256 ? String.fromCharCode(Number(code)) : null)),
  nchar: ofText(1, ([code]) => (Number(code) >= 0 && Number(code) < 65_536 ? String.fromCharCode(Number(code)) : null)),
  unicode: ofText(1, ([text]) => (text as string).charCodeAt(0) || null, INTEGER),
  isnumeric: {
    arity: [1, 1],
    type: INTEGER,
    run: ([value]) => (/^\s{0,9}[-+$]?\d{1,38}(?:\.\d{0,38})?\s{0,9}$/.test(textOf(value as Known)) ? 1 : 0),
  },
  quotename: ofText([1, 2], ([text, quote = '[']) => {
    const close = { '[': ']', '(': ')', '{': '}', '<': '>' }[quote] ?? quote
    return `${quote}${(text as string).replaceAll(close, close + close)}${close}`
  }),
  str: ofText([1, 3], ([number, length = '10']) => String(Math.round(Number(number))).padStart(Math.min(8000, Number(length) || 10))),
  datediff: dateDifference,
  dateadd: ofText(
    3,
    ([word, amount, date]) => addInterval(date as string, parseInterval(`${Math.trunc(Number(amount)) || 0} ${unitOf(word as string)}`), 1),
    DATETIME,
  ),
  datepart: datePart(INTEGER),
  datename: datePart(TEXT),
  hashbytes: {
    arity: [2, 2],
    type: BINARY,
    run: ([algorithm, value]) => {
      const name = hashes[textOf(algorithm as Known).toLowerCase()]
      return name
        ? createHash(name)
            .update(bytesOf(value as Known))
            .digest()
        : null
    },
  },
  pwdencrypt: { arity: [1, 1], type: BINARY, run: ([password]) => passwordHash(textOf(password as Known), randomBytes(4)) },
  pwdcompare: {
    arity: [2, 3],
    type: INTEGER,
    run: ([password, hash]) => {
      const bytes = bytesOf(hash as Known)
      return bytes.length === 70 && passwordHash(textOf(password as Known), bytes.subarray(2, 6)).equals(bytes) ? 1 : 0
    },
  },
  checksum: {
    arity: [1, 50],
    type: INTEGER,
    takesNull: true,
    run: (args) =>
      createHash('md5')
        .update(args.map((arg) => (arg === null ? '' : textOf(arg))).join())
        .digest()
        .readInt32LE(),
  },
  rand: { arity: [0, 1], type: { kind: 'double' }, run: () => Math.random() },
  scope_identity: constant(BIGINT, ({ lastInsertId }) => lastInsertId || null),
  ident_current: { arity: [1, 1], type: BIGINT, run: (_, { lastInsertId }) => lastInsertId || null },
  isdate: { arity: [1, 1], type: INTEGER, run: ([value]) => (parseTemporal(textOf(value as Known)) === undefined ? 0 : 1) },
  xact_state: constant(INTEGER, ({ rollback }) => (rollback ? 1 : 0)),
  error_message: constant(varchar(4000), (session) => caught(session)?.message ?? null),
  error_number: constant(INTEGER, (session) => caught(session)?.code ?? null),
  error_severity: constant(INTEGER, (session) => caught(session)?.severity ?? null),
  error_state: constant(INTEGER, (session) => (caught(session) ? 1 : null)),
  error_line: constant(INTEGER, (session) => (caught(session) ? 1 : null)),
  error_procedure: constant(NAME, () => null),
  fn_varbintohexstr: { arity: [1, 1], type: TEXT, run: ([bytes]) => `0x${bytesOf(bytes as Known).toString('hex')}` },
}

export const MSSQL_FUNCTIONS: FunctionTable = { ...COMMON_FUNCTIONS, ...OWN }
