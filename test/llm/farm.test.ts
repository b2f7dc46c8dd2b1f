import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Backend } from '../../src/llm/backend.ts'
import { ModelFarm } from '../../src/llm/farm.ts'
import { Pool, type PoolEntry } from '../../src/llm/pool.ts'
import { MemoryState } from '../harness.ts'
import { fakeModelServer, shellText } from './fake-model-server.ts'
import { backendEntry, engineOn, llmSettings, persona, shellQuestion } from './setup.ts'

const server = (url: string): Backend => ({ kind: 'ollama', url }) as Backend
const entry = (backend: Backend, more: Partial<PoolEntry> = {}): PoolEntry => ({ backend, model: 'm', concurrency: 2, ...more })
const RULES = { queue: 8, breaker: { failures: 3, pauseMs: 1000 } }
const wish = (conversation: string) => ({ asker: conversation, conversation, avoid: new Set<Backend>(), model: undefined })
const never = new AbortController().signal

describe('the pool', () => {
  it('keeps a conversation with the backend that has its beginning, while that has a place', async () => {
    const [a, b] = [server('a'), server('b')]
    const pool = new Pool([entry(a), entry(b)], RULES)
    const first = await pool.acquire(wish('one'), never)
    const other = await pool.acquire(wish('two'), never)
    expect([first?.backend, other?.backend]).toEqual([a, b])
    other?.succeeded()
    // b is the less busy one, and a knows the conversation.
    const again = await pool.acquire(wish('one'), never)
    expect(again?.backend).toBe(a)
    expect((await pool.acquire(wish('one'), never))?.backend).toBe(b)
  })

  it('begins no more calls within a minute than a backend may have, and then hands the place to who waits', async () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const pool = new Pool([entry(server('a'), { concurrency: 9, perMinute: 2 })], RULES)
    for (const _ of [1, 2]) (await pool.acquire(wish('x'), never))?.succeeded()
    expect(pool.full).toBe(true)
    const late = pool.acquire(wish('x'), never)
    await vi.advanceTimersByTimeAsync(59_000)
    expect(pool.queued).toBe(1)
    await vi.advanceTimersByTimeAsync(1_000)
    expect((await late)?.backend.url).toBe('a')
  })

  it('hands on the first place that time frees, of whichever backend it is', async () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const [a, b] = [server('a'), server('b')]
    const pool = new Pool([entry(a, { perMinute: 1 }), entry(b, { perMinute: 1 })], RULES)
    ;(await pool.acquire({ ...wish('one'), avoid: new Set([a]) }, never))?.succeeded()
    await vi.advanceTimersByTimeAsync(40_000)
    ;(await pool.acquire({ ...wish('two'), avoid: new Set([b]) }, never))?.succeeded()
    const late = pool.acquire(wish('three'), never)
    await vi.advanceTimersByTimeAsync(20_000)
    expect(pool.queued).toBe(0)
    expect((await late)?.backend).toBe(b)
  })

  it('gives a drained backend no call, lets those under way end, and takes a new one in at once', async () => {
    const [a, b] = [server('a'), server('b')]
    const pool = new Pool([entry(a, { concurrency: 1 })], RULES)
    const running = await pool.acquire(wish('one'), never)
    const waiting = pool.acquire(wish('two'), never)
    expect(pool.set([entry(a, { concurrency: 1, drained: true }), entry(b)])).toBe(true)
    expect((await waiting)?.backend).toBe(b)
    expect(pool.state().map(({ url, inFlight, drained }) => [url, inFlight, drained])).toEqual([
      ['a', 1, true],
      ['b', 1, undefined],
    ])
    running?.succeeded()
    expect((await pool.acquire(wish('one'), never))?.backend).toBe(b)
    expect([pool.size, pool.set([entry(b)])]).toEqual([1, false])
  })

  it('sends away who waits for a backend that is taken out', async () => {
    const pool = new Pool([entry(server('a'), { concurrency: 1 })], RULES)
    const running = await pool.acquire(wish('one'), never)
    const waiting = pool.acquire(wish('two'), never)
    pool.set([])
    expect(await waiting).toBeUndefined()
    running?.succeeded()
    expect(await pool.acquire(wish('three'), never)).toBeUndefined()
  })
})

describe('the farm', () => {
  const settings = llmSettings({ backends: [{ kind: 'ollama', url: 'http://127.0.0.1:1', concurrency: 1 }] })

  it('is the configuration and what was added; what another process says is seen', () => {
    const state = new MemoryState()
    const [ours, theirs] = [new ModelFarm(settings, state), new ModelFarm(settings, state)]
    ours.entries()
    theirs.add({ kind: 'openai', url: 'http://127.0.0.1:2/v1', concurrency: 4, apiKey: 'k' })
    theirs.drain('http://127.0.0.1:1', true)
    expect(ours.hasChanged()).toBe(true)
    expect(ours.entries()).toMatchObject([
      { backend: { url: 'http://127.0.0.1:1' }, drained: true },
      { backend: { url: 'http://127.0.0.1:2/v1' }, concurrency: 4, drained: false },
    ])
    const [, added] = ours.entries()
    theirs.drain('http://127.0.0.1:2/v1', true)
    // The same client: its calls and its breaker go on.
    expect(ours.entries()[1]?.backend).toBe(added?.backend)
    theirs.remove('http://127.0.0.1:2/v1')
    expect(theirs.members().map(({ url }) => url)).toEqual(['http://127.0.0.1:1'])
  })

  it('refuses what would do nothing, and says why', () => {
    const farm = new ModelFarm(settings, new MemoryState())
    expect(() => farm.remove('http://127.0.0.1:1')).toThrow('stands in llm.backends')
    expect(() => farm.add({ kind: 'ollama', url: 'http://127.0.0.1:1', concurrency: 1 })).toThrow('stands in llm.backends already')
    expect(() => farm.drain('http://127.0.0.1:9', true)).toThrow('there is no backend http://127.0.0.1:9; there are: http://127.0.0.1:1')
  })

  it('passes over what it cannot read', () => {
    const state = new MemoryState()
    state.set('llm-backends', 'http://127.0.0.1:1', '{')
    state.set('llm-backends', 'http://127.0.0.1:2', '{"drained":1}')
    expect(new ModelFarm(settings, state).members()).toHaveLength(1)
  })
})

it('an engine that runs asks a server that was added, loads its model first, and leaves a drained one alone', async () => {
  await using one = await fakeModelServer({ script: shellText('from one\n') })
  await using two = await fakeModelServer({ script: shellText('from two\n') })
  const state = new MemoryState()
  const settings = llmSettings({ backends: [backendEntry('ollama', one)] })
  using engine = engineOn(settings, { state })
  await engine.warmUp([persona()])
  expect((await engine.ask(shellQuestion('php -v'))).value.stdout).toBe('from one\n')
  const asked = one.asked.length

  const operator = new ModelFarm(settings, state)
  operator.add(backendEntry('openai', two))
  operator.drain(settings.backends[0]!.url, true)
  await expect.poll(() => engine.state().backends.map(({ drained }) => drained ?? false)).toEqual([true, false])
  await two.until((s) => s.asked.length > 0)
  expect((await engine.ask(shellQuestion('perl -v'))).value.stdout).toBe('from two\n')
  expect(one.asked).toHaveLength(asked)
})
