import { done, ownStatement } from '../dialect.ts'
import type { DatabaseSession } from '../session.ts'
import type { SqlParser } from '../sql-parser.ts'
import type { Statement } from '../syntax.ts'
import { accounts, dropAccount, makeAccount, mustBeDba, raise } from './account.ts'
import { parseBlock, parseCall } from './plsql.ts'

/** Names of the attacker's own that are remembered. */
const MOST_KEPT = 200
/** Statements that change nothing which shows. */
const SKIPPED = new Set([
  'ANALYZE',
  'ASSOCIATE',
  'AUDIT',
  'COMMENT',
  'EXPLAIN',
  'FLASHBACK',
  'LOCK',
  'NOAUDIT',
  'PURGE',
  'RENAME',
  'SET',
  'MERGE',
])
/** What CREATE and DROP take besides tables: kept by name alone, or not at all. */
const OBJECTS = new Set([
  'VIEW',
  'SEQUENCE',
  'SYNONYM',
  'TRIGGER',
  'TYPE',
  'PACKAGE',
  'PROFILE',
  'TABLESPACE',
  'CONTEXT',
  'LIBRARY',
  'MATERIALIZED',
  'CLUSTER',
  'EDITIONABLE',
  'NONEDITIONABLE',
])

/** What Oracle has, or reads otherwise. */
export function oracleStatement(parser: SqlParser): Statement | undefined {
  const { reader } = parser
  const { upper } = reader.token
  switch (upper) {
    case 'BEGIN':
    case 'DECLARE':
      return parseBlock(parser)
    case 'CALL':
    case 'EXEC':
    case 'EXECUTE':
      reader.take()
      return parseCall(parser)
    case 'COMMIT':
    case 'ROLLBACK':
      reader.take()
      if (upper === 'ROLLBACK' && reader.sees('TO')) return skipped(parser, 'ROLLBACK')
      reader.skipStatement()
      return { kind: 'transaction', what: upper === 'COMMIT' ? 'commit' : 'rollback', verb: upper }
    case 'CREATE':
      return parseCreate(parser)
    case 'DROP':
      return parseDrop(parser)
    case 'ALTER':
      return parseAlter(parser)
    case 'GRANT':
    case 'REVOKE':
      return parseGrant(parser, upper)
    case 'SHUTDOWN':
    case 'STARTUP':
      reader.skipStatement()
      return ownStatement(upper, (session) => {
        mustBeDba(session)
        return done(upper)
      })
    // These begin no statement here.
    case 'START':
    case 'END':
    case 'ABORT':
    case 'REPLACE':
    case 'RELEASE':
    case 'TABLE':
    case 'VALUES':
      throw reader.error()
    default:
      return SKIPPED.has(upper) ? skipped(parser, upper) : undefined
  }
}

function skipped(parser: SqlParser, verb: string): Statement {
  parser.reader.skipStatement()
  return ownStatement(verb, () => done(verb))
}

/** All that is left is text of another language: Java, PL/SQL. */
function takeAll({ reader }: SqlParser): void {
  reader.position = reader.tokens.length - 1
}

