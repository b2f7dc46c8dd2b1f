import { toText } from '../text.ts'
import { type AggregateCall, aggregateOf, isAggregate } from './aggregates.ts'
import { castValue } from './cast.ts'
import type { Dialect } from './dialect.ts'
import {
  type Arithmetic,
  arithmeticType,
  bitwise,
  calculate,
  compare,
  like,
  mixesTextAndNumber,
  regexMatches,
  truthOf,
} from './operators.ts'
import type { Compiled, CompiledSelect, Frame, Scope, StatementContext } from './scope.ts'
import { LAZY } from './special-forms.ts'
import type { Clause } from './sql-error.ts'
import { SqlError } from './sql-error.ts'
import type { CallExpression, Expression, Select } from './syntax.ts'
import { addInterval, dateTimeText, parseInterval, parseTemporal } from './temporal.ts'
import {
  BIGINT,
  BOOLEAN,
  commonType,
  Decimal,
  INTEGER,
  isNumeric,
  isTemporal,
  NULL,
  type SqlType,
  type SqlValue,
  TEXT,
  textOf,
  typeOf,
} from './value.ts'

/** How the select that an expression belongs to is grouped. */
export interface Grouping {
  /** Expressions of GROUP BY, as keys; see {@link expressionKey}. */
  keys: ReadonlySet<string>
  aggregates: AggregateCall[]
}

const DAY_MS = 86_400_000
/** Longest text that a function or operator may make. */
export const LONGEST_TEXT = 4 * 1024 * 1024

/** Turns expressions into functions over rows, and finds what is wrong with them on the way. */
export class Compiler {
  readonly context: StatementContext
  readonly dialect: Dialect
  readonly scope: Scope
  readonly clause: Clause
  readonly grouping: Grouping | undefined
  #inAggregate = false

  constructor(context: StatementContext, scope: Scope, clause: Clause, grouping?: Grouping) {
    this.context = context
    this.dialect = context.session.dialect
    this.scope = scope
    this.clause = clause
    this.grouping = grouping
  }

  compile(expression: Expression): Compiled {
    const { dialect } = this
    switch (expression.kind) {
      case 'literal':
        return { type: expression.type, isUntyped: typeof expression.value === 'string', run: () => expression.value }
      case 'column':
        return this.#column(expression)
      case 'star':
        throw new SqlError({ kind: 'unknown-column', column: '*', clause: this.clause })
      case 'parameter':
        return this.#parameter(expression.index)
      case 'variable':
        return this.#variable(expression.name)
      case 'assign':
        return this.#assign(expression.name, this.compile(expression.value))
      case 'unary':
        return this.#unary(expression.operator, this.compile(expression.operand))
      case 'binary':
        return this.#binary(expression)
      case 'is':
        return this.#is(expression)
      case 'distinct-from': {
        const [left, right] = [this.compile(expression.left), this.compile(expression.right)]
        return {
          type: BOOLEAN,
          run: (frame) => {
            const [a, b] = [left.run(frame), right.run(frame)]
            const isSame = a === null || b === null ? a === b : compare(a, b, dialect) === 0
            return isSame === expression.isNegated
          },
        }
      }
      case 'between': {
        const operand = this.compile(expression.operand)
        const [low, high] = [this.compile(expression.low), this.compile(expression.high)]
        return {
          type: BOOLEAN,
          run: (frame) => {
            const value = operand.run(frame)
            const above = compare(value, low.run(frame), dialect)
            const below = compare(value, high.run(frame), dialect)
            if ((above !== null && above < 0) || (below !== null && below > 0)) return expression.isNegated
            return above === null || below === null ? null : !expression.isNegated
          },
        }
      }
      case 'in':
        return this.#in(expression)
      case 'like':
        return this.#like(expression)
      case 'case':
        return this.#case(expression)
      case 'call':
        return this.#call(expression)
      case 'cast': {
        const operand = this.compile(expression.operand)
        const { type, typeName, isTry } = expression
        return { type, run: (frame) => castValue(this.context.session, operand.run(frame), type, typeName, isTry) }
      }
      case 'subquery': {
        const select = this.#subselect(expression.select)
        const [column, second] = select.columns
        if (second) throw new SqlError({ kind: 'subquery-columns' })
        return { type: column?.type ?? NULL, run: (frame) => oneValue(select.run(frame)) }
      }
      case 'exists': {
        const select = this.#subselect(expression.select)
        return { type: BOOLEAN, run: (frame) => select.run(frame).length > 0 }
      }
      case 'quantified':
        return this.#quantified(expression)
      case 'array':
        return this.#array(expression.items)
      case 'subscript': {
        const [operand, index] = [this.compile(expression.operand), this.compile(expression.index)]
        return {
          // Of whatever type the items have.
          type: { kind: 'text', declared: 'anyelement' },
          run: (frame) => {
            const [array, at] = [operand.run(frame), index.run(frame)]
            if (array === null || at === null) return null
            return arrayItems(textOf(array))[Number(textOf(at)) - 1] ?? null
          },
        }
      }
      case 'row': {
        const items = expression.items.map((item) => this.compile(item))
        return {
          type: TEXT,
          run: (frame) =>
            `(${items
              .map((item) => item.run(frame))
              .map((v) => (v === null ? '' : textOf(v)))
              .join(',')})`,
        }
      }
      case 'interval': {
        const amount = this.compile(expression.amount)
        return { type: { kind: 'text', declared: 'interval' }, run: (frame) => intervalText(amount.run(frame), expression.unit) }
      }
    }
  }

