import { pino } from 'pino'
import { z } from 'zod'
import { Identity } from '../../src/config/identity.ts'
import type { Persona } from '../../src/config/persona.ts'
import { loadPersona } from '../../src/config/personas.ts'
import { Settings } from '../../src/config/schema.ts'
import { createEngine, type EngineSetup, type ModelEngine } from '../../src/llm/engine.ts'
import type { Question } from '../../src/llm/question.ts'
import { MemoryState } from '../harness.ts'
import type { FakeModelServer } from './fake-model-server.ts'

export const silent = pino({ level: 'silent' })

const debian = loadPersona('prompts', 'debian-web', new Identity(Buffer.alloc(32, 7)))

/** The Debian persona with other model parameters. */
export function persona(model: Partial<Persona['model']> = {}): Persona {
  return { ...debian, model: { ...debian.model, ...model } }
}

export const ShellAnswer = z.strictObject({
  stdout: z.string(),
  stderr: z.string(),
  exitCode: z.number().int().min(0).max(255),
  operations: z.array(
    z.discriminatedUnion('type', [
      z.strictObject({ type: z.literal('write_file'), path: z.string(), content: z.string() }),
      z.strictObject({ type: z.literal('mkdir'), path: z.string() }),
    ]),
  ),
})
export type ShellAnswer = z.infer<typeof ShellAnswer>

export const WebAnswer = z.strictObject({
  status: z.number().int().min(200).max(599),
  headers: z.array(z.strictObject({ name: z.string(), value: z.string() })),
  body: z.string(),
})
export type WebAnswer = z.infer<typeof WebAnswer>

/** What the built-in engine says in these tests. */
export const SHELL_FALLBACK: ShellAnswer = { stdout: '', stderr: 'Segmentation fault\n', exitCode: 139, operations: [] }
export const WEB_FALLBACK: WebAnswer = {
  status: 404,
  headers: [{ name: 'Content-Type', value: 'text/html' }],
  body: '<h1>404 Not Found</h1>\n',
}

export function shellQuestion(input: string, more: Partial<Question<ShellAnswer>> = {}): Question<ShellAnswer> {
  const { shell } = debian.prompts
  return {
    kind: 'shell',
    persona: persona(),
    schema: ShellAnswer,
    instructions: shell,
    state: 'cwd: /root\nuser: root',
    history: [],
    input,
    key: input.trim(),
    share: 'persona',
    asker: { ip: '203.0.113.9', session: 'session-1' },
    fallback: () => structuredClone(SHELL_FALLBACK),
    ...more,
  }
}

export function webQuestion(input: string, more: Partial<Question<WebAnswer>> = {}): Question<WebAnswer> {
  const { web } = debian.prompts
  return {
    kind: 'web',
    persona: persona(),
    schema: WebAnswer,
    instructions: web,
    state: '',
    history: [],
    input,
    key: input,
    share: 'persona',
    asker: { ip: '203.0.113.9', session: 'session-1' },
    fallback: () => structuredClone(WEB_FALLBACK),
    ...more,
  }
}

/** Settings of `llm:` with the fake server behind one of the two protocols. */
export function llmSettings(more: Record<string, unknown> = {}): Settings['llm'] {
  return Settings.parse({ llm: { model: 'fake', deadlineMs: 2_000, breaker: { failures: 3, pauseMs: 50 }, ...more } }).llm
}

export function backendEntry(kind: 'ollama' | 'openai', server: Pick<FakeModelServer, 'url' | 'openaiUrl'>, concurrency = 4) {
  return { kind, url: kind === 'ollama' ? server.url : server.openaiUrl, concurrency }
}

export function engineOn(settings: Settings['llm'], more: Partial<EngineSetup> = {}): ModelEngine & Disposable {
  const engine = createEngine({ settings, state: new MemoryState(), log: silent, ...more })
  return Object.assign(engine, { [Symbol.dispose]: () => engine.close() })
}
