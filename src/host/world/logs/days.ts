import { offsetAt } from '../../commands/gnu/strftime.ts'
import { DAY } from './message.ts'

/** A day of the machine's calendar: midnight to midnight of its zone. */
export interface LocalDay {
  /** Days since 1970-01-01; its name in what is drawn for it. */
  index: number
  /** UTC milliseconds of its midnight and of the next. */
  from: number
  to: number
  /** 0 is Sunday. */
  weekday: number
  /** 1 to 31, 1 to 12. */
  date: number
  month: number
}

export function dayOf(time: number, zone: string): LocalDay {
  return dayAt(Math.floor((time + offsetOf(time, zone)) / DAY), zone)
}

export function dayAt(index: number, zone: string): LocalDay {
  const date = new Date(index * DAY)
  return {
    index,
    from: midnight(index, zone),
    to: midnight(index + 1, zone),
    weekday: date.getUTCDay(),
    date: date.getUTCDate(),
    month: date.getUTCMonth() + 1,
  }
}

function midnight(index: number, zone: string): number {
  const naive = index * DAY
  return naive - offsetOf(naive - offsetOf(naive, zone), zone)
}

/** Milliseconds that a zone is ahead of UTC. */
export function offsetOf(time: number, zone: string): number {
  const quarter = Math.floor(time / QUARTER)
  if (last.quarter !== quarter || last.zone !== zone) last = { quarter, zone, offset: offsetAt(time, zone) * 60_000 }
  return last.offset
}

/** Zones change their offset at whole quarters of an hour; the lines of a log mostly lie in the same. */
const QUARTER = 900_000
let last = { quarter: Number.NaN, zone: '', offset: 0 }
