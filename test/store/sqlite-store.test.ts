import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { uuid7 } from '../../src/events/uuid7.ts'
import { openArtifactStore } from '../../src/store/artifacts.ts'
import { openReading } from '../../src/store/open.ts'
import { openSqliteReader } from '../../src/store/sqlite/reader.ts'
import { openEvents, openSqliteStore, type SqliteStore, type SqliteStoreOptions } from '../../src/store/sqlite/store.ts'
import { eventStoreConformance, type Opened } from './event-store.conformance.ts'
import { factQueriesConformance } from './fact-queries.conformance.ts'
import { sampleEvent, sampleTurn } from './sample-events.ts'
import { tempFolder } from './temp-folder.ts'
import { TroubleLog } from './trouble-log.ts'

async function openSqlite(options: SqliteStoreOptions = {}): Promise<Opened> {
  const folder = mkdtempSync(join(tmpdir(), 'sundew-test-'))
  const store = openSqliteStore(folder, options)
  return {
    store,
    async dispose() {
      await store.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

eventStoreConformance('SQLite', () => openSqlite())
factQueriesConformance('SQLite', () => openSqlite())
factQueriesConformance('SQLite that takes every term for common', () => openSqlite({ rare: -1 }))

function opened(folder: string, options: SqliteStoreOptions = {}): SqliteStore {
  const store = openSqliteStore(folder, { flushMs: 5, ...options })
  onTestFinished(() => store.close().catch(() => undefined))
  return store
}

/** Another process's transaction, from the database's point of view. */
function writeLock(folder: string): DatabaseSync {
  const other = new DatabaseSync(join(folder, 'events.db'))
  onTestFinished(() => other.close())
  other.exec('BEGIN IMMEDIATE')
  return other
}

function drained(store: SqliteStore): Promise<void> {
  return vi.waitFor(() => expect(store.health().spooled).toBe(0), { interval: 2 })
}

async function storedIds(folder: string): Promise<string[]> {
  const reader = openSqliteReader(folder)
  const events = await reader.events({ limit: 100_000 })
  reader.close()
  return events.map((event) => event.id)
}

describe('a data folder', () => {
  it('is read by others while the sensor writes, and after it has stopped', async () => {
    const folder = tempFolder()
    expect(openReading(folder)).toBeUndefined()
    expect(() => openSqliteReader(folder)).toThrow(/there are no events in .*\n.*cure: start Sundew once/)
    const store = opened(folder)
    const event = sampleEvent({ session: uuid7() })
    store.append(event)
    await store.flush()
    expect(await storedIds(folder)).toEqual([event.id])
    await store.close()
    expect(await storedIds(folder)).toEqual([event.id])
  })

  it('belongs to one sensor at a time', async () => {
    const folder = tempFolder()
    const store = opened(folder)
    expect(() => openSqliteStore(folder)).toThrow(/another Sundew writes into this data folder/)
    await store.close()
    await openSqliteStore(folder).close()
  })

  it('of a newer version is left alone', async () => {
    const folder = tempFolder()
    await openSqliteStore(folder).close()
    const database = new DatabaseSync(join(folder, 'events.db'))
    database.exec('PRAGMA user_version = 99')
    database.close()
    for (const open of [openSqliteStore, openSqliteStore])
      expect(() => open(folder)).toThrow(/newer Sundew \(version 99.*\n.*cure: run the newer/)
  })

  it('gives the bytes of deleted events back to the disk', async () => {
    const folder = tempFolder()
    const store = opened(folder)
    for (let n = 0; n < 3000; n++) store.append(sampleTurn({ session: uuid7(), time: 1000 }))
    await store.flush()
    await store.retain({ days: 1, bytes: 1e12 })
    await store.close()
    const database = new DatabaseSync(join(folder, 'events.db'))
    expect(Number(database.prepare('PRAGMA page_count').get()?.page_count)).toBeLessThan(100)
    database.close()
  })

  it('keeps an artifact as long as an event refers to it', async () => {
    const folder = tempFolder()
    const artifacts = openArtifactStore(join(folder, 'artifacts'))
    const store = opened(folder, { artifacts })
    const [old, shared, waiting] = [Buffer.from('old'), Buffer.from('shared'), Buffer.from('waiting')].map((bytes) => artifacts.put(bytes))
    const seen = (data: object, time: number): void => store.append(sampleEvent({ type: 'artifact', time, data: { ...data, how: 'test' } }))
    for (const artifact of [old, shared, waiting]) seen(artifact!, 1000)
    seen(shared!, Date.now())
    await store.flush()
    seen(waiting!, Date.now())
    await store.retain({ days: 1, bytes: 1e12 })
    expect(artifacts.list().map((artifact) => artifact.sha256)).toEqual(expect.arrayContaining([shared!.sha256, waiting!.sha256]))
    expect(artifacts.get(old!.sha256)).toBeUndefined()
  })

  it('counts artifacts when it keeps to a size, and lets the oldest go', async () => {
    const folder = tempFolder()
    const artifacts = openArtifactStore(join(folder, 'artifacts'))
    const store = opened(folder, { artifacts })
    const put = [1, 2, 3, 4].map((n) => artifacts.put(Buffer.alloc(1_000_000, n)))
    for (const [n, artifact] of put.entries()) {
      store.append(sampleEvent({ session: uuid7(), time: 1000 + n, type: 'artifact', data: { ...artifact, how: 'test' } }))
      for (let events = 0; events < 249; events++) store.append(sampleEvent({ session: uuid7(), time: 1000 + n }))
    }
    await store.flush()
    await store.retain({ days: 1e6, bytes: 2_900_000 })
    expect(put.map((artifact) => artifacts.get(artifact.sha256) !== undefined)).toEqual([false, false, true, true])
  })
})

describe('a locked database', () => {
  it('sends events to the spool, says so, and gets them in order when the lock is gone', async () => {
    const folder = tempFolder()
    const troubles = new TroubleLog()
    const store = opened(folder, { onTrouble: troubles.note })
    const events = Array.from({ length: 30 }, () => sampleEvent({ session: uuid7() }))
    store.append(events[0]!)
    await store.flush()
    const lock = writeLock(folder)
    for (const event of events.slice(1, 20)) store.append(event)
    await store.flush()
    expect(store.health()).toMatchObject({
      waiting: 0,
      spooled: 19,
      trouble: { what: expect.stringContaining('another process holds the write lock'), cure: expect.stringContaining('fuser') },
    })
    expect(readdirSync(join(folder, 'spool'))).toHaveLength(1)
    const well = troubles.ends()
    lock.exec('ROLLBACK')
    for (const event of events.slice(20)) store.append(event)
    await well
    await store.flush()
    expect(await storedIds(folder)).toEqual(events.map((event) => event.id))
    expect(store.health()).toMatchObject({ spooled: 0, trouble: undefined })
    expect(readdirSync(join(folder, 'spool'))).toEqual([])
    expect(troubles.seen).toEqual([expect.objectContaining({ what: expect.stringContaining('lock') }), undefined])
  })

  it('at the start is no reason not to start', async () => {
    const folder = tempFolder()
    await openSqliteStore(folder).close()
    const lock = writeLock(folder)
    const troubles = new TroubleLog()
    const store = opened(folder, { onTrouble: troubles.note })
    const event = sampleEvent()
    store.append(event)
    await store.flush()
    expect(store.health().spooled + (await store.events({})).length).toBe(1)
    lock.exec('ROLLBACK')
    if (store.health().trouble) await troubles.ends()
    expect(await storedIds(folder)).toEqual([event.id])
  })

  it('leaves its spool to the next start, dead letters too', async () => {
    const folder = tempFolder()
    const store = openSqliteStore(folder)
    const event = sampleTurn({ session: uuid7() })
    await store.flush()
    const lock = writeLock(folder)
    store.append(event)
    store.deadLetter({ event: sampleEvent(), reason: 'data: too odd' })
    await store.close()
    lock.exec('ROLLBACK')
    const next = opened(folder)
    await drained(next)
    next.append(sampleEvent())
    await next.close()
    const reader = openSqliteReader(folder)
    expect(await reader.counts()).toMatchObject({ events: 2, deadLetters: 1 })
    expect((await reader.deadLetters())[0]?.reason).toBe('data: too odd')
    expect((await reader.events({}))[0]).toEqual(event)
    reader.close()
  })

  it('gets an event once that was both in the database and in the spool when the process died', async () => {
    const folder = tempFolder()
    const store = openSqliteStore(folder)
    const event = sampleTurn({ session: uuid7() })
    store.append(event)
    await store.close()
    mkdirSync(join(folder, 'spool'))
    const line = `{"event":${JSON.stringify(event)}}\n`
    // The last line was being written.
    writeFileSync(join(folder, 'spool', `${uuid7()}.jsonl`), `${line}${line}${line.slice(0, 40)}`)
    const next = openSqliteStore(folder)
    await drained(next)
    next.append(sampleTurn({ session: event.session! }))
    await next.close()
    const reader = openSqliteReader(folder)
    expect(await reader.session(event.session!)).toMatchObject({ events: 2, turns: 2 })
    reader.close()
  })

  it('keeps a spool file with lines that nobody can read for the operator', async () => {
    const folder = tempFolder()
    mkdirSync(join(folder, 'spool'))
    const event = sampleEvent()
    writeFileSync(join(folder, 'spool', 'a.jsonl'), `{"event":${JSON.stringify(event)}}\n\0\0\0\n`)
    const store = opened(folder)
    await drained(store)
    await store.close()
    expect((await storedIds(folder))[0]).toBe(event.id)
    expect(readdirSync(join(folder, 'spool'))).toContain('a.jsonl.unreadable')
  })
})

describe('a full disk', () => {
  it('sends events to the spool until there is room', async () => {
    const folder = tempFolder()
    const troubles = new TroubleLog()
    let disk: DatabaseSync | undefined
    const open = (file: string): DatabaseSync => {
      disk = openEvents(file)
      return disk
    }
    const store = opened(folder, { onTrouble: troubles.note, open })
    const pages = Number(disk?.prepare('PRAGMA page_count').get()?.page_count)
    disk?.exec(`PRAGMA max_page_count = ${pages + 20}`)
    const events = Array.from({ length: 400 }, () => sampleTurn({ session: uuid7() }))
    for (const event of events) store.append(event)
    await store.flush()
    expect(store.health()).toMatchObject({
      spooled: 400,
      trouble: { what: expect.stringMatching(/the disk of .*events\.db is full/), cure: expect.stringContaining('free space') },
    })
    const well = troubles.ends()
    disk?.exec('PRAGMA max_page_count = 1000000')
    await well
    expect(await storedIds(folder)).toEqual(events.map((event) => event.id))
  })

  it('that takes not even the spool leaves events in memory, and the flush open, until there is room', async () => {
    const folder = tempFolder()
    const troubles = new TroubleLog()
    const store = opened(folder, { onTrouble: troubles.note })
    const first = sampleEvent()
    store.append(first)
    await store.flush()
    const lock = writeLock(folder)
    // A file where the folder should be: nothing can be made in it.
    writeFileSync(join(folder, 'spool'), '')
    const event = sampleEvent()
    const held = troubles.comes(/neither database nor spool takes events.*held in memory/)
    store.append(event)
    let flushed = false
    const flush = store.flush().then(() => {
      flushed = true
    })
    await held
    expect(store.health()).toMatchObject({ waiting: 1, spooled: 0 })
    expect(flushed).toBe(false)
    const well = troubles.ends()
    rmSync(join(folder, 'spool'))
    await flush
    lock.exec('ROLLBACK')
    await well
    expect(await storedIds(folder)).toEqual([first.id, event.id])
  })

  it('refuses and counts what memory has no room for, and says at the end what is lost', async () => {
    const folder = tempFolder()
    const store = openSqliteStore(folder, { flushMs: 5, memory: 2000 })
    await store.flush()
    writeLock(folder)
    writeFileSync(join(folder, 'spool'), '')
    for (let n = 0; n < 10; n++) store.append(sampleEvent())
    const { waiting, refused = 0, trouble } = store.health()
    expect(waiting).toBeGreaterThan(0)
    expect(waiting + refused).toBe(10)
    expect(trouble?.what).toMatch(/some were refused/)
    await expect(store.close()).rejects.toThrow(new RegExp(`${waiting} events are lost: neither database nor spool`))
  })
})

describe('a damaged database', () => {
  it('is left as it is, events spooled, and a new one made when the operator has moved it away', async () => {
    const folder = tempFolder()
    const file = join(folder, 'events.db')
    writeFileSync(file, 'this was a database once'.repeat(1000))
    const troubles = new TroubleLog()
    const store = opened(folder, { onTrouble: troubles.note })
    const event = sampleEvent()
    store.append(event)
    await store.flush()
    expect(store.health()).toMatchObject({
      spooled: 1,
      trouble: { what: expect.stringContaining('is damaged'), cure: expect.stringContaining('move it away') },
    })
    await expect(store.events({})).rejects.toThrow(/is damaged/)
    const well = troubles.ends()
    renameSync(file, `${file}.damaged`)
    await well
    expect(await storedIds(folder)).toEqual([event.id])
  })

  it('found out while running is opened anew', async () => {
    const folder = tempFolder()
    const troubles = new TroubleLog()
    let disk: DatabaseSync | undefined
    const store = opened(folder, {
      onTrouble: troubles.note,
      open(file) {
        disk = openEvents(file)
        return disk
      },
    })
    store.append(sampleEvent())
    await store.flush()
    disk?.enableDefensive(false)
    disk?.exec('PRAGMA writable_schema = ON')
    disk?.exec("UPDATE sqlite_schema SET rootpage = 99999 WHERE name = 'event_time'")
    disk?.exec('PRAGMA writable_schema = RESET')
    const damaged = troubles.comes(/is damaged/)
    const event = sampleEvent()
    store.append(event)
    await damaged
    await store.flush()
    expect(store.health().spooled).toBe(1)
    const well = troubles.ends()
    for (const name of ['events.db', 'events.db-wal', 'events.db-shm']) rmSync(join(folder, name), { force: true })
    await well
    expect(await storedIds(folder)).toEqual([event.id])
  })
})
