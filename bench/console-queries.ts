import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
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
import { openStores, type Stores } from '../src/store/open.ts'
import { trafficOf } from '../test/console/traffic.ts'
import { sampleEvent } from '../test/store/sample-events.ts'
import { percentile } from './bench.ts'

const DAY = 86_400_000
const MONTH = 30 * DAY
/** Events of an average session of the made-up traffic. */
const PER_SESSION = 7.2
/** SANS/ISC saw one session of 27,742 commands. */
const LONGEST = 27_000
const RUNS = 7

/**
 * What an operator waits for, over a month of made-up traffic: milliseconds from a call of the API to its answer.
 * Targets: overview and sessions 300, full text 100, opening a replay 500.
 * `SUNDEW_BENCH_EVENTS=5000000` for a busy sensor's month; half a million is a quiet one's.
 */
export async function run(): Promise<Record<string, unknown>> {
  const wanted = Number(process.env.SUNDEW_BENCH_EVENTS ?? 500_000)
  const folder = mkdtempSync(join(tmpdir(), 'sundew-bench-'))
  const log = pino({ level: 'silent' })
  const settings = Settings.parse({ data: folder })
  const geo = Geo.open(join(folder, 'geo'))
  const stores = openStores(settings, log, annotatorOf(geo))
  const identity = Identity.open(folder)
  const persona = (name: string) => loadPersona(settings.prompts, name, identity)
  const lab = new Lab({ settings, identity, log, state: stores.state, store: () => stores.events, persona })
  const accounts = new Accounts(folder, { loginHours: 1 })
  try {
    const until = Date.now()
    const longest = await fill(stores, wanted, until)
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
      geo,
      feed: { subscribe: () => () => undefined },
      running: () => undefined,
      doctor: async () => [],
      personas: () => [],
      log,
    })
    await accounts.add('bench', 'a password of no use', 'viewer')
    const figures = await measure(app, accounts.addToken('bench', 'bench', 'viewer').token, until, longest)
    const startOf = performance.now()
    campaigns = undefined
    campaignsOf(await stores.events.sessionGroups({ since: 0, until }))
    const { events, sessions } = await stores.events.counts()
    await app.close()
    return { events, sessions, bytes: stores.events.health().bytes, campaignsMs: round(performance.now() - startOf), ...figures }
  } finally {
    accounts.close()
    await stores.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function fill(stores: Stores, wanted: number, until: number): Promise<string> {
  const since = until - MONTH
  let count = 0
  for (const events of trafficOf({ seed: 1, sessions: Math.ceil((wanted - LONGEST) / PER_SESSION), since, until })) {
    for (const event of events) stores.events.append(event)
    count += events.length
    if (count > 5_000) {
      await stores.events.flush()
      count = 0
    }
  }
  const session = uuid7()
  const turn = (n: number): SundewEvent =>
    sampleEvent({
      session,
      lure: 'ssh',
      time: until - DAY + n,
      type: 'turn',
      data: { kind: 'shell', input: `echo ${n}`, output: `${n}\n`, source: 'static', durationMs: 1 },
    })
  for (let n = 0; n < LONGEST; n++) {
    stores.events.append(turn(n))
    if (n % 5_000 === 0) await stores.events.flush()
  }
  await stores.events.flush()
  return session
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
  const rows: Record<string, { p50: number; max: number }> = {}
  for (const [name, path] of Object.entries(calls)) {
    const times: number[] = []
    for (let n = 0; n < RUNS; n++) {
      const start = performance.now()
      const { statusCode, body } = await app.inject({ url: `/api/v1${path(n)}`, headers: { authorization: `Bearer ${token}` } })
      times.push(performance.now() - start)
      if (statusCode !== 200) throw new Error(`${name}: ${statusCode} ${body}`)
    }
    rows[name] = { p50: round(percentile(times, 50)), max: round(Math.max(...times)) }
  }
  console.table(rows)
  return Object.fromEntries(Object.entries(rows).map(([name, { p50 }]) => [name, p50]))
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10
}

if (import.meta.main) {
  console.log(JSON.stringify({ bench: 'console-queries', ...(await run()) }))
}
