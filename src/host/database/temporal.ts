/** Dates and times as text: `2026-01-31`, `12:00:00`, `2026-01-31 12:00:00[.ffffff]`. */

export interface Interval {
  months: number
  milliseconds: number
}

const UNIT_MS: Record<string, number> = {
  microsecond: 0.001,
  millisecond: 1,
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
}
const UNIT_MONTHS: Record<string, number> = { month: 1, mon: 1, quarter: 3, year: 12, decade: 120 }

/** Reads `1 day`, `2 hours 30 minutes`, `-3 month`. */
export function parseInterval(text: string): Interval {
  const interval: Interval = { months: 0, milliseconds: 0 }
  for (const [, amount, unit] of text.slice(0, 200).matchAll(/([+-]?\d{1,12}(?:\.\d{1,9})?)\s{0,8}([a-z]{1,12})/gi)) {
    const name = (unit as string).toLowerCase().replace(/s$/, '')
    interval.months += Number(amount) * (UNIT_MONTHS[name] ?? 0)
    interval.milliseconds += Number(amount) * (UNIT_MS[name] ?? 0)
  }
  return interval
}

/** Milliseconds of a date or datetime as if it were UTC; undefined when it is none. */
export function parseTemporal(text: string): number | undefined {
  const m = /^\s{0,8}(\d{4})-?(\d{1,2})-?(\d{1,2})(?:[ T](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9}))?)?)?/.exec(text.slice(0, 60))
  if (!m) return undefined
  const [year, month, day, hour = 0, minute = 0, second = 0] = m
    .slice(1, 7)
    .map((part) => (part === undefined ? undefined : Number(part))) as [number, number, number, number?, number?, number?]
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 59) return undefined
  return Date.UTC(year, month - 1, day, hour, minute, second, Math.floor(Number(`0.${m[7] ?? 0}`) * 1000))
}

/** `2026-01-31 12:00:00`, with milliseconds as fraction when `digits` are asked for. */
export function dateTimeText(ms: number, digits = 0): string {
  const text = new Date(Math.max(-62_135_596_800_000, Math.min(ms, 253_402_300_799_999))).toISOString().replace('T', ' ')
  return digits > 0 ? text.slice(0, 20) + text.slice(20, 23).padEnd(digits, '0').slice(0, digits) : text.slice(0, 19)
}

export const dateText = (ms: number): string => dateTimeText(ms).slice(0, 10)
export const timeText = (ms: number): string => dateTimeText(ms).slice(11)

/** Adds to a date or a datetime; what has no time keeps none unless the interval gives it one. */
export function addInterval(text: string, interval: Interval, sign: 1 | -1): string | null {
  const start = parseTemporal(text)
  if (start === undefined) return null
  const date = new Date(start)
  if (interval.months) {
    const day = date.getUTCDate()
    date.setUTCDate(1)
    date.setUTCMonth(date.getUTCMonth() + sign * Math.trunc(interval.months))
    const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()
    date.setUTCDate(Math.min(day, last))
  }
  const ms = date.getTime() + sign * interval.milliseconds
  if (!Number.isFinite(ms) || Math.abs(ms) > 8e15) return null
  return text.trim().length <= 10 && interval.milliseconds % 86_400_000 === 0 ? dateText(ms) : dateTimeText(ms)
}

/** A part of a date by the names of EXTRACT and DATEPART. */
export function temporalPart(unit: string, ms: number): number | undefined {
  const date = new Date(ms)
  switch (unit.toLowerCase()) {
    case 'year':
    case 'yyyy':
    case 'yy':
      return date.getUTCFullYear()
    case 'quarter':
      return Math.floor(date.getUTCMonth() / 3) + 1
    case 'month':
    case 'mm':
      return date.getUTCMonth() + 1
    case 'day':
    case 'dd':
      return date.getUTCDate()
    case 'hour':
    case 'hh':
      return date.getUTCHours()
    case 'minute':
    case 'mi':
      return date.getUTCMinutes()
    case 'second':
    case 'ss':
      return date.getUTCSeconds()
    case 'millisecond':
    case 'ms':
      return date.getUTCMilliseconds()
    case 'dow':
      return date.getUTCDay()
    case 'weekday':
    case 'dw':
      return date.getUTCDay() + 1
    case 'dayofyear':
    case 'doy':
      return Math.floor((ms - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000) + 1
    case 'week':
      return Math.floor((temporalPart('doy', ms) as number) / 7) + 1
    case 'epoch':
      return ms / 1000
    default:
      return undefined
  }
}
