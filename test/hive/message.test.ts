import { describe, expect, it } from 'vitest'
import { timeOfId, uuid7 } from '../../src/events/uuid7.ts'
import { entryOfMessage, type Message } from '../../src/hive/message.ts'
import { sampleEvent, sampleTurn } from '../store/sample-events.ts'

const DAY = 86_400_000

function message(said: unknown, over: Partial<Message> = {}): Message {
  const text = typeof said === 'string' ? said : JSON.stringify(said)
  return { subject: 'sundew.events.north.ssh.turn', seq: 7, takenAtNanos: 1.7e18, text, ...over }
}

describe('what a sensor has published', () => {
  it('is its event', () => {
    const event = sampleTurn({ sensor: 'north', session: uuid7() })
    expect(entryOfMessage(message(event))).toEqual({ event, body: JSON.stringify(event) })
  })

  it('is a dead letter when it is none, whatever it is, with all that was said', () => {
    const event = sampleEvent({ sensor: 'north' })
    const { data, ...without } = event
    const bad: [said: unknown, reason: RegExp][] = [
      ['{"id":', /is not JSON/],
      ['null', /expected object/],
      ['[1]', /expected object/],
      [without, /data/],
      [{ ...event, type: 'artifact', data: null }, /data/],
      [{ ...event, id: 'x' }, /id/],
      [{ ...event, session: 'x' }, /session/],
      [{ ...event, srcPort: '22' }, /srcPort/],
      [{ ...event, sensor: 'south' }, /came from the sensor north/],
      [{ ...event, time: Date.now() + 2 * DAY }, /is of a day to come/],
      [{ ...event, time: Number.MAX_SAFE_INTEGER }, /is of a day to come/],
    ]
    for (const [said, reason] of bad) {
      const one = message(said)
      const entry = entryOfMessage(one)
      expect(entry.rejected, one.text).toMatch(reason)
      expect(entry.event.data).toEqual({ text: one.text })
    }
  })

  it('is one dead letter however often it comes, and another one in a stream that was made anew', () => {
    const [first, again, anew] = [message('x'), message('x'), message('x', { takenAtNanos: 1.8e18 })].map(
      (one) => entryOfMessage(one).event.id,
    )
    expect(again).toBe(first)
    expect(anew).not.toBe(first)
  })

  it('of a clock that was ahead and was put right has an id of its time, the same whenever it comes', () => {
    const now = Date.now()
    const [first, second] = [uuid7(now + 400 * DAY), uuid7(now + 400 * DAY)].map((id) =>
      message(sampleEvent({ id, sensor: 'north', time: now })),
    )
    const entries = [first!, first!, second!].map((one) => entryOfMessage(one))
    expect(entries.map(({ rejected }) => rejected)).toEqual([undefined, undefined, undefined])
    const [id, same, later] = entries.map(({ event }) => event.id)
    expect(timeOfId(id!)).toBe(now)
    expect(same).toBe(id)
    expect(later! > id!).toBe(true)
    expect(JSON.parse(entries[0]!.body).id).toBe(id)
  })
})
