/** JSON as Go's encoding/json writes it: `<`, `>`, `&` and the line separators are escaped, undefined members left out. */
export function goJson(value: unknown): string {
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** RFC 3339 with nanoseconds, as Go writes a time; what we have not measured is drawn from the milliseconds. */
export function goTime(ms: number): string {
  const nanos = String(((ms * 7919) % 1_000_000) + 1_000_000).slice(1)
  const digits = `${new Date(ms).toISOString().slice(0, -1)}${nanos}`
  return `${digits.replace(/\.?0+$/, '')}Z`
}

/** What encoding/json says about a text that is no JSON. */
export function goSyntaxError(text: string, error: unknown): string {
  const message = error instanceof Error ? error.message : ''
  const at = Number(/at position (\d+)/.exec(message)?.[1] ?? -1)
  const sign = at >= 0 ? text[at] : /Unexpected token '(.)'/su.exec(message)?.[1]
  if (sign === undefined || message.startsWith('Unexpected end') || message.startsWith('Unterminated')) return 'unexpected EOF'
  return `invalid character '${sign === "'" ? "\\'" : sign}' ${placeOf(message)}`
}

function placeOf(message: string): string {
  if (message.startsWith("Expected ',' or '}'")) return 'after object key:value pair'
  if (message.startsWith("Expected ':'")) return 'after object key'
  if (message.startsWith("Expected ',' or ']'")) return 'after array element'
  if (message.startsWith('Expected property name') || message.startsWith('Expected double-quoted'))
    return 'looking for beginning of object key string'
  if (message.startsWith('Bad control character')) return 'in string literal'
  if (message.startsWith('Unexpected non-whitespace')) return 'after top-level value'
  return 'looking for beginning of value'
}

/** Milliseconds of a duration as Ollama reads `keep_alive`: seconds, or Go's `5m`, `1h30m`; undefined when it is none. */
export function durationMs(value: unknown): number | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) return value < 0 ? -1 : value * 1000
  if (typeof value !== 'string' || value.length > 32) return undefined
  if (/^-/.test(value)) return -1
  if (value === '0') return 0
  const parts = [...value.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)]
  if (parts.length === 0 || parts.map(([all]) => all).join('') !== value) return undefined
  const units: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 }
  return parts.reduce((sum, [, n, unit]) => sum + Number(n) * (units[unit as string] as number), 0)
}
