import { Compiler, keepVariable } from '../compiler.ts'
import { done, ownStatement } from '../dialect.ts'
import { resolveTable } from '../resolve.ts'
import { Scope } from '../scope.ts'
import { statementContext } from '../select.ts'
import type { DatabaseSession, SqlResult } from '../session.ts'
import { SqlError } from '../sql-error.ts'
import { SqlParser } from '../sql-parser.ts'
import type { Alteration, Expression, Statement } from '../syntax.ts'
import { type SqlValue, textOf } from '../value.ts'
import { parseLoadData } from './load-data.ts'
import { describeTable, parseShow, rowsResult } from './show.ts'
import { SYSTEM_DATABASES } from './system-tables.ts'
import { isReadOnly, serverVariables } from './variables.ts'

/** Settings that a session or the server may keep; each is small. */
const SETTINGS = 200

/** Statements of MySQL alone. */
export function mysqlStatement(parser: SqlParser): Statement | undefined {
  const { reader } = parser
  const { upper } = reader.token
  switch (upper) {
    case 'SHOW':
      return parseShow(parser)
    case 'SET':
      return parseSet(parser)
    case 'USE': {
      reader.take()
      const name = parser.anyName()
      return ownStatement('USE', (session) => useDatabase(session, name))
    }
    case 'DESCRIBE':
    case 'DESC':
    case 'EXPLAIN':
      return parseExplain(parser)
    case 'LOAD':
      return parseLoadData(parser)
    case 'GRANT':
    case 'REVOKE':
      return accountStatement(parser, upper)
    case 'CREATE':
      return parseCreate(parser)
    case 'ALTER':
      return reader.sees('ALTER', 'USER')
        ? accountStatement(parser, 'ALTER USER')
        : reader.seesOne('ALTER') && reader.ahead().upper === 'DATABASE'
          ? skipped(parser, 'ALTER DATABASE')
          : undefined
    case 'DROP':
      return parseDrop(parser)
    case 'INSTALL':
    case 'UNINSTALL':
      return parseInstall(parser)
    case 'DO': {
      reader.take()
      const expressions = reader.list(() => parser.expression())
      return ownStatement('DO', (session, parameters) => {
        evaluate(session, parameters, expressions)
        return done('DO')
      })
    }
    case 'PREPARE':
    case 'EXECUTE':
    case 'DEALLOCATE':
      return parsePrepared(parser, upper)
    case 'KILL':
      return parseKill(parser)
    case 'CALL': {
      reader.take()
      const { parts } = parser.tableName()
      reader.skipStatement()
      return ownStatement('CALL', (session) => {
        if (parts.length === 1 && !session.database) throw new SqlError({ kind: 'no-database' })
        throw new SqlError({
          kind: 'worded',
          code: 1305,
          state: '42000',
          message: `PROCEDURE ${parts.length > 1 ? parts.join('.') : `${session.database}.${parts[0]}`} does not exist`,
        })
      })
    }
    case 'RENAME':
      return reader.sees('RENAME', 'TABLE') ? parseRename(parser) : accountStatement(parser, 'RENAME USER')
    case 'ANALYZE':
    case 'OPTIMIZE':
    case 'CHECK':
    case 'REPAIR':
      return parseMaintenance(parser, upper.toLowerCase())
    case 'FLUSH':
    case 'LOCK':
    case 'UNLOCK':
    case 'RESET':
    case 'PURGE':
    case 'CHANGE':
    case 'HANDLER':
    case 'XA':
    case 'SHUTDOWN':
      return skipped(parser, upper)
    case 'START':
    case 'STOP':
      return ['SLAVE', 'REPLICA', 'ALL'].includes(reader.ahead().upper) ? skipped(parser, upper) : undefined
    default:
      return undefined
  }
}

/** Accepted, with nothing that shows. */
function skipped(parser: SqlParser, verb: string): Statement {
  parser.reader.skipStatement()
  return ownStatement(verb, () => done(verb))
}

export function useDatabase(session: DatabaseSession, name: string): SqlResult {
  if (!session.catalog.database(name) && !SYSTEM_DATABASES.includes(name.toLowerCase()))
    throw new SqlError({ kind: 'unknown-database', database: name })
  session.database = name
  return done('USE')
}

function evaluate(session: DatabaseSession, parameters: readonly SqlValue[], expressions: readonly Expression[]): SqlValue[] {
  const compiler = new Compiler(statementContext(session, parameters), new Scope([]), 'field list')
  return expressions.map((expression) => compiler.compile(expression).run({ row: [] }))
}

