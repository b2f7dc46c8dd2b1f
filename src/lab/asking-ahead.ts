import { LRUCache } from 'lru-cache'
import type { Logger } from 'pino'
import type { Identity } from '../config/identity.ts'
import type { Persona } from '../config/persona.ts'
import type { Settings } from '../config/schema.ts'
import { coreEvents } from '../events/schema.ts'
import type { AheadOutcome } from '../llm/ahead.ts'
import type { ModelEngine } from '../llm/engine.ts'
import type { Answer, Engine, Question } from '../llm/question.ts'
import type { EventReader } from '../store/contract.ts'
import { LabProblem } from './lab-problem.ts'
import { recordedTurn } from './trial/recorded-turn.ts'
import { Rehearsal } from './trial/rehearsal.ts'

/** Recorded turns that are looked at: the newest. */
const TURNS = 5_000
/** What was tried is not tried again for this persona version. */
const REMEMBERED = 10_000

export interface AskingAheadSetup {
  settings: Settings['llm']['ahead']
  engine: Pick<ModelEngine, 'askAhead' | 'state'>
  store: EventReader
  identity: Identity
  /** Current version of a persona; undefined when it does not play any more. */
  persona: (name: string) => Persona | undefined
  log: Logger
}

interface Candidate {
  key: string
  persona: string
  sessions: Set<string>
  /** The latest turn that asked it. */
  session: string
  event: string
}

/**
 * Bots repeat themselves. What several recorded sessions asked of the model is asked again on a fresh machine of the persona, at the
 * same place of the same script, while nobody needs the model; the next bot then finds the answer in the cache. Sessions are played
 * where nobody sees it, and only answers that everybody may share are made.
 */
export class AskingAhead {
  readonly #setup: AskingAheadSetup
  readonly #tried = new LRUCache<string, true>({ max: REMEMBERED })
  readonly #timer: NodeJS.Timeout | undefined
  #asking: Promise<AheadOutcome | undefined> | undefined

  constructor(setup: AskingAheadSetup) {
    this.#setup = setup
    if (setup.settings.tokensPerHour === 0) return
    this.#timer = setInterval(() => {
      this.#asking ??= this.askOne()
        .catch((error: unknown) => {
          setup.log.error({ error: String(error) }, 'asking ahead failed')
          return undefined
        })
        .finally(() => {
          this.#asking = undefined
        })
    }, setup.settings.everySeconds * 1000)
    this.#timer.unref()
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#asking
  }

  /** Asks what most sessions asked and was not tried yet. @returns undefined when there is nothing, or the model is needed elsewhere */
  async askOne(): Promise<AheadOutcome | undefined> {
    const { backends, queued } = this.#setup.engine.state()
    if (queued > 0 || backends.every(({ up }) => up === false) || backends.some(({ inFlight }) => inFlight > 0)) return undefined
    for (const candidate of await this.#candidates()) {
      const persona = this.#setup.persona(candidate.persona)
      if (!persona) continue
      const tried = `${persona.version} ${candidate.key}`
      if (this.#tried.has(tried)) continue
      this.#tried.set(tried, true)
      const outcome = await this.#ask(candidate, persona)
      // Another time: the model was needed, or this hour's tokens are spent.
      if (outcome === 'busy' || outcome === 'unpaid') this.#tried.delete(tried)
      if (outcome !== undefined && outcome !== 'known') return outcome
    }
    return undefined
  }

  async #candidates(): Promise<Candidate[]> {
    const events = await this.#setup.store.events({ type: 'turn', latest: true, limit: TURNS })
    const byKey = new Map<string, Candidate>()
    for (const { id, session, data } of events) {
      const turn = coreEvents.turn.safeParse(data).data
      const asked = turn?.generation?.question
      if (!turn || !asked || session === undefined || turn.kind !== 'shell') continue
      const persona = turn.generation?.persona ?? ''
      const place = `${persona} ${asked.key}`
      const known = byKey.get(place) ?? { key: asked.key, persona, sessions: new Set<string>(), session, event: id }
      known.sessions.add(session)
      byKey.set(place, { ...known, session, event: id })
    }
    return [...byKey.values()]
      .filter(({ sessions }) => sessions.size >= this.#setup.settings.sessions)
      .sort((a, b) => b.sessions.size - a.sessions.size)
  }

  /** @returns undefined when the turn asks nothing any more: a command was implemented, or the machine has changed */
  async #ask({ session, event }: Candidate, persona: Persona): Promise<AheadOutcome | undefined> {
    const { engine, store, identity } = this.#setup
    let outcome: AheadOutcome | undefined
    const ahead: Engine = {
      async ask<A>(question: Question<A>): Promise<Answer<A>> {
        const made = await engine.askAhead(question)
        outcome ??= made
        return { value: question.fallback(), source: 'fallback', generation: {} }
      },
      state: () => engine.state(),
    }
    try {
      await new Rehearsal(await recordedTurn(store, session, event), persona, identity).play(ahead, [])
    } catch (error) {
      // Its session was deleted by age meanwhile.
      if (!(error instanceof LabProblem)) throw error
    }
    return outcome
  }
}
