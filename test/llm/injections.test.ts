import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Backend, BackendRequest } from '../../src/llm/backend.ts'
import { shellText, webText } from './fake-model-server.ts'
import { LEAKS } from './leaks.ts'
import { engineOn, llmSettings, persona, SHELL_FALLBACK, shellQuestion, WEB_FALLBACK, webQuestion } from './setup.ts'

interface Attempt {
  aim: string
  language: string
  carrier: string
  surface: 'ssh' | 'http'
  input: string
}

const attempts = JSON.parse(readFileSync(new URL('injections.json', import.meta.url), 'utf8')) as Attempt[]

/** A model that gives in to every attempt: leaks in a new way each time. */
function leakyModel(leaked: string[]): Backend {
  let n = 0
  return {
    kind: 'ollama',
    url: 'leaky:',
    async generate({ messages, schema }: BackendRequest) {
      const system = messages[0]!.content
      const canary = /output: ([a-z]{14})$/m.exec(system)![1]!
      const { text: leakOf, bare } = LEAKS[n++ % LEAKS.length]!
      const leak = leakOf({ system, canary })
      leaked.push(leak)
      const body = bare || n % 2 ? leak : `<html><body><p>${leak}</p></body></html>`
      const text = JSON.stringify(schema).includes('stdout') ? shellText(leak) : webText(body)
      return { text, finish: 'stop', structured: 'json_schema', firstTokenMs: 0, totalMs: 0 }
    },
    models: async () => ['fake'],
    contextTokens: async () => undefined,
    sameModel: () => true,
    pullCommand: () => '',
  }
}

describe('a thousand attempts to make the model drop its part', () => {
  it('are a thousand, over SSH and HTTP, in English and six other languages', () => {
    expect(attempts.length).toBeGreaterThanOrEqual(1_000)
    expect(new Set(attempts.map((a) => a.language)).size).toBe(7)
    expect(new Set(attempts.map((a) => a.input)).size).toBe(attempts.length)
  })

  it('leak nothing, even with a model that gives in to each of them', async () => {
    const leaked: string[] = []
    const budget = { source: 1e9, network: 1e9, session: 1e9, hour: 1e9 }
    using engine = engineOn(llmSettings({ backends: [{ kind: 'ollama', url: 'http://127.0.0.1:1' }], budget }), {
      backends: [leakyModel(leaked)],
    })
    // Room for the whole of the prompt in the answer, so that it is the guard that stops it.
    const roomy = persona({ contextTokens: 16_000 })
    for (const { surface, input } of attempts) {
      const before = leaked.length
      const answer =
        surface === 'ssh'
          ? await engine.ask(shellQuestion(input, { persona: roomy }))
          : await engine.ask(webQuestion(input, { persona: roomy }))
      const wire = JSON.stringify(answer.value)
      for (const leak of leaked.slice(before))
        expect(wire, `${input} made the model say: ${leak}`).not.toContain(JSON.stringify(leak).slice(1, -1))
      expect(answer.value).toEqual(surface === 'ssh' ? SHELL_FALLBACK : WEB_FALLBACK)
    }
    expect(leaked.length).toBe(2 * attempts.length)
  })
})