  /** The same expression as a condition of SQL's three-valued logic. */
  condition(expression: Expression): (frame: Frame) => boolean {
    const compiled = this.compile(expression)
    if (this.dialect.name === 'postgresql' && !['boolean', 'null'].includes(compiled.type.kind) && !compiled.isUntyped) {
      const message = `argument of WHERE must be type boolean, not type ${this.dialect.typeName(compiled.type)}`
      throw new SqlError({ kind: 'worded', code: 0, state: '42804', message })
    }
    return (frame) => truthOf(compiled.run(frame), this.dialect) === true
  }

  #subselect(select: Select): CompiledSelect {
    return this.context.compileSelect(select, this.context, this.scope)
  }

  #column({ parts, at }: Extract<Expression, { kind: 'column' }>): Compiled {
    if (parts.length === 1 && this.dialect.name === 'mysql' && this.scope.columns.length === 0 && parts[0]?.toUpperCase() === 'DEFAULT')
      return { type: NULL, run: () => null }
    const system = this.dialect.name === 'postgresql' ? SYSTEM_COLUMNS[parts.at(-1) as string] : undefined
    if (system && !this.scope.has(parts, this.dialect)) {
      const source = this.scope.columns.find(({ table }) => parts.length < 2 || table === parts.at(-2))?.source ?? ''
      const value = parts.at(-1) === 'tableoid' ? (CATALOG_OIDS[source] ?? system.value) : system.value
      return { type: system.type, run: () => value }
    }
    if (this.dialect.name === 'oracle' && parts.length === 1 && parts[0] === 'ROWNUM' && !this.scope.has(parts, this.dialect))
      return { type: { kind: 'decimal' }, run: (frame) => frame.number ?? 1 }
    const { column, index, depth } = this.scope.find(parts, this.dialect, this.clause, at)
    if (depth === 0) this.#mustBeGrouped(parts, column.name, at)
    return {
      type: column.type,
      column,
      run: (frame) => {
        let f: Frame | undefined = frame
        for (let i = 0; i < depth; i++) f = f?.outer
        return f?.row[index] ?? null
      },
    }
  }

  /** MariaDB takes a column that is not grouped from any row of the group; the others refuse. */
  #mustBeGrouped(parts: string[], name: string, at: number): void {
    if (!this.grouping || this.dialect.name === 'mysql') return
    for (const key of this.grouping.keys)
      if (key === columnKey(parts, this.dialect) || key.split('.').at(-1) === this.dialect.foldColumn(name)) return
    const { column } = this.scope.find(parts, this.dialect, this.clause, at)
    throw new SqlError({ kind: 'not-grouped', column: `${column.table}.${column.name}`, at })
  }

  #parameter(index: number): Compiled {
    const { parameters } = this.context
    if (index >= parameters.length) {
      // Parsed ahead of its values: only the shape is asked for.
      return { type: TEXT, isUntyped: true, run: () => null }
    }
    const value = parameters[index] as SqlValue
    return { type: typeOf(value), isUntyped: typeof value === 'string', run: () => value }
  }

  #variable(name: string): Compiled {
    const { session } = this.context
    if (name.startsWith('@@')) {
      const value = this.dialect.systemVariable(session, name.slice(2))
      if (value === undefined) throw new SqlError({ kind: 'unknown-variable', name: name.slice(2) })
      return { type: typeOf(value), run: () => value }
    }
    const key = name.slice(1).toLowerCase()
    if (this.dialect.name === 'mssql' && !session.variables.has(key)) throw new SqlError({ kind: 'unknown-variable', name })
    return { type: typeOf(session.variables.get(key) ?? null), run: () => session.variables.get(key) ?? null }
  }

  #assign(name: string, value: Compiled): Compiled {
    const { session } = this.context
    return {
      type: value.type,
      run: (frame) => {
        const result = value.run(frame)
        keepVariable(session.variables, name.replace(/^@{1,2}/, '').toLowerCase(), result)
        return result
      },
    }
  }

  #unary(operator: string, operand: Compiled): Compiled {
    const { dialect } = this
    if (operator === 'NOT' || operator === '!') {
      return {
        type: BOOLEAN,
        run: (frame) => {
          const truth = truthOf(operand.run(frame), dialect)
          return truth === null ? null : !truth
        },
      }
    }
    if (operator === '-') {
      const zero = { type: { kind: 'integer' as const, bits: 32 }, run: () => 0 }
      if (typeof operand.run === 'function' && operand.type.kind === 'integer') return this.#arithmetic('-', zero, operand)
      return this.#arithmetic('-', zero, operand)
    }
    if (operator === '~') {
      return {
        type: { ...BIGINT, isUnsigned: dialect.name === 'mysql' },
        run: (frame) => bitwise('#', operand.run(frame), dialect.name === 'mysql' ? 18446744073709551615n : -1, dialect),
      }
    }
    return operand
  }

  #binary({ operator, left: l, right: r, at }: Extract<Expression, { kind: 'binary' }>): Compiled {
    const { dialect } = this
    if (operator === 'AND' || operator === 'OR') return this.#logical(operator, this.compile(l), this.compile(r))
    if (l.kind === 'row' && r.kind === 'row' && operator === '=') return this.#rowsEqual(l.items, r.items, at)
    const [left, right] = [this.compile(l), this.compile(r)]
    switch (operator) {
      case 'XOR':
        return {
          type: BOOLEAN,
          run: (frame) => {
            const [a, b] = [truthOf(left.run(frame), dialect), truthOf(right.run(frame), dialect)]
            return a === null || b === null ? null : a !== b
          },
        }
      case '+':
      case '-':
        return this.#additive(operator, left, right, at)
      case '*':
      case '/':
      case '%':
      case 'DIV':
      case 'MOD':
        return this.#arithmetic(operator === 'MOD' ? '%' : operator, left, right, at)
      case '^':
        if (dialect.name === 'postgresql') return this.#arithmetic('^', left, right, at)
        return { type: BIGINT, run: (frame) => bitwise('^', left.run(frame), right.run(frame), dialect) }
      case '|':
      case '&':
      case '<<':
      case '>>':
      case '#':
        return {
          type: dialect.name === 'mysql' ? BIGINT : commonType(left.type, right.type),
          run: (frame) => bitwise(operator, left.run(frame), right.run(frame), dialect),
        }
      case '||':
        return { type: TEXT, run: (frame) => this.#concatenate(left.run(frame), right.run(frame)) }
      case '~':
      case '~*':
      case '!~':
      case '!~*':
        return this.#regex(operator, left, right)
      case '~~':
      case '!~~':
      case '~~*':
      case '!~~*':
        return this.#like({ kind: 'like', operand: l, pattern: r, isNegated: operator.startsWith('!'), ignoreCase: operator.endsWith('*') })
      case '->':
      case '->>':
      case '#>>':
      case '@>':
      case '<@':
        throw new SqlError({ kind: 'bad-operand', operator, types: [left, right].map((c) => dialect.typeName(c.type)), at })
      default:
        return this.#comparison(operator, left, right, at)
    }
  }

  #logical(operator: 'AND' | 'OR', left: Compiled, right: Compiled): Compiled {
    const { dialect } = this
    const decisive = operator === 'OR'
    return {
      type: BOOLEAN,
      run: (frame) => {
        const a = truthOf(left.run(frame), dialect)
        if (a === decisive) return decisive
        const b = truthOf(right.run(frame), dialect)
        if (b === decisive) return decisive
        return a === null || b === null ? null : !decisive
      },
    }
  }

  #rowsEqual(left: Expression[], right: Expression[], at: number): Compiled {
    if (left.length !== right.length) throw new SqlError({ kind: 'column-count', expected: left.length, got: right.length })
    return left
      .map((item, i): Expression => ({ kind: 'binary', operator: '=', left: item, right: right[i] as Expression, at }))
      .map((item) => this.compile(item))
      .reduce((a, b) => this.#logical('AND', a, b))
  }

  #comparison(operator: string, left: Compiled, right: Compiled, at: number): Compiled {
    const { dialect } = this
    this.#mustFit(operator, left, right, at)
    if (operator === '<=>') {
      return {
        type: BOOLEAN,
        run: (frame) => {
          const [a, b] = [left.run(frame), right.run(frame)]
          return a === null || b === null ? a === b : compare(a, b, dialect) === 0
        },
      }
    }
    const test = ORDERS[operator]
    if (!test) throw new SqlError({ kind: 'unsupported', what: operator })
    return {
      type: BOOLEAN,
      run: (frame) => {
        const order = compare(left.run(frame), right.run(frame), dialect)
        return order === null || Number.isNaN(order) ? null : test(order)
      },
    }
  }

  #mustFit(operator: string, left: Compiled, right: Compiled, at: number): void {
    const { dialect } = this
    if (dialect.name !== 'postgresql' || left.isUntyped || right.isUntyped || isLoose(left.type) || isLoose(right.type)) return
    if (!mixesTextAndNumber(left.type, right.type)) return
    throw new SqlError({ kind: 'bad-operand', operator, types: [left.type, right.type].map((type) => dialect.typeName(type)), at })
  }

  #additive(operator: '+' | '-', left: Compiled, right: Compiled, at: number): Compiled {
    const { dialect } = this
    const isText = (c: Compiled): boolean => c.type.kind === 'text' || c.type.kind === 'null' || c.type.kind === 'binary'
    if (
      dialect.name === 'mssql' &&
      operator === '+' &&
      isText(left) &&
      isText(right) &&
      !(left.type.kind === 'null' && right.type.kind === 'null')
    ) {
      return { type: commonLength(left.type, right.type), run: (frame) => this.#concatenate(left.run(frame), right.run(frame)) }
    }
    for (const [date, interval] of [
      [left, right],
      [right, left],
    ] as const) {
      if (interval.type.declared !== 'interval') continue
      const type = isTemporal(date.type)
        ? date.type.kind === 'date' && dialect.name !== 'mysql'
          ? { kind: 'datetime' as const }
          : date.type
        : { kind: 'datetime' as const }
      return {
        type,
        run: (frame) => {
          const [value, span] = [date.run(frame), interval.run(frame)]
          if (value === null || span === null) return null
          const sum = addInterval(textOf(value), parseInterval(textOf(span)), operator === '-' ? -1 : 1)
          return sum !== null && sum.length === 10 && type.kind === 'datetime' && dialect.name === 'postgresql' ? `${sum} 00:00:00` : sum
        },
      }
    }
    if (dialect.name === 'oracle' && (isTemporal(left.type) || isTemporal(right.type))) return daysOf(operator, left, right)
    return (dialect.name === 'postgresql' && this.#days(operator, left, right)) || this.#arithmetic(operator, left, right, at)
  }

  /** PostgreSQL: a date less a date is a number of days, and a date and a number are a date. */
  #days(operator: '+' | '-', left: Compiled, right: Compiled): Compiled | undefined {
    if (left.type.kind !== 'date') return undefined
    const isDifference = right.type.kind === 'date' && operator === '-'
    if (!isDifference && right.type.kind !== 'integer') return undefined
    return {
      type: isDifference ? INTEGER : left.type,
      run: (frame) => {
        const [a, b] = [left.run(frame), right.run(frame)]
        if (a === null || b === null) return null
        if (!isDifference) return addInterval(textOf(a), { months: 0, milliseconds: Number(textOf(b)) * DAY_MS }, operator === '-' ? -1 : 1)
        return Math.round(((parseTemporal(textOf(a)) ?? 0) - (parseTemporal(textOf(b)) ?? 0)) / DAY_MS)
      },
    }
  }

  #arithmetic(operator: Arithmetic, left: Compiled, right: Compiled, at = 0): Compiled {
    const { dialect } = this
    this.#mustFit(operator, left, right, at)
    const type = arithmeticType(operator, left.type, right.type, dialect)
    return { type, run: (frame) => calculate(operator, left.run(frame), right.run(frame), type, dialect) }
  }

  #concatenate(a: SqlValue, b: SqlValue): SqlValue {
    // To Oracle NULL is an empty text.
    if (this.dialect.name === 'oracle' && (a === null || b === null)) return a ?? b
    if (a === null || b === null) return null
    const text = textOf(a) + textOf(b)
    if (text.length > LONGEST_TEXT) throw new SqlError({ kind: 'result-too-large' })
    this.context.session.meter.bytes(text.length)
    return text
  }

  #regex(operator: string, left: Compiled, right: Compiled): Compiled {
    const isNegated = operator.startsWith('!')
    const ignoreCase = operator.endsWith('*')
    const { meter } = this.context.session
    return {
      type: BOOLEAN,
      run: (frame) => {
        const [text, pattern] = [left.run(frame), right.run(frame)]
        if (text === null || pattern === null) return null
        meter.step(1 + (textOf(text).length * textOf(pattern).length) / 16)
        return regexMatches(textOf(text), textOf(pattern), ignoreCase) !== isNegated
      },
    }
  }

  #is({ operand, what, isNegated }: Extract<Expression, { kind: 'is' }>): Compiled {
    const compiled = this.compile(operand)
    const { dialect } = this
    return {
      type: BOOLEAN,
      run: (frame) => {
        const value = compiled.run(frame)
        const holds = what === 'NULL' || what === 'UNKNOWN' ? value === null : truthOf(value, dialect) === (what === 'TRUE')
        return holds !== isNegated
      },
    }
  }

  #in({ operand, list, isNegated }: Extract<Expression, { kind: 'in' }>): Compiled {
    const { dialect } = this
    if (Array.isArray(list)) {
      const value = this.compile(operand)
      const items = list.map((item) => this.#comparison('=', value, this.compile(item), 0))
      const any = items.reduceRight<Compiled | undefined>((rest, item) => (rest ? this.#logical('OR', item, rest) : item), undefined)
      return isNegated ? this.#unary('NOT', any as Compiled) : (any as Compiled)
    }
    const value = this.compile(operand)
    const select = this.#subselect(list)
    if (select.columns.length !== 1 && operand.kind !== 'row') throw new SqlError({ kind: 'subquery-columns' })
    return {
      type: BOOLEAN,
      run: (frame) => {
        const wanted = value.run(frame)
        let hasNull = wanted === null
        for (const row of select.run(frame)) {
          const item = row.length > 1 ? `(${row.map((v) => (v === null ? '' : textOf(v))).join(',')})` : (row[0] as SqlValue)
          const order = compare(wanted, item, dialect)
          if (order === 0) return !isNegated
          if (order === null) hasNull = true
        }
        return hasNull ? null : isNegated
      },
    }
  }

  #like({ operand, pattern, escapedBy, isNegated, ignoreCase }: Extract<Expression, { kind: 'like' }>): Compiled {
    const [value, wanted] = [this.compile(operand), this.compile(pattern)]
    const mark = escapedBy && this.compile(escapedBy)
    const { dialect } = this
    const usual = dialect.name === 'mssql' || dialect.name === 'oracle' ? undefined : '\\'
    const { meter } = this.context.session
    return {
      type: BOOLEAN,
      run: (frame) => {
        const [a, b] = [value.run(frame), wanted.run(frame)]
        if (a === null || b === null) return null
        const escaped = mark?.run(frame)
        meter.step(1 + (textOf(a).length * textOf(b).length) / 64)
        const isLike = like(
          textOf(a),
          textOf(b),
          escaped === undefined || escaped === null ? usual : textOf(escaped)[0],
          dialect.ignoresCase || ignoreCase,
          dialect.name === 'mssql',
        )
        return isLike !== isNegated
      },
    }
  }

  #case({ subject, branches, otherwise }: Extract<Expression, { kind: 'case' }>): Compiled {
    const { dialect } = this
    const compared = subject && this.compile(subject)
    const cases = branches.map(({ when, result }) => ({ when: this.compile(when), result: this.compile(result) }))
    const rest = otherwise ? this.compile(otherwise) : { type: NULL, run: () => null }
    const type = [...cases.map(({ result }) => result.type), rest.type].reduce(commonType)
    return {
      type,
      run: (frame) => {
        const value = compared?.run(frame)
        for (const { when, result } of cases) {
          const test = when.run(frame)
          const holds = value === undefined ? truthOf(test, dialect) === true : compare(value, test, dialect) === 0
          if (holds) return result.run(frame)
        }
        return rest.run(frame)
      },
    }
  }

  #quantified({ operator, left: l, quantifier, right, at }: Extract<Expression, { kind: 'quantified' }>): Compiled {
    const { dialect } = this
    const left = this.compile(l)
    const test = ORDERS[operator]
    if (!test) throw new SqlError({ kind: 'unsupported', what: `${operator} ${quantifier}` })
    const values =
      'items' in right && 'combined' in right
        ? this.#subselectValues(right as Select)
        : this.#arrayValues(this.compile(right as Expression))
    void at
    return {
      type: BOOLEAN,
      run: (frame) => {
        const value = left.run(frame)
        let hasNull = false
        for (const item of values(frame)) {
          const order = compare(value, item, dialect)
          if (order === null) hasNull = true
          else if (test(order) === (quantifier === 'ANY')) return quantifier === 'ANY'
        }
        return hasNull ? null : quantifier === 'ALL'
      },
    }
  }

  #subselectValues(select: Select): (frame: Frame) => SqlValue[] {
    const compiled = this.#subselect(select)
    return (frame) => compiled.run(frame).map((row) => row[0] ?? null)
  }

  #arrayValues(array: Compiled): (frame: Frame) => SqlValue[] {
    return (frame) => {
      const value = array.run(frame)
      return value === null ? [] : arrayItems(textOf(value))
    }
  }

  /** An array is kept as PostgreSQL prints it: `{a,b}`. */
  #array(items: Expression[] | Select): Compiled {
    const compiled = Array.isArray(items) ? items.map((item) => this.compile(item)) : undefined
    const values = compiled ? this.#eachOf(compiled) : this.#subselectValues(items as Select)
    const [first] = compiled ?? []
    const type: SqlType = {
      kind: 'text',
      declared: first && first.type.kind !== 'text' ? `${this.dialect.typeName(first.type)}[]` : 'text[]',
    }
    return { type, run: (frame) => arrayText(values(frame)) }
  }

  #eachOf(items: Compiled[]): (frame: Frame) => SqlValue[] {
    return (frame) => items.map((item) => item.run(frame))
  }

  #call(call: CallExpression): Compiled {
    const { dialect } = this
    const name = call.name.toLowerCase()
    if (isAggregate(name, dialect) && !call.over) return this.#aggregate(call)
    if (call.over) throw new SqlError({ kind: 'unsupported', what: 'OVER' })
    const args = call.args.map((arg) => this.compile(arg))
    const lazy = Object.hasOwn(LAZY, name) ? LAZY[name] : undefined
    if (lazy?.dialects.includes(dialect.name)) {
      if (args.length < lazy.arity[0] || args.length > lazy.arity[1])
        throw new SqlError({ kind: 'argument-count', name: call.name, at: call.at })
      return lazy.compile(args, this)
    }
    const known = Object.hasOwn(dialect.functions, name) ? dialect.functions[name] : undefined
    if (!known) return this.#libraryCall(call, args)
    if (args.length < known.arity[0] || args.length > known.arity[1]) {
      if (dialect.name !== 'postgresql') throw new SqlError({ kind: 'argument-count', name: call.name, at: call.at })
      throw this.#unknownFunction(call, args)
    }
    const [first] = args
    if (
      known.takesText &&
      dialect.name === 'postgresql' &&
      first &&
      !first.isUntyped &&
      (isNumeric(first.type) || first.type.kind === 'boolean')
    )
      throw this.#unknownFunction(call, args)
    const type = typeof known.type === 'function' ? known.type(args.map((arg) => arg.type)) : known.type
    const { session } = this.context
    return {
      type,
      run: (frame) => {
        session.meter.step()
        const values: SqlValue[] = []
        for (const arg of args) {
          const value = arg.run(frame)
          if (value === null && !known.takesNull) return null
          values.push(value)
        }
        const result = known.run(values, session)
        if (typeof result === 'string' || Buffer.isBuffer(result)) session.meter.bytes(result.length)
        return result
      },
    }
  }

  #unknownFunction(call: CallExpression, args: Compiled[]): SqlError {
    const { dialect } = this
    const types = args.map((arg) => (arg.isUntyped || arg.type.kind === 'null' ? 'unknown' : dialect.typeName(arg.type)))
    const schema = call.schema ?? (dialect.schemaIsDatabase ? this.context.session.database : '')
    return new SqlError({ kind: 'unknown-function', name: schema ? `${schema}.${call.name}` : call.name, types, at: call.at })
  }

  /** A function of a library that the attacker loaded: it runs its argument on the host. */
  #libraryCall(call: CallExpression, args: Compiled[]): Compiled {
    const { session } = this.context
    if (!session.setup.libraries.has(call.name.toLowerCase())) throw this.#unknownFunction(call, args)
    const [command] = args
    return {
      type: TEXT,
      run: (frame) => {
        const text = command?.run(frame)
        if (text === undefined || text === null) return null
        const output = toText(session.commandResult(textOf(text)).stdout)
        // sys_exec() gives the exit status, sys_eval() the output.
        return this.dialect.name !== 'oracle' && /exec|system/i.test(call.name) && !/eval/i.test(call.name) ? 0 : output
      },
    }
  }

  #aggregate(call: CallExpression): Compiled {
    if (!this.grouping)
      throw new SqlError({ kind: 'misplaced-aggregate', name: call.name, isNested: this.#inAggregate, clause: this.clause, at: call.at })
    const inner = new Compiler(this.context, this.scope, this.clause)
    inner.#inAggregate = true
    const args = call.args.filter((arg) => arg.kind !== 'star').map((arg) => inner.compile(arg))
    const orderBy = (call.orderBy ?? []).map(({ by, isDescending }) => ({ by: inner.compile(by), isDescending }))
    const aggregate = aggregateOf(call, args, orderBy, this.context.session)
    const index = this.grouping.aggregates.push(aggregate) - 1
    return { type: aggregate.type, run: (frame) => frame.aggregates?.[index] ?? null }
  }
}

