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
import http from '../../src/http/lure.ts'
import { unwrittenPages } from '../../src/http/site/own-paths.ts'
import { AskingAhead } from '../../src/lab/asking-ahead.ts'
import { createEngine, type ModelEngine } from '../../src/llm/engine.ts'
import { openStores, type Stores } from '../../src/store/open.ts'
import { MemoryState, play } from '../harness.ts'
import { ask } from '../http/ask.ts'
import { MemoryHosts } from '../http/memory-hosts.ts'
import { type FakeModelServer, fakeModelServer, shellText, webText } from '../llm/fake-model-server.ts'
import { sampleEvent } from '../store/sample-events.ts'

const log = pino({ level: 'silent' })
const identity = new Identity(Buffer.alloc(32, 7))
const persona = loadPersona('prompts', 'debian-web', identity)
/** In the persona's $PATH, and nobody's command. */
const PROGRAM = 'qshape incoming'

let folder: string
let stores: Stores
let server: FakeModelServer & AsyncDisposable
let engine: ModelEngine
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sundew-ahead-'))
  stores = openStores(Settings.parse({ data: folder }), log)
  server = await fakeModelServer({ script: shellText('qshape  Ver 3.7\n') })
})
afterEach(async () => {
  engine.close()
  await server.close()
  await stores.close()
  rmSync(folder, { recursive: true, force: true })
})

function start(ahead: Record<string, unknown> = {}, sites: string[] = []): AskingAhead {
  const settings = Settings.parse({ llm: { model: 'small', ahead, backends: [{ kind: 'ollama', url: server.url, concurrency: 2 }] } })
  const state = new MemoryState()
  engine = createEngine({ settings: settings.llm, state, log })
  return new AskingAhead({
    settings: settings.llm.ahead,
    engine,
    store: stores.events,
    state,
    identity,
    sites,
    persona: () => persona,
    log,
  })
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
    expect(await nextBot(PROGRAM)).toEqual({ stdout: 'qshape  Ver 3.7\n', sources: ['cache'] })
    expect(server.asked).toHaveLength(1)
    expect(engine.state().ahead).toMatchObject({ made: 1, used: 1, unusedTokens: 0 })
    expect(await ahead.askOne()).toBeUndefined()
    await ahead.close()
  })

  it('spends no more in an hour than it may, and nothing where it is off', async () => {
    const ahead = start({ tokensPerHour: 1 })
    for (const program of [PROGRAM, 'qshape deferred']) for (let n = 0; n < 2; n++) await visit(program)
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
    const waiting = nextBot('qshape deferred')
    await server.until((s) => s.open >= 1)
    expect(await ahead.askOne()).toBeUndefined()
    engine.close()
    await waiting
    await ahead.close()
  })
})

describe('pages made ahead', () => {
  const PAGE = '<html>\n<body>\n<p>Oak, planed.</p>\n</body>\n</html>\n'

  async function askedBySite(key: string): Promise<void> {
    const session = uuid7()
    const base = { session, lure: 'http', persona: persona.name }
    const generation = { persona: persona.name, promptVersion: 'old', question: { kind: 'web', key } }
    const data = { kind: 'web', input: '', output: '', source: 'fallback', durationMs: 1, generation }
    stores.events.append(sampleEvent({ ...base, type: 'turn', data }))
    await stores.events.flush()
  }

  async function visitSite(...targets: string[]): Promise<{ sources: unknown[]; bodies: string[] }> {
    const p = await play(http, { persona: persona.name, identity, hosts: new MemoryHosts(), engine, state: new MemoryState() })
    const bodies: string[] = []
    for (const target of targets) bodies.push((await ask(p, 'GET', target)).body)
    const sources = p.data('turn').map(({ source }) => source)
    await p.stop()
    return { sources, bodies }
  }

  it('are those that several sessions asked for, and whoever comes next gets them at once', async () => {
    server.script(webText(PAGE))
    const ahead = start()
    for (let n = 0; n < 2; n++) await askedBySite('GET /portal/reset.php?step=2')
    for (let n = 0; n < 2; n++) await askedBySite('POST /portal/reset.php body 0123456789abcdef')
    expect([await ahead.askOne(), await ahead.askOne()]).toEqual(['made', undefined])
    expect(await visitSite('/portal/reset.php?step=2')).toEqual({ sources: ['cache'], bodies: [PAGE] })
    expect(server.asked).toHaveLength(1)
    expect(engine.state().ahead).toMatchObject({ made: 1, used: 1, unusedTokens: 0 })
    await ahead.close()
  })

  it('are those that the site leads to, as far as anyone may see them', async () => {
    server.script(webText(PAGE))
    const pages = unwrittenPages(persona)
    expect(pages).not.toEqual([])
    expect(pages.filter((path) => /^\/(admin|portal\/orders|portal\/login)/.test(path))).toEqual([])
    const ahead = start({}, [persona.name])
    for (const _ of pages) expect(await ahead.askOne()).toBe('made')
    expect(await ahead.askOne()).toBeUndefined()
    const { sources } = await visitSite(...pages)
    expect(new Set(sources)).toEqual(new Set(['cache']))
    expect(server.asked).toHaveLength(pages.length)
    expect(engine.state().ahead).toMatchObject({ made: pages.length, used: pages.length, unusedTokens: 0 })
    await ahead.close()
  })
})
