import type { SqlProblem, SqlWording } from '../sql-error.ts'

const CAST_HINT = 'You might need to add explicit type casts.'

function say(state: string, message: string, more: { at?: number | undefined; hint?: string; detail?: string } = {}): SqlWording {
  const { at, hint, detail } = more
  return {
    code: 0,
    state,
    message,
    ...(at !== undefined && at > 0 && { at }),
    ...(hint !== undefined && { hint }),
    ...(detail !== undefined && { detail }),
  }
}

/** Errors as PostgreSQL 15.18 words them. */
export function wordPostgres(problem: SqlProblem): SqlWording {
  switch (problem.kind) {
    case 'syntax': {
      const { at, end, near, atEnd } = problem
      if (atEnd) return say('42601', 'syntax error at end of input', { at })
      const [first] = near
      const isOpen = end - at === near.length && (first === "'" || first === '"' || near.startsWith('/*'))
      if (isOpen && first === "'" && !near.slice(1).includes("'"))
        return say('42601', `unterminated quoted string at or near "${near}"`, { at })
      if (isOpen && near.startsWith('/*')) return say('42601', `unterminated /* comment at or near "${near}"`, { at })
      if (isOpen && first === '"' && !near.slice(1).includes('"'))
        return say('42601', `unterminated quoted identifier at or near "${near}"`, { at })
      return withStart('42601', `syntax error at or near "${near.slice(0, end - at)}"`, at)
    }
    case 'too-complex':
      return say('54001', 'stack depth limit exceeded', {
        hint: 'Increase the configuration parameter "max_stack_depth" (currently 2048kB), after ensuring the platform\'s stack depth limit is adequate.',
      })
    case 'unknown-table':
      return say('42P01', `relation "${problem.schema ? `${problem.schema}.` : ''}${problem.table}" does not exist`, problem)
    case 'unknown-column':
      if (problem.relation) return say('42703', `column "${problem.column}" of relation "${problem.relation}" does not exist`, problem)
      if (problem.table === undefined) return say('42703', `column "${problem.column}" does not exist`, problem)
      if (problem.hasTable) return say('42703', `column ${problem.table}.${problem.column} does not exist`, problem)
      return say('42P01', `missing FROM-clause entry for table "${problem.table}"`, problem)
    case 'ambiguous-column':
      return say('42702', `column reference "${problem.column}" is ambiguous`, problem)
    case 'unknown-database':
    case 'cannot-drop-database':
      return say('3D000', `database "${problem.database}" does not exist`)
    case 'unknown-schema':
      return say('3F000', `schema "${problem.schema}" does not exist`)
    case 'unknown-function':
    case 'argument-count': {
      const types = problem.kind === 'unknown-function' ? problem.types.join(', ') : ''
      return say('42883', `function ${problem.name.toLowerCase()}(${types}) does not exist`, {
        at: problem.at,
        hint: `No function matches the given name and argument types. ${CAST_HINT}`,
      })
    }
    case 'no-database':
      return say('3D000', 'no database selected')
    case 'table-exists':
      return say('42P07', `relation "${problem.table}" already exists`)
    case 'database-exists':
      return say('42P04', `database "${problem.database}" already exists`)
    case 'open-database':
      return say('55006', 'cannot drop the currently open database')
    case 'duplicate-key':
      return say('23505', `duplicate key value violates unique constraint "${problem.key}"`, {
        detail: `Key (${problem.column})=(${problem.value.replaceAll('-', ', ')}) already exists.`,
      })
    case 'not-null':
      return say(
        '23502',
        `null value in column "${problem.column}" of relation "${problem.table}" violates not-null constraint`,
        problem.row === undefined ? {} : { detail: `Failing row contains (${problem.row}).` },
      )
    case 'no-default':
      return say('23502', `null value in column "${problem.column}" violates not-null constraint`)
    case 'column-count':
      return say(
        '42601',
        problem.expected > problem.got
          ? 'INSERT has more target columns than expressions'
          : 'INSERT has more expressions than target columns',
      )
    case 'union-columns':
      return say('42601', `each ${problem.operator} query must have the same number of columns`)
    case 'subquery-columns':
      return say('42601', 'subquery must return only one column')
    case 'subquery-rows':
      return say('21000', 'more than one row returned by a subquery used as an expression')
    case 'not-grouped':
      return say('42803', `column "${problem.column}" must appear in the GROUP BY clause or be used in an aggregate function`, problem)
    case 'misplaced-aggregate':
      if (problem.isNested) return say('42803', 'aggregate function calls cannot be nested', problem)
      return say(
        '42803',
        `aggregate functions are not allowed in ${{ 'where clause': 'WHERE', 'group statement': 'GROUP BY', 'on clause': 'JOIN conditions', 'set list': 'UPDATE', 'insert list': 'VALUES' }[problem.clause as string] ?? 'WHERE'}`,
        problem,
      )
    case 'order-position':
      return say('42P10', `${problem.clause} position ${problem.position} is not in select list`)
    case 'divide-by-zero':
      return say('22012', 'division by zero')
    case 'bad-cast':
      return say(
        /^(date|time)/.test(problem.to) ? '22007' : '22P02',
        `invalid input syntax for type ${problem.to.replace(/ without time zone$/, '')}: "${problem.value}"`,
      )
    case 'out-of-range':
      return say('22003', `${problem.type} out of range`)
    case 'unknown-type':
      return say('42704', `type "${problem.type}" does not exist`, problem)
    case 'bad-operand':
      return say('42883', `operator does not exist: ${problem.types.join(` ${problem.operator} `)}`, {
        at: problem.at,
        hint: `No operator matches the given name and argument types. ${CAST_HINT}`,
      })
    case 'bad-regex':
      return say('2201B', `invalid regular expression: ${problem.message}`)
    case 'unknown-variable':
      return say('42704', `unrecognized configuration parameter "${problem.name}"`)
    case 'read-only-variable':
      return say('55P02', `parameter "${problem.name}" cannot be changed without restarting the server`)
    case 'parameters':
      return say('08P01', `bind message supplies ${problem.got} parameters, but prepared statement "" requires ${problem.expected}`)
    case 'interrupted':
      return say('57014', 'canceling statement due to statement timeout')
    case 'result-too-large':
      return say('54000', 'requested length too large')
    case 'full':
      return say('53100', `could not extend file "base/16384/${problem.table}": No space left on device`, {
        hint: 'Check free disk space.',
      })
    case 'read-only-table':
      return say('42501', `permission denied: "${problem.table}" is a system catalog`)
    case 'aborted':
      return say('25P02', 'current transaction is aborted, commands ignored until end of transaction block')
    case 'worded': {
      const { message, state, hint, detail } = problem
      return say(state, message, { ...(hint !== undefined && { hint }), ...(detail !== undefined && { detail }) })
    }
    case 'unsupported':
      return say('0A000', `${problem.what} is not supported`)
    // These two are Oracle's.
    case 'no-from':
    case 'into-rows':
      return say('XX000', 'unexpected error')
  }
}

function withStart(state: string, message: string, at: number): SqlWording {
  return { code: 0, state, message, at }
}
