const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

let lastSecond = -1
let lastText = ''

/** An IMF-fixdate (RFC 9110 §5.6.7): `Thu, 05 Mar 2026 10:20:30 GMT`. @param ms UTC milliseconds */
export function httpDate(ms: number): string {
  const second = Math.floor(ms / 1000)
  if (second !== lastSecond) {
    const d = new Date(second * 1000)
    const two = (n: number): string => String(n).padStart(2, '0')
    const time = `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())}`
    lastText = `${DAYS[d.getUTCDay()]}, ${two(d.getUTCDate())} ${MONTHS[d.getUTCMonth()]} ${d.getUTCFullYear()} ${time} GMT`
    lastSecond = second
  }
  return lastText
}

/** `Thu, 05 Mar 2026 10:20:30 GMT`, `Thursday, 05-Mar-26 10:20:30 GMT`, `Thu Mar  5 10:20:30 2026` (RFC 9110 §5.6.7). */
const FORMS = [
  /^[A-Za-z]{3}, (?<day>\d{2}) (?<month>[A-Z][a-z]{2}) (?<year>\d{4}) (?<time>\d{2}:\d{2}:\d{2})(?<zone>.*)$/,
  /^[A-Za-z]{6,9}, (?<day>\d{2})-(?<month>[A-Z][a-z]{2})-(?<year>\d{2}) (?<time>\d{2}:\d{2}:\d{2})(?<zone>.*)$/,
  /^[A-Za-z]{3} (?<month>[A-Z][a-z]{2}) (?<day>[ \d]\d) (?<time>\d{2}:\d{2}:\d{2}) (?<year>\d{4})$/,
]

/** What a reader of dates lets stand behind the time: `GMT` alone, any word, or anything. */
export type DateZone = 'GMT' | 'word' | 'any'
const ZONES: Readonly<Record<DateZone, RegExp>> = { GMT: /^ GMT$/, word: /^ /, any: /^/ }

/** UTC milliseconds of a date in one of the three forms, or undefined when the text is none. */
export function parseHttpDate(text: string, accepted: DateZone = 'GMT'): number | undefined {
  for (const form of FORMS) {
    const { day, month = '', year = '', time = '', zone = ' GMT' } = form.exec(text.trim())?.groups ?? {}
    const index = MONTHS.indexOf(month)
    if (day === undefined || index < 0 || !ZONES[accepted].test(zone)) continue
    // Two digits: from 70 on they were of the century before.
    const whole = year.length === 4 ? Number(year) : Number(year) + (Number(year) < 70 ? 2000 : 1900)
    const [hour = 0, minute = 0, second = 0] = time.split(':').map(Number)
    return Date.UTC(whole, index, Number(day), hour, minute, second)
  }
  return undefined
}
