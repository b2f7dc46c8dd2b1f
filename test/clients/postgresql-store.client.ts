import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { uuid7 } from '../../src/events/uuid7.ts'
import { openPostgresReader, openPostgresStore, type PostgresStore } from '../../src/store/postgres/store.ts'
import { eventStoreConformance, type Opened } from '../store/event-store.conformance.ts'
import { factQueriesConformance } from '../store/fact-queries.conformance.ts'
import { sampleTurn } from '../store/sample-events.ts'
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

describe('a PostgreSQL server', () => {
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
