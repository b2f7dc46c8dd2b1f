import { loadSettings } from '../../config/load.ts'
import { sendAlert } from '../../outputs/alerts/messenger.ts'
import { previewOf } from '../../outputs/alerts/preview.ts'
import { UsageProblem } from '../cli.ts'
import { jsonLine } from '../json-line.ts'
import { type Column, table } from '../table.ts'
import type { Verb } from '../verb.ts'
import { limitOption, PERIOD_OPTIONS, periodOption, withStore } from '../with-store.ts'

const fired: Column[] = [
  { title: 'TIME (UTC)' },
  { title: 'RULE' },
  { title: 'GROUP', max: 45 },
  { title: 'SESSIONS', align: 'right' },
  { title: 'LATEST' },
]
const known: Column[] = [
  { title: 'RULE' },
  { title: 'WHEN', max: 60 },
  { title: 'COUNT', align: 'right' },
  { title: 'GROUP' },
  { title: 'TO' },
]

export const alerts: Verb = {
  name: 'alerts',
  summary: 'what was alerted of; the rules, what they would have told, and a try of a destination',
  usage: 'ls | rules | preview [RULE] | test DESTINATION',
  examples: ['sundew alerts', 'sundew alerts rules', 'sundew alerts preview shell --since 7d', 'sundew alerts test team'],
  options: PERIOD_OPTIONS,
  about: { since: 'since then: 30m, 24h, 7d, or an ISO date (default 7d)', limit: 'how many (default 50)' },
  async run(given, output) {
    const [what = 'ls', name] = given.words
    const { settings } = loadSettings(given)
    const { rules, destinations } = settings.alerts
    const show = (rows: { time: number; rule: string; group: string; count: number; sessions: string[] }[]): void => {
      if (given.json) output.line(jsonLine(rows))
      else if (rows.length === 0) output.line('nothing')
      else
        output.line(
          table(
            fired,
            rows.map((one) => [minuteOf(one.time), one.rule, one.group, one.count, one.sessions.at(-1)]),
          ),
        )
    }
    switch (what) {
      case 'ls': {
        const query = { type: 'alert', ...periodOption(given, '7d'), latest: true, limit: limitOption(given, 50) }
        const events = await withStore(given, (store) => store.events(query))
        show(events.reverse().map(({ data }) => data as Parameters<typeof show>[0][number]))
        return 0
      }
      case 'rules':
        if (given.json) output.line(jsonLine(rules))
        else if (rules.length === 0) output.line('no rules; sundew.yaml shows how to write one')
        else
          output.line(
            table(
              known,
              rules.map((one) => [one.name, one.when, one.count, one.group, one.to.join(' ')]),
            ),
          )
        return 0
      case 'preview': {
        const wanted = rules.filter((rule) => name === undefined || rule.name === name)
        if (wanted.length === 0) throw new UsageProblem(name === undefined ? 'there are no rules' : `there is no rule ${name}`)
        const period = periodOption(given, '7d')
        const found = await withStore(given, (store) => Promise.all(wanted.map((rule) => previewOf(rule, store, period))))
        show(
          found
            .flat()
            .sort((a, b) => b.time - a.time)
            .slice(0, limitOption(given, 50)),
        )
        return 0
      }
      case 'test': {
        const destination = destinations.find((one) => one.name === name)
        if (!destination)
          throw new UsageProblem(`say which destination: ${destinations.map((one) => one.name).join(', ') || 'there are none'}`)
        await sendAlert(destination, { rule: 'test', group: 'all', count: 1, sessions: ['last'], time: Date.now() }, settings.sensor)
        output.line(given.json ? jsonLine({ delivered: true }) : `${destination.name} took it`)
        return 0
      }
      default:
        throw new UsageProblem('say ls, rules, preview [RULE] or test DESTINATION')
    }
  },
}

function minuteOf(time: number): string {
  return new Date(time).toISOString().slice(0, 16).replace('T', ' ')
}
