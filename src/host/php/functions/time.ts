import type { Steps } from '../outcome.ts'
import type { Php } from '../php.ts'
import { isTrue, numberOf, PhpArray, textOf, toInt, type Value } from '../value.ts'
import type { Natives } from './native.ts'

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December']
const two = (value: number): string => String(value).padStart(2, '0')
const now = (php: Php): number => php.machine.now?.() ?? Date.now()

/** As date() writes a time. PHP of Debian has UTC unless a script sets a zone. */
export function formatted(format: string, ms: number): string {
  const d = new Date(ms)
  const start = Date.UTC(d.getUTCFullYear(), 0, 1)
  const hour = d.getUTCHours()
  const day = d.getUTCDate()
  const parts: Record<string, () => string> = {
    d: () => two(day),
    j: () => String(day),
    D: () => (DAYS[d.getUTCDay()] as string).slice(0, 3),
    l: () => DAYS[d.getUTCDay()] as string,
    N: () => String(d.getUTCDay() || 7),
    w: () => String(d.getUTCDay()),
    z: () => String(Math.floor((ms - start) / 86_400_000)),
    S: () => (day > 10 && day < 14 ? 'th' : (['th', 'st', 'nd', 'rd'][day % 10] ?? 'th')),
    W: () => two(week(d)),
    m: () => two(d.getUTCMonth() + 1),
    n: () => String(d.getUTCMonth() + 1),
    M: () => (MONTHS[d.getUTCMonth()] as string).slice(0, 3),
    F: () => MONTHS[d.getUTCMonth()] as string,
    t: () => String(new Date(Date.UTC(d.getUTCFullYear(), d.getUTCMonth() + 1, 0)).getUTCDate()),
    L: () => (isLeap(d.getUTCFullYear()) ? '1' : '0'),
    Y: () => String(d.getUTCFullYear()),
    y: () => String(d.getUTCFullYear()).slice(-2),
    o: () => String(d.getUTCFullYear()),
    a: () => (hour < 12 ? 'am' : 'pm'),
    A: () => (hour < 12 ? 'AM' : 'PM'),
    g: () => String(hour % 12 || 12),
    G: () => String(hour),
    h: () => two(hour % 12 || 12),
    H: () => two(hour),
    i: () => two(d.getUTCMinutes()),
    s: () => two(d.getUTCSeconds()),
    u: () => String(Math.floor((ms % 1000) * 1000)).padStart(6, '0'),
    v: () => String(Math.floor(ms % 1000)).padStart(3, '0'),
    B: () => String(Math.floor(((((ms / 1000 + 3600) % 86_400) + 86_400) % 86_400) / 86.4)).padStart(3, '0'),
    e: () => 'UTC',
    T: () => 'UTC',
    P: () => '+00:00',
    p: () => 'Z',
    O: () => '+0000',
    Z: () => '0',
    I: () => '0',
    U: () => String(Math.floor(ms / 1000)),
    c: () => formatted('Y-m-d\\TH:i:sP', ms),
    r: () => formatted('D, d M Y H:i:s O', ms),
  }
  return format.replace(
    /\\([\s\S])|[a-zA-Z]/g,
    (sign: string, kept?: string) => kept ?? (Object.hasOwn(parts, sign) ? (parts[sign] as () => string)() : sign),
  )
}

function isLeap(year: number): boolean {
  return new Date(Date.UTC(year, 1, 29)).getUTCDate() === 29
}

/** Week of ISO 8601. */
function week(date: Date): number {
  const thursday = new Date(date.getTime() + (4 - (date.getUTCDay() || 7)) * 86_400_000)
  return Math.floor((thursday.getTime() - Date.UTC(thursday.getUTCFullYear(), 0, 1)) / 86_400_000 / 7) + 1
}

const UNITS: Readonly<Record<string, number>> = {
  sec: 1,
  second: 1,
  min: 60,
  minute: 60,
  hour: 3600,
  day: 86_400,
  week: 604_800,
  fortnight: 1_209_600,
}

