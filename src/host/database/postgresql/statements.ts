import { Compiler } from '../compiler.ts'
import { done, ownStatement } from '../dialect.ts'
import { Scope } from '../scope.ts'
import { statementContext } from '../select.ts'
import type { DatabaseSession, SqlResult } from '../session.ts'
import { SqlError } from '../sql-error.ts'
import type { SqlParser } from '../sql-parser.ts'
import type { Expression, Statement } from '../syntax.ts'
import { type SqlValue, TEXT, textOf } from '../value.ts'
import { parseCopy } from './copy.ts'
import { settingRows, showSetting } from './settings.ts'
import { roles } from './system-tables.ts'

const SETTINGS = 200
const PREPARED = 100

/** Statements of PostgreSQL alone. */
export function postgresStatement(parser: SqlParser): Statement | undefined {
  const { reader } = parser
  const { upper } = reader.token
  switch (upper) {
    case 'SHOW':
      return parseShow(parser)
    case 'SET':
      return parseSet(parser)
    case 'RESET':
      reader.skipStatement()
      return ownStatement('RESET', (session) => {
        session.settings.clear()
        return done('RESET')
      })
    case 'COPY':
      return parseCopy(parser)
    case 'DO':
      return skipped(parser, 'DO')
    case 'EXPLAIN':
      return parseExplain(parser)
    case 'PREPARE':
    case 'EXECUTE':
    case 'DEALLOCATE':
      return parsePrepared(parser, upper)
    case 'CREATE':
    case 'ALTER':
    case 'DROP':
      return parseObject(parser, upper)
    case 'GRANT':
    case 'REVOKE':
      return privilege(parser, upper)
    case 'VACUUM':
    case 'ANALYZE':
    case 'REINDEX':
    case 'CLUSTER':
    case 'CHECKPOINT':
    case 'LISTEN':
    case 'UNLISTEN':
    case 'NOTIFY':
    case 'LOCK':
    case 'COMMENT':
    case 'LOAD':
    case 'SECURITY':
      return skipped(parser, upper === 'LOCK' ? 'LOCK TABLE' : upper)
    case 'DISCARD':
      reader.take()
      reader.take()
      return ownStatement('DISCARD ALL', (session) => {
        session.settings.clear()
        session.prepared.clear()
        return done('DISCARD ALL')
      })
    case 'CLOSE':
    case 'DECLARE':
    case 'FETCH':
    case 'MOVE':
      return skipped(parser, upper)
    default:
      return undefined
  }
}

function skipped(parser: SqlParser, verb: string): Statement {
  parser.reader.skipStatement()
  return ownStatement(verb, () => done(verb))
}

function oneColumn(verb: string, name: string, rows: string[]): SqlResult {
  return { kind: 'rows', verb, columns: [{ name, type: TEXT }], rows: rows.map((row) => [row]) }
}

function parseShow(parser: SqlParser): Statement {
  const { reader } = parser
  reader.take()
  if (reader.takes('ALL')) {
    return ownStatement('SHOW', (session) => ({
      kind: 'rows',
      verb: 'SHOW',
      columns: ['name', 'setting', 'description'].map((name) => ({ name, type: TEXT })),
      rows: settingRows(session).map((row): SqlValue[] => [
        String(row.name),
        showSetting(session, String(row.name)) ?? '',
        String(row.short_desc ?? ''),
      ]),
    }))
  }
  const isZone = reader.sees('TIME', 'ZONE')
  const isLevel = reader.sees('TRANSACTION', 'ISOLATION', 'LEVEL')
  let name = isZone ? 'TimeZone' : isLevel ? 'transaction_isolation' : parser.anyName()
  if (isZone || isLevel) reader.skipStatement()
  while (reader.takes('.')) name += `.${parser.anyName()}`
  return ownStatement('SHOW', (session) => {
    const value = showSetting(session, name)
    if (value === undefined) throw new SqlError({ kind: 'unknown-variable', name })
    return oneColumn('SHOW', name === 'timezone' ? 'TimeZone' : name, [value])
  })
}

