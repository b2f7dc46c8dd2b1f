import { randomInt } from 'node:crypto'
import type { Logger } from 'pino'
import type { Persona } from '../config/persona.ts'
import type { Settings } from '../config/schema.ts'
import type { AnswerSource, Generation } from '../events/schema.ts'
import type { StateStore } from '../store/contract.ts'
import { AheadLedger, type AheadOutcome } from './ahead.ts'
import type { Backend } from './backend.ts'
import { Budget } from './budget.ts'
import { AnswerCache, cacheKey } from './cache.ts'
import { DEADLINE } from './call.ts'
import { ModelFarm } from './farm.ts'
import { type Generated, Generator } from './generator.ts'
import { LateCalls } from './late-calls.ts'
import { Pace } from './pace.ts'
import { Pins } from './pins.ts'
import { Pool } from './pool.ts'
import type { Answer, Engine, EngineState, Question } from './question.ts'
import { SecondGuard } from './second-guard.ts'
import type { KnownParts, Showing } from './showing.ts'
import { SingleFlight } from './single-flight.ts'
import { warmUp } from './warm-up.ts'
import { within } from './within.ts'

/** Share of the deadline after which nobody waits any more; the rest is for sending the answer. */
const WAIT = 0.98
/** An answer that nobody waits for any more may take so many deadlines longer; it is for the cache then. */
const LATE = 2

export interface EngineSetup {
  settings: Settings['llm']
  state: StateStore
  log: Logger
  /** Takes the place of the backends that the settings describe (tests). */
  backends?: readonly Backend[]
  /** Instead of the one that the state store keeps: a trial without a state of its own asks as the sensor does. */
  canary?: string
  /** UTC milliseconds. */
  now?: () => number
}

/** The engine with what the operator's tools need of it. */
export interface ModelEngine extends Engine {
  readonly cache: AnswerCache
  readonly pins: Pins
  /** Has the backends load their models for these personas. Never rejects. */
  warmUp(personas: readonly Persona[]): Promise<void>
  /** Has an answer made that nobody waits for, when nobody else needs the model. Never rejects. */
  askAhead<A>(question: Question<A>): Promise<AheadOutcome>
  /** Cancels what is under way; later questions get the built-in answer. */
  close(): void
}

/** Builds the path of a generated answer. Without backends, or with all of them down, it works as well: by built-in answers. */
export function createEngine(setup: EngineSetup): ModelEngine {
  return new AnsweringEngine(setup)
}

/** What an asker has seen of an answer. */
interface Shown {
  text: string
  known: KnownParts
}

class AnsweringEngine implements ModelEngine {
  readonly cache: AnswerCache
  readonly pins: Pins
  readonly #settings: Settings['llm']
  readonly #log: Logger
  readonly #farm: ModelFarm
  readonly #pool: Pool
  readonly #budget: Budget
  readonly #generator: Generator
  readonly #flights = new SingleFlight<Generated>()
  readonly #late = new LateCalls()
  readonly #pace = new Pace()
  readonly #counts = { asked: 0, cacheHits: 0, shared: 0, generated: 0, fallbacks: 0, pinned: 0 }
  readonly #guard: Record<string, number> = {}
  readonly #canary: string
  readonly #warming = new AbortController()
  readonly #ahead: AheadLedger
  #personas: readonly Persona[] = []
  #closed = false

