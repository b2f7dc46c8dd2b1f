import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { runCommandLine } from '../src/cli/cli.ts'
import { verbs } from '../src/cli/verbs.ts'
import { loadSettings } from '../src/config/load.ts'
import { Instance, planOf } from '../src/instance.ts'
import type { VersionMetrics } from '../src/lab/metrics.ts'
import type { Turn } from '../src/store/transcript.ts'
import { connectClient, exec } from '../test/ssh/client.ts'
import { type BenchOptions, llmOf, readOptions } from './options.ts'

const PERSONA = 'debian-web'
/** What is typed, and what Debian 12's programs say: nothing in the shipped prompt shows it. */
const QUESTIONS: readonly { command: string; stdout?: string; stderr?: string }[] = [
  { command: 'nginx -v', stderr: 'nginx version: nginx/1.22.1' },
  { command: 'postconf mail_version', stdout: 'mail_version = 3.7.11' },
  { command: 'postqueue -p', stdout: 'Mail queue is empty' },
  { command: 'fail2ban-client ping', stdout: 'Server replied: pong' },
  { command: 'mysqladmin ping', stdout: 'mysqld is alive' },
  { command: 'redis-cli ping', stdout: 'PONG' },
  { command: 'visudo -c', stdout: '/etc/sudoers: parsed OK' },
  { command: 'fail2ban-client reload', stdout: 'OK' },
  { command: 'postconf inet_protocols', stdout: 'inet_protocols = all' },
  { command: 'redis-cli dbsize', stdout: '(integer) 0' },
]
/** Percent of the answers that must be right before a version is played. */
const GATE = 30

/**
 * The operator's loop over a running Sundew with a real model, by the verbs of the command line: what the shipped prompt answers,
 * the same in review, corrections that become a dataset and examples of a new version, an experiment over both, the gate, the
 * promotion, and what the live metric says of the next visitors. Prints each command and what it says (docs/tuning.md).
 */
export async function run(options: BenchOptions): Promise<Record<string, unknown>> {
  if (options.urls.length === 0) return { skipped: 'needs --url of a model server' }
  const folder = mkdtempSync(join(tmpdir(), 'sundew-loop-'))
  const config = join(folder, 'sundew.yaml')
  cpSync(join('prompts', PERSONA), join(folder, 'prompts', PERSONA), { recursive: true })
  const settings = {
    data: join(folder, 'data'),
    prompts: join(folder, 'prompts'),
    profile: 'mini',
    console: { enabled: false },
    // One question at a time: a small machine is slower with two than with one after the other.
    llm: { ...llmOf(options), backends: options.urls.map((url) => ({ kind: 'openai', url, concurrency: 1 })) },
    lures: [{ lure: 'ssh', ports: [0] }],
  }
  writeFileSync(config, JSON.stringify(settings))
  const plan = planOf(loadSettings({ config, env: {} }))
  plan.uses = plan.uses.filter((use) => use.lure.name === 'ssh')
  const instance = await Instance.start(plan, pino({ level: 'silent' }))
  try {
    return await loop(config, instance.sensor.ports()[0]?.port ?? 0)
  } finally {
    await instance.stop('bench')
    rmSync(folder, { recursive: true, force: true })
  }
}

async function loop(config: string, port: number): Promise<Record<string, unknown>> {
  const sundew = (line: string, ...more: string[]): Promise<string> => say(config, line, ...more)
  await visit(port)
  await sundew('review ls --rules random,guard,fallback')
  const { session, transcript } = await recorded(config)
  const rightBefore = rightOf(transcript)
  for (const [n, { command, stdout = '', stderr = '' }] of QUESTIONS.entries()) {
    const turn = transcript.find(({ input }) => input === command)
    if (!turn) throw new Error(`${command} was not recorded`)
    const place = `${session} ${turn.event}`
    const [option, text] = stderr ? ['--stderr', stderr] : ['--stdout', stdout]
    const assertion = JSON.stringify({ type: 'regex', value: `^${text.replace(/[.()]/g, '\\$&')}$` })
    // The first shows how, the others are the same.
    const how = n === 0 ? sundew : (line: string, ...more: string[]) => quietly(config, ...line.split(' '), ...more)
    await how(`review mark ${place} gave-itself-away --score 1 ${option}`, text)
    await how(`review example ${place}`)
    await how(`dataset add services ${place} --assert`, assertion)
  }
  await sundew(`prompt gate ${PERSONA} --dataset services --at-least ${GATE}`)
  await sundew(`prompt ls ${PERSONA}`)
  await sundew(`eval run services --prompts production,staging`)
  await sundew(`prompt promote ${PERSONA}@${QUESTIONS.length + 1}`)
  await visit(port)
  const { transcript: after } = await recorded(config, session)
  await sundew(`persona show ${PERSONA}`)
  const metrics = JSON.parse(await quietly(config, 'persona', 'show', PERSONA, '--json')) as VersionMetrics[]
  const [experiment] = JSON.parse(await quietly(config, 'eval', 'ls', '--json')) as { id: string }[]
  const { standings } = JSON.parse(await quietly(config, 'eval', 'show', experiment?.id ?? '', '--json')) as {
    standings: { prompt: number; passed: number; improved: string[]; regressed: string[] }[]
  }
  return {
    passedShipped: standings[0]?.passed,
    passedMended: standings[1]?.passed,
    improved: standings[1]?.improved.length,
    regressed: standings[1]?.regressed.length,
    rightLiveBefore: rightBefore,
    rightLiveAfter: rightOf(after),
    live: metrics.map(({ number, sessions, fallbacks, guarded, p95Ms }) => ({ number, sessions, fallbacks, guarded, p95Ms })),
  }
}

/** Of the questions, how many were answered as the real program does. */
function rightOf(transcript: readonly Turn[]): number {
  return QUESTIONS.filter(({ command, stdout, stderr }) => {
    const turn = transcript.find(({ input }) => input === command)
    return `${turn?.output}${turn?.stderr ?? ''}`.split(/\r?\n/).includes(stdout ?? stderr ?? '')
  }).length
}

/** The last session, once all that was typed in it is kept. @param former the one before */
async function recorded(config: string, former?: string): Promise<{ session: string; transcript: Turn[] }> {
  for (;;) {
    const last = JSON.parse(await quietly(config, 'show', 'last', '--json')) as { session: string; transcript: Turn[] }
    if (last.session !== former && last.transcript.length >= QUESTIONS.length) return last
    await sleep(200)
  }
}

/** What one prompt answered is remembered for its next visitor; another prompt is asked anew. */
async function visit(port: number): Promise<void> {
  const client = await connectClient(port, { username: 'root', password: '123456' })
  for (const { command } of QUESTIONS) await exec(client, command)
  client.end()
}

async function say(config: string, line: string, ...more: string[]): Promise<string> {
  const said = await quietly(config, ...line.split(' '), ...more)
  const quoted = more.map((word) => (/^[\w./@-]+$/.test(word) ? (word.split('/').at(-1) as string) : `'${word}'`))
  console.log(`$ sundew ${[line, ...quoted].join(' ')}\n${said.trimEnd()}\n`)
  return said
}

async function quietly(config: string, ...argv: string[]): Promise<string> {
  let said = ''
  const add = (text = ''): void => {
    said += `${text}\n`
  }
  await runCommandLine([...argv, '--config', config], verbs, { line: add, raw: add, error: add, columns: undefined })
  return said
}

if (import.meta.main) {
  console.log(JSON.stringify({ bench: 'tuning-loop', ...(await run(readOptions(process.argv.slice(2)).options)) }))
}
