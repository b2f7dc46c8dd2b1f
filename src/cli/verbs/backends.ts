import { readFileSync } from 'node:fs'
import { loadSettings } from '../../config/load.ts'
import { Backend, type Settings } from '../../config/schema.ts'
import { ModelFarm } from '../../llm/farm.ts'
import { RunningFile } from '../../running-file.ts'
import { openStateStore } from '../../store/state.ts'
import { UsageProblem } from '../cli.ts'
import { jsonLine } from '../json-line.ts'
import { type Column, table } from '../table.ts'
import type { Arguments, ExitCode, Output, Verb } from '../verb.ts'

const columns: Column[] = [
  { title: 'BACKEND', max: 60 },
  { title: 'KIND' },
  { title: 'MODEL', max: 30 },
  { title: 'AT ONCE', align: 'right' },
  { title: 'A MINUTE', align: 'right' },
  { title: 'STATE', max: 60 },
  { title: 'FROM' },
]

export const backends: Verb = {
  name: 'backends',
  summary: 'model servers: add, drain and remove them while Sundew runs',
  usage: 'ls | add URL | drain URL | resume URL | rm URL',
  examples: [
    'sundew backends ls',
    'sundew backends add http://10.0.0.7:11434 --concurrency 4',
    'sundew backends add https://models.example/v1 --kind openai --model qwen3-8b --per-minute 60 --key-file models.key',
    'sundew backends drain http://127.0.0.1:11434',
    'sundew backends rm http://10.0.0.7:11434',
  ],
  options: {
    kind: { type: 'string' },
    model: { type: 'string' },
    concurrency: { type: 'string' },
    'per-minute': { type: 'string' },
    'key-file': { type: 'string' },
  },
  about: {
    kind: 'ollama (default) or openai',
    model: 'its model, instead of llm.model of sundew.yaml',
    concurrency: 'calls it may have at the same time (default 2)',
    'per-minute': 'calls that may begin within one minute',
    'key-file': 'a file whose first line is its API key',
  },
  async run(given, output) {
    const [what = 'ls', url] = given.words
    const { settings } = loadSettings(given)
    const state = openStateStore(settings.data)
    try {
      const farm = new ModelFarm(settings.llm, state)
      if (what === 'ls') return list(farm, settings, given, output)
      if (!url) throw new UsageProblem(`which backend? ${what} needs its URL; "sundew backends ls" shows them`)
      switch (what) {
        case 'add':
          farm.add(described(url, given))
          break
        case 'drain':
          farm.drain(url, true)
          break
        case 'resume':
          farm.drain(url, false)
          break
        case 'rm':
          farm.remove(url)
          break
        default:
          throw new UsageProblem('say ls, add, drain, resume or rm')
      }
      output.line(`${DONE[what]}; a running sensor follows within seconds${settings.llm.enabled ? '' : ', once llm.enabled is true'}`)
      return 0
    } finally {
      state.close()
    }
  },
}

const DONE: Readonly<Record<string, string>> = {
  add: 'added',
  drain: 'drained: calls under way end, none begins',
  resume: 'gets calls again',
  rm: 'removed',
}

function list(farm: ModelFarm, { data, llm }: Settings, { json }: Arguments, output: Output): ExitCode {
  const running = RunningFile.read(data)?.engine.backends
  const all = farm.members().map(({ apiKey: _secret, ...member }) => {
    const live = running?.find((one) => one.url === member.url)
    return {
      model: llm.model,
      ...member,
      ...(live && { up: live.up, breaker: live.breaker, inFlight: live.inFlight, trouble: live.trouble }),
    }
  })
  if (json) output.line(jsonLine(all))
  else
    output.line(
      table(
        columns,
        all.map((b) => [b.url, b.kind, b.model, b.concurrency, b.perMinute ?? '', stateOf(b), b.from]),
      ),
    )
  return 0
}

function stateOf(b: { drained: boolean; up?: boolean | undefined; inFlight?: number; trouble?: string | undefined }): string {
  if (b.drained) return b.inFlight ? `drained, ${b.inFlight} under way` : 'drained'
  if (b.up === undefined) return 'not asked yet'
  return b.up ? `up, ${b.inFlight ?? 0} under way` : `down${b.trouble ? `: ${b.trouble}` : ''}`
}

function described(url: string, { options }: Arguments): Backend {
  const keyFile = options['key-file']
  const read = Backend.safeParse({
    kind: options.kind ?? 'ollama',
    url,
    ...(options.model === undefined ? {} : { model: options.model }),
    ...(options.concurrency === undefined ? {} : { concurrency: Number(options.concurrency) }),
    ...(options['per-minute'] === undefined ? {} : { perMinute: Number(options['per-minute']) }),
    ...(typeof keyFile === 'string' ? { apiKey: readFileSync(keyFile, 'utf8').split('\n')[0]?.trim() } : {}),
  })
  if (read.success) return read.data
  const [issue] = read.error.issues
  throw new UsageProblem(`${issue?.path.join('.')}: ${issue?.message}`)
}
