import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { uuid7 } from '../../src/events/uuid7.ts'
import { type FakeModelServer, fakeModelServer, shellText } from '../llm/fake-model-server.ts'
import { sampleEvent } from '../store/sample-events.ts'
import { type Browser, ConsoleUnderTest } from './console-under-test.ts'

let server: FakeModelServer & AsyncDisposable
let console: ConsoleUnderTest
let viewer: Browser
let analyst: Browser
let operator: Browser
const session = uuid7()
const turn = sampleEvent({
  session,
  lure: 'ssh',
  persona: 'debian-web',
  srcIp: '203.0.113.9',
  type: 'turn',
  data: {
    kind: 'shell',
    input: 'qshape active',
    output: 'I am sorry',
    source: 'llm',
    exitCode: 0,
    durationMs: 800,
    detail: { cwd: '/root', user: 'root', tty: 'pts/0' },
    generation: {
      persona: 'debian-web',
      promptVersion: 'old',
      model: 'small',
      totalMs: 800,
      guard: ['refusal'],
      question: { kind: 'shell', key: 'qshape active' },
    },
  },
})
const place = { session, event: turn.id }
const RIGHT = { stdout: 'nginx version: nginx/1.22.1\n', stderr: '', exitCode: 0, operations: [] }

beforeAll(async () => {
  server = await fakeModelServer({ script: (asked) => shellText(asked.system.includes('Say less') ? 'nginx/1.22.1\n' : 'Sure! nginx\n') })
  console = await ConsoleUnderTest.open(server.url)
  viewer = await console.browser('vera', 'viewer')
  analyst = await console.browser('ada', 'analyst')
  operator = await console.browser('olga', 'operator')
  await console.keep([sampleEvent({ session, lure: 'ssh', persona: 'debian-web', type: 'session.open', data: {} }), turn])
})
afterAll(async () => {
  await console.close()
  await server.close()
})

describe('a viewer', () => {
  it('reads all of the lab and changes nothing in it', async () => {
    for (const path of [
      '/review/queue',
      '/review/turns',
      '/review/agreement',
      '/prompts',
      '/prompts/debian-web',
      '/prompts/debian-web/versions/1',
      '/prompts/debian-web/diff?from=1&to=1',
      '/prompts/debian-web/metrics',
      '/datasets',
      '/experiments',
    ]) {
      expect({ path, status: (await viewer.get(path)).status }).toEqual({ path, status: 200 })
    }
    const { shell, web } = console.lab.library.version('debian-web', 1)
    for (const [method, path, body] of [
      ['POST', '/review/turns', { ...place, marks: ['refusal'] }],
      ['POST', '/review/pin', place],
      ['POST', '/review/example', place],
      ['POST', '/prompts/debian-web/versions', { shell, web, message: 'x', parent: 1 }],
      ['POST', '/prompts/debian-web/promote', { number: 1 }],
      ['POST', '/prompts/debian-web/rollback', {}],
      ['POST', '/prompts/debian-web/labels', { label: 'canary', number: 1 }],
      ['POST', '/prompts/debian-web/gate', { gate: null }],
      ['POST', '/playground', place],
      ['POST', '/datasets/x/rows', place],
      ['POST', '/experiments', { dataset: 'x', prompts: [1] }],
      ['DELETE', '/datasets/x', undefined],
    ] as const) {
      expect({ path, status: (await viewer.send(method, path, body)).status }).toEqual({ path, status: 403 })
      expect({ path, status: (await operator.send(method, path, body, {})).status }).toEqual({ path, status: 403 })
    }
  })
})