function parseExplain(parser: SqlParser): Statement {
  const { reader } = parser
  reader.take()
  while (reader.seesOne('EXTENDED', 'PARTITIONS')) reader.take()
  if (reader.seesOne('SELECT', 'UPDATE', 'DELETE', 'INSERT', 'REPLACE', 'WITH', '(')) {
    const statement = parser.statement()
    const table =
      statement.kind === 'select' && statement.select.from?.kind === 'table' ? (statement.select.from.parts.at(-1) as string) : null
    const names = ['id', 'select_type', 'table', 'type', 'possible_keys', 'key', 'key_len', 'ref', 'rows', 'Extra']
    return ownStatement('EXPLAIN', () =>
      rowsResult(names, [
        [1, 'SIMPLE', table, table ? 'ALL' : null, null, null, null, null, table ? 120 : null, table ? '' : 'No tables used'],
      ]),
    )
  }
  const table = parser.tableName()
  const like = reader.token.kind === 'string' ? reader.take().text : reader.token.kind === 'word' ? parser.anyName() : undefined
  return describeTable(table, like === undefined ? {} : { like }, false)
}

interface Setting {
  scope: 'global' | 'session' | 'user'
  name: string
  value: Expression | string
}

/** SET of variables, NAMES, PASSWORD, TRANSACTION. */
function parseSet(parser: SqlParser): Statement {
  const { reader } = parser
  reader.expect('SET')
  if (
    reader.seesOne('NAMES', 'CHARACTER', 'CHARSET', 'TRANSACTION', 'ROLE', 'DEFAULT') ||
    (reader.seesOne('SESSION', 'GLOBAL') && reader.ahead().upper === 'TRANSACTION')
  ) {
    return skipped(parser, 'SET')
  }
  if (reader.sees('PASSWORD')) return accountStatement(parser, 'SET PASSWORD')
  if (reader.takes('STATEMENT')) {
    reader.list(() => parseSetting(parser))
    reader.expect('FOR')
    return parser.statement()
  }
  const settings = reader.list(() => parseSetting(parser))
  return ownStatement('SET', (session, parameters) => {
    for (const setting of settings) applySetting(session, parameters, setting)
    return done('SET')
  })
}

function parseSetting(parser: SqlParser): Setting {
  const { reader } = parser
  let scope: Setting['scope'] = 'session'
  if (reader.seesOne('GLOBAL', 'SESSION', 'LOCAL', 'PERSIST')) scope = reader.take().upper === 'GLOBAL' ? 'global' : 'session'
  let name: string
  if (reader.token.kind === 'variable') {
    const { text } = reader.take()
    if (text.startsWith('@@')) {
      name = text.slice(2).replace(/^(global|session|local)\./i, (match) => {
        if (/global/i.test(match)) scope = 'global'
        return ''
      })
    } else {
      scope = 'user'
      name = text.slice(1)
    }
  } else name = parser.anyName()
  while (reader.takes('.')) name += `.${parser.anyName()}`
  if (!reader.takes(':=')) reader.expect('=')
  // `SET sql_log_bin = off`: a word that is no column.
  const { kind, text } = reader.token
  const isWord =
    kind === 'word' && [',', ';', ''].includes(reader.ahead().upper) && !['NULL', 'TRUE', 'FALSE', 'DEFAULT'].includes(reader.token.upper)
  if (isWord || reader.sees('DEFAULT')) {
    reader.take()
    return { scope, name: name.toLowerCase(), value: text }
  }
  return { scope, name: name.toLowerCase(), value: parser.expression() }
}

function applySetting(session: DatabaseSession, parameters: readonly SqlValue[], { scope, name, value }: Setting): void {
  const result = typeof value === 'string' ? value.toUpperCase() : (evaluate(session, parameters, [value])[0] ?? null)
  if (scope === 'user') {
    keepVariable(session.variables, name, result)
    return
  }
  const known = serverVariables(session).get(name)
  if (known === undefined && !name.includes('.')) throw new SqlError({ kind: 'unknown-variable', name })
  if (isReadOnly(name)) throw new SqlError({ kind: 'read-only-variable', name })
  if (name === 'autocommit') return
  const target = scope === 'global' ? session.setup.serverSettings : session.settings
  if (target.size >= SETTINGS && !target.has(name)) return
  const text = result === null ? '' : textOf(result).slice(0, 1000)
  const isSwitch = known === 'ON' || known === 'OFF'
  const kept = isSwitch && /^(0|1|true|false)$/i.test(text) ? (/^(1|true)$/i.test(text) ? 'ON' : 'OFF') : text
  target.set(name, kept)
  if (scope === 'global') session.setup.note({ kind: 'setting', name, value: kept })
}

