import { describe, expect, it } from 'vitest'
import { SILENT_MS, sensorsOf } from '../../src/analysis/sensors.ts'
import type { SundewEvent } from '../../src/events/schema.ts'
import { openSqliteStore } from '../../src/store/sqlite/store.ts'
import { sampleEvent } from '../store/sample-events.ts'
import { tempFolder } from '../store/temp-folder.ts'

const NOON = Date.UTC(2026, 2, 2, 12)
const MINUTE = 60_000
const HOUR = 60 * MINUTE

describe('the sensors of a store', () => {
  it('are told apart by when they spoke, how far behind they are, and whether they said good-bye', async () => {
    const store = openSqliteStore(tempFolder())
    const say = (sensor: string, time: number, type: string, data: Record<string, unknown>): void => {
      const { session: _, srcIp: _ip, ...event } = sampleEvent({ sensor, time, type, data })
      store.append(event as SundewEvent)
    }
    const begin = (sensor: string, time: number): void => say(sensor, time, 'sensor.start', { version: '0.1.0', profile: 'mini', lures: 3 })
    const speak = (sensor: string, time: number, over: Record<string, unknown> = {}): void =>
      say(sensor, time, 'sensor.status', {
        version: '0.1.1',
        startedAt: NOON - 2 * HOUR,
        lures: 3,
        ports: 5,
        connections: 2,
        memoryBytes: 1024,
        behindMs: 0,
        ...over,
      })
    for (const sensor of ['well', 'late', 'quiet', 'gone', 'again']) begin(sensor, NOON - 2 * HOUR)
    store.append(sampleEvent({ sensor: 'quiet', time: NOON - SILENT_MS - 1, type: 'redis.command' }))
    say('gone', NOON - HOUR, 'sensor.stop', { reason: 'SIGTERM' })
    speak('again', NOON - 2 * MINUTE, { version: '0.0.9' })
    begin('again', NOON - MINUTE)
    speak('well', NOON - MINUTE)
    speak('late', NOON - 10_000, { behindMs: 5 * MINUTE, trouble: 'the bus is away' })
    await store.flush()
    const found = await sensorsOf(store, { now: NOON, admitted: ['new', 'well'] })
    await store.close()
    expect(found.map(({ name, state, version }) => [name, state, version])).toEqual([
      ['quiet', 'silent', '0.1.0'],
      ['late', 'behind', '0.1.1'],
      ['gone', 'stopped', '0.1.0'],
      ['new', 'never', undefined],
      ['again', 'up', '0.1.0'],
      ['well', 'up', '0.1.1'],
    ])
    expect(found.find(({ name }) => name === 'late')).toMatchObject({ behindMs: 5 * MINUTE, trouble: 'the bus is away' })
    expect(found.find(({ name }) => name === 'quiet')).toMatchObject({ events: 2, eventsOfDay: 2, lastSeen: NOON - SILENT_MS - 1 })
    expect(found.find(({ name }) => name === 'well')).toMatchObject({ ports: 5, connections: 2, startedAt: NOON - 2 * HOUR })
    expect(found.find(({ name }) => name === 'new')).toMatchObject({ events: 0, behindMs: 0 })
  })
})