function parseSet(parser: SqlParser): Statement {
  const { reader } = parser
  reader.take()
  while (reader.seesOne('SESSION', 'LOCAL')) reader.take()
  if (reader.seesOne('TRANSACTION', 'CHARACTERISTICS', 'CONSTRAINTS', 'ROLE', 'AUTHORIZATION', 'TIME')) return skipped(parser, 'SET')
  if (reader.takes('NAMES')) return skipped(parser, 'SET')
  let name = parser.anyName()
  while (reader.takes('.')) name += `.${parser.anyName()}`
  if (!reader.takes('TO')) reader.expect('=')
  const values = reader.list(() => {
    const sign = reader.takes('-') ? '-' : ''
    return sign + reader.take().text
  })
  return ownStatement('SET', (session) => {
    set(session, name, values.join(', '))
    return done('SET')
  })
}

/** Settings that only the file and a restart change. */
const FIXED =
  /^(port|listen_addresses|max_connections|shared_buffers|data_directory|server_version|wal_level|shared_preload_libraries|config_file|hba_file)/

function set(session: DatabaseSession, name: string, value: string): void {
  if (!name.includes('.') && showSetting(session, name) === undefined) throw new SqlError({ kind: 'unknown-variable', name })
  if (FIXED.test(name)) throw new SqlError({ kind: 'read-only-variable', name })
  if (session.settings.size < SETTINGS)
    session.settings.set(name.toLowerCase().slice(0, 100), value === 'default' ? '' : value.slice(0, 1000))
}

function parseExplain(parser: SqlParser): Statement {
  const { reader } = parser
  reader.take()
  if (reader.sees('(') && !['SELECT', 'WITH'].includes(reader.ahead().upper)) parser.skipParentheses()
  while (reader.seesOne('ANALYZE', 'VERBOSE')) reader.take()
  const statement = parser.statement()
  const table = statement.kind === 'select' && statement.select.from?.kind === 'table' ? statement.select.from.parts.at(-1) : undefined
  return ownStatement('EXPLAIN', () =>
    oneColumn('EXPLAIN', 'QUERY PLAN', [
      table ? `Seq Scan on ${table}  (cost=0.00..18.50 rows=850 width=68)` : 'Result  (cost=0.00..0.01 rows=1 width=4)',
    ]),
  )
}

function evaluate(session: DatabaseSession, expressions: readonly Expression[]): SqlValue[] {
  const compiler = new Compiler(statementContext(session, []), new Scope([]), 'field list')
  return expressions.map((expression) => compiler.compile(expression).run({ row: [] }))
}

function parsePrepared(parser: SqlParser, verb: 'PREPARE' | 'EXECUTE' | 'DEALLOCATE'): Statement {
  const { reader } = parser
  reader.take()
  if (verb === 'DEALLOCATE') reader.takes('PREPARE')
  const name = verb === 'DEALLOCATE' && reader.takes('ALL') ? '' : parser.anyName()
  const unknown = (): SqlError =>
    new SqlError({ kind: 'worded', code: 0, state: '26000', message: `prepared statement "${name}" does not exist` })
  if (verb === 'PREPARE') {
    if (reader.sees('(')) parser.skipParentheses()
    reader.expect('AS')
    const statement = parser.statement()
    return ownStatement(verb, (session) => {
      if (session.prepared.size < PREPARED) session.prepared.set(name, statement)
      return done(verb)
    })
  }
  if (verb === 'DEALLOCATE') {
    return ownStatement(verb, (session) => {
      if (name === '') session.prepared.clear()
      else if (!session.prepared.delete(name)) throw unknown()
      return done(verb)
    })
  }
  const using = reader.sees('(') ? reader.parenthesized(() => reader.list(() => parser.expression())) : []
  return ownStatement(verb, (session) => {
    const statement = session.prepared.get(name)
    if (!statement) throw unknown()
    return { kind: 'instead', statement, parameters: evaluate(session, using) }
  })
}

