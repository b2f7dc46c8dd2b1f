import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, it, vi } from 'vitest'
import { uuid7 } from '../../src/events/uuid7.ts'
import { openSqliteReader } from '../../src/store/sqlite/reader.ts'
import { openSqliteStore } from '../../src/store/sqlite/store.ts'

const KILLS = 50
/** In each fifth run another process holds the write lock, so that events are on their way through the spool. */
const LOCKED = 5
/** After so many runs the database begins anew, so that looking through all of it stays quick. */
const RENEWED = 10
const MAY_BE_MISSING_MS = 100
const CHILD = join(import.meta.dirname, 'crash-child.ts')

type Child = ChildProcessByStdio<Writable, Readable, null>

const children: Child[] = []
const folders: string[] = []

afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

async function newFolder(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'sundew-test-'))
  folders.push(folder)
  await openSqliteStore(folder).close()
  return folder
}

function start(): Child {
  // As `npm start` runs: the permission model forbids some calls that a file usually allows.
  const confined = ['--permission', '--allow-fs-read=*', `--allow-fs-write=${tmpdir()}`, '--disable-warning=SecurityWarning']
  const child = spawn(process.execPath, [...confined, CHILD], { stdio: ['pipe', 'pipe', 'inherit'] })
  children.push(child)
  return child
}

/** Lets the child work, kills it in the midst, and gives what it said it had appended. */
async function killUnderLoad(child: Child, folder: string): Promise<{ id: string; time: number }[]> {
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString('latin1')
  })
  const gone = once(child, 'close')
  child.stdin.write(folder)
  await once(child.stdout, 'data')
  await sleep(120 + Math.random() * 80)
  child.kill('SIGKILL')
  await gone
  const lines = said.split('\n').slice(0, -1)
  return lines.map((line) => ({ id: line.slice(0, 36), time: Number(line.slice(37)) }))
}

async function storedAfter(folder: string, id: string): Promise<Set<string>> {
  const reader = openSqliteReader(folder)
  const events = await reader.events({ after: id, limit: 1_000_000 })
  reader.close()
  return new Set(events.map((event) => event.id))
}

function checkIntegrity(folder: string): void {
  const database = new DatabaseSync(join(folder, 'events.db'), { readOnly: true })
  const miscounted = database
    .prepare('SELECT count(*) AS n FROM session s WHERE events <> (SELECT count(*) FROM event e WHERE e.session = s.id)')
    .get()
  expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
  expect(miscounted).toEqual({ n: 0 })
  database.close()
}

it(`opens clean after each of ${KILLS} kills under load, and no event older than 100 ms is missing`, async () => {
  let checked = 0
  let folder = ''
  let next = start()
  for (let kill = 1; kill <= KILLS; kill++) {
    if (kill % RENEWED === 1) folder = await newFolder()
    const child = next
    const lock = kill % LOCKED === 0 ? new DatabaseSync(join(folder, 'events.db')) : undefined
    lock?.exec('BEGIN IMMEDIATE')
    const before = uuid7()
    const appended = await killUnderLoad(child, folder)
    lock?.close()
    if (kill < KILLS) next = start()

    // Without a writer first, as the command line may come first after a crash.
    openSqliteReader(folder).close()
    const store = openSqliteStore(folder)
    await vi.waitFor(() => expect(store.health()).toMatchObject({ spooled: 0, trouble: undefined }), { interval: 2, timeout: 5000 })
    const stored = await storedAfter(folder, before)
    // The child's clock stops with its last words, not with our kill: it may have been waiting for a processor, and the last of them may be
    // what it did first when it had one again, before the batch that was due.
    const lastWords = [...new Set(appended.map(({ time }) => time))].at(-2) ?? 0
    const old = appended.filter(({ time }) => time < lastWords - MAY_BE_MISSING_MS)
    expect(old.filter(({ id }) => !stored.has(id))).toEqual([])
    checked += old.length
    checkIntegrity(folder)
    await store.close()
  }
  expect(checked).toBeGreaterThan(KILLS * 10)
}, 120_000)
