import { type Instead, ownStatement, type Sequence } from '../dialect.ts'
import type { DatabaseSession, SqlResult } from '../session.ts'
import type { SqlParser } from '../sql-parser.ts'
import type { Expression, InsertStatement, Statement } from '../syntax.ts'
import { type SqlValue, typeOf } from '../value.ts'

type Target = Pick<InsertStatement, 'table' | 'columns'>
type Outcome = SqlResult | Instead | Sequence

/** `INSERT INTO #out EXEC xp_cmdshell 'dir'`: the rows of a procedure go into a table. Undefined when it is another INSERT. */
export function parseInsertExec(parser: SqlParser): Statement | undefined {
  const { reader } = parser
  const start = reader.position
  reader.take()
  reader.takes('INTO')
  const { kind } = reader.token
  if (kind === 'word' || kind === 'name') {
    const table = parser.tableName()
    const isList = reader.sees('(') && !reader.sees('(', 'SELECT') && !reader.sees('(', 'WITH')
    const columns = isList ? reader.parenthesized(() => reader.list(() => parser.anyName())) : []
    if (reader.seesOne('EXEC', 'EXECUTE')) return inserting({ table, columns }, parser.statement())
  }
  reader.position = start
  return undefined
}

/** The statement with its rows kept in place of shown. */
function inserting(target: Target, statement: Statement): Statement {
  if (statement.kind === 'select') return insert(target, { select: statement.select })
  if (statement.kind !== 'dialect') return statement
  const run = statement.run as unknown as (session: DatabaseSession, parameters: readonly SqlValue[]) => Outcome
  return ownStatement('INSERT', (session, parameters): Outcome => {
    const outcome = run(session, parameters)
    if (outcome.kind === 'sequence') return { ...outcome, statements: outcome.statements.map((one) => inserting(target, one)) }
    if (outcome.kind === 'instead') return { ...outcome, statement: inserting(target, outcome.statement) }
    if (outcome.kind !== 'rows') return outcome
    const rows = outcome.rows.map((row) => row.map((value): Expression => ({ kind: 'literal', value, type: typeOf(value) })))
    return { kind: 'instead', statement: insert(target, { rows }), parameters: [] }
  })
}

function insert(target: Target, what: Pick<InsertStatement, 'select' | 'rows'>): Statement {
  return { kind: 'insert', isReplace: false, ignoresDuplicates: false, returning: [], ...target, ...what }
}
