import { describe, expect, it } from 'vitest'
import { MemoryState } from '../harness.ts'
import { fakeModelServer, shellText, webText } from './fake-model-server.ts'
import { backendEntry, engineOn, llmSettings, persona, SHELL_FALLBACK, shellQuestion, webQuestion } from './setup.ts'

describe('the engine', () => {
  it('answers by the model, and writes down what it took', async () => {
    await using server = await fakeModelServer({ script: shellText('PHP 8.2.36\n') })
    using engine = engineOn(llmSettings({ backends: [backendEntry('ollama', server)] }))
    const answer = await engine.ask(shellQuestion('php -v'))
    expect(answer.source).toBe('llm')
    expect(answer.value.stdout).toBe('PHP 8.2.36\n')
    expect(answer.generation).toMatchObject({ persona: 'debian-web', backend: server.url, model: 'fake' })
    expect(answer.generation.promptTokens).toBeGreaterThan(100)
    expect(answer.generation.totalMs).toBeGreaterThanOrEqual(0)
  })

  it('is at home without a model: switched off, or without backends', async () => {
    for (const settings of [llmSettings({ enabled: false }), llmSettings({ backends: [] })]) {
      using engine = engineOn(settings)
      const answer = await engine.ask(shellQuestion('php -v'))
      expect(answer).toMatchObject({ source: 'fallback', value: SHELL_FALLBACK })
    }
  })

  it('makes one backend call of a hundred equal questions at once', async () => {
    await using server = await fakeModelServer({ script: { text: shellText('one\n'), after: 30 } })
    using engine = engineOn(llmSettings({ backends: [backendEntry('ollama', server)] }))
    const answers = await Promise.all(Array.from({ length: 100 }, () => engine.ask(shellQuestion('php -v'))))
    expect(server.asked).toHaveLength(1)
    expect(new Set(answers.map((a) => a.value)).size).toBe(100)
    expect(answers.every((a) => a.value.stdout === 'one\n')).toBe(true)
    expect(engine.state().shared).toBe(99)
  })

  it('answers the second time from the cache, over a restart too', async () => {
    await using server = await fakeModelServer({ script: [shellText('first\n'), shellText('second\n')] })
    const settings = llmSettings({ backends: [backendEntry('ollama', server)] })
    const state = new MemoryState()
    {
      using engine = engineOn(settings, { state })
      await engine.ask(shellQuestion('php -v'))
      const again = await engine.ask(shellQuestion('php -v'))
      expect(again).toMatchObject({ source: 'cache', value: { stdout: 'first\n' } })
    }
    using engine = engineOn(settings, { state })
    expect(await engine.ask(shellQuestion('php -v'))).toMatchObject({ source: 'cache', value: { stdout: 'first\n' } })
    expect(server.asked).toHaveLength(1)
  })

  it('never takes longer than the deadline, and cancels the call', async () => {
    await using server = await fakeModelServer({ script: { fault: 'hang' } })
    using engine = engineOn(llmSettings({ backends: [backendEntry('ollama', server)], deadlineMs: 200 }))
    const started = performance.now()
    const answer = await engine.ask(shellQuestion('php -v'))
    expect(performance.now() - started).toBeLessThan(500)
    expect(answer).toMatchObject({ source: 'fallback', value: SHELL_FALLBACK })
    await server.until((s) => s.cancelled === 1)
  })

  it('takes the deadline of the persona before that of the settings', async () => {
    await using server = await fakeModelServer({ script: { fault: 'hang' } })
    using engine = engineOn(llmSettings({ backends: [backendEntry('ollama', server)], deadlineMs: 60_000 }))
    const answer = await engine.ask(shellQuestion('php -v', { persona: persona({ deadlineMs: 200 }) }))
    expect(answer.source).toBe('fallback')
  })

  it('cancels the call when the attacker leaves', async () => {
    await using server = await fakeModelServer({ script: { fault: 'stall', text: shellText('x'.repeat(99)) } })
    using engine = engineOn(llmSettings({ backends: [backendEntry('openai', server)], deadlineMs: 60_000 }))
    const leave = new AbortController()
    const answer = engine.ask(shellQuestion('php -v', { signal: leave.signal }))
    await server.until((s) => s.open === 1)
    leave.abort()
    expect((await answer).source).toBe('fallback')
    await server.until((s) => s.cancelled === 1)
    expect(engine.state().backends[0]).toMatchObject({ breaker: 'closed', inFlight: 0 })
  })

  it('goes on for who still waits when one of two who asked the same leaves', async () => {
    await using server = await fakeModelServer({ script: { text: shellText('kept\n'), after: 60 } })
    using engine = engineOn(llmSettings({ backends: [backendEntry('ollama', server)] }))
    const leave = new AbortController()
    const first = engine.ask(shellQuestion('php -v', { signal: leave.signal }))
    const second = engine.ask(shellQuestion('php -v'))
    await server.until((s) => s.open === 1)
    leave.abort()
    expect((await first).source).toBe('fallback')
    expect(await second).toMatchObject({ source: 'llm', value: { stdout: 'kept\n' } })
    expect(server.cancelled).toBe(0)
  })

  it('does not ask for who has left already', async () => {
    await using server = await fakeModelServer()
    using engine = engineOn(llmSettings({ backends: [backendEntry('ollama', server)] }))
    expect((await engine.ask(shellQuestion('php -v', { signal: AbortSignal.abort() }))).source).toBe('fallback')
    await new Promise((resolve) => setImmediate(resolve))
    expect(server.asked).toHaveLength(0)
  })

  it('asks again when the model refused, and gives the built-in answer when it refuses twice', async () => {
    await using server = await fakeModelServer({ script: [{ fault: 'refusal' }, shellText('fine\n')] })
    using engine = engineOn(llmSettings({ backends: [backendEntry('ollama', server)] }))
    const saved = await engine.ask(shellQuestion('php -v'))
    expect(saved).toMatchObject({ source: 'llm', value: { stdout: 'fine\n' } })
    expect(saved.generation.guard).toContain('refusal')
    server.script({ fault: 'refusal' })
    expect(await engine.ask(shellQuestion('php -m'))).toMatchObject({ source: 'fallback', value: SHELL_FALLBACK })
    expect(server.asked).toHaveLength(4)
  })

  it('does not ask for a while what the model could not answer, and never keeps a rejected answer', async () => {
    await using server = await fakeModelServer({ script: { fault: 'echo' } })
    let now = 1_000_000
    using engine = engineOn(llmSettings({ backends: [backendEntry('ollama', server)] }), { now: () => now })
    await engine.ask(shellQuestion('php -v'))
    expect((await engine.ask(shellQuestion('php -v'))).source).toBe('fallback')
    expect(server.asked).toHaveLength(2)
    now += 11 * 60_000
    server.script(shellText('well\n'))
    expect(await engine.ask(shellQuestion('php -v'))).toMatchObject({ source: 'llm', value: { stdout: 'well\n' } })
  })

  it('looks at domain checks of the asker, also for what comes from the cache', async () => {
    await using server = await fakeModelServer({ script: shellText('a\n') })
    using engine = engineOn(llmSettings({ backends: [backendEntry('ollama', server)] }))
    await engine.ask(shellQuestion('php -v'))
    const strict = shellQuestion('php -v', { check: (answer) => (answer.stdout === 'a\n' ? ['too-short'] : []) })
    const answer = await engine.ask(strict)
    expect(answer.source).toBe('fallback')
    expect(answer.generation.guard).toContain('too-short')
    expect(engine.state().cache?.wrongHits).toBe(1)
  })

  it('fails over to another backend at once, and asks the least busy one first', async () => {
    await using dead = await fakeModelServer({ script: { status: 500 } })
    await using good = await fakeModelServer({ script: shellText('good\n') })
    using engine = engineOn(llmSettings({ backends: [backendEntry('ollama', dead), backendEntry('openai', good)] }))
    expect(await engine.ask(shellQuestion('php -v'))).toMatchObject({ source: 'llm', value: { stdout: 'good\n' } })
    expect(engine.state().backends.map((b) => b.up)).toEqual([false, true])
  })

  it('spreads questions over backends, never more on one than it may carry', async () => {
    const reply = { text: shellText('x\n'), after: 15 }
    await using one = await fakeModelServer({ script: reply })
    await using two = await fakeModelServer({ script: reply })
    using engine = engineOn(llmSettings({ backends: [backendEntry('ollama', one, 2), backendEntry('ollama', two, 2)] }))
    const asked = Array.from({ length: 20 }, (_, i) =>
      engine.ask(shellQuestion(`php -r ${i}`, { asker: { ip: `192.0.2.${i}`, session: `s${i}` } })),
    )
    expect((await Promise.all(asked)).every((a) => a.source === 'llm')).toBe(true)
    expect([one.mostOpen, two.mostOpen]).toEqual([2, 2])
    expect(Math.abs(one.asked.length - two.asked.length)).toBeLessThanOrEqual(4)
  })

  it('answers at once by itself what the queue has no room for, and leaves room in it for other sources', async () => {
    await using server = await fakeModelServer({ script: { text: shellText('x\n'), after: 40 } })
    using engine = engineOn(llmSettings({ backends: [backendEntry('ollama', server, 1)], queue: 8 }))
    const flood = Array.from({ length: 30 }, (_, i) => engine.ask(shellQuestion(`php -r ${i}`)))
    const other = engine.ask(shellQuestion('php -v', { asker: { ip: '198.51.100.7', session: 'other' } }))
    expect((await other).source).toBe('llm')
    const sources = (await Promise.all(flood)).map((a) => a.source)
    // One is asked, a quarter of the queue waits.
    expect(sources.filter((s) => s === 'llm')).toHaveLength(3)
  })

  it('asks a second backend when the first is slow, and takes the first answer', async () => {
    await using slow = await fakeModelServer({ script: { fault: 'hang' } })
    await using fast = await fakeModelServer({ script: shellText('fast\n') })
    const backends = [backendEntry('ollama', slow), backendEntry('ollama', fast)]
    using engine = engineOn(llmSettings({ backends, hedgeMs: 40, deadlineMs: 5_000 }))
    expect(await engine.ask(shellQuestion('php -v'))).toMatchObject({ source: 'llm', value: { stdout: 'fast\n' } })
    await slow.until((s) => s.cancelled === 1)
    expect(engine.state().backends.map((b) => b.inFlight)).toEqual([0, 0])
  })

  it('serves an old answer while it makes a new one', async () => {
    await using server = await fakeModelServer({ script: [shellText('old\n'), shellText('new\n')] })
    let now = 1_000_000
    using engine = engineOn(llmSettings({ backends: [backendEntry('ollama', server)], cache: { ttlHours: 1 } }), { now: () => now })
    await engine.ask(shellQuestion('php -v'))
    now += 90 * 60_000
    expect(await engine.ask(shellQuestion('php -v'))).toMatchObject({ source: 'cache', value: { stdout: 'old\n' } })
    await server.until((s) => s.asked.length === 2 && s.open === 0)
    // The new answer is read, guarded and stored within the next turns of the loop.
    for (let i = 0; i < 50 && engine.state().backends[0]?.inFlight; i++) await new Promise((resolve) => setImmediate(resolve))
    expect(await engine.ask(shellQuestion('php -v'))).toMatchObject({ source: 'cache', value: { stdout: 'new\n' } })
  })

  it('gives the pinned answer before cache and model, with the variables of this host', async () => {
    await using server = await fakeModelServer({ script: shellText('model\n') })
    using engine = engineOn(llmSettings({ backends: [backendEntry('ollama', server)] }))
    await engine.ask(shellQuestion('hostnamectl'))
    const pinned = { stdout: ' Static hostname: {{hostname}}\n User: {{user}} {{unknown}}\n', stderr: '', exitCode: 0, operations: [] }
    engine.pins.put({ persona: 'debian-web', kind: 'shell', key: 'hostnamectl', answer: pinned })
    const answer = await engine.ask(shellQuestion('hostnamectl', { variables: { user: 'maris' } }))
    expect(answer.source).toBe('pin')
    expect(answer.value.stdout).toBe(` Static hostname: ${persona().hostname}\n User: maris {{unknown}}\n`)
  })

  it('reports a prompt that the server has cut', async () => {
    await using server = await fakeModelServer({ script: { text: shellText('x\n'), promptTokens: 512 } })
    using engine = engineOn(llmSettings({ backends: [backendEntry('ollama', server)] }))
    const answer = await engine.ask(shellQuestion('php -v', { persona: persona({ contextTokens: 512, maxTokens: 64 }) }))
    expect(answer.generation.trouble).toMatch(/read 512 of them at a context of 512: it was cut/)
  })

  it('answers web questions, and leaves to the web server what is the web server’s', async () => {
    const headers = [
      'Content-Type: application/json',
      'Content-Length: 3',
      'Content-Encoding: gzip',
      'Server: nginx',
      'Set-Cookie: a=1',
      'Set-Cookie: b=2',
    ]
      .map((line) => line.split(': '))
      .map(([name, value]) => ({ name: name!, value: value! }))
    await using server = await fakeModelServer({ script: webText('<!DOCTYPE html><html></html>', { headers }) })
    using engine = engineOn(llmSettings({ backends: [backendEntry('openai', server)] }))
    const answer = await engine.ask(webQuestion('GET /portal/ HTTP/1.1'))
    expect(answer.source).toBe('llm')
    expect(answer.value.headers).toEqual([
      { name: 'Content-Type', value: 'text/html' },
      { name: 'Set-Cookie', value: 'a=1' },
      { name: 'Set-Cookie', value: 'b=2' },
    ])
  })

  it('never rejects, even when a check throws', async () => {
    await using server = await fakeModelServer()
    using engine = engineOn(llmSettings({ backends: [backendEntry('ollama', server)] }))
    const check = () => {
      throw new Error('fault of ours')
    }
    expect((await engine.ask(shellQuestion('php -v', { check }))).source).toBe('fallback')
  })

  it('answers by itself after it was closed, and ends what was under way', async () => {
    await using server = await fakeModelServer({ script: { fault: 'hang' } })
    using engine = engineOn(llmSettings({ backends: [backendEntry('ollama', server)], deadlineMs: 60_000 }))
    const answer = engine.ask(shellQuestion('php -v'))
    await server.until((s) => s.open === 1)
    engine.close()
    expect((await answer).source).toBe('fallback')
    expect((await engine.ask(shellQuestion('php -m'))).source).toBe('fallback')
  })
})
