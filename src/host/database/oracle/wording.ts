import type { SqlProblem, SqlWording } from '../sql-error.ts'

const say = (code: number, message: string, at?: number): SqlWording => ({
  code,
  state: '72000',
  message: `ORA-${String(code).padStart(5, '0')}: ${message}`,
  ...(at !== undefined && { at }),
})

/**
 * Errors as Oracle 19c words them; `at` is where the client shows its asterisk.
 *
 * Source: Database Error Messages, https://docs.oracle.com/en/database/oracle/oracle-database/19/errmg/
 */
export function wordOracle(problem: SqlProblem): SqlWording {
  switch (problem.kind) {
    case 'syntax':
      return syntax(problem)
    case 'no-from':
      return say(923, 'FROM keyword not found where expected')
    case 'too-complex':
      return say(913, 'too many values')
    case 'unknown-table':
      return say(942, 'table or view does not exist', problem.at)
    case 'unknown-column':
      return say(904, `${problem.table ? `"${problem.table}".` : ''}"${problem.column}": invalid identifier`, problem.at)
    case 'ambiguous-column':
      return say(918, 'column ambiguously defined', problem.at)
    case 'unknown-function':
      return say(904, `${problem.name.split('.').map(quoted).join('.')}: invalid identifier`, problem.at)
    case 'argument-count':
      return say(909, 'invalid number of arguments', problem.at)
    case 'unknown-database':
    case 'unknown-schema':
    case 'no-database':
      return say(1435, 'user does not exist')
    case 'table-exists':
      return say(955, 'name is already used by an existing object')
    case 'database-exists':
      return say(1501, 'CREATE DATABASE failed')
    case 'duplicate-key':
      return say(1, `unique constraint (${problem.key.toUpperCase()}) violated`)
    case 'not-null':
    case 'no-default':
      return say(1400, `cannot insert NULL into (${problem.kind === 'not-null' ? `"${problem.table}".` : ''}"${problem.column}")`)
    case 'column-count':
      return problem.got > problem.expected ? say(913, 'too many values', problem.at) : say(947, 'not enough values', problem.at)
    case 'union-columns':
      return say(1789, 'query block has incorrect number of result columns')
    case 'subquery-columns':
      return say(913, 'too many values')
    case 'subquery-rows':
      return say(1427, 'single-row subquery returns more than one row')
    case 'into-rows':
      return problem.rows === 0 ? say(1403, 'no data found') : say(1422, 'exact fetch returns more than requested number of rows')
    case 'not-grouped':
      return say(979, 'not a GROUP BY expression', problem.at)
    case 'misplaced-aggregate':
      return say(934, 'group function is not allowed here', problem.at)
    case 'order-position':
      return say(1785, 'ORDER BY item must be the number of a SELECT-list expression')
    case 'divide-by-zero':
      return say(1476, 'divisor is equal to zero')
    case 'bad-cast':
      return /date|time/i.test(problem.to)
        ? say(1858, 'a non-numeric character was found where a numeric was expected')
        : say(1722, 'invalid number')
    case 'out-of-range':
      return say(1438, 'value larger than specified precision allowed for this column')
    case 'unknown-type':
      return say(902, 'invalid datatype', problem.at)
    case 'bad-operand':
      return say(932, `inconsistent datatypes: expected ${problem.types[0]} got ${problem.types[1]}`, problem.at)
    case 'bad-regex':
      return say(12_726, 'unmatched bracket in regular expression')
    case 'parameters':
      return say(1008, 'not all variables bound')
    case 'read-only-table':
      return say(1031, 'insufficient privileges')
    case 'full':
      return say(1653, `unable to extend table ${problem.table} by 8 in tablespace USERS`)
    case 'interrupted':
      return say(1013, 'user requested cancel of current operation')
    case 'result-too-large':
      return say(1489, 'result of string concatenation is too long')
    case 'worded':
      return { ...say(problem.code, problem.message), state: problem.state }
    default:
      return say(3001, 'unimplemented feature')
  }
}

const quoted = (part: string): string => `"${part.toUpperCase()}"`

function syntax({ near, at, atEnd }: Extract<SqlProblem, { kind: 'syntax' }>): SqlWording {
  if (near.startsWith("'") && !near.slice(1).includes("'")) return say(1756, 'quoted string not properly terminated', at)
  if (at === 0) return say(900, 'invalid SQL statement', 0)
  if (near.startsWith(';') || near.startsWith('?')) return say(911, 'invalid character', at)
  return atEnd ? say(936, 'missing expression', at) : say(933, 'SQL command not properly ended', at)
}
