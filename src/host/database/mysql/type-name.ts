import type { SqlType } from '../value.ts'

const NAMES: Record<string, (type: SqlType) => string> = {
  integer: ({ bits = 32, isUnsigned }) =>
    `${{ 8: 'tinyint(4)', 16: 'smallint(6)', 32: isUnsigned ? 'int(10)' : 'int(11)', 64: 'bigint(20)' }[bits]}${isUnsigned ? ' unsigned' : ''}`,
  decimal: ({ precision = 10, scale = 0 }) => `decimal(${precision},${scale})`,
  double: () => 'double',
  boolean: () => 'tinyint(1)',
  text: ({ length }) => (length === undefined ? 'text' : `varchar(${length})`),
  binary: ({ length }) => (length === undefined ? 'blob' : `varbinary(${length})`),
  date: () => 'date',
  time: () => 'time',
  datetime: () => 'datetime',
  null: () => 'binary(0)',
}

/** What SHOW COLUMNS calls a type. */
export function mysqlTypeName(type: SqlType): string {
  return type.declared ?? (NAMES[type.kind] as (type: SqlType) => string)(type)
}
