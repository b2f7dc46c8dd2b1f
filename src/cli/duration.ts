const UNITS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

/**
 * Milliseconds since 1970 of `24h`, `7d`, `30m` ago, or of an ISO date.
 * @returns undefined when the text is neither
 */
export function parseSince(text: string, now = Date.now()): number | undefined {
  const relative = /^(\d{1,6})([smhdw])$/.exec(text)
  if (relative) return now - Number(relative[1]) * (UNITS[relative[2] as string] as number)
  const absolute = Date.parse(text)
  return Number.isNaN(absolute) ? undefined : absolute
}

/** `3.2 s`, `4 min`, `5 h`, `6 d`: for people. */
export function humanDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)} min`
  if (ms < 172_800_000) return `${Math.round(ms / 3_600_000)} h`
  return `${Math.round(ms / 86_400_000)} d`
}

export function humanBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${unit ? value.toFixed(1) : value} ${units[unit]}`
}
