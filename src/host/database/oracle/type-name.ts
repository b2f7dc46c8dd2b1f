import type { SqlType } from '../value.ts'

/** As DATA_TYPE of ALL_TAB_COLUMNS says it, without a size. */
export function oracleTypeName(type: SqlType): string {
  if (type.declared !== undefined) return type.declared
  switch (type.kind) {
    case 'integer':
    case 'decimal':
    case 'double':
    case 'boolean':
      return 'NUMBER'
    case 'binary':
      return 'RAW'
    case 'date':
    case 'datetime':
      return 'DATE'
    default:
      return 'VARCHAR2'
  }
}

/** Types that Oracle has beside those of all, or sees otherwise: its DATE has a time. */
export const ORACLE_TYPES: Readonly<Record<string, SqlType>> = {
  number: { kind: 'decimal' },
  pls_integer: { kind: 'integer', bits: 32 },
  binary_integer: { kind: 'integer', bits: 32 },
  binary_float: { kind: 'double' },
  binary_double: { kind: 'double' },
  nvarchar2: { kind: 'text' },
  clob: { kind: 'text' },
  nclob: { kind: 'text' },
  long: { kind: 'text' },
  rowid: { kind: 'text', length: 18 },
  xmltype: { kind: 'text' },
  bfile: { kind: 'binary' },
  date: { kind: 'datetime' },
  timestamp: { kind: 'datetime', declared: 'TIMESTAMP(6)' },
}
