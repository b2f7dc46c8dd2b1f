import { castValue } from '../cast.ts'
import { keepVariable } from '../compiler.ts'
import { done, ownStatement } from '../dialect.ts'
import { truthOf } from '../operators.ts'
import { SqlError } from '../sql-error.ts'
import type { SqlParser } from '../sql-parser.ts'
import type { Expression, Statement } from '../syntax.ts'
import { parseType } from '../type-names.ts'
import { numberOf, TEXT, textOf } from '../value.ts'
import { accountStatement, parseAssembly, parseBulkInsert } from './administration.ts'
import { reconfigure } from './configuration.ts'
import { parseInsertExec } from './insert-exec.ts'
import { evaluate, type ProcedureArgument, raise, say, statementsOf } from './procedure.ts'
import { runProcedure } from './procedures.ts'

/** A single wait; a sensor is not held longer by one statement. */
const LONGEST_WAIT_MS = 30_000
/** Statements whose first word is not followed by anything that shows. */
const SKIPPED = new Set([
  'DBCC',
  'CHECKPOINT',
  'KILL',
  'OPEN',
  'FETCH',
  'CLOSE',
  'DEALLOCATE',
  'REVERT',
  'SAVE',
  'MERGE',
  'ENABLE',
  'DISABLE',
  'RESTORE',
])

/** What Transact-SQL has, or reads otherwise. */
export function mssqlStatement(parser: SqlParser): Statement | undefined {
  const { reader } = parser
  const { upper } = reader.token
  switch (upper) {
    case 'SELECT':
    case 'WITH':
      return parseSelect(parser)
    case 'INSERT':
      return parseInsertExec(parser)
    case 'USE': {
      reader.take()
      const name = parser.anyName()
      return ownStatement('USE', (session) => {
        if (!session.catalog.database(name)) throw new SqlError({ kind: 'unknown-database', database: name })
        session.database = session.catalog.database(name)?.name ?? name
        return done('USE')
      })
    }
    case 'EXEC':
    case 'EXECUTE':
      reader.take()
      return parseExec(parser)
    case 'DECLARE':
      return parseDeclare(parser)
    case 'SET':
      return parseSet(parser)
    case 'PRINT': {
      reader.take()
      const text = parser.expression()
      return ownStatement('PRINT', (session) => {
        const value = evaluate(session, text)
        return say(session, 0, value === null ? ' ' : textOf(value))
      })
    }
    case 'RAISERROR':
      return parseRaiseError(parser)
    case 'THROW':
      reader.take()
      if (reader.token.kind === 'number') {
        const [, message] = reader.list(() => parser.expression())
        return ownStatement('THROW', (session) => raise(50_000, 16, message ? textOf(evaluate(session, message) ?? '') : ''))
      }
      return ownStatement('THROW', (session) => {
        if (session.caught) throw session.caught
        return done('THROW')
      })
    case 'IF':
      return parseIf(parser)
    case 'WHILE':
      return parseWhile(parser)
    case 'BEGIN':
      return parseBegin(parser)
    case 'COMMIT':
    case 'ROLLBACK':
      reader.take()
      if (!reader.takes('TRANSACTION') && !reader.takes('TRAN')) reader.takes('WORK')
      return { kind: 'transaction', what: upper === 'COMMIT' ? 'commit' : 'rollback', verb: upper }
    case 'WAITFOR':
      return parseWait(parser)
    case 'RECONFIGURE':
      reader.take()
      if (reader.takes('WITH')) parser.anyName()
      return ownStatement('RECONFIGURE', (session) => {
        reconfigure(session)
        return done('RECONFIGURE')
      })
    case 'BREAK':
    case 'CONTINUE':
    case 'RETURN':
      reader.take()
      if (upper === 'RETURN' && reader.token.kind === 'number') reader.take()
      return ownStatement(upper, () => done(upper))
    case 'GO':
      reader.take()
      return ownStatement('GO', () => done('GO'))
    case 'BULK':
      return parseBulkInsert(parser)
    case 'BACKUP':
      return parseBackup(parser)
    case 'CREATE':
    case 'ALTER':
    case 'DROP':
      return parseAssembly(parser, upper) ?? accountStatement(parser, upper)
    case 'GRANT':
    case 'REVOKE':
    case 'DENY':
      return accountStatement(parser, upper)
    case 'SHUTDOWN':
      reader.skipStatement()
      return ownStatement('SHUTDOWN', (session) => say(session, 0, 'Server shut down by request.'))
    default:
      if (SKIPPED.has(upper)) return skipped(parser, upper)
      return isProcedureCall(parser) ? parseExec(parser) : undefined
  }
}

