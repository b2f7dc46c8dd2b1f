import { booleanOf, inRange, toNumber } from './operators.ts'
import type { DatabaseSession } from './session.ts'
import { SqlError } from './sql-error.ts'
import { dateText, dateTimeText, parseTemporal, timeText } from './temporal.ts'
import { bytesOf, Decimal, numberOf, type SqlType, type SqlValue, textOf } from './value.ts'

/** CAST, and what INSERT does with a value that has another type than its column. @throws SqlError `bad-cast` */
export function castValue(session: DatabaseSession, value: SqlValue, type: SqlType, typeName: string, isTry = false): SqlValue {
  if (value === null) return null
  try {
    const own = session.dialect.cast?.(session, value, type, typeName)
    return own === undefined ? convert(session, value, type, typeName) : own
  } catch (error) {
    if (isTry && error instanceof SqlError) return null
    throw error
  }
}

function convert(session: DatabaseSession, value: Exclude<SqlValue, null>, type: SqlType, typeName: string): SqlValue {
  const { dialect } = session
  switch (type.kind) {
    case 'integer':
      return integerOf(session, value, type)
    case 'decimal':
      return new Decimal(
        toNumber(value, dialect, 'numeric'),
        type.scale ?? (value instanceof Decimal ? value.scale : scaleOfText(textOf(value))),
      )
    case 'double':
      return toNumber(value, dialect, dialect.name === 'postgresql' ? 'double precision' : 'float')
    case 'boolean':
      return booleanValue(session, value)
    case 'text': {
      const text = typeof value === 'boolean' && dialect.name === 'postgresql' ? String(value) : textOf(value)
      // Without a length SQL Server's CAST gives 30 characters.
      const length = type.length ?? (dialect.name === 'mssql' && /^n?(var)?char$/.test(typeName) ? 30 : undefined)
      return length === undefined ? text : text.slice(0, length)
    }
    case 'binary': {
      const bytes = bytesOf(value)
      return type.length === undefined ? bytes : bytes.subarray(0, type.length)
    }
    case 'date':
    case 'time':
    case 'datetime':
      return temporalOf(session, textOf(value), type)
    case 'null':
      return value
  }
}

function integerOf(session: DatabaseSession, value: Exclude<SqlValue, null>, type: SqlType): SqlValue {
  const { dialect } = session
  if (typeof value === 'bigint') return value
  // 0x41 is 65 here, and bytes elsewhere.
  if (Buffer.isBuffer(value) && dialect.name !== 'postgresql' && value.length <= 8) return bigintOf(value)
  if (
    typeof value === 'string' &&
    dialect.textToNumber === 'strict' &&
    !/^\s{0,50}[+-]?\d{1,19}\s{0,50}$/.test(value) &&
    value.trim() !== ''
  ) {
    throw new SqlError({ kind: 'bad-cast', value, to: dialect.typeName(type), from: 'varchar' })
  }
  const number = toNumber(value, dialect, dialect.typeName(type))
  const rounded = dialect.name === 'mssql' ? Math.trunc(number) : Math.round(number)
  if (Number.isNaN(rounded)) return 0
  if (dialect.name === 'mysql') return rounded < 0 && type.isUnsigned ? BigInt.asUintN(64, BigInt(rounded)) : rounded
  return inRange(rounded, type, dialect)
}

function bigintOf(bytes: Buffer): SqlValue {
  const value = bytes.length ? BigInt(`0x${bytes.toString('hex')}`) : 0n
  return Number.isSafeInteger(Number(value)) ? Number(value) : value
}

function booleanValue(session: DatabaseSession, value: Exclude<SqlValue, null>): SqlValue {
  if (session.dialect.name !== 'postgresql') {
    if (typeof value === 'string' && /^(true|false)$/i.test(value)) return /^true$/i.test(value)
    return numberOf(value) !== 0
  }
  if (typeof value === 'boolean') return value
  if (typeof value === 'number') return value !== 0
  const truth = booleanOf(textOf(value))
  if (truth === undefined) throw new SqlError({ kind: 'bad-cast', value: textOf(value), to: 'boolean' })
  return truth
}

function temporalOf(session: DatabaseSession, text: string, type: SqlType): SqlValue {
  if (type.kind === 'time' && /^\d{1,3}:\d\d(:\d\d)?/.test(text)) return text.length === 5 ? `${text}:00` : text
  if (text === 'now' && session.dialect.name === 'postgresql') return dateTimeText(Date.now(), 6)
  const ms = parseTemporal(text)
  if (ms === undefined) {
    if (session.dialect.name === 'mysql') return text.startsWith('0000-00-00') ? text : null
    throw new SqlError({ kind: 'bad-cast', value: text, to: session.dialect.typeName(type), from: 'varchar' })
  }
  if (type.kind === 'date') return dateText(ms)
  if (type.kind === 'time') return timeText(ms)
  const fraction = /\.(\d{1,6})/.exec(text)?.[1]?.replace(/0+$/, '')
  return dateTimeText(ms) + (fraction ? `.${fraction}` : '')
}

function scaleOfText(text: string): number {
  const point = text.indexOf('.')
  return point < 0 ? 0 : Math.min(text.length - point - 1, 20)
}
