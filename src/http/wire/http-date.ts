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

/** UTC milliseconds of an IMF-fixdate, or undefined when the text is none. */
export function parseHttpDate(text: string): number | undefined {
  const parts = /^[A-Za-z]{3}, (\d{2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) GMT$/.exec(text.trim())
  if (!parts) return undefined
  const [, day, month, year, hour, minute, second] = parts as unknown as string[]
  const index = MONTHS.indexOf(month as string)
  if (index < 0) return undefined
  return Date.UTC(Number(year), index, Number(day), Number(hour), Number(minute), Number(second))
}
