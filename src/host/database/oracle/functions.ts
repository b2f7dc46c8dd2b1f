import { createHash, randomUUID } from 'node:crypto'
import type { FunctionTable, SqlFunction } from '../dialect.ts'
import { COMMON_FUNCTIONS, constant, indexOf, ofText, pick, sameType, trimmed } from '../functions.ts'
import { regexMatches, toNumber } from '../operators.ts'
import type { DatabaseSession } from '../session.ts'
import { SqlError } from '../sql-error.ts'
import { addInterval, dateTimeText, parseTemporal } from '../temporal.ts'
import { BINARY, bytesOf, DATETIME, INTEGER, numberOf, type SqlType, type SqlValue, TEXT, textOf, varchar } from '../value.ts'
import { isDba, raise } from './account.ts'
import { formatDate, formatNumber, parseDate } from './format.ts'

type Known = Exclude<SqlValue, null>
const NUMBER: SqlType = { kind: 'decimal' }
const NAME = varchar(128)
const now = constant(DATETIME, () => dateTimeText(Date.now()))
const TIMESTAMP: SqlType = { kind: 'datetime', declared: 'TIMESTAMP(6)' }
const timestamp = constant(TIMESTAMP, () => dateTimeText(Date.now(), 6))

const substr: SqlFunction = {
  arity: [2, 3],
  type: TEXT,
  run: (args, { dialect }) => {
    const text = textOf(args[0] as Known)
    const [start, length = text.length] = args.slice(1).map((arg) => Math.trunc(toNumber(arg as Known, dialect))) as [number, number?]
    const from = start < 0 ? text.length + start : Math.max(0, start - 1)
    return from < 0 || length <= 0 ? null : text.slice(from, from + length) || null
  },
}

const instr: SqlFunction = {
  arity: [2, 4],
  type: NUMBER,
  run: (args, { dialect }) => {
    const [text, wanted] = args.map((arg) => textOf(arg as Known)) as [string, string]
    const [from = 1, nth = 1] = args.slice(2).map((arg) => Math.trunc(toNumber(arg as Known, dialect)))
    let at = Math.max(1, from)
    for (let i = 0; i < Math.min(nth, 1000); i++) {
      const found = indexOf(text, wanted, false, at)
      if (found === 0) return 0
      if (i === nth - 1) return found
      at = found + 1
    }
    return 0
  },
}

const toChar: SqlFunction = {
  arity: [1, 3],
  type: varchar(4000),
  run: ([value, format], { dialect }) => {
    const known = value as Known
    const mask = format === undefined ? undefined : textOf(format as Known)
    if (typeof known === 'string') {
      const ms = parseTemporal(known)
      return ms !== undefined && /^\d{4}-\d\d-\d\d/.test(known) ? formatDate(ms, mask ?? 'DD-MON-RR') : known
    }
    return mask === undefined ? formatNumber(numberOf(known)) : formatNumber(toNumber(known, dialect), mask)
  },
}

const toDate = (type: SqlType): SqlFunction => ({
  arity: [1, 3],
  type,
  run: ([value, format]) => {
    const text = textOf(value as Known)
    const ms = format === undefined ? parseTemporal(text) : parseDate(text, textOf(format as Known))
    if (ms === undefined) throw new SqlError({ kind: 'bad-cast', value: text, to: 'date' })
    return dateTimeText(ms)
  },
})

/** What USERENV knows of a session. */
function userEnvironment(session: DatabaseSession, name: string): SqlValue {
  const { setup } = session
  switch (name.toUpperCase()) {
    case 'SESSION_USER':
    case 'CURRENT_USER':
    case 'AUTHENTICATED_IDENTITY':
      return setup.user
    case 'CURRENT_SCHEMA':
      return session.database
    case 'DB_NAME':
    case 'DB_UNIQUE_NAME':
    case 'INSTANCE_NAME':
      return String(setup.serverSettings.get('instance') ?? 'ORCL')
    case 'SERVICE_NAME':
      return String(setup.serverSettings.get('service') ?? 'orcl')
    case 'CON_NAME':
      return String(setup.serverSettings.get('instance') ?? 'ORCL')
    case 'SERVER_HOST':
    case 'HOST':
      return setup.persona.hostname
    case 'IP_ADDRESS':
      return setup.clientIp
    case 'ISDBA':
      return setup.user === 'SYS' ? 'TRUE' : 'FALSE'
    case 'SID':
    case 'SESSIONID':
      return String(setup.connectionId)
    case 'LANG':
      return 'US'
    case 'LANGUAGE':
      return 'AMERICAN_AMERICA.AL32UTF8'
    case 'CON_ID':
      return '0'
    case 'INSTANCE':
      return '1'
    case 'NETWORK_PROTOCOL':
      return 'tcp'
    case 'OS_USER':
      return String(session.variables.get('@os_user') ?? '') || null
    default:
      return null
  }
}

