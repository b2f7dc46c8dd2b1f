import { loadSettings } from '../../config/load.ts'
import type { SessionQuery, SessionSummary } from '../../store/contract.ts'
import { openReader } from '../../store/open.ts'
import { UsageProblem } from '../cli.ts'
import { humanDuration, parseSince } from '../duration.ts'
import { jsonLine } from '../json-line.ts'
import { type Column, table } from '../table.ts'
import type { Arguments, Verb } from '../verb.ts'

const columns: Column[] = [
  { title: 'SESSION' },
  { title: 'STARTED (UTC)' },
  { title: 'LURE' },
  { title: 'SOURCE' },
  { title: 'LOGIN', max: 30 },
  { title: 'TURNS', align: 'right' },
  { title: 'FILES', align: 'right' },
  { title: 'FOR', align: 'right' },
  { title: 'TAGS', max: 40 },
]

export const sessions: Verb = {
  name: 'sessions',
  summary: 'who came, newest first',
  examples: ['sundew sessions', 'sundew sessions --since 24h --lure ssh', 'sundew sessions --src 203.0.113.7 --json'],
  options: {
    since: { type: 'string' },
    lure: { type: 'string' },
    src: { type: 'string' },
    tag: { type: 'string' },
    limit: { type: 'string' },
  },
  about: {
    since: 'only sessions after this: 30m, 24h, 7d, or an ISO date',
    lure: 'only of this lure',
    src: 'only from this address',
    tag: 'only with this tag, e.g. cve:CVE-2021-44228',
    limit: 'how many (default 50)',
  },
  async run(given, output) {
    const { settings } = loadSettings(given)
    const query = queryOf(given)
    const store = openReader(settings)
    const rows = store ? await store.sessions(query) : []
    await store?.close()
    if (given.json) output.line(jsonLine(rows))
    else if (rows.length === 0) output.line('no sessions yet')
    else output.line(sessionTable(rows))
    return 0
  },
}

export function sessionTable(found: readonly SessionSummary[]): string {
  return table(columns, found.map(cells))
}

function queryOf({ options }: Arguments): SessionQuery {
  const query: SessionQuery = { limit: 50 }
  if (typeof options.since === 'string') {
    const since = parseSince(options.since)
    if (since === undefined) throw new UsageProblem(`--since ${options.since} is neither a span (24h) nor a date`)
    query.since = since
  }
  if (typeof options.lure === 'string') query.lure = options.lure
  if (typeof options.src === 'string') query.srcIp = options.src
  if (typeof options.tag === 'string') query.tag = options.tag
  if (typeof options.limit === 'string') {
    query.limit = Number(options.limit)
    if (!Number.isInteger(query.limit) || query.limit < 1) throw new UsageProblem(`--limit ${options.limit} is not a whole number above 0`)
  }
  return query
}

function cells(s: SessionSummary): unknown[] {
  const duration = s.endedAt === undefined ? 'open' : humanDuration(s.endedAt - s.startedAt)
  const started = new Date(s.startedAt).toISOString().slice(0, 19).replace('T', ' ')
  return [s.session, started, s.lure, s.srcIp, s.credential ?? '', s.turns, s.artifacts, duration, s.tags.join(' ')]
}
