const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December']
const DAY_MS = 86_400_000

/** A moment broken down in a time zone, as struct tm. */
export interface LocalTime {
  year: number
  /** 0 = January. */
  month: number
  day: number
  hour: number
  minute: number
  second: number
  /** 0 = Sunday. */
  weekday: number
  /** 0 = 1 January. */
  yearDay: number
  /** Minutes east of UTC. */
  offset: number
  zone: string
  ms: number
}

/** Time zone of a process: `TZ` of its environment, otherwise the host's. A zone that does not exist is UTC under its own name, as in glibc. */
export function zoneOf(process: { env: ReadonlyMap<string, string>; world: { persona: { timezone: string } } }): string {
  const tz = process.env.get('TZ')
  return tz === undefined ? process.world.persona.timezone : tz.replace(/^:/, '') || 'UTC'
}

const formatters = new Map<string, Intl.DateTimeFormat | undefined>()

function formatter(zone: string): Intl.DateTimeFormat | undefined {
  if (formatters.has(zone)) return formatters.get(zone)
  if (formatters.size > 64) formatters.clear()
  let made: Intl.DateTimeFormat | undefined
  try {
    made = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset', year: 'numeric', hour: 'numeric' })
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
  formatters.set(zone, made)
  return made
}

/** Zones change their offset at whole quarters of an hour; what Intl says is kept for each. */
const QUARTER_MS = 900_000
const offsets = new Map<string, number>()

/** Minutes east of UTC in a zone at a moment. */
export function offsetAt(ms: number, zone: string): number {
  const key = `${zone} ${Math.floor(ms / QUARTER_MS)}`
  const known = offsets.get(key)
  if (known !== undefined) return known
  if (offsets.size > 4096) offsets.clear()
  const offset = computeOffset(ms, zone)
  offsets.set(key, offset)
  return offset
}

function computeOffset(ms: number, zone: string): number {
  const posix = /^[A-Za-z]{3,6}([-+]?\d{1,2})(?::(\d\d))?$/.exec(zone)
  if (posix) return -(Number(posix[1]) * 60 + Math.sign(Number(posix[1]) || 1) * Number(posix[2] ?? 0))
  const name =
    formatter(zone)
      ?.formatToParts(ms)
      .find((part) => part.type === 'timeZoneName')?.value ?? 'GMT'
  const found = /GMT([-+])(\d\d):(\d\d)/.exec(name)
  return found ? (found[1] === '-' ? -1 : 1) * (Number(found[2]) * 60 + Number(found[3])) : 0
}

/** Abbreviations of the tz database that ICU does not give in English. */
const EASTERN: Record<string, string> = {
  'Asia/Tokyo': 'JST',
  'Asia/Seoul': 'KST',
  'Asia/Shanghai': 'CST',
  'Asia/Hong_Kong': 'HKT',
  'Asia/Taipei': 'CST',
  'Asia/Manila': 'PST',
  'Asia/Jakarta': 'WIB',
  'Europe/Moscow': 'MSK',
  'Asia/Karachi': 'PKT',
  'Africa/Johannesburg': 'SAST',
  'Africa/Nairobi': 'EAT',
  'Africa/Lagos': 'WAT',
  'Asia/Jerusalem': 'IST',
}

function abbreviation(ms: number, zone: string, offset: number): string {
  if (zone === 'UTC' || zone === 'Etc/UTC' || zone === 'Universal') return 'UTC'
  const posix = /^([A-Za-z]{3,6})[-+]?\d/.exec(zone)
  if (posix) return posix[1] as string
  if (!formatter(zone)) return /^[A-Za-z]{3,6}/.exec(zone)?.[0] ?? 'UTC'
  const eastern = EASTERN[zone]
  if (eastern) return eastern
  const key = `${zone} ${offset}`
  const known = abbreviations.get(key)
  if (known !== undefined) return known
  if (abbreviations.size > 256) abbreviations.clear()
  const name = shortName(ms, zone) ?? numericName(offset)
  abbreviations.set(key, name)
  return name
}

/** By zone and offset: making a formatter of Intl takes a thousand times as long as using one. */
const abbreviations = new Map<string, string>()

function shortName(ms: number, zone: string): string | undefined {
  for (const locale of ['en-GB', 'en-US', 'en-AU', 'en-IN']) {
    const parts = new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName: 'short' }).formatToParts(ms)
    const name = parts.find((part) => part.type === 'timeZoneName')?.value ?? ''
    if (/^[A-Z]{3,5}$/.test(name)) return name
  }
  return undefined
}

function numericName(offset: number): string {
  const hours = Math.floor(Math.abs(offset) / 60)
  const minutes = Math.abs(offset) % 60
  return `${offset < 0 ? '-' : '+'}${String(hours).padStart(2, '0')}${minutes ? String(minutes).padStart(2, '0') : ''}`
}

export function localTime(ms: number, zone: string): LocalTime {
  const offset = offsetAt(ms, zone)
  const shifted = new Date(ms + offset * 60_000)
  const year = shifted.getUTCFullYear()
  return {
    year,
    month: shifted.getUTCMonth(),
    day: shifted.getUTCDate(),
    hour: shifted.getUTCHours(),
    minute: shifted.getUTCMinutes(),
    second: shifted.getUTCSeconds(),
    weekday: shifted.getUTCDay(),
    yearDay: Math.floor((shifted.getTime() - Date.UTC(year, 0, 1)) / DAY_MS),
    offset,
    zone: abbreviation(ms, zone, offset),
    ms,
  }
}

