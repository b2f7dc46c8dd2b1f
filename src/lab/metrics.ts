import { median } from '../analysis/recognised.ts'
import { evidenceText } from '../events/bytes.ts'
import { coreEvents, type SundewEvent } from '../events/schema.ts'
import type { EventReader, Period } from '../store/contract.ts'
import type { PromptLibrary } from './prompts/library.ts'

/** How one version of a persona's prompts does with live visitors. */
export interface VersionMetrics {
  /** Number of the prompts; undefined for what was played before there were numbers. */
  number: number | undefined
  /** Versions of the persona (yaml and prompts) as events name them. */
  played: string[]
  sessions: number
  /** Median of answers a session, of those that were made by or for a model. */
  answersPerSession: number
  /** Median of all commands a session. */
  commandsPerSession: number
  answers: number
  /** Share of answers on whose way a guard rule fired, and of those that a built-in answer had to stand in for. */
  guarded: number
  fallbacks: number
  /** Milliseconds within which 95 % of the model's answers were there. */
  p95Ms: number
  /** What was typed last before leaving, most often first. */
  lastInputs: { value: string; count: number }[]
}

/** Turns that are looked at, the newest of the period. */
const MOST_TURNS = 40_000
const LAST_INPUTS = 5

interface SessionSeen {
  version: string | undefined
  commands: number
  answers: number
  last: string
}

/** One row for each version that answered in the period, newest version first. */
export async function versionMetrics(
  store: Pick<EventReader, 'events'>,
  library: PromptLibrary,
  persona: string,
  period: Period,
): Promise<VersionMetrics[]> {
  const events = await store.events({ ...period, type: 'turn', latest: true, limit: MOST_TURNS })
  const sessions = new Map<string, SessionSeen>()
  const answers = new Map<string, { guarded: boolean; fallback: boolean; ms: number | undefined }[]>()
  for (const event of events) {
    if (event.persona !== persona || event.session === undefined) continue
    const seen = sessions.get(event.session) ?? { version: undefined, commands: 0, answers: 0, last: '' }
    sessions.set(event.session, seen)
    const answer = answerOf(event)
    if (!answer) continue
    seen.commands++
    seen.last = answer.input
    if (answer.version === undefined) continue
    seen.version = answer.version
    seen.answers++
    const given = answers.get(answer.version) ?? []
    answers.set(answer.version, given)
    given.push(answer)
  }
  const byNumber = Map.groupBy(answers.keys(), (version) => library.numberOf(version))
  return [...byNumber]
    .map(([number, played]) => {
      const given = played.flatMap((version) => answers.get(version) ?? [])
      const own = [...sessions.values()].filter(({ version }) => version !== undefined && played.includes(version))
      const times = given.flatMap(({ ms }) => ms ?? []).sort((a, b) => a - b)
      return {
        number,
        played,
        sessions: own.length,
        answersPerSession: median(own.map((one) => one.answers)),
        commandsPerSession: median(own.map((one) => one.commands)),
        answers: given.length,
        guarded: given.filter(({ guarded }) => guarded).length / given.length,
        fallbacks: given.filter(({ fallback }) => fallback).length / given.length,
        p95Ms: times[Math.ceil(times.length * 0.95) - 1] ?? 0,
        lastInputs: mostOften(own.map(({ last }) => last)),
      }
    })
    .sort((a, b) => (b.number ?? 0) - (a.number ?? 0))
}

function answerOf(event: SundewEvent) {
  const turn = coreEvents.turn.safeParse(event.data).data
  if (!turn) return undefined
  const { generation, source } = turn
  return {
    input: evidenceText(turn.input).trim().split('\n', 1)[0]?.slice(0, 200) ?? '',
    version: generation?.promptVersion,
    guarded: (generation?.guard?.length ?? 0) > 0,
    fallback: source === 'fallback',
    ms: source === 'llm' ? generation?.totalMs : undefined,
  }
}

function mostOften(values: readonly string[]): { value: string; count: number }[] {
  const counts = Map.groupBy(values, (value) => value)
  return Array.from(counts, ([value, all]) => ({ value, count: all.length }))
    .sort((a, b) => b.count - a.count || a.value.localeCompare(b.value))
    .slice(0, LAST_INPUTS)
}
