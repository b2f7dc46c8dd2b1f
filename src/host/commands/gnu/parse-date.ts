import { fromLocal, localTime } from './strftime.ts'

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const UNITS: Record<string, 'second' | 'minute' | 'hour' | 'day' | 'week' | 'fortnight' | 'month' | 'year'> = {
  sec: 'second',
  second: 'second',
  min: 'minute',
  minute: 'minute',
  hour: 'hour',
  day: 'day',
  week: 'week',
  fortnight: 'fortnight',
  month: 'month',
  year: 'year',
}
/** Words that count days of the week and units. */
const ORDINALS: Readonly<Record<string, number>> = {
  last: -1,
  this: 0,
  next: 1,
  first: 1,
  third: 3,
  fourth: 4,
  fifth: 5,
  sixth: 6,
  seventh: 7,
  eighth: 8,
  ninth: 9,
  tenth: 10,
  eleventh: 11,
  twelfth: 12,
}
const FIXED_MS: Record<string, number> = { second: 1000, minute: 60_000, hour: 3_600_000 }
const ZONES: Record<string, number> = {
  utc: 0,
  gmt: 0,
  z: 0,
  est: -300,
  edt: -240,
  cst: -360,
  cdt: -300,
  mst: -420,
  mdt: -360,
  pst: -480,
  pdt: -420,
  cet: 60,
  cest: 120,
  bst: 60,
  msk: 180,
}

interface Parts {
  year: number
  month: number
  day: number
  hour: number
  minute: number
  second: number
  ms: number
  offset: number | undefined
  weekday: { day: number; weeks: number } | undefined
  /** A day of the calendar was named; the day of the week then says nothing. */
  isDated: boolean
  shift: Record<string, number>
}

/** The common forms of GNU `date -d`: ISO dates, `@seconds`, `yesterday`, `2 days ago`, `next friday 10:00`, `1 Jan 2024`, zones. */
export function parseDate(text: string, now: number, zone: string): number | undefined {
  const [named, ownZone] = /^\s*TZ="([\w+/:.-]{1,64})"/.exec(text) ?? []
  if (named !== undefined && ownZone !== undefined) return parseDate(text.slice(named.length), now, ownZone)
  const words = text.toLowerCase().replaceAll(',', ' ').slice(0, 200)
  const seconds = /^\s*@(-?\d{1,12})(?:\.(\d{1,9}))?\s*$/.exec(words)
  if (seconds) return Number(seconds[1]) * 1000 + Math.floor(Number(`0.${seconds[2] ?? 0}`) * 1000)
  const t = localTime(now, zone)
  const parts: Parts = {
    year: t.year,
    month: t.month,
    day: t.day,
    hour: t.hour,
    minute: t.minute,
    second: t.second,
    ms: now % 1000,
    offset: undefined,
    weekday: undefined,
    isDated: false,
    shift: {},
  }
  let rest = words.trim()
  if (rest === '') return dayStart(parts, zone)
  let timed = false
  let dated = false
  while (rest !== '') {
    const used =
      takeDate(rest, parts) || takeTime(rest, parts) || takeZone(rest, parts) || takeRelative(rest, parts) || takeWord(rest, parts)
    if (!used) return undefined
    timed ||= used.kind === 'time'
    dated ||= used.kind === 'date'
    rest = rest.slice(used.length).trim()
  }
  if (!timed && dated) Object.assign(parts, { hour: 0, minute: 0, second: 0, ms: 0 })
  return resolve(parts, zone)
}

function dayStart(parts: Parts, zone: string): number {
  return fromLocal(parts.year, parts.month, parts.day, 0, 0, 0, zone)
}

type Taken = { length: number; kind: 'date' | 'time' | 'other' } | undefined

function takeDate(text: string, parts: Parts): Taken {
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:t(?=\d))?/.exec(text)
  if (iso) return setDate(parts, Number(iso[1]), Number(iso[2]), Number(iso[3]), iso[0].length)
  const american = /^(\d{1,2})\/(\d{1,2})(?:\/(\d{2,4}))?/.exec(text)
  if (american) return setDate(parts, fullYear(american[3], parts.year), Number(american[1]), Number(american[2]), american[0].length)
  const slashed = /^(\d{4})\/(\d{1,2})\/(\d{1,2})/.exec(text)
  if (slashed) return setDate(parts, Number(slashed[1]), Number(slashed[2]), Number(slashed[3]), slashed[0].length)
  const named = /^(\d{1,2})[- ]*([a-z]{3,9})\.?[- ]*(\d{4})?(?=\s|$)/.exec(text)
  if (named && month(named[2] as string))
    return setDate(parts, fullYear(named[3], parts.year), month(named[2] as string), Number(named[1]), named[0].length)
  const reversed = /^([a-z]{3,9})\.?\s+(\d{1,2})(?!\d|:)(?:\s+(\d{4})(?![\d:]))?/.exec(text)
  if (reversed && month(reversed[1] as string))
    return setDate(parts, fullYear(reversed[3], parts.year), month(reversed[1] as string), Number(reversed[2]), reversed[0].length)
  const compact = /^(\d{4})(\d{2})(\d{2})(?=\s|$|t)/.exec(text)
  if (compact) return setDate(parts, Number(compact[1]), Number(compact[2]), Number(compact[3]), compact[0].length)
  return undefined
}

function month(name: string): number {
  return MONTHS.indexOf(name.slice(0, 3)) + 1
}

