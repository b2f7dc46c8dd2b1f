import type { EventReader, Period, SessionSummary } from '../store/contract.ts'
import type { Query } from '../store/query/query.ts'

/** Signs that visitors saw through a persona, by the version of its prompts. No single one is proof; compare versions. */
export interface Recognition {
  /** `persona@version`, or the persona alone where no model answered. */
  prompt: string
  sessions: number
  /** Of sessions in which anything was typed. */
  medianInputs: number
  medianSeconds: number
  /** Share of them that ended after at most two inputs. */
  leftEarly: number
  /** Share of them that looked for a virtual machine, a container or a honeypot (ATT&CK T1497.001). */
  checked: number
  /** Share whose answers made a guard rule fire. */
  guarded: number
  /** What was typed last before leaving, most often first. */
  lastInputs: { value: string; count: number }[]
}

/** Sessions that are looked at for one version, the newest. */
const SESSIONS = 2_000
const EARLY = 2
const LAST_INPUTS = 8

/** Was I recognised? One row a persona and prompt version that answered in the period, most sessions first. */
export async function recognition(store: Pick<EventReader, 'facts' | 'facets' | 'sessions'>, period: Period): Promise<Recognition[]> {
  const prompts = await store.facts({ field: 'prompt', period, limit: 50 })
  const { persona: personas = [] } = await store.facets(
    { ...period, where: { kind: 'compare', field: 'turns', operator: '>', value: 0 } },
    ['persona'],
  )
  const groups: { prompt: string; where: Query }[] = [
    ...prompts.map(({ value }) => ({ prompt: value, where: { kind: 'is', field: 'prompt', value } as const })),
    ...personas.map(({ value }) => ({ prompt: value, where: withoutModel(value) })),
  ]
  const rows = await Promise.all(
    groups.map(async ({ prompt, where }) => {
      const typed: Query = { kind: 'and', parts: [where, { kind: 'compare', field: 'turns', operator: '>', value: 0 }] }
      const sessions = await store.sessions({ ...period, where: typed, limit: SESSIONS })
      const guarded: Query = { kind: 'and', parts: [typed, { kind: 'exists', field: 'guard' }] }
      const caught = await store.sessions({ ...period, where: guarded, limit: SESSIONS })
      return recognitionOf(prompt, sessions, caught.length)
    }),
  )
  return rows.filter((row) => row.sessions > 0).sort((a, b) => b.sessions - a.sessions)
}

function withoutModel(persona: string): Query {
  return {
    kind: 'and',
    parts: [
      { kind: 'is', field: 'persona', value: persona },
      { kind: 'not', part: { kind: 'exists', field: 'prompt' } },
    ],
  }
}

function recognitionOf(prompt: string, sessions: readonly SessionSummary[], guarded: number): Recognition {
  const share = (count: number): number => (sessions.length === 0 ? 0 : count / sessions.length)
  const counts = new Map<string, number>()
  for (const { lastInput } of sessions) if (lastInput) counts.set(lastInput, (counts.get(lastInput) ?? 0) + 1)
  return {
    prompt,
    sessions: sessions.length,
    medianInputs: median(sessions.map(({ turns }) => turns)),
    medianSeconds: median(sessions.flatMap(({ startedAt, endedAt }) => (endedAt === undefined ? [] : [(endedAt - startedAt) / 1000]))),
    leftEarly: share(sessions.filter(({ turns }) => turns <= EARLY).length),
    checked: share(sessions.filter(({ tags }) => tags.includes('attack:T1497.001')).length),
    guarded: share(guarded),
    lastInputs: Array.from(counts, ([value, count]) => ({ value, count }))
      .sort((a, b) => b.count - a.count || a.value.localeCompare(b.value))
      .slice(0, LAST_INPUTS),
  }
}

/** 0 of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? 0
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2
}
