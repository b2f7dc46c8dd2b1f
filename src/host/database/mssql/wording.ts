import type { SqlProblem, SqlWording } from '../sql-error.ts'

const say = (code: number, severity: number, message: string): SqlWording => ({ code, state: '1', severity, message })

/** First word of what the parser stumbled over. */
const nearWord = (near: string): string => /^(?:\w{1,100}|'[^']{0,100}'?|.)/su.exec(near)?.[0].replaceAll("'", '') ?? ''

/**
 * Errors as SQL Server words them, with its level; `state` is the server's state.
 *
 * Source: sys.messages, https://learn.microsoft.com/sql/relational-databases/errors-events/database-engine-events-and-errors
 */
export function wordMssql(problem: SqlProblem): SqlWording {
  switch (problem.kind) {
    case 'syntax':
      if (problem.near.startsWith("'"))
        return say(105, 15, `Unclosed quotation mark after the character string '${problem.near.slice(1, 4000)}'.`)
      return problem.atEnd
        ? say(102, 15, 'Incorrect syntax near the end of the statement.')
        : say(102, 15, `Incorrect syntax near '${nearWord(problem.near)}'.`)
    case 'too-complex':
      return say(191, 15, 'Some part of your SQL statement is nested too deeply. Rewrite the query or break it up into smaller queries.')
    case 'unknown-table':
      return say(208, 16, `Invalid object name '${problem.schema ? `${problem.schema}.` : ''}${problem.table}'.`)
    case 'unknown-column':
      return problem.table
        ? say(4104, 16, `The multi-part identifier "${problem.table}.${problem.column}" could not be bound.`)
        : say(207, 16, `Invalid column name '${problem.column}'.`)
    case 'ambiguous-column':
      return say(209, 16, `Ambiguous column name '${problem.column}'.`)
    case 'unknown-database':
      return say(911, 16, `Database '${problem.database}' does not exist. Make sure that the name is entered correctly.`)
    case 'unknown-schema':
      return say(2760, 16, `The specified schema name "${problem.schema}" either does not exist or you do not have permission to use it.`)
    case 'unknown-function':
      return say(195, 15, `'${problem.name}' is not a recognized built-in function name.`)
    case 'argument-count':
      return say(174, 15, `The ${problem.name} function requires another number of argument(s).`)
    case 'table-exists':
      return say(2714, 16, `There is already an object named '${problem.table}' in the database.`)
    case 'database-exists':
      return say(1801, 16, `Database '${problem.database}' already exists. Choose a different database name.`)
    case 'cannot-drop-database':
      return say(3701, 11, `Cannot drop the database '${problem.database}', because it does not exist or you do not have permission.`)
    case 'open-database':
      return say(3702, 16, 'Cannot drop database because it is currently in use.')
    case 'duplicate-key':
      return say(
        2627,
        14,
        `Violation of PRIMARY KEY constraint '${problem.key}'. Cannot insert duplicate key in object 'dbo.${problem.table}'. The duplicate key value is (${problem.value.slice(0, 128)}).`,
      )
    case 'not-null':
    case 'no-default': {
      const table = problem.kind === 'not-null' ? `, table '${problem.table}'` : ''
      return say(
        515,
        16,
        `Cannot insert the value NULL into column '${problem.column}'${table}; column does not allow nulls. INSERT fails.`,
      )
    }
    case 'column-count':
      return say(213, 16, 'Column name or number of supplied values does not match table definition.')
    case 'union-columns':
      return say(
        205,
        16,
        'All queries combined using a UNION, INTERSECT or EXCEPT operator must have an equal number of expressions in their target lists.',
      )
    case 'subquery-columns':
      return say(116, 16, 'Only one expression can be specified in the select list when the subquery is not introduced with EXISTS.')
    case 'subquery-rows':
      return say(
        512,
        16,
        'Subquery returned more than 1 value. This is not permitted when the subquery follows =, !=, <, <= , >, >= or when the subquery is used as an expression.',
      )
    case 'not-grouped':
      return say(
        8120,
        16,
        `Column '${problem.column}' is invalid in the select list because it is not contained in either an aggregate function or the GROUP BY clause.`,
      )
    case 'misplaced-aggregate':
      return say(
        147,
        15,
        'An aggregate may not appear in the WHERE clause unless it is in a subquery contained in a HAVING clause or a select list, and the column being aggregated is an outer reference.',
      )
    case 'order-position':
      return say(108, 16, `The ORDER BY position number ${problem.position} is out of range of the number of items in the select list.`)
    case 'divide-by-zero':
      return say(8134, 16, 'Divide by zero error encountered.')
    case 'bad-cast':
      return say(
        245,
        16,
        `Conversion failed when converting the nvarchar value '${problem.value.slice(0, 4000)}' to data type ${castTarget(problem.to)}.`,
      )
    case 'out-of-range':
      return say(8115, 16, `Arithmetic overflow error converting expression to data type ${problem.type}.`)
    case 'unknown-type':
      return say(243, 16, `Type ${problem.type} is not a defined system type.`)
    case 'bad-operand':
      return say(402, 16, `The data types ${problem.types.join(' and ')} are incompatible in the ${problem.operator} operator.`)
    case 'unknown-variable':
      return problem.name.startsWith('@')
        ? say(137, 15, `Must declare the scalar variable "${problem.name}".`)
        : say(137, 15, `Must declare the scalar variable "@@${problem.name}".`)
    case 'read-only-table':
      return say(259, 16, 'Ad hoc updates to system catalogs are not allowed.')
    case 'full':
      return say(
        1105,
        17,
        `Could not allocate space for object 'dbo.${problem.table}' in database because the 'PRIMARY' filegroup is full. Create disk space by deleting unneeded files, dropping objects in the filegroup, adding additional files to the filegroup, or setting autogrowth on for existing files in the filegroup.`,
      )
    case 'worded':
      return { code: problem.code, state: problem.state, severity: problem.severity ?? 16, message: problem.message }
    case 'result-too-large':
      return say(8152, 16, 'String or binary data would be truncated.')
    default:
      return say(8621, 17, 'The query processor ran out of stack space during query optimization. Please simplify the query.')
  }
}

/** `integer` of the common conversion is `int` here. */
const castTarget = (to: string): string => (to === 'integer' ? 'int' : to)