/** Packages that would leave the machine: the access control list lets nobody out. */
function denied(place: string, line: number): SqlFunction {
  return {
    arity: [0, 8],
    type: TEXT,
    takesNull: true,
    run: () =>
      raise(24_247, `network access denied by access control list (ACL)\nORA-06512: at "SYS.${place}", line ${line}\nORA-06512: at line 1`),
  }
}

const LONGEST_WAIT_MS = 30_000

const OWN: FunctionTable = {
  sysdate: now,
  current_date: now,
  systimestamp: timestamp,
  current_timestamp: timestamp,
  localtimestamp: timestamp,
  user: constant(NAME, ({ setup }) => setup.user),
  uid: constant(NUMBER, ({ setup }) => (setup.user === 'SYS' ? 0 : setup.user === 'SYSTEM' ? 9 : 106)),
  sys_context: ofText(
    [2, 3],
    ([space, name], session) =>
      (space as string).toUpperCase() === 'USERENV'
        ? userEnvironment(session, name as string)
        : (space as string).toUpperCase() === 'SYS_SESSION_ROLES'
          ? String(isDba(session)).toUpperCase()
          : null,
    varchar(256),
  ),
  userenv: ofText(1, ([name], session) => userEnvironment(session, name as string), varchar(64)),
  substr,
  substrb: substr,
  instr,
  length: { arity: [1, 1], type: NUMBER, run: ([value]) => textOf(value as Known).length || null },
  lengthb: { arity: [1, 1], type: NUMBER, run: ([value]) => bytesOf(value as Known).length },
  chr: {
    arity: [1, 1],
    type: varchar(4),
    run: ([n], { dialect }) => String.fromCodePoint(Math.max(0, Math.min(0x10ffff, Math.trunc(toNumber(n as Known, dialect))))),
  },
  initcap: ofText(1, ([text]) =>
    (text as string).toLowerCase().replace(/[a-z0-9]+/g, (word) => (word[0] as string).toUpperCase() + word.slice(1)),
  ),
  translate: ofText(3, ([text, from, to]) =>
    [...(text as string)].map((c) => ((from as string).includes(c) ? ((to as string)[(from as string).indexOf(c)] ?? '') : c)).join(''),
  ),
  ltrim: ofText([1, 2], ([text, set = ' ']) => trimmed(text as string, set, true, false) || null),
  rtrim: ofText([1, 2], ([text, set = ' ']) => trimmed(text as string, set, false, true) || null),
  mod: {
    arity: [2, 2],
    type: NUMBER,
    run: ([a, b], { dialect }) =>
      toNumber(b as Known, dialect) === 0 ? toNumber(a as Known, dialect) : toNumber(a as Known, dialect) % toNumber(b as Known, dialect),
  },
  trunc: {
    arity: [1, 2],
    type: sameType,
    run: ([value, digits], { dialect }) => {
      const known = value as Known
      if (typeof known === 'string' && parseTemporal(known) !== undefined && known.includes('-')) return `${known.slice(0, 10)} 00:00:00`
      const factor = 10 ** (digits === undefined ? 0 : Math.max(-15, Math.min(15, toNumber(digits as Known, dialect))))
      return Math.trunc(toNumber(known, dialect) * factor) / factor
    },
  },
  to_char: toChar,
  to_nchar: toChar,
  to_clob: { ...toChar, arity: [1, 1] },
  to_number: { arity: [1, 3], type: NUMBER, run: ([value], { dialect }) => toNumber(value as Known, dialect) },
  to_date: toDate(DATETIME),
  to_timestamp: toDate(TIMESTAMP),
  add_months: {
    arity: [2, 2],
    type: DATETIME,
    run: ([date, n], { dialect }) => addInterval(textOf(date as Known), { months: toNumber(n as Known, dialect), milliseconds: 0 }, 1),
  },
  last_day: ofText(
    1,
    ([date]) => {
      const ms = parseTemporal(date as string)
      if (ms === undefined) return null
      const day = new Date(ms)
      return dateTimeText(Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + 1, 0))
    },
    DATETIME,
  ),
  months_between: ofText(
    2,
    ([a, b]) => ((parseTemporal(a as string) ?? 0) - (parseTemporal(b as string) ?? 0)) / (30.4375 * 86_400_000),
    NUMBER,
  ),
  regexp_like: ofText([2, 3], ([text, pattern, flags = '']) => regexMatches(text as string, pattern as string, flags.includes('i')), {
    kind: 'boolean',
  }),
  rawtohex: {
    arity: [1, 1],
    type: varchar(4000),
    run: ([value]) =>
      bytesOf(value as Known)
        .toString('hex')
        .toUpperCase(),
  },
  hextoraw: ofText(1, ([text]) => Buffer.from(text as string, 'hex'), BINARY),
  cast_to_raw: { arity: [1, 1], type: BINARY, run: ([value]) => bytesOf(value as Known) },
  cast_to_varchar2: { arity: [1, 1], type: varchar(4000), run: ([value]) => bytesOf(value as Known).toString('utf8') },
  base64_encode: { arity: [1, 1], type: BINARY, run: ([value]) => Buffer.from(bytesOf(value as Known).toString('base64')) },
  base64_decode: { arity: [1, 1], type: BINARY, run: ([value]) => Buffer.from(bytesOf(value as Known).toString('latin1'), 'base64') },
  standard_hash: {
    arity: [1, 2],
    type: BINARY,
    run: ([value, name]) =>
      createHash(HASHES[name === undefined ? 'SHA1' : textOf(name as Known).toUpperCase()] ?? 'sha1')
        .update(bytesOf(value as Known))
        .digest(),
  },
  ora_hash: {
    arity: [1, 3],
    type: NUMBER,
    run: ([value]) =>
      createHash('md5')
        .update(bytesOf(value as Known))
        .digest()
        .readUInt32BE(),
  },
  dump: {
    arity: [1, 4],
    type: TEXT,
    run: ([value]) => `Typ=96 Len=${bytesOf(value as Known).length}: ${[...bytesOf(value as Known).subarray(0, 200)].join(',')}`,
  },
  sys_guid: constant({ kind: 'binary', length: 16 }, () => Buffer.from(randomUUID().replaceAll('-', ''), 'hex')),
  empty_clob: constant(TEXT, () => null),
  empty_blob: constant(BINARY, () => null),
  dbtimezone: constant(varchar(6), () => '+00:00'),
  sessiontimezone: constant(varchar(6), () => '+00:00'),
  sqlerrm: {
    arity: [0, 1],
    type: TEXT,
    run: (_, { caught, dialect }) => (caught ? dialect.word(caught.problem).message : 'ORA-0000: normal, successful completion'),
  },
  sqlcode: constant(INTEGER, ({ caught, dialect }) => (caught ? -dialect.word(caught.problem).code : 0)),
  /** DBMS_PIPE: how blind injections wait. */
  receive_message: {
    arity: [1, 2],
    type: NUMBER,
    run: ([, seconds], session) => {
      session.delayMs = Math.min(LONGEST_WAIT_MS, Math.max(0, numberOf((seconds ?? 0) as Known)) * 1000)
      return 1
    },
  },
  /** CTXSYS.DRITHSX: how injections bring a value out in an error. */
  sn: {
    arity: [2, 2],
    type: TEXT,
    run: ([, value]) =>
      raise(
        20_000,
        `Oracle Text error:\nDRG-11701: thesaurus ${textOf(value as Known)} does not exist\nORA-06512: at "CTXSYS.DRUE", line 183`,
      ),
  },
  get_host_address: denied('UTL_INADDR', 19),
  get_host_name: denied('UTL_INADDR', 4),
  request: denied('UTL_HTTP', 1530),
  request_pieces: denied('UTL_HTTP', 1574),
  httpuritype: denied('HTTPURITYPE', 34),
  open_connection: denied('UTL_TCP', 19),
  fopen: {
    arity: [3, 4],
    type: TEXT,
    run: (args, session) => {
      const [directory, name, mode] = args.map((arg) => textOf(arg as Known)) as [string, string, string]
      const path = session.setup.serverSettings.get(`directory:${directory.toUpperCase()}`)
      if (path === undefined) return raise(29_280, 'invalid directory path\nORA-06512: at "SYS.UTL_FILE", line 41')
      const handle = `${textOf(path as Known)}/${name.replaceAll('/', '')}`
      session.settings.set(`file:${handle}`, /^[wa]/i.test(mode) ? '' : null)
      return handle
    },
  },
  version: constant(varchar(80), ({ setup }) => setup.version),
}

const HASHES: Record<string, string> = { MD5: 'md5', SHA1: 'sha1', SHA256: 'sha256', SHA384: 'sha384', SHA512: 'sha512' }

/** Functions of Oracle 19c; those of packages by their last name. */
export const ORACLE_FUNCTIONS: FunctionTable = {
  ...pick(
    COMMON_FUNCTIONS,
    'abs ceil floor round sign sqrt exp ln sin cos tan power greatest least concat upper lower lpad rpad replace reverse trim ascii',
  ),
  ...OWN,
}
