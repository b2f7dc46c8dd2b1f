import type { z } from 'zod'
import type { Persona } from '../config/persona.ts'
import type { AnswerSource, Generation } from '../events/schema.ts'
import type { AheadState } from './ahead.ts'
import type { KnownParts } from './showing.ts'

/**
 * One question to the engine, typed by the shape of its answer.
 *
 * The parts are kept apart so that the engine can put the stable ones first (prefix cache of the model server), cut
 * history to the token budget, and quote attacker text as data.
 */
export interface Question<A> {
  /** Family of the question; each has its own guard rules: `shell`, `web`. */
  kind: string
  persona: Persona
  /** What an answer must look like; sent to the server as JSON schema and checked when it comes back. */
  schema: z.ZodType<A>
  /** The persona's prompt text with variables filled in, and rules that never change between questions. */
  instructions: string
  /** Facts of the world that the answer depends on. Part of the cache key. */
  state: string
  /** Earlier turns, oldest first. Not part of the cache key: what they changed is in `state`. */
  history: readonly { input: string; output: string }[]
  /** What the attacker sent, as text. Quoted as data in the prompt. */
  input: string
  /** Cache key form of `input`; equal questions have equal keys. */
  key: string
  /** Who may share the cached answer: everybody who meets this persona, or this source alone. */
  share: 'persona' | 'source'
  asker: { ip: string; session: string }
  /** What `{{user}}`, `{{cwd}}` and so on in a pinned answer stand for; the host's own facts are known anyway. */
  variables?: Record<string, string>
  /** The answer that was given before and must not change any more: only a pin goes before it. */
  kept?: A
  /** Domain checks of an answer beyond the schema; names of the rules it breaks. */
  check?: (answer: A) => string[]
  /** Lets the beginning of the answer be seen while the model still writes the rest. */
  stream?: Streaming<A>
  /** The plausible answer that needs no model. */
  fallback: () => A
  /** Aborted when the attacker leaves or presses Ctrl-C. */
  signal?: AbortSignal
}

/**
 * How an answer is shown before it is whole. What was shown is true from then on: the answer that `ask` resolves with begins
 * with it, even if the model fails, is too slow, or goes on with something that the guard rejects.
 */
export interface Streaming<A> {
  /** The text that is shown: `stdout`, `body`. The schema names it after what must be known first. */
  field: string
  /** Told whole lines that the guard has passed, in order. `known` holds what else of the answer is known: status, headers. */
  give: (piece: string, known: KnownParts) => void
  /** The plausible answer when nothing comes after what was shown; `known` as it was told with it. */
  end: (shown: string, known: KnownParts) => A
}

/** A question without what only its asker understands; enough for prompt, cache and budget. */
export type QuestionFacts = Omit<Question<unknown>, 'schema' | 'check' | 'fallback' | 'kept' | 'stream'> & { schema: z.ZodType }

export interface Answer<A> {
  value: A
  source: AnswerSource
  generation: Generation
}

/** The path of a generated answer: pin, cache, single flight, budget, queue, backend, guard, repair, fallback. */
export interface Engine {
  /** Never rejects (an abort included: it resolves with the fallback) and never takes longer than the deadline. */
  ask<A>(question: Question<A>): Promise<Answer<A>>
  state(): EngineState
}

export interface EngineState {
  enabled: boolean
  backends: {
    kind: string
    url: string
    model: string
    up: boolean | undefined
    breaker: 'closed' | 'open' | 'half-open'
    inFlight: number
    /** Calls it may have at the same time. */
    concurrency?: number
    /** It gets no new calls. */
    drained?: boolean
    /** Last trouble in words for the operator. */
    trouble?: string
  }[]
  asked: number
  cacheHits: number
  shared: number
  generated: number
  fallbacks: number
  queued: number
  /** Answers that an operator had pinned. */
  pinned?: number
  /** How often each guard rule fired. */
  guard?: Record<string, number>
  cache?: { hits: number; misses: number; wrongHits: number; memoryEntries: number; memoryBytes: number; diskBytes: number }
  /** Answers that were made before anybody asked. */
  ahead?: AheadState
  /** What was spent this hour and in total, and the questions turned away by each bound. */
  budget?: { hourTokens: number; totalTokens: number; hourSpend: number; totalSpend: number; refused: Record<string, number> }
}
