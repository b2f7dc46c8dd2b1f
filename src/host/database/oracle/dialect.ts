import type { Dialect } from '../dialect.ts'
import type { LexicalRules } from '../lexer.ts'
import { dateTimeText, parseTemporal } from '../temporal.ts'
import { textOf } from '../value.ts'
import { formatDate, parseDate } from './format.ts'
import { ORACLE_FUNCTIONS } from './functions.ts'
import { oracleStatement } from './statements.ts'
import { oracleSystemTable } from './system-tables.ts'
import { ORACLE_TYPES, oracleTypeName } from './type-name.ts'
import { wordOracle } from './wording.ts'

const LEXICAL: LexicalRules = {
  doubleQuotes: 'name',
  backticks: false,
  brackets: false,
  backslashes: 'e-strings',
  dollarQuotes: false,
  hashComments: false,
  dashesNeedBlank: false,
  nestedComments: false,
  versionComments: false,
  hexNumbers: false,
  alternativeQuotes: true,
  parameters: 'colon',
  nameExtras: '$#',
}

const RESERVED = new Set(
  `ALL ALTER AND ANY AS ASC BETWEEN BY CHECK CLUSTER CONNECT CREATE CROSS CURRENT DEFAULT DELETE DESC DISTINCT DROP ELSE EXCLUSIVE EXISTS FETCH FOR FROM FULL
  GRANT GROUP HAVING IDENTIFIED IN INDEX INNER INSERT INTERSECT INTO IS JOIN LEFT LIKE LOCK MINUS MODE NATURAL NOCOMPRESS NOT NOWAIT NULL OF OFFSET ON OPTION OR ORDER
  OUTER PRIOR PUBLIC RENAME RESOURCE REVOKE RIGHT SELECT SET SHARE SIZE START TABLE THEN TO TRIGGER UNION UNIQUE UPDATE USING VALUES VIEW WHENEVER WHERE WITH`.split(
    /\s+/,
  ),
)

/** Oracle Database 19c: a schema is what others call a database. */
export const ORACLE: Dialect = {
  name: 'oracle',
  lexical: LEXICAL,
  fold: (name) => name.toUpperCase(),
  foldTable: (name) => name.toUpperCase(),
  foldColumn: (name) => name.toUpperCase(),
  isReserved: (upper) => RESERVED.has(upper),
  backtickNames: false,
  doubleQuotedNames: true,
  pipesMeanOr: false,
  separatesByBlanks: false,
  schemaIsDatabase: true,
  defaultSchema: '',
  ignoresCase: false,
  needsFrom: true,
  bareCalls: new Set(['SYSDATE', 'SYSTIMESTAMP', 'UID', 'DBTIMEZONE', 'SESSIONTIMEZONE', 'SQLERRM', 'SQLCODE']),
  types: ORACLE_TYPES,
  textToNumber: 'strict',
  divides: 'exact',
  divisionByZero: 'error',
  functions: ORACLE_FUNCTIONS,
  statement: oracleStatement,
  systemTable: (session, database, _schema, name) => oracleSystemTable(session, database.toUpperCase(), name),
  systemVariable: () => undefined,
  tableFunctions: new Set(),
  cast: (_session, value, type) => {
    if (type.kind === 'datetime' && typeof value === 'string' && parseTemporal(value) === undefined) {
      const ms = parseDate(value, 'DD-MON-RR')
      return ms === undefined ? undefined : dateTimeText(ms)
    }
    // A date that becomes a text is written in the session's format.
    if (type.kind === 'text' && typeof value === 'string' && type.length === undefined && /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(value))
      return formatDate(parseTemporal(textOf(value)) ?? 0, 'DD-MON-RR')
    return undefined
  },
  typeName: oracleTypeName,
  columnName: (text, kind, name) => (kind === 'column' ? name.toUpperCase() : text.replace(/\s+/g, '').toUpperCase()),
  word: wordOracle,
}