export function skipped(parser: SqlParser, verb: string): Statement {
  parser.reader.skipStatement()
  return ownStatement(verb, () => done(verb))
}

/** `SELECT @a = 1, @b = name FROM t` sets variables. */
function parseSelect(parser: SqlParser): Statement {
  const select = parser.select()
  const variables: string[] = []
  for (const { expression } of select.items) {
    if (expression.kind !== 'binary' || expression.operator !== '=' || expression.left.kind !== 'variable') break
    variables.push(expression.left.name)
  }
  if (variables.length === 0 || variables.length < select.items.length || select.target) return { kind: 'select', select }
  const items = select.items.map(({ expression, text }) => ({
    expression: expression.kind === 'binary' ? expression.right : expression,
    text,
  }))
  return {
    kind: 'select',
    select: {
      ...select,
      items,
      target: { how: 'variables', name: '', variables },
      limit: select.limit ?? { kind: 'literal', value: 1, type: { kind: 'integer', bits: 32 } },
    },
  }
}

/** A batch may begin with a procedure's name alone: `sp_who`, `master..xp_cmdshell 'dir'`. */
function isProcedureCall({ reader }: SqlParser): boolean {
  const { token } = reader
  if (token.kind !== 'word' && token.kind !== 'name') return false
  return /^(?:[sx]p_|fn_)/i.test(token.text) || reader.ahead().upper === '.'
}

/** Words that end the arguments of a procedure: a statement begins. */
const STARTERS = new Set(
  `SELECT INSERT UPDATE DELETE EXEC EXECUTE DECLARE SET PRINT IF ELSE WHILE BEGIN END CREATE DROP ALTER USE RECONFIGURE WAITFOR WITH GO TRUNCATE GRANT REVOKE DENY
  BACKUP BULK RAISERROR RETURN COMMIT ROLLBACK AT`.split(/\s+/),
)

function parseExec(parser: SqlParser): Statement {
  const { reader } = parser
  if (reader.sees('(')) {
    const text = reader.parenthesized(() => parser.expression())
    while (reader.seesOne('AS', 'AT')) {
      reader.take()
      if (reader.takes('LOGIN') || reader.takes('USER')) reader.takes('=')
      reader.take()
    }
    return ownStatement('EXEC', (session) => statementsOf(session, textOf(evaluate(session, text) ?? '')))
  }
  if (reader.seesOne('AS')) return skipped(parser, 'EXECUTE AS')
  let into: string | undefined
  if (reader.token.kind === 'variable' && reader.ahead().upper === '=') {
    into = reader.take().text
    reader.take()
  }
  const parts: string[] = []
  if (reader.token.kind === 'variable') parts.push(reader.take().text)
  else {
    parts.push(parser.anyName())
    while (reader.takes('.')) parts.push(reader.sees('.') ? '' : parser.anyName())
  }
  const args = beginsArgument(parser) ? reader.list(() => parseArgument(parser)) : []
  if (reader.takes('WITH')) parser.anyName()
  return ownStatement('EXEC', (session) => {
    if (into !== undefined) keepVariable(session.variables, into.slice(1).toLowerCase(), 0)
    const [first = ''] = parts
    const name = first.startsWith('@') ? textOf(session.variables.get(first.slice(1).toLowerCase()) ?? '') : (parts.at(-1) as string)
    const given = args.map(({ name, expression, output }): ProcedureArgument => ({ name, value: evaluate(session, expression), output }))
    return runProcedure(session, name, given, parts.length > 1 ? parts[0] : undefined)
  })
}

function beginsArgument({ reader }: SqlParser): boolean {
  const { kind, upper } = reader.token
  if (kind === 'end') return false
  if (kind === 'word') return !STARTERS.has(upper) && !/^(?:sp|xp)_/i.test(upper)
  return kind !== 'symbol' || upper === '-'
}

