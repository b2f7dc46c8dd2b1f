import { describe, expect, it } from 'vitest'
import { fakeModelServer, shellText } from './fake-model-server.ts'
import { backendEntry, engineOn, llmSettings, persona, shellQuestion } from './setup.ts'

describe('before the first question', () => {
  it('every backend loads its model, once for each size of context, with the beginning that all prompts share', async () => {
    await using one = await fakeModelServer({ script: shellText('x\n') })
    await using two = await fakeModelServer({ script: shellText('x\n') })
    using engine = engineOn(llmSettings({ backends: [backendEntry('ollama', one), backendEntry('openai', two)] }))
    await engine.warmUp([persona(), persona(), persona({ contextTokens: 8192, keepAlive: '2h' })])
    expect(one.asked.map(({ body }) => [body.keep_alive, (body.options as { num_ctx: number }).num_ctx])).toEqual([
      ['30m', persona().model.contextTokens],
      ['2h', 8192],
    ])
    expect(two.asked).toHaveLength(2)
    expect(engine.state().backends.map(({ up, inFlight }) => [up, inFlight])).toEqual([
      [true, 0],
      [true, 0],
    ])
    await engine.ask(shellQuestion('php -v'))
    const asked = [...one.asked, ...two.asked]
    expect(asked.at(-1)!.system.startsWith(asked[0]!.system) || one.asked[2]!.system.startsWith(one.asked[0]!.system)).toBe(true)
  })

  it('a backend that is away is known to be, and closing the engine ends the wait for one that hangs', async () => {
    await using hanging = await fakeModelServer({ script: { fault: 'hang' } })
    const away = { kind: 'ollama', url: 'http://127.0.0.1:1', concurrency: 1 } as const
    using engine = engineOn(llmSettings({ backends: [away, backendEntry('ollama', hanging)] }))
    const warm = engine.warmUp([persona()])
    await hanging.until((s) => s.open === 1)
    engine.close()
    await warm
    expect(engine.state().backends[0]).toMatchObject({ up: false })
    expect(engine.state().backends.map((b) => b.inFlight)).toEqual([0, 0])
  })
})
