import type { Logger } from 'pino'
import type { Settings } from '../config/schema.ts'
import type { Generation } from '../events/schema.ts'
import { readAnswer, wireSchema } from './answer-schema.ts'
import { type Backend, BackendError, type BackendRequest } from './backend.ts'
import type { Budget, Reservation } from './budget.ts'
import { type CallMade, makeCall, makeHedgedCall, PATIENCE } from './call.ts'
import { guard } from './guard/guard.ts'
import { IncrementalGuard } from './guard/incremental.ts'
import type { GuardContext } from './guard/rule.ts'
import type { Lease, Pool, Wish } from './pool.ts'
import { assemblePrompt, ordersOf, type Prompt, promptText, truncation } from './prompt.ts'
import type { Question } from './question.ts'
import type { SecondGuard } from './second-guard.ts'
import type { Showing } from './showing.ts'
import { TokenEstimator } from './tokens.ts'

/** What came of a question that went to the backends. */
export type Generated =
  | { ok: true; value: unknown; facts: Generation }
  | {
      ok: false
      facts: Generation /** The model was not able to, twice: asking again soon is wasted. */
      hopeless: boolean /** No budget was left for it. */
      unpaid: boolean
    }

/** What came of one call. */
type Attempt =
  | { how: 'good'; value: unknown }
  /** The model answered, and not well. */
  | { how: 'bad'; remark: string }
  /** The backend did not answer. */
  | { how: 'failed'; backend: Backend; trouble: BackendError['trouble'] }
  /** No call was made: no budget (unpaid), no backend, or nobody waits any more. */
  | { how: 'none'; unpaid: boolean }

/** Further calls after a bad answer or a broken one. Backends that were not tried yet come on top. */
const RETRIES = 1
/** Share of the deadline by which the second guard must have spoken. */
const IN_TIME = 0.9

export interface GeneratorParts {
  settings: Settings['llm']
  pool: Pool
  budget: Budget
  canary: string
  log: Logger
  /** Looks at what the rules have passed; absent = nobody does. */
  secondGuard?: SecondGuard | undefined
  /** Told the names of guard rules as they fire. */
  onGuard: (rules: readonly string[]) => void
}

/** One question on its way, with what is written down about it. */
interface Journey<A> {
  question: Question<A>
  deadlineMs: number
  signal: AbortSignal
  startedAt: number
  facts: Generation
  /** Backends that failed it. */
  failed: Set<Backend>
  /** What whoever asks sees before the answer is whole. */
  showing: Showing
  /** What was wrong with the last answer. */
  remark: string | undefined
}

/** The way of one question through budget, queue, backend and guard, with a retry and fail-over. Never rejects. */
export class Generator {
  readonly #parts: GeneratorParts
  readonly #estimator = new TokenEstimator()
  /** Troubles told to the operator already; each is told once until the engine starts anew. */
  readonly #told = new Set<string>()

  constructor(parts: GeneratorParts) {
    this.#parts = parts
  }

