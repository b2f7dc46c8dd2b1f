import { z } from 'zod'
import type { StateStore } from '../../store/contract.ts'
import type { Turn } from '../../store/transcript.ts'
import { Records } from '../records.ts'

/** What may be said of a turn, in order of weight: the heaviest is its verdict. */
export const MARKS = ['gave-itself-away', 'refusal', 'wrong-state', 'too-slow', 'convincing'] as const
export const Mark = z.enum(MARKS)
export type Mark = z.infer<typeof Mark>

/** What the one who reviews says. */
export const Opinion = z.object({
  marks: z.array(Mark).max(MARKS.length).default([]),
  /** 1 gives the game away, 5 could not be told from the real thing. */
  score: z.number().int().min(1).max(5).optional(),
  comment: z.string().max(4000).optional(),
  /** The right answer, in the form of its question: `{stdout, stderr, exitCode, operations}` or `{status, headers, body}`. */
  correction: z.unknown().optional(),
})
export type Opinion = z.infer<typeof Opinion>

/** What one reviewer says of one turn, with enough of it to stand alone when the event is gone. */
export const Review = Opinion.extend({
  session: z.string(),
  event: z.string(),
  reviewer: z.string(),
  /** UTC milliseconds. */
  at: z.number(),
  kind: z.string(),
  input: z.string(),
  output: z.string(),
  source: z.string().optional(),
  persona: z.string().optional(),
  promptVersion: z.string().optional(),
  model: z.string().optional(),
  /** What became of the correction. */
  pin: z.string().optional(),
  example: z.number().optional(),
})
export type Review = z.infer<typeof Review>

const KEPT_TEXT = 8_000

/** What reviewers said, one record a turn and reviewer; who looks again writes over what he said before. */
export class Reviews {
  readonly #records: Records<Review>
  readonly #now: () => number

  constructor(state: StateStore, now: () => number = Date.now) {
    this.#records = new Records(state, 'lab-reviews', Review)
    this.#now = now
  }

  put(turn: Turn, session: string, reviewer: string, opinion: Opinion): Review {
    const before = this.get(turn.event, reviewer)
    const { generation, source } = turn
    const review: Review = {
      ...opinion,
      session,
      event: turn.event,
      reviewer,
      at: this.#now(),
      kind: turn.kind,
      input: turn.input.slice(0, KEPT_TEXT),
      output: (turn.output + (turn.stderr ?? '')).slice(0, KEPT_TEXT),
      ...(source && { source }),
      ...(generation?.persona && { persona: generation.persona }),
      ...(generation?.promptVersion && { promptVersion: generation.promptVersion }),
      ...(generation?.model && { model: generation.model }),
      ...(before?.pin && { pin: before.pin }),
      ...(before?.example && { example: before.example }),
    }
    this.#records.set(keyOf(turn.event, reviewer), review)
    return review
  }

  /** Notes what a correction was turned into. */
  note(event: string, reviewer: string, became: { pin?: string; example?: number }): void {
    const review = this.get(event, reviewer)
    if (review) this.#records.set(keyOf(event, reviewer), { ...review, ...became })
  }

  get(event: string, reviewer: string): Review | undefined {
    return this.#records.get(keyOf(event, reviewer))
  }

  of(event: string): Review[] {
    return this.#records.list(`${event} `)
  }

  /** Oldest first. */
  all(): Review[] {
    return this.#records.list().sort((a, b) => a.at - b.at)
  }

  remove(event: string, reviewer: string): void {
    this.#records.delete(keyOf(event, reviewer))
  }
}

/** The heaviest mark; a turn without one is told by its score. */
export function verdictOf({ marks, score }: Pick<Opinion, 'marks' | 'score'>): Mark | undefined {
  const mark = MARKS.find((one) => marks.includes(one))
  if (mark || score === undefined || score === 3) return mark
  return score > 3 ? 'convincing' : 'gave-itself-away'
}

function keyOf(event: string, reviewer: string): string {
  return `${event} ${reviewer}`
}