  constructor({ settings, state, log, backends, now, canary }: EngineSetup) {
    this.#settings = settings
    this.#log = log
    this.cache = new AnswerCache(settings.cache, state, now)
    this.pins = new Pins(state, now)
    this.#budget = new Budget(settings.budget, state, now)
    this.#farm = new ModelFarm(settings, state, backends)
    this.#pool = new Pool(this.#farm.entries(), settings, now)
    this.#ahead = new AheadLedger(settings.ahead.tokensPerHour, now)
    this.#canary = canary ?? canaryOf(state)
    this.#generator = new Generator({
      settings,
      pool: this.#pool,
      budget: this.#budget,
      canary: this.#canary,
      log,
      secondGuard: settings.secondGuard && new SecondGuard(settings.secondGuard, settings.breaker, this.#budget),
      onGuard: (rules) => {
        for (const rule of rules) this.#guard[rule] = (this.#guard[rule] ?? 0) + 1
      },
    })
  }

  async ask<A>(question: Question<A>): Promise<Answer<A>> {
    this.#counts.asked++
    try {
      return (await this.#answer(question)) ?? this.#fallback(question, {})
    } catch (error) {
      // A fault of ours must look like nothing at all to the attacker.
      this.#log.error({ error: error instanceof Error ? error.stack : String(error) }, 'fault in the engine')
      return this.#fallback(question, { trouble: `fault in the engine: ${String(error)}` })
    }
  }

  state(): EngineState {
    this.#followFarm()
    const { hits, misses, wrongHits, memoryEntries, memoryBytes, diskBytes } = this.cache.stats()
    return {
      enabled: this.#settings.enabled,
      backends: this.#pool.state(),
      ...this.#counts,
      queued: this.#pool.queued,
      guard: { ...this.#guard },
      cache: { hits, misses, wrongHits, memoryEntries, memoryBytes, diskBytes },
      budget: this.#budget.state(),
      ahead: this.#ahead.state(),
    }
  }

  async askAhead<A>(question: Question<A>): Promise<AheadOutcome> {
    const key = cacheKey(question)
    if (question.share !== 'persona' || question.kept !== undefined || this.pins.find(question) || this.cache.has(key)) return 'known'
    if (!this.#ahead.mayAsk) return 'unpaid'
    this.#followFarm()
    if (this.#closed || this.#pool.size === 0 || this.#pool.full) return 'busy'
    const { stream: _unseen, signal: _nobody, ...alone } = question
    const outcome = await this.#wait(alone, key)
    if (outcome.how !== 'done') return 'failed'
    const { promptTokens = 0, outputTokens = 0 } = outcome.value.facts
    if (!outcome.value.ok) {
      this.#ahead.spent(promptTokens + outputTokens)
      return 'failed'
    }
    this.#ahead.made(key, promptTokens + outputTokens)
    return 'made'
  }

  warmUp(personas: readonly Persona[]): Promise<void> {
    this.#personas = personas
    return warmUp(this.#pool, personas, this.#canary, this.#warming.signal)
  }

  close(): void {
    this.#closed = true
    this.#warming.abort()
    this.#late.close()
    this.#flights.close()
  }

  async #answer<A>(question: Question<A>): Promise<Answer<A> | undefined> {
    const pinned = this.pins.find(question)
    if (pinned) {
      this.#counts.pinned++
      return this.#made(question, pinned.value, 'pin', {})
    }
    if (question.kept !== undefined) {
      this.#counts.cacheHits++
      return this.#made(question, question.kept, 'cache', {})
    }
    const key = cacheKey(question)
    const cached = this.#fromCache(question, key)
    if (cached !== undefined) return cached
    this.#followFarm()
    if (this.#closed || this.#pool.size === 0) return undefined
    return this.#generated(question, key)
  }

  /** Takes over what an operator has changed about the backends; a new one loads its model. */
  #followFarm(): void {
    if (this.#closed || !this.#farm.hasChanged()) return
    if (this.#pool.set(this.#farm.entries())) void this.warmUp(this.#personas)
  }

  #fromCache<A>(question: Question<A>, key: string): Answer<A> | undefined {
    const hit = this.cache.get(key)
    if (!hit) return undefined
    if (hit.freshness === 'negative') return this.#fallback(question, { trouble: 'the model could not answer this a short while ago' })
    const verdict = question.schema.safeParse(hit.entry.value)
    if (!verdict.success || question.check?.(verdict.data).length) {
      this.cache.wrong(key)
      return undefined
    }
    this.#counts.cacheHits++
    this.#ahead.used(key)
    if (hit.freshness === 'stale') this.#refresh(question, key)
    const { backend, model } = hit.entry.generation
    return this.#made(question, verdict.data, 'cache', { backend, model })
  }

  /** Makes a new answer behind the back of whoever got the old one. */
  #refresh<A>(question: Question<A>, key: string): void {
    if (this.#closed || this.#pool.size === 0) return
    const { signal: _gone, ...withoutSignal } = question
    this.#wait(withoutSignal, key).catch((error: unknown) => this.#log.error({ error: String(error) }, 'refreshing a cached answer failed'))
  }

  async #generated<A>(question: Question<A>, key: string): Promise<Answer<A>> {
    const started = performance.now()
    const outcome = await this.#wait(question, key)
    const totalMs = Math.round(performance.now() - started)
    if (outcome.how !== 'done' && outcome.shown !== undefined) return this.#brokenOff(question, key, outcome, totalMs)
    if (outcome.how === 'left') return this.#fallback(question, { totalMs, trouble: 'the attacker left' })
    if (outcome.how === 'deadline')
      return this.#fallback(question, { totalMs, trouble: `no answer within the deadline of ${this.#deadlineOf(question)} ms` })
    if (!outcome.value.ok) {
      if (outcome.value.unpaid) await this.#pace.wait(totalMs, question.signal)
      return this.#fallback(question, outcome.value.facts)
    }
    if (!outcome.shared) this.#pace.note(totalMs)
    this.#counts.generated++
    if (outcome.shared) this.#counts.shared++
    // Each asker gets an object of its own.
    return this.#made(question, structuredClone(outcome.value.value) as A, 'llm', outcome.value.facts)
  }

  async #wait<A>(question: Question<A>, key: string) {
    const deadlineMs = this.#deadlineOf(question)
    if (this.#pool.full) this.#late.giveWay()
    const flight = this.#flights.join(key, (signal, showing) => this.#generate(question, key, deadlineMs, signal, showing))
    let shown: Shown | undefined
    const unwatch =
      question.stream &&
      flight.showing.watch((piece, known) => {
        shown = { text: (shown?.text ?? '') + piece, known }
        question.stream?.give(piece, known)
      })
    const outcome = await within(flight.result, deadlineMs * WAIT, question.signal)
    unwatch?.()
    if (outcome.how === 'deadline' && shown === undefined && !this.#closed) this.#late.keep(flight, deadlineMs * LATE)
    else flight.leave(outcome.how === 'deadline' ? DEADLINE : undefined)
    return { ...outcome, shared: flight.shared, shown }
  }

  /** The answer of which only the beginning came in time. It was seen, so it is what this question answers from now on. */
  #brokenOff<A>(
    question: Question<A>,
    key: string,
    { how, shown }: { how: 'deadline' | 'left'; shown?: Shown | undefined },
    totalMs: number,
  ): Answer<A> {
    const value = (shown && question.stream?.end(shown.text, shown.known)) ?? question.fallback()
    const facts: Generation = {
      totalMs,
      trouble: how === 'left' ? 'the attacker left in mid-answer' : 'the answer was not whole at the deadline',
    }
    if (how === 'deadline') this.cache.set(key, value, facts)
    this.#counts.generated++
    return this.#made(question, value, 'llm', facts)
  }

  /** Runs once for all who ask the same at the same time. */
  async #generate<A>(question: Question<A>, key: string, deadlineMs: number, signal: AbortSignal, showing: Showing): Promise<Generated> {
    const made = await this.#generator.generate(question, deadlineMs, signal, showing)
    if (made.ok) this.cache.set(key, made.value, made.facts)
    else if (made.hopeless) this.cache.setNegative(key)
    return made
  }

  #deadlineOf<A>({ persona }: Question<A>): number {
    return persona.model.deadlineMs ?? this.#settings.deadlineMs
  }

  #fallback<A>(question: Question<A>, generation: Generation): Answer<A> {
    this.#counts.fallbacks++
    return this.#made(question, question.fallback(), 'fallback', generation)
  }

  #made<A>({ persona, kind, key }: Question<A>, value: A, source: AnswerSource, generation: Generation): Answer<A> {
    // A question of this length is a payload; nobody pins an answer to it.
    const question = key.length <= PINNABLE_KEY ? { question: { kind, key } } : {}
    return { value, source, generation: { persona: persona.name, promptVersion: persona.version, ...question, ...generation } }
  }
}

const PINNABLE_KEY = 4096
const CANARY_LETTERS = 14

/** A word that no dictionary has, kept over restarts so that the prompt's prefix stays the same. */
export function canaryOf(state: Pick<StateStore, 'get' | 'set'>): string {
  const known = state.get('llm', 'canary')?.toString('utf8')
  if (known) return known
  const word = Array.from({ length: CANARY_LETTERS }, () => String.fromCharCode(97 + randomInt(26))).join('')
  state.set('llm', 'canary', word)
  return word
}
