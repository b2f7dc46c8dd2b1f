import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { readAnswer } from '../../src/llm/answer-schema.ts'
import type { BackendAnswer } from '../../src/llm/backend.ts'
import { createBackend } from '../../src/llm/backends/create-backend.ts'
import { ShellAnswer, WebAnswer } from './setup.ts'

/** What llama.cpp b11434 and Ollama 0.17.4 sent on the wire, each with Gemma 3 270M (base, Q4_K_M). */
interface Recorded {
  name: string
  server: 'llama.cpp' | 'ollama'
  status: number
  contentType: string
  body: string
}

const recorded = JSON.parse(readFileSync(new URL('recorded/model-servers.json', import.meta.url), 'utf8')) as Recorded[]

/** Lets a backend meet a recorded answer. */
async function replay({ server, status, contentType, body }: Recorded): Promise<BackendAnswer> {
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