/** Oracle: a date less a date is days with their fraction, a date and a number a date. */
function daysOf(operator: '+' | '-', left: Compiled, right: Compiled): Compiled {
  const isDifference = isTemporal(left.type) && isTemporal(right.type)
  const [date, days] = isTemporal(left.type) ? [left, right] : [right, left]
  return {
    type: isDifference ? { kind: 'double' } : date.type,
    run: (frame) => {
      const [a, b] = [date.run(frame), days.run(frame)]
      if (a === null || b === null) return null
      const start = parseTemporal(textOf(a)) ?? 0
      if (isDifference) return (start - (parseTemporal(textOf(b)) ?? 0)) / DAY_MS
      return dateTimeText(start + (operator === '-' ? -1 : 1) * Math.round(Number(textOf(b)) * DAY_MS || 0))
    },
  }
}

/** Columns that every table of PostgreSQL has beside its own. */
const SYSTEM_COLUMNS: Record<string, { type: SqlType; value: SqlValue }> = {
  tableoid: { type: { kind: 'integer', bits: 32, declared: 'oid' }, value: 1259 },
  ctid: { type: { kind: 'text', declared: 'tid' }, value: '(0,1)' },
  xmin: { type: { kind: 'text', declared: 'xid' }, value: '731' },
  xmax: { type: { kind: 'text', declared: 'xid' }, value: '0' },
  cmin: { type: { kind: 'text', declared: 'cid' }, value: '0' },
  cmax: { type: { kind: 'text', declared: 'cid' }, value: '0' },
}