interface ParsedArgument {
  name: string | undefined
  expression: Expression
  /** Variable that an OUTPUT parameter is written to. */
  output: string | undefined
}

function parseArgument(parser: SqlParser): ParsedArgument {
  const { reader } = parser
  const isNamed = reader.token.kind === 'variable' && reader.ahead().upper === '='
  const name = isNamed ? reader.take().text.slice(1).toLowerCase() : undefined
  if (isNamed) reader.take()
  const { token } = reader
  const isWord = (token.kind === 'word' || token.kind === 'name') && token.upper !== 'NULL'
  const expression: Expression = isWord
    ? { kind: 'literal', value: token.upper === 'DEFAULT' ? null : reader.take().text, type: TEXT }
    : parser.operand()
  if (token.upper === 'DEFAULT') reader.take()
  const output =
    (reader.takes('OUTPUT') || reader.takes('OUT')) && token.kind === 'variable' ? token.text.slice(1).toLowerCase() : undefined
  return { name, expression, output }
}

function parseDeclare(parser: SqlParser): Statement {
  const { reader } = parser
  reader.expect('DECLARE')
  if (reader.token.kind !== 'variable') {
    // A cursor.
    return skipped(parser, 'DECLARE')
  }
  const variables = reader.list(() => {
    const { text, kind } = reader.take()
    if (kind !== 'variable') throw reader.error()
    reader.takes('AS')
    if (reader.takes('TABLE')) {
      parser.skipParentheses()
      return { name: text, type: undefined, typeName: '', value: undefined }
    }
    if (reader.takes('CURSOR')) return { name: text, type: undefined, typeName: '', value: undefined }
    const { type, typeName } = parseType(parser, parser.dialect)
    return { name: text, type, typeName, value: reader.takes('=') ? parser.expression() : undefined }
  })
  return ownStatement('DECLARE', (session) => {
    for (const { name, type, typeName, value } of variables) {
      const given = value ? evaluate(session, value) : null
      keepVariable(
        session.variables,
        name.slice(1).toLowerCase(),
        given === null || !type ? given : castValue(session, given, type, `${typeName}(max)`),
      )
    }
    return done('DECLARE', -1)
  })
}

const ASSIGNMENTS = ['=', '+=', '-=']

function parseSet(parser: SqlParser): Statement {
  const { reader } = parser
  reader.expect('SET')
  if (reader.token.kind === 'variable') {
    const name = reader.take().text
    const operator = ASSIGNMENTS.find((one) => reader.takes(one))
    if (!operator) throw reader.error()
    const value = parser.expression()
    const key = name.slice(1).toLowerCase()
    const sum: Expression =
      operator === '=' ? value : { kind: 'binary', operator: operator.slice(0, 1), left: { kind: 'variable', name }, right: value, at: 0 }
    return ownStatement('SET', (session) => {
      if (!session.variables.has(key)) throw new SqlError({ kind: 'unknown-variable', name })
      keepVariable(session.variables, key, evaluate(session, sum))
      return done('SET', -1)
    })
  }
  if (reader.takes('TRANSACTION', 'ISOLATION', 'LEVEL')) {
    if (!reader.takes('READ') && !reader.takes('REPEATABLE')) return taken(parser)
    return taken(parser)
  }
  if (reader.takes('IDENTITY_INSERT')) parser.tableName()
  else reader.list(() => reader.take())
  if (reader.seesOne('IO', 'TIME', 'PROFILE', 'XML')) reader.take()
  return taken(parser)
}

/** The value of an option, whatever it is. */
function taken({ reader }: SqlParser): Statement {
  reader.takes('-')
  reader.take()
  return ownStatement('SET', () => done('SET', -1))
}

function parseRaiseError(parser: SqlParser): Statement {
  const { reader } = parser
  reader.take()
  const args = reader.parenthesized(() => reader.list(() => parser.expression()))
  if (reader.takes('WITH')) reader.list(() => parser.anyName())
  return ownStatement('RAISERROR', (session) => {
    const [message, severity] = args.map((arg) => evaluate(session, arg))
    const text = message === null || message === undefined ? '' : textOf(message)
    const level = severity === null || severity === undefined ? 16 : Math.min(25, Math.max(0, Math.trunc(numberOf(severity)) || 0))
    return level > 10 ? raise(50_000, level, text) : say(session, 50_000, text, level)
  })
}

