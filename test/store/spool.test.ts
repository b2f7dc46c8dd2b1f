import { statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { expect, it, onTestFinished, vi } from 'vitest'
import { Settings } from '../../src/config/schema.ts'
import { openStores } from '../../src/store/open.ts'
import { sampleTurn } from './sample-events.ts'
import { tempFolder } from './temp-folder.ts'

it('a spool takes as much as store.retainGiB, then memory does; what was kept is stored once when the database is well', async () => {
  const data = tempFolder()
  const stores = openStores(Settings.parse({ data, store: { retainGiB: 50_000 / 2 ** 30, flushMs: 1 } }), pino({ level: 'silent' }))
  onTestFinished(() => stores.close())
  const store = stores.events
  await store.flush()
  const other = new DatabaseSync(join(data, 'events.db'))
  onTestFinished(() => other.close())
  other.exec('BEGIN IMMEDIATE')
  const events = Array.from({ length: 80 }, () => sampleTurn())
  for (const event of events) {
    store.append(event)
    await sleep(2)
  }
  const { spooled, waiting, refused, bytes, trouble } = store.health()
  expect(trouble?.what).toMatch(/neither database nor spool.*spool has grown to what store\.retainGiB allows.*held in memory/)
  expect(spooled).toBeGreaterThan(20)
  expect(spooled + waiting).toBe(events.length)
  expect(refused).toBe(0)
  const database = ['events.db', 'events.db-wal'].reduce((sum, name) => sum + statSync(join(data, name)).size, 0)
  expect(bytes - database).toBeLessThanOrEqual(50_000)
  other.exec('ROLLBACK')
  await vi.waitFor(() => expect(store.health()).toMatchObject({ spooled: 0, waiting: 0, trouble: undefined }), { timeout: 10_000 })
  expect((await store.events({})).map(({ id }) => id)).toEqual(events.map(({ id }) => id))
})
