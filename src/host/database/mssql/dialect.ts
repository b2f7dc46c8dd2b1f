import type { Dialect } from '../dialect.ts'
import type { LexicalRules } from '../lexer.ts'
import { dateText, dateTimeText } from '../temporal.ts'
import { MSSQL_FUNCTIONS } from './functions.ts'
import { mssqlStatement } from './statements.ts'
import { mssqlSystemTable } from './system-tables.ts'
import { mssqlTypeName } from './type-name.ts'
import { systemVariable } from './variables.ts'
import { wordMssql } from './wording.ts'

const LEXICAL: LexicalRules = {
  doubleQuotes: 'name',
  backticks: false,
  brackets: true,
  backslashes: 'e-strings',
  dollarQuotes: false,
  hashComments: false,
  dashesNeedBlank: false,
  nestedComments: true,
  versionComments: false,
  hexNumbers: true,
  parameters: 'none',
  nameExtras: '$#',
}

const RESERVED = new Set(
  `ADD ALL ALTER AND ANY AS ASC AUTHORIZATION BACKUP BEGIN BETWEEN BREAK BULK BY CASE CHECK CHECKPOINT CLOSE COLLATE COLUMN COMMIT CONSTRAINT CONTINUE CREATE
  CROSS CURSOR DBCC DEALLOCATE DECLARE DEFAULT DELETE DENY DESC DISTINCT DROP ELSE END EXCEPT EXEC EXECUTE EXISTS FETCH FOR FOREIGN FROM FULL GOTO GRANT GROUP
  HAVING IF IN INDEX INNER INSERT INTERSECT INTO IS JOIN KEY KILL LEFT LIKE MERGE NOT NULL ON OPEN OPTION OR ORDER OUTER PERCENT PRIMARY PRINT PROC PROCEDURE
  RAISERROR RECONFIGURE RESTORE RETURN REVERT REVOKE RIGHT ROLLBACK SAVE SELECT SET SHUTDOWN TABLE THEN TO TOP TRAN TRANSACTION TRUNCATE UNION UNIQUE UPDATE USE
  VALUES VIEW WAITFOR WHEN WHERE WHILE WITH`.split(/\s+/),
)

/** Milliseconds of `Nov 24 2026` or `Nov 24 2026  1:05PM`; undefined for any other text. */
function monthFirst(text: string): number | undefined {
  const m = /^([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d{4})(?: {1,2}(\d{1,2}):(\d{2})([AP])M)?$/.exec(text.slice(0, 40))
  if (!m) return undefined
  const [, month, day, year, hour = '12', minute = '00', half = 'A'] = m
  const midnight = Date.parse(`${day} ${month} ${year} UTC`)
  return Number.isNaN(midnight) ? undefined : midnight + (((Number(hour) % 12) + (half === 'P' ? 12 : 0)) * 60 + Number(minute)) * 60_000
}

/** Transact-SQL of SQL Server 2019. */
export const MSSQL: Dialect = {
  name: 'mssql',
  lexical: LEXICAL,
  fold: (name) => name,
  foldTable: (name) => name.toLowerCase(),
  foldColumn: (name) => name.toLowerCase(),
  isReserved: (upper) => RESERVED.has(upper),
  backtickNames: false,
  doubleQuotedNames: true,
  pipesMeanOr: false,
  separatesByBlanks: true,
  schemaIsDatabase: false,
  defaultSchema: 'dbo',
  ignoresCase: true,
  textToNumber: 'strict',
  divides: 'whole',
  divisionByZero: 'error',
  functions: MSSQL_FUNCTIONS,
  statement: mssqlStatement,
  systemTable: mssqlSystemTable,
  systemVariable,
  tableFunctions: new Set(),
  cast: (_session, value, type) => {
    const ms = typeof value === 'string' && ['date', 'datetime'].includes(type.kind) ? monthFirst(value) : undefined
    return ms === undefined ? undefined : type.kind === 'date' ? dateText(ms) : dateTimeText(ms)
  },
  typeName: mssqlTypeName,
  // What is computed has no name.
  columnName: () => '',
  word: wordMssql,
}
