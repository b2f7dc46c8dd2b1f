import type { Dialect } from './dialect.ts'
import { calculate, compare, toNumber } from './operators.ts'
import type { Compiled, Frame } from './scope.ts'
import type { DatabaseSession } from './session.ts'
import { SqlError } from './sql-error.ts'
import type { CallExpression } from './syntax.ts'
import { BIGINT, BOOLEAN, Decimal, DOUBLE, decimal, type SqlType, type SqlValue, TEXT, textOf } from './value.ts'

/** One aggregate of a select: fed with the rows of a group, it gives one value. */
export interface AggregateCall {
  type: SqlType
  over(frames: readonly Frame[]): SqlValue
}

const COMMON = ['count', 'sum', 'avg', 'min', 'max']
const AGGREGATES: Record<Dialect['name'], ReadonlySet<string>> = {
  mysql: new Set([...COMMON, 'group_concat', 'std', 'stddev', 'variance', 'bit_or', 'bit_and', 'json_arrayagg']),
  postgresql: new Set([...COMMON, 'string_agg', 'array_agg', 'bool_or', 'bool_and', 'every', 'stddev', 'variance', 'xmlagg', 'json_agg']),
  mssql: new Set([...COMMON, 'string_agg', 'count_big', 'stdev', 'var']),
  oracle: new Set([...COMMON, 'listagg', 'wm_concat', 'stddev', 'variance', 'median']),
}

export function isAggregate(name: string, dialect: Dialect): boolean {
  return AGGREGATES[dialect.name].has(name)
}

/** Longest result of GROUP_CONCAT: `group_concat_max_len` of MariaDB. */
const LONGEST_CONCATENATION = 1024 * 1024

interface Order {
  by: Compiled
  isDescending: boolean
}

export function aggregateOf(call: CallExpression, args: Compiled[], orderBy: Order[], session: DatabaseSession): AggregateCall {
  const { dialect, meter } = session
  const [first, second] = args
  const valuesOf = (frames: readonly Frame[]): Exclude<SqlValue, null>[] => {
    meter.step(frames.length)
    const ordered = orderBy.length ? sorted(frames, orderBy, dialect) : frames
    const values = ordered.map((frame) => joined(args, frame, call.name)).filter((value) => value !== null) as Exclude<SqlValue, null>[]
    return call.isDistinct ? distinct(values) : values
  }
  const name = call.name.toLowerCase()
  if (name === 'count' || name === 'count_big') {
    const type: SqlType = name === 'count' && dialect.name === 'mssql' ? { kind: 'integer', bits: 32 } : BIGINT
    return { type, over: (frames) => (first ? valuesOf(frames).length : frames.length) }
  }
  if (!first) throw new SqlError({ kind: 'argument-count', name: call.name, at: call.at })
  switch (name) {
    case 'sum':
      return { type: sumType(first.type, dialect), over: (frames) => sum(valuesOf(frames), sumType(first.type, dialect), dialect) }
    case 'avg':
      return average(first, valuesOf, dialect)
    case 'min':
    case 'max': {
      const sign = name === 'min' ? -1 : 1
      return {
        type: dialect.name === 'postgresql' && first.type.kind === 'text' ? TEXT : first.type,
        over: (frames) =>
          valuesOf(frames).reduce<SqlValue>((best, v) => (best === null || sign * (compare(v, best, dialect) ?? 0) > 0 ? v : best), null),
      }
    }
    case 'bool_or':
    case 'bool_and':
    case 'every':
      return { type: BOOLEAN, over: (frames) => some(valuesOf(frames), name === 'bool_or') }
    case 'group_concat':
    case 'listagg':
    case 'wm_concat':
    case 'string_agg':
    case 'xmlagg':
    case 'array_agg':
    case 'json_agg':
    case 'json_arrayagg':
      return {
        type:
          name === 'array_agg'
            ? { kind: 'text', declared: `${first.type.kind === 'text' ? 'text' : dialect.typeName(first.type)}[]` }
            : TEXT,
        over: (frames) => {
          const separator =
            name === 'group_concat'
              ? (call.separator ?? ',')
              : second
                ? textOf(second.run(frames[0] ?? { row: [] }) ?? '')
                : name === 'xmlagg'
                  ? ''
                  : name === 'listagg'
                    ? ''
                    : ','
          const values = valuesOf(frames)
          if (values.length === 0) return null
          const text = values.map((value) => textOf(value)).join(separator)
          meter.bytes(text.length)
          if (name === 'array_agg') return `{${text}}`
          return name.startsWith('json') ? `[${values.map((v) => JSON.stringify(v)).join(', ')}]` : text.slice(0, LONGEST_CONCATENATION)
        },
      }
    default:
      return {
        type: DOUBLE,
        over: (frames) =>
          deviation(
            valuesOf(frames).map((value) => toNumber(value, dialect)),
            name,
          ),
      }
  }
}

