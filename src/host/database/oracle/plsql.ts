import { Compiler, keepVariable } from '../compiler.ts'
import { done, ownStatement, type Sequence } from '../dialect.ts'
import { truthOf } from '../operators.ts'
import { Scope } from '../scope.ts'
import { compileSelect, statementContext } from '../select.ts'
import type { DatabaseSession } from '../session.ts'
import { SqlParser } from '../sql-parser.ts'
import type { Expression, Statement } from '../syntax.ts'
import { type SqlValue, textOf } from '../value.ts'
import { raise } from './account.ts'
import { type Argument, runPackage } from './packages.ts'

/** Rows that a cursor loop runs through. */
const MOST_TURNS = 200
/** Words that end a list of statements. */
const ENDS = ['END', 'EXCEPTION', 'ELSE', 'ELSIF', 'WHEN']

/**
 * The part of PL/SQL that attackers send: calls of packages, EXECUTE IMMEDIATE, assignments, IF, cursor loops, handlers.
 * What is beyond it is read over.
 */
export function parseBlock(parser: SqlParser): Statement {
  const { reader } = parser
  const declared = reader.takes('DECLARE') ? declarations(parser) : []
  reader.expect('BEGIN')
  const body = statements(parser)
  const handler = reader.takes('EXCEPTION') ? handlers(parser) : undefined
  reader.expect('END')
  if (reader.token.kind === 'word' || reader.token.kind === 'name') reader.take()
  if (reader.sees(';', '/')) reader.take()
  reader.takes('/')
  return ownStatement(
    'PL/SQL',
    (): Sequence => ({
      kind: 'sequence',
      statements: [...declared, ...body, ownStatement('PL/SQL', () => done('PL/SQL', 0))],
      ...(handler && { onError: () => handler }),
    }),
  )
}

/** CALL p(…), EXEC p(…). */
export function parseCall(parser: SqlParser): Statement {
  const call = callOf(parser)
  if (parser.reader.takes('INTO')) parser.reader.take()
  return call
}

function declarations(parser: SqlParser): Statement[] {
  const { reader } = parser
  const found: Statement[] = []
  while (!reader.sees('BEGIN') && reader.token.kind !== 'end') {
    if (reader.seesOne('PROCEDURE', 'FUNCTION', 'CURSOR', 'TYPE', 'PRAGMA', 'SUBTYPE')) {
      skipTo(parser, ';')
      continue
    }
    const name = parser.anyName()
    parser.locals.add(name)
    while (!reader.seesOne(';', ':=', 'DEFAULT')) if (reader.take().kind === 'end') throw reader.error()
    const value = reader.takes(':=') || reader.takes('DEFAULT') ? parser.expression() : undefined
    reader.takes(';')
    found.push(assignment(name, value ?? { kind: 'literal', value: null, type: { kind: 'null' } }))
  }
  return found
}

function skipTo({ reader }: SqlParser, upper: string): void {
  while (reader.token.kind !== 'end' && !reader.takes(upper)) reader.take()
}

function statements(parser: SqlParser): Statement[] {
  const { reader } = parser
  const found: Statement[] = []
  while (!reader.seesOne(...ENDS)) {
    if (reader.token.kind === 'end') throw reader.error()
    const statement = reader.nested(() => one(parser))
    if (statement) found.push(statement)
    if (!reader.takes(';') && !reader.seesOne(...ENDS)) throw reader.error()
  }
  return found
}

/** Each WHEN … THEN; the first that is there runs, whatever it is for. */
function handlers(parser: SqlParser): Statement[] {
  const { reader } = parser
  let first: Statement[] | undefined
  while (reader.takes('WHEN')) {
    skipTo(parser, 'THEN')
    const body = statements(parser)
    first ??= body
  }
  return first ?? []
}

function one(parser: SqlParser): Statement | undefined {
  const { reader } = parser
  switch (reader.token.upper) {
    case 'NULL':
      reader.take()
      return undefined
    case 'BEGIN':
    case 'DECLARE':
      return parseBlock(parser)
    case 'IF':
      return condition(parser)
    case 'FOR':
      return forLoop(parser)
    case 'WHILE': {
      reader.take()
      const test = parser.expression()
      const body = loopBody(parser)
      const loop: Statement = ownStatement('WHILE', (session) => ({
        kind: 'sequence',
        statements: truthOf(evaluate(session, test), session.dialect) ? [...body, loop] : [],
      }))
      return loop
    }
    case 'LOOP': {
      const body = loopBody(parser)
      return sequence(() => body)
    }
    case 'EXECUTE':
      return immediate(parser)
    case 'RETURN':
    case 'EXIT':
    case 'CONTINUE':
    case 'OPEN':
    case 'FETCH':
    case 'CLOSE':
    case 'PIPE':
    case 'FORALL':
      while (reader.token.kind !== 'end' && !reader.sees(';')) reader.take()
      return undefined
    case 'RAISE':
      while (reader.token.kind !== 'end' && !reader.sees(';')) reader.take()
      return ownStatement('RAISE', (session) => {
        if (session.caught) throw session.caught
        return raise(6510, 'PL/SQL: unhandled user-defined exception')
      })
    case 'SELECT':
    case 'WITH':
    case 'INSERT':
    case 'UPDATE':
    case 'DELETE':
    case 'COMMIT':
    case 'ROLLBACK':
    case 'SAVEPOINT':
    case 'LOCK':
    case 'MERGE':
      return parser.statement()
    default:
      return assignmentOrCall(parser)
  }
}