/** `now`, `@123`, a date with or without a time, and `+1 day` behind it; undefined for what is no time. */
function parsed(text: string, base: number): number | undefined {
  const value = text.trim().toLowerCase()
  if (/^@-?\d+$/.test(value)) return Number(value.slice(1))
  const day = Math.floor(base / 86_400) * 86_400
  const words: Record<string, number> = {
    '': base,
    now: base,
    today: day,
    midnight: day,
    tomorrow: day + 86_400,
    yesterday: day - 86_400,
    noon: day + 43_200,
  }
  if (Object.hasOwn(words, value)) return words[value]
  const relative = /^([\s\S]*?)\s*([+-]?\s*\d{1,6})\s*(sec|second|min|minute|hour|day|week|fortnight|month|year)s?( ago)?$/.exec(value)
  if (relative) {
    const from = parsed(relative[1] ?? '', base)
    const amount = Number((relative[2] ?? '').replace(/\s/g, '')) * (relative[4] ? -1 : 1)
    if (from === undefined) return undefined
    const unit = UNITS[relative[3] ?? '']
    if (unit !== undefined) return from + amount * unit
    const date = new Date(from * 1000)
    if (relative[3] === 'month') date.setUTCMonth(date.getUTCMonth() + amount)
    else date.setUTCFullYear(date.getUTCFullYear() + amount)
    return Math.floor(date.getTime() / 1000)
  }
  const iso = /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[t ](\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?)?(?:z| ?utc)?$/.exec(value)
  if (iso)
    return (
      Date.UTC(Number(iso[1]), Number(iso[2]) - 1, Number(iso[3]), Number(iso[4] ?? 0), Number(iso[5] ?? 0), Number(iso[6] ?? 0)) / 1000
    )
  const other = /[a-z]{3}/.test(value) && /\d{4}/.test(value) ? Date.parse(`${text} UTC`) : Number.NaN
  return Number.isNaN(other) ? undefined : Math.floor(other / 1000)
}

function* pause(php: Php, ms: number): Steps<void> {
  yield* php.flush()
  if (ms > 0) yield php.machine.sleep?.(ms)
}

export const TIME: Natives = {
  time: (_, php) => BigInt(Math.floor(now(php) / 1000)),
  microtime: ([asFloat], php) =>
    isTrue(asFloat ?? null) ? now(php) / 1000 : `${((now(php) % 1000) / 1000).toFixed(8)} ${Math.floor(now(php) / 1000)}`,
  hrtime: ([asNumber], php) =>
    isTrue(asNumber ?? null)
      ? BigInt(Math.floor(now(php) * 1e6))
      : PhpArray.of([BigInt(Math.floor(now(php) / 1000)), BigInt(Math.floor(now(php) % 1000)) * 1_000_000n]),
  date: ([format = '', time], php) =>
    formatted(textOf(format), time === undefined || time === null ? now(php) : Number(toInt(time)) * 1000),
  gmdate: ([format = '', time], php) =>
    formatted(textOf(format), time === undefined || time === null ? now(php) : Number(toInt(time)) * 1000),
  mktime: ([hour, minute, second, month, day, year], php) => {
    const d = new Date(now(php))
    const at = (value: Value | undefined, preset: number): number => (value === undefined || value === null ? preset : Number(toInt(value)))
    return BigInt(
      Date.UTC(
        at(year, d.getUTCFullYear()),
        at(month, d.getUTCMonth() + 1) - 1,
        at(day, d.getUTCDate()),
        at(hour, d.getUTCHours()),
        at(minute, d.getUTCMinutes()),
        at(second, d.getUTCSeconds()),
      ) / 1000,
    )
  },
  strtotime: ([text = '', base], php) => {
    const found = parsed(textOf(text), base === undefined || base === null ? Math.floor(now(php) / 1000) : Number(toInt(base)))
    return found === undefined ? false : BigInt(Math.floor(found))
  },
  checkdate: ([month = 0n, day = 0n, year = 0n]) => {
    const date = new Date(Date.UTC(Number(toInt(year)), Number(toInt(month)) - 1, Number(toInt(day))))
    return date.getUTCMonth() + 1 === Number(toInt(month)) && date.getUTCDate() === Number(toInt(day))
  },
  date_default_timezone_get: () => 'UTC',
  date_default_timezone_set: () => true,
  sleep: function* ([seconds = 0n], php): Steps<Value> {
    yield* pause(php, Number(toInt(seconds)) * 1000)
    return 0n
  },
  usleep: function* ([micros = 0n], php): Steps<Value> {
    yield* pause(php, numberOf(micros) / 1000)
    return null
  },
  time_nanosleep: function* ([seconds = 0n, nanos = 0n], php): Steps<Value> {
    yield* pause(php, Number(toInt(seconds)) * 1000 + numberOf(nanos) / 1e6)
    return true
  },
}
