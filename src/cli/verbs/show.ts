import { loadSettings } from '../../config/load.ts'
import { printable, printableLine } from '../../events/printable.ts'
import type { SundewEvent } from '../../events/schema.ts'
import type { SessionSummary } from '../../store/contract.ts'
import { openReader } from '../../store/open.ts'
import { type Turn, transcriptOf } from '../../store/transcript.ts'
import { UsageProblem } from '../cli.ts'
import { humanDuration } from '../duration.ts'
import { jsonLine } from '../json-line.ts'
import type { Output, Verb } from '../verb.ts'

export const show: Verb = {
  name: 'show',
  summary: 'the transcript of a session: what was sent, what was answered, and where the answer came from',
  usage: 'SESSION',
  examples: ['sundew show 0198d0a1-…', 'sundew show last', 'sundew show 0198d0a1 --events', 'sundew show last --json'],
  options: { events: { type: 'boolean' } },
  about: { events: 'every event of the session instead of its turns' },
  async run(given, output) {
    const [wanted] = given.words
    if (!wanted) throw new UsageProblem('which session? Give its id, the beginning of it, or "last"')
    const { settings } = loadSettings(given)
    const store = openReader(settings)
    if (!store) throw new Error(`nothing was recorded in ${settings.data} yet`)
    try {
      const session = wanted === 'last' ? (await store.sessions({ limit: 1 }))[0] : await store.session(wanted)
      if (!session) throw new Error(`there is no session ${wanted}; "sundew sessions" lists them`)
      const events = await store.events({ session: session.session, limit: 100_000 })
      if (given.json)
        output.line(jsonLine(given.options.events ? { ...session, events } : { ...session, transcript: transcriptOf(events) }))
      else if (given.options.events) showEvents(session, events, output)
      else showTurns(session, transcriptOf(events), output)
      return 0
    } finally {
      await store.close()
    }
  },
}

function showHead(session: SessionSummary, output: Output): void {
  const length = session.endedAt === undefined ? 'still open' : humanDuration(session.endedAt - session.startedAt)
  output.line(`session ${session.session}`)
  output.line(`  ${session.lure} (${session.persona ?? '-'}) from ${session.srcIp}:${session.srcPort} to port ${session.dstPort}`)
  output.line(`  ${new Date(session.startedAt).toISOString()}, ${length}`)
  if (session.credential) output.line(`  login ${printableLine(session.credential)}`)
  if (session.tags.length) output.line(`  ${printableLine(session.tags.join(' '))}`)
  output.line('')
}

function showTurns(session: SessionSummary, turns: readonly Turn[], output: Output): void {
  showHead(session, output)
  for (const turn of turns) {
    const generation = turn.generation
    const by = [
      turn.source,
      generation?.model,
      generation?.promptVersion && `prompt ${generation.promptVersion}`,
      generation?.guard?.length && `guard ${generation.guard.join(',')}`,
    ]
    const facts = [
      ...by,
      turn.durationMs === undefined ? undefined : humanDuration(turn.durationMs),
      turn.exitCode === undefined ? undefined : `exit ${turn.exitCode}`,
    ].filter(Boolean)
    output.line(`> ${printable(turn.input).trimEnd().replaceAll('\n', '\n> ')}`)
    const answer = [turn.output, turn.stderr]
      .filter((part) => part !== undefined)
      .map((part) => printable(part).trimEnd())
      .filter(Boolean)
    for (const part of answer) output.line(part)
    if (facts.length > 0) output.line(`  [${printableLine(facts.join(' · '))}]`)
  }
}

function showEvents(session: SessionSummary, events: readonly SundewEvent[], output: Output): void {
  showHead(session, output)
  for (const event of events) {
    const time = new Date(event.time).toISOString().slice(11, 23)
    output.line(
      `${time}  ${event.type}  ${printableLine(JSON.stringify(event.data))}${printableLine((event.tags ?? []).map((tag) => `  ${tag}`).join(''))}`,
    )
  }
}