function parseCreate(parser: SqlParser): Statement | undefined {
  const { reader } = parser
  const start = reader.position
  const { at } = reader.take()
  reader.takes('OR', 'REPLACE')
  while (reader.seesOne('AND', 'RESOLVE', 'COMPILE', 'NOFORCE', 'FORCE', 'PUBLIC', 'EDITIONABLE', 'NONEDITIONABLE')) reader.take()
  const what = reader.token.upper
  switch (what) {
    case 'JAVA':
      return javaSource(parser)
    case 'FUNCTION':
    case 'PROCEDURE':
      return routine(parser)
    case 'DIRECTORY': {
      reader.take()
      const name = parser.anyName()
      reader.expect('AS')
      const path = reader.string()
      return ownStatement('CREATE DIRECTORY', (session) => {
        mustBeDba(session)
        if (session.setup.serverSettings.size < MOST_KEPT) session.setup.serverSettings.set(`directory:${name}`, path)
        session.setup.note({ kind: 'setting', name: `directory ${name}`, value: path })
        return done('CREATE DIRECTORY')
      })
    }
    case 'USER':
      return account(parser, 'CREATE', at)
    case 'ROLE':
      return account(parser, 'CREATE', at)
    case 'DATABASE':
      reader.skipStatement()
      return ownStatement('CREATE DATABASE LINK', (session) => {
        session.setup.note({ kind: 'setting', name: 'database link', value: reader.textFrom(at) })
        return done('CREATE DATABASE LINK')
      })
    default:
      if (OBJECTS.has(what)) {
        takeAll(parser)
        return ownStatement(`CREATE ${what}`, () => done(`CREATE ${what}`))
      }
      reader.position = start
      return undefined
  }
}

/** CREATE JAVA SOURCE NAMED "x" AS …: the text is kept as a file. */
function javaSource(parser: SqlParser): Statement {
  const { reader } = parser
  reader.take()
  if (!reader.takes('SOURCE') && !reader.takes('CLASS')) reader.expect('RESOURCE')
  let name = 'source'
  if (reader.takes('NAMED')) name = parser.tableName().parts.at(-1) as string
  const { at } = reader.token
  takeAll(parser)
  const code = Buffer.from(reader.sql.slice(at).replace(/^(?:AS|IS)\s+/i, ''))
  return ownStatement('CREATE JAVA', ({ setup }) => {
    setup.note({ kind: 'write-file', path: `${name}.java`, bytes: code, how: 'java-source', written: true })
    return done('CREATE JAVA')
  })
}

/** A function of Java's is callable after it; one of PL/SQL's is believed and never run. */
function routine(parser: SqlParser): Statement {
  const { reader } = parser
  const verb = `CREATE ${reader.take().upper}`
  const { at } = reader.token
  const name = parser.tableName().parts.at(-1) as string
  takeAll(parser)
  const [, library] = /LANGUAGE\s{1,20}JAVA\s{1,20}NAME\s{1,20}'([^']{1,400})'/i.exec(reader.sql.slice(at, at + 4000)) ?? []
  return ownStatement(verb, ({ setup }) => {
    if (library && setup.libraries.size < MOST_KEPT) {
      setup.libraries.set(name.toLowerCase(), library)
      setup.note({ kind: 'library', name, library })
    }
    return done(verb)
  })
}

function parseDrop(parser: SqlParser): Statement | undefined {
  const { reader } = parser
  const { at } = reader.token
  const what = reader.ahead().upper
  if (what === 'TABLE') {
    reader.take()
    reader.take()
    const table = parser.tableName()
    while (reader.seesOne('CASCADE', 'CONSTRAINTS', 'PURGE')) reader.take()
    return { kind: 'drop-table', what: 'table', tables: [table], ifExists: false }
  }
  if (what === 'USER' || what === 'ROLE') {
    reader.take()
    return account(parser, 'DROP', at)
  }
  if (what === 'DATABASE') {
    reader.skipStatement()
    return ownStatement('DROP DATABASE', (session) => {
      mustBeDba(session)
      return raise(12_719, 'operation requires database is in RESTRICTED mode')
    })
  }
  reader.skipStatement()
  return ownStatement(`DROP ${what}`, () => done(`DROP ${what}`))
}