  async generate<A>(question: Question<A>, deadlineMs: number, signal: AbortSignal, showing: Showing): Promise<Generated> {
    const facts: Generation = { persona: question.persona.name, promptVersion: question.persona.version }
    const startedAt = performance.now()
    const journey: Journey<A> = { question, deadlineMs, signal, startedAt, facts, failed: new Set(), showing, remark: undefined }
    let retries = RETRIES
    for (;;) {
      const attempt = await this.#attempt(journey)
      facts.totalMs = Math.round(performance.now() - journey.startedAt)
      if (attempt.how === 'good') return { ok: true, value: attempt.value, facts }
      // What was seen stands: another attempt would say something else.
      if (question.stream && showing.text !== '') return { ok: true, value: question.stream.end(showing.text, showing.known), facts }
      if (attempt.how === 'none') return { ok: false, facts, hopeless: false, unpaid: attempt.unpaid }
      if (signal.aborted) return { ok: false, facts, hopeless: false, unpaid: false }
      if (attempt.how === 'bad') journey.remark = attempt.remark
      else {
        journey.failed.add(attempt.backend)
        if (this.#parts.pool.hasOther(journey.failed)) continue
        if (attempt.trouble !== 'broken') return { ok: false, facts, hopeless: false, unpaid: false }
        journey.failed.clear()
      }
      if (retries-- === 0) return { ok: false, facts, hopeless: attempt.how === 'bad', unpaid: false }
    }
  }

  async #attempt<A>(journey: Journey<A>): Promise<Attempt> {
    const { pool, budget, canary, settings } = this.#parts
    const { question, signal, facts } = journey
    const { maxTokens } = question.persona.model
    const scarce = settings.budget.smallModel !== undefined && budget.scarce(question.asker)
    const wished = scarce ? settings.budget.smallModel : question.persona.model.name
    const prompt = assemblePrompt(question, wished ?? settings.model, canary, this.#estimator, journey.remark)
    const reservation = budget.reserve(question.asker, wished ?? settings.model, { input: prompt.tokens, output: maxTokens })
    if (!reservation) {
      facts.trouble = 'the budget is used up'
      return { how: 'none', unpaid: true }
    }
    const conversation = `${question.persona.name} ${question.kind} ${question.asker.ip}`
    const wish: Wish = { asker: question.asker.ip, conversation, avoid: journey.failed, model: wished }
    const lease = await pool.acquire(wish, signal)
    facts.queuedMs = Math.round(performance.now() - journey.startedAt)
    if (!lease) {
      reservation.settle('', { input: 0, output: 0 })
      facts.trouble ??= signal.aborted ? 'nobody waits any more' : 'no backend is free or up'
      return { how: 'none', unpaid: false }
    }
    facts.backend = lease.backend.url
    facts.model = lease.model
    try {
      const made = await this.#call(lease, wish, prompt, journey)
      this.#account(made, prompt, reservation, journey)
      return await this.#judge(made, journey)
    } catch (error) {
      const failure = error instanceof BackendError ? error : new BackendError('broken', String(error))
      reservation.settle(lease.model, costOfFailure(failure, prompt, maxTokens))
      facts.trouble = failure.message
      if (failure.trouble !== 'cancelled') this.#tell(`${lease.backend.url}: ${failure.message}`)
      return { how: 'failed', backend: lease.backend, trouble: failure.trouble }
    }
  }

  #call<A>(lease: Lease, wish: Wish, prompt: Prompt, journey: Journey<A>): Promise<CallMade> {
    const { question, deadlineMs, signal, remark } = journey
    const { settings, pool, budget } = this.#parts
    const { temperature, maxTokens, contextTokens, seed, keepAlive } = question.persona.model
    const again = remark !== undefined
    const request: Omit<BackendRequest, 'model'> = {
      messages: prompt.messages,
      schema: wireSchema(question.schema),
      // Cooler, and with other dice: the same ones would fall the same way.
      temperature: again ? temperature / 2 : temperature,
      ...(seed === undefined ? {} : { seed: again ? seed + 1 : seed }),
      maxTokens,
      contextTokens,
      keepAlive,
    }
    const patienceMs = deadlineMs * PATIENCE
    const watch = () => this.#watcher(journey)
    if (settings.hedgeMs === undefined) return makeCall(lease, request, patienceMs, signal, watch())
    const second = () => {
      const extra = budget.reserve(question.asker, lease.model, { input: prompt.tokens, output: maxTokens })
      const other = extra && pool.acquireIdle({ ...wish, avoid: new Set([...wish.avoid, lease.backend]) })
      // Paid in full when it begins: one of the two is cancelled in mid-answer and never tells what it took.
      extra?.settle(lease.model, other ? { input: prompt.tokens, output: maxTokens } : { input: 0, output: 0 })
      return other
    }
    return makeHedgedCall(lease, second, settings.hedgeMs, request, patienceMs, signal, watch)
  }

  /** Shows the beginning of an answer as soon as it may be seen. The function returned tells whether anything was. */
  #watcher<A>({ question, showing }: Journey<A>): (written: string) => boolean {
    const { stream } = question
    // The second guard judges whole answers, and what was shown cannot be taken back.
    if (!stream || this.#parts.secondGuard) return () => false
    const guarded = new IncrementalGuard(stream.field, this.#contextOf(question))
    return (written) => {
      const next = guarded.next(written)
      if (next) showing.show(next.piece, next.known)
      return showing.text !== ''
    }
  }

  #contextOf<A>(question: Question<A>): Omit<GuardContext, 'cut'> {
    return {
      kind: question.kind,
      input: question.input,
      known: `${question.instructions}\n${question.state}`,
      orders: ordersOf(question.instructions),
      canary: this.#parts.canary,
    }
  }

