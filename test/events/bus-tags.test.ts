import { expect, it } from 'vitest'
import { EventBus } from '../../src/events/bus.ts'
import type { SundewEvent } from '../../src/events/schema.ts'

it('tags that a rule adds are part of the event for all who listen, beside its own and each once', () => {
  const bus = new EventBus('test')
  bus.tagWith(({ type }) => (type === 'login' ? ['attack:T1110', 'note:tried'] : []))
  const heard: SundewEvent[] = []
  bus.subscribe((event) => heard.push(event))
  bus.publish({ type: 'login', tags: ['note:tried'], data: { method: 'password', username: 'root', accepted: false } })
  bus.publish({ type: 'sensor.stop', data: { reason: 'over' } })
  expect(heard.map(({ tags }) => tags)).toEqual([['note:tried', 'attack:T1110'], undefined])
})

it('a rule that fails costs no event', () => {
  const bus = new EventBus('test')
  bus.tagWith(() => {
    throw new Error('a rule')
  })
  const heard: SundewEvent[] = []
  bus.subscribe((event) => heard.push(event))
  bus.publish({ type: 'sensor.stop', data: { reason: 'over' } })
  expect(heard).toHaveLength(1)
  expect(bus.listenerFaults).toBe(1)
})