/** CREATE, ALTER and DROP of USER and ROLE. DROP USER … CASCADE takes the schema along. */
function account(parser: SqlParser, verb: 'CREATE' | 'ALTER' | 'DROP', at: number): Statement {
  const { reader } = parser
  const what = reader.take().upper
  const name = parser.anyName()
  let password: string | undefined
  let isCascade = false
  while (reader.token.kind !== 'end' && reader.token.upper !== ';') {
    const token = reader.take()
    if (token.upper === 'CASCADE') isCascade = true
    if (token.upper === 'BY' && password === undefined) {
      reader.takes('VALUES')
      password = reader.take().text
    }
  }
  const statement = reader.textFrom(at)
  return ownStatement(`${verb} ${what}`, (session) => {
    const { setup, catalog } = session
    if (!(verb === 'ALTER' && name === setup.user)) mustBeDba(session)
    const isKnown = what === 'ROLE' || accounts(session).some((one) => one.name === name)
    if (what === 'USER' && verb === 'CREATE' && isKnown) raise(1920, `user name '${name}' conflicts with another user or role name`)
    if (what === 'USER' && verb !== 'CREATE' && !isKnown) raise(1918, `user '${name}' does not exist`)
    setup.note({ kind: 'privilege', what: statement, name, ...(password !== undefined && { password }) })
    if (what === 'USER' && verb === 'CREATE') {
      if (!catalog.database(name)) catalog.addDatabase(name, [''])
      if (setup.serverSettings.size < MOST_KEPT) makeAccount(session, name)
    }
    if (what === 'USER' && verb === 'DROP') dropSchema(session, name, isCascade)
    return done(`${verb} ${what}`)
  })
}

function dropSchema(session: DatabaseSession, name: string, isCascade: boolean): void {
  const { catalog, setup } = session
  const database = catalog.database(name)
  if (database?.isSystem) raise(28_014, 'cannot drop administrative user or role')
  if (database && database.size > 0 && !isCascade) raise(1922, `CASCADE must be specified to drop '${name}'`)
  if (database) {
    const rows = [...database.tables].reduce((sum, table) => sum + table.rows.length, 0)
    setup.note({ kind: 'drop', what: 'database', name, rows })
    catalog.removeDatabase(name)
  }
  dropAccount(session, name)
}

function parseAlter(parser: SqlParser): Statement | undefined {
  const { reader } = parser
  const { at } = reader.token
  const what = reader.ahead().upper
  if (what === 'TABLE') return undefined
  reader.take()
  if (what === 'USER') return account(parser, 'ALTER', at)
  reader.take()
  let name = ''
  let value = ''
  while (reader.token.kind !== 'end' && reader.token.upper !== ';') {
    const token = reader.take()
    if (reader.takes('=')) {
      name = token.text.toUpperCase()
      value = reader.take().text
    }
  }
  const text = reader.textFrom(at)
  return ownStatement(`ALTER ${what}`, (session) => {
    if (what === 'SYSTEM') {
      mustBeDba(session)
      session.setup.note({ kind: 'setting', name: name || 'system', value: value || text })
    }
    if (what === 'SESSION' && name === 'CURRENT_SCHEMA') {
      const database = session.catalog.database(value)
      if (!database && !accounts(session).some((one) => one.name === value.toUpperCase())) raise(1435, 'user does not exist')
      session.database = database?.name ?? value.toUpperCase()
    }
    return done(`ALTER ${what}`)
  })
}

function parseGrant(parser: SqlParser, verb: 'GRANT' | 'REVOKE'): Statement {
  const { reader } = parser
  const { at } = reader.take()
  const isDbaRole = reader.sees('DBA') || reader.sees('ALL', 'PRIVILEGES')
  let name = ''
  while (reader.token.kind !== 'end' && reader.token.upper !== ';') {
    const { upper } = reader.take()
    if (!name && (upper === 'TO' || upper === 'FROM')) name = parser.anyName()
  }
  const what = reader.textFrom(at)
  return ownStatement(verb, (session) => {
    mustBeDba(session)
    session.setup.note({ kind: 'privilege', what, name })
    if (isDbaRole && session.setup.serverSettings.size < MOST_KEPT)
      session.setup.serverSettings.set(`dba:${name}`, verb === 'GRANT' ? 1 : 0)
    return done(verb)
  })
}