describe('a turn', () => {
  it('waits in the queue, is judged and corrected, and its correction pinned', async () => {
    const { body } = await analyst.get('/review/queue?rules=guard')
    expect(body).toMatchObject({ waiting: 1, queue: [{ session, turn: { input: 'qshape active' }, why: ['guard'] }] })
    const opinion = { ...place, marks: ['gave-itself-away'], score: 1, comment: 'apologises', correction: RIGHT }
    expect(await analyst.send('POST', '/review/turns', opinion)).toMatchObject({ status: 200, body: { reviewer: 'ada', score: 1 } })
    expect((await analyst.get('/review/queue?rules=guard')).body).toMatchObject({ waiting: 0, judged: 1 })
    expect((await analyst.send('POST', '/review/pin', place)).status).toBe(403)
    expect((await operator.send('POST', '/review/pin', place)).status).toBe(409)
    await operator.send('POST', '/review/turns', opinion)
    expect((await operator.send('POST', '/review/pin', place)).body).toMatchObject({ version: 1 })
    expect(console.lab.pins.list()[0]).toMatchObject({ key: 'qshape active', answer: RIGHT })
    expect((await viewer.get('/review/agreement')).body).toEqual([{ reviewers: ['ada', 'olga'], turns: 1, same: 1 }])
    const lines = (await analyst.get('/review/export')).text.trim().split('\n')
    expect(lines.map((line) => JSON.parse(line).marks)).toEqual([['gave-itself-away'], ['gave-itself-away']])
  })

  it('is tried in the playground with a draft', async () => {
    const { shell, web } = console.lab.library.version('debian-web', 1)
    const draft = { shell: `${shell}\nSay less.\n`, web }
    expect((await analyst.send('POST', '/playground', { ...place, draft })).body).toMatchObject({
      output: 'nginx/1.22.1\n',
      source: 'llm',
      generation: { model: 'small' },
    })
    expect((await analyst.send('POST', '/playground', { session, event: uuid7() })).status).toBe(409)
  })
})

describe('a prompt', () => {
  it('is checked, saved, measured, promoted past no gate, and rolled back, each in the audit log', async () => {
    const { shell, web } = console.lab.library.version('debian-web', 1)
    const wrong = { shell: `${shell}\n{{nope}}\n`, web, message: 'x', parent: 1 }
    const checked = await analyst.send('POST', '/prompts/debian-web/check', { shell: wrong.shell, web })
    expect(checked.body).toMatchObject({ problems: [{ file: 'shell.md', key: '{{nope}}' }] })
    expect((await operator.send('POST', '/prompts/debian-web/versions', wrong)).status).toBe(422)
    const saved = await operator.send('POST', '/prompts/debian-web/versions', { ...wrong, shell: `${shell}\nSay less.\n` })
    expect(saved.body).toMatchObject({ number: 2, author: 'olga', parent: 1 })

    await analyst.send('POST', '/datasets/nginx/rows', { ...place, assertions: [{ type: 'not-contains', value: 'Sure' }] })
    await operator.send('POST', '/prompts/debian-web/gate', { gate: { dataset: 'nginx', atLeast: 1, noRegressions: true } })
    expect((await operator.send('POST', '/prompts/debian-web/promote', { number: 2 })).status).toBe(409)
    const { id } = (await analyst.send('POST', '/experiments', { dataset: 'nginx', prompts: [1, 2] })).body as { id: string }
    await expect
      .poll(async () => ((await viewer.get(`/experiments/${id}`)).body as { endedAt?: number }).endedAt, { timeout: 15_000 })
      .toBeGreaterThan(0)
    expect((await viewer.get('/experiments')).body).toMatchObject([{ id, standings: [{ passed: 0 }, { passed: 1 }] }])
    expect((await operator.send('POST', '/prompts/debian-web/promote', { number: 2, why: 'shorter' })).body).toEqual({
      number: 2,
      written: true,
    })
    expect((await viewer.get('/prompts/debian-web')).body).toMatchObject({ labels: { production: 2 }, files: { inStep: true } })
    expect((await operator.send('POST', '/prompts/debian-web/rollback', {})).body).toEqual({ number: 1, written: true })
    const audit = (await operator.get('/audit')).body as { action: string; detail: string }[]
    expect(audit.map(({ action }) => action)).toEqual(
      expect.arrayContaining([
        'turn reviewed',
        'answer pinned',
        'prompt saved',
        'prompt promoted',
        'prompt rolled back',
        'experiment started',
      ]),
    )
  })

  it('as a canary has a share, and its version is counted with live visitors', async () => {
    await operator.send('POST', '/prompts/debian-web/labels', { label: 'canary', number: 2, share: 1 })
    const played = console.lab.deck.play(console.persona('debian-web'), '203.0.113.77')
    const seen = uuid7()
    await console.keep([
      sampleEvent({
        ...turn,
        id: uuid7(),
        session: seen,
        data: { ...turn.data, generation: { promptVersion: played.version, guard: ['refusal'], totalMs: 700 } },
      }),
    ])
    expect((await viewer.get('/prompts/debian-web/metrics')).body).toMatchObject([
      { number: 2, played: [played.version], sessions: 1, guarded: 1, p95Ms: 700, lastInputs: [{ value: 'qshape active', count: 1 }] },
      { played: ['old'] },
    ])
  })
})
