import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import { loadPersona } from '../../src/config/personas.ts'
import { Settings } from '../../src/config/schema.ts'
import { uuid7 } from '../../src/events/uuid7.ts'
import { createHosts } from '../../src/host/hosts.ts'
import { AskingAhead } from '../../src/lab/asking-ahead.ts'
import { createEngine, type ModelEngine } from '../../src/llm/engine.ts'
import { openStores, type Stores } from '../../src/store/open.ts'
import { MemoryState } from '../harness.ts'
import { type FakeModelServer, fakeModelServer, shellText } from '../llm/fake-model-server.ts'
import { sampleEvent } from '../store/sample-events.ts'

const log = pino({ level: 'silent' })
const identity = new Identity(Buffer.alloc(32, 7))
const persona = loadPersona('prompts', 'debian-web', identity)
/** In the persona's $PATH, and nobody's command. */
const PROGRAM = 'mysqlimport --version'

let folder: string
let stores: Stores
let server: FakeModelServer & AsyncDisposable
let engine: ModelEngine
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sundew-ahead-'))
  stores = openStores(Settings.parse({ data: folder }), log)
  server = await fakeModelServer({ script: shellText('mysqlimport  Ver 3.7\n') })
})
afterEach(async () => {
  engine.close()
  await server.close()
  await stores.close()
  rmSync(folder, { recursive: true, force: true })
})

function start(ahead: Record<string, unknown> = {}): AskingAhead {
  const settings = Settings.parse({ llm: { model: 'small', ahead, backends: [{ kind: 'ollama', url: server.url, concurrency: 2 }] } })
  engine = createEngine({ settings: settings.llm, state: new MemoryState(), log })
  return new AskingAhead({ settings: settings.llm.ahead, engine, store: stores.events, identity, persona: () => persona, log })
}

/** A bot came while there was no model. */
async function visit(input: string): Promise<void> {
  const session = uuid7()
  const base = { session, lure: 'ssh', persona: persona.name }
  const turn = (said: string, source: string, question?: { kind: string; key: string }) => ({
    kind: 'shell',
    input: said,
    output: '',
    source,
    exitCode: 0,
    durationMs: 1,
    detail: { user: 'root' },
    ...(question ? { generation: { persona: persona.name, promptVersion: 'old', question } } : {}),
  })
  stores.events.append(sampleEvent({ ...base, type: 'session.open', data: {} }))
  stores.events.append(sampleEvent({ ...base, type: 'turn', data: turn('cd /tmp', 'static') }))
  stores.events.append(sampleEvent({ ...base, type: 'turn', data: turn(input, 'fallback', { kind: 'shell', key: input }) }))
  await stores.events.flush()
}

/** What the next bot gets, and where it came from. */
async function nextBot(input: string): Promise<{ stdout: string; sources: string[] }> {
  const sources: string[] = []
  const hosts = createHosts({
    identity,
    state: new MemoryState(),
    engine: {
      ask: async (question) => {
        const answer = await engine.ask(question)
        sources.push(answer.source)
        return answer
      },
      state: () => engine.state(),
    },
  })
  const { stdout } = await hosts.of(persona, '203.0.113.80').run({
    command: input,
    user: 'root',
    via: 'sshd',
    remote: { ip: '203.0.113.80', port: 40_000 },
    local: { ip: '10.20.0.14', port: 22 },
    recorder: { session: uuid7(), record: () => undefined, capture: () => Promise.reject(new Error('nothing to keep')) as never },
  })
  hosts.close()
  return { stdout: String(stdout), sources }
}

describe('asking ahead', () => {
  it('has the answer ready that several sessions asked for, and counts that it was used', async () => {
    const ahead = start()
    await visit(PROGRAM)
    expect(await ahead.askOne()).toBeUndefined()
    await visit(PROGRAM)
    expect(await ahead.askOne()).toBe('made')
    expect(server.asked).toHaveLength(1)
    expect(engine.state().ahead).toMatchObject({ made: 1, used: 0 })
    expect(await nextBot(PROGRAM)).toEqual({ stdout: 'mysqlimport  Ver 3.7\n', sources: ['cache'] })
    expect(server.asked).toHaveLength(1)
    expect(engine.state().ahead).toMatchObject({ made: 1, used: 1, unusedTokens: 0 })
    expect(await ahead.askOne()).toBeUndefined()
    await ahead.close()
  })

  it('spends no more in an hour than it may, and nothing where it is off', async () => {
    const ahead = start({ tokensPerHour: 1 })
    for (const program of [PROGRAM, 'mysqlbinlog --version']) for (let n = 0; n < 2; n++) await visit(program)
    expect(await ahead.askOne()).toBe('made')
    expect(await ahead.askOne()).toBe('unpaid')
    expect(server.asked).toHaveLength(1)
    await ahead.close()
    const off = start({ tokensPerHour: 0 })
    expect(await off.askOne()).toBe('unpaid')
    await off.close()
  })

  it('leaves what a command of ours answers now, and sessions that are gone', async () => {
    const ahead = start()
    for (let n = 0; n < 2; n++) await visit('uname -a')
    expect(await ahead.askOne()).toBeUndefined()
    expect(server.asked).toEqual([])
    await ahead.close()
  })

  it('waits while somebody needs the model', async () => {
    const ahead = start()
    for (let n = 0; n < 2; n++) await visit(PROGRAM)
    server.script({ fault: 'hang' })
    const waiting = nextBot('mysqlbinlog --version')
    await server.until((s) => s.open >= 1)
    expect(await ahead.askOne()).toBeUndefined()
    engine.close()
    await waiting
    await ahead.close()
  })
})
