import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm'
import fc from 'fast-check'
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { uuid7 } from '../../src/events/uuid7.ts'
import { type Connection, searchPath } from '../../src/store/postgres/connection.ts'
import { openPostgresStore, type PostgresStore } from '../../src/store/postgres/store.ts'
import { fromPostgresText, toPostgresText } from '../../src/store/postgres/text.ts'
import { StoreError } from '../../src/store/trouble.ts'
import { eventStoreConformance, type Opened } from './event-store.conformance.ts'
import { factQueriesConformance } from './fact-queries.conformance.ts'
import { sampleEvent, sampleTurn } from './sample-events.ts'
import { tempFolder } from './temp-folder.ts'

const URL_OF_TESTS = 'postgresql://sundew:secret@db.example:5433/traps'

/** PostgreSQL in this process. It knows one session, so a connection is a turn on it. */
const server = await PGlite.create({ extensions: { pg_trgm } })
afterAll(() => server.close())

let turn = Promise.resolve()
let schemas = 0

/** Waits for the session to be free: what is between BEGIN and COMMIT belongs together. */
function connectionTo(schema: string): Connection {
  let release: (() => void) | undefined
  const take = async (): Promise<void> => {
    if (release) return
    const before = turn
    turn = new Promise((resolve) => {
      release = resolve
    })
    await before
    await server.exec(searchPath(schema))
  }
  const give = (): void => {
    release?.()
    release = undefined
  }
  let isInTransaction = false
  const alone = async <T>(work: () => Promise<T>): Promise<T> => {
    await take()
    try {
      return await work()
    } finally {
      if (!isInTransaction) give()
    }
  }
  return {
    isOpen: true,
    query(sql, values) {
      if (sql === 'BEGIN') isInTransaction = true
      return alone(async () => {
        if (sql === 'COMMIT' || sql === 'ROLLBACK') isInTransaction = false
        if (values === undefined) return ((await server.exec(sql)).at(-1)?.rows ?? []) as Record<string, unknown>[]
        return (await server.query<Record<string, unknown>>(sql, [...values])).rows
      })
    },
    async copy(sql, lines) {
      await alone(() => server.query(sql.replace('FROM STDIN', "FROM '/dev/blob'"), [], { blob: new Blob([lines]) }))
    },
    async close() {
      give()
    },
  }
}

async function openPostgres(): Promise<Opened & { store: PostgresStore }> {
  const folder = mkdtempSync(join(tmpdir(), 'sundew-test-'))
  const schema = `test_${++schemas}`
  const store = openPostgresStore(URL_OF_TESTS, folder, { schema, connect: async () => connectionTo(schema) })
  return {
    store,
    async dispose() {
      await store.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

eventStoreConformance('PostgreSQL', openPostgres)
factQueriesConformance('PostgreSQL', openPostgres)

describe('text in PostgreSQL', () => {
  it('is the same text when it comes back, whatever an attacker sent', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) }), (text) => {
        const kept = toPostgresText(text)
        expect(kept).not.toMatch(/\0/)
        expect(kept.isWellFormed()).toBe(true)
        expect(fromPostgresText(kept)).toBe(text)
      }),
    )
  })

  it('of a command with a NUL and half a surrogate is found and shown as it was typed', async () => {
    const { store, dispose } = await openPostgres()
    onTestFinished(dispose)
    const input = 'printf "a\0b\\t\ud800\ue000"\n'
    store.append(sampleTurn({ session: uuid7(), data: { kind: 'shell', input, output: '', source: 'static', durationMs: 1 } }))
    await store.flush()
    expect((await store.facts({ field: 'input', contains: 'a\0b' })).map(({ value }) => value)).toEqual([input.trim()])
    expect((await store.sessions({}))[0]?.lastInput).toBe(input.trim())
    expect((await store.events({}))[0]?.data.input).toBe(input)
  })
})

it('what PostgreSQL cannot take is laid aside: numbers too large for a port, one session in two spellings goes in one by one', async () => {
  const { store, dispose } = await openPostgres()
  onTestFinished(dispose)
  const session = uuid7()
  store.append(sampleTurn({ session, srcPort: 2 ** 40 }))
  for (const spelling of [session, session.toUpperCase()]) store.append(sampleTurn({ session: spelling, srcPort: 40_000 }))
  await store.flush()
  expect(store.health()).toMatchObject({ spooled: 0, trouble: undefined })
  expect((await store.deadLetters()).map(({ reason }) => reason)).toEqual([expect.stringMatching(/^cannot be stored: .*out of range/)])
  expect(await store.session(session)).toMatchObject({ events: 2, turns: 2 })
})

