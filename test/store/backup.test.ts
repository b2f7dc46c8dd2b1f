import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { uuid7 } from '../../src/events/uuid7.ts'
import { openJsonl } from '../../src/outputs/jsonl.ts'
import { backUp, restore } from '../../src/store/backup.ts'
import { openSqliteReader } from '../../src/store/sqlite/reader.ts'
import { openSqliteStore } from '../../src/store/sqlite/store.ts'
import { sampleTurn } from './sample-events.ts'
import { tempFolder } from './temp-folder.ts'

it('a restored folder has what was recorded since the backup, once each, though the database of then was lost', async () => {
  const folder = tempFolder()
  const data = join(folder, 'data')
  mkdirSync(data)
  const store = openSqliteStore(data)
  const log = openJsonl({ folder: join(data, 'log') })
  const events = Array.from({ length: 40 }, () => sampleTurn({ session: uuid7(), time: Date.now() }))
  const keep = (event: (typeof events)[number]): void => {
    store.append(event)
    log.write(event)
  }
  for (const event of events.slice(0, 20)) keep(event)
  await store.flush()
  await backUp(data, join(folder, 'backup'))
  for (const event of events.slice(20)) keep(event)
  await store.close()
  log.close()
  writeFileSync(join(data, 'events.db'), 'damaged')
  appendFileSync(join(data, 'log', 'events.jsonl'), '{"torn')
  mkdirSync(join(data, 'artifacts'), { recursive: true })
  writeFileSync(join(data, 'artifacts', 'later'), 'x')

  expect(await restore(join(folder, 'backup'), data)).toMatchObject({ since: 40, keptAs: expect.stringContaining('data.before-') })
  const again = openSqliteStore(data)
  await again.flush()
  await expect.poll(() => again.health().spooled).toBe(0)
  await again.close()
  const reader = openSqliteReader(data)
  const kept = await reader?.events({ limit: 1000 })
  await reader?.close()
  expect(kept?.map(({ id }) => id).sort()).toEqual(events.map(({ id }) => id).sort())
  rmSync(join(data, 'artifacts', 'later'))
})
