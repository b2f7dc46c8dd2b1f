import { castValue } from '../cast.ts'
import type { Dialect } from '../dialect.ts'
import type { LexicalRules } from '../lexer.ts'
import { MYSQL_FUNCTIONS } from './functions.ts'
import { mysqlStatement } from './statements.ts'
import { mysqlSystemTable } from './system-tables.ts'
import { mysqlTypeName } from './type-name.ts'
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
    tableFunctions: new Set(),
    cast: (session, value, type, typeName) => {
      // CAST(x AS CHAR) without a length keeps all of it.
      if (type.kind === 'text' && (typeName === 'char' || typeName === 'nchar')) return castValue(session, value, { kind: 'text' }, 'text')
      return undefined
    },
    typeName: mysqlTypeName,
    // A string is named by its content.
    columnName: (text, kind, name) => (kind === 'string' ? name : text.replace(/^\+/, '')),
    word: (problem) => wordMysql(problem, product),
  }
}

export const MARIADB: Dialect = dialectOf('mariadb')
export const MYSQL: Dialect = dialectOf('mysql')