it('tables of a newer version are left alone: events wait in the spool for the newer Sundew', async () => {
  const connect = async (): Promise<Connection> => connectionTo('newer')
  const first = openPostgresStore(URL_OF_TESTS, tempFolder(), { schema: 'newer', connect })
  first.append(sampleEvent())
  await first.flush()
  await first.close()
  await connectionTo('newer').query('UPDATE version SET number = 99')
  const store = openPostgresStore(URL_OF_TESTS, tempFolder(), { schema: 'newer', connect })
  onTestFinished(() => store.close())
  store.append(sampleEvent())
  await store.flush()
  expect(store.health()).toMatchObject({ spooled: 1, trouble: { what: expect.stringMatching(/written by a newer Sundew \(version 99/) } })
  expect((await store.counts()).events).toBe(1)
})

describe('days of PostgreSQL', () => {
  it('are partitions, and go as a whole', async () => {
    const folder = tempFolder()
    const connect = async (): Promise<Connection> => connectionTo('days')
    const store = openPostgresStore(URL_OF_TESTS, folder, { schema: 'days', connect })
    onTestFinished(() => store.close())
    const now = Date.now()
    const DAY = 86_400_000
    const idOn = (time: number): string => {
      const hex = time.toString(16).padStart(12, '0')
      return `${hex.slice(0, 8)}-${hex.slice(8)}${uuid7().slice(13)}`
    }
    const [old, lasting] = [uuid7(), uuid7()]
    for (const days of [40, 39, 1, 0]) {
      const time = now - days * DAY
      store.append(sampleEvent({ id: idOn(time), time, session: days > 38 ? old : uuid7() }))
    }
    // A session that began on a day that is past keeps that day.
    store.append(sampleEvent({ id: idOn(now - 39 * DAY), time: now - 39 * DAY, session: lasting }))
    store.append(sampleEvent({ time: now, session: lasting }))
    await store.flush()
    const partitions = async (): Promise<number> =>
      (await connectionTo('days').query("SELECT 1 FROM pg_inherits WHERE inhparent = 'days.event'::regclass")).length
    expect(await partitions()).toBe(2 + 4)
    expect(await store.retain({ days: 30, bytes: 1e12 })).toEqual({ deletedEvents: 2 })
    expect(await partitions()).toBe(2 + 3)
    expect(await store.events({ session: lasting })).toHaveLength(2)
    // What comes late for a day that was dropped is taken all the same.
    store.append(sampleEvent({ id: idOn(now - 40 * DAY), time: now - 40 * DAY }))
    await store.flush()
    expect((await store.counts()).events).toBe(5)
    // The retention of another process has just dropped the day that this one knows.
    store.append(sampleEvent({ id: idOn(now), time: now }))
    await store.flush()
    const day = new Date(now).toISOString().slice(0, 10).replaceAll('-', '')
    await connectionTo('days').query(`DROP TABLE event_${day}`)
    store.append(sampleEvent({ id: idOn(now), time: now }))
    await store.flush()
    expect(store.health()).toMatchObject({ spooled: 0, trouble: undefined })
    expect(await partitions()).toBe(2 + 4)
  })
})

describe('PostgreSQL that is away', () => {
  it('costs no event: they lie in the spool, and come once when it is back', async () => {
    const folder = tempFolder()
    let isAway = true
    const troubles: string[] = []
    const store = openPostgresStore(URL_OF_TESTS, folder, {
      schema: 'away',
      flushMs: 5,
      onTrouble: (trouble) => troubles.push(trouble?.what ?? 'well'),
      async connect() {
        if (isAway) throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
        return connectionTo('away')
      },
    })
    onTestFinished(() => store.close())
    const events = Array.from({ length: 20 }, () => sampleEvent({ session: uuid7() }))
    for (const event of events) store.append(event)
    await store.flush()
    expect(store.health()).toMatchObject({ spooled: 20, refused: 0 })
    await expect(store.events({})).rejects.toThrow(StoreError)
    await expect(store.events({})).rejects.toThrow(/PostgreSQL at db\.example:5433\/traps does not listen\n.*cure: start it/)
    isAway = false
    await vi.waitFor(() => expect(store.health().spooled).toBe(0), { timeout: 5_000 })
    expect((await store.events({})).map(({ id }) => id)).toEqual(events.map(({ id }) => id))
    expect(troubles[0]).not.toContain('secret')
    await vi.waitFor(() => expect(troubles).toEqual([expect.stringContaining('does not listen'), 'well']))
  })
})
