import { join } from 'node:path'
import { loadSettings } from '../../config/load.ts'
import type { OutputEntry } from '../../config/outputs.ts'
import type { Settings } from '../../config/schema.ts'
import { EventBus } from '../../events/bus.ts'
import type { SundewEvent } from '../../events/schema.ts'
import { uuid7 } from '../../events/uuid7.ts'
import { requestReplay } from '../../outputs/courier.ts'
import { DeadLetters } from '../../outputs/dead-letters.ts'
import { nameOf, openSink } from '../../outputs/outputs.ts'
import { reasonOf } from '../../outputs/sink.ts'
import { RunningFile } from '../../running-file.ts'
import { openArtifactStore } from '../../store/artifacts.ts'
import { openStateStore } from '../../store/state.ts'
import { UsageProblem } from '../cli.ts'
import { humanDuration, parseSince } from '../duration.ts'
import { jsonLine } from '../json-line.ts'
import { type Column, table } from '../table.ts'
import type { ExitCode, Output, Verb } from '../verb.ts'

const columns: Column[] = [
  { title: 'OUTPUT' },
  { title: 'KIND' },
  { title: 'SENT', align: 'right' },
  { title: 'LAG', align: 'right' },
  { title: 'DEAD', align: 'right' },
  { title: 'STATE', max: 80 },
]

const TEST_DEADLINE_MS = 15_000

export const outputs: Verb = {
  name: 'outputs',
  summary: 'where events go besides the store: how they do, a test event, the past again',
  usage: 'ls | test NAME | replay NAME --since TIME',
  examples: ['sundew outputs', 'sundew outputs test splunk', 'sundew outputs replay elasticsearch --since 24h'],
  options: { since: { type: 'string' } },
  about: { since: 'replay: from this time, as 24h, 7d or an ISO date' },
  async run(given, output): Promise<ExitCode> {
    const { settings } = loadSettings(given)
    const [what = 'ls', name] = given.words
    if (what === 'ls') return list(settings, given.json, output)
    const entry = settings.outputs.find((one) => nameOf(one) === name)
    if (!entry) {
      const names = settings.outputs.map(nameOf).join(', ') || 'none'
      throw new UsageProblem(`there is no output "${name ?? ''}"; sundew.yaml has: ${names}`)
    }
    if (what === 'test') return test(entry, settings, output)
    if (what === 'replay') return replay(entry, settings, given.options.since, output)
    throw new UsageProblem(`"${what}" is none of ls, test, replay`)
  },
}

function list(settings: Settings, json: boolean, output: Output): ExitCode {
  const running = RunningFile.read(settings.data)
  const rows = settings.outputs.map((entry) => {
    const name = nameOf(entry)
    const letters = new DeadLetters(settings.data, name)
    const status = running?.outputs.find((one) => one.name === name)
    return { name, kind: entry.kind, enabled: entry.enabled, status, deadLetters: letters.kept(), deadLetterFile: letters.path }
  })
  if (json) output.line(jsonLine(rows))
  else if (rows.length === 0) output.line('no outputs: docs/outputs.md shows what sundew.yaml can have under "outputs"')
  else
    output.line(
      table(
        columns,
        rows.map(({ name, kind, enabled, status, deadLetters }) => [
          name,
          kind,
          status?.sent ?? '',
          lagOf(status),
          deadLetters,
          stateOf(enabled, status),
        ]),
      ),
    )
  return 0
}

type Status = { lagMs: number; trouble?: string } | undefined

function lagOf(status: Status): string {
  return status ? humanDuration(status.lagMs) : ''
}

function stateOf(enabled: boolean, status: Status): string {
  if (!enabled) return 'off'
  return status ? (status.trouble ?? 'well') : 'the sensor does not run'
}

async function test(entry: OutputEntry, settings: Settings, output: Output): Promise<ExitCode> {
  const artifacts = openArtifactStore(join(settings.data, 'artifacts'))
  const event = testEvent(settings.sensor, entry.kind)
  const sink = openSink(entry, settings, { artifacts, bus: new EventBus(settings.sensor), store: { events: async () => [event] } })
  const startedAt = performance.now()
  try {
    await sink.send([event], AbortSignal.timeout(TEST_DEADLINE_MS))
    output.line(`${nameOf(entry)} took the test event ${event.id} in ${humanDuration(performance.now() - startedAt)}`)
    return 0
  } catch (error) {
    output.error(`${nameOf(entry)} did not take a test event: ${reasonOf(error)}`)
    return 1
  } finally {
    await sink.close?.()
  }
}

/**
 * A login of nobody, from an address of documentation (RFC 5737), marked as a test; for spans, which are of answers alone, an answer that no
 * model gave.
 */
function testEvent(sensor: string, kind: OutputEntry['kind']): SundewEvent {
  const what =
    kind === 'otlp'
      ? { type: 'turn', data: { kind: 'shell', input: 'sundew-test', output: '', source: 'static', generation: { model: 'sundew-test' } } }
      : { type: 'login', data: { method: 'password', username: 'sundew-test', password: 'sundew-test', accepted: false } }
  return {
    id: uuid7(),
    time: Date.now(),
    sensor,
    session: uuid7(),
    lure: 'ssh',
    standsFor: ['Cowrie', 'Beelzebub', 'Heralding'],
    transport: 'tcp',
    srcIp: '192.0.2.1',
    srcPort: 40000,
    dstIp: '192.0.2.2',
    dstPort: 22,
    tags: ['note:test'],
    ...what,
  }
}

function replay(entry: OutputEntry, settings: Settings, since: string | boolean | undefined, output: Output): ExitCode {
  const time = typeof since === 'string' ? parseSince(since) : undefined
  if (time === undefined) throw new UsageProblem('say from when: --since 24h, 7d, or an ISO date')
  const state = openStateStore(settings.data)
  try {
    requestReplay(state, nameOf(entry), time)
  } finally {
    state.close()
  }
  output.line(`${nameOf(entry)} gets everything since ${new Date(time).toISOString()} again; receivers know an event by its id`)
  return 0
}
