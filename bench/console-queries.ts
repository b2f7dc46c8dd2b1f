import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import type { DatabaseSync } from 'node:sqlite'
import { pino } from 'pino'
import { annotatorOf } from '../src/analysis/annotator.ts'
import { type Campaign, campaignsOf } from '../src/analysis/campaigns.ts'
import { Geo } from '../src/analysis/geo.ts'
import { Identity } from '../src/config/identity.ts'
import { loadPersona } from '../src/config/personas.ts'
import { Settings } from '../src/config/schema.ts'
import { Accounts } from '../src/console/accounts/accounts.ts'
import { type ConsoleApp, createApp } from '../src/console/api/app.ts'
import type { SundewEvent } from '../src/events/schema.ts'
import { uuid7 } from '../src/events/uuid7.ts'
import { Lab } from '../src/lab/lab.ts'
import type { Entry } from '../src/store/entry.ts'
import type { Annotator } from '../src/store/facts.ts'
import { openStores } from '../src/store/open.ts'
import { parseQuery } from '../src/store/query/parse.ts'
import { EVENTS_FILE } from '../src/store/sqlite/reader.ts'
import { openEvents } from '../src/store/sqlite/store.ts'
import { SqliteWriter } from '../src/store/sqlite/writer.ts'
import { trafficOf } from '../test/console/traffic.ts'
import { sampleEvent } from '../test/store/sample-events.ts'
import { percentile } from './bench.ts'
import { type BenchOptions, readOptions } from './options.ts'

const DAY = 86_400_000
const MONTH = 30 * DAY
/** SANS/ISC counted 20 commands a session on average; with all else that happens in one that is about so many events. */
const PER_SESSION = 24
const ROUNDS = 9
/** Of one transaction of the filling. */
const BATCH = 50_000
/** SANS/ISC saw one session of 27,742 commands. */
const LONGEST = 27_000
const RUNS = 7

/**
 * What an operator waits for, over a month of made-up traffic: milliseconds from a call of the API to its answer, and how long
 * processors worked for it, which is what to compare on a busy machine.
 * Targets: overview and sessions 300, full text 100, opening a replay 500.
 * `--events 5000000` for a busy sensor's month; half a million is a quiet one's. `--data FOLDER` keeps the month for another run.
 */
export async function run({ events: wanted = 500_000, data }: BenchOptions): Promise<Record<string, unknown>> {
  const folder = data ?? mkdtempSync(join(tmpdir(), 'sundew-bench-'))
  const log = pino({ level: 'silent' })
  const settings = Settings.parse({ data: folder })
  const geo = Geo.open(join(folder, 'geo'))
  const annotator = annotatorOf(geo)
  const fillingAt = performance.now()
  if (!existsSync(join(folder, EVENTS_FILE))) fill(folder, wanted, annotator)
  const fillSeconds = Math.round((performance.now() - fillingAt) / 1000)
  const stores = openStores(settings, log, annotator)
  const identity = Identity.open(folder)
  const persona = (name: string) => loadPersona(settings.prompts, name, identity)
  const lab = new Lab({ settings, identity, log, state: stores.state, store: () => stores.events, persona })
  const accounts = new Accounts(folder, { loginHours: 1 })
  try {
    const [longest] = await stores.events.sessions({ where: parseQuery(`turns >= ${LONGEST}`), limit: 1 })
    if (!longest) throw new Error(`${folder} has no session of ${LONGEST} commands`)
    // It begins a day before the end.
    const until = longest.startedAt + DAY
    let campaigns: Promise<readonly Campaign[]> | undefined
    const app = await createApp({
      settings,
      lab,
      accounts,
      store: () => stores.events,
      campaigns: () => {
        campaigns ??= stores.events.sessionGroups({ since: 0, until }).then(campaignsOf)
        return campaigns
      },
      artifacts: stores.artifacts,
      state: stores.state,
      geo,
      feed: { subscribe: () => () => undefined },
      running: () => undefined,
      admitted: () => [],
      doctor: async () => [],
      personas: () => [],
      log,
    })
    if (accounts.isEmpty) await accounts.add('bench', 'a password of no use', 'viewer')
    const figures = await measure(app, accounts.addToken('bench', 'bench', 'viewer').token, until, longest.session)
    const startOf = performance.now()
    campaigns = undefined
    campaignsOf(await stores.events.sessionGroups({ since: 0, until }))
    const { events, sessions } = await stores.events.counts()
    await app.close()
    return {
      events,
      sessions,
      fillSeconds,
      bytes: stores.events.health().bytes,
      campaignsMs: round(performance.now() - startOf),
      ...figures,
    }
  } finally {
    accounts.close()
    await stores.close()
    if (data === undefined) rmSync(folder, { recursive: true, force: true })
  }
}

