import { closeSync, openSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { uuid7 } from '../../src/events/uuid7.ts'
import { damageOf } from '../../src/store/sqlite/damage.ts'
import { openSqliteStore } from '../../src/store/sqlite/store.ts'
import { sampleTurn } from './sample-events.ts'
import { tempFolder } from './temp-folder.ts'

it('a page that was written over is found, and a sound database is not suspected', async () => {
  const folder = tempFolder()
  const store = openSqliteStore(folder)
  for (let i = 0; i < 200; i++) store.append(sampleTurn({ session: uuid7() }))
  await store.close()
  const file = join(folder, 'events.db')
  expect(damageOf(file)).toBeUndefined()
  const pages = Math.floor(statSync(file).size / 4096)
  const handle = openSync(file, 'r+')
  writeSync(handle, Buffer.alloc(4096, 0xa5), 0, 4096, Math.floor(pages / 2) * 4096)
  closeSync(handle)
  expect(damageOf(file)).toMatchObject({ what: expect.stringContaining('is damaged'), cure: expect.stringContaining('sundew restore') })
  writeFileSync(file, 'not a database at all, but long enough to be looked at as one')
  expect(damageOf(file)?.what).toMatch(/damaged or not a database/)
})
