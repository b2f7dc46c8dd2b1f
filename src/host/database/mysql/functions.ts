import { createHash, randomUUID } from 'node:crypto'
import type { FunctionTable, SqlFunction } from '../dialect.ts'
import { COMMON_FUNCTIONS, constant, indexOf, ofNumber, ofText, pick, sameType } from '../functions.ts'
import type { DatabaseSession } from '../session.ts'
import { SqlError } from '../sql-error.ts'
import { addInterval, dateText, dateTimeText, parseInterval, parseTemporal, temporalPart, timeText } from '../temporal.ts'
import { BIGINT, BINARY, bytesOf, DATE, DATETIME, Decimal, DOUBLE, INTEGER, numberOf, type SqlValue, TEXT, TIME, textOf } from '../value.ts'

type Known = Exclude<SqlValue, null>

const now = constant(DATETIME, () => dateTimeText(Date.now()))
const today = constant(DATE, () => dateText(Date.now()))
const clock = constant(TIME, () => timeText(Date.now()))
const client = ({ setup }: DatabaseSession): string => `${setup.user}@${setup.clientIp}`

/** Longest single sleep; a sensor is not held longer by one statement. */
const LONGEST_SLEEP_MS = 30_000

function sleepFor(session: DatabaseSession, milliseconds: number): void {
  session.delayMs = Math.min(LONGEST_SLEEP_MS, session.delayMs + Math.max(0, milliseconds || 0))
}

const lower = (name: string): SqlFunction => COMMON_FUNCTIONS[name] as SqlFunction

const substringIndex = ofText(3, ([text, mark, count]) => {
  if (mark === '') return ''
  const parts = (text as string).split(mark as string)
  const n = Math.trunc(Number(count)) || 0
  return n >= 0 ? parts.slice(0, n).join(mark) : parts.slice(n).join(mark)
})

/** The error that injections read data from: the XPath is wrong, and the server says what it was. */
function xpath(value: Known): SqlValue {
  const text = textOf(value)
  const wrong = /[^\w/@.*[\]()=' -]/.exec(text)
  if (wrong)
    throw new SqlError({
      kind: 'worded',
      code: 1105,
      state: 'HY000',
      message: `XPATH syntax error: '${text.slice(wrong.index, wrong.index + 32)}'`,
    })
  return ''
}

const loadFile: SqlFunction = {
  arity: [1, 1],
  type: TEXT,
  run: ([path], { setup }) => {
    const name = textOf(path as Known)
    const bytes = setup.host.readFile(name)
    setup.note({ kind: 'read-file', path: name, found: bytes !== undefined })
    return bytes ?? null
  },
}

const dateFormat = ofText(2, ([date, format]) => {
  const ms = parseTemporal(date as string)
  if (ms === undefined) return null
  const iso = dateTimeText(ms)
  const d = new Date(ms)
  const parts: Record<string, string> = {
    Y: iso.slice(0, 4),
    y: iso.slice(2, 4),
    m: iso.slice(5, 7),
    c: String(d.getUTCMonth() + 1),
    d: iso.slice(8, 10),
    e: String(d.getUTCDate()),
    H: iso.slice(11, 13),
    i: iso.slice(14, 16),
    s: iso.slice(17, 19),
    S: iso.slice(17, 19),
    f: '000000',
    T: iso.slice(11),
    '%': '%',
    W: ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'][d.getUTCDay()] as string,
    M: ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'][
      d.getUTCMonth()
    ] as string,
  }
  return (format as string).slice(0, 500).replace(/%(.)/g, (_, letter: string) => parts[letter] ?? letter)
})

function part(unit: string): SqlFunction {
  return ofText(
    1,
    ([date]) => {
      const ms = parseTemporal(date as string)
      return ms === undefined ? null : (temporalPart(unit, ms) ?? null)
    },
    INTEGER,
  )
}

const addDate = (sign: 1 | -1): SqlFunction =>
  ofText(
    2,
    ([date, interval]) =>
      addInterval(date as string, parseInterval(/^-?\d+$/.test(interval as string) ? `${interval} day` : (interval as string)), sign),
    DATETIME,
  )