/** Stores the month in large transactions, by the writer that a sensor stores with. */
function fill(folder: string, wanted: number, annotator: Annotator): void {
  const until = Date.now()
  const database = openEvents(join(folder, EVENTS_FILE))
  // Nobody misses these events after a crash.
  database.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000; PRAGMA wal_autocheckpoint = 100000')
  const makeIndexes = withoutIndexes(database)
  const writer = new SqliteWriter(database, annotator)
  let batch: Entry[] = []
  let stored = 0
  const store = (event: SundewEvent): void => {
    if (batch.push({ event, body: JSON.stringify(event) }) < BATCH) return
    writer.write(batch)
    stored += batch.length
    batch = []
    process.stderr.write(`\rfilling: ${stored} of ${wanted} events`)
  }
  const since = until - MONTH
  const sessions = Math.ceil((wanted - LONGEST) / PER_SESSION)
  for (const events of trafficOf({ seed: 1, sessions, since, until, rounds: ROUNDS })) events.forEach(store)
  for (const event of longSession(until - DAY)) store(event)
  writer.write(batch)
  process.stderr.write(`\rfilling: ${stored + batch.length} events, making indexes\n`)
  makeIndexes()
  database.close()
}

/** Takes away the indexes that writing does without: made at the end, each is one sort. */
function withoutIndexes(database: DatabaseSync): () => void {
  const listed = database.prepare("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql LIKE 'CREATE INDEX%'").all()
  for (const { name } of listed) database.exec(`DROP INDEX ${name}`)
  return () => {
    for (const { sql } of listed) database.exec(String(sql))
  }
}

function* longSession(start: number): Generator<SundewEvent> {
  const session = uuid7(start)
  for (let n = 0; n < LONGEST; n++) {
    const data = { kind: 'shell', input: `echo ${n}`, output: `${n}\n`, source: 'static', durationMs: 1 }
    yield sampleEvent({ session, lure: 'ssh', time: start + n, type: 'turn', data })
  }
}

async function measure(app: ConsoleApp, token: string, until: number, longest: string): Promise<Record<string, number>> {
  const q = (text: string): string => encodeURIComponent(text)
  /** Each run asks for a period of its own, so that no answer is remembered. */
  const month = (n: number): string => `since=${until - MONTH + n * 60_000}&until=${until - n * 60_000}`
  const day = (n: number): string => `since=${until - DAY - n * 60_000}&until=${until - n * 60_000}`
  const calls: Record<string, (n: number) => string> = {
    'overview, a day': (n) => `/overview?${day(n)}`,
    'overview, a month': (n) => `/overview?${month(n)}`,
    'sessions, a month': (n) => `/sessions?${month(n)}`,
    'sessions, 50,000 rows down': (n) => `/sessions?${month(n)}&offset=50000`,
    'sessions, facets of a day': (n) => `/sessions/facets?${day(n)}`,
    'sessions, facets of a month': (n) => `/sessions/facets?${month(n)}`,
    'sessions, lure and source': (n) => `/sessions?${month(n)}&q=${q('lure:ssh and not source:static')}`,
    'sessions, an address': (n) => `/sessions?${month(n)}&q=${q('src_ip:92.255.85.110')}`,
    'sessions, a common word': (n) => `/sessions?${month(n)}&q=${q('input:uname')}`,
    'sessions, a rare word': (n) => `/sessions?${month(n)}&q=${q(`input:"echo 2${n}99"`)}`,
    'full text, commands': (n) => `/facts/input?${day(n)}&contains=${q('busybox wget')}`,
    'full text, a month': (n) => `/facts/input?${month(n)}&contains=${q('authorized_keys')}`,
    'commands, a month': (n) => `/facts/input?${month(n)}`,
    'ATT&CK, a month': (n) => `/attack?${month(n)}`,
    'longest session, opened': () => `/sessions/${longest}`,
    'longest session, first steps': () => `/sessions/${longest}/steps?limit=500`,
    'longest session, replay': () => `/sessions/${longest}/cast`,
  }
  const rows: Record<string, { p50: number; max: number; cpu: number }> = {}
  for (const [name, path] of Object.entries(calls)) {
    const times: number[] = []
    const works: number[] = []
    for (let n = 0; n < RUNS; n++) {
      const start = performance.now()
      const cpu = process.cpuUsage()
      const { statusCode, body } = await app.inject({ url: `/api/v1${path(n)}`, headers: { authorization: `Bearer ${token}` } })
      times.push(performance.now() - start)
      const { user, system } = process.cpuUsage(cpu)
      works.push((user + system) / 1000)
      if (statusCode !== 200) throw new Error(`${name}: ${statusCode} ${body}`)
    }
    rows[name] = { p50: round(percentile(times, 50)), max: round(Math.max(...times)), cpu: round(percentile(works, 50)) }
  }
  console.table(rows)
  return Object.fromEntries(Object.entries(rows).map(([name, { p50 }]) => [name, p50]))
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10
}

if (import.meta.main) {
  console.log(JSON.stringify({ bench: 'console-queries', ...(await run(readOptions(process.argv.slice(2)).options)) }))
}
