import type { Query } from './query.ts'

/** The text of a query; {@link parseQuery} reads the same query from it. */
export function printQuery(query: Query): string {
  switch (query.kind) {
    case 'and':
      return query.parts.map((part) => bracketed(part, part.kind === 'or')).join(' and ')
    case 'or':
      return query.parts.map((part) => bracketed(part, false)).join(' or ')
    case 'not':
      return `not ${bracketed(query.part, query.part.kind === 'and' || query.part.kind === 'or')}`
    case 'is':
      return `${query.field}:${quoted(query.value)}`
    case 'compare':
      return query.operator === '=' ? `${query.field}:${query.value}` : `${query.field} ${query.operator} ${query.value}`
    case 'exists':
      return `${query.field}:*`
    case 'text':
      return quoted(query.text)
  }
}

function bracketed(query: Query, needed: boolean): string {
  return needed ? `(${printQuery(query)})` : printQuery(query)
}

/** Bare where it reads back as one word. */
function quoted(value: string): string {
  if (/^[\w.*/@%+,-]+$/.test(value) && value !== '*' && !/^(and|or|not)$/i.test(value)) return value
  return `"${value.replace(/[\\"]/g, '\\$&')}"`
}
