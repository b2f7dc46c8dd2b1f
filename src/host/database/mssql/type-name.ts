import type { SqlType } from '../value.ts'

/** As sys.types names it, with its size: `nvarchar(50)`. */
export function mssqlTypeName(type: SqlType): string {
  switch (type.kind) {
    case 'integer':
      return type.bits === 8 ? 'tinyint' : type.bits === 16 ? 'smallint' : type.bits === 64 ? 'bigint' : 'int'
    case 'decimal':
      return `decimal(${Math.min(38, type.precision ?? 18)},${type.scale ?? 0})`
    case 'double':
      return 'float'
    case 'boolean':
      return 'bit'
    case 'binary':
      return `varbinary(${type.length && type.length <= 8000 ? type.length : 'max'})`
    case 'date':
    case 'time':
    case 'datetime':
      return type.kind
    default:
      return type.declared === 'uniqueidentifier'
        ? 'uniqueidentifier'
        : `nvarchar(${type.length && type.length <= 4000 ? type.length : 'max'})`
  }
}