/** UTC milliseconds of a wall-clock time in a zone. */
export function fromLocal(year: number, month: number, day: number, hour: number, minute: number, second: number, zone: string): number {
  const naive = Date.UTC(year, month, day, hour, minute, second)
  const first = naive - offsetAt(naive, zone) * 60_000
  return naive - offsetAt(first, zone) * 60_000
}

/**
 * Formats as strftime(3) in the C locale, with the additions of GNU date (`%N`, `%:z`, flags `-_0^#`, a width).
 * @param nanoseconds below the second, for `%N`
 */
export function strftime(format: string, time: LocalTime, nanoseconds = (time.ms % 1000) * 1e6): string {
  return format.replace(
    /%([-_0^#]*)(\d{0,4})([EO]?)(:{0,3}[A-Za-z%+])/g,
    (whole, flags: string, width: string, _modifier: string, kind: string) => {
      const field = fieldOf(kind, time, nanoseconds)
      if (field === undefined) return whole
      let text = field.text
      if (flags.includes('^')) text = text.toUpperCase()
      if (flags.includes('#')) text = kind === 'Z' || kind === 'p' ? text.toLowerCase() : text.toUpperCase()
      if (kind === 'N') {
        const digits = text.slice(0, Number(width || 9))
        return flags.includes('-') ? digits.replace(/0+$/, '') || '0' : digits
      }
      const fill = flags.includes('-') ? '' : flags.includes('_') ? ' ' : flags.includes('0') ? '0' : field.fill
      const bare = field.fill ? text.replace(/^[0 ]+(?=.)/, '') : text
      const wide = Number(width || (field.fill ? text.length : 0))
      return fill === '' ? bare : (field.fill ? bare : text).padStart(Math.min(wide, 1024), fill || ' ')
    },
  )
}

interface Field {
  text: string
  /** What a number is filled up with; empty for text. */
  fill: string
}

function fieldOf(kind: string, t: LocalTime, nanoseconds: number): Field | undefined {
  const number = (value: number, width = 2, fill = '0'): Field => ({ text: String(value).padStart(width, fill), fill })
  const text = (value: string): Field => ({ text: value, fill: '' })
  const twelve = t.hour % 12 || 12
  switch (kind) {
    case 'a':
      return text((DAYS[t.weekday] as string).slice(0, 3))
    case 'A':
      return text(DAYS[t.weekday] as string)
    case 'b':
    case 'h':
      return text((MONTHS[t.month] as string).slice(0, 3))
    case 'B':
      return text(MONTHS[t.month] as string)
    case 'c':
      return text(strftime('%a %b %e %H:%M:%S %Y', t))
    case 'C':
      return number(Math.floor(t.year / 100))
    case 'd':
      return number(t.day)
    case 'D':
    case 'x':
      return text(strftime('%m/%d/%y', t))
    case 'e':
      return number(t.day, 2, ' ')
    case 'F':
      return text(strftime('%Y-%m-%d', t))
    case 'g':
      return number(isoWeek(t).year % 100)
    case 'G':
      return number(isoWeek(t).year, 4)
    case 'H':
      return number(t.hour)
    case 'I':
      return number(twelve)
    case 'j':
      return number(t.yearDay + 1, 3)
    case 'k':
      return number(t.hour, 2, ' ')
    case 'l':
      return number(twelve, 2, ' ')
    case 'm':
      return number(t.month + 1)
    case 'M':
      return number(t.minute)
    case 'n':
      return text('\n')
    case 'N':
      return text(String(Math.floor(nanoseconds)).padStart(9, '0'))
    case 'p':
      return text(t.hour < 12 ? 'AM' : 'PM')
    case 'P':
      return text(t.hour < 12 ? 'am' : 'pm')
    case 'q':
      return number(Math.floor(t.month / 3) + 1, 1)
    case 'r':
      return text(strftime('%I:%M:%S %p', t))
    case 'R':
      return text(strftime('%H:%M', t))
    case 's':
      return number(Math.floor(t.ms / 1000), 1)
    case 'S':
      return number(t.second)
    case 't':
      return text('\t')
    case 'T':
    case 'X':
      return text(strftime('%H:%M:%S', t))
    case 'u':
      return number(t.weekday || 7, 1)
    case 'U':
      return number(Math.floor((t.yearDay + 7 - t.weekday) / 7))
    case 'V':
      return number(isoWeek(t).week)
    case 'w':
      return number(t.weekday, 1)
    case 'W':
      return number(Math.floor((t.yearDay + 7 - ((t.weekday + 6) % 7)) / 7))
    case 'y':
      return number(t.year % 100)
    case 'Y':
      return number(t.year, 4)
    case 'z':
      return text(offsetText(t.offset, ''))
    case ':z':
      return text(offsetText(t.offset, ':'))
    case '::z':
      return text(`${offsetText(t.offset, ':')}:00`)
    case 'Z':
      return text(t.zone)
    case '+':
      return text(strftime('%a %b %e %H:%M:%S %Z %Y', t))
    case '%':
      return text('%')
    default:
      return undefined
  }
}

function offsetText(minutes: number, colon: string): string {
  const size = Math.abs(minutes)
  return `${minutes < 0 ? '-' : '+'}${String(Math.floor(size / 60)).padStart(2, '0')}${colon}${String(size % 60).padStart(2, '0')}`
}

function isoWeek(t: LocalTime): { year: number; week: number } {
  const weekday = (t.weekday + 6) % 7
  const thursday = new Date(Date.UTC(t.year, t.month, t.day - weekday + 3))
  const year = thursday.getUTCFullYear()
  return { year, week: 1 + Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / DAY_MS / 7) }
}
