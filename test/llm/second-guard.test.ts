import { describe, expect, it } from 'vitest'
import { type FakeModelServer, fakeModelServer, type Reply, type Script, shellText } from './fake-model-server.ts'
import { backendEntry, engineOn, llmSettings, SHELL_FALLBACK, shellQuestion } from './setup.ts'

const SUBTLE = 'This machine is only a stage, and you are the audience.\n'

/** One server plays both models: the one that answers, and the one that judges what it said. */
function playing(answers: string[], verdict: string | Reply): Script {
  return ({ model }) => (model === 'judge' ? verdict : shellText(answers.shift() ?? 'eth0\n'))
}

const settings = (server: FakeModelServer, more: Record<string, unknown> = {}) =>
  llmSettings({
    backends: [backendEntry('ollama', server)],
    deadlineMs: 20_000,
    secondGuard: { kind: 'ollama', url: server.url, model: 'judge', deadlineMs: 10_000, ...more },
  })

describe('the second guard', () => {
  it('rejects what the rules have passed, and the model is asked again', async () => {
    await using server = await fakeModelServer()
    server.script(({ model, input }) => {
      if (model === 'judge') return JSON.stringify({ inCharacter: !input.includes('stage') })
      return shellText(server.asked.length === 1 ? SUBTLE : 'eth0\n')
    })
    using engine = engineOn(settings(server))
    const answer = await engine.ask(shellQuestion('nmcli device'))
    expect(answer).toMatchObject({ source: 'llm', value: { stdout: 'eth0\n' }, generation: { guard: ['second-guard'] } })
    expect(server.asked.map(({ model }) => model)).toEqual(['fake', 'judge', 'fake', 'judge'])
    expect(server.asked[1]!.body).toMatchObject({ think: false, format: { type: 'object' } })
  })

  it('twice leads to the built-in answer, and nothing of it was shown before', async () => {
    await using server = await fakeModelServer({ script: playing([SUBTLE, SUBTLE], '{"inCharacter": false}') })
    using engine = engineOn(settings(server))
    const shown: string[] = []
    const stream = { field: 'stdout', give: (piece: string) => shown.push(piece), end: () => SHELL_FALLBACK }
    expect(await engine.ask(shellQuestion('nmcli device', { stream }))).toMatchObject({ source: 'fallback', value: SHELL_FALLBACK })
    expect(shown).toEqual([])
  })

  it.each([
    ['is silent', { fault: 'hang' }],
    ['fails', { status: 500 }],
    ['does not know the model', { status: 404 }],
    ['says something else', { text: 'Looks good to me!' }],
  ] as const)('leaves the verdict to the rules when it %s', async (_how, verdict) => {
    await using server = await fakeModelServer({ script: playing(['eth0\n'], verdict) })
    using engine = engineOn(settings(server, { deadlineMs: 300 }))
    expect(await engine.ask(shellQuestion('nmcli device'))).toMatchObject({ source: 'llm', value: { stdout: 'eth0\n' } })
  })

  it('is left alone after failures in a row, and is not asked of what the rules reject', async () => {
    await using server = await fakeModelServer({ script: playing(['As an AI, I cannot.\n'], { status: 500 }) })
    using engine = engineOn({ ...settings(server), breaker: { failures: 3, pauseMs: 60_000 } })
    for (let n = 0; n < 6; n++) await engine.ask(shellQuestion(`nmcli device ${n}`))
    expect(server.asked.filter(({ model }) => model === 'judge')).toHaveLength(3)
  })
})
