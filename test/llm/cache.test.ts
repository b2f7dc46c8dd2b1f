import { describe, expect, it } from 'vitest'
import { AnswerCache, cacheKey } from '../../src/llm/cache.ts'
import { MemoryState } from '../harness.ts'
import { llmSettings, persona, shellQuestion } from './setup.ts'

const HOUR = 3_600_000

function cacheOn(more: Record<string, number> = {}, state = new MemoryState()) {
  let now = Date.now()
  const cache = new AnswerCache({ ...llmSettings().cache, ...more }, state, () => now)
  return { cache, state, pass: (ms: number) => (now += ms) }
}

describe('the key of a cached answer', () => {
  const base = shellQuestion('php -v')
  const other = { ip: '198.51.100.1', session: 'x' }

  it.each([
    ['persona', { persona: { ...persona(), name: 'other' } }],
    ['persona version', { persona: { ...persona(), version: 'other' } }],
    ['kind', { kind: 'web' }],
    ['question', { key: 'php -m' }],
    ['state', { state: 'cwd: /tmp' }],
  ])('differs by %s', (_name, change) => {
    expect(cacheKey({ ...base, ...change })).not.toBe(cacheKey(base))
  })

  it('differs by source only where state is the source’s own', () => {
    expect(cacheKey({ ...base, asker: other })).toBe(cacheKey(base))
    expect(cacheKey({ ...base, share: 'source', asker: other })).not.toBe(cacheKey({ ...base, share: 'source' }))
  })

  it('does not run parts together', () => {
    expect(cacheKey({ ...base, key: 'a', state: 'bc' })).not.toBe(cacheKey({ ...base, key: 'ab', state: 'c' }))
  })
})

describe('the cache', () => {
  it('is fresh, then stale, then forgotten', () => {
    const { cache, pass } = cacheOn({ ttlHours: 1 })
    cache.set('k', { a: 1 }, {})
    expect(cache.get('k')).toMatchObject({ freshness: 'fresh', entry: { value: { a: 1 } } })
    pass(1.5 * HOUR)
    expect(cache.get('k')).toMatchObject({ freshness: 'stale' })
    pass(HOUR)
    expect(cache.get('k')).toBeUndefined()
    expect(cache.stats()).toMatchObject({ hits: 2, staleHits: 1, misses: 1 })
  })

  it('gives each asker an object of its own', () => {
    const { cache } = cacheOn()
    cache.set('k', { list: [] }, {})
    const [one, two] = [cache.get('k'), cache.get('k')] as { entry: { value: object } }[]
    expect(one!.entry.value).not.toBe(two!.entry.value)
  })

  it('holds no more in memory and on disk than it may, and keeps the newest', () => {
    const { cache, state } = cacheOn({ memoryMiB: 0.1, diskMiB: 1 })
    for (let i = 0; i < 3_000; i++) cache.set(`k${i}`, 'x'.repeat(1_000), {})
    expect(cache.stats().memoryBytes).toBeLessThanOrEqual(0.1 * 2 ** 20)
    const bytes = [...state.entries('llm-cache')].reduce((sum, e) => sum + e.value.length, 0)
    expect(bytes).toBeLessThanOrEqual(2 ** 20)
    expect(cache.stats().diskBytes).toBe(bytes)
    expect(cache.get('k2999')).toBeDefined()
    expect(cache.get('k0')).toBeUndefined()
  })

  it('moves to another sensor', () => {
    const { cache } = cacheOn()
    cache.set('k', { a: 1 }, { model: 'm' })
    const { cache: other } = cacheOn()
    expect(other.import(cache.export())).toBe(1)
    expect(other.get('k')).toMatchObject({ freshness: 'fresh', entry: { value: { a: 1 }, generation: { model: 'm' } } })
    other.purge()
    expect(other.get('k')).toBeUndefined()
  })
})
