import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { dayAt, dayOf, type LocalDay } from './days.ts'
import { HOUR, type Past } from './message.ts'

const Timers = z.array(
  z.strictObject({
    unit: z.string(),
    package: z.string(),
    text: z.string(),
    at: z.array(z.number()).default([]),
    minutes: z.array(z.number()).default([]),
    weekday: z.number().optional(),
    spread: z.number(),
  }),
)

export type Timer = z.infer<typeof Timers>[number]

const ALL = Timers.parse(parse(readFileSync(join(import.meta.dirname, 'timers.yaml'), 'utf8')))

/** The timers of a machine that runs systemd: those of the packages it has. */
export function timersOf({ persona }: Pick<Past, 'persona'>): readonly Timer[] {
  if (persona.os.family !== 'debian' && persona.os.family !== 'ubuntu') return []
  const installed = new Set(persona.packages.map((line) => line.split(' ')[0]))
  return ALL.filter((timer) => timer.package === 'systemd' || installed.size === 0 || installed.has(timer.package))
}

/** When a timer goes off on a day. UTC milliseconds, rising. */
export function elapsesOn(timer: Timer, day: LocalDay, { persona, identity }: Past): number[] {
  if (timer.weekday !== undefined && timer.weekday !== day.weekday) return []
  const times = timer.minutes.length
    ? Array.from({ length: 24 }, (_, hour) => timer.minutes.map((minute) => hour + minute / 60)).flat()
    : timer.at
  return times
    .map((hour, i) => {
      const delay = timer.spread && identity.integer(`${persona.name}/timer/${timer.unit}/${day.index}/${i}`, 0, timer.spread * 1000)
      return day.from + Math.round(hour * 60) * (HOUR / 60) + delay
    })
    .sort((a, b) => a - b)
}

/** When it went off last and will next; no time for what lies more than eight days away. */
export function aroundNow(timer: Timer, past: Past, now: number): { last: number | undefined; next: number | undefined } {
  const today = dayOf(now, past.persona.timezone).index
  const times = [...Array(17).keys()]
    .flatMap((i) => elapsesOn(timer, dayAt(today - 8 + i, past.persona.timezone), past))
    .sort((a, b) => a - b)
  return { last: times.findLast((time) => time <= now && time > past.bootedAt), next: times.find((time) => time > now) }
}
