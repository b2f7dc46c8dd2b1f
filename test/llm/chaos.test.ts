import { describe, expect, it } from 'vitest'
import { type Asked, type FakeModelServerOptions, fakeModelServer, type Reply, shellText } from './fake-model-server.ts'
import { backendEntry, engineOn, llmSettings, SHELL_FALLBACK, shellQuestion } from './setup.ts'

const DEADLINE_MS = 150
/** What a busy machine may add. */
const SLACK_MS = 300

const troubles: [string, FakeModelServerOptions][] = [
  ['hangs', { script: { fault: 'hang' } }],
  ['stalls in mid-answer', { script: { fault: 'stall' } }],
  ['drips slower than the deadline', { script: { drip: 100 } }],
  ['resets in mid-answer', { script: { fault: 'reset' } }],
  ['ends in mid-answer', { script: { fault: 'half' } }],
  ['reports an error in mid-answer', { script: { fault: 'stream-error' } }],
  ['answers garbage', { script: { fault: 'garbage' } }],
  ['answers garbage where JSON should be', { script: '}}} not { json [' }],
  ['answers nothing', { script: { fault: 'empty' } }],
  ['answers 429', { script: { status: 429 } }],
  ['answers 500', { script: { status: 500 } }],
  ['unloads its model', { script: { status: 503 } }],
  ['has another model', { models: ['other'] }],
  ['refuses', { script: { fault: 'refusal' } }],
  ['gives its prompt away', { script: { fault: 'echo' } }],
]

/** Words that no attacker may ever read. */
const OURS = /error|fetch|ECONN|abort|timeout|deadline|undefined|Object|model|fallback|sundew/i

describe.each(['ollama', 'openai'] as const)('behind a %s server that', (kind) => {
  it.each(troubles)('%s, answers are the built-in ones, in time, and recover by themselves', async (_name, options) => {
    const server = await fakeModelServer(options)
    const settings = llmSettings({ backends: [backendEntry(kind, server)], deadlineMs: DEADLINE_MS, breaker: { failures: 3, pauseMs: 30 } })
    using engine = engineOn(settings)
    for (let i = 0; i < 5; i++) {
      const started = performance.now()
      const answer = await engine.ask(shellQuestion(`php -r ${i}`))
      expect(performance.now() - started).toBeLessThan(DEADLINE_MS + SLACK_MS)
      expect(answer).toMatchObject({ source: 'fallback', value: SHELL_FALLBACK })
      expect(JSON.stringify(answer.value)).not.toMatch(OURS)
      expect(answer.generation.trouble).toBeTruthy()
    }
    const { port } = server
    await server.close()
    await using well = await fakeModelServer({ port, script: shellText('well again\n') })
    const recovered = await untilLlm((i) => engine.ask(shellQuestion(`php -v ${i}`)))
    expect(recovered.value.stdout).toBe('well again\n')
    expect(well.asked.length).toBeGreaterThan(0)
    expect(engine.state().backends[0]).toMatchObject({ up: true, breaker: 'closed' })
  })

  it('is killed in mid-answer and comes back, serves again', async () => {
    const server = await fakeModelServer({ script: { text: shellText('x'.repeat(400)), drip: 5 } })
    const settings = llmSettings({ backends: [backendEntry(kind, server)], deadlineMs: 1_000, breaker: { failures: 1, pauseMs: 30 } })
    using engine = engineOn(settings)
    const answer = engine.ask(shellQuestion('php -v'))
    await server.until((s) => s.open === 1)
    const { port } = server
    await server.close()
    expect((await answer).source).toBe('fallback')
    await using _well = await fakeModelServer({ port, script: shellText('again\n') })
    expect((await untilLlm((i) => engine.ask(shellQuestion(`php -m ${i}`)))).value.stdout).toBe('again\n')
  })

  it('fails at random keeps every answer within the deadline', async () => {
    const faults: Reply[] = [
      {},
      { status: 500 },
      { fault: 'reset' },
      { fault: 'half' },
      { fault: 'hang' },
      { fault: 'empty' },
      { fault: 'garbage' },
      { fault: 'fence' },
      { fault: 'cut' },
      { after: 30 },
    ]
    let n = 0
    await using server = await fakeModelServer({ script: (_asked: Asked) => faults[(n++ * 7) % faults.length]! })
    const settings = llmSettings({
      backends: [backendEntry(kind, server, 8)],
      deadlineMs: DEADLINE_MS,
      breaker: { failures: 4, pauseMs: 20 },
    })
    using engine = engineOn(settings)
    const times: number[] = []
    for (let round = 0; round < 6; round++) {
      await Promise.all(
        Array.from({ length: 20 }, async (_, i) => {
          const started = performance.now()
          const asker = { ip: `192.0.2.${i}`, session: `s${i}` }
          const answer = await engine.ask(shellQuestion(`php -r ${round}.${i}`, { asker }))
          times.push(performance.now() - started)
          expect(JSON.stringify(answer.value)).not.toMatch(OURS)
        }),
      )
    }
    expect(Math.max(...times)).toBeLessThan(DEADLINE_MS + SLACK_MS)
  })
})

/** Asks until the model answers: the breaker lets a probe through after its pause. */
async function untilLlm<T extends { source: string }>(ask: (i: number) => Promise<T>): Promise<T> {
  for (let i = 0; i < 200; i++) {
    const answer = await ask(i)
    if (answer.source === 'llm') return answer
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error('the engine did not recover')
}
