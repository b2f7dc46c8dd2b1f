import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { SundewEvent } from '../../src/events/schema.ts'
import { idAt, uuid7 } from '../../src/events/uuid7.ts'
import { connectTo } from '../../src/store/postgres/connection.ts'
import { openPostgresReader, openPostgresStore, type PostgresStore } from '../../src/store/postgres/store.ts'
import { eventStoreConformance, type Opened } from '../store/event-store.conformance.ts'
import { factQueriesConformance } from '../store/fact-queries.conformance.ts'
import { sampleTurn } from '../store/sample-events.ts'
import { ran } from './ran.ts'
import { type PostgresServer, postgresServer } from './servers.ts'

let server: PostgresServer
let schemas = 0

beforeAll(async () => {
  server = await postgresServer()
})
afterAll(() => server.dispose())

function openIn(schema: string): Opened & { store: PostgresStore } {
  const folder = mkdtempSync(join(tmpdir(), 'sundew-test-'))
  const store = openPostgresStore(server.url, folder, { schema, flushMs: 5 })
  return {
    store,
    async dispose() {
      await store.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const open = async (): Promise<Opened> => openIn(`test_${++schemas}`)

eventStoreConformance('a PostgreSQL server', open)
factQueriesConformance('a PostgreSQL server', open)

/** Somebody's question over all events that does not end. @returns its end */
async function questionOf(schema: string): Promise<() => Promise<void>> {
  const client = new Client({ connectionString: server.url })
  await client.connect()
  await client.query(`BEGIN; SELECT count(*) FROM ${schema}.event`)
  return () => client.end()
}

describe('a PostgreSQL server', () => {
  it('shows a firewall that its connections live, also when nobody asks', async () => {
    const connection = await connectTo({ url: server.url, schema: 'alive', deadlineMs: 5_000 })
    onTestFinished(() => connection.close())
    const { stdout } = await ran('ss', ['-tno', 'dport', '=', `:${server.port}`])
    expect(stdout).toMatch(/timer:\(keepalive,(1min|5\d\S*sec)/)
  })

  it('makes no tables in a database that cannot hold what attackers write', async () => {
    const client = new Client({ connectionString: server.url })
    await client.connect()
    await client.query("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
    await client.end()
    const folder = mkdtempSync(join(tmpdir(), 'sundew-test-'))
    const store = openPostgresStore(server.url.replace(/traps$/, 'latin'), folder, { flushMs: 5 })
    onTestFinished(async () => {
      await store.close()
      rmSync(folder, { recursive: true, force: true })
    })
    store.append(sampleTurn())
    await store.flush()
    expect(store.health()).toMatchObject({
      spooled: 1,
      trouble: { what: expect.stringMatching(/latin is encoded in LATIN1, not in UTF-8/) },
    })
  })

  it('makes and drops days while somebody reads, and nobody who writes waits for that', async () => {
    const { store, dispose } = openIn('days')
    onTestFinished(dispose)
    const now = Date.now()
    const at = (days: number): SundewEvent => {
      const time = now - days * 86_400_000
      return sampleTurn({ id: idAt(time, uuid7()), time, session: uuid7() })
    }
    store.append(at(40))
    await store.flush()
    const end = await questionOf('days')
    store.append(at(1))
    await store.flush()
    expect(store.health().spooled).toBe(0)
    const retained = store.retain({ days: 30, bytes: 1e12 })
    store.append(at(0))
    await store.flush()
    await retained
    expect(store.health()).toMatchObject({ spooled: 0, trouble: undefined })
    const partitions = async (): Promise<number> => {
      const client = new Client({ connectionString: server.url })
      await client.connect()
      const { rowCount } = await client.query("SELECT 1 FROM pg_inherits WHERE inhparent = 'days.event'::regclass")
      await client.end()
      return Number(rowCount)
    }
    expect(await partitions()).toBe(2 + 3)
    await end()
    await store.retain({ days: 30, bytes: 1e12 })
    expect(await partitions()).toBe(2 + 2)
    expect((await store.counts()).events).toBe(2)
  })

  it('takes the same events from several processes at once, and has each once', async () => {
    const writers = [openIn('several'), openIn('several'), openIn('several')]
    for (const { dispose } of writers) onTestFinished(dispose)
    const sessions = Array.from({ length: 30 }, () => uuid7())
    const events = sessions.flatMap((session) => Array.from({ length: 40 }, () => sampleTurn({ session })))
    for (const [n, { store }] of writers.entries()) for (const event of n === 1 ? events.toReversed() : events) store.append(event)
    await Promise.all(writers.map(({ store }) => store.flush()))
    await Promise.all(writers.map(({ store }) => vi.waitFor(() => expect(store.health().spooled).toBe(0), { timeout: 10_000 })))
    const reader = openPostgresReader(server.url, 'several')
    onTestFinished(() => reader.close())
    expect((await reader.counts()).events).toBe(events.length)
    const summaries = await reader.sessions({ limit: 100 })
    expect(summaries.map(({ turns }) => turns)).toEqual(sessions.map(() => 40))
    expect((await reader.facts({ field: 'source' }))[0]?.count).toBe(events.length)
  })
})
