import { arrayItems } from '../compiler.ts'
import type { Dialect } from '../dialect.ts'
import type { LexicalRules } from '../lexer.ts'
import { findTable } from '../resolve.ts'
import type { DatabaseSession } from '../session.ts'
import { SqlError } from '../sql-error.ts'
import { dateText, parseTemporal } from '../temporal.ts'
import { Decimal, INTEGER, numberOf, type SqlType, type SqlValue, TEXT, textOf } from '../value.ts'
import { POSTGRES_FUNCTIONS } from './functions.ts'
import { listServerFolder } from './server-files.ts'
import { settingRows } from './settings.ts'
import { postgresStatement } from './statements.ts'
import { classOid, postgresSystemTable } from './system-tables.ts'
import { postgresTypeName, TYPE_OIDS } from './type-name.ts'
import { wordPostgres } from './wording.ts'

const LEXICAL: LexicalRules = {
  doubleQuotes: 'name',
  backticks: false,
  brackets: false,
  backslashes: 'e-strings',
  dollarQuotes: true,
  hashComments: false,
  dashesNeedBlank: false,
  nestedComments: true,
  versionComments: false,
  hexNumbers: false,
  parameters: 'dollar',
  nameExtras: '$',
}

const RESERVED = new Set(
  `ALL ANALYSE ANALYZE AND ANY ARRAY AS ASC ASYMMETRIC AUTHORIZATION BOTH CASE CAST CHECK COLLATE COLUMN CONSTRAINT CREATE CROSS DEFAULT DEFERRABLE DESC DISTINCT DO ELSE END EXCEPT
  FALSE FETCH FOR FOREIGN FREEZE FROM FULL GRANT GROUP HAVING ILIKE IN INITIALLY INNER INTERSECT INTO IS ISNULL JOIN LATERAL LEADING LEFT LIKE LIMIT NATURAL NOT NOTNULL NULL OFFSET ON ONLY OR ORDER
  OUTER OVERLAPS PLACING PRIMARY REFERENCES RETURNING RIGHT SELECT SIMILAR SOME SYMMETRIC TABLE THEN TO TRAILING TRUE UNION UNIQUE USING VARIADIC WHEN WHERE WINDOW WITH SET`.split(
    /\s+/,
  ),
)

/** Types that are another than their kind alone would say. */
const DECLARED: Record<string, string> = {
  name: 'name',
  timestamptz: 'timestamp with time zone',
  'timestamp with time zone': 'timestamp with time zone',
  json: 'json',
  jsonb: 'jsonb',
  xml: 'xml',
  inet: 'inet',
  char: 'character',
  character: 'character',
  bpchar: 'character',
  real: 'real',
  float4: 'real',
  interval: 'interval',
  varchar: 'character varying',
  'character varying': 'character varying',
}

const MOST_SERIES = 100_000

function tableFunction(
  session: DatabaseSession,
  name: string,
  args: SqlValue[],
): { columns: { name: string; type: SqlType }[]; rows: SqlValue[][] } | undefined {
  const [first, second, third] = args
  const text = first === null || first === undefined ? '' : textOf(first)
  const one = (type: SqlType, values: SqlValue[]): { columns: { name: string; type: SqlType }[]; rows: SqlValue[][] } => ({
    columns: [{ name, type }],
    rows: values.map((value) => [value]),
  })
  switch (name) {
    case 'generate_series': {
      const [from, to, step] = [
        Number(text),
        second === null || second === undefined ? Number.NaN : numberOf(second),
        third === null || third === undefined ? 1 : numberOf(third),
      ]
      const values: number[] = []
      for (let n = from; step !== 0 && (step > 0 ? n <= to : n >= to); n += step) {
        if (values.length >= MOST_SERIES) throw new SqlError({ kind: 'interrupted' })
        values.push(n)
      }
      session.meter.step(values.length)
      return one(INTEGER, values)
    }
    case 'unnest':
      return one(TEXT, arrayItems(text))
    case 'generate_subscripts':
      return one(
        INTEGER,
        arrayItems(text).map((_, i) => i + 1),
      )
    case 'regexp_split_to_table':
    case 'string_to_table':
      return one(TEXT, second === null || second === undefined ? [] : text.split(textOf(second)).slice(0, MOST_SERIES))
    case 'pg_ls_dir':
      return first === null ? one(TEXT, []) : one(TEXT, listServerFolder(session, text))
    case 'pg_options_to_table':
      return { columns: ['option_name', 'option_value'].map((column) => ({ name: column, type: TEXT })), rows: [] }
    case 'pg_show_all_settings':
      return {
        columns: ['name', 'setting'].map((column) => ({ name: column, type: TEXT })),
        rows: settingRows(session).map((row): SqlValue[] => [String(row.name), String(row.setting ?? '')]),
      }
    default:
      return undefined
  }
}