/** CREATE, ALTER and DROP of what is no table: roles, functions, extensions … */
function parseObject(parser: SqlParser, verb: 'CREATE' | 'ALTER' | 'DROP'): Statement | undefined {
  const { reader } = parser
  let i = 1
  while (
    ['OR', 'REPLACE', 'TRUSTED', 'PROCEDURAL', 'MATERIALIZED', 'TEMP', 'TEMPORARY', 'EVENT', 'FOREIGN', 'CONSTRAINT'].includes(
      reader.ahead(i).upper,
    )
  )
    i++
  const what = reader.ahead(i).upper
  switch (what) {
    case 'ROLE':
    case 'USER':
    case 'GROUP':
      return privilege(parser, `${verb} ROLE`)
    case 'FUNCTION':
    case 'PROCEDURE':
      return verb === 'CREATE' ? parseFunction(parser) : dropFunction(parser, verb)
    case 'EXTENSION':
      return parseExtension(parser, verb)
    case 'SYSTEM':
      return alterSystem(parser)
    case 'LANGUAGE':
    case 'VIEW':
    case 'TRIGGER':
    case 'TYPE':
    case 'SEQUENCE':
    case 'RULE':
    case 'AGGREGATE':
    case 'OPERATOR':
    case 'CAST':
    case 'SERVER':
    case 'DOMAIN':
    case 'PUBLICATION':
    case 'SUBSCRIPTION':
    case 'POLICY':
    case 'TABLESPACE':
    case 'DEFAULT':
    case 'COLLATION':
      // DROP VIEW and DROP SEQUENCE are common statements.
      return verb === 'DROP' && (what === 'VIEW' || what === 'SEQUENCE') ? undefined : skipped(parser, `${verb} ${what}`)
    case 'DATABASE':
    case 'SCHEMA':
    case 'INDEX':
      return verb === 'ALTER' ? skipped(parser, `ALTER ${what}`) : undefined
    default:
      return undefined
  }
}

/** A function in C loads a library; others are taken and forgotten. */
function parseFunction(parser: SqlParser): Statement {
  const { reader } = parser
  while (!reader.seesOne('FUNCTION', 'PROCEDURE')) reader.take()
  reader.take()
  const name = parser.tableName().parts.at(-1) as string
  let library: string | undefined
  let isC = false
  while (reader.token.kind !== 'end' && !reader.sees(';')) {
    const { upper } = reader.take()
    if (upper === 'AS' && reader.token.kind === 'string') library = reader.take().text
    if (upper === 'LANGUAGE') isC = /^c$/i.test(reader.take().text)
  }
  return ownStatement('CREATE FUNCTION', (session) =>
    isC && library !== undefined ? loadLibrary(session, name, library) : done('CREATE FUNCTION'),
  )
}

function loadLibrary({ setup }: DatabaseSession, name: string, library: string): SqlResult {
  setup.note({ kind: 'library', name, library })
  const worded = (state: string, message: string, hint?: string): SqlError =>
    new SqlError({ kind: 'worded', code: 0, state, message, ...(hint !== undefined && { hint }) })
  const path = library.startsWith('/')
    ? library
    : `/usr/lib/postgresql/${setup.version.split('.')[0]}/lib/${library.replace('$libdir/', '')}`
  if (!setup.host.exists(path) && !setup.host.exists(`${path}.so`))
    throw worded('58P01', `could not access file "${library}": No such file or directory`)
  // The C library and its like are no modules of PostgreSQL; since 8.2 they are refused.
  if (/\/lib(c|system)[.-]|libc\.so/.test(path))
    throw worded(
      'XX000',
      `incompatible library "${path}": missing magic block`,
      'Extension libraries are required to use the PG_MODULE_MAGIC macro.',
    )
  if (setup.libraries.size < 50) setup.libraries.set(name.toLowerCase(), library)
  return done('CREATE FUNCTION')
}

function dropFunction(parser: SqlParser, verb: string): Statement {
  const { reader } = parser
  reader.take()
  reader.take()
  const ifExists = reader.takes('IF', 'EXISTS')
  const name = parser.tableName().parts.at(-1) as string
  reader.skipStatement()
  return ownStatement(`${verb} FUNCTION`, ({ setup }) => {
    if (verb === 'DROP' && !setup.libraries.delete(name.toLowerCase()) && !ifExists)
      throw new SqlError({ kind: 'worded', code: 0, state: '42883', message: `could not find a function named "${name}"` })
    return done(`${verb} FUNCTION`)
  })
}