/** GRANT, CREATE USER, SET PASSWORD …: accepted, and written down with the password that they bring. */
function accountStatement(parser: SqlParser, verb: string): Statement {
  const { reader } = parser
  const start = reader.token.at
  let user = ''
  let password: string | undefined
  while (reader.token.kind !== 'end' && !reader.sees(';')) {
    const { upper, kind, text } = reader.take()
    if (kind === 'variable' && user && text.startsWith('@')) continue
    if ((upper === 'USER' || upper === 'TO' || upper === 'FOR' || upper === 'FROM') && !user) {
      reader.takes('IF', 'NOT', 'EXISTS')
      reader.takes('IF', 'EXISTS')
      if (['word', 'name', 'string'].includes(reader.token.kind)) user = reader.take().text
    }
    if ((upper === 'BY' || upper === '=' || upper === 'AS') && reader.token.kind === 'string') password = reader.token.text
    if (upper === 'PASSWORD' && reader.sees('(') && reader.ahead().kind === 'string') password = reader.ahead().text
  }
  const what = reader.textFrom(start).slice(0, 2000)
  return ownStatement(verb, ({ setup }) => {
    setup.note({ kind: 'privilege', what, name: user, ...(password !== undefined && { password }) })
    return done(verb)
  })
}

/** CREATE FUNCTION … SONAME loads a library; other routines are taken and forgotten. */
function parseCreate(parser: SqlParser): Statement | undefined {
  const { reader } = parser
  const start = reader.position
  reader.take()
  reader.takes('OR', 'REPLACE')
  if (reader.sees('USER') || reader.sees('ROLE')) {
    reader.position = start
    return accountStatement(parser, 'CREATE USER')
  }
  reader.takes('AGGREGATE')
  if (reader.takes('FUNCTION')) {
    reader.takes('IF', 'NOT', 'EXISTS')
    const name = parser.tableName().parts.at(-1) as string
    if (reader.takes('RETURNS')) {
      reader.take()
      if (reader.takes('SONAME')) {
        const library = reader.string()
        return ownStatement('CREATE FUNCTION', (session) => loadLibrary(session, name, library))
      }
    }
    // The body may hold semicolons: it is the rest of the text.
    while (reader.token.kind !== 'end') reader.take()
    return ownStatement('CREATE FUNCTION', () => done('CREATE FUNCTION'))
  }
  if (reader.seesOne('PROCEDURE', 'TRIGGER', 'EVENT', 'VIEW', 'DEFINER', 'ALGORITHM', 'SERVER', 'SQL')) {
    const verb = `CREATE ${reader.token.upper}`
    while (reader.token.kind !== 'end') reader.take()
    return ownStatement(verb, () => done(verb))
  }
  reader.position = start
  return undefined
}

const PLUGIN_FOLDER = '/usr/lib/mysql/plugin/'

/** Where an attacker's library would lie: what INTO DUMPFILE wrote before is found. */
function loadLibrary(session: DatabaseSession, name: string, library: string): SqlResult {
  const { host, libraries, note } = session.setup
  note({ kind: 'library', name, library })
  if (library.includes('/'))
    throw new SqlError({ kind: 'worded', code: 1124, state: 'HY000', message: 'No paths allowed for shared library' })
  if (!host.exists(PLUGIN_FOLDER + library)) {
    throw new SqlError({
      kind: 'worded',
      code: 1126,
      state: 'HY000',
      message: `Can't open shared library '${library}' (errno: 2, cannot open shared object file: No such file or directory)`,
    })
  }
  if (libraries.has(name.toLowerCase()))
    throw new SqlError({ kind: 'worded', code: 1125, state: 'HY000', message: `Function '${name}' already exists` })
  if (libraries.size < 50) libraries.set(name.toLowerCase(), library)
  return done('CREATE FUNCTION')
}

function parseDrop(parser: SqlParser): Statement | undefined {
  const { reader } = parser
  const what = reader.ahead().upper
  if (what === 'USER' || what === 'ROLE') return accountStatement(parser, 'DROP USER')
  if (what === 'FUNCTION') {
    reader.expect('DROP', 'FUNCTION')
    const ifExists = reader.takes('IF', 'EXISTS')
    const name = parser.tableName().parts.at(-1) as string
    return ownStatement('DROP FUNCTION', (session) => {
      if (!session.setup.libraries.delete(name.toLowerCase()) && !ifExists) {
        throw new SqlError({
          kind: 'worded',
          code: 1305,
          state: '42000',
          message: `FUNCTION ${session.database || 'mysql'}.${name} does not exist`,
        })
      }
      return done('DROP FUNCTION')
    })
  }
  if (['PROCEDURE', 'TRIGGER', 'EVENT', 'SERVER'].includes(what)) {
    reader.expect('DROP', what)
    const ifExists = reader.takes('IF', 'EXISTS')
    const name = parser.tableName().parts.at(-1) as string
    return ownStatement(`DROP ${what}`, (session) => {
      if (!ifExists)
        throw new SqlError({ kind: 'worded', code: 1305, state: '42000', message: `${what} ${session.database}.${name} does not exist` })
      return done(`DROP ${what}`)
    })
  }
  return undefined
}

