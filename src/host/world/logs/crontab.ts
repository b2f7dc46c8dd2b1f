import type { LocalDay } from './days.ts'
import { HOUR } from './message.ts'

/** A line of /etc/crontab or /etc/cron.d. */
export interface CronJob {
  /** Minute, hour, day of month, month, day of week: the values that match. */
  readonly fields: readonly ReadonlySet<number>[]
  /** Whether day of month and day of week both were given: then either is enough. */
  readonly eitherDay: boolean
  readonly user: string
  /** As cron logs it: all that stands behind the user. */
  readonly command: string
}

const BOUNDS = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 7],
] as const
const NAMES = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ')
const WEEKDAYS = 'sun mon tue wed thu fri sat'.split(' ')

/** The jobs of a system crontab, crontab(5); lines that are none are left out. */
export function parseCrontab(text: string): CronJob[] {
  return text.split('\n').flatMap((line) => {
    const found = /^\s*(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s+([a-z_][\w-]*)\s+(\S.*)$/.exec(line.slice(0, 1000))
    if (!found || line.trimStart().startsWith('#') || /^\s*\w+\s*=/.test(line)) return []
    const words = found.slice(1, 6)
    const fields = words.map((word, i) => valuesOf(word, i))
    if (fields.some((values) => values.size === 0)) return []
    if (fields[4]?.has(7)) fields[4].add(0)
    return [
      {
        fields,
        eitherDay: !words[2]?.startsWith('*') && !words[4]?.startsWith('*'),
        user: found[6] as string,
        command: found[7] as string,
      },
    ]
  })
}

function valuesOf(word: string, field: number): Set<number> {
  const [low, high] = BOUNDS[field] as readonly [number, number]
  const values = new Set<number>()
  for (const part of word.toLowerCase().split(',')) {
    const found = /^(?:\*|([a-z0-9]{1,3})(?:-([a-z0-9]{1,3}))?)(?:\/(\d{1,2}))?$/.exec(part)
    if (!found) return new Set()
    const first = found[1] === undefined ? low : numberOf(found[1], field)
    const last = found[1] === undefined ? high : found[2] !== undefined ? numberOf(found[2], field) : found[3] ? high : first
    if (first < low || last > high) return new Set()
    for (let value = first; value <= last; value += Math.max(1, Number(found[3] ?? 1))) values.add(value)
  }
  return values
}

function numberOf(word: string, field: number): number {
  const named = field === 3 ? NAMES.indexOf(word) + 1 : field === 4 ? WEEKDAYS.indexOf(word) : -1
  return /^\d+$/.test(word) ? Number(word) : named
}

/** When a job runs on a day. UTC milliseconds, rising. */
export function runsOn(job: CronJob, day: LocalDay): number[] {
  const [minutes, hours, dates, months, weekdays] = job.fields as [Set<number>, Set<number>, Set<number>, Set<number>, Set<number>]
  const [date, weekday] = [dates.has(day.date), weekdays.has(day.weekday)]
  if (!months.has(day.month) || !(job.eitherDay ? date || weekday : date && weekday)) return []
  return [...hours].flatMap((hour) => [...minutes].map((minute) => day.from + hour * HOUR + minute * 60_000)).sort((a, b) => a - b)
}
