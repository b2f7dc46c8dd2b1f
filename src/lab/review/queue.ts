import { evidenceText } from '../../events/bytes.ts'
import { coreEvents, type SundewEvent } from '../../events/schema.ts'
import type { EventReader, Period } from '../../store/contract.ts'
import { stepOf, type Turn } from '../../store/transcript.ts'
import { type Review, verdictOf } from './review.ts'

/** Why a turn is in the queue. */
export const SAMPLING = ['guard', 'fallback', 'slow', 'new', 'random', 'second'] as const
export type Sampling = (typeof SAMPLING)[number]

export interface QueueWish {
  period: Period
  reviewer: string
  rules: readonly Sampling[]
  /** Turns a persona that `random` draws. */
  random: number
  /** Decides what `random` draws: the same seed draws the same. */
  seed: string
  /** Only of this persona. */
  persona?: string
}

export interface QueueItem {
  session: string
  persona: string | undefined
  turn: Turn
  why: Sampling[]
}

/** Turns that are looked at, the newest of the period. */
const MOST_TURNS = 20_000
const SLOWEST = 0.01
const MOST_NEW = 2_000

/** Answers of model, cache, pin or fallback that are worth a look, newest first, without those that this reviewer has judged. */
export async function reviewQueue(
  store: Pick<EventReader, 'events' | 'facts'>,
  reviews: readonly Review[],
  wish: QueueWish,
): Promise<{ queue: QueueItem[]; judged: number }> {
  const { period, reviewer, persona, rules } = wish
  const events = await store.events({ ...period, type: 'turn', latest: true, limit: MOST_TURNS })
  const candidates = events.flatMap((event) => candidateOf(event)).filter((one) => persona === undefined || one.persona === persona)
  const own = new Set(reviews.filter((one) => one.reviewer === reviewer).map(({ event }) => event))
  const why = new Map<string, Sampling[]>()
  for (const rule of rules) {
    for (const event of await RULES[rule](candidates, { ...wish, store, reviews })) why.set(event, [...(why.get(event) ?? []), rule])
  }
  const queue = candidates.flatMap((one) => {
    const reasons = why.get(one.event)
    return !reasons || own.has(one.event) ? [] : [{ session: one.session, persona: one.persona, turn: stepOf(one.whole), why: reasons }]
  })
  return { queue: queue.reverse(), judged: candidates.filter(({ event }) => own.has(event)).length }
}

interface Candidate {
  event: string
  session: string
  persona: string | undefined
  input: string
  source: string
  guarded: boolean
  ms: number
  whole: SundewEvent
}

type RuleContext = QueueWish & { store: Pick<EventReader, 'facts'>; reviews: readonly Review[] }
type Rule = (candidates: readonly Candidate[], context: RuleContext) => Promise<string[]> | string[]

const RULES: Readonly<Record<Sampling, Rule>> = {
  guard: (candidates) => candidates.filter(({ guarded }) => guarded).map(({ event }) => event),
  fallback: (candidates) => candidates.filter(({ source }) => source === 'fallback').map(({ event }) => event),
  slow(candidates) {
    const made = candidates.filter(({ source }) => source === 'llm').sort((a, b) => b.ms - a.ms)
    return made.slice(0, Math.ceil(made.length * SLOWEST)).map(({ event }) => event)
  },
  async new(candidates, { store, period }) {
    const fresh = await store.facts({ field: 'input', period, isNew: true, limit: MOST_NEW })
    const waiting = new Set(fresh.map(({ value }) => value))
    // Oldest first: the first one who typed it.
    return candidates.filter(({ input }) => waiting.delete(input)).map(({ event }) => event)
  },
  random(candidates, { random, seed }) {
    const byPersona = Map.groupBy(candidates, (one) => one.persona ?? '')
    return [...byPersona.values()].flatMap((own) =>
      own
        .map(({ event }) => ({ event, place: hashOf(`${seed} ${event}`) }))
        .sort((a, b) => a.place - b.place)
        .slice(0, random)
        .map(({ event }) => event),
    )
  },
  second(candidates, { reviews, reviewer }) {
    const others = Map.groupBy(
      reviews.filter((review) => verdictOf(review)),
      ({ event }) => event,
    )
    return candidates
      .filter(({ event }) => {
        const known = others.get(event) ?? []
        return known.length === 1 && known[0]?.reviewer !== reviewer
      })
      .map(({ event }) => event)
  },
}

function candidateOf(event: SundewEvent): Candidate[] {
  const turn = coreEvents.turn.safeParse(event.data).data
  if (!turn || event.session === undefined || turn.source === 'static') return []
  const { generation, source, durationMs } = turn
  return [
    {
      event: event.id,
      session: event.session,
      persona: generation?.persona ?? event.persona,
      input: evidenceText(turn.input).trim(),
      source,
      guarded: (generation?.guard?.length ?? 0) > 0,
      ms: generation?.totalMs ?? durationMs ?? 0,
      whole: event,
    },
  ]
}

/** FNV-1a of 32 bits: an even draw that needs no secret. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}
