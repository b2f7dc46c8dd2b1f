import { afterAll, beforeAll, expect, it } from 'vitest'
import ollamaApi from '../../src/emulators/ollama-api/index.ts'
import { type Playing, play } from '../harness.ts'
import { ran } from './ran.ts'

let playing: Playing

beforeAll(async () => {
  playing = await play(ollamaApi, { persona: 'ubuntu-gpu', options: { tokensPerSecond: 10_000, pullSeconds: 0 } })
})

afterAll(() => playing.stop())

it('curl streams an answer line by line', async () => {
  const { stdout } = await ran('curl', [
    '-sSN',
    `http://127.0.0.1:${playing.port()}/api/generate`,
    '-d',
    '{"model":"llama3.1:8b","prompt":"What is 6 * 7?"}',
  ])
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { response: string; done: boolean })
  expect(lines.map(({ response }) => response).join('')).toBe('6 * 7 = 42')
  expect(lines.at(-1)!.done).toBe(true)
})

it('nmap has no line for it, as for the real one, and prints what it said', async () => {
  const { stdout } = await ran('nmap', ['-n', '-Pn', '-sV', '-p', String(playing.port()), '127.0.0.1'], undefined, 120_000)
  expect(stdout).toMatch(/open {2}unknown/)
  expect(stdout.replace(/\nSF:/g, '')).toContain('Ollama\\x20is\\x20running')
}, 130_000)
