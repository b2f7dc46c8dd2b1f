import { link, navigate, parameter } from './router.ts'

/** A value as the query language takes it. */
export function quoted(value: string): string {
  if (/^[\w./@+,-]+$/.test(value) && !/^(and|or|not)$/i.test(value)) return value
  return `"${value.replace(/[\\"]/g, '\\$&')}"`
}

/** The address of the sessions that have a value. */
export function sessionsWith(field: string, value: string): string {
  return link('/sessions', { q: `${field}:${quoted(value)}` })
}

/** The present query of a list, and one more condition. */
export function narrowed(field: string, value: string, { exclude = false } = {}): string {
  const term = `${exclude ? 'not ' : ''}${field}:${quoted(value)}`
  const before = parameter('q').trim()
  if (before.includes(term) && !exclude) return before
  const safe = / or /i.test(before) ? `(${before})` : before
  return safe ? `${safe} and ${term}` : term
}

/** A click narrows, with Alt it excludes, with Shift it opens another window: the same wherever a value is shown. */
export function pickValue(event: MouseEvent, field: string, value: string): void {
  event.preventDefault()
  event.stopPropagation()
  const q = narrowed(field, value, { exclude: event.altKey })
  const to = link('/sessions', { q })
  if (event.shiftKey) open(to, '_blank', 'noopener')
  else navigate(to)
}
