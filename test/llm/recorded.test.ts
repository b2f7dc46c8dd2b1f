import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { readAnswer } from '../../src/llm/answer-schema.ts'
import type { BackendAnswer } from '../../src/llm/backend.ts'
import { createBackend } from '../../src/llm/backends/create-backend.ts'
import { type FakeModelServerOptions, fakeModelServer } from './fake-model-server.ts'
import { ShellAnswer, WebAnswer } from './setup.ts'

/** What llama.cpp b11434 and Ollama 0.17.4 sent on the wire, each with Gemma 3 270M (base, Q4_K_M). */
interface Recorded {
  name: string
  server: 'llama.cpp' | 'ollama'
  status: number
  contentType: string
  body: string
}

/** What Ollama 0.24.0 said to one request each, with the same model. */
interface Said {
  name: string
  path: string
  status: number
  contentType: string
  body: string
}

const said = JSON.parse(readFileSync(new URL('recorded/ollama.json', import.meta.url), 'utf8')) as Said[]
const saidOf = (name: string): Said => said.find((one) => one.name === name)!

const recorded = JSON.parse(readFileSync(new URL('recorded/model-servers.json', import.meta.url), 'utf8')) as Recorded[]

/** Lets a backend meet a recorded answer. */
async function replay({ server, status, contentType, body }: Omit<Recorded, 'name'>): Promise<BackendAnswer> {
  const playing = createServer((_request, response) => response.writeHead(status, { 'content-type': contentType }).end(body))
  playing.listen(0, '127.0.0.1')
  await once(playing, 'listening')
  const { port } = playing.address() as AddressInfo
  const url = server === 'ollama' ? `http://127.0.0.1:${port}` : `http://127.0.0.1:${port}/v1`
  const backend = createBackend({ kind: server === 'ollama' ? 'ollama' : 'openai', url, concurrency: 1 })
  const request = { model: 'm', messages: [], schema: {}, temperature: 0, maxTokens: 1, contextTokens: 512, keepAlive: '1m' }
  try {
    return await backend.generate(request, AbortSignal.timeout(5_000))
  } finally {
    playing.closeAllConnections()
    playing.close()
  }
}

describe('recorded from real model servers', () => {
  it.each(recorded.filter((r) => r.status === 200))('$server, $name: text, counts and form are read', async (recording) => {
    const answer = await replay(recording)
    expect(answer.promptTokens).toBeGreaterThan(20)
    expect(answer.outputTokens).toBeGreaterThan(10)
    expect(answer.text.startsWith('{')).toBe(true)
    const shell = recording.name.startsWith('shell')
    const reading = shell ? readAnswer(answer.text, ShellAnswer, answer.structured) : readAnswer(answer.text, WebAnswer, answer.structured)
    // A cut answer has lost its body; any other one obeys the schema it was bound to.
    expect(reading.ok || answer.finish === 'length').toBe(true)
  })

  it.each([
    ['llama.cpp', 'prompt larger than the context', 'context'],
    ['ollama', 'prompt larger than the context', 'context'],
    ['ollama', 'model that is not there', 'model-missing'],
    ['llama.cpp', 'broken schema', 'refused'],
  ] as const)('%s, %s is known as %s', async (server, name, trouble) => {
    const recording = recorded.find((r) => r.server === server && r.name === name)!
    await expect(replay(recording)).rejects.toMatchObject({ trouble })
  })
})

describe('recorded from Ollama 0.24.0', () => {
  const answer = (name: string): Promise<BackendAnswer> => replay({ ...saidOf(name), server: 'ollama' })

  it.each([
    ['model that is being loaded, at most 12 tokens', 12],
    ['shell uptime, at most 60 tokens', 60],
  ])('%s: an answer that its token cap cut', async (name, outputTokens) => {
    expect(await answer(name)).toMatchObject({ finish: 'length', promptTokens: 24, outputTokens })
  })

  it('a piece over and over: a cut answer of a server that is well', async () => {
    const { text, finish } = await answer('a piece over and over')
    expect([finish, text]).toEqual(['length', expect.stringMatching(/0{31}$/)])
  })

  it.each([
    ['model that is not there', 'model-missing'],
    ['prompt larger than the context', 'context'],
    ['too many at once', 'busy'],
    ['broken schema', 'refused'],
    ['model server killed in the middle', 'broken'],
  ])('%s is known as %s', async (name, trouble) => {
    await expect(answer(name)).rejects.toMatchObject({ trouble })
  })
})

describe('the fake Ollama is like the real one', () => {
  /** Keys and kinds of values of each line, one after another equal ones once. */
  function shapeOf({ status, contentType, body }: Pick<Said, 'status' | 'contentType' | 'body'>): unknown {
    const shapes = body
      .trim()
      .split('\n')
      .map((line) => JSON.stringify(kindsOf(JSON.parse(line))))
    return { status, contentType, lines: shapes.filter((shape, i) => shape !== shapes[i - 1]) }
  }

  function kindsOf(value: unknown): unknown {
    if (Array.isArray(value)) return value.slice(0, 1).map(kindsOf)
    if (typeof value !== 'object' || value === null) return typeof value
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, kindsOf(one)]))
  }

  async function asked(fake: FakeModelServerOptions, path: string, body?: object): Promise<Pick<Said, 'status' | 'contentType' | 'body'>> {
    await using server = await fakeModelServer(fake)
    const response = await fetch(`${server.url}${path}`, body ? { method: 'POST', body: JSON.stringify(body) } : {})
    return { status: response.status, contentType: response.headers.get('content-type') ?? '', body: await response.text() }
  }

  const chat = { model: 'fake', messages: [{ role: 'user', content: 'uptime' }], stream: true }

  it.each([
    ['shell uptime, at most 60 tokens', { script: { fault: 'cut' } }],
    ['a piece over and over', { script: { fault: 'stammer' } }],
    ['model server killed in the middle', { script: { fault: 'stream-error' } }],
    ['model that is not there', { models: ['other'] }],
    ['too many at once', { script: { status: 503 } }],
  ] as [string, FakeModelServerOptions][])('when it says: %s', async (name, fake) => {
    const fakes = await asked(fake, '/api/chat', chat)
    expect(shapeOf(fakes)).toEqual(shapeOf(saidOf(name)))
    if (fakes.status >= 400 || name.includes('killed')) {
      const lastLine = (body: string): string => body.trim().split('\n').at(-1)!.replace('qwen3:4b', 'fake')
      expect(lastLine(fakes.body)).toBe(lastLine(saidOf(name).body))
    }
  })

  it('when it lists its models and shows one', async () => {
    expect(shapeOf(await asked({ models: ['fake'] }, '/api/tags'))).toEqual(shapeOf(saidOf('list of models')))
    const [fakes, real] = [await asked({}, '/api/show', { model: 'fake' }), saidOf('model that is shown')]
    const keys = (body: string): string[] => Object.keys(JSON.parse(body)).sort()
    expect(keys(fakes.body)).toEqual(keys(real.body))
    expect(fakes).toMatchObject({ status: real.status, contentType: real.contentType })
  })
})
