import { afterEach, describe, expect, it } from 'vitest'
import type { Backend, BackendRequest } from '../../src/llm/backend.ts'
import { BackendError } from '../../src/llm/backend.ts'
import { createBackend } from '../../src/llm/backends/create-backend.ts'
import { type FakeModelServer, type FakeModelServerOptions, fakeModelServer, shellText } from './fake-model-server.ts'
import { backendEntry } from './setup.ts'

const request: BackendRequest = {
  model: 'fake',
  messages: [
    { role: 'system', content: 'rules' },
    { role: 'user', content: 'lscpu' },
  ],
  schema: { type: 'object', properties: { stdout: { type: 'string' } } },
  temperature: 0.2,
  maxTokens: 99,
  contextTokens: 2048,
  seed: 5,
  keepAlive: '30m',
}

const open: { server: FakeModelServer }[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ server }) => server.close()))
})

describe.each(['ollama', 'openai'] as const)('backend %s', (kind) => {
  async function start(options: FakeModelServerOptions = {}): Promise<{ server: FakeModelServer; backend: Backend }> {
    const server = await fakeModelServer(options)
    open.push({ server })
    return { server, backend: createBackend(backendEntry(kind, server)) }
  }

  async function troubleOf(options: FakeModelServerOptions, signal = AbortSignal.timeout(2_000)): Promise<string> {
    const { backend } = await start(options)
    const failure = await backend.generate(request, signal).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(BackendError)
    return (failure as BackendError).trouble
  }

  it('gives the text of the model with times and token counts', async () => {
    const { backend } = await start({ script: { text: shellText('hello\n'), after: 20, drip: 2 } })
    const answer = await backend.generate(request, AbortSignal.timeout(2_000))
    expect(answer).toMatchObject({ text: shellText('hello\n'), finish: 'stop', structured: 'json_schema', outputTokens: 16 })
    expect(answer.promptTokens).toBeGreaterThan(0)
    expect(answer.firstTokenMs).toBeGreaterThanOrEqual(15)
    expect(answer.totalMs).toBeGreaterThanOrEqual(answer.firstTokenMs)
  })

  it('sends schema, sampling and token cap, and switches thinking off', async () => {
    const { server, backend } = await start()
    await backend.generate(request, AbortSignal.timeout(2_000))
    const { body, schema, messages } = server.asked[0]!
    expect(schema).toEqual(request.schema)
    expect(messages).toEqual(request.messages)
    if (kind === 'ollama') {
      expect(body).toMatchObject({
        think: false,
        stream: true,
        keep_alive: '30m',
        options: { num_ctx: 2048, num_predict: 99, temperature: 0.2, seed: 5 },
      })
    } else {
      expect(body).toMatchObject({
        stream: true,
        max_tokens: 99,
        temperature: 0.2,
        seed: 5,
        chat_template_kwargs: { enable_thinking: false },
      })
    }
  })

  it('leaves thinking out of the text', async () => {
    const { backend } = await start({ script: { text: 'x', thinking: 'Let me think. As an AI…' } })
    expect((await backend.generate(request, AbortSignal.timeout(2_000))).text).toBe('x')
  })

  it('knows an answer that the token cap cut', async () => {
    const { backend } = await start({ script: { fault: 'cut' } })
    expect((await backend.generate(request, AbortSignal.timeout(2_000))).finish).toBe('length')
  })

  it('takes the answer of a model that stammers as cut, not its server as broken', async () => {
    const { backend } = await start({ script: { fault: 'stammer' } })
    const { text, finish } = await backend.generate(request, AbortSignal.timeout(2_000))
    expect([text, finish]).toEqual([`{"stdout": "${'0'.repeat(31)}`, 'length'])
  })

  it.each([
    ['model-missing', { models: ['other'] }],
    ['busy', { script: { status: 429 } }],
    ['busy', { script: { status: 503 } }],
    ['refused', { script: { status: 500 } }],
    ['unauthorised', { script: { status: 401 } }],
    ['broken', { script: { fault: 'half' } }],
    ['broken', { script: { fault: 'stream-error' } }],
    ['broken', { script: { fault: 'garbage' } }],
    ['broken', { script: { fault: 'reset' } }],
  ] as [string, FakeModelServerOptions][])('calls it %s when the server does %j', async (trouble, options) => {
    expect(await troubleOf(options)).toBe(trouble)
  })

  it('calls a server that is not there unreachable', async () => {
    const { server, backend } = await start()
    await server.close()
    open.pop()
    await expect(backend.generate(request, AbortSignal.timeout(2_000))).rejects.toMatchObject({ trouble: 'unreachable' })
  })

  it.each(['hang', 'stall'] as const)('ends the call on the server when the signal ends it here (%s)', async (fault) => {
    const { server, backend } = await start({ script: { fault } })
    const stop = new AbortController()
    const answer = backend.generate(request, stop.signal)
    await server.until((s) => s.open === 1)
    stop.abort()
    await expect(answer).rejects.toMatchObject({ trouble: 'cancelled' })
    await server.until((s) => s.cancelled === 1 && s.open === 0)
  })

  it('stops a model that does not stop', async () => {
    const { server, backend } = await start({ script: { text: 'x'.repeat(200 * 1024) } })
    await expect(backend.generate(request, AbortSignal.timeout(10_000))).rejects.toMatchObject({ trouble: 'too-long' })
    await server.until((s) => s.open === 0)
  })

  it('lists models and their context', async () => {
    const { backend } = await start({ models: ['a:1b', 'b'], contextTokens: 1234 })
    expect(await backend.models(AbortSignal.timeout(2_000))).toEqual(['a:1b', 'b'])
    expect(await backend.contextTokens('b', AbortSignal.timeout(2_000))).toBe(1234)
  })
})

describe('backend openai', () => {
  it.each(['json_object', 'none'] as const)('comes down to %s with a server that knows no more, and remembers', async (structured) => {
    await using server = await fakeModelServer({ structured })
    const backend = createBackend(backendEntry('openai', server))
    expect((await backend.generate(request, AbortSignal.timeout(2_000))).structured).toBe(structured)
    const tries = server.asked.length
    expect((await backend.generate(request, AbortSignal.timeout(2_000))).structured).toBe(structured)
    expect(server.asked).toHaveLength(tries + 1)
  })

  it('sends the key as bearer token', async () => {
    await using server = await fakeModelServer()
    const backend = createBackend({ ...backendEntry('openai', server), apiKey: 'k-1' })
    await backend.generate(request, AbortSignal.timeout(2_000))
    expect(server.asked[0]?.headers.authorization).toBe('Bearer k-1')
  })
})
