import type { Table } from '../catalog.ts'
import { mysqlTypeName } from './type-name.ts'

const quoted = (name: string): string => `\`${name.replaceAll('`', '``')}\``

/** What SHOW CREATE TABLE says. */
export function createTableText(table: Table): string {
  const lines = table.columns.map((column) => {
    const rules = [
      column.isNullable ? (column.type.declared === 'timestamp' ? ' NULL' : '') : ' NOT NULL',
      column.isAutoIncrement
        ? ' AUTO_INCREMENT'
        : column.default
          ? ` DEFAULT ${column.default.text}`
          : column.isNullable && column.type.kind !== 'binary'
            ? ' DEFAULT NULL'
            : '',
      column.comment ? ` COMMENT '${column.comment.replaceAll("'", "''")}'` : '',
    ]
    return `  ${quoted(column.name)} ${mysqlTypeName(column.type)}${rules.join('')}`
  })
  for (const key of table.keys) {
    const columns = key.columns.map(quoted).join(',')
    if (key.kind === 'primary') lines.push(`  PRIMARY KEY (${columns})`)
    else lines.push(`  ${key.kind === 'unique' ? 'UNIQUE KEY' : 'KEY'} ${quoted(key.name ?? (key.columns[0] as string))} (${columns})`)
  }
  const auto = table.nextId > 1 && table.columns.some((column) => column.isAutoIncrement) ? ` AUTO_INCREMENT=${table.nextId}` : ''
  return `CREATE TABLE ${quoted(table.name)} (\n${lines.join(',\n')}\n) ENGINE=InnoDB${auto} DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci`
}
