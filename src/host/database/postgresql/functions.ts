import { createHash, randomUUID } from 'node:crypto'
import { toText } from '../../text.ts'
import { arrayItems, arrayText } from '../compiler.ts'
import type { FunctionTable, SqlFunction } from '../dialect.ts'
import { COMMON_FUNCTIONS, constant, indexOf, ofNumber, ofText, pick, sameType } from '../functions.ts'
import { regexMatches } from '../operators.ts'
import type { DatabaseSession } from '../session.ts'
import { SqlError } from '../sql-error.ts'
import { dateText, dateTimeText, parseInterval, parseTemporal, temporalPart, timeText } from '../temporal.ts'
import {
  BIGINT,
  BINARY,
  BOOLEAN,
  bytesOf,
  DATE,
  Decimal,
  DOUBLE,
  decimal,
  INTEGER,
  numberOf,
  type SqlType,
  type SqlValue,
  TEXT,
  TIME,
  textOf,
} from '../value.ts'
import { LARGE_OBJECT_FUNCTIONS } from './large-objects.ts'
import { SERVER_FILE_FUNCTIONS } from './server-files.ts'
import { showSetting } from './settings.ts'
import { classOid, constraintDefinition, indexDefinition, roles, versionText } from './system-tables.ts'
import { formatType, TYPE_OIDS } from './type-name.ts'

type Known = Exclude<SqlValue, null>
export const TIMESTAMPTZ: SqlType = { kind: 'datetime', declared: 'timestamp with time zone' }
const NAME: SqlType = { kind: 'text', declared: 'name' }
const VOID: SqlType = { kind: 'text', declared: 'void' }
const TEXT_ARRAY: SqlType = { kind: 'text', declared: 'text[]' }

const now = constant(TIMESTAMPTZ, () => `${dateTimeText(Date.now(), 6)}+00`)
const yes = (arity: readonly [number, number]): SqlFunction => ({ arity, type: BOOLEAN, takesNull: true, run: () => true })
const nothing = (arity: readonly [number, number], type: SqlType = TEXT): SqlFunction => ({ arity, type, takesNull: true, run: () => null })
const common = (name: string): SqlFunction => COMMON_FUNCTIONS[name] as SqlFunction

const LONGEST_SLEEP_MS = 30_000

function sleep(session: DatabaseSession, ms: number): string {
  session.delayMs = Math.min(LONGEST_SLEEP_MS, session.delayMs + Math.max(0, ms || 0))
  return ''
}

function tableById(session: DatabaseSession, id: SqlValue): string | undefined {
  const table = [...(session.current?.tables ?? [])].find((one) => classOid(one) === Number(id))
  return table?.name
}

const part: SqlFunction = {
  arity: [2, 2],
  type: DOUBLE,
  run: ([unit, date]) => {
    const ms = parseTemporal(textOf(date as Known))
    return ms === undefined ? null : (temporalPart(textOf(unit as Known), ms) ?? null)
  },
}

const dateTrunc: SqlFunction = ofText(
  2,
  ([unit, date]) => {
    const ms = parseTemporal(date as string)
    if (ms === undefined) return null
    const text = dateTimeText(ms)
    const kept = { year: 4, month: 7, day: 10, hour: 13, minute: 16, second: 19 }[unit as string] ?? 19
    return `${text.slice(0, kept)}${'0000-01-01 00:00:00'.slice(kept)}`
  },
  { kind: 'datetime' },
)

const toChar: SqlFunction = {
  arity: [2, 2],
  type: TEXT,
  run: ([value, format]) => {
    const pattern = textOf(format as Known).slice(0, 200)
    const ms = typeof value === 'string' ? parseTemporal(value) : undefined
    if (ms !== undefined) {
      const iso = dateTimeText(ms)
      const parts: Record<string, string> = {
        YYYY: iso.slice(0, 4),
        YY: iso.slice(2, 4),
        MM: iso.slice(5, 7),
        DD: iso.slice(8, 10),
        HH24: iso.slice(11, 13),
        HH12: iso.slice(11, 13),
        HH: iso.slice(11, 13),
        MI: iso.slice(14, 16),
        SS: iso.slice(17, 19),
      }
      return pattern.replace(/YYYY|YY|MM|DD|HH24|HH12|HH|MI|SS/g, (word) => parts[word] as string)
    }
    const digits = pattern.split('.')[1]?.length ?? 0
    return numberOf(value as Known)
      .toFixed(Math.min(20, digits))
      .padStart(pattern.length + 1)
  },
}

