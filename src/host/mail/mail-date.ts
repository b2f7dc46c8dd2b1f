import { formatInZone } from '../zone-time.ts'

/** `Tue, 24 Nov 2026 03:00:00 +0100`, RFC 5322 §3.3. */
export function mailDate(time: number, zone: string): string {
  return `${formatInZone(time, zone, '%a, ')}${Number(formatInZone(time, zone, '%d'))}${formatInZone(time, zone, ' %b %Y %T')} ${offsetOf(time, zone)}`
}

/** `24-Nov-2026 03:00:00 +0100`, date-time of RFC 3501 §9 without its quotes. */
export function internalDate(time: number, zone: string): string {
  return `${formatInZone(time, zone, '%d-%b-%Y %T')} ${offsetOf(time, zone)}`
}

/** `+0100`, the zone's distance from UTC at that time. */
export function offsetOf(time: number, zone: string): string {
  const wall = Date.parse(`${formatInZone(time, zone, '%FT%T')}Z`)
  const minutes = Math.round((wall - Math.floor(time / 1000) * 1000) / 60_000)
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60]
  return `${minutes < 0 ? '-' : '+'}${String(hours).padStart(2, '0')}${String(rest).padStart(2, '0')}`
}
