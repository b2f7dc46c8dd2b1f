import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { EventBus } from '../../src/events/bus.ts'
import { evidence } from '../../src/events/bytes.ts'
import type { SundewEvent } from '../../src/events/schema.ts'
import { openJsonl } from '../../src/outputs/jsonl.ts'
import { sampleEvent } from '../store/sample-events.ts'
import { tempFolder } from '../store/temp-folder.ts'

function lines(path: string): SundewEvent[] {
  const text = readFileSync(path, 'utf8')
  expect(text.endsWith('\n')).toBe(true)
  return text
    .slice(0, -1)
    .split('\n')
    .map((line) => JSON.parse(line) as SundewEvent)
}

it('writes each event of the bus as a line of JSON', () => {
  const folder = tempFolder()
  const bus = new EventBus('here')
  const jsonl = openJsonl({ folder })
  bus.subscribe((event) => jsonl.write(event))
  const data = { method: 'password', username: 'line\nbreak\u2028', password: evidence(Buffer.from([0xff])), accepted: false }
  const event = bus.publish({ type: 'login', data })
  bus.publish({ type: 'sensor.stop', data: { reason: 'test' } })
  jsonl.close()
  const written = lines(join(folder, 'events.jsonl'))
  expect(written[0]).toEqual(event)
  expect(written).toHaveLength(2)
})

it('has the line in the file soon, without being closed', async () => {
  const folder = tempFolder()
  const jsonl = openJsonl({ folder })
  jsonl.write(sampleEvent())
  await vi.waitFor(() => expect(lines(join(folder, 'events.jsonl'))).toHaveLength(1))
  jsonl.close()
})

it('begins a new file when one is full, keeps so many, and tears no line', () => {
  const folder = tempFolder()
  const events = Array.from({ length: 50 }, () => sampleEvent())
  const maxBytes = 5 * (JSON.stringify(events[0]).length + 1)
  const jsonl = openJsonl({ folder, maxBytes, keep: 3 })
  for (const event of events) jsonl.write(event)
  jsonl.close()
  expect(readdirSync(folder).sort()).toEqual(['events.jsonl', 'events.jsonl.1', 'events.jsonl.2', 'events.jsonl.3'])
  const kept = ['.3', '.2', '.1', ''].flatMap((n) => lines(join(folder, `events.jsonl${n}`)))
  expect(kept).toEqual(events.slice(-20))
  for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(maxBytes)
})

it('goes on in the file of the last run, and counts what is in it', () => {
  const folder = tempFolder()
  const [first, second, third] = [sampleEvent(), sampleEvent(), sampleEvent()]
  const maxBytes = 2 * (JSON.stringify(first).length + 1)
  for (const event of [first, second, third]) {
    const jsonl = openJsonl({ folder, maxBytes })
    jsonl.write(event)
    jsonl.close()
  }
  expect(lines(join(folder, 'events.jsonl.1'))).toEqual([first, second])
  expect(lines(join(folder, 'events.jsonl'))).toEqual([third])
})

it('writes an event that is larger than a file by itself', () => {
  const folder = tempFolder()
  const jsonl = openJsonl({ folder, maxBytes: 100 })
  const events = [sampleEvent(), sampleEvent()]
  for (const event of events) jsonl.write(event)
  jsonl.close()
  expect([...lines(join(folder, 'events.jsonl.1')), ...lines(join(folder, 'events.jsonl'))]).toEqual(events)
})

it('holds lines while the disk refuses, says so, and writes them in order when it is well again', async () => {
  const folder = join(tempFolder(), 'log')
  writeFileSync(folder, 'a file where the folder should be')
  const onTrouble = vi.fn()
  const jsonl = openJsonl({ folder, onTrouble })
  const [first, second] = [sampleEvent(), sampleEvent()]
  jsonl.write(first)
  await vi.waitFor(() => expect(onTrouble).toHaveBeenCalledWith(expect.objectContaining({ cure: expect.any(String) })))
  rmSync(folder)
  jsonl.write(second)
  await vi.waitFor(() => expect(onTrouble).toHaveBeenLastCalledWith(undefined), { timeout: 3000 })
  expect(lines(join(folder, 'events.jsonl'))).toEqual([first, second])
  jsonl.close()
})

it('goes on after a crash with what the store has and the file has not: nothing lost, nothing twice, no half line', async () => {
  const folder = tempFolder()
  const events = Array.from({ length: 2500 }, () => sampleEvent({ sensor: 'here' }))
  const others = [...events.slice(0, 2000), sampleEvent({ sensor: 'elsewhere' }), ...events.slice(2000)]
  const store = {
    events: async ({ after = '', limit = 100 }) => others.filter(({ id }) => id > after).slice(0, limit),
  }
  const first = openJsonl({ folder })
  expect(await first.catchUp(store, 'here')).toBe(0)
  for (const event of events.slice(0, 700)) first.write(event)
  first.close()
  appendFileSync(join(folder, 'events.jsonl'), JSON.stringify(events[700]).slice(0, 50))
  const second = openJsonl({ folder })
  expect(await second.catchUp(store, 'here')).toBe(1800)
  const next = sampleEvent({ sensor: 'here' })
  second.write(next)
  second.close()
  expect(lines(join(folder, 'events.jsonl'))).toEqual([...events, next])
})

it('finds where it was in the file before, when the newest has no line yet', async () => {
  const folder = tempFolder()
  const events = Array.from({ length: 3 }, () => sampleEvent({ sensor: 'here' }))
  writeFileSync(join(folder, 'events.jsonl.1'), `${JSON.stringify(events[0])}\n`)
  writeFileSync(join(folder, 'events.jsonl'), 'torn')
  const jsonl = openJsonl({ folder })
  await jsonl.catchUp({ events: async ({ after = '' }) => events.filter(({ id }) => id > after) }, 'here')
  jsonl.close()
  expect(lines(join(folder, 'events.jsonl'))).toEqual(events.slice(1))
})

it('drops and counts what memory has no room for, and what comes after its end', () => {
  const folder = join(tempFolder(), 'log')
  mkdirSync(join(folder, 'events.jsonl'), { recursive: true })
  const jsonl = openJsonl({ folder })
  for (let n = 0; n < 10; n++) jsonl.write(sampleEvent({ data: { args: ['x'.repeat(1_000_000)] } }))
  expect(jsonl.dropped).toBe(2)
  jsonl.close()
  jsonl.write(sampleEvent())
  expect(jsonl.dropped).toBe(3)
  expect(existsSync(join(folder, 'events.jsonl.1'))).toBe(false)
})
