import { campaignsOf } from '../../analysis/campaigns.ts'
import { jsonLine } from '../json-line.ts'
import { type Column, table } from '../table.ts'
import type { Verb } from '../verb.ts'
import { limitOption, PERIOD_OPTIONS, periodOption, withStore } from '../with-store.ts'

const columns: Column[] = [
  { title: 'CAMPAIGN' },
  { title: 'SESSIONS', align: 'right' },
  { title: 'SOURCES', align: 'right' },
  { title: 'TURNS', align: 'right' },
  { title: 'LURES', max: 30 },
  { title: 'FIRST SEEN' },
  { title: 'LAST SEEN' },
  { title: 'A SESSION' },
]

export const campaigns: Verb = {
  name: 'campaigns',
  summary: 'sessions of one script at work',
  examples: ['sundew campaigns --since 7d', 'sundew campaigns --json'],
  options: PERIOD_OPTIONS,
  about: { since: 'of sessions since then: 30m, 24h, 7d, or an ISO date (default 30d)', limit: 'how many (default 25)' },
  async run(given, output) {
    const period = periodOption(given, '30d')
    const groups = await withStore(given, (store) => store.sessionGroups(period))
    const found = campaignsOf(groups).slice(0, limitOption(given, 25))
    const day = (time: number): string => new Date(time).toISOString().slice(0, 10)
    if (given.json) output.line(jsonLine(found))
    else if (found.length === 0) output.line('none yet')
    else {
      const rows = found.map((one) => [
        one.id,
        one.sessions,
        one.sources,
        one.turns,
        one.lures.join(' '),
        day(one.firstSeen),
        day(one.lastSeen),
        one.sample,
      ])
      output.line(table(columns, rows))
    }
    return 0
  },
}
