import { randomInt } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { uuid7 } from '../src/events/uuid7.ts'
import { openSqliteStore } from '../src/store/sqlite/store.ts'
import { sampleTurn } from '../test/store/sample-events.ts'

const EVENTS = 60_000
/** Sessions at once, and turns of each before another source comes: SANS/ISC counted 20 commands a session on average. */
const BUSY = 200
const TURNS = 20
/** Appended in one turn of the event loop, as a busy sensor would. */
const BURST = 200

/** Turns of 200 busy sessions stored by one process: events a second, and how long the event loop was held at most. Target: 20,000. */
export async function run(): Promise<Record<string, unknown>> {
  const folder = mkdtempSync(join(tmpdir(), 'sundew-bench-'))
  const store = openSqliteStore(folder)
  try {
    const visits = Array.from({ length: BUSY }, visit)
    let longestMs = 0
    const start = performance.now()
    for (let n = 0; n < EVENTS; ) {
      for (const end = n + BURST; n < end; n++) {
        // Each session ends and is followed by another at a time of its own.
        if (Math.floor(n / BUSY) % TURNS === n % TURNS) visits[n % BUSY] = visit()
        store.append(sampleTurn(visits[n % BUSY]))
      }
      const before = performance.now()
      await nextTurn()
      longestMs = Math.max(longestMs, performance.now() - before)
    }
    await store.flush()
    const seconds = (performance.now() - start) / 1000
    const { events } = await store.counts()
    if (events !== EVENTS) throw new Error(`${events} of ${EVENTS} events are in the store`)
    const figures = {
      events,
      eventsPerSecond: Math.round(events / seconds),
      bytesPerEvent: Math.round(store.health().bytes / events),
      longestHoldMs: Number(longestMs.toFixed(1)),
    }
    console.table([figures])
    return figures
  } finally {
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

function visit(): { session: string; srcIp: string } {
  return { session: uuid7(), srcIp: `${randomInt(1, 224)}.${randomInt(256)}.${randomInt(256)}.${randomInt(256)}` }
}

if (import.meta.main) {
  console.log(JSON.stringify({ bench: 'events-stored', ...(await run()) }))
}
