import { crackable } from '../../analysis/crackable.ts'
import { UsageProblem } from '../cli.ts'
import { jsonLine } from '../json-line.ts'
import { type Column, table } from '../table.ts'
import type { Verb } from '../verb.ts'
import { limitOption, PERIOD_OPTIONS, periodOption, withStore } from '../with-store.ts'

const columns: Column[] = [
  { title: 'TIMES', align: 'right' },
  { title: 'CREDENTIAL', max: 100 },
]
/** Lines of a list that is written for another program. */
const ALL = 1_000_000

export const credentials: Verb = {
  name: 'credentials',
  summary: 'what was tried at logins: by count, as a word list, or as hashcat reads it',
  usage: '[--hashcat [--mode N] | --list FIELD]',
  examples: ['sundew credentials', 'sundew credentials --hashcat --mode 5600 > ntlm.txt', 'sundew credentials --list password > words.txt'],
  options: { ...PERIOD_OPTIONS, hashcat: { type: 'boolean' }, mode: { type: 'string' }, list: { type: 'string' } },
  about: {
    since: 'tried since then: 30m, 24h, 7d, or an ISO date (default 30d)',
    limit: 'how many (default 25; all of a list)',
    hashcat: 'challenges and responses; without --mode each line is led by a comment with its mode',
    mode: "only this mode of hashcat's",
    list: 'one a line, most tried first: username, password or credential',
  },
  async run(given, output) {
    const { options } = given
    const period = periodOption(given, '30d')
    if (options.hashcat) {
      const mode = modeOf(options.mode)
      const hashes = await withStore(given, (store) => store.facts({ field: 'hash', period, limit: limitOption(given, ALL) }))
      for (const line of crackable(hashes, mode)) output.line(line)
      return 0
    }
    if (options.list !== undefined) {
      const field = listOf(options.list)
      const facts = await withStore(given, (store) => store.facts({ field, period, limit: limitOption(given, ALL) }))
      // What holds a line end would be read as two.
      for (const { value } of facts) if (!/[\r\n]/.test(value)) output.line(value)
      return 0
    }
    const facts = await withStore(given, (store) => store.facts({ field: 'credential', period, limit: limitOption(given, 25) }))
    if (given.json) output.line(jsonLine(facts))
    else
      output.line(
        facts.length === 0
          ? 'nothing was tried'
          : table(
              columns,
              facts.map(({ value, count }) => [count, value]),
            ),
      )
    return 0
  },
}

function modeOf(text: unknown): number | undefined {
  if (text === undefined) return undefined
  const mode = Number(text)
  if (!Number.isInteger(mode)) throw new UsageProblem(`--mode ${text} is not a number of hashcat's`)
  return mode
}

function listOf(text: unknown): 'username' | 'password' | 'credential' {
  if (text === 'username' || text === 'password' || text === 'credential') return text
  throw new UsageProblem('--list takes username, password or credential')
}