function parseInstall(parser: SqlParser): Statement {
  const { reader } = parser
  const verb = `${reader.take().upper} PLUGIN`
  if (!reader.takes('PLUGIN')) reader.expect('SONAME')
  const name = reader.token.kind === 'string' ? reader.string() : parser.anyName()
  const library = reader.takes('SONAME') ? reader.string() : name
  return ownStatement(verb, ({ setup }) => {
    setup.note({ kind: 'library', name, library })
    throw new SqlError({
      kind: 'worded',
      code: 1126,
      state: 'HY000',
      message: `Can't open shared library '${PLUGIN_FOLDER}${library}' (errno: 2, cannot open shared object file: No such file or directory)`,
    })
  })
}

/** Statements that a session may have prepared. */
const PREPARED = 100

/** PREPARE s FROM 'text' or @variable; EXECUTE s USING @a, @b; DEALLOCATE PREPARE s. */
function parsePrepared(parser: SqlParser, verb: 'PREPARE' | 'EXECUTE' | 'DEALLOCATE'): Statement {
  const { reader } = parser
  reader.take()
  if (verb === 'DEALLOCATE') reader.expect('PREPARE')
  const name = parser.anyName().toLowerCase()
  const unknown = (): SqlError => {
    const message = `Unknown prepared statement handler (${name}) given to ${verb}${verb === 'DEALLOCATE' ? ' PREPARE' : ''}`
    return new SqlError({ kind: 'worded', code: 1243, state: 'HY000', message })
  }
  if (verb === 'PREPARE') {
    reader.expect('FROM')
    const text = parser.expression()
    return ownStatement(verb, (session, parameters) => {
      const [sql] = evaluate(session, parameters, [text])
      const prepared = new SqlParser(sql === null || sql === undefined ? 'NULL' : textOf(sql), session.dialect).next()
      if (!prepared) throw new SqlError({ kind: 'worded', code: 1065, state: '42000', message: 'Query was empty' })
      if (session.prepared.size < PREPARED || session.prepared.has(name)) session.prepared.set(name, prepared.statement)
      return done(verb)
    })
  }
  if (verb === 'DEALLOCATE') {
    return ownStatement(verb, (session) => {
      if (!session.prepared.delete(name)) throw unknown()
      return done(verb)
    })
  }
  const using = reader.takes('USING') ? reader.list(() => parser.expression()) : []
  return ownStatement(verb, (session, parameters) => {
    const statement = session.prepared.get(name)
    if (!statement) throw unknown()
    return { kind: 'instead', statement, parameters: evaluate(session, parameters, using) }
  })
}

function parseKill(parser: SqlParser): Statement {
  const { reader } = parser
  reader.take()
  while (reader.seesOne('HARD', 'SOFT', 'QUERY', 'CONNECTION', 'USER', 'ID')) reader.take()
  const id = parser.expression()
  return ownStatement('KILL', (session, parameters) => {
    const [value] = evaluate(session, parameters, [id])
    throw new SqlError({
      kind: 'worded',
      code: 1094,
      state: 'HY000',
      message: `Unknown thread id: ${value === null || value === undefined ? 0 : textOf(value)}`,
    })
  })
}

function parseRename(parser: SqlParser): Statement {
  const { reader } = parser
  reader.expect('RENAME', 'TABLE')
  const table = parser.tableName()
  reader.expect('TO')
  const alteration: Alteration = { kind: 'rename', to: parser.tableName() }
  return { kind: 'alter-table', table, alterations: [alteration], ifExists: false }
}

function parseMaintenance(parser: SqlParser, word: string): Statement {
  const { reader } = parser
  reader.take()
  while (reader.seesOne('NO_WRITE_TO_BINLOG', 'LOCAL')) reader.take()
  reader.expect('TABLE')
  const tables = reader.list(() => parser.tableName())
  reader.skipStatement()
  return ownStatement(word.toUpperCase(), (session) => {
    const rows = tables.map((table): SqlValue[] => {
      resolveTable(session, table)
      return [`${session.database}.${table.parts.at(-1)}`, word, 'status', 'OK']
    })
    return rowsResult(['Table', 'Op', 'Msg_type', 'Msg_text'], rows)
  })
}