function condition(parser: SqlParser): Statement {
  const { reader } = parser
  reader.take()
  const branches: { test: Expression | undefined; body: Statement[] }[] = []
  const test = parser.expression()
  reader.expect('THEN')
  branches.push({ test, body: statements(parser) })
  while (reader.takes('ELSIF')) {
    const other = parser.expression()
    reader.expect('THEN')
    branches.push({ test: other, body: statements(parser) })
  }
  if (reader.takes('ELSE')) branches.push({ test: undefined, body: statements(parser) })
  reader.expect('END', 'IF')
  return sequence(
    (session) => branches.find(({ test: when }) => when === undefined || truthOf(evaluate(session, when), session.dialect))?.body ?? [],
  )
}

function loopBody(parser: SqlParser): Statement[] {
  const { reader } = parser
  reader.expect('LOOP')
  const body = statements(parser)
  reader.expect('END', 'LOOP')
  if (reader.token.kind === 'word') reader.take()
  return body
}

/** FOR c IN (SELECT …) LOOP: the columns of a row are `c.name`. Over a range of numbers the body runs once. */
function forLoop(parser: SqlParser): Statement {
  const { reader } = parser
  reader.take()
  const name = parser.anyName()
  parser.locals.add(name)
  reader.expect('IN')
  const select = reader.sees('(', 'SELECT') || reader.sees('(', 'WITH') ? reader.parenthesized(() => parser.select()) : undefined
  while (!select && !reader.sees('LOOP') && reader.token.kind !== 'end') reader.take()
  const body = loopBody(parser)
  if (!select) return sequence(() => [assignment(name, { kind: 'literal', value: 1, type: { kind: 'integer' } }), ...body])
  return sequence((session) => {
    const { columns, run } = compileSelect(select, statementContext(session, []))
    return run()
      .slice(0, MOST_TURNS)
      .flatMap((row) => [...columns.map((column, i) => keeping(`${name}.${column.name}`, row[i] ?? null)), ...body])
  })
}

/** EXECUTE IMMEDIATE text [INTO …] [USING …]. */
function immediate(parser: SqlParser): Statement {
  const { reader } = parser
  reader.expect('EXECUTE', 'IMMEDIATE')
  const text = parser.expression()
  const into = reader.takes('INTO') ? reader.list(() => parser.anyName()) : []
  const using = reader.takes('USING')
    ? reader.list(() => {
        while (reader.seesOne('IN', 'OUT')) reader.take()
        return parser.expression()
      })
    : []
  return sequence((session) => {
    const built = textOf(evaluate(session, text) ?? '')
    const given = using.map((expression) => evaluate(session, expression))
    const inner = new SqlParser(built, session.dialect)
    const parsed = inner.next()
    if (!parsed) return []
    const { statement } = parsed
    if (statement.kind === 'select' && into.length)
      return [
        bound(
          {
            kind: 'select',
            select: { ...statement.select, target: { how: 'variables', name: '', variables: into.map((name) => `@${name}`) } },
          },
          given,
        ),
      ]
    return [bound(statement, given)]
  })
}

/** The statement with its own values for its parameters. */
function bound(statement: Statement, parameters: readonly SqlValue[]): Statement {
  return ownStatement('EXECUTE IMMEDIATE', () => ({ kind: 'instead', statement, parameters }))
}

function assignmentOrCall(parser: SqlParser): Statement | undefined {
  const { reader } = parser
  const start = reader.position
  // `:1 := f(x)`: a bind variable is a variable like others; nobody is sent its value.
  if (reader.token.kind === 'parameter') {
    reader.take()
    parser.parameterCount++
    reader.expect(':=')
    return assignment('bind', parser.expression())
  }
  const name = parser.anyName()
  while (reader.takes('.')) parser.anyName()
  if (reader.takes(':=')) return assignment(name, parser.expression())
  reader.position = start
  return callOf(parser)
}

function callOf(parser: SqlParser): Statement {
  const { reader } = parser
  const { at } = reader.token
  const parts = [parser.anyName()]
  while (reader.takes('.')) parts.push(parser.anyName())
  const args: { name: string | undefined; value: Expression }[] = []
  if (reader.takes('(') && !reader.takes(')')) {
    args.push(
      ...reader.list(() => {
        const isNamed =
          (reader.token.kind === 'word' || reader.token.kind === 'name') && reader.ahead().upper === '=' && reader.ahead(2).upper === '>'
        const name = isNamed ? parser.anyName() : undefined
        if (isNamed) reader.expect('=', '>')
        return { name, value: parser.expression() }
      }),
    )
    reader.expect(')')
  }
  const text = reader.textFrom(at)
  return ownStatement('CALL', (session, parameters) => {
    const known: Argument[] = args.map(({ name, value }) => ({ name, value: evaluate(session, value, parameters) }))
    return runPackage(session, parts, known, text)
  })
}

function sequence(choose: (session: DatabaseSession) => readonly Statement[]): Statement {
  return ownStatement('PL/SQL', (session) => ({ kind: 'sequence', statements: choose(session) }))
}

function assignment(name: string, value: Expression): Statement {
  return ownStatement(':=', (session, parameters) => {
    keepVariable(session.variables, name.toLowerCase(), evaluate(session, value, parameters))
    return done(':=')
  })
}

function keeping(name: string, value: SqlValue): Statement {
  return ownStatement(':=', (session) => {
    keepVariable(session.variables, name.toLowerCase(), value)
    return done(':=')
  })
}

function evaluate(session: DatabaseSession, expression: Expression, parameters: readonly SqlValue[] = []): SqlValue {
  return new Compiler(statementContext(session, parameters), new Scope([]), 'field list').compile(expression).run({ row: [] })
}