/** Casts to names of relations and types, characters, booleans and dates. */
function cast(session: DatabaseSession, value: Exclude<SqlValue, null>, type: SqlType, typeName: string): SqlValue | undefined {
  if (type.declared === 'regclass') {
    if (typeof value === 'number')
      return [...(session.current?.tables ?? [])].find((table) => classOid(table) === value)?.name ?? String(value)
    const name = textOf(value)
    if (/^\d+$/.test(name)) return Number(name)
    const found = findTable(session, { parts: name.replaceAll('"', '').split('.') })
    if (!found) throw new SqlError({ kind: 'unknown-table', table: name })
    return classOid(found.table)
  }
  if (type.declared === 'regtype')
    return typeof value === 'number' ? (Object.entries(TYPE_OIDS).find(([, oid]) => oid === value)?.[0] ?? '-') : textOf(value)
  if (type.kind === 'decimal' && type.scale === undefined && value instanceof Decimal) return value
  if (type.kind === 'text' && /^(char|character|bpchar)$/.test(typeName.replace(/\(.*/, '')))
    return textOf(value)
      .slice(0, type.length)
      .padEnd(type.length ?? 1)
  if (type.kind === 'date' && typeof value === 'string' && (value === 'today' || value === 'now')) return dateText(Date.now())
  if (type.kind === 'text' && typeof value === 'boolean') return value ? 'true' : 'false'
  if (type.kind === 'text' && Buffer.isBuffer(value)) return `\\x${value.toString('hex')}`
  if (type.kind === 'binary' && typeof value === 'string' && /^\\x([0-9a-f]{2})*$/i.test(value)) return Buffer.from(value.slice(2), 'hex')
  if (type.kind === 'datetime' && typeof value === 'string' && parseTemporal(value) !== undefined && /\+\d\d$/.test(value))
    return type.declared ? value : value.replace(/\+\d\d$/, '')
  return undefined
}

export const POSTGRESQL: Dialect = {
  name: 'postgresql',
  lexical: LEXICAL,
  fold: (name) => name.toLowerCase(),
  foldTable: (name) => name,
  foldColumn: (name) => name,
  isReserved: (upper) => RESERVED.has(upper),
  backtickNames: false,
  doubleQuotedNames: true,
  pipesMeanOr: false,
  separatesByBlanks: false,
  schemaIsDatabase: false,
  defaultSchema: 'public',
  ignoresCase: false,
  textToNumber: 'strict',
  divides: 'whole',
  divisionByZero: 'error',
  functions: POSTGRES_FUNCTIONS,
  statement: postgresStatement,
  systemTable: (session, _database, schema, name) => postgresSystemTable(session, schema, name),
  systemVariable: () => undefined,
  tableFunctions: new Set([
    'generate_series',
    'unnest',
    'generate_subscripts',
    'regexp_split_to_table',
    'string_to_table',
    'pg_ls_dir',
    'pg_options_to_table',
    'pg_show_all_settings',
  ]),
  tableFunction,
  cast,
  adjustType: (type, typeName) => {
    const declared = DECLARED[typeName]
    return declared === undefined ? type : { ...type, declared }
  },
  typeName: postgresTypeName,
  columnName: (_text, kind, name) => {
    if (kind === 'call') return name.toLowerCase() === 'trim' ? 'btrim' : name.toLowerCase()
    if (kind === 'cast') return castColumn(name)
    if (kind === 'case' || kind === 'array' || kind === 'row' || kind === 'exists') return kind
    return kind === 'subquery' && name ? name : '?column?'
  },
  word: wordPostgres,
}

/** The name of a cast to a type is the type's internal one. */
function castColumn(name: string): string {
  const plain = name.replace(/[([].*$/, '').trim()
  return (
    {
      int: 'int4',
      integer: 'int4',
      bigint: 'int8',
      smallint: 'int2',
      boolean: 'bool',
      'double precision': 'float8',
      float: 'float8',
      real: 'float4',
      decimal: 'numeric',
      char: 'bpchar',
      character: 'bpchar',
      'character varying': 'varchar',
    }[plain] ?? plain
  )
}
