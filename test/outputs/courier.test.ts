import { readFileSync } from 'node:fs'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { SundewEvent } from '../../src/events/schema.ts'
import { Courier, type CourierSetup, requestReplay } from '../../src/outputs/courier.ts'
import { DeadLetters } from '../../src/outputs/dead-letters.ts'
import { filterOf } from '../../src/outputs/outputs.ts'
import { Busy, Refused, type Sink } from '../../src/outputs/sink.ts'
import { openSqliteStore } from '../../src/store/sqlite/store.ts'
import { openStateStore } from '../../src/store/state.ts'
import { sampleEvent } from '../store/sample-events.ts'
import { tempFolder } from '../store/temp-folder.ts'

/** A data folder with a store, and couriers on it that end with the test. */
function installation() {
  const data = tempFolder()
  const store = openSqliteStore(data, { flushMs: 1 })
  const state = openStateStore(data)
  const couriers: Courier[] = []
  onTestFinished(async () => {
    for (const courier of couriers) await courier.close()
    await store.close()
    state.close()
  })
  return {
    data,
    state,
    async happen(...events: SundewEvent[]): Promise<void> {
      for (const event of events) store.append(event)
      await store.flush()
    },
    courier(sink: Sink, over: Partial<CourierSetup> = {}): Courier {
      const courier = new Courier({
        name: 'test',
        kind: 'webhook',
        sink,
        store,
        state,
        deadLetters: new DeadLetters(data, 'test'),
        wants: () => true,
        batch: { events: 10, bytes: 1024 * 1024, waitMs: 1 },
        deadlineMs: 500,
        firstPauseMs: 5,
        ...over,
      })
      couriers.push(courier)
      return courier
    },
  }
}

/** A receiver that remembers what it took; `trouble` may throw first. */
function receiver(trouble: (events: readonly SundewEvent[]) => void = () => {}): { sink: Sink; taken: string[] } {
  const taken: string[] = []
  const sink: Sink = {
    async send(events) {
      trouble(events)
      taken.push(...events.map(({ id }) => id))
    },
  }
  return { sink, taken }
}

const many = (count: number): SundewEvent[] => Array.from({ length: count }, () => sampleEvent())
const idsOf = (events: readonly SundewEvent[]): string[] => events.map(({ id }) => id)

