import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { Identity } from '../src/config/identity.ts'
import type { Persona } from '../src/config/persona.ts'
import { loadPersona } from '../src/config/personas.ts'
import { Settings } from '../src/config/schema.ts'
import { uuid7 } from '../src/events/uuid7.ts'
import { createHosts } from '../src/host/hosts.ts'
import { AskingAhead } from '../src/lab/asking-ahead.ts'
import { createEngine } from '../src/llm/engine.ts'
import type { Engine } from '../src/llm/question.ts'
import { openStores, type Stores } from '../src/store/open.ts'
import { ListRecorder, MemoryState, noModel } from '../test/host/harness.ts'
import { fakeModelServer, shellText } from '../test/llm/fake-model-server.ts'
import { sampleEvent } from '../test/store/sample-events.ts'
import { families } from './bot-families.ts'

/** How often every family comes, each time from a source of its own: so often while there is no model, and so often afterwards. */
const ROUNDS = 2
/** A command that says nothing for so long is ended. */
const PATIENCE_MS = 500
/** What people and tools run besides, that no simulation has: most of it comes once or twice, some again and again. */
const RARE = [
  'qshape incoming',
  'mysqlimport --version',
  'apt-cache policy openssl',
  'debconf-show postfix',
  'update-alternatives --config editor',
  'pam-auth-update --help',
  'logrotate -d /etc/logrotate.conf',
  'ldconfig -p',
  'dpkg-reconfigure tzdata',
  'aa-status',
  'systemd-analyze blame',
  'posttls-finger localhost',
]
/** Commands of that list that a visitor runs. */
const RARE_EACH = 2

/**
 * How often an answer that was asked ahead is the one that somebody wants, and what is asked for nobody. The bot corpus comes in rounds, each visitor with
 * some commands first that only a model answers, the first of the list ten times as often as the last. What the first rounds ask is on record when an idle
 * model is there; then the others come. The played model answers at once.
 */
export async function run(): Promise<Record<string, unknown>> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-ahead-'))
  const log = pino({ level: 'silent' })
  const stores = openStores(Settings.parse({ data: folder }), log)
  await using server = await fakeModelServer({ script: shellText('some output\n'.repeat(12)) })
  const unbounded = { source: 1e9, network: 1e9, session: 1e9, hour: 1e9 }
  const settings = Settings.parse({
    llm: {
      model: 'played',
      budget: unbounded,
      ahead: { tokensPerHour: 1e9 },
      backends: [{ kind: 'ollama', url: server.url, concurrency: 2 }],
    },
  }).llm
  const state = new MemoryState()
  const engine = createEngine({ settings, state, log })
  const identity = new Identity(Buffer.alloc(32, 7))
  const personas = new Map(families().map(({ persona }) => [persona, loadPersona('prompts', persona, identity)]))
  const ahead = new AskingAhead({
    settings: { ...settings.ahead, everySeconds: 3600 },
    engine,
    store: stores.events,
    state,
    identity,
    sites: [],
    persona: (name) => personas.get(name),
    log,
  })
  const rows: Record<string, number>[] = []
  const play = async (rounds: readonly number[], asks: Engine): Promise<void> => {
    for (const round of rounds) {
      const counts = { questions: 0, cache: 0, model: 0, builtIn: 0 }
      for (const [n, { persona, lines }] of families().entries()) {
        const rare = Array.from({ length: RARE_EACH }, (_, i) => RARE[drawn(round * 100 + n * 10 + i)] as string)
        const sources = await visit([...rare, ...lines], personas.get(persona) as Persona, `198.51.${100 + round}.${n + 1}`, asks, stores)
        counts.questions += sources.length
        for (const source of sources) counts[source === 'cache' ? 'cache' : source === 'llm' ? 'model' : 'builtIn']++
      }
      rows.push({ round, ...counts, madeAhead: engine.state().ahead?.made ?? 0, usedAhead: engine.state().ahead?.used ?? 0 })
    }
  }
  await play(
    Array.from({ length: ROUNDS }, (_, i) => i + 1),
    noModel,
  )
  while ((await ahead.askOne()) !== undefined);
  await play(
    Array.from({ length: ROUNDS }, (_, i) => ROUNDS + i + 1),
    engine,
  )
  console.table(rows)
  const { ahead: told = { made: 0, used: 0, tokens: 0, unusedTokens: 0 } } = engine.state()
  await ahead.close()
  engine.close()
  await stores.close()
  rmSync(folder, { recursive: true, force: true })
  const later = rows.slice(ROUNDS)
  const questions = later.reduce((sum, row) => sum + (row.questions ?? 0), 0)
  const cached = later.reduce((sum, row) => sum + (row.cache ?? 0), 0)
  return {
    questions,
    fromCache: cached,
    percentFromCache: percent(cached, questions),
    madeAhead: told.made,
    usedAhead: told.used,
    percentUsed: percent(told.used, told.made),
    tokensAhead: told.tokens,
    tokensWasted: told.unusedTokens,
    percentWasted: percent(told.unusedTokens, told.tokens),
  }
}

