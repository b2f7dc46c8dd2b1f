import { FACT_FIELDS, type FactField } from '../../store/facts.ts'
import { UsageProblem } from '../cli.ts'
import { jsonLine } from '../json-line.ts'
import { type Column, table } from '../table.ts'
import type { Verb } from '../verb.ts'
import { limitOption, PERIOD_OPTIONS, periodOption, withStore } from '../with-store.ts'

const columns: Column[] = [
  { title: 'TIMES', align: 'right' },
  { title: 'FIRST SEEN (UTC)' },
  { title: 'LAST SEEN (UTC)' },
  { title: '' },
  { title: 'VALUE', max: 120 },
]
/** Other words for a field. */
const ALIASES: Readonly<Record<string, FactField>> = { url: 'indicator', command: 'input', source_ip: 'src_ip', sha256: 'artifact' }

export const top: Verb = {
  name: 'top',
  summary: 'what was typed, tried and asked for most',
  usage: 'FIELD',
  examples: [
    'sundew top input --since 24h',
    'sundew top input --new',
    'sundew top password --limit 100 --json',
    'sundew top url --contains .sh',
  ],
  options: { ...PERIOD_OPTIONS, new: { type: 'boolean' }, contains: { type: 'string' } },
  about: {
    since: 'seen since then: 30m, 24h, 7d, or an ISO date (default 7d)',
    limit: 'how many (default 25)',
    new: 'only what was never seen before that',
    contains: 'only values with this text in them; * stands for anything',
  },
  async run(given, output) {
    const field = fieldOf(given.words[0])
    const period = periodOption(given, '7d')
    const limit = limitOption(given, 25)
    const { contains } = given.options
    const facts = await withStore(given, (store) =>
      store.facts({
        field,
        period,
        limit,
        ...(typeof contains === 'string' ? { contains } : {}),
        ...(given.options.new ? { isNew: true } : {}),
      }),
    )
    if (given.json) output.line(jsonLine(facts))
    else if (facts.length === 0) output.line('nothing')
    else {
      const rows = facts.map(({ value, count, firstSeen, lastSeen }) => [
        count,
        minuteOf(firstSeen),
        minuteOf(lastSeen),
        firstSeen >= period.since ? 'new' : '',
        value,
      ])
      output.line(table(columns, rows))
    }
    return 0
  },
}

function fieldOf(word: string | undefined): FactField {
  const field = ALIASES[word ?? ''] ?? word
  if (field !== undefined && Object.hasOwn(FACT_FIELDS, field)) return field as FactField
  throw new UsageProblem(`say what to count: ${Object.keys(FACT_FIELDS).join(', ')}, url`)
}

function minuteOf(time: number): string {
  return new Date(time).toISOString().slice(0, 16).replace('T', ' ')
}
