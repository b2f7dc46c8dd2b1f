import { printableLine } from '../../events/printable.ts'
import { parseQuery } from '../../store/query/parse.ts'
import { UsageProblem } from '../cli.ts'
import { jsonLine } from '../json-line.ts'
import type { Verb } from '../verb.ts'
import { limitOption, PERIOD_OPTIONS, periodOption, withStore } from '../with-store.ts'
import { sessionTable } from './sessions.ts'

/** Before any session. */
const EARLIEST = '2020-01-01'

export const search: Verb = {
  name: 'search',
  summary: 'sessions by a text, or by a query as the console takes it',
  usage: 'QUERY',
  examples: [
    'sundew search wget',
    "sundew search 'src_ip:203.0.113.0/24 and lure:ssh and not source:static'",
    'sundew search \'input:"chmod 777" and turns > 5\' --since 30d --json',
  ],
  options: PERIOD_OPTIONS,
  about: { since: 'began since then: 30m, 24h, 7d, or an ISO date (default 30d)', limit: 'how many (default 50)' },
  async run(given, output) {
    const text = given.words.join(' ')
    if (text.trim() === '') throw new UsageProblem('say what to look for')
    const where = parseQuery(text)
    const period = periodOption(given, '30d')
    const query = { ...period, limit: limitOption(given, 50), ...(where ? { where } : {}) }
    const { found, ofPeriod, ever } = await withStore(given, async (store) => {
      const found = await store.sessions(query)
      if (found.length > 0 || given.json) return { found, ofPeriod: 0, ever: 0 }
      const ever = await store.countSessions(where ? { where } : {})
      return { found, ofPeriod: await store.countSessions(period), ever }
    })
    if (given.json) output.line(jsonLine(found))
    else output.line(found.length > 0 ? sessionTable(found) : nothingFound(text, period.since, ofPeriod, ever))
    return 0
  },
}

/** What to try next. */
function nothingFound(text: string, since: number, ofPeriod: number, ever: number): string {
  const day = new Date(since).toISOString().slice(0, 10)
  const lines = [`none of ${ofPeriod} sessions since ${day} matches ${printableLine(text)}`]
  if (ever > 0) lines.push(`${ever} earlier ones do: --since ${EARLIEST}`)
  else if (!/[:<>=]/.test(text))
    lines.push(
      'a text is looked for in what was typed, asked for and answered by a model; fields are asked as lure:ssh, src_ip:, username:',
    )
  return lines.join('\n')
}
