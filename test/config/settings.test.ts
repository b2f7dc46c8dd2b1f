import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { loadSettings } from '../../src/config/load.ts'
import { type PlannedLure, planPorts } from '../../src/config/ports.ts'
import { ConfigProblem } from '../../src/config/problem.ts'
import { Settings } from '../../src/config/schema.ts'

const folder = mkdtempSync(join(tmpdir(), 'sundew-settings-'))
afterAll(() => rmSync(folder, { recursive: true }))

function problemOf(yaml: string, env: NodeJS.ProcessEnv = {}): ConfigProblem {
  const config = join(folder, 'sundew.yaml')
  writeFileSync(config, yaml)
  try {
    loadSettings({ config, env })
  } catch (error) {
    if (error instanceof ConfigProblem) return error
    throw error
  }
  throw new Error('was accepted')
}

describe('sundew.yaml', () => {
  it('names every key with its default', () => {
    const shipped = parse(readFileSync('sundew.yaml', 'utf8')) as unknown
    expect(shipped).toEqual(Settings.parse({}))
  })

  it('loads with all examples of its comments in force, and with overrides besides', () => {
    const shipped = readFileSync('sundew.yaml', 'utf8')
    const examples = (after: string): string =>
      (shipped.split(after)[1] ?? '')
        .split('\n')
        .slice(1)
        .filter((line, i, lines) => lines.slice(0, i + 1).every((one) => one.startsWith('#')) && line.startsWith('#   '))
        .map((line) => line.slice(3))
        .join('\n')
    const config = join(folder, 'examples.yaml')
    const text = shipped
      .replace(/^( +)# (\w+: \S.*)$/gm, '$1$2')
      .replace('lures: []', `lures:\n${examples('# twice to play it twice')}`)
      .replace(/^alerts:\n(?: {2}.*\n)+/m, `alerts:\n${examples('# Who is told')}\n`)
      .replace('gates: {}', examples('# A gate keeps').trim())
    writeFileSync(config, text)
    const { settings } = loadSettings({ config, env: { SUNDEW_LISTEN_OFFSET: '20000', SUNDEW_STORE_URL: 'postgresql://a:b@db.example/c' } })
    expect(settings.alerts).toMatchObject({
      destinations: [{ name: 'team' }, {}],
      rules: [{ window: 3_600_000 }],
      ignore: [{ tag: 'own-scan' }],
    })
    expect(settings.lures).toHaveLength(3)
    expect(settings.lab.gates['debian-web']).toMatchObject({ atLeast: 0.9 })
    expect(settings.llm).toMatchObject({ hedgeMs: 3000, secondGuard: { model: 'qwen3:0.6b' }, budget: { smallModel: 'qwen3:1.7b' } })
    expect(settings).toMatchObject({ listen: { offset: 20_000 }, store: { url: 'postgresql://a:b@db.example/c', retainDays: 90 } })
  })

  it('lets an override stand beside a store in one line', () => {
    const config = join(folder, 'store-override.yaml')
    writeFileSync(config, 'store: postgresql://sundew:x@db.example/sundew\n')
    const { settings } = loadSettings({ config, env: { SUNDEW_STORE_URL: 'postgresql://a:b@other.example/c' } })
    expect(settings.store).toMatchObject({ url: 'postgresql://a:b@other.example/c', retainDays: 90 })
  })

  it('is refused with file, line, key, finding and cure', () => {
    const problem = problemOf('sensor: ok\nlisten:\n  host: 127.0.0.1\n  offset: lots\n')
    expect(problem.problems[0]).toMatchObject({
      file: join(folder, 'sundew.yaml'),
      line: 4,
      key: 'listen.offset',
      what: 'expected number, received string (found "lots")',
      cure: 'give a value of type number',
    })
  })

  it('takes PostgreSQL as a store in one line, and says what is wrong with an address', () => {
    const config = join(folder, 'store.yaml')
    writeFileSync(config, 'store: postgresql://sundew:x@db.example/sundew\n')
    expect(loadSettings({ config, env: {} }).settings.store).toMatchObject({
      url: 'postgresql://sundew:x@db.example/sundew',
      retainDays: 90,
    })
    const cure = expect.stringContaining('postgresql://USER:PASSWORD@HOST:5432/DATABASE')
    const found = { line: 2, key: 'store.url', cure }
    expect(problemOf('sensor: x\nstore: postgresql://db.example\n').problems[0]).toMatchObject({ ...found, what: 'names no database' })
    expect(problemOf('sensor: x\nstore: sqlite.db\n').problems[0]?.what).toContain('is no address of a PostgreSQL server')
  })

  it('gives way to the hive in name and personas, once the sensor has joined', () => {
    const data = join(folder, 'joined')
    mkdirSync(data)
    const certificate = '-----BEGIN CERTIFICATE-----\n'
    const member = { url: 'nats://hive.example:4222', sensor: 'dmz-1', seed: `SU${'A'.repeat(56)}`, certificate }
    writeFileSync(join(data, 'hive.json'), JSON.stringify(member))
    expect(loadSettings({ data, env: {} }).settings).toMatchObject({ sensor: 'dmz-1', prompts: join(data, 'hive-prompts') })
    writeFileSync(join(data, 'hive.json'), '{}')
    expect(() => loadSettings({ data, env: {} })).toThrow(/hive\.json.*\n.*cure: join again/)
  })

  it('is refused when a key is misspelt, with the line of that key', () => {
    expect(problemOf('limits:\n  idleMs: 5\n  connexions: 4\n').problems[0]).toMatchObject({
      line: 3,
      key: 'limits.connexions',
      what: 'no such key',
    })
  })

  it('is refused when it is not YAML', () => {
    expect(problemOf('a: [1,\n').message).toMatch(/sundew\.yaml:\d+: .*not valid YAML/)
  })

  it('says what may stand there when a word is none of the choices', () => {
    expect(problemOf('profile: huge\n').problems[0]?.cure).toBe(
      'use one of: standard, llm, linux, windows, ics, medical, web, mini, tarpit, everything',
    )
  })
})

describe('SUNDEW_ variables', () => {
  it('override the file', () => {
    const config = join(folder, 'sundew.yaml')
    writeFileSync(config, 'llm: { model: one }\n')
    const env = {
      SUNDEW_LISTEN_HOST: '0.0.0.0',
      SUNDEW_LISTEN_OFFSET: '0',
      SUNDEW_LLM_MODEL: 'two',
      SUNDEW_OPENAI_URL: 'http://a/v1,http://b/v1',
      SUNDEW_OPENAI_API_KEY: 'k',
    }
    const { settings } = loadSettings({ config, env })
    expect(settings.listen).toMatchObject({ host: '0.0.0.0', offset: 0 })
    expect(settings.llm.model).toBe('two')
    expect(settings.llm.backends).toMatchObject([
      { kind: 'openai', url: 'http://a/v1', apiKey: 'k' },
      { kind: 'openai', url: 'http://b/v1', apiKey: 'k' },
    ])
  })

  it('are refused by their own name when wrong or unknown', () => {
    expect(problemOf('', { SUNDEW_LISTEN_OFFSET: 'many' }).problems[0]).toMatchObject({
      file: 'SUNDEW_LISTEN_OFFSET',
      key: 'listen.offset',
    })
    expect(problemOf('', { SUNDEW_LISTEN_HOTS: 'x' }).problems[0]).toMatchObject({ file: 'SUNDEW_LISTEN_HOTS', what: 'no such override' })
  })
})

describe('the port plan', () => {
  const lure = (name: string, port: number, alternate?: number, profiles: string[] = ['standard']): PlannedLure => ({
    name,
    standsFor: [],
    about: '',
    profiles,
    options: z.strictObject({ colour: z.string().optional() }),
    ports: [{ transport: 'tcp', port, ...(alternate ? { alternate } : {}) }],
  })
  const lures = [lure('alpha', 22), lure('beta', 22, 2022, ['tarpit']), lure('gamma', 80)]
  const plan = (given: Record<string, unknown>): string[] =>
    planPorts(Settings.parse(given), lures).flatMap((use) => use.ports.map((p) => `${use.lure.name} ${use.persona} ${p.host}:${p.port}`))

  it('adds the offset to standard ports', () => {
    expect(plan({})).toEqual(['alpha debian-web 127.0.0.1:10022', 'gamma debian-web 127.0.0.1:10080'])
  })

  it('gives every lure of "everything" a port of its own', () => {
    expect(plan({ profile: 'everything' })).toEqual([
      'alpha debian-web 127.0.0.1:10022',
      'beta debian-web 127.0.0.1:12022',
      'gamma debian-web 127.0.0.1:10080',
    ])
  })

  it('plays a lure several times as it is told', () => {
    const twice = [
      { lure: 'alpha', ports: [4022], persona: 'one' },
      { lure: 'alpha', ports: [4023], host: '127.0.0.2', persona: 'two' },
    ]
    expect(plan({ lures: twice })).toEqual(['alpha one 127.0.0.1:4022', 'alpha two 127.0.0.2:4023', 'gamma debian-web 127.0.0.1:10080'])
  })

  it('leaves out a lure that is not enabled', () => {
    expect(plan({ lures: [{ lure: 'gamma', enabled: false }] })).toEqual(['alpha debian-web 127.0.0.1:10022'])
  })

  it('says which ports an offset lifts over the highest one, where it stands and what would do', () => {
    const high = [lure('delta', 44_818), lure('gamma', 80)]
    const source = { file: 'sundew.yaml', lineOf: (path: readonly PropertyKey[]) => (path.join('.') === 'listen.offset' ? 7 : undefined) }
    const settings = Settings.parse({ listen: { offset: 30_000 } })
    expect(() => planPorts(settings, high, source)).toThrow(
      'sundew.yaml:7: listen.offset: 30000 lifts delta 44818 over 65535\n    cure: use at most 20717, or list the ports: - { lure: delta, ports: [N] }',
    )
    // The environment has the last word, and is named then.
    const overrides = new Map([['listen.offset', 'SUNDEW_LISTEN_OFFSET']])
    expect(() => planPorts(settings, high, { ...source, overrides })).toThrow(
      /^SUNDEW_LISTEN_OFFSET: listen\.offset: 30000 lifts delta 44818/,
    )
    const listed = Settings.parse({ listen: { offset: 30_000 }, lures: [{ lure: 'delta', ports: [44_818] }] })
    expect(planPorts(listed, high, source).flatMap(({ ports }) => ports.map(({ port }) => port))).toEqual([44_818, 30_080])
  })

  it('explains a clash and suggests a port', () => {
    expect(() => plan({ lures: [{ lure: 'beta', host: '0.0.0.0', ports: [10022] }] })).toThrow(
      /lure alpha: tcp 127\.0\.0\.1:10022 is taken by lure beta\n\s+cure: give one of the two another port/,
    )
  })

  it('refuses unknown lures and options that do not fit', () => {
    expect(() => plan({ lures: [{ lure: 'delta' }] })).toThrow(/lures\[0\]\.lure: there is no lure "delta"/)
    expect(() => plan({ lures: [{ lure: 'alpha', options: { color: 'red' } }] })).toThrow(/lures\[0\]\.options\.color: no such key/)
  })
})