const hashOf = (bits: number): string | undefined => ({ 0: 'sha256', 224: 'sha224', 256: 'sha256', 384: 'sha384', 512: 'sha512' })[bits]

function base(digits: string, from: number, to: number): string | null {
  if (from < 2 || from > 36 || to < 2 || to > 36) return null
  const value = Number.parseInt(digits, from)
  return Number.isNaN(value) ? '0' : value.toString(to).toUpperCase()
}

/** PASSWORD(): what mysql.user holds. */
export function nativePassword(password: Buffer): string {
  if (password.length === 0) return ''
  const once = createHash('sha1').update(password).digest()
  return `*${createHash('sha1').update(once).digest('hex').toUpperCase()}`
}

const MYSQL_OWN: FunctionTable = {
  version: constant(TEXT, ({ setup }) => setup.version),
  user: constant(TEXT, client),
  session_user: constant(TEXT, client),
  system_user: constant(TEXT, client),
  current_user: constant(TEXT, ({ setup }) => `${setup.user}@%`),
  current_role: constant(TEXT, () => null),
  database: constant(TEXT, ({ database }) => database || null),
  schema: constant(TEXT, ({ database }) => database || null),
  connection_id: constant(BIGINT, ({ setup }) => setup.connectionId),
  last_insert_id: { arity: [0, 1], type: BIGINT, run: ([value], session) => value ?? session.lastInsertId },
  row_count: constant(BIGINT, ({ rowCount }) => rowCount),
  found_rows: constant(BIGINT, ({ foundRows }) => foundRows),
  now,
  sysdate: now,
  current_timestamp: { ...now, arity: [0, 1] },
  localtime: now,
  localtimestamp: now,
  utc_timestamp: now,
  curdate: today,
  current_date: today,
  utc_date: today,
  curtime: clock,
  current_time: clock,
  utc_time: clock,
  unix_timestamp: {
    arity: [0, 1],
    type: BIGINT,
    run: ([date]) => (date === undefined ? Math.floor(Date.now() / 1000) : Math.floor((parseTemporal(textOf(date as Known)) ?? 0) / 1000)),
  },
  from_unixtime: ofText([1, 2], ([seconds]) => dateTimeText((Number(seconds) || 0) * 1000), DATETIME),
  date: ofText(1, ([date]) => (parseTemporal(date as string) === undefined ? null : (date as string).slice(0, 10)), DATE),
  date_format: dateFormat,
  date_add: addDate(1),
  date_sub: addDate(-1),
  adddate: addDate(1),
  subdate: addDate(-1),
  datediff: ofText(
    2,
    ([a, b]) => {
      const [x, y] = [parseTemporal((a as string).slice(0, 10)), parseTemporal((b as string).slice(0, 10))]
      return x === undefined || y === undefined ? null : Math.round((x - y) / 86_400_000)
    },
    INTEGER,
  ),
  timestampdiff: ofText(3, () => null, INTEGER),
  year: part('year'),
  month: part('month'),
  day: part('day'),
  dayofmonth: part('day'),
  hour: part('hour'),
  minute: part('minute'),
  second: part('second'),
  quarter: part('quarter'),
  dayofweek: part('weekday'),
  dayofyear: part('dayofyear'),
  week: part('week'),
  extract: ofText(
    2,
    ([unit, date]) => {
      const ms = parseTemporal(date as string)
      return ms === undefined ? null : (temporalPart(unit as string, ms) ?? null)
    },
    INTEGER,
  ),
  ucase: lower('upper'),
  lcase: lower('lower'),
  mid: lower('substring'),
  substr: lower('substring'),
  length: lower('octet_length'),
  bit_length: { arity: [1, 1], type: INTEGER, run: ([v]) => bytesOf(v as Known).length * 8 },
  ord: { arity: [1, 1], type: INTEGER, run: ([v]) => [...bytesOf(v as Known).subarray(0, 1)][0] ?? 0 },
  char: { arity: [1, 500], type: BINARY, run: (codes) => Buffer.from(codes.map((code) => numberOf(code as Known) & 255)) },
  chr: ofText(1, ([code]) => String.fromCharCode(Number(code) & 0xffff)),
  hex: {
    arity: [1, 1],
    type: TEXT,
    run: ([v]) =>
      (typeof v === 'number'
        ? (v < 0 ? BigInt.asUintN(64, BigInt(Math.trunc(v))) : Math.trunc(v)).toString(16)
        : bytesOf(v as Known).toString('hex')
      ).toUpperCase(),
  },
  unhex: ofText(1, ([text]) =>
    /^[0-9a-f]*$/i.test(text as string) ? Buffer.from((text as string).length % 2 ? `0${text}` : (text as string), 'hex') : null,
  ),
  bin: ofText(1, ([n]) => (Math.trunc(Number(n)) || 0).toString(2)),
  oct: ofText(1, ([n]) => (Math.trunc(Number(n)) || 0).toString(8)),
  conv: ofText(3, ([digits, from, to]) => base(digits as string, Number(from), Number(to))),
  instr: ofText(2, ([text, needle]) => indexOf(text as string, needle as string, true), INTEGER),
  locate: ofText([2, 3], ([needle, text, from = '1']) => indexOf(text as string, needle as string, true, Number(from)), INTEGER),
  strcmp: ofText(
    2,
    ([a, b]) =>
      Math.sign(
        (a as string).toLowerCase() < (b as string).toLowerCase() ? -1 : (a as string).toLowerCase() > (b as string).toLowerCase() ? 1 : 0,
      ),
    INTEGER,
  ),
  elt: {
    arity: [2, 500],
    type: TEXT,
    takesNull: true,
    run: ([n, ...texts]) => (n === null ? null : (texts[numberOf(n as Known) - 1] ?? null)),
  },
  field: ofText(
    [2, 500],
    ([wanted, ...texts]) => texts.findIndex((text) => text.toLowerCase() === (wanted as string).toLowerCase()) + 1,
    INTEGER,
  ),
  find_in_set: ofText(2, ([wanted, set]) => (set as string).split(',').indexOf(wanted as string) + 1, INTEGER),
  make_set: ofText([2, 65], ([bits, ...texts]) => texts.filter((_, i) => (Number(bits) >> i) & 1).join(',')),
  export_set: ofText([3, 5], ([bits, on, off]) =>
    Array.from({ length: 64 }, (_, i) => ((BigInt(Math.trunc(Number(bits)) || 0) >> BigInt(i)) & 1n ? on : off)).join(','),
  ),
  insert: ofText(
    4,
    ([text, at, length, inner]) =>
      (text as string).slice(0, Number(at) - 1) + inner + (text as string).slice(Number(at) - 1 + Number(length)),
  ),
  substring_index: substringIndex,
  quote: ofText(1, ([text]) => `'${(text as string).replace(/['\\]/g, '\\$&')}'`),
  format: ofText([2, 3], ([n, digits]) =>
    (Number(n) || 0).toLocaleString('en-US', {
      minimumFractionDigits: Math.min(30, Math.max(0, Number(digits) || 0)),
      maximumFractionDigits: Math.min(30, Math.max(0, Number(digits) || 0)),
    }),
  ),
  sha2: {
    arity: [2, 2],
    type: TEXT,
    run: ([v, bits]) => {
      const name = hashOf(numberOf(bits as Known))
      return name
        ? createHash(name)
            .update(bytesOf(v as Known))
            .digest('hex')
        : null
    },
  },
  password: { arity: [1, 1], type: TEXT, run: ([v]) => nativePassword(bytesOf(v as Known)) },
  crc32: { arity: [1, 1], type: BIGINT, run: ([v]) => crc32(bytesOf(v as Known)) },
  to_base64: { arity: [1, 1], type: TEXT, run: ([v]) => bytesOf(v as Known).toString('base64') },
  from_base64: ofText(1, ([text]) => Buffer.from(text as string, 'base64')),
  compress: { arity: [1, 1], type: TEXT, run: ([v]) => v as Known },
  uuid: constant(TEXT, () => randomUUID()),
  rand: { arity: [0, 1], type: DOUBLE, run: () => Math.random() },
  mod: {
    arity: [2, 2],
    type: sameType,
    run: ([a, b]) => (numberOf(b as Known) === 0 ? null : numberOf(a as Known) % numberOf(b as Known)),
  },
  truncate: {
    arity: [2, 2],
    type: sameType,
    run: ([a, d]) => {
      const factor = 10 ** Math.max(-15, Math.min(15, numberOf(d as Known)))
      const result = Math.trunc(numberOf(a as Known) * factor) / factor
      return a instanceof Decimal ? new Decimal(result, Math.max(0, numberOf(d as Known))) : result
    },
  },
  log: ofNumber([1, 2], (x, y) => (y === undefined ? Math.log(x) : Math.log(y) / Math.log(x))),
  log2: ofNumber(1, Math.log2),
  isnull: { arity: [1, 1], type: INTEGER, takesNull: true, run: ([v]) => (v === null ? 1 : 0) },
  interval: {
    arity: [2, 100],
    type: INTEGER,
    run: ([n, ...rest]) => rest.filter((v) => numberOf(v as Known) <= numberOf(n as Known)).length,
  },
  inet_aton: ofText(
    1,
    ([ip]) =>
      /^\d{1,3}(\.\d{1,3}){3}$/.test(ip as string) ? (ip as string).split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0) : null,
    BIGINT,
  ),
  inet_ntoa: ofText(1, ([n]) => [24, 16, 8, 0].map((shift) => Math.floor(Number(n) / 2 ** shift) & 255).join('.')),
  sleep: {
    arity: [1, 1],
    type: INTEGER,
    run: ([seconds], session) => {
      sleepFor(session, numberOf(seconds as Known) * 1000)
      return 0
    },
  },
  // A million rounds of MD5 took the real machine about a quarter of a second.
  benchmark: {
    arity: [2, 2],
    type: INTEGER,
    takesNull: true,
    run: ([rounds], session) => {
      sleepFor(session, rounds === null ? 0 : Math.floor(numberOf(rounds as Known) / 4000))
      return 0
    },
  },
  load_file: loadFile,
  extractvalue: { arity: [2, 2], type: TEXT, run: ([, path]) => xpath(path as Known) },
  updatexml: {
    arity: [3, 3],
    type: TEXT,
    takesNull: true,
    run: ([document, path]) => {
      if (path !== null) xpath(path as Known)
      return path === null ? null : (document ?? null)
    },
  },
  get_lock: { arity: [2, 2], type: INTEGER, run: () => 1 },
  release_lock: { arity: [1, 1], type: INTEGER, run: () => 1 },
  is_free_lock: { arity: [1, 1], type: INTEGER, run: () => 1 },
  is_used_lock: { arity: [1, 1], type: INTEGER, run: () => null },
  charset: ofText(1, () => 'utf8mb4'),
  collation: ofText(1, () => 'utf8mb4_general_ci'),
  coercibility: ofText(1, () => 4, INTEGER),
  name_const: { arity: [2, 2], type: TEXT, run: ([, value]) => value as Known },
}

function crc32(bytes: Buffer): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let i = 0; i < 8; i++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  }
  return (crc ^ 0xffffffff) >>> 0
}

export const MYSQL_FUNCTIONS: FunctionTable = {
  ...pick(
    COMMON_FUNCTIONS,
    'abs ceil ceiling floor round sign sqrt exp ln log10 sin cos tan radians degrees power pow pi greatest least concat concat_ws upper lower char_length character_length octet_length substring left right lpad rpad repeat space replace reverse ltrim rtrim trim ascii position md5 sha1 sha',
  ),
  ...MYSQL_OWN,
}
