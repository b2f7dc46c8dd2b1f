import type { SqlType } from '../value.ts'

/** What PostgreSQL calls a type in its messages and catalogues. */
export function postgresTypeName(type: SqlType): string {
  if (type.declared) return type.declared
  switch (type.kind) {
    case 'integer':
      return type.bits === 64 ? 'bigint' : type.bits === 16 || type.bits === 8 ? 'smallint' : 'integer'
    case 'decimal':
      return 'numeric'
    case 'double':
      return 'double precision'
    case 'boolean':
      return 'boolean'
    case 'text':
      return type.length === undefined ? 'text' : 'character varying'
    case 'binary':
      return 'bytea'
    case 'date':
      return 'date'
    case 'time':
      return 'time without time zone'
    case 'datetime':
      return 'timestamp without time zone'
    case 'null':
      return 'unknown'
  }
}

/** Numbers of types in pg_type, by name. */
export const TYPE_OIDS: Record<string, number> = {
  boolean: 16,
  bytea: 17,
  '"char"': 18,
  name: 19,
  bigint: 20,
  smallint: 21,
  int2vector: 22,
  integer: 23,
  regproc: 24,
  text: 25,
  oid: 26,
  xid: 28,
  oidvector: 30,
  json: 114,
  xml: 142,
  pg_node_tree: 194,
  real: 700,
  'double precision': 701,
  unknown: 705,
  inet: 869,
  'boolean[]': 1000,
  'name[]': 1003,
  'smallint[]': 1005,
  'integer[]': 1007,
  'int[]': 1007,
  'int4[]': 1007,
  'text[]': 1009,
  'oid[]': 1028,
  'aclitem[]': 1034,
  character: 1042,
  'character varying': 1043,
  date: 1082,
  'time without time zone': 1083,
  'timestamp without time zone': 1114,
  'timestamp with time zone': 1184,
  interval: 1186,
  numeric: 1700,
  regclass: 2205,
  regtype: 2206,
  record: 2249,
  cstring: 2275,
  void: 2278,
  uuid: 2950,
  jsonb: 3802,
  regnamespace: 4089,
  regrole: 4096,
}

/** Type of a result column as the wire names it. */
export function typeOid(type: SqlType): number {
  if (type.kind === 'null') return 25
  // A text literal has become text by the time it is shown.
  return TYPE_OIDS[postgresTypeName(type)] ?? (type.declared?.endsWith('[]') ? 1009 : 25)
}

/** Bytes of a fixed type, -1 of one that varies. */
export function typeLength(oid: number): number {
  return (
    {
      16: 1,
      18: 1,
      19: 64,
      20: 8,
      21: 2,
      23: 4,
      24: 4,
      26: 4,
      700: 4,
      701: 8,
      1082: 4,
      1083: 8,
      1114: 8,
      1184: 8,
      1186: 16,
      2205: 4,
      2206: 4,
      2278: 4,
      2950: 16,
      705: -2,
    }[oid] ?? -1
  )
}

/** Length and precision, as atttypmod has them. */
export function typeModifier(type: SqlType): number {
  if (type.kind === 'text' && type.length !== undefined && !type.declared) return type.length + 4
  if (type.kind === 'text' && type.length !== undefined && type.declared === 'character') return type.length + 4
  if (type.kind === 'decimal' && type.precision !== undefined && type.precision < 30)
    return ((type.precision << 16) | (type.scale ?? 0)) + 4
  return -1
}

/** A type with its modifier: `character varying(20)`, `numeric(10,2)`. */
export function formatType(type: SqlType): string {
  const name = postgresTypeName(type)
  if (type.kind === 'text' && type.length !== undefined && (name === 'character varying' || name === 'character'))
    return `${name}(${type.length})`
  if (type.kind === 'decimal' && type.precision !== undefined && type.precision < 30) return `numeric(${type.precision},${type.scale ?? 0})`
  return name
}
