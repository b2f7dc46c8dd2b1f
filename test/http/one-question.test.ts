import { describe, expect, it } from 'vitest'
import http from '../../src/http/lure.ts'
import { play } from '../harness.ts'
import { fakeModelServer, webText } from '../llm/fake-model-server.ts'
import { backendEntry, engineOn, llmSettings } from '../llm/setup.ts'
import { ask } from './ask.ts'
import { MemoryHosts } from './memory-hosts.ts'

describe('a page that a hundred clients ask for at once', () => {
  it('costs one call of the model, and is the same to the byte for all, and later', async () => {
    const body = '<h1>Password</h1>\n<p>Your address.</p>\n'
    await using server = await fakeModelServer({ script: { text: webText(body), after: 200 } })
    using engine = engineOn(llmSettings({ backends: [backendEntry('ollama', server)], deadlineMs: 20_000 }))
    const playing = await play(http, {
      persona: 'debian-web',
      hosts: new MemoryHosts(),
      engine,
      settings: { limits: { connectionsPerSource: 200 } },
    })
    try {
      const replies = await Promise.all(Array.from({ length: 100 }, () => ask(playing, 'GET', '/portal/reset.php')))
      expect(new Set(replies.map((reply) => `${reply.status} ${reply.body}`))).toEqual(new Set([`200 ${body}`]))
      expect(server.asked).toHaveLength(1)
      expect((await ask(playing, 'GET', '/portal/reset.php')).body).toBe(body)
      expect(server.asked).toHaveLength(1)
    } finally {
      await playing.stop()
    }
  }, 30_000)
})
