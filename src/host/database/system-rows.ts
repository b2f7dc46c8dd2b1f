import { type Column, type Row, Table } from './catalog.ts'
import { BIGINT, BINARY, DATETIME, DOUBLE, decimal, INTEGER, type SqlType, type SqlValue, TEXT, varchar } from './value.ts'

/** A row of a table of the server about itself, by column; what is left out is NULL or empty. */
export type SystemRow = Record<string, SqlValue | undefined>

/** A column as the facts files write it: `name type [not null] [PRI]`. */
export function systemColumn(text: string): Column & { isPrimary: boolean } {
  const match = /^(\S+) (.+?)( not null)?( PRI| MUL| UNI)?$/.exec(text)
  const [, name = text, type = 'text', notNull, key] = match ?? []
  return { name, type: systemType(type), isNullable: !notNull, isAutoIncrement: false, isPrimary: key === ' PRI' }
}

/** Domains of PostgreSQL's information_schema. */
const DOMAINS: Record<string, SqlType> = {
  'information_schema.sql_identifier': { kind: 'text', declared: 'name' },
  'information_schema.character_data': { kind: 'text', declared: 'character varying' },
  'information_schema.yes_or_no': { kind: 'text', declared: 'character varying' },
  'information_schema.cardinal_number': { kind: 'integer', bits: 32 },
  'information_schema.time_stamp': { kind: 'datetime', declared: 'timestamp with time zone' },
  boolean: { kind: 'boolean' },
  integer: { kind: 'integer', bits: 32 },
  smallint: { kind: 'integer', bits: 16 },
  oid: { kind: 'integer', bits: 32, declared: 'oid' },
}

function systemType(text: string): SqlType {
  const [, word = '', args = ''] = /^([a-z ]+?)(?:\((.*)\))?(?: unsigned)?(?: zerofill)?$/.exec(text) ?? []
  const size = Number.parseInt(args, 10)
  const declared = { declared: text }
  const domain = DOMAINS[text]
  if (domain) return domain
  if (/^(bigint|int8)/.test(word)) return { ...BIGINT, ...declared, isUnsigned: text.endsWith('unsigned') }
  if (/int$|^year/.test(word)) return { ...INTEGER, ...declared }
  if (/^(decimal|numeric)/.test(word)) return { ...decimal(size || 10, Number(args.split(',')[1] ?? 0)), ...declared }
  if (/^(double|float)/.test(word)) return { ...DOUBLE, ...declared }
  if (/^(datetime|timestamp)/.test(word)) return { ...DATETIME, ...declared }
  if (/blob|binary/.test(word)) return { ...BINARY, ...declared }
  return Number.isInteger(size) && /char/.test(word) ? { ...varchar(size), ...declared } : { ...TEXT, ...declared }
}

/** Columns by the list that names them, read once. */
const known = new WeakMap<readonly string[], (Column & { isPrimary: boolean })[]>()

function columnsOf(list: readonly string[]): (Column & { isPrimary: boolean })[] {
  const found = known.get(list) ?? list.map(systemColumn)
  known.set(list, found)
  return found
}

/** A table of the server, made for one statement. */
export function systemTable(schema: string, name: string, columns: readonly string[], rows: Iterable<SystemRow>): Table {
  const defined = columnsOf(columns)
  const keys = defined.filter((column) => column.isPrimary).map((column) => column.name)
  return new Table(
    0,
    schema,
    name,
    defined,
    keys.length ? [{ kind: 'primary', columns: keys }] : [],
    [...rows].map((row) => rowOf(defined, row)),
  )
}

function rowOf(columns: readonly Column[], row: SystemRow): Row {
  return columns.map((column) => {
    const value = row[column.name] ?? row[column.name.toLowerCase()]
    if (value !== undefined) return value
    if (column.isNullable) return null
    return column.type.kind === 'text' ? '' : column.type.kind === 'binary' ? Buffer.alloc(0) : 0
  })
}
