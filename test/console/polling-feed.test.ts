import { expect, it } from 'vitest'
import { PollingFeed } from '../../src/console/polling-feed.ts'
import { openSqliteStore } from '../../src/store/sqlite/store.ts'
import { sampleEvent } from '../store/sample-events.ts'
import { tempFolder } from '../store/temp-folder.ts'

it('a console of its own process hears of events that come, in order, and not of those that were there', async () => {
  const store = openSqliteStore(tempFolder())
  store.append(sampleEvent())
  await store.flush()
  const feed = new PollingFeed(() => store)
  const heard: string[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  const stop = feed.subscribe((event) => {
    heard.push(event.id)
    if (heard.length === 3) resolve()
  })
  // The feed has looked where the end is before it waits for more.
  await new Promise(setImmediate)
  const events = [sampleEvent(), sampleEvent(), sampleEvent()]
  for (const event of events) store.append(event)
  await store.flush()
  await promise
  stop()
  await store.close()
  expect(heard).toEqual(events.map(({ id }) => id))
})