function parseIf(parser: SqlParser): Statement {
  const { reader } = parser
  reader.expect('IF')
  const condition = parser.expression()
  const yes = parser.statement()
  reader.takes(';')
  const no = reader.takes('ELSE') ? parser.statement() : undefined
  return ownStatement('IF', (session) => {
    const chosen = truthOf(evaluate(session, condition), session.dialect) ? yes : no
    return { kind: 'sequence', statements: chosen ? [chosen] : [] }
  })
}

function parseWhile(parser: SqlParser): Statement {
  const { reader } = parser
  reader.expect('WHILE')
  const condition = parser.expression()
  const body = parser.statement()
  const loop: Statement = ownStatement('WHILE', (session) => ({
    kind: 'sequence',
    statements: truthOf(evaluate(session, condition), session.dialect) ? [body, loop] : [],
  }))
  return loop
}

/** BEGIN TRAN, BEGIN TRY … END CATCH, BEGIN … END. */
function parseBegin(parser: SqlParser): Statement {
  const { reader } = parser
  reader.expect('BEGIN')
  if (reader.takes('TRANSACTION') || reader.takes('TRAN')) return { kind: 'transaction', what: 'begin', verb: 'BEGIN' }
  if (!reader.takes('TRY')) return sequence(block(parser))
  const tried = block(parser)
  reader.expect('TRY')
  reader.takes(';')
  let handler: Statement[] = []
  if (reader.takes('BEGIN', 'CATCH')) {
    handler = block(parser)
    reader.expect('CATCH')
  }
  return ownStatement('BEGIN TRY', () => ({ kind: 'sequence', statements: tried, onError: () => handler }))
}

function sequence(statements: readonly Statement[]): Statement {
  return ownStatement('BEGIN', () => ({ kind: 'sequence', statements }))
}

/** Statements up to END, which is taken. */
function block(parser: SqlParser): Statement[] {
  const { reader } = parser
  const statements: Statement[] = []
  for (;;) {
    while (reader.takes(';'));
    if (reader.takes('END')) return statements
    if (reader.token.kind === 'end') throw reader.error()
    statements.push(parser.statement())
  }
}

function parseWait(parser: SqlParser): Statement {
  const { reader } = parser
  reader.expect('WAITFOR')
  const isDelay = reader.takes('DELAY')
  if (!isDelay) reader.expect('TIME')
  const value = parser.expression()
  return ownStatement('WAITFOR', (session) => {
    const [, hours = 0, minutes = 0, seconds = 0] =
      /^(\d{1,2}):(\d{1,2})(?::(\d{1,2}(?:\.\d{1,3})?))?$/.exec(textOf(evaluate(session, value) ?? '')) ?? []
    if (isDelay) session.delayMs = Math.min(LONGEST_WAIT_MS, ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000)
    return done('WAITFOR', -1)
  })
}

/** A backup to disk: also how web shells are written. */
function parseBackup(parser: SqlParser): Statement {
  const { reader } = parser
  const { at } = reader.take()
  const what = reader.take().upper
  const name = reader.token.kind === 'variable' ? reader.take().text : parser.anyName()
  let path = ''
  if (reader.takes('TO', 'DISK', '=') && reader.token.kind === 'string') path = reader.take().text
  while (reader.token.kind !== 'end' && reader.token.upper !== ';' && (!STARTERS.has(reader.token.upper) || reader.token.upper === 'WITH'))
    reader.take()
  const text = reader.textFrom(at)
  return ownStatement('BACKUP', (session) => {
    const database = session.catalog.database(name)
    if (!database) throw new SqlError({ kind: 'unknown-database', database: name })
    const rows = [...database.tables].reduce((sum, table) => sum + table.rows.length, 0)
    const pages = 320 + Math.ceil(rows / 40)
    if (path) session.setup.note({ kind: 'write-file', path, bytes: Buffer.from(text), how: 'backup', written: false })
    say(session, 4035, `Processed ${pages} pages for database '${database.name}', file '${database.name}' on file 1.`)
    return say(
      session,
      3014,
      `BACKUP ${what} successfully processed ${pages} pages in 0.062 seconds (${((pages * 8) / 1024 / 0.062).toFixed(3)} MB/sec).`,
    )
  })
}
