import { castValue } from '../cast.ts'
import type { Dialect } from '../dialect.ts'
import type { LexicalRules } from '../lexer.ts'
import type { SqlType } from '../value.ts'
import { MYSQL_FUNCTIONS } from './functions.ts'
import { mysqlStatement } from './statements.ts'
import { mysqlSystemTable } from './system-tables.ts'
import { systemVariable } from './variables.ts'
import { wordMysql } from './wording.ts'

export type MysqlProduct = 'mariadb' | 'mysql'

const LEXICAL: LexicalRules = {
  doubleQuotes: 'string',
  backticks: true,
  brackets: false,
  backslashes: 'always',
  dollarQuotes: false,
  hashComments: true,
  dashesNeedBlank: true,
  nestedComments: false,
  versionComments: true,
  hexNumbers: true,
  parameters: 'question',
  nameExtras: '$',
}

const RESERVED = new Set(
  `SELECT FROM WHERE GROUP ORDER HAVING LIMIT UNION EXCEPT INTERSECT ON USING JOIN LEFT RIGHT INNER OUTER CROSS NATURAL STRAIGHT_JOIN SET AS AND OR XOR NOT
  IN LIKE RLIKE REGEXP BETWEEN IS NULL TRUE FALSE CASE WHEN THEN ELSE EXISTS INSERT UPDATE DELETE REPLACE CREATE DROP ALTER TABLE DATABASE SCHEMA INTO
  VALUES DISTINCT ALL ASC DESC BY FOR LOCK PROCEDURE PRIMARY KEY UNIQUE INDEX DEFAULT INTERVAL DIV MOD BINARY CONVERT IF USE SHOW GRANT
  REVOKE WITH WINDOW OVER PARTITION IGNORE FORCE LOAD TO RETURNING OFFSET FETCH CHARACTER COLLATE LINES TERMINATED`.split(/\s+/),
)

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

function dialectOf(product: MysqlProduct): Dialect {
  return {
    name: 'mysql',
    lexical: LEXICAL,
    fold: (name) => name,
    // lower_case_table_names=0; the server's own tables are found in any case.
    foldTable: (name) => name,
    foldColumn: (name) => name.toLowerCase(),
    isReserved: (upper) => RESERVED.has(upper),
    backtickNames: true,
    doubleQuotedNames: false,
    pipesMeanOr: true,
    separatesByBlanks: false,
    schemaIsDatabase: true,
    defaultSchema: '',
    ignoresCase: true,
    textToNumber: 'leading',
    divides: 'exact',
    divisionByZero: 'null',
    functions: MYSQL_FUNCTIONS,
    statement: mysqlStatement,
    systemTable: (session, database, _schema, name) => mysqlSystemTable(session, database, name),
    systemVariable,
    tableFunction: () => undefined,
    cast: (session, value, type, typeName) => {
      // CAST(x AS CHAR) without a length keeps all of it.
      if (type.kind === 'text' && (typeName === 'char' || typeName === 'nchar')) return castValue(session, value, { kind: 'text' }, 'text')
      return undefined
    },
    typeName: mysqlTypeName,
    columnName: (text) => text,
    word: (problem) => wordMysql(problem, product),
  }
}

export const MARIADB: Dialect = dialectOf('mariadb')
export const MYSQL: Dialect = dialectOf('mysql')
