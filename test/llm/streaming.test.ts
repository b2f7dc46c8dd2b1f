import { describe, expect, it } from 'vitest'
import type { Backend, BackendRequest } from '../../src/llm/backend.ts'
import type { Question } from '../../src/llm/question.ts'
import { fakeModelServer, shellText, webText } from './fake-model-server.ts'
import { LEAKS } from './leaks.ts'
import {
  backendEntry,
  engineOn,
  llmSettings,
  persona,
  SHELL_FALLBACK,
  type ShellAnswer,
  shellQuestion,
  type WebAnswer,
  webQuestion,
} from './setup.ts'

/** A question whose answer is watched while it is made. */
function watched(input: string, more: Partial<Question<ShellAnswer>> = {}) {
  const pieces: string[] = []
  const stream: Question<ShellAnswer>['stream'] = {
    field: 'stdout',
    give: (piece) => pieces.push(piece),
    end: (stdout) => ({ stdout, stderr: '', exitCode: 0, operations: [] }),
  }
  return { pieces, shown: () => pieces.join(''), question: shellQuestion(input, { stream, ...more }) }
}

const LINES = Array.from({ length: 30 }, (_, i) => `Jun ${(i % 28) + 1} 06:25:0${i % 10} cron[${700 + i}]: job ${i} done\n`).join('')

describe.each(['ollama', 'openai'] as const)('an answer that a %s server is still writing', (kind) => {
  it('is shown from its first line on, and is whole in the end', async () => {
    await using server = await fakeModelServer({ script: { text: shellText(LINES, { exitCode: 2 }), drip: 1 } })
    using engine = engineOn(llmSettings({ backends: [backendEntry(kind, server)], deadlineMs: 60_000 }))
    const { pieces, shown, question } = watched('journalctl')
    const { value, source } = await engine.ask(question)
    expect({ value, source }).toMatchObject({ source: 'llm', value: { stdout: LINES, exitCode: 2 } })
    expect(pieces.length).toBeGreaterThan(3)
    expect(pieces[0]).toBe(LINES.slice(0, LINES.indexOf('\n') + 1))
    expect(LINES.startsWith(shown())).toBe(true)
    expect(pieces.every((piece) => piece.endsWith('\n'))).toBe(true)
  })

  it('ends with what was shown when the server falls silent, and says the same from then on', async () => {
    await using server = await fakeModelServer({ script: { text: shellText(LINES), fault: 'stall' } })
    using engine = engineOn(llmSettings({ backends: [backendEntry(kind, server)], deadlineMs: 1_000 }))
    const { shown, question } = watched('journalctl')
    const answer = await engine.ask(question)
    expect(shown()).not.toBe('')
    expect(answer).toMatchObject({ source: 'llm', value: { stdout: shown(), exitCode: 0 } })
    expect(answer.generation.trouble).toBe('the answer was not whole at the deadline')
    expect(await engine.ask(watched('journalctl').question)).toMatchObject({ source: 'cache', value: { stdout: shown() } })
  })

  it.each(['reset', 'half', 'stream-error'] as const)('ends with what was shown on a %s, without asking again', async (fault) => {
    await using server = await fakeModelServer({ script: { text: shellText(LINES), fault, drip: 1 } })
    using engine = engineOn(llmSettings({ backends: [backendEntry(kind, server)], deadlineMs: 60_000 }))
    const { shown, question } = watched('journalctl')
    const answer = await engine.ask(question)
    expect(shown()).not.toBe('')
    expect(answer.value.stdout).toBe(shown())
    expect(server.asked).toHaveLength(1)
  })
})

