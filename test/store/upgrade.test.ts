import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it, onTestFinished } from 'vitest'
import { annotatorOf } from '../../src/analysis/annotator.ts'
import { Geo } from '../../src/analysis/geo.ts'
import { parseQuery } from '../../src/store/query/parse.ts'
import { openForWriting } from '../../src/store/sqlite/database.ts'
import { EVENTS_FILE, openSqliteReader } from '../../src/store/sqlite/reader.ts'
import { openSqliteStore } from '../../src/store/sqlite/store.ts'
import { sampleEvent } from './sample-events.ts'
import { tempFolder } from './temp-folder.ts'

function migrations(folder: string, ...files: string[]): string {
  const path = join(folder, `migrations-${files.length}`)
  mkdirSync(path)
  for (const [i, sql] of files.entries()) writeFileSync(join(path, `000${i + 1}-x.sql`), sql)
  return path
}

it('keeps a database as it was before its tables change', () => {
  const folder = tempFolder()
  const file = join(folder, 'events.db')
  const first = openForWriting(file, migrations(folder, 'CREATE TABLE a (x)'))
  first.exec('INSERT INTO a VALUES (7)')
  first.close()
  expect(existsSync(`${file}.v1`)).toBe(false)
  const two = migrations(folder, 'CREATE TABLE a (x)', 'ALTER TABLE a RENAME TO b')
  const second = openForWriting(file, two)
  expect(second.prepare('SELECT x FROM b').all()).toEqual([{ x: 7 }])
  second.close()
  const before = new DatabaseSync(`${file}.v1`, { readOnly: true })
  expect(before.prepare('SELECT x FROM a').all()).toEqual([{ x: 7 }])
  before.close()
  openForWriting(file, two).close()
  expect(existsSync(`${file}.v2`)).toBe(false)
})

it('is as it was when a change of its tables fails', () => {
  const folder = tempFolder()
  const file = join(folder, 'state.db')
  openForWriting(file, migrations(folder, 'CREATE TABLE a (x)')).close()
  const broken = migrations(folder, 'CREATE TABLE a (x)', 'CREATE TABLE b (y); DROP TABLE nothing_like_it')
  expect(() => openForWriting(file, broken)).toThrow(/nothing_like_it/)
  const still = new DatabaseSync(file, { readOnly: true })
  expect(still.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all()).toEqual([{ name: 'a' }])
  still.close()
})

it('takes over what an earlier version has stored: its sessions, and the counts that it did not keep', async () => {
  const folder = tempFolder()
  const file = join(folder, EVENTS_FILE)
  const older = new DatabaseSync(file)
  older.exec(readFileSync('test/fixtures/events-v1.sql', 'utf8'))
  older.close()
  expect(() => openSqliteReader(folder)).toThrow(
    /written by an earlier Sundew \(version 1 .*\n\s+cure: start the sensor once: it keeps a copy, .*events\.db\.v1/,
  )

  const annotator = annotatorOf(Geo.open(join(folder, 'geo')))
  const store = openSqliteStore(folder, { flushMs: 1, annotator })
  store.append(sampleEvent())
  await store.flush()
  await store.close()

  const copy = new DatabaseSync(`${file}.v1`, { readOnly: true })
  expect(copy.prepare('SELECT count(*) AS n FROM event').get()).toEqual({ n: 68 })
  const before = copy.prepare('SELECT id, events, turns, logins, credential, ended_at FROM session ORDER BY id').all()
  copy.close()
  const reader = openSqliteReader(folder)
  onTestFinished(() => reader.close())
  expect(await reader.counts()).toEqual({ events: 69, sessions: before.length, sources: 1, deadLetters: 0 })
  const after = (await reader.sessions({ limit: 100 })).sort((a, b) => (a.session < b.session ? -1 : 1))
  expect(after.map((one) => [one.session, one.events, one.turns, one.logins, one.credential, one.endedAt])).toEqual(
    before.map((one) => [one.id, one.events, one.turns, one.logins, one.credential ?? undefined, one.ended_at ?? undefined]),
  )
  // What only a later version knows of a session.
  expect(await reader.sessions({ where: parseQuery('passwd') })).toHaveLength(3)
  expect(after.filter(({ signature }) => signature !== undefined).length).toBeGreaterThan(0)
  const period = { since: 0, until: Date.now() + 1 }
  expect(await reader.factTotals('password', period)).toMatchObject({ values: 3, count: 3 })

  const again = openSqliteStore(folder, { flushMs: 1, annotator })
  await again.close()
  expect(await reader.factTotals('password', period)).toMatchObject({ values: 3, count: 3 })
})
