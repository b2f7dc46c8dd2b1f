// A sensor without lures: records events into a data folder until SIGTERM, and publishes them to the hive that the folder has joined.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { Identity } from '../../src/config/identity.ts'
import { readMembership } from '../../src/config/membership.ts'
import { continueAfter, uuid7 } from '../../src/events/uuid7.ts'
import { HiveLink } from '../../src/hive/link.ts'
import { openArtifactStore } from '../../src/store/artifacts.ts'
import { openSqliteStore } from '../../src/store/sqlite/store.ts'
import { openStateStore } from '../../src/store/state.ts'
import { sampleEvent, sampleTurn } from '../store/sample-events.ts'

const data = process.argv[2] as string
const membership = readMembership(data)
if (!membership) throw new Error(`${data} has joined no hive`)
const { sensor } = membership
const artifacts = openArtifactStore(join(data, 'artifacts'))
const state = openStateStore(data)
const store = openSqliteStore(data, { flushMs: 25, artifacts })
continueAfter((await store.events({ latest: true, limit: 1 }))[0]?.id ?? '')
const link = new HiveLink({ membership, data, store, state, artifacts, identity: Identity.open(data), log: pino({ level: 'silent' }) })
link.start()

const stop = new AbortController()
process.once('SIGTERM', () => stop.abort())
process.stdout.write('ready\n')

let session = uuid7()
for (let n = 0; !stop.signal.aborted; n++) {
  if (n % 5 === 0) session = uuid7()
  store.append(sampleTurn({ sensor, session }))
  if (n % 100 === 99) {
    const data = { ...artifacts.put(randomBytes(20_000)), how: 'sftp' }
    store.append(sampleEvent({ sensor, session, type: 'artifact', data }))
  }
  link.nudge()
  await sleep(5)
}
// The bus may be away: what it has not taken is there at the next start.
await store.flush()
const newest = (await store.events({ latest: true, limit: 1 }))[0]?.id
while (state.get('output.cursor', 'hive')?.toString() !== newest) {
  link.nudge()
  await sleep(100)
}
await link.close()
await store.close()
state.close()