const percent = (some: number, all: number): number => (all === 0 ? 0 : Number(((some / all) * 100).toFixed(1)))

/** Index of a rare command: the same for the same number, low ones oftener (Zipf's law). */
function drawn(n: number): number {
  const weights = RARE.map((_, i) => 1 / (i + 1))
  const all = weights.reduce((sum, weight) => sum + weight, 0)
  let left = ((Math.imul(n + 1, 2_654_435_761) >>> 0) / 2 ** 32) * all
  for (const [i, weight] of weights.entries()) {
    left -= weight
    if (left < 0) return i
  }
  return 0
}

/** Plays a session and writes it down as the sensor does. @returns where the answers to its questions came from */
async function visit(lines: readonly string[], persona: Persona, ip: string, engine: Engine, stores: Stores): Promise<string[]> {
  const sources: string[] = []
  let asked: { kind: string; key: string; source: string } | undefined
  const listening: Engine = {
    ask: async (question) => {
      const answer = await engine.ask(question)
      sources.push(answer.source)
      asked ??= { kind: question.kind, key: question.key, source: answer.source }
      return answer
    },
    state: () => engine.state(),
  }
  const hosts = createHosts({ identity: new Identity(Buffer.alloc(32, 7)), engine: listening, state: new MemoryState() })
  const host = hosts.of(persona, ip)
  const base = { session: uuid7(), lure: 'ssh', persona: persona.name }
  stores.events.append(sampleEvent({ ...base, type: 'session.open', data: {} }))
  for (const line of lines) {
    asked = undefined
    const command = line.replaceAll('⏎', '\n')
    const process = host.spawn({
      user: 'root',
      command,
      remote: { ip, port: 50_000 },
      local: { ip: '10.20.0.14', port: 22 },
      via: 'sshd',
      recorder: new ListRecorder(),
    })
    process.stdin.end()
    const timer = setTimeout(() => process.signal('KILL'), PATIENCE_MS)
    const ended = Promise.all([drain(process.stdout), drain(process.stderr), process.exited])
    await Promise.race([ended, process.exited])
    clearTimeout(timer)
    process.hangup()
    const question = asked as { kind: string; key: string; source: string } | undefined
    const generation = question
      ? { generation: { persona: persona.name, promptVersion: persona.version, question: { kind: question.kind, key: question.key } } }
      : {}
    const turn = {
      kind: 'shell',
      input: command,
      output: '',
      source: question?.source ?? 'static',
      exitCode: 0,
      durationMs: 1,
      detail: { user: 'root' },
      ...generation,
    }
    stores.events.append(sampleEvent({ ...base, type: 'turn', data: turn }))
  }
  await stores.events.flush()
  hosts.close()
  return sources
}

async function drain(stream: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of stream);
}
