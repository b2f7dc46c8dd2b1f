import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import { openForWriting } from '../../src/store/sqlite/database.ts'
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
