import type { Clause, SqlProblem, SqlWording } from '../sql-error.ts'

/** MariaDB names a clause by its keyword since its release of 2025; MySQL has names of its own. */
const MARIADB_CLAUSES: Record<Clause, string> = {
  'field list': 'SELECT',
  'where clause': 'WHERE',
  'order clause': 'ORDER BY',
  'group statement': 'GROUP BY',
  'having clause': 'HAVING',
  'on clause': 'ON',
  'insert list': 'INSERT INTO',
  'set list': 'SET',
}

const say = (code: number, state: string, message: string): SqlWording => ({ code, state, message })

/** Errors as the server words them; recorded from MariaDB 10.11.19. */
export function wordMysql(problem: SqlProblem, product: 'mariadb' | 'mysql'): SqlWording {
  const clauseName = (clause: Clause): string =>
    product === 'mariadb' ? MARIADB_CLAUSES[clause] : clause.endsWith(' list') ? 'field list' : clause
  const server = product === 'mariadb' ? 'MariaDB' : 'MySQL'
  switch (problem.kind) {
    case 'syntax':
      return say(
        1064,
        '42000',
        `You have an error in your SQL syntax; check the manual that corresponds to your ${server} server version for the right syntax to use near '${problem.near.slice(0, 80)}' at line ${problem.line}`,
      )
    case 'too-complex':
      return say(
        1436,
        'HY000',
        'Thread stack overrun:  261744 bytes used of a 299008 byte stack, and 38256 bytes needed. Consider increasing the thread_stack system variable.',
      )
    case 'unknown-table':
      if (problem.database === undefined) return say(1051, '42S02', `Unknown table '${problem.table}'`)
      if (problem.database.toLowerCase() === 'information_schema')
        return say(1109, '42S02', `Unknown table '${problem.table}' in information_schema`)
      return say(1146, '42S02', `Table '${problem.database}.${problem.table}' doesn't exist`)
    case 'unknown-column':
      return say(
        1054,
        '42S22',
        `Unknown column '${problem.table ? `${problem.table}.` : ''}${problem.column}' in '${clauseName(problem.clause)}'`,
      )
    case 'ambiguous-column':
      return say(1052, '23000', `Column '${problem.column}' in ${clauseName(problem.clause)} is ambiguous`)
    case 'unknown-database':
    case 'unknown-schema':
      return say(1049, '42000', `Unknown database '${problem.kind === 'unknown-schema' ? problem.schema : problem.database}'`)
    case 'unknown-function':
      return say(1305, '42000', `FUNCTION ${problem.name} does not exist`)
    case 'argument-count':
      return say(1582, '42000', `Incorrect parameter count in the call to native function '${problem.name}'`)
    case 'no-database':
      return say(1046, '3D000', 'No database selected')
    case 'table-exists':
      return say(1050, '42S01', `Table '${problem.table}' already exists`)
    case 'database-exists':
      return say(1007, 'HY000', `Can't create database '${problem.database}'; database exists`)
    case 'cannot-drop-database':
      return say(1008, 'HY000', `Can't drop database '${problem.database}'; database doesn't exist`)
    case 'duplicate-key':
      return say(
        1062,
        '23000',
        `Duplicate entry '${problem.value.slice(0, 64)}' for key '${product === 'mysql' ? `${problem.table}.` : ''}${problem.key}'`,
      )
    case 'not-null':
      return say(1048, '23000', `Column '${problem.column}' cannot be null`)
    case 'no-default':
      return say(1364, 'HY000', `Field '${problem.column}' doesn't have a default value`)
    case 'column-count':
      return say(1136, '21S01', `Column count doesn't match value count at row ${(problem.row ?? 0) + 1}`)
    case 'union-columns':
      return say(1222, '21000', 'The used SELECT statements have a different number of columns')
    case 'subquery-columns':
      return say(1241, '21000', 'Operand should contain 1 column(s)')
    case 'subquery-rows':
      return say(1242, '21000', 'Subquery returns more than 1 row')
    case 'misplaced-aggregate':
      return say(1111, 'HY000', 'Invalid use of group function')
    case 'order-position':
      return say(
        1054,
        '42S22',
        `Unknown column '${problem.position}' in '${clauseName(problem.clause === 'ORDER BY' ? 'order clause' : 'group statement')}'`,
      )
    case 'out-of-range':
      return say(1690, '22003', `${problem.type} value is out of range`)
    case 'bad-regex':
      return say(1139, '42000', `Regex error '${problem.message}'`)
    case 'unknown-variable':
      return say(1193, 'HY000', `Unknown system variable '${problem.name}'`)
    case 'read-only-variable':
      return say(1238, 'HY000', `Variable '${problem.name}' is a read only variable`)
    case 'parameters':
      return say(1210, 'HY000', 'Incorrect arguments to EXECUTE')
    case 'interrupted':
      return say(1317, '70100', 'Query execution was interrupted')
    case 'result-too-large':
      return say(1301, 'HY000', 'Result of repeat() was larger than max_allowed_packet (16777216) - truncated')
    case 'full':
      return say(1114, 'HY000', `The table '${problem.table}' is full`)
    case 'read-only-table':
      if (problem.database.toLowerCase() === 'information_schema')
        return say(1044, '42000', "Access denied for user 'root'@'%' to database 'information_schema'")
      return say(
        1356,
        'HY000',
        `View 'mysql.${problem.table}' references invalid table(s) or column(s) or function(s) or definer/invoker of view lack rights to use them`,
      )
    case 'worded':
      return say(problem.code, problem.state, problem.message)
    case 'unsupported':
      return say(1235, '42000', `This version of ${server} doesn't yet support '${problem.what}'`)
    default:
      return say(
        1064,
        '42000',
        `You have an error in your SQL syntax; check the manual that corresponds to your ${server} server version for the right syntax to use near '' at line 1`,
      )
  }
}