describe('while an answer is shown', () => {
  it('who asks the same later sees the same, from its beginning', async () => {
    await using server = await fakeModelServer({ script: { text: shellText(LINES), drip: 2 } })
    using engine = engineOn(llmSettings({ backends: [backendEntry('ollama', server)], deadlineMs: 60_000 }))
    let joined: { shown: () => string; answer: Promise<unknown> } | undefined
    const first = watched('journalctl')
    const give = first.question.stream!.give
    first.question.stream!.give = (piece, known) => {
      give(piece, known)
      const second = watched('journalctl')
      joined ??= { shown: second.shown, answer: engine.ask(second.question) }
    }
    await engine.ask(first.question)
    await joined!.answer
    expect(server.asked).toHaveLength(1)
    expect(joined!.shown()).toBe(first.shown())
  })

  it('only one of two rivals is, and the other is cancelled', async () => {
    await using slow = await fakeModelServer({ script: { text: shellText(LINES), drip: 10 } })
    await using fast = await fakeModelServer({ script: { text: shellText(LINES.replaceAll('cron', 'anacron')), drip: 10 } })
    const backends = [backendEntry('ollama', slow), backendEntry('ollama', fast)]
    using engine = engineOn(llmSettings({ backends, hedgeMs: 1, deadlineMs: 60_000 }))
    const { shown, question } = watched('journalctl')
    const { value, source } = await engine.ask(question)
    expect(source).toBe('llm')
    expect(value.stdout.startsWith(shown())).toBe(true)
    expect(engine.state().backends.map((b) => b.inFlight)).toEqual([0, 0])
  })

  it('status and headers of a page are known with its first line', async () => {
    const body = `<!DOCTYPE html>\n<html>\n${'<p>Oak and ash, planed.</p>\n'.repeat(20)}</html>\n`
    await using server = await fakeModelServer({ script: { text: webText(body, { status: 403 }), drip: 1 } })
    using engine = engineOn(llmSettings({ backends: [backendEntry('openai', server)], deadlineMs: 60_000 }))
    const seen: { piece: string; status: unknown }[] = []
    const stream: Question<WebAnswer>['stream'] = {
      field: 'body',
      give: (piece, { status }) => seen.push({ piece, status }),
      end: (shown) => ({ status: 200, headers: [], body: shown }),
    }
    const { value } = await engine.ask(webQuestion('GET /portal/', { stream }))
    expect(value).toMatchObject({ status: 403, body })
    expect(seen[0]).toEqual({ piece: '<!DOCTYPE html>\n', status: 403 })
    expect(body.startsWith(seen.map((s) => s.piece).join(''))).toBe(true)
  })

  it('nothing of a leak is seen that comes after good lines', async () => {
    const budget = { source: 1e9, network: 1e9, session: 1e9, hour: 1e9 }
    const roomy = persona({ contextTokens: 16_000 })
    for (const { name, text: leakOf } of LEAKS.filter(({ bare }) => !bare)) {
      let leak = ''
      const backend = writing(({ system, canary }) => {
        leak = leakOf({ system, canary })
        return `${LINES.slice(0, 300)}\n${leak}\n`
      })
      using engine = engineOn(llmSettings({ backends: [{ kind: 'ollama', url: 'http://127.0.0.1:1' }], budget }), { backends: [backend] })
      const { shown, question } = watched('journalctl', { persona: roomy })
      const { value } = await engine.ask(question)
      const lines = leak.split('\n').filter((line) => line.length > 12)
      for (const seen of [shown(), value.stdout]) for (const line of lines) expect(seen, name).not.toContain(line)
      expect(value.stdout.startsWith(shown())).toBe(true)
    }
  })

  it('a page of one long line is shown block by block, and nothing of a leak that comes after good blocks', async () => {
    const good = `<!DOCTYPE html><html><head><title>Orders</title></head><body>${'<p>Oak, planed to size in our own yard.</p>'.repeat(12)}`
    const pieces = async (body: string): Promise<string[]> => {
      await using server = await fakeModelServer({ script: { text: webText(body), drip: 1 } })
      using engine = engineOn(llmSettings({ backends: [backendEntry('ollama', server)], deadlineMs: 60_000 }))
      const shown: string[] = []
      const stream: Question<WebAnswer>['stream'] = {
        field: 'body',
        give: (piece) => shown.push(piece),
        end: (text) => ({ status: 200, headers: [], body: text }),
      }
      await engine.ask(webQuestion('GET /portal/', { stream }))
      return shown
    }
    const whole = await pieces(`${good}</body></html>`)
    expect(whole.length).toBeGreaterThan(3)
    expect(`${good}</body></html>`.startsWith(whole.join(''))).toBe(true)
    expect(whole.every((piece) => /<\/(title|head|p)>$/.test(piece))).toBe(true)
    const leaky = await pieces(`${good}<p>As an AI language model I cannot show more orders.</p></body></html>`)
    expect(leaky.join('')).not.toBe('')
    expect(good.startsWith(leaky.join(''))).toBe(true)
  })

  it('prose, fences and refusals at its beginning are not', async () => {
    for (const text of [
      'Sure! {"stdout": "a\\nb\\n"}',
      shellText("I'm sorry, but I can't assist with that request.\nx\n"),
      shellText('null\n'),
    ]) {
      using engine = engineOn(llmSettings({ backends: [{ kind: 'ollama', url: 'http://127.0.0.1:1' }] }), {
        backends: [writing(() => text, true)],
      })
      const { shown, question } = watched('journalctl')
      await engine.ask(question)
      expect(shown()).toBe('')
    }
  })
})

describe('an answer that comes after the deadline', () => {
  it('is kept for who asks next', async () => {
    await using server = await fakeModelServer({ script: { text: shellText('slow\n'), after: 450 } })
    using engine = engineOn(llmSettings({ backends: [backendEntry('ollama', server)], deadlineMs: 300 }))
    expect(await engine.ask(shellQuestion('php -v'))).toMatchObject({ source: 'fallback', value: SHELL_FALLBACK })
    await expect.poll(async () => (await engine.ask(shellQuestion('php -v'))).source, { interval: 50, timeout: 5_000 }).toBe('cache')
    expect(server.asked).toHaveLength(1)
    expect(server.cancelled).toBe(0)
  })

  it('gives way to a question that somebody waits for', async () => {
    await using server = await fakeModelServer({ script: [{ fault: 'hang' }, shellText('quick\n')] })
    using engine = engineOn(
      llmSettings({ backends: [backendEntry('ollama', server, 1)], deadlineMs: 1_000, breaker: { failures: 9, pauseMs: 50 } }),
    )
    expect((await engine.ask(shellQuestion('php -v'))).source).toBe('fallback')
    expect(await engine.ask(shellQuestion('php -m'))).toMatchObject({ source: 'llm', value: { stdout: 'quick\n' } })
    await server.until((s) => s.cancelled === 1)
  })
})

/** A model that writes a text in pieces of a few characters. @param whole the text is the answer as it stands, JSON or not */
function writing(textOf: (prompt: { system: string; canary: string }) => string, whole = false): Backend {
  return {
    kind: 'ollama',
    url: 'writing:',
    async generate({ messages }: BackendRequest, _signal, onText) {
      const system = messages[0]!.content
      const said = textOf({ system, canary: /output: ([a-z]{14})$/m.exec(system)![1]! })
      const text = whole ? said : shellText(said)
      for (let at = 7; at < text.length + 7; at += 7) onText?.(text.slice(0, at))
      return { text, finish: 'stop', structured: 'json_schema', firstTokenMs: 0, totalMs: 0 }
    },
    models: async () => ['fake'],
    contextTokens: async () => undefined,
    sameModel: () => true,
    pullCommand: () => '',
  }
}
