/** A time in a zone of the tz database, by strftime's letters as far as prompts and greetings use them. */
export function formatInZone(time: number, zone: string, format: string): string {
  const parts = partsOf(time, zone)
  return format.replace(/%([A-Za-z%])/g, (whole, letter: string) => parts[letter] ?? whole)
}

function partsOf(time: number, zone: string): Readonly<Record<string, string>> {
  const get = formatter(zone).formatToParts(time)
  const part = (type: string) => get.find((p) => p.type === type)?.value ?? ''
  const hour = Number(part('hour')) % 24
  const twelve = String(hour % 12 || 12).padStart(2, '0')
  const [H, M, S] = [String(hour).padStart(2, '0'), part('minute'), part('second')]
  return {
    Y: part('year'),
    m: part('month'),
    d: part('day'),
    H,
    M,
    S,
    I: twelve,
    p: hour < 12 ? 'AM' : 'PM',
    a: part('weekday'),
    b: MONTHS[Number(part('month')) - 1] ?? '',
    X: `${H}:${M}:${S}`,
    T: `${H}:${M}:${S}`,
    R: `${H}:${M}`,
    F: `${part('year')}-${part('month')}-${part('day')}`,
    y: part('year').slice(2),
    e: String(Number(part('day'))).padStart(2),
    D: `${part('month')}/${part('day')}/${part('year').slice(2)}`,
    s: String(Math.floor(time / 1000)),
    '%': '%',
    n: '\n',
    t: '\t',
  }
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

const formatters = new Map<string, Intl.DateTimeFormat>()

function formatter(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone)
  if (known) return known
  const options = {
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    weekday: 'short',
  } as const
  let made: Intl.DateTimeFormat
  try {
    made = new Intl.DateTimeFormat('en-US', { ...options, timeZone: zone })
  } catch (error) {
    // An unknown TZ means UTC, as for libc.
    if (!(error instanceof RangeError)) throw error
    made = new Intl.DateTimeFormat('en-US', { ...options, timeZone: 'UTC' })
  }
  if (formatters.size < 100) formatters.set(zone, made)
  return made
}