const encode: SqlFunction = {
  arity: [2, 2],
  type: TEXT,
  run: ([bytes, format]) => {
    const name = textOf(format as Known).toLowerCase()
    if (name === 'hex' || name === 'base64')
      return bytesOf(bytes as Known)
        .toString(name)
        .replace(/(.{76})/g, '$1\n')
    if (name === 'escape') return toText(bytesOf(bytes as Known))
    throw new SqlError({ kind: 'worded', code: 0, state: '22023', message: `unrecognized encoding: "${name}"` })
  },
}

const decode: SqlFunction = ofText(
  2,
  ([text, format]) => {
    const name = (format as string).toLowerCase()
    if (name === 'hex') {
      if (!/^([0-9a-f]{2})*$/i.test(text as string))
        throw new SqlError({ kind: 'worded', code: 0, state: '22023', message: 'invalid hexadecimal data: odd number of digits' })
      return Buffer.from(text as string, 'hex')
    }
    return name === 'base64' ? Buffer.from(text as string, 'base64') : Buffer.from(text as string)
  },
  BINARY,
)

/** %s, %I, %L and %%. */
const format: SqlFunction = {
  arity: [1, 100],
  type: TEXT,
  takesNull: true,
  run: ([pattern, ...args]) => {
    if (pattern === null || pattern === undefined) return null
    let next = 0
    return textOf(pattern)
      .slice(0, 100_000)
      .replace(/%([sIL%])/g, (_, letter: string) => {
        if (letter === '%') return '%'
        const value = args[next++] ?? null
        const text = value === null ? '' : textOf(value)
        return letter === 'I' ? quoteIdentifier(text) : letter === 'L' ? (value === null ? 'NULL' : quoteLiteral(text)) : text
      })
  },
}

const quoteIdentifier = (text: string): string => (/^[a-z_][a-z0-9_$]*$/.test(text) ? text : `"${text.replaceAll('"', '""')}"`)
const quoteLiteral = (text: string): string => `'${text.replaceAll("'", "''")}'`

const regexReplace: SqlFunction = ofText([3, 4], ([text, pattern, replacement, flags = '']) => {
  // Plain patterns only: a regular expression of an attacker is never given to the language's own engine.
  if (/^[\w\s,.:;@/-]*$/.test(pattern as string))
    return flags.includes('g')
      ? (text as string).split(pattern as string).join(replacement)
      : (text as string).replace(pattern as string, () => replacement as string)
  return regexMatches(text as string, pattern as string, flags.includes('i')) ? (text as string) : (text as string)
})

function sizeText(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB']
  let [size, unit] = [bytes, 0]
  while (size >= 10_240 && unit < 4) [size, unit] = [Math.round(size / 1024), unit + 1]
  return `${size} ${units[unit]}`
}

