import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { Client } from 'ssh2'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { runCommandLine } from '../src/cli/cli.ts'
import { verbs } from '../src/cli/verbs.ts'
import { loadSettings } from '../src/config/load.ts'
import { Instance, planOf } from '../src/instance.ts'
import type { SessionSummary } from '../src/store/contract.ts'
import { openReading } from '../src/store/open.ts'
import { type Turn, transcriptOf } from '../src/store/transcript.ts'
import { type FakeModelServer, fakeModelServer, shellText } from './llm/fake-model-server.ts'

const DEADLINE_MS = 2_500

let folder: string
let instance: Instance | undefined
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sundew-main-'))
})
afterEach(async () => {
  await instance?.stop('test')
  instance = undefined
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Starts Sundew as `npm start` does, with SSH and HTTP on free ports. */
async function start(name: string, llm: Record<string, unknown>): Promise<{ data: string; ssh: number; http: number }> {
  const data = join(folder, name)
  const config = join(folder, `${name}.yaml`)
  const lures = [
    { lure: 'ssh', ports: [0] },
    { lure: 'http', ports: [0] },
  ]
  const off = ['ntp', 'redis', 'ssh-tarpit'].map((lure) => ({ lure, enabled: false }))
  const settings = { profile: 'mini', prompts: join(process.cwd(), 'prompts'), console: { enabled: false }, llm, lures: [...lures, ...off] }
  writeFileSync(config, JSON.stringify(settings))
  const loaded = loadSettings({ config, data, env: {} })
  const plan = planOf(loaded)
  plan.uses = plan.uses.filter((use) => ['ssh', 'http'].includes(use.lure.name))
  instance = await Instance.start(plan, pino({ level: 'silent' }))
  const port = (lure: string): number => instance!.sensor.ports().find((p) => p.lure === lure)!.port
  return { data, ssh: port('ssh'), http: port('http') }
}

interface Ran {
  stdout: string
  stderr: string
  code: number | null
  ms: number
}

/** One `ssh host command`. */
function run(port: number, command: string): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const client = new Client()
    const began = performance.now()
    client.on('error', reject)
    client.on('ready', () => {
      client.exec(command, (error, stream) => {
        if (error) return reject(error)
        const ran: Ran = { stdout: '', stderr: '', code: null, ms: 0 }
        stream.on('data', (chunk: Buffer) => (ran.stdout += chunk))
        stream.stderr.on('data', (chunk: Buffer) => (ran.stderr += chunk))
        stream.on('exit', (code: number | null) => (ran.code = code))
        stream.on('close', () => {
          client.end()
          resolve({ ...ran, ms: performance.now() - began })
        })
      })
    })
    client.connect({ host: '127.0.0.1', port, username: 'root', password: 'anything' })
  })
}

/** What a command of `sundew` prints. */
async function sundew(...argv: string[]): Promise<string> {
  let printed = ''
  const write = (text = ''): void => {
    printed += `${text}\n`
  }
  await runCommandLine(argv, verbs, { line: write, raw: write, error: write, columns: undefined })
  return printed
}

async function recorded(data: string, lure: string): Promise<{ session: SessionSummary; turns: Turn[] }[]> {
  await instance?.stop('look')
  instance = undefined
  const store = openReading(data)
  if (!store) throw new Error('nothing was recorded')
  const sessions = await store.sessions({ lure })
  const found = await Promise.all(
    sessions.map(async (session) => ({ session, turns: transcriptOf(await store.events({ session: session.session, limit: 1000 })) })),
  )
  await store.close()
  return found.reverse()
}