describe('a courier', () => {
  it('delivers in order what happens after it was set up, and nothing twice', async () => {
    const { happen, courier } = installation()
    await happen(...many(3))
    const { sink, taken } = receiver()
    const it = courier(sink)
    it.start()
    await vi.waitFor(() => expect(it.status().lagMs).toBe(0))
    await vi.waitFor(async () => {
      const events = many(25)
      await happen(...events)
      it.nudge()
      await vi.waitFor(() => expect(taken.slice(-25)).toEqual(idsOf(events)))
    })
    expect(new Set(taken).size).toBe(taken.length)
  })

  it('reads no further than a slow receiver has taken, gives it one batch at a time, and says how far it is behind', async () => {
    const { happen, courier } = installation()
    let [atOnce, most] = [0, 0]
    let release = (): void => undefined
    const taken: string[] = []
    const it = courier(
      {
        async send(events) {
          most = Math.max(most, ++atOnce)
          await new Promise<void>((resolve) => {
            release = resolve
          })
          taken.push(...events.map(({ id }) => id))
          atOnce--
        },
      },
      { deadlineMs: 10_000 },
    )
    it.start()
    await vi.waitFor(() => expect(it.status().lagMs).toBe(0))
    const [first, ...others] = [sampleEvent({ time: Date.now() - 60_000 }), ...many(34)]
    await happen(first as SundewEvent, ...others)
    it.nudge()
    await vi.waitFor(() => expect(atOnce).toBe(1))
    expect(it.status()).toMatchObject({ sent: 0, lagMs: expect.any(Number) })
    expect(it.status().lagMs).toBeGreaterThanOrEqual(60_000)
    await vi.waitFor(() => {
      release()
      expect(taken).toHaveLength(35)
    })
    expect(most).toBe(1)
    await vi.waitFor(() => expect(it.status()).toMatchObject({ sent: 35, lagMs: 0 }))
  })

  it('goes on after a restart where it had come to, with what happened meanwhile', async () => {
    const { happen, courier } = installation()
    const { sink, taken } = receiver()
    const first = courier(sink)
    first.start()
    const before = many(4)
    await happen(...before)
    first.nudge()
    await vi.waitFor(() => expect(taken).toEqual(idsOf(before)))
    await first.close()
    const meanwhile = many(4)
    await happen(...meanwhile)
    courier(sink).start()
    await vi.waitFor(() => expect(taken).toEqual(idsOf([...before, ...meanwhile])))
  })

  it('tries again until the receiver is back, loses nothing, and says what is wrong meanwhile', async () => {
    const { happen, courier } = installation()
    let failures = 3
    const { sink, taken } = receiver(() => {
      if (failures-- > 0) throw new Busy('the receiver answered 503', 1)
    })
    const troubles: (string | undefined)[] = []
    const it = courier(sink, { onTrouble: (trouble) => troubles.push(trouble) })
    it.start()
    const events = many(5)
    await happen(...events)
    it.nudge()
    await vi.waitFor(() => expect(taken).toEqual(idsOf(events)))
    expect(it.status()).toMatchObject({ sent: 5, failures: 3 })
    await vi.waitFor(() => expect(troubles).toEqual(['the receiver answered 503', undefined]))
  })

  it('lays aside the one event of a batch that is refused, with the reason, and delivers the others', async () => {
    const { happen, courier, data } = installation()
    const events = many(9)
    const bad = events[4] as SundewEvent
    const { sink, taken } = receiver((batch) => {
      if (batch.some(({ id }) => id === bad.id)) throw new Refused('400: cannot parse')
    })
    const it = courier(sink)
    it.start()
    await happen(...events)
    it.nudge()
    await vi.waitFor(() => expect(taken).toHaveLength(8))
    expect(taken).not.toContain(bad.id)
    expect(it.status()).toMatchObject({ sent: 8, deadLetters: 1 })
    const [letter] = readFileSync(new DeadLetters(data, 'test').path, 'utf8').trim().split('\n')
    expect(JSON.parse(letter as string)).toMatchObject({ reason: '400: cannot parse', event: { id: bad.id } })
  })

  it('gives up a call that takes too long, and repeats it', async () => {
    const { happen, courier } = installation()
    let calls = 0
    const taken: string[] = []
    const it = courier(
      {
        send: (events, signal) =>
          calls++ === 0
            ? new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('too slow'))))
            : Promise.resolve(void taken.push(...idsOf(events))),
      },
      { deadlineMs: 30 },
    )
    it.start()
    const events = many(2)
    await happen(...events)
    it.nudge()
    await vi.waitFor(() => expect(taken).toEqual(idsOf(events)))
    expect(calls).toBe(2)
  })

  it('delivers the past again when an operator asks, while it runs', async () => {
    const { happen, courier, state } = installation()
    const { sink, taken } = receiver()
    const it = courier(sink)
    const old = many(3)
    await happen(...old)
    it.start()
    requestReplay(state, 'test', Date.now() - 60_000)
    it.nudge()
    await vi.waitFor(() => expect(taken).toEqual(idsOf(old)))
  })

  it('keeps batches below a size, and a single larger event whole', async () => {
    const { happen, courier } = installation()
    const sizes: number[] = []
    const it = courier({ send: async (events) => void sizes.push(events.length) }, { batch: { events: 10, bytes: 900, waitMs: 1 } })
    it.start()
    await happen(...many(4), sampleEvent({ data: { args: ['x'.repeat(5000)] } }))
    it.nudge()
    await vi.waitFor(() => expect(sizes.reduce((a, b) => a + b, 0)).toBe(5))
    expect(Math.max(...sizes)).toBeLessThan(4)
  })
})

describe('the filter of an output', () => {
  const passes = (filter: Parameters<typeof filterOf>[0], over: Partial<SundewEvent>): boolean => filterOf(filter)(sampleEvent(over))

  it('goes by lure and type', () => {
    expect(passes({ exceptLures: [], lures: ['ssh'] }, { lure: 'ssh' })).toBe(true)
    expect(passes({ exceptLures: [], lures: ['ssh'] }, { lure: 'redis' })).toBe(false)
    expect(passes({ exceptLures: ['redis'] }, { lure: 'redis' })).toBe(false)
    expect(passes({ exceptLures: [], types: ['redis.*', 'login'] }, { type: 'redis.command' })).toBe(true)
    expect(passes({ exceptLures: [], types: ['login'] }, { type: 'turn' })).toBe(false)
  })
})
