import { describe, expect, it } from 'vitest'
import { diagnose, type Finding, promptSizeOf } from '../../src/llm/diagnose.ts'
import { type Asked, type FakeModelServerOptions, fakeModelServer } from './fake-model-server.ts'
import { backendEntry, llmSettings, persona } from './setup.ts'

const ANSWER = JSON.stringify({ stdout: 'x\n', stderr: '', exitCode: 0 })

async function findings(
  kind: 'ollama' | 'openai',
  options: FakeModelServerOptions,
  more: Parameters<typeof diagnose>[1] = {},
  deadlineMs = 12_000,
) {
  await using server = await fakeModelServer({ models: ['fake'], script: ANSWER, ...options })
  return await diagnose(llmSettings({ backends: [backendEntry(kind, server)], deadlineMs }), more)
}

describe.each(['ollama', 'openai'] as const)('doctor on %s', (kind) => {
  it('is content with a server that is well: model, context, speed, schema', async () => {
    const found = await findings(kind, {})
    expect(found.every((f) => f.ok)).toBe(true)
    const text = found.map((f) => f.what).join('\n')
    for (const fact of [
      /has the model fake/,
      /context of 8192 tokens/,
      /first token after \d+ ms/,
      /takes a JSON schema; its answer was exact/,
    ]) {
      expect(text).toMatch(fact)
    }
  })

  it('says which model is missing and what to type', async () => {
    const [finding] = await findings(kind, { models: ['a', 'b'] })
    expect(finding).toMatchObject({ ok: false, what: expect.stringMatching(/does not have the model fake \(it has a, b\)/) })
    expect(finding!.cure).toMatch(kind === 'ollama' ? /^ollama pull fake$/ : /llm\.model/)
  })

  it('finds prompts that do not fit', async () => {
    const size = { persona: 'debian-web', promptTokens: 4000, maxTokens: 600, contextTokens: 4096 }
    const found = await findings(kind, { contextTokens: 2048 }, { prompts: [size] })
    const bad = found.filter((f) => !f.ok).map((f) => f.what)
    expect(bad).toEqual([
      expect.stringMatching(/need 4000 tokens and leave no room for 600/),
      expect.stringMatching(/context of 2048 tokens and a persona asks for 4096/),
    ])
  })

  it('finds a server that is too slow for the deadline', async () => {
    const found = await findings(kind, { script: { text: ANSWER, drip: 30 } }, {}, 500)
    expect(found.find((f) => !f.ok)).toMatchObject({ what: expect.stringMatching(/takes \d+\.\d s and the deadline is 0\.5 s/) })
  })

  it('finds a model that cannot write the form', async () => {
    const found = await findings(kind, { script: 'I am happy to help!' })
    expect(found.find((f) => !f.ok)).toMatchObject({ cure: 'choose an instruction-tuned model' })
  })

  it('tells apart nobody there, a wrong address and a server in trouble', async () => {
    const server = await fakeModelServer()
    const settings = llmSettings({ backends: [backendEntry(kind, server)] })
    await server.close()
    expect(await diagnose(settings)).toMatchObject([
      { ok: false, what: expect.stringMatching(/connection refused/), cure: expect.stringMatching(/start/) },
    ])
    expect((await findings(kind, { script: { status: 500 } })).at(-1)).toMatchObject({ ok: false, what: expect.stringMatching(/HTTP 500/) })
  })

  it('asks no question when it must be quick', async () => {
    await using server = await fakeModelServer({ models: ['fake'] })
    expect(await diagnose(llmSettings({ backends: [backendEntry(kind, server)] }), { quick: true })).toHaveLength(1)
    expect(server.asked).toHaveLength(0)
  })
})

describe('doctor on the second guard', () => {
  const verdicts = ({ input }: Asked): string => JSON.stringify({ inCharacter: !input.includes('language model') })

  /** What is said of the second guard, beside a first model that is well. */
  async function ofGuard(options: FakeModelServerOptions, more: { model?: string; deadlineMs?: number } = {}): Promise<Finding[]> {
    await using first = await fakeModelServer({ models: ['fake'], script: ANSWER })
    await using server = await fakeModelServer({ models: ['judge'], script: verdicts, ...options })
    const secondGuard = { kind: 'ollama', url: server.url, model: 'judge', deadlineMs: 2_000, ...more } as const
    const found = await diagnose(llmSettings({ backends: [backendEntry('ollama', first)], secondGuard }))
    return found.filter(({ what }) => what.includes('second guard'))
  }

  it('is content with another model that judges rightly and in time', async () => {
    const found = await ofGuard({})
    expect(found.filter(({ ok }) => !ok)).toEqual([])
    const text = found.map(({ what }) => what).join('\n')
    for (const fact of [/has the model judge/, /tells a refusal from a command's output/, /judges in \d+ ms/]) expect(text).toMatch(fact)
  })

  it.each([
    [
      'is the model that it is to check',
      { models: ['fake'] },
      { model: 'fake' },
      /is fake, the model that it is to check/,
      /another model/,
    ],
    ['does not have its model', { models: ['other'] }, {}, /does not have the model judge \(it has other\)/, /ollama pull judge/],
    ['is in trouble', { script: { status: 500 } }, {}, /does not answer: HTTP 500/, /log of the model server/],
    ['is too slow', { script: (asked) => ({ text: verdicts(asked), after: 80 }) }, { deadlineMs: 40 }, /deadline is 40 ms/, /smaller/],
    ['lets everything pass', { script: '{"inCharacter": true}' }, {}, /lets an assistant's refusal pass/, /another/],
    ['rejects everything', { script: '{"inCharacter": false}' }, {}, /rejects the ordinary output/, /another/],
    ['gives no verdict', { script: 'Happy to help!' }, {}, /gives no verdict/, /another/],
  ] as [
    string,
    FakeModelServerOptions,
    { model?: string; deadlineMs?: number },
    RegExp,
    RegExp,
  ][])('says when it %s, and what to do', async (_, options, more, what, cure) => {
    const bad = (await ofGuard(options, more)).filter(({ ok }) => !ok)
    expect(bad).toEqual([{ ok: false, what: expect.stringMatching(what), cure: expect.stringMatching(cure) }])
  })

  it('says when nobody is there', async () => {
    await using first = await fakeModelServer({ models: ['fake'], script: ANSWER })
    const gone = await fakeModelServer()
    const { url } = gone
    await gone.close()
    const secondGuard = { kind: 'ollama', url, model: 'judge', deadlineMs: 2_000 } as const
    const bad = (await diagnose(llmSettings({ backends: [backendEntry('ollama', first)], secondGuard }))).filter(({ ok }) => !ok)
    expect(bad).toMatchObject([
      { what: expect.stringMatching(/^second guard, .*connection refused/), cure: expect.stringMatching(/start/) },
    ])
  })
})

it('doctor has nothing to say about a model that is switched off', async () => {
  expect(await diagnose(llmSettings({ enabled: false }))).toEqual([])
})

it('the prompts of a persona that ships fit its own context', () => {
  const { promptTokens, maxTokens, contextTokens } = promptSizeOf(persona())
  expect(promptTokens).toBeGreaterThan(800)
  expect(promptTokens + maxTokens).toBeLessThan(contextTokens)
})
