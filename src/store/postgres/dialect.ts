import { type Dialect, likePattern, SEARCHED_FIELDS } from '../query/session-conditions.ts'
import { toPostgresText } from './text.ts'

/** How much of a value can be searched within; its trigrams are indexed (`term_text`). */
const SEARCHED = 2048

/** Conditions as PostgreSQL reads them. */
export const POSTGRES: Dialect = {
  like: 'ILIKE',
  no: 'false',
  sessionId: 's.id::text',
  number: '?::double precision',
  text: toPostgresText,
  textTerms(field, text) {
    const fields = field === undefined ? SEARCHED_FIELDS : [field]
    return {
      sql: `(t.field IN (${fields.map(() => '?').join(', ')}) AND left(t.value, ${SEARCHED}) ILIKE ? ESCAPE '\\')`,
      values: [...fields, `%${likePattern(toPostgresText(text))}%`],
    }
  },
}

/** Statements are written with `?`; the server wants its parameters numbered. None of ours has a question mark of its own. */
export function numbered(sql: string): string {
  let n = 0
  return sql.replaceAll('?', () => `$${++n}`)
}
