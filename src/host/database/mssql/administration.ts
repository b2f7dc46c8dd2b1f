import { toText } from '../../text.ts'
import { done, ownStatement } from '../dialect.ts'
import { writableTable } from '../resolve.ts'
import type { DatabaseSession } from '../session.ts'
import { SqlError } from '../sql-error.ts'
import type { SqlParser } from '../sql-parser.ts'
import type { Statement } from '../syntax.ts'

/** Rows that one BULK INSERT brings. */
const MOST_ROWS = 5000
/** Names of logins and procedures of the attacker's own that are remembered. */
const MOST_KEPT = 200

/** Words after which statements about accounts are told by. */
const ACCOUNTS = new Set([
  'LOGIN',
  'USER',
  'ROLE',
  'SERVER',
  'AUTHORIZATION',
  'CREDENTIAL',
  'CERTIFICATE',
  'ASYMMETRIC',
  'SYMMETRIC',
  'MASTER',
  'ENDPOINT',
  'APPLICATION',
])

/** CREATE LOGIN, ALTER SERVER ROLE, GRANT and their kin: taken down, and believed. */
export function accountStatement(parser: SqlParser, verb: string): Statement | undefined {
  const { reader } = parser
  const what = reader.ahead().upper
  const isGrant = verb === 'GRANT' || verb === 'REVOKE' || verb === 'DENY'
  if (!isGrant && verb === 'ALTER' && what === 'DATABASE') return skip(parser, 'ALTER DATABASE')
  if (!isGrant && !ACCOUNTS.has(what)) return undefined
  const { at } = reader.take()
  let name = ''
  let password: string | undefined
  while (reader.token.kind !== 'end' && reader.token.upper !== ';') {
    const token = reader.take()
    if (!name && (token.upper === 'LOGIN' || token.upper === 'USER' || token.upper === 'MEMBER' || token.upper === 'TO'))
      name = reader.token.text
    if (token.upper === 'PASSWORD' && reader.takes('=') && reader.token.kind === 'string') password = reader.take().text
  }
  const statement = reader.textFrom(at)
  return ownStatement(isGrant ? verb : `${verb} ${what}`, (session) => {
    session.setup.note({ kind: 'privilege', what: statement, name, ...(password !== undefined && { password }) })
    if (what === 'LOGIN' && name) keepLogin(session, name, verb)
    return done(verb, -1)
  })
}

export function keepLogin({ setup: { serverSettings } }: DatabaseSession, name: string, verb: string): void {
  const key = `login/${name.slice(0, 128)}`
  if (verb === 'DROP') serverSettings.delete(key)
  else if (serverSettings.size < MOST_KEPT) serverSettings.set(key, Date.now())
}

/** Logins that this source has made. */
export function madeLogins({ setup: { serverSettings } }: DatabaseSession): string[] {
  return [...serverSettings.keys()].filter((key) => key.startsWith('login/')).map((key) => key.slice('login/'.length))
}

function skip(parser: SqlParser, verb: string): Statement {
  parser.reader.skipStatement()
  return ownStatement(verb, () => done(verb, -1))
}

/** CREATE ASSEMBLY brings code; CREATE PROCEDURE … AS EXTERNAL NAME makes it callable. Other procedures, functions and triggers are kept by name. */
export function parseAssembly(parser: SqlParser, verb: string): Statement | undefined {
  const { reader } = parser
  const what = reader.ahead().upper
  if (what === 'ASSEMBLY') return assembly(parser, verb)
  if (!['PROCEDURE', 'PROC', 'FUNCTION', 'TRIGGER', 'VIEW', 'TYPE', 'SYNONYM', 'QUEUE', 'SERVICE', 'PARTITION', 'FULLTEXT'].includes(what))
    return undefined
  if (what === 'VIEW' && verb === 'DROP') return undefined
  reader.take()
  reader.take()
  if (reader.takes('IF')) reader.expect('EXISTS')
  const name = parser.tableName().parts.at(-1) as string
  const { at } = reader.token
  reader.skipStatement()
  // A procedure lasts to the end of its batch.
  while (reader.token.kind !== 'end' && verb !== 'DROP') reader.take()
  const [, library] = /EXTERNAL\s{1,20}NAME\s{1,20}\[?([^\].\s]{1,128})/i.exec(reader.textFrom(at).slice(0, 4000)) ?? []
  return ownStatement(`${verb} ${what}`, ({ setup }) => {
    if (verb === 'DROP') setup.libraries.delete(name.toLowerCase())
    else if (library) {
      if (setup.libraries.size < MOST_KEPT) setup.libraries.set(name.toLowerCase(), library)
      setup.note({ kind: 'library', name, library })
    }
    return done(`${verb} ${what}`, -1)
  })
}

function assembly(parser: SqlParser, verb: string): Statement {
  const { reader } = parser
  const { at } = reader.take()
  reader.take()
  const name = parser.anyName()
  let code: Buffer | undefined
  let path = ''
  while (reader.token.kind !== 'end' && reader.token.upper !== ';') {
    const token = reader.take()
    if (token.kind === 'bytes') code = token.bytes
    if (token.upper === 'FROM' && reader.token.kind === 'string') path = reader.token.text
  }
  const text = reader.textFrom(at).slice(0, 500)
  return ownStatement(`${verb} ASSEMBLY`, ({ setup }) => {
    if (code) setup.note({ kind: 'write-file', path: `${name}.dll`, bytes: code, how: 'assembly', written: true })
    else if (path) setup.note({ kind: 'read-file', path, found: false })
    setup.note({ kind: 'library', name, library: text })
    return done(`${verb} ASSEMBLY`, -1)
  })
}

/** BULK INSERT t FROM '/etc/passwd': a line becomes a row's first field. */
export function parseBulkInsert(parser: SqlParser): Statement {
  const { reader } = parser
  reader.expect('BULK', 'INSERT')
  const target = parser.tableName()
  reader.expect('FROM')
  const path = reader.string()
  if (reader.takes('WITH')) parser.skipParentheses()
  return ownStatement('BULK INSERT', (session) => {
    const { table } = writableTable(session, target)
    const bytes = session.setup.host.readFile(path)
    session.setup.note({ kind: 'read-file', path, found: bytes !== undefined })
    if (!bytes) {
      const message = `Cannot bulk load. The file "${path.slice(0, 256)}" does not exist or you don't have file access rights.`
      throw new SqlError({ kind: 'worded', code: 4860, state: '1', severity: 16, message })
    }
    const lines = toText(bytes).split(/\r?\n/).slice(0, MOST_ROWS)
    if (lines.at(-1) === '') lines.pop()
    for (const line of lines) {
      const row = table.columns.map((_, i) => (i === 0 ? line : null))
      session.catalog.spend(table, row)
      table.append(row)
    }
    session.rowCount = lines.length
    return done('BULK INSERT', lines.length)
  })
}