describe('without a model', () => {
  it('answers SSH and HTTP from the simulated host, and keeps the transcript', async () => {
    const { data, ssh, http } = await start('alone', { enabled: false })
    expect(await run(ssh, 'id; echo $((6*7)) > /tmp/answer; cat /tmp/answer; nosuch')).toMatchObject({
      stdout: 'uid=0(root) gid=0(root) groups=0(root)\n42\n',
      stderr: 'bash: line 1: nosuch: command not found\n',
      code: 127,
    })
    // What one connection leaves is there for the next.
    expect(await run(ssh, 'cat /tmp/answer')).toMatchObject({ stdout: '42\n', code: 0 })
    const page = await fetch(`http://127.0.0.1:${http}/`)
    expect({ status: page.status, server: page.headers.get('server') }).toEqual({ status: 200, server: 'nginx/1.22.1' })
    expect((await fetch(`http://127.0.0.1:${http}/zzz-${Date.now()}`)).status).toBe(404)
    await page.text()

    const [first, second] = await recorded(data, 'ssh')
    expect(first?.session).toMatchObject({ credential: 'root:anything', srcIp: '127.0.0.1', persona: 'debian-web' })
    expect(first?.turns).toMatchObject([{ source: 'static', exitCode: 127, input: expect.stringContaining('nosuch') }])
    expect(second?.turns).toMatchObject([{ input: 'cat /tmp/answer', output: '42\n', source: 'static' }])
    const web = (await recorded(data, 'http')).flatMap(({ turns }) => turns)
    expect(web.map((turn) => turn.source)).toEqual(['static', 'static'])
    expect(await sundew('play', first?.session.session ?? '', '--speed', '0', '--data', data)).toContain(
      'uid=0(root) gid=0(root) groups=0(root)',
    )
    expect(await sundew('show', first?.session.session ?? '', '--data', data)).toMatch(
      /> id; .*\nuid=0.*\n42\nbash: line 1: nosuch.*\n\s+\[static/,
    )
  })
})

describe('with a model', () => {
  let model: FakeModelServer
  afterEach(() => model.close())

  const settings = (server: FakeModelServer, kind: 'openai' | 'ollama' = 'openai'): Record<string, unknown> => ({
    model: 'fake',
    deadlineMs: DEADLINE_MS,
    backends: [{ kind, url: kind === 'openai' ? server.openaiUrl : server.url }],
  })

  /** Installed by the persona's packages, and no command of ours. */
  const PROGRAM = 'qshape incoming'

  it.each([
    'openai',
    'ollama',
  ] as const)('asks %s for a program nobody implemented, once, and makes the answer part of the host', async (kind) => {
    const answer = {
      stdout: 'qshape  Ver 3.7 Distrib 10.11.6-MariaDB, for debian-linux-gnu (x86_64)\n',
      stderr: '',
      exitCode: 0,
      operations: [{ op: 'write_file', path: '/tmp/import.log', content: 'checked\n' }],
    }
    model = await fakeModelServer({ script: JSON.stringify(answer) })
    const { data, ssh } = await start(`model-${kind}`, settings(model, kind))
    expect(await run(ssh, PROGRAM)).toMatchObject({ stdout: answer.stdout, code: 0 })
    expect(await run(ssh, 'cat /tmp/import.log; wc -c < /tmp/import.log')).toMatchObject({ stdout: 'checked\n8\n' })
    expect(await run(ssh, PROGRAM)).toMatchObject({ stdout: answer.stdout, code: 0 })
    // Besides the one that loaded the model.
    expect(model.asked.filter(({ input }) => input !== '{}')).toHaveLength(1)
    const turns = (await recorded(data, 'ssh')).flatMap((s) => s.turns)
    expect(turns.map((t) => t.source)).toEqual(['llm', 'static', 'cache'])
    expect(turns[0]?.generation).toMatchObject({
      model: 'fake',
      persona: 'debian-web',
      promptVersion: expect.stringMatching(/^[0-9a-f]{12}$/),
    })
  })

  it('lets the operator pin a better answer from the transcript, and moves answers to another sensor', async () => {
    model = await fakeModelServer({ script: shellText('PHP 5.2.0\n') })
    const { data, ssh } = await start('pins', settings(model))
    expect(await run(ssh, PROGRAM)).toMatchObject({ stdout: 'PHP 5.2.0\n' })
    await instance?.stop('look')
    instance = undefined
    expect(await sundew('pins', 'add', 'last', '1', '--stdout', 'Ver 3.7 on {{hostname}}', '--note', 'too old', '--data', data)).toMatch(
      /pinned as/,
    )
    expect(JSON.parse(await sundew('pins', 'ls', '--json', '--data', data))).toMatchObject([
      { persona: 'debian-web', kind: 'shell', version: 1, note: 'too old' },
    ])
    const again = await start('pins', settings(model))
    const { stdout: hostname } = await run(again.ssh, 'hostname')
    expect(await run(again.ssh, PROGRAM)).toMatchObject({ stdout: `Ver 3.7 on ${hostname}` })
    expect((await recorded(data, 'ssh')).at(-1)?.turns.map((t) => t.source)).toEqual(['pin'])

    const pack = join(folder, 'warm.jsonl')
    expect(await sundew('cache', 'export', pack, '--data', data)).toMatch(/^1 answers/)
    const elsewhere = join(folder, 'elsewhere')
    expect(await sundew('cache', 'import', pack, '--data', elsewhere)).toMatch(/^1 answers/)
    expect(JSON.parse(await sundew('cache', 'stats', '--json', '--data', elsewhere))).toMatchObject({ onDisk: { entries: 1 }, live: null })
    await sundew('cache', 'purge', '--data', elsewhere)
    expect(JSON.parse(await sundew('cache', 'stats', '--json', '--data', elsewhere))).toMatchObject({ onDisk: { entries: 0 } })
  })

  it('hides every failure of it: no error text, no answer past the deadline, and recovery by itself', async () => {
    let broken: 'hang' | 'reset' | 'garbage' | 'refusal' | undefined
    let status: number | undefined
    const good = shellText('all is well\n')
    model = await fakeModelServer({ script: () => (status ? { status } : broken ? { text: good, fault: broken } : good) })
    const { ssh } = await start('chaos', { ...settings(model), breaker: { failures: 3, pauseMs: 300 } })
    let n = 0
    for (const fault of ['hang', 'reset', 'garbage', 'refusal', 429, 500] as const) {
      broken = typeof fault === 'string' ? fault : undefined
      status = typeof fault === 'number' ? fault : undefined
      const ran = await run(ssh, `${PROGRAM.replace('incoming', `set-${n++}`)}`)
      expect({ fault, late: ran.ms > DEADLINE_MS + 1_500 }).toEqual({ fault, late: false })
      expect(`${ran.stdout}${ran.stderr}`).not.toMatch(/model|openai|ollama|fetch|ECONN|timeout|JSON|sorry|assistant|429|500/i)
    }
    broken = undefined
    status = undefined
    await new Promise((resolve) => setTimeout(resolve, 400))
    expect(await run(ssh, 'qshape healthy')).toMatchObject({ stdout: 'all is well\n' })
  }, 40_000)
})
