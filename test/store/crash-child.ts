import { writeSync } from 'node:fs'
import { uuid7 } from '../../src/events/uuid7.ts'
import { openSqliteStore } from '../../src/store/sqlite/store.ts'
import { sampleTurn } from './sample-events.ts'

/** Stores events under load in the folder that it is told, until it is killed, and tells which: one `id time` a line. */
const EVENTS = 10
const EVERY_MS = 2

process.stdin.once('data', (folder: Buffer) => {
  const store = openSqliteStore(folder.toString())
  const sessions = Array.from({ length: 20 }, () => uuid7())
  setInterval(() => {
    const events = Array.from({ length: EVENTS }, (_, n) => sampleTurn({ session: sessions[n % sessions.length] }))
    for (const event of events) store.append(event)
    writeSync(1, events.map((event) => `${event.id} ${event.time}\n`).join(''))
  }, EVERY_MS)
})
