import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { openPostgresReader } from '../../src/store/postgres/store.ts'
import { HiveNetwork } from './hive-network.ts'

const SENSORS = ['north', 'south', 'east']

let hive: HiveNetwork

beforeAll(async () => {
  hive = await HiveNetwork.start(SENSORS, {
    command: (data) => [process.execPath, 'test/clients/hive-sensor.ts', data],
    ready: 'ready',
  })
}, 60_000)

afterAll(() => hive?.close())

// The same for minutes, with the sensor itself and its attackers: npm run bench -- hive-partition
it('has every event of three sensors in namespaces once, whatever ends, whatever is away, whatever is cut off', async () => {
  const east = hive.machineOf('east')
  await sleep(1_000)

  await hive.bus.stop()
  await hive.end('north', 'SIGKILL')
  await sleep(1_500)
  await hive.bus.start()
  await hive.startSensor('north')

  await hive.end('hive-1 serve', 'SIGKILL')
  await sleep(500)
  east.cut()
  await hive.database.stop()
  await sleep(1_500)
  await hive.end('hive-2 serve', 'SIGKILL')
  await hive.database.start()
  await Promise.all([hive.startConsumer('hive-1'), hive.startConsumer('hive-2')])
  await hive.end('south', 'SIGKILL')
  await hive.startSensor('south')
  await sleep(1_000)
  east.mend()
  east.bad()
  await sleep(1_000)
  east.good()

  await Promise.all(SENSORS.map((name) => hive.end(name, 'SIGTERM')))
  const accepted = SENSORS.flatMap((name) => hive.accepted(name)).sort()
  const reader = openPostgresReader(hive.database.localUrl)
  await vi.waitFor(async () => expect((await reader.counts()).events).toBe(accepted.length), { timeout: 30_000, interval: 200 })
  expect(await hive.stored()).toEqual(accepted)
  // What derives from events counts each once too.
  const sessions = await reader.sessions({ limit: 1_000_000 })
  expect(sessions.reduce((sum, one) => sum + one.events, 0)).toBe(accepted.length)
  expect(await reader.counts()).toMatchObject({ deadLetters: 0 })
  await reader.close()
  for (const name of hive.hives) {
    const { figures } = hive.console(name, '/overview') as { figures: Record<string, { now: number }> }
    expect(figures, name).toMatchObject({ events: { now: accepted.length }, sessions: { now: sessions.length } })
  }
  const files = hive.files(...hive.hives)
  expect(files).toEqual(hive.files(...SENSORS))
  expect(files.length).toBeGreaterThan(10)
  console.log(`${accepted.length} events and ${files.length} files of three sensors, each once`)
}, 60_000)
