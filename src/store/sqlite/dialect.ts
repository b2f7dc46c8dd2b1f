import { FACT_FIELDS } from '../facts.ts'
import { type Condition, type Dialect, joined, likePattern, SEARCHED_FIELDS } from '../query/session-conditions.ts'

/** Conditions as SQLite reads them: parts of values are found by the trigram index `term_text`. */
export const SQLITE: Dialect = {
  like: 'LIKE',
  no: '0',
  sessionId: 's.id',
  number: '?',
  text: (value) => value,
  textTerms(field, text) {
    const parts: Condition[] = []
    if (field !== undefined) parts.push({ sql: 't.field = ?', values: [field] })
    else parts.push({ sql: `t.field IN (${SEARCHED_FIELDS.map(() => '?').join(', ')})`, values: SEARCHED_FIELDS })
    // The index knows three characters in a row; what is shorter is looked for in the values themselves.
    const fragments = text.split('*').filter((fragment) => Array.from(fragment).length >= 3)
    const match = fragments.map(phrase).join(' AND ')
    if (fragments.length > 0 && field !== undefined && FACT_FIELDS[field] === 'text') {
      parts.push({ sql: 't.id IN (SELECT rowid FROM term_text WHERE term_text MATCH ?)', values: [match] })
    } else if (fragments.length > 0 && field === undefined) {
      parts.push({ sql: "(t.field = 'credential' OR t.id IN (SELECT rowid FROM term_text WHERE term_text MATCH ?))", values: [match] })
    }
    parts.push({ sql: "t.value LIKE ? ESCAPE '\\'", values: [`%${likePattern(text)}%`] })
    return joined('and', parts)
  },
}

/** A text as FTS5 looks for it, whatever characters it has. */
export function phrase(text: string): string {
  return `"${text.replaceAll('"', '""')}"`
}