/** Numbers of the catalogues themselves; pg_dump finds objects by them. */
const CATALOG_OIDS: Record<string, number> = {
  pg_type: 1247,
  pg_attribute: 1249,
  pg_proc: 1255,
  pg_class: 1259,
  pg_authid: 1260,
  pg_database: 1262,
  pg_foreign_server: 1417,
  pg_foreign_data_wrapper: 2328,
  pg_am: 2601,
  pg_attrdef: 2604,
  pg_cast: 2605,
  pg_constraint: 2606,
  pg_conversion: 2607,
  pg_depend: 2608,
  pg_index: 2610,
  pg_language: 2612,
  pg_namespace: 2615,
  pg_opclass: 2616,
  pg_operator: 2617,
  pg_rewrite: 2618,
  pg_trigger: 2620,
  pg_opfamily: 2753,
  pg_extension: 3079,
  pg_policy: 3256,
  pg_collation: 3456,
  pg_event_trigger: 3466,
}

/** Names of relations and types, arrays and their like compare with numbers and texts alike. */
function isLoose({ declared }: SqlType): boolean {
  return declared !== undefined && !/^(character|name$)/.test(declared)
}

const ORDERS: Record<string, (order: number) => boolean> = {
  '=': (order) => order === 0,
  '<>': (order) => order !== 0,
  '<': (order) => order < 0,
  '>': (order) => order > 0,
  '<=': (order) => order <= 0,
  '>=': (order) => order >= 0,
  '~~': (order) => order === 0,
}

