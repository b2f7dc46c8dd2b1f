/** Stands before a character that text of PostgreSQL cannot hold: the first one for private use, which nobody types. */
const MARK = '\uE000'

/**
 * Text as PostgreSQL can hold it. It knows no NUL and no half of a surrogate pair, and an attacker may send both: they become
 * the mark and their number, the mark itself too, so that {@link fromPostgresText} gives the same text back.
 */
export function toPostgresText(value: string): string {
  if (!/[\0\uE000]/.test(value) && value.isWellFormed()) return value
  return value.replace(/[\0\uE000]|\p{Surrogate}/gu, (one) => `${MARK}${one.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

export function fromPostgresText(text: string): string {
  if (!text.includes(MARK)) return text
  return text.replace(/\uE000([0-9a-f]{4})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
}

/** Bytes of a B-tree entry are bounded, so what is indexed is cut; the event has it whole. */
export function shortText(value: string): string {
  return toPostgresText(value.slice(0, 250))
}

/** One line of COPY in its text format (postgresql.org/docs/current/sql-copy.html, "Text Format"). */
export function copyLine(values: readonly (string | number | null | undefined)[]): string {
  return `${values.map(copyField).join('\t')}\n`
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }

function copyField(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return '\\N'
  return String(value).replace(/[\\\n\r\t]/g, (one) => ESCAPES[one] as string)
}
