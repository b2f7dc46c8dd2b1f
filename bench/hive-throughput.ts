import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { jetstreamManager } from '@nats-io/jetstream'
import { pino } from 'pino'
import { annotatorOf } from '../src/analysis/annotator.ts'
import { Geo } from '../src/analysis/geo.ts'
import type { SundewEvent } from '../src/events/schema.ts'
import { uuid7 } from '../src/events/uuid7.ts'
import { connectToBus } from '../src/hive/bus.ts'
import { HiveConsumer } from '../src/hive/consumer.ts'
import { Headquarters } from '../src/hive/headquarters.ts'
import { EVENTS } from '../src/hive/names.ts'
import { HivePublisher } from '../src/hive/publisher.ts'
import { prepareStreams } from '../src/hive/streams.ts'
import { openArtifactStore } from '../src/store/artifacts.ts'
import { openHiveStore } from '../src/store/postgres/hive-store.ts'
import { openPostgresReader } from '../src/store/postgres/store.ts'
import { freePort, postgresServer, realServer } from '../test/clients/servers.ts'
import { sampleTurn } from '../test/store/sample-events.ts'

const MESSAGES = 40_000
/** As the link of a sensor sends them. */
const BATCH = 500
const TURNS = 20

/**
 * What one bus, one `hive serve` and one PostgreSQL carry, all on this machine: events a second from a sensor into the stream, and from
 * the stream into the database, with what an event takes in each. The figures under docs/scale.md. Needs Debian's `nats-server` and
 * `postgresql`.
 */
export async function run(): Promise<Record<string, unknown>> {
  const folder = mkdtempSync(join(tmpdir(), 'sundew-hive-bench-'))
  const postgres = await postgresServer()
  mkdirSync(join(folder, 'hq'))
  const port = await freePort()
  const office = await Headquarters.found(join(folder, 'hq'), `nats://127.0.0.1:${port}`)
  const token = office.admit('north')
  const nats = realServer(folder, port, () => spawn('nats-server', ['-c', office.configFile], { stdio: 'ignore' }))
  try {
    await nats.start()
    const bus = await connectToBus(office.access)
    await prepareStreams(bus, ['north'])
    const artifacts = openArtifactStore(join(folder, 'artifacts'))
    const publisher = new HivePublisher(
      { url: token.url, sensor: 'north', seed: token.seed, certificate: office.access.certificate },
      artifacts,
    )
    const events = sample()
    const published = await timed(async () => {
      for (let n = 0; n < MESSAGES; n += BATCH) await publisher.send(events.slice(n, n + BATCH), AbortSignal.timeout(60_000))
    })
    const { state } = await (await jetstreamManager(bus)).streams.info(EVENTS)
    if (state.messages !== MESSAGES) throw new Error(`${state.messages} of ${MESSAGES} events are in the stream`)

    const store = openHiveStore(postgres.url, { annotator: annotatorOf(Geo.open(join(folder, 'geo'))), artifacts })
    const log = pino({ level: 'silent' })
    const consumer = new HiveConsumer({ connection: bus, write: (batch) => store.write(batch), artifacts, log })
    const stored = await timed(async () => {
      void consumer.start()
      while (consumer.figures.stored < MESSAGES) await sleep(20)
    })
    await consumer.close()
    await publisher.close()
    await bus.close()
    await store.close()
    const reader = openPostgresReader(postgres.url)
    const { events: counted } = await reader.counts()
    await reader.close()
    if (counted !== MESSAGES) throw new Error(`${counted} of ${MESSAGES} events are in the database`)
    const figures = {
      events: MESSAGES,
      publishedPerSecond: Math.round(MESSAGES / published),
      storedPerSecond: Math.round(MESSAGES / stored),
      streamBytesPerEvent: Math.round(state.bytes / MESSAGES),
      databaseBytesPerEvent: Math.round((await sizeOf(postgres.url)) / MESSAGES),
    }
    console.table([figures])
    return figures
  } finally {
    await nats.dispose()
    await postgres.dispose()
    rmSync(folder, { recursive: true, force: true })
  }
}

function sample(): SundewEvent[] {
  let session = uuid7()
  return Array.from({ length: MESSAGES }, (_, n) => {
    if (n % TURNS === 0) session = uuid7()
    return sampleTurn({ sensor: 'north', session })
  })
}

/** Seconds. */
async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now()
  await work()
  return (performance.now() - began) / 1000
}

async function sizeOf(url: string): Promise<number> {
  const { Client } = (await import('pg')).default
  const client = new Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query<{ size: string }>('SELECT pg_database_size(current_database()) AS size')
  await client.end()
  return Number(rows[0]?.size)
}
