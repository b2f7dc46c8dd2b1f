import type { Dialect } from './dialect.ts'
import { SqlError } from './sql-error.ts'
import type { TokenReader } from './token-reader.ts'
import { BIGINT, BINARY, BOOLEAN, DATE, DATETIME, DOUBLE, INTEGER, type SqlType, TEXT, TIME } from './value.ts'

/** What each type's first word means to us, in all dialects together. */
const TYPES: Record<string, SqlType> = {
  bit: { kind: 'boolean' },
  bool: BOOLEAN,
  boolean: BOOLEAN,
  tinyint: { kind: 'integer', bits: 8 },
  smallint: { kind: 'integer', bits: 16 },
  int2: { kind: 'integer', bits: 16 },
  mediumint: INTEGER,
  int: INTEGER,
  integer: INTEGER,
  int4: INTEGER,
  signed: BIGINT,
  unsigned: { ...BIGINT, isUnsigned: true },
  bigint: BIGINT,
  int8: BIGINT,
  serial: INTEGER,
  serial4: INTEGER,
  bigserial: BIGINT,
  serial8: BIGINT,
  smallserial: { kind: 'integer', bits: 16 },
  oid: { kind: 'integer', bits: 32, declared: 'oid' },
  year: { kind: 'integer', bits: 16, declared: 'year' },
  decimal: { kind: 'decimal', precision: 10, scale: 0 },
  dec: { kind: 'decimal', precision: 10, scale: 0 },
  numeric: { kind: 'decimal' },
  money: { kind: 'decimal', precision: 19, scale: 4 },
  smallmoney: { kind: 'decimal', precision: 10, scale: 4 },
  float: DOUBLE,
  double: DOUBLE,
  real: DOUBLE,
  float4: DOUBLE,
  float8: DOUBLE,
  char: { kind: 'text', length: 1 },
  character: { kind: 'text', length: 1 },
  bpchar: TEXT,
  nchar: { kind: 'text', length: 1 },
  varchar: TEXT,
  nvarchar: TEXT,
  varchar2: TEXT,
  sysname: { kind: 'text', length: 128 },
  text: TEXT,
  ntext: TEXT,
  tinytext: TEXT,
  mediumtext: TEXT,
  longtext: TEXT,
  name: TEXT,
  citext: TEXT,
  xml: TEXT,
  json: TEXT,
  jsonb: TEXT,
  enum: TEXT,
  set: TEXT,
  uuid: { kind: 'text', length: 36, declared: 'uuid' },
  uniqueidentifier: { kind: 'text', length: 36, declared: 'uniqueidentifier' },
  inet: TEXT,
  cidr: TEXT,
  macaddr: TEXT,
  interval: TEXT,
  sql_variant: TEXT,
  regclass: { kind: 'text', declared: 'regclass' },
  regtype: { kind: 'text', declared: 'regtype' },
  regproc: { kind: 'text', declared: 'regproc' },
  regnamespace: TEXT,
  regrole: TEXT,
  binary: BINARY,
  varbinary: BINARY,
  image: BINARY,
  blob: BINARY,
  tinyblob: BINARY,
  mediumblob: BINARY,
  longblob: BINARY,
  bytea: BINARY,
  raw: BINARY,
  date: DATE,
  time: TIME,
  timetz: TIME,
  datetime: DATETIME,
  datetime2: DATETIME,
  smalldatetime: DATETIME,
  datetimeoffset: DATETIME,
  timestamp: DATETIME,
  timestamptz: DATETIME,
}

const SIZED = new Set([
  'char',
  'character',
  'nchar',
  'varchar',
  'nvarchar',
  'varchar2',
  'nvarchar2',
  'binary',
  'varbinary',
  'bpchar',
  'raw',
])
const FOLLOWERS = new Set(['VARYING', 'PRECISION', 'UNSIGNED', 'SIGNED', 'ZEROFILL', 'BINARY', 'LARGE', 'OBJECT', 'RAW'])

interface NamedType {
  type: SqlType
  /** As it was written, in lower case. */
  typeName: string
  isSerial: boolean
}

/** Reads a type: `varchar(20)`, `double precision`, `timestamp without time zone`, `int[]`. */
export function parseType(parser: { reader: TokenReader; anyName(): string; skipParentheses?: () => void }, dialect: Dialect): NamedType {
  const { reader } = parser
  const { at } = reader.token
  let first = parser.anyName().toLowerCase()
  while (reader.takes('.')) first = parser.anyName().toLowerCase()
  let typeName = first
  const args = reader.sees('(') ? readArguments(reader) : []
  let isUnsigned = false
  while (FOLLOWERS.has(reader.token.upper)) {
    const { upper } = reader.take()
    if (upper === 'UNSIGNED') isUnsigned = true
    typeName += ` ${upper.toLowerCase()}`
  }
  if (reader.sees('(') && args.length === 0) args.push(...readArguments(reader))
  if (reader.sees('WITH', 'LOCAL', 'TIME')) reader.take()
  if (reader.seesOne('WITH', 'WITHOUT', 'LOCAL') && reader.ahead().upper === 'TIME') {
    typeName += ` ${reader.take().upper.toLowerCase()} time zone`
    reader.expect('TIME', 'ZONE')
  }
  if (dialect.backtickNames && (reader.takes('CHARSET') || reader.takes('CHARACTER', 'SET'))) parser.anyName()
  let isArray = false
  while (reader.sees('[')) {
    isArray = true
    reader.expect('[')
    if (!reader.sees(']')) reader.take()
    reader.expect(']')
  }
  const own = dialect.types && Object.hasOwn(dialect.types, first) ? dialect.types[first] : undefined
  const known = own ?? (Object.hasOwn(TYPES, first) ? TYPES[first] : undefined)
  if (!known) throw new SqlError({ kind: 'unknown-type', type: first, at })
  const isSerial = dialect.name === 'postgresql' && first.includes('serial')
  if (isArray) return { type: { kind: 'text', declared: `${first}[]` }, typeName: `${typeName}[]`, isSerial: false }
  const type = sized(known, first, args, isUnsigned)
  return {
    type: dialect.adjustType?.(type, typeName) ?? type,
    typeName: args.length ? `${typeName}(${args.join(',')})` : typeName,
    isSerial,
  }
}

function readArguments(reader: TokenReader): string[] {
  return reader.parenthesized(() =>
    reader.list(() => {
      const token = reader.take()
      if (token.kind !== 'number' && token.kind !== 'string' && token.upper !== 'MAX' && token.upper !== '*') throw reader.error(token)
      // VARCHAR2(20 CHAR)
      if (!reader.takes('CHAR')) reader.takes('BYTE')
      return token.kind === 'string' ? `'${token.text}'` : token.text
    }),
  )
}

function sized(known: SqlType, first: string, args: string[], isUnsigned: boolean): SqlType {
  const [a, b] = args.map(Number)
  if (known.kind === 'decimal' && a !== undefined && Number.isInteger(a))
    return { kind: 'decimal', precision: Math.min(a, 65), scale: Math.min(b ?? 0, 30) }
  if (SIZED.has(first) && args.length) {
    const { length: _, ...rest } = known
    return a !== undefined && Number.isInteger(a) ? { ...rest, length: a } : rest
  }
  if (first === 'enum' || first === 'set') return { kind: 'text', declared: `${first}(${args.join(',')})` }
  if (first === 'tinyint' && a === 1) return { kind: 'integer', bits: 8, declared: 'tinyint(1)' }
  return isUnsigned ? { ...known, isUnsigned: true } : known
}