  /** Writes down what a call took, and looks whether the server read the whole prompt. */
  #account<A>({ lease, answer }: CallMade, prompt: Prompt, reservation: Reservation, { question, facts }: Journey<A>): void {
    const text = promptText(prompt)
    const { contextTokens } = question.persona.model
    const input = answer.promptTokens ?? prompt.tokens
    const output = answer.outputTokens ?? this.#estimator.estimate(lease.model, answer.text)
    reservation.settle(lease.model, { input, output })
    facts.backend = lease.backend.url
    facts.model = lease.model
    facts.firstTokenMs = Math.round(answer.firstTokenMs)
    // Of all calls of this question together: a retry is paid as well.
    facts.promptTokens = (facts.promptTokens ?? 0) + input
    facts.outputTokens = (facts.outputTokens ?? 0) + output
    if (answer.cachedTokens !== undefined) facts.cachedTokens = (facts.cachedTokens ?? 0) + answer.cachedTokens
    const cut = truncation(prompt, contextTokens, answer.promptTokens)
    if (cut) {
      facts.trouble = cut
      this.#tell(`${lease.backend.url}: persona ${question.persona.name}: ${cut}`)
    } else if (answer.promptTokens !== undefined) this.#estimator.learn(lease.model, text, answer.promptTokens)
  }

  /** Reads and guards what the model wrote. */
  async #judge<A>({ answer }: CallMade, { question, facts, showing, signal, deadlineMs, startedAt }: Journey<A>): Promise<Attempt> {
    const reading = readAnswer(answer.text, question.schema, answer.structured)
    if (!reading.ok) return this.#bad(['unreadable'], reading.problem, facts)
    const verdict = guard(reading.value, question.schema, { ...this.#contextOf(question), cut: reading.cut })
    if (!verdict.ok) return this.#bad(verdict.fired, `it broke the rule ${verdict.fired.at(-1)}`, facts)
    const broken = question.check?.(verdict.value) ?? []
    if (broken.length) return this.#bad([...verdict.fired, ...broken], `it broke the rule ${broken.join(', ')}`, facts)
    if (!beginsWith(verdict.value, question, showing))
      return this.#bad(['shown-otherwise'], 'its beginning was shown in other words', facts)
    const leftMs = deadlineMs * IN_TIME - (performance.now() - startedAt)
    const opinion = await this.#parts.secondGuard?.judge(question, verdict.value, leftMs, signal)
    if (opinion?.trouble) this.#tell(`second guard: ${opinion.trouble}`)
    if (opinion?.rejects) return this.#bad([...verdict.fired, 'second-guard'], 'the second guard says that it falls out of its part', facts)
    this.#fired([...(reading.repaired ? ['repaired-json'] : []), ...verdict.fired], facts)
    return { how: 'good', value: verdict.value }
  }

  #bad(rules: string[], remark: string, facts: Generation): Attempt {
    this.#fired(rules, facts)
    facts.trouble = `the model's answer was rejected: ${remark}`
    return { how: 'bad', remark }
  }

  #fired(rules: readonly string[], facts: Generation): void {
    if (rules.length === 0) return
    facts.guard = [...new Set([...(facts.guard ?? []), ...rules])]
    this.#parts.onGuard(rules)
  }

  #tell(trouble: string): void {
    if (this.#told.has(trouble)) return
    // Bounded: servers put request ids and the like into their words.
    if (this.#told.size >= 256) this.#told.clear()
    this.#told.add(trouble)
    this.#parts.log.warn({ trouble }, 'model trouble; the built-in engine answers meanwhile')
  }
}

/** Whether an answer goes on from what of it was shown. */
function beginsWith<A>(answer: A, { stream }: Question<A>, { text }: Showing): boolean {
  if (!stream || text === '') return true
  const main = (answer as Record<string, unknown>)[stream.field]
  return typeof main === 'string' && main.startsWith(text)
}

/** What a failed call is charged: nothing when the server did no work, the most it can have done otherwise. */
function costOfFailure({ trouble }: BackendError, prompt: Prompt, maxTokens: number): { input: number; output: number } {
  const worked = trouble === 'cancelled' || trouble === 'broken' || trouble === 'too-long'
  return worked ? { input: prompt.tokens, output: maxTokens } : { input: 0, output: 0 }
}