const POSTGRES_OWN: FunctionTable = {
  version: constant(TEXT, versionText),
  current_database: constant(NAME, ({ database }) => database),
  current_catalog: constant(NAME, ({ database }) => database),
  current_user: constant(NAME, ({ setup }) => setup.user),
  session_user: constant(NAME, ({ setup }) => setup.user),
  current_role: constant(NAME, ({ setup }) => setup.user),
  user: constant(NAME, ({ setup }) => setup.user),
  current_schema: constant(NAME, () => 'public'),
  current_schemas: {
    arity: [1, 1],
    type: { kind: 'text', declared: 'name[]' },
    run: ([all], session) => {
      const own = session.settings.get('search_path') === '' ? [] : ['public']
      return arrayText(all ? ['pg_catalog', ...own] : own)
    },
  },
  current_setting: {
    arity: [1, 2],
    type: TEXT,
    run: ([name, missing], session) => {
      const value = showSetting(session, textOf(name as Known))
      if (value === undefined && missing !== true) throw new SqlError({ kind: 'unknown-variable', name: textOf(name as Known) })
      return value ?? null
    },
  },
  set_config: {
    arity: [3, 3],
    type: TEXT,
    run: ([name, value], session) => {
      session.settings.set(
        textOf(name as Known)
          .toLowerCase()
          .slice(0, 100),
        textOf(value as Known).slice(0, 1000),
      )
      return textOf(value as Known)
    },
  },
  inet_client_addr: constant({ kind: 'text', declared: 'inet' }, ({ setup }) => setup.clientIp),
  inet_client_port: constant(INTEGER, ({ setup }) => setup.clientPort),
  inet_server_addr: constant(
    { kind: 'text', declared: 'inet' },
    ({ setup }) => setup.persona.network.interfaces[0]?.address.split('/')[0] ?? null,
  ),
  inet_server_port: constant(INTEGER, ({ setup }) => setup.port),
  pg_backend_pid: constant(INTEGER, ({ setup }) => setup.connectionId),
  pg_postmaster_start_time: constant(TIMESTAMPTZ, ({ setup }) => `${dateTimeText(setup.startedAt, 6)}+00`),
  pg_conf_load_time: constant(TIMESTAMPTZ, ({ setup }) => `${dateTimeText(setup.startedAt, 6)}+00`),
  pg_is_in_recovery: constant(BOOLEAN, () => false),
  txid_current: constant(BIGINT, ({ setup }) => 700 + setup.connectionId),
  now,
  transaction_timestamp: now,
  statement_timestamp: now,
  clock_timestamp: now,
  current_timestamp: now,
  localtimestamp: constant({ kind: 'datetime' }, () => dateTimeText(Date.now(), 6)),
  current_date: constant(DATE, () => dateText(Date.now())),
  current_time: constant(TIME, () => timeText(Date.now())),
  localtime: constant(TIME, () => timeText(Date.now())),
  timeofday: constant(TEXT, () => new Date().toUTCString()),
  date_part: part,
  extract: { ...part, type: { kind: 'decimal' } },
  date_trunc: dateTrunc,
  to_char: toChar,
  age: ofText([1, 2], ([a]) => (parseTemporal(a as string) === undefined ? null : '00:00:00'), { kind: 'text', declared: 'interval' }),
  to_timestamp: { arity: [1, 2], type: TIMESTAMPTZ, run: ([seconds]) => `${dateTimeText(numberOf(seconds as Known) * 1000)}+00` },
  pg_sleep: { arity: [1, 1], type: VOID, run: ([seconds], session) => sleep(session, numberOf(seconds as Known) * 1000) },
  pg_sleep_for: ofText(1, ([span], session) => sleep(session, parseInterval(span as string).milliseconds), VOID),
  length: common('char_length'),
  substr: common('substring'),
  strpos: ofText(2, ([text, needle]) => indexOf(text as string, needle as string, false), INTEGER),
  position: ofText(2, ([needle, text]) => indexOf(text as string, needle as string, false), INTEGER),
  chr: { arity: [1, 1], type: TEXT, run: ([code]) => String.fromCodePoint(Math.min(0x10ffff, Math.max(1, numberOf(code as Known)))) },
  to_hex: {
    arity: [1, 1],
    type: TEXT,
    run: ([n]) =>
      BigInt.asUintN(n !== null && Math.abs(numberOf(n as Known)) > 2 ** 31 ? 64 : 32, BigInt(Math.trunc(numberOf(n as Known)))).toString(
        16,
      ),
  },
  encode,
  decode,
  format,
  split_part: {
    arity: [3, 3],
    type: TEXT,
    run: ([text, mark, n]) => textOf(text as Known).split(textOf(mark as Known))[numberOf(n as Known) - 1] ?? '',
  },
  initcap: ofText(1, ([text]) => (text as string).toLowerCase().replace(/[a-z0-9]+/g, (word) => word[0]?.toUpperCase() + word.slice(1))),
  translate: ofText(3, ([text, from, to]) =>
    [...(text as string)].map((c) => ((from as string).includes(c) ? ((to as string)[(from as string).indexOf(c)] ?? '') : c)).join(''),
  ),
  quote_ident: ofText(1, ([text]) => quoteIdentifier(text as string)),
  quote_literal: ofText(1, ([text]) => quoteLiteral(text as string)),
  quote_nullable: ofText(1, ([text]) => quoteLiteral(text as string)),
  regexp_replace: regexReplace,
  regexp_matches: ofText(
    [2, 3],
    ([text, pattern]) => (regexMatches(text as string, pattern as string, false) ? `{${pattern}}` : null),
    TEXT_ARRAY,
  ),
  starts_with: ofText(2, ([text, prefix]) => (text as string).startsWith(prefix as string), BOOLEAN),
  sha224: {
    arity: [1, 1],
    type: BINARY,
    run: ([v]) =>
      createHash('sha224')
        .update(bytesOf(v as Known))
        .digest(),
  },
  sha256: {
    arity: [1, 1],
    type: BINARY,
    run: ([v]) =>
      createHash('sha256')
        .update(bytesOf(v as Known))
        .digest(),
  },
  sha384: {
    arity: [1, 1],
    type: BINARY,
    run: ([v]) =>
      createHash('sha384')
        .update(bytesOf(v as Known))
        .digest(),
  },
  sha512: {
    arity: [1, 1],
    type: BINARY,
    run: ([v]) =>
      createHash('sha512')
        .update(bytesOf(v as Known))
        .digest(),
  },
  convert_from: { arity: [2, 2], type: TEXT, run: ([v]) => toText(bytesOf(v as Known)) },
  convert_to: { arity: [2, 2], type: BINARY, run: ([v]) => bytesOf(v as Known) },
  get_byte: { arity: [2, 2], type: INTEGER, run: ([v, at]) => bytesOf(v as Known)[numberOf(at as Known)] ?? 0 },
  random: constant(DOUBLE, () => Math.random()),
  setseed: { arity: [1, 1], type: VOID, run: () => '' },
  gen_random_uuid: constant({ kind: 'text', declared: 'uuid' }, () => randomUUID()),
  trunc: {
    arity: [1, 2],
    type: { kind: 'decimal' },
    run: ([v, digits]) => {
      const factor = 10 ** (digits === undefined ? 0 : numberOf(digits as Known))
      const value = Math.trunc(numberOf(v as Known) * factor) / factor
      return v instanceof Decimal ? new Decimal(value, digits === undefined ? 0 : Math.max(0, numberOf(digits as Known))) : value
    },
  },
  mod: {
    arity: [2, 2],
    type: sameType,
    run: ([a, b]) => {
      if (numberOf(b as Known) === 0) throw new SqlError({ kind: 'divide-by-zero' })
      return numberOf(a as Known) % numberOf(b as Known)
    },
  },
  div: { arity: [2, 2], type: { kind: 'decimal' }, run: ([a, b]) => Math.trunc(numberOf(a as Known) / (numberOf(b as Known) || 1)) },
  floor: { arity: [1, 1], type: { kind: 'decimal' }, run: ([v]) => Math.floor(numberOf(v as Known)) },
  ceil: { arity: [1, 1], type: { kind: 'decimal' }, run: ([v]) => Math.ceil(numberOf(v as Known)) },
  ceiling: { arity: [1, 1], type: { kind: 'decimal' }, run: ([v]) => Math.ceil(numberOf(v as Known)) },
  sign: { arity: [1, 1], type: DOUBLE, run: ([v]) => Math.sign(numberOf(v as Known)) },
  cbrt: ofNumber(1, Math.cbrt),
  log: ofNumber([1, 2], (x, y) => (y === undefined ? Math.log10(x) : Math.log(y) / Math.log(x))),
  array_to_string: {
    arity: [2, 3],
    type: TEXT,
    run: ([array, separator]) =>
      arrayItems(textOf(array as Known))
        .filter((item) => item !== 'NULL')
        .join(textOf(separator as Known)),
  },
  array_length: { arity: [2, 2], type: INTEGER, run: ([array]) => arrayItems(textOf(array as Known)).length || null },
  array_upper: { arity: [2, 2], type: INTEGER, run: ([array]) => arrayItems(textOf(array as Known)).length || null },
  array_lower: { arity: [2, 2], type: INTEGER, run: () => 1 },
  array_append: {
    arity: [2, 2],
    type: sameType,
    run: ([array, item]) => arrayText([...arrayItems(textOf(array as Known)), item as SqlValue]),
  },
  cardinality: { arity: [1, 1], type: INTEGER, run: ([array]) => arrayItems(textOf(array as Known)).length },
  string_to_array: ofText([2, 3], ([text, mark]) => arrayText((text as string).split(mark as string)), TEXT_ARRAY),
  regexp_split_to_array: ofText([2, 3], ([text, mark]) => arrayText((text as string).split(mark as string)), TEXT_ARRAY),
  has_table_privilege: yes([2, 3]),
  has_schema_privilege: yes([2, 3]),
  has_database_privilege: yes([2, 3]),
  has_column_privilege: yes([3, 4]),
  has_function_privilege: yes([2, 3]),
  has_any_column_privilege: yes([2, 3]),
  pg_has_role: yes([2, 3]),
  has_sequence_privilege: yes([2, 3]),
  has_language_privilege: yes([2, 3]),
  row_security_active: { arity: [1, 1], type: BOOLEAN, run: () => false },
  pg_table_is_visible: yes([1, 1]),
  pg_type_is_visible: yes([1, 1]),
  pg_function_is_visible: yes([1, 1]),
  pg_operator_is_visible: yes([1, 1]),
  pg_opclass_is_visible: yes([1, 1]),
  pg_collation_is_visible: yes([1, 1]),
  pg_relation_is_publishable: yes([1, 1]),
  pg_get_userbyid: {
    arity: [1, 1],
    type: NAME,
    run: ([oid], session) => {
      const role = roles(session).find((one) => one.oid === numberOf(oid as Known))
      return (role?.rolname ?? `unknown (OID=${textOf(oid as Known)})`) as string
    },
  },
  pg_encoding_to_char: { arity: [1, 1], type: NAME, run: ([n]) => (numberOf(n as Known) === 6 ? 'UTF8' : '') },
  pg_char_to_encoding: ofText(1, ([name]) => (/^utf-?8$/i.test(name as string) ? 6 : -1), INTEGER),
  getdatabaseencoding: constant(NAME, () => 'UTF8'),
  pg_client_encoding: constant(NAME, () => 'UTF8'),
  format_type: { arity: [2, 2], type: TEXT, takesNull: true, run: ([oid, modifier]) => formatOf(oid ?? null, modifier ?? null) },
  pg_get_expr: { arity: [2, 3], type: TEXT, run: ([text]) => text as Known },
  pg_get_indexdef: { arity: [1, 3], type: TEXT, run: ([oid], session) => indexDefinition(session, oid as Known) },
  pg_get_constraintdef: { arity: [1, 2], type: TEXT, run: ([oid], session) => constraintDefinition(session, numberOf(oid as Known)) },
  pg_get_viewdef: nothing([1, 2]),
  pg_get_functiondef: nothing([1, 1]),
  pg_get_function_result: nothing([1, 1]),
  pg_get_function_arguments: nothing([1, 1]),
  pg_get_function_identity_arguments: nothing([1, 1]),
  pg_get_statisticsobjdef_columns: nothing([1, 1]),
  pg_get_ruledef: nothing([1, 2]),
  pg_get_triggerdef: nothing([1, 2]),
  pg_get_serial_sequence: nothing([2, 2]),
  pg_get_partkeydef: nothing([1, 1]),
  array_remove: {
    arity: [2, 2],
    type: sameType,
    run: ([array, item]) => arrayText(arrayItems(textOf(array as Known)).filter((one) => one !== textOf(item as Known))),
  },
  acldefault: nothing([2, 2]),
  pg_get_acl: nothing([3, 3]),
  pg_partition_root: nothing([1, 1]),
  pg_get_publication_tables: nothing([1, 1]),
  pg_export_snapshot: constant(TEXT, () => '00000003-0000001B-1'),
  pg_describe_object: nothing([3, 3]),
  obj_description: nothing([1, 2]),
  col_description: nothing([2, 2]),
  shobj_description: nothing([2, 2]),
  pg_tablespace_location: { arity: [1, 1], type: TEXT, run: () => '' },
  pg_size_pretty: { arity: [1, 1], type: TEXT, run: ([n]) => sizeText(numberOf(n as Known)) },
  pg_database_size: {
    arity: [1, 1],
    type: BIGINT,
    run: ([name], session) => 7_500_000 + (session.catalog.database(textOf(name as Known))?.size ?? 3) * 65_536,
  },
  pg_relation_size: { arity: [1, 2], type: BIGINT, run: () => 65_536 },
  pg_total_relation_size: { arity: [1, 1], type: BIGINT, run: () => 98_304 },
  pg_table_size: { arity: [1, 1], type: BIGINT, run: () => 73_728 },
  pg_indexes_size: { arity: [1, 1], type: BIGINT, run: () => 32_768 },
  pg_reload_conf: constant(BOOLEAN, () => true),
  pg_rotate_logfile: constant(BOOLEAN, () => true),
  pg_switch_wal: constant(TEXT, () => '0/1930000'),
  pg_cancel_backend: { arity: [1, 1], type: BOOLEAN, run: () => true },
  pg_terminate_backend: { arity: [1, 2], type: BOOLEAN, run: () => true },
  pg_advisory_lock: { arity: [1, 2], type: VOID, run: () => '' },
  pg_try_advisory_lock: yes([1, 2]),
  pg_advisory_unlock: yes([1, 2]),
  nextval: { arity: [1, 1], type: BIGINT, run: () => 1 },
  setval: { arity: [2, 3], type: BIGINT, run: ([, value]) => value as Known },
  currval: { arity: [1, 1], type: BIGINT, run: () => 1 },
  lastval: constant(BIGINT, ({ lastInsertId }) => lastInsertId),
  to_regclass: ofText(
    1,
    ([name], session) =>
      tableById(session, name as string) ??
      ([...(session.current?.tables ?? [])].some((table) => table.name === name) ? (name as string) : null),
    { kind: 'text', declared: 'regclass' },
  ),
  query_to_xml: {
    arity: [4, 4],
    type: { kind: 'text', declared: 'xml' },
    run: () => '<table xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n\n</table>\n',
  },
  ...SERVER_FILE_FUNCTIONS,
  ...LARGE_OBJECT_FUNCTIONS,
}

function formatOf(oid: SqlValue, modifier: SqlValue): SqlValue {
  if (oid === null) return null
  const name = Object.entries(TYPE_OIDS).find(([, number]) => number === Number(oid))?.[0] ?? '???'
  const mod = modifier === null ? -1 : Number(modifier)
  if (mod < 4) return name
  if (name === 'character varying' || name === 'character') return `${name}(${mod - 4})`
  return name === 'numeric' ? formatType(decimal((mod - 4) >> 16, (mod - 4) & 0xffff)) : name
}

export const POSTGRES_FUNCTIONS: FunctionTable = {
  ...pick(
    COMMON_FUNCTIONS,
    'abs round sqrt exp ln sin cos tan radians degrees power pi greatest least concat concat_ws upper lower char_length character_length octet_length substring left right lpad rpad repeat replace reverse ltrim rtrim btrim trim ascii md5',
  ),
  ...POSTGRES_OWN,
}