/** What an expression is grouped by, so that the same one elsewhere is known again. */
export function expressionKey(expression: Expression, dialect: Dialect): string {
  if (expression.kind === 'column') return columnKey(expression.parts, dialect)
  return JSON.stringify(expression, (key, value: unknown) =>
    key === 'at' ? undefined : typeof value === 'bigint' ? String(value) : value instanceof Decimal ? value.toString() : value,
  )
}

function columnKey(parts: readonly string[], dialect: Dialect): string {
  return parts.map((part) => dialect.foldColumn(part)).join('.')
}

function oneValue(rows: SqlValue[][]): SqlValue {
  if (rows.length > 1) throw new SqlError({ kind: 'subquery-rows' })
  return rows[0]?.[0] ?? null
}

function commonLength(a: SqlType, b: SqlType): SqlType {
  return a.length !== undefined && b.length !== undefined ? { kind: 'text', length: a.length + b.length } : TEXT
}

function intervalText(amount: SqlValue, unit: string): SqlValue {
  if (amount === null) return null
  return unit === 'TEXT' ? textOf(amount) : `${textOf(amount)} ${unit.toLowerCase()}`
}

/** Variables a connection may have, and how long each may be. */
const VARIABLES = 500
const LONGEST_VARIABLE = 1024 * 1024

