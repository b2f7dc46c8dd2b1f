import { parseQuery } from '../../store/query/parse.ts'
import { UsageProblem } from '../cli.ts'
import { jsonLine } from '../json-line.ts'
import type { Verb } from '../verb.ts'
import { limitOption, PERIOD_OPTIONS, periodOption, withStore } from '../with-store.ts'
import { sessionTable } from './sessions.ts'

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
    const query = { ...periodOption(given, '30d'), limit: limitOption(given, 50), ...(where ? { where } : {}) }
    const found = await withStore(given, (store) => store.sessions(query))
    if (given.json) output.line(jsonLine(found))
    else output.line(found.length === 0 ? 'no such session' : sessionTable(found))
    return 0
  },
}