function fullYear(text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback
  const year = Number(text)
  return text.length > 2 ? year : year < 69 ? 2000 + year : 1900 + year
}

function setDate(parts: Parts, year: number, monthNumber: number, day: number, length: number): Taken {
  const daysOfMonth = new Date(Date.UTC(year, monthNumber, 0)).getUTCDate()
  if (monthNumber < 1 || monthNumber > 12 || day < 1 || day > daysOfMonth) return undefined
  Object.assign(parts, { year, month: monthNumber - 1, day, isDated: true })
  return { length, kind: 'date' }
}

function takeTime(text: string, parts: Parts): Taken {
  const clock = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?\s*([ap]m)?/.exec(text)
  const plain = clock ? undefined : /^(\d{1,2})\s*([ap]m)/.exec(text)
  // Four digits alone are hours and minutes, or the year when a day was named before.
  const digits = /^(\d{2})(\d{2})(?=\s|$)/.exec(text)
  if (digits && parts.isDated) {
    parts.year = Number(digits[0])
    return { length: 4, kind: 'other' }
  }
  if (digits && Number(digits[1]) < 24 && Number(digits[2]) < 60) {
    Object.assign(parts, { hour: Number(digits[1]), minute: Number(digits[2]), second: 0, ms: 0 })
    return { length: 4, kind: 'time' }
  }
  if (!clock && !plain) return undefined
  const half = clock ? clock[5] : (plain as RegExpExecArray)[2]
  let hour = Number((clock ?? (plain as RegExpExecArray))[1])
  if (half) hour = (hour % 12) + (half === 'pm' ? 12 : 0)
  const minute = Number(clock?.[2] ?? 0)
  const second = Number(clock?.[3] ?? 0)
  if (hour > 24 || minute > 59 || second > 60) return undefined
  Object.assign(parts, { hour, minute, second, ms: Math.floor(Number(`0.${clock?.[4] ?? 0}`) * 1000) })
  return { length: (clock ?? (plain as RegExpExecArray))[0].length, kind: 'time' }
}

function takeZone(text: string, parts: Parts): Taken {
  const numeric = /^([-+])(\d{1,2})(?::?(\d{2}))?(?=\s*$)/.exec(text)
  if (numeric) {
    parts.offset = (numeric[1] === '-' ? -1 : 1) * (Number(numeric[2]) * 60 + Number(numeric[3] ?? 0))
    return { length: numeric[0].length, kind: 'other' }
  }
  const named = /^([a-z]{1,4})(?=\s|$|[-+]\d)/.exec(text)
  if (named && Object.hasOwn(ZONES, named[1] as string)) {
    parts.offset = ZONES[named[1] as string]
    return { length: named[0].length, kind: 'other' }
  }
  return undefined
}

function takeRelative(text: string, parts: Parts): Taken {
  const found =
    /^([-+]?\s*\d{1,9}|next|last|this|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth)?\s*(sec|second|min|minute|hour|day|week|fortnight|month|year)s?(\s+ago)?(?=\s|$|[-+])/.exec(
      text,
    )
  if (!found) return undefined
  const count = found[1] === undefined ? 1 : (ORDINALS[found[1]] ?? Number(found[1].replaceAll(' ', '')))
  const unit = UNITS[found[2] as string] as string
  parts.shift[unit] = (parts.shift[unit] ?? 0) + (found[3] ? -count : count)
  return { length: found[0].length, kind: 'other' }
}

function takeWord(text: string, parts: Parts): Taken {
  const word = /^[a-z]+/.exec(text)?.[0]
  if (word === undefined) return undefined
  if (word === 'now') return { length: 3, kind: 'other' }
  if (word === 'today') return { length: 5, kind: 'other' }
  if (word === 'tomorrow' || word === 'yesterday') {
    parts.shift.day = (parts.shift.day ?? 0) + (word === 'tomorrow' ? 1 : -1)
    return { length: word.length, kind: 'other' }
  }
  const next = /^([a-z]{3,8})\s+([a-z]{3,9})/.exec(text)
  const count = next ? ORDINALS[next[1] as string] : undefined
  const name = next && count !== undefined ? (next[2] as string) : word
  const day = DAYS.indexOf(name.slice(0, 3))
  if (day < 0) return undefined
  parts.weekday = { day, weeks: count ?? 0 }
  return { length: (next && count !== undefined ? next[0] : word).length, kind: 'date' }
}

function resolve(parts: Parts, zone: string): number | undefined {
  const { shift } = parts
  let day = parts.day + (shift.day ?? 0) + 7 * (shift.week ?? 0) + 14 * (shift.fortnight ?? 0)
  const year = parts.year + (shift.year ?? 0)
  const monthIndex = parts.month + (shift.month ?? 0)
  if (parts.weekday && !parts.isDated) {
    const current = new Date(Date.UTC(year, monthIndex, day)).getUTCDay()
    const ahead = (parts.weekday.day - current + 7) % 7
    day += ahead + 7 * (parts.weekday.weeks > 0 && ahead > 0 ? parts.weekday.weeks - 1 : parts.weekday.weeks)
  }
  const exact =
    parts.offset === undefined
      ? fromLocal(year, monthIndex, day, parts.hour, parts.minute, parts.second, zone)
      : Date.UTC(year, monthIndex, day, parts.hour, parts.minute, parts.second) - parts.offset * 60_000
  let ms = exact + parts.ms
  for (const [unit, size] of Object.entries(FIXED_MS)) ms += (shift[unit] ?? 0) * size
  return Number.isFinite(ms) ? ms : undefined
}
