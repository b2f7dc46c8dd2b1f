import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommandLine } from '../../src/cli/cli.ts'
import { verbs } from '../../src/cli/verbs.ts'
import { Settings } from '../../src/config/schema.ts'
import { uuid7 } from '../../src/events/uuid7.ts'
import { openStores } from '../../src/store/open.ts'
import { type FakeModelServer, fakeModelServer, shellText } from '../llm/fake-model-server.ts'
import { sampleEvent } from '../store/sample-events.ts'

const folder = mkdtempSync(join(tmpdir(), 'sundew-lab-cli-'))
const session = uuid7()
let event: string
let server: FakeModelServer & AsyncDisposable

beforeAll(async () => {
  server = await fakeModelServer({ script: (asked) => shellText(asked.system.includes('Say less') ? 'nginx/1.22.1\n' : 'Sure: nginx\n') })
  cpSync('prompts/debian-web', join(folder, 'prompts', 'debian-web'), { recursive: true })
  const settings = {
    data: join(folder, 'data'),
    prompts: join(folder, 'prompts'),
    llm: { backends: [{ kind: 'ollama', url: server.url }] },
  }
  writeFileSync(join(folder, 'sundew.yaml'), JSON.stringify(settings))
  const stores = openStores(Settings.parse({ data: settings.data }), pino({ level: 'silent' }))
  const turn = sampleEvent({
    session,
    lure: 'ssh',
    persona: 'debian-web',
    type: 'turn',
    data: {
      kind: 'shell',
      input: 'qshape active',
      output: 'Sure: nginx\n',
      source: 'llm',
      durationMs: 5,
      detail: { cwd: '/root', user: 'root' },
      generation: { persona: 'debian-web', promptVersion: 'old', guard: ['refusal'], question: { kind: 'shell', key: 'qshape active' } },
    },
  })
  event = turn.id
  for (const one of [sampleEvent({ session, lure: 'ssh', type: 'session.open', data: {} }), turn]) stores.events.append(one)
  await stores.events.flush()
  await stores.close()
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

async function sundew(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', '']
  const code = await runCommandLine([...argv, '--config', join(folder, 'sundew.yaml')], verbs, {
    line: (text = '') => {
      out += `${text}\n`
    },
    raw: (text) => {
      out += text
    },
    error: (text) => {
      err += `${text}\n`
    },
    columns: undefined,
  })
  return { code, out, err }
}

describe('the loop at the command line', () => {
  it('finds a turn, judges and pins it', async () => {
    expect((await sundew('review', 'ls', '--rules', 'guard')).out).toContain(event)
    expect((await sundew('review', 'mark', session, event, 'nonsense')).code).toBe(2)
    expect((await sundew('review', 'mark', session, event, 'gave-itself-away', '--stdout', 'nginx/1.22.1', '--as', 'ada')).code).toBe(0)
    expect((await sundew('review', 'mark', session, event, 'refusal', '--as', 'ben')).code).toBe(0)
    expect((await sundew('review', 'pin', session, event, '--as', 'ada')).out).toContain('pinned as')
    expect((await sundew('pins', 'ls')).out).toContain('qshape active')
    expect((await sundew('review', 'agreement')).out).toBe('ada and ben: 1 turns, 0 % the same, kappa 0.00\n')
    expect((await sundew('review', 'export')).out.trim().split('\n')).toHaveLength(2)
  })

  it('saves a prompt, measures it, promotes it and rolls it back', async () => {
    const shell = join(folder, 'prompts', 'debian-web', 'shell.md')
    const shipped = readFileSync(shell, 'utf8')
    writeFileSync(join(folder, 'less.md'), `${shipped}\nSay less.\n`)
    expect((await sundew('prompt', 'edit', 'debian-web', '--shell', join(folder, 'less.md'), '--message', 'less')).out).toContain(
      'debian-web@2',
    )
    expect((await sundew('prompt', 'diff', 'debian-web@1', 'debian-web@2')).out).toContain('+ Say less.')
    await sundew('dataset', 'add', 'web', session, event, '--as', 'ada', '--assert', '{"type":"not-contains","value":"Sure"}')
    const run = await sundew('eval', 'run', 'web', '--prompts', 'production,2', '--fail-below', '1')
    expect(run).toMatchObject({ code: 0, err: '' })
    expect(run.out).toMatch(/@1 .* 0 %[\s\S]*@2 .* 100 %/)
    expect((await sundew('eval', 'run', 'web', '--recorded', '--fail-below', '0.5')).code).toBe(1)
    expect((await sundew('prompt', 'gate', 'debian-web', '--dataset', 'none')).err).toContain('there is no dataset none')
    expect((await sundew('prompt', 'gate', 'debian-web', '--dataset', 'web', '--at-least', '90')).out).toBe(
      'debian-web: 90 % of web, no regression\n',
    )
    expect((await sundew('prompt', 'promote', 'debian-web@1')).err).toContain('the gate wants')
    expect((await sundew('prompt', 'promote', 'debian-web@2')).out).toBe('production of debian-web is @2, from the next visit on\n')
    expect(readFileSync(shell, 'utf8')).toContain('Say less.')
    expect((await sundew('prompt', 'rollback', 'debian-web')).out).toContain('is @1')
    expect(readFileSync(shell, 'utf8')).toBe(shipped)
    expect((await sundew('prompt', 'write', 'debian-web')).out).toBe('prompts/debian-web holds production\n')
    expect((await sundew('prompt', 'lint', 'debian-web')).code).toBe(0)
    expect((await sundew('prompt', 'ls', 'debian-web', '--json')).out).toContain('"message":"less"')
    expect((await sundew('persona', 'show', 'debian-web')).out).toContain('VERSION')
    expect((await sundew('dataset', 'export', 'web', '--format', 'promptfoo')).out).toContain('not-contains')
  })
})
