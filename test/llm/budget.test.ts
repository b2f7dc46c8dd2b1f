import { describe, expect, it } from 'vitest'
import { Budget } from '../../src/llm/budget.ts'
import { MemoryState } from '../harness.ts'
import { fakeModelServer, shellText } from './fake-model-server.ts'
import { backendEntry, engineOn, llmSettings, SHELL_FALLBACK, shellQuestion } from './setup.ts'

const open = { source: 1e9, network: 1e9, session: 1e9, hour: 1e9, spend: {}, prices: {} }
const call = { input: 80, output: 20 }

function asker(ip: string, session = ip) {
  return { ip, session }
}

describe('a budget', () => {
  it.each([
    ['source', { source: 250 }, [asker('192.0.2.1', 'a'), asker('192.0.2.1', 'b'), asker('192.0.2.1', 'c')]],
    ['session', { session: 250 }, [asker('192.0.2.1', 's'), asker('192.0.2.2', 's'), asker('192.0.2.3', 's')]],
    ['network', { network: 250 }, [asker('192.0.2.1'), asker('192.0.2.2'), asker('::ffff:192.0.2.3')]],
    ['network', { network: 250 }, [asker('2001:db8:1::1'), asker('2001:db8:1:2::9'), asker('2001:0db8:0001:ffff::')]],
    ['hour', { hour: 250 }, [asker('192.0.2.1'), asker('198.51.100.1'), asker('203.0.113.1')]],
    ['total', { total: 250 }, [asker('192.0.2.1'), asker('198.51.100.1'), asker('203.0.113.1')]],
  ])('per %s is reserved before it is spent, so questions at once cannot pass it together', (name, bound, askers) => {
    const budget = new Budget({ ...open, ...bound }, new MemoryState())
    const given = askers.map((a) => budget.reserve(a, 'm', call) !== undefined)
    expect(given).toEqual([true, true, false])
    expect(budget.state().refused).toEqual({ [name]: 1 })
  })

  it('leaves other networks alone', () => {
    const budget = new Budget({ ...open, network: 100 }, new MemoryState())
    expect(budget.reserve(asker('192.0.2.1'), 'm', call)).toBeDefined()
    expect(budget.reserve(asker('192.0.3.1'), 'm', call)).toBeDefined()
    expect(budget.reserve(asker('2001:db8:1::1'), 'm', call)).toBeDefined()
    expect(budget.reserve(asker('2001:db8:2::1'), 'm', call)).toBeDefined()
  })

  it('gives back what a call did not need', () => {
    const budget = new Budget({ ...open, source: 150 }, new MemoryState())
    budget.reserve(asker('192.0.2.1'), 'm', call)!.settle('m', { input: 30, output: 5 })
    expect(budget.reserve(asker('192.0.2.1'), 'm', call)).toBeDefined()
    expect(budget.state()).toMatchObject({ hourTokens: 35, totalTokens: 35 })
  })

  it('of an hour is new in the next one, the total is not, nor after a restart', () => {
    const state = new MemoryState()
    let now = 0
    const settings = { ...open, source: 100, total: 250 }
    const budget = new Budget(settings, state, () => now)
    budget.reserve(asker('192.0.2.1'), 'm', call)!.settle('m', call)
    expect(budget.reserve(asker('192.0.2.1'), 'm', call)).toBeUndefined()
    now += 3_600_000
    budget.reserve(asker('192.0.2.1'), 'm', call)!.settle('m', call)
    const restarted = new Budget(settings, state, () => now)
    expect(restarted.reserve(asker('192.0.2.1'), 'm', call)).toBeUndefined()
    expect(restarted.state().refused).toEqual({ total: 1 })
  })

  it('of money goes by the price table', () => {
    const prices = { dear: { input: 1_000, output: 5_000 } }
    const budget = new Budget({ ...open, spend: { total: 0.3 }, prices }, new MemoryState())
    const one = budget.reserve(asker('192.0.2.1'), 'dear', call)
    one!.settle('dear', call)
    expect(budget.state().totalSpend).toBeCloseTo(0.18)
    expect(budget.reserve(asker('192.0.2.1'), 'dear', call)).toBeUndefined()
    expect(budget.reserve(asker('192.0.2.1'), 'free', call)).toBeDefined()
  })
})

describe('a flood of distinct questions', () => {
  it('never costs more than the bound, and past it gets the built-in answer', async () => {
    await using server = await fakeModelServer({ script: shellText('x\n') })
    const bound = 20_000
    using engine = engineOn(llmSettings({ backends: [backendEntry('ollama', server, 8)], budget: { source: bound }, queue: 256 }))
    const answers = await Promise.all(Array.from({ length: 300 }, (_, i) => engine.ask(shellQuestion(`php -r ${i}`))))
    for (let i = 0; i < 40; i++) answers.push(await engine.ask(shellQuestion(`php -f ${i}`)))
    const spent = engine.state().budget!.hourTokens
    expect(spent).toBeLessThanOrEqual(bound)
    expect(spent).toBeGreaterThan(bound / 2)
    expect(answers.at(-1)).toMatchObject({ source: 'fallback', value: SHELL_FALLBACK })
    expect(engine.state().budget!.refused.source).toBeGreaterThan(0)
  })

  it('cannot tell by the clock when the bound was reached', async () => {
    await using server = await fakeModelServer({ script: { text: shellText('x\n'), after: 80 } })
    using engine = engineOn(llmSettings({ backends: [backendEntry('ollama', server)], budget: { source: 12_000 } }))
    const times: Record<string, number[]> = { llm: [], fallback: [] }
    for (let i = 0; i < 20; i++) {
      const started = performance.now()
      const { source } = await engine.ask(shellQuestion(`php -r ${i}`))
      times[source]!.push(performance.now() - started)
    }
    expect(times.llm!.length).toBeGreaterThan(2)
    expect(times.fallback!.length).toBeGreaterThan(2)
    expect(Math.min(...times.fallback!)).toBeGreaterThanOrEqual(75)
  })

  it('does not make who leaves wait for it', async () => {
    await using server = await fakeModelServer({ script: { text: shellText('x\n'), after: 400 } })
    using engine = engineOn(llmSettings({ backends: [backendEntry('ollama', server)], budget: { source: 3_000 }, deadlineMs: 60_000 }))
    let last = await engine.ask(shellQuestion('php -v'))
    expect(last.source).toBe('llm')
    for (let i = 0; last.source === 'llm'; i++) last = await engine.ask(shellQuestion(`php -r ${i}`))
    const leave = new AbortController()
    const started = performance.now()
    const answer = engine.ask(shellQuestion('php -m', { signal: leave.signal }))
    setTimeout(() => leave.abort(), 20)
    expect((await answer).source).toBe('fallback')
    expect(performance.now() - started).toBeLessThan(350)
  })

  it('goes to the small model from four fifths of the bound on', async () => {
    await using server = await fakeModelServer({ script: shellText('x\n') })
    using engine = engineOn(llmSettings({ backends: [backendEntry('ollama', server)], budget: { source: 20_000, smallModel: 'small' } }))
    const models = new Set<string | undefined>()
    for (let i = 0; i < 30; i++) models.add((await engine.ask(shellQuestion(`php -r ${i}`))).generation.model)
    expect([...models].filter(Boolean)).toEqual(['fake', 'small'])
  })
})