const AVAILABLE = new Set(['plpgsql', 'dblink', 'pgcrypto', 'adminpack', 'pg_stat_statements', 'postgres_fdw', 'uuid-ossp'])

function parseExtension(parser: SqlParser, verb: string): Statement {
  const { reader } = parser
  reader.take()
  reader.take()
  const isSoft = reader.takes('IF', 'NOT', 'EXISTS') || reader.takes('IF', 'EXISTS')
  const name = parser.anyName()
  reader.skipStatement()
  return ownStatement(`${verb} EXTENSION`, ({ setup }) => {
    const folder = `/usr/share/postgresql/${setup.version.split('.')[0]}/extension`
    if (verb === 'CREATE' && !AVAILABLE.has(name)) {
      throw new SqlError({
        kind: 'worded',
        code: 0,
        state: '0A000',
        message: `extension "${name}" is not available`,
        detail: `Could not open extension control file "${folder}/${name}.control": No such file or directory.`,
        hint: 'The extension must first be installed on the system where PostgreSQL is running.',
      })
    }
    if (verb === 'CREATE' && name === 'plpgsql' && !isSoft)
      throw new SqlError({ kind: 'worded', code: 0, state: '42710', message: 'extension "plpgsql" already exists' })
    return done(`${verb} EXTENSION`)
  })
}

function alterSystem(parser: SqlParser): Statement {
  const { reader } = parser
  const start = reader.token.at
  reader.skipStatement()
  const text = reader.textFrom(start)
  const [, name = '', value = ''] = /SET\s{1,20}([\w.]{1,100})\s{0,20}(?:=|TO)\s{0,20}(.{0,500})/i.exec(text.slice(0, 1000)) ?? []
  return ownStatement('ALTER SYSTEM', ({ setup }) => {
    setup.note({ kind: 'setting', name, value })
    if (name && setup.serverSettings.size < SETTINGS) setup.serverSettings.set(name.toLowerCase(), value.replace(/^'(.*)'$/, '$1'))
    return done('ALTER SYSTEM')
  })
}

/** Roles and rights: accepted, written down with the password that they bring. */
function privilege(parser: SqlParser, verb: string): Statement {
  const { reader } = parser
  const start = reader.token.at
  const [first, second] = [reader.take().upper, reader.token.upper]
  let name = ''
  if (['ROLE', 'USER', 'GROUP'].includes(second)) {
    reader.take()
    reader.takes('IF', 'EXISTS')
    name = parser.anyName()
  }
  let password: string | undefined
  while (reader.token.kind !== 'end' && !reader.sees(';')) {
    const { upper } = reader.take()
    if (upper === 'PASSWORD' && reader.token.kind === 'string') password = reader.token.text
    if ((upper === 'TO' || upper === 'FROM') && name === '' && reader.token.kind === 'word') name = reader.token.text
  }
  const what = reader.textFrom(start).slice(0, 2000)
  return ownStatement(verb, (session) => {
    const { setup } = session
    setup.note({ kind: 'privilege', what, name, ...(password !== undefined && { password }) })
    const key = `role ${name}`
    if (first === 'DROP' && name !== '') {
      if (!setup.serverSettings.delete(key) && !/IF\s+EXISTS/i.test(what) && !roles(session).some((role) => role.rolname === name))
        throw new SqlError({ kind: 'worded', code: 0, state: '42704', message: `role "${name}" does not exist` })
    } else if (first === 'CREATE') {
      if (setup.serverSettings.has(key) || roles(session).some((role) => role.rolname === name))
        throw new SqlError({ kind: 'worded', code: 0, state: '42710', message: `role "${name}" already exists` })
      if (setup.serverSettings.size < SETTINGS) setup.serverSettings.set(key, password === undefined ? '' : textOf(password))
    }
    return done(verb)
  })
}
