import type { Design } from './kind.ts'

/** Hour of the day at the site, 0 to 24. */
export function localHour(at: number, { utcOffset }: Design): number {
  return (((at / 3600 + utcOffset) % 24) + 24) % 24
}

/** Day of the week at the site, 0 is Sunday. */
export function localWeekday(at: number, { utcOffset }: Design): number {
  return (Math.floor((at / 3600 + utcOffset) / 24) + 4) % 7
}

/** A bell around an hour of the day, 1 at its top. `width` in hours. */
export function peak(hour: number, top: number, width: number): number {
  return Math.exp(-(((((hour - top + 36) % 24) - 12) / width) ** 2))
}

/** A noise between −1 and 1 that depends on time and phase only. */
export function ripple(at: number, phase: number): number {
  const t = at + phase * 86_400
  return (sine(t / 11.3) + sine(t / 47.9) + sine(t / 307) + sine(t / 1733)) / 4
}

const TAU = 2 * Math.PI

/** The sine of a large number of radians, which is slow to have without taking whole turns off first. */
function sine(radians: number): number {
  return Math.sin(radians - TAU * Math.floor(radians / TAU))
}

/** Air at the site by season and hour, °C. */
export function outdoors(at: number, design: Design): number {
  const year = Math.sin((2 * Math.PI * (at / 86_400 - 110)) / 365.25)
  const day = Math.sin((2 * Math.PI * (localHour(at, design) - 9)) / 24)
  return 10 + 9 * year + 4 * day + 1.2 * ripple(at / 8, design.phase)
}

/** A number from 0 up to 1 that only this combination of whole numbers has: for what seems to happen by chance. */
export function chance(...numbers: number[]): number {
  let hash = 0x811c9dc5
  for (const number of numbers) {
    for (let shift = 0; shift < 32; shift += 8) hash = Math.imul(hash ^ ((number >>> shift) & 0xff), 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39)
  return ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 32
}
