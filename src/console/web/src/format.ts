const COUNT = new Intl.NumberFormat('en')
const SHORT = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })

export function count(value: number): string {
  return COUNT.format(value)
}

/** `1 turn`, `12,400 turns`. */
export function counted(value: number, one: string): string {
  return `${count(value)} ${one}${value === 1 ? '' : 's'}`
}

/** `12.4K`: where room is short. */
export function shortCount(value: number): string {
  return value < 10_000 ? COUNT.format(value) : SHORT.format(value)
}

export function duration(ms: number): string {
  if (ms === 0) return '0 ms'
  if (ms < 1) return '<1 ms'
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`
  if (ms < 172_800_000) return `${(ms / 3_600_000).toFixed(1)} h`
  return `${Math.round(ms / 86_400_000)} d`
}

export function bytes(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let unit = 0
  let left = value
  while (left >= 1024 && unit < units.length - 1) {
    left /= 1024
    unit++
  }
  return `${unit === 0 ? left : left.toFixed(1)} ${units[unit]}`
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}

/** UTC, as events carry it: sensors and operators live in different zones. */
export function day(time: number): string {
  return new Date(time).toISOString().slice(0, 10)
}

export function clock(time: number): string {
  return new Date(time).toISOString().slice(11, 19)
}

export function dayAndClock(time: number): string {
  return `${day(time)} ${clock(time)}`
}

/** `3 min ago`. */
export function ago(time: number, now: number): string {
  const ms = now - time
  if (ms < 60_000) return 'just now'
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min ago`
  if (ms < 172_800_000) return `${Math.floor(ms / 3_600_000)} h ago`
  return `${Math.floor(ms / 86_400_000)} d ago`
}

const COUNTRY = new Intl.DisplayNames('en', { type: 'region' })

export function countryName(code: string): string {
  return COUNTRY.of(code) ?? code
}