/** GROUP_CONCAT joins its arguments; all others take the first. */
function joined(args: Compiled[], frame: Frame, name: string): SqlValue {
  if (name.toLowerCase() !== 'group_concat' || args.length === 1) return args[0]?.run(frame) ?? null
  let text = ''
  for (const arg of args) {
    const value = arg.run(frame)
    if (value === null) return null
    text += textOf(value)
  }
  return text
}

function sorted(frames: readonly Frame[], orderBy: Order[], dialect: Dialect): Frame[] {
  const keyed = frames.map((frame) => ({ frame, keys: orderBy.map(({ by }) => by.run(frame)) }))
  keyed.sort((a, b) => {
    for (const [i, { isDescending }] of orderBy.entries()) {
      const order = compare(a.keys[i] ?? null, b.keys[i] ?? null, dialect) ?? 0
      if (order !== 0) return isDescending ? -order : order
    }
    return 0
  })
  return keyed.map(({ frame }) => frame)
}

function distinct(values: Exclude<SqlValue, null>[]): Exclude<SqlValue, null>[] {
  return [...new Map(values.map((value) => [textOf(value), value])).values()]
}

function sumType(type: SqlType, dialect: Dialect): SqlType {
  if (dialect.name === 'oracle') return DOUBLE
  if (type.kind === 'decimal') return decimal(32, type.scale ?? 0)
  if (type.kind !== 'integer' && type.kind !== 'boolean') return DOUBLE
  return dialect.name === 'mysql'
    ? decimal(32, 0)
    : dialect.name === 'mssql'
      ? { kind: 'integer', bits: type.bits === 64 ? 64 : 32 }
      : BIGINT
}

function sum(values: Exclude<SqlValue, null>[], type: SqlType, dialect: Dialect): SqlValue {
  if (values.length === 0) return null
  return values.reduce<SqlValue>((total, value) => calculate('+', total, value, type, dialect), 0)
}

function average(first: Compiled, valuesOf: (frames: readonly Frame[]) => Exclude<SqlValue, null>[], dialect: Dialect): AggregateCall {
  const isExact = dialect.name !== 'oracle' && (first.type.kind === 'integer' || first.type.kind === 'decimal')
  const scale = dialect.name === 'postgresql' ? 16 : (first.type.scale ?? 0) + 4
  const isWhole = dialect.name === 'mssql' && first.type.kind === 'integer'
  return {
    type: isWhole ? { kind: 'integer', bits: 32 } : isExact ? decimal(30, scale) : DOUBLE,
    over: (frames) => {
      const numbers = valuesOf(frames).map((value) => toNumber(value, dialect))
      if (numbers.length === 0) return null
      const mean = numbers.reduce((a, b) => a + b, 0) / numbers.length
      return isWhole ? Math.trunc(mean) : isExact ? new Decimal(mean, scale) : mean
    },
  }
}

function some(values: Exclude<SqlValue, null>[], isOr: boolean): SqlValue {
  if (values.length === 0) return null
  return isOr ? values.some((value) => value === true) : values.every((value) => value === true)
}

function deviation(numbers: number[], name: string): SqlValue {
  if (numbers.length === 0) return null
  const mean = numbers.reduce((a, b) => a + b, 0) / numbers.length
  const variance = numbers.reduce((a, b) => a + (b - mean) ** 2, 0) / numbers.length
  return name.startsWith('var') ? variance : Math.sqrt(variance)
}