export function keepVariable(variables: Map<string, SqlValue>, name: string, value: SqlValue): void {
  if (variables.size >= VARIABLES && !variables.has(name)) throw new SqlError({ kind: 'result-too-large' })
  const isLong = (typeof value === 'string' || Buffer.isBuffer(value)) && value.length > LONGEST_VARIABLE
  variables.set(name, isLong ? null : value)
}

export function arrayText(values: readonly SqlValue[]): string {
  return `{${values.map((value) => (value === null ? 'NULL' : quotedItem(textOf(value)))).join(',')}}`
}

function quotedItem(text: string): string {
  return text === '' || /[{}",\\\s]/.test(text) || text.toUpperCase() === 'NULL' ? `"${text.replace(/(["\\])/g, '\\$1')}"` : text
}

/** Items of an array's text; nested ones are not split further. */
export function arrayItems(text: string): string[] {
  if (!text.startsWith('{') || !text.endsWith('}') || text.length === 2) return []
  const items: string[] = []
  let item = ''
  let isQuoted = false
  for (let i = 1; i < text.length - 1; i++) {
    const c = text[i] as string
    if (c === '\\') item += text[++i] ?? ''
    else if (c === '"') isQuoted = !isQuoted
    else if (c === ',' && !isQuoted) {
      items.push(item)
      item = ''
    } else item += c
  }
  items.push(item)
  return items
}
