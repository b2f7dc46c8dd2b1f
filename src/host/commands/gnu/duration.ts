const UNITS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A time such as `5`, `1.5m`, `2h`, in milliseconds; undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  if (/^inf(inity)?$/i.test(text)) return Number.POSITIVE_INFINITY
  const found = /^(\d{1,15}\.?\d{0,9}|\.\d{1,9})(?:e(\d{1,2}))?([smhd]?)$/.exec(text)
  return found ? Number(found[1]) * 10 ** Number(found[2] ?? 0) * (UNITS[found[3] || 's'] as number) : undefined
}
