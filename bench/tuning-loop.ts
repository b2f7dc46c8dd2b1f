import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
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
/** What is typed, and what must be in the answer: the facts stand in the shipped prompt, how the programs say them does not. */
const QUESTIONS: readonly { command: string; regex: string }[] = [
  { command: 'nginx -V', regex: '^nginx version: nginx/1\\.22\\.1$' },
  { command: 'postconf mail_version', regex: '^mail_version = 3\\.7\\.11$' },
]
/** The mended prompt shows their forms, first of all examples: small models answer other questions with the first one. */
const EXAMPLES = `- \`nginx -V\` → stderr \`nginx version: nginx/1.22.1\`, exit code 0
- \`postconf mail_version\` → stdout \`mail_version = 3.7.11\`
`

/**
 * The operator's loop over a running Sundew with a real model, by the verbs of the command line: what the shipped prompt answers,
 * the same in review, a dataset of it, a mended version, an experiment over both, the gate, the promotion, and what the live
 * metric says of the next visitors. Prints each command and what it says (docs/tuning.md).
 */
export async function run(options: BenchOptions): Promise<Record<string, unknown>> {
  if (!options.url) return { skipped: 'needs --url of a model server' }
  const folder = mkdtempSync(join(tmpdir(), 'sundew-loop-'))
  const config = join(folder, 'sundew.yaml')
  cpSync(join('prompts', PERSONA), join(folder, 'prompts', PERSONA), { recursive: true })
  const settings = {
    data: join(folder, 'data'),
    prompts: join(folder, 'prompts'),
    profile: 'mini',
    console: { enabled: false },
    // One question at a time: a small machine is slower with two than with one after the other.
    llm: { ...llmOf(options), backends: [{ kind: 'openai', url: options.url, concurrency: 1 }] },
    lures: [{ lure: 'ssh', ports: [0] }],
  }
  writeFileSync(config, JSON.stringify(settings))
  const plan = planOf(loadSettings({ config, env: {} }))
  plan.uses = plan.uses.filter((use) => use.lure.name === 'ssh')
  const instance = await Instance.start(plan, pino({ level: 'silent' }))
  try {
    return await loop(config, join(folder, 'prompts', PERSONA, 'shell.md'), instance.sensor.ports()[0]?.port ?? 0)
  } finally {
    await instance.stop('bench')
    rmSync(folder, { recursive: true, force: true })
  }
}

async function loop(config: string, shell: string, port: number): Promise<Record<string, unknown>> {
  const sundew = (line: string, ...more: string[]): Promise<string> => say(config, line, ...more)
  await visit(port)
  await sundew('review ls --rules random,guard,fallback')
  const { session, transcript } = await recorded(config)
  for (const { command, regex } of QUESTIONS) {
    const turn = transcript.find(({ input }) => input === command)
    if (!turn) throw new Error(`${command} was not recorded`)
    if (!new RegExp(regex, 'm').test(turn.output + (turn.stderr ?? '')))
      await sundew(`review mark ${session} ${turn.event} gave-itself-away --score 1`)
    await sundew(`dataset add versions ${session} ${turn.event} --assert`, JSON.stringify({ type: 'regex', value: regex }))
  }
  await sundew(`prompt gate ${PERSONA} --dataset versions --at-least 50`)
  const mended = `${shell}.mended`
  writeFileSync(mended, readFileSync(shell, 'utf8').replace('Examples\n', `Examples\n${EXAMPLES}`))
  await sundew(`prompt edit ${PERSONA} --shell`, mended, '--message', 'how programs say their versions, before all other examples')
  await sundew(`prompt diff ${PERSONA}@1 ${PERSONA}@2`)
  await sundew('eval run versions --prompts production,2')
  await sundew(`prompt promote ${PERSONA}@2`)
  await visit(port)
  await sundew(`persona show ${PERSONA}`)
  await sundew('show last')
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
    live: metrics.map(({ number, sessions, fallbacks, guarded, p95Ms }) => ({ number, sessions, fallbacks, guarded, p95Ms })),
  }
}

/** The last session, once all that was typed in it is kept. */
async function recorded(config: string): Promise<{ session: string; transcript: Turn[] }> {
  for (;;) {
    const last = JSON.parse(await quietly(config, 'show', 'last', '--json')) as { session: string; transcript: Turn[] }
    if (last.transcript.length >= QUESTIONS.length) return last
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
