import type { Console } from './console.ts'
import type { Tank, TankState } from './tanks.ts'

/** A tank that a report is about, as the console takes it to be. */
export interface Row {
  number: number
  tank: Tank
  state: TankState
}

export interface Report {
  /** Lines below the station's header. */
  lines: string[]
  /** Data of the computer format, without its head and checksum. */
  data: string
}

export type Reporter = (console: Console, rows: readonly Row[]) => Report

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']

/** `JAN 22, 2015  3:07 PM` of a date whose UTC fields show the local time. */
export function dateText(date: Date): string {
  const hour = date.getUTCHours()
  const clock = `${String(hour % 12 || 12).padStart(2)}:${two(date.getUTCMinutes())} ${hour < 12 ? 'AM' : 'PM'}`
  return `${MONTHS[date.getUTCMonth()]} ${place(date.getUTCDate())}, ${date.getUTCFullYear()} ${clock}`
}

/** ` 1-22-15  3:07PM`, as histories have it. */
export function shortDate(date: Date): string {
  const hour = date.getUTCHours()
  const day = `${date.getUTCMonth() + 1}-${two(date.getUTCDate())}-${two(date.getUTCFullYear() % 100)}`
  return `${day.padStart(8)} ${place(hour % 12 || 12)}:${two(date.getUTCMinutes())}${hour < 12 ? 'AM' : 'PM'}`
}

/** `YYMMDDHHmm`. */
export function dateDigits(date: Date): string {
  const parts = [date.getUTCFullYear() % 100, date.getUTCMonth() + 1, date.getUTCDate(), date.getUTCHours(), date.getUTCMinutes()]
  return parts.map(two).join('')
}

export function place(number: number): string {
  return String(number).padStart(2)
}

export function two(number: number): string {
  return String(number).padStart(2, '0')
}
