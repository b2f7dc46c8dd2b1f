import { LRUCache } from 'lru-cache'
import type { Logger } from 'pino'
import { atMost } from '../config/at-most.ts'
import type { Identity } from '../config/identity.ts'
import type { Persona } from '../config/persona.ts'
import type { Settings } from '../config/schema.ts'
import { coreEvents } from '../events/schema.ts'
import { pageAhead } from '../http/site/generated-page.ts'
import { unwrittenPages } from '../http/site/own-paths.ts'
import type { AheadOutcome } from '../llm/ahead.ts'
import type { ModelEngine } from '../llm/engine.ts'
import type { Answer, Engine, Question } from '../llm/question.ts'
import type { EventReader, StateStore } from '../store/contract.ts'
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
  /** Holds the pages that are made already. */
  state: StateStore
  identity: Identity
  /** Names of the personas that have a web site on the wire. */
  sites: readonly string[]
  /** Current version of a persona; undefined when it does not play any more. */
  persona: (name: string) => Persona | undefined
  log: Logger
}

interface Candidate {
  kind: 'shell' | 'web'
  key: string
  persona: string
  sessions: Set<string>
  /** The latest turn that asked it. */
  session: string
  event: string
}

/** A question that everybody who asks for this page asks: no name of a visitor, no body. */
const PAGE_KEY = /^GET \/\S{0,500}$/

/**
 * Bots repeat themselves, and crawlers follow links. What several recorded sessions asked of the model is asked again on a fresh machine of the persona, at the
 * same place of the same script, while nobody needs the model; the next bot then finds the answer in the cache. Sessions are played
 * where nobody sees it, and only answers that everybody may share are made. Then come the pages that a persona's own site leads to.
 */
export class AskingAhead {
  readonly #setup: AskingAheadSetup
  readonly #tried = new LRUCache<string, true>({ ...atMost(REMEMBERED) })
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
      const ask = (): Promise<AheadOutcome | undefined> =>
        candidate.kind === 'web' ? this.#askPage(candidate.key, persona) : this.#askTurn(candidate, persona)
      const outcome = await this.#once(`${persona.version} ${candidate.key}`, ask)
      if (outcome !== undefined) return outcome
    }
    for (const persona of this.#setup.sites.flatMap((name) => this.#setup.persona(name) ?? [])) {
      for (const key of unwrittenPages(persona).map((path) => `GET ${path}`)) {
        const outcome = await this.#once(`${persona.version} ${key}`, () => this.#askPage(key, persona))
        if (outcome !== undefined) return outcome
      }
    }
    return undefined
  }

  /** @returns undefined when it was tried before, or has its answer */
  async #once(what: string, ask: () => Promise<AheadOutcome | undefined>): Promise<AheadOutcome | undefined> {
    if (this.#tried.has(what)) return undefined
    this.#tried.set(what, true)
    const outcome = await ask()
    // Another time: the model was needed, or this hour's tokens are spent.
    if (outcome === 'busy' || outcome === 'unpaid') this.#tried.delete(what)
    return outcome === 'known' ? undefined : outcome
  }

  #askPage(key: string, persona: Persona): Promise<AheadOutcome> {
    return this.#setup.engine.askAhead(pageAhead(persona, this.#setup.state, key))
  }

  async #candidates(): Promise<Candidate[]> {
    const events = await this.#setup.store.events({ type: 'turn', latest: true, limit: TURNS })
    const byKey = new Map<string, Candidate>()
    for (const { id, session, data } of events) {
      const turn = coreEvents.turn.safeParse(data).data
      const asked = turn?.generation?.question
      if (!turn || !asked || session === undefined || (turn.kind !== 'shell' && turn.kind !== 'web')) continue
      if (turn.kind === 'web' && !PAGE_KEY.test(asked.key)) continue
      const persona = turn.generation?.persona ?? ''
      const place = `${persona} ${asked.key}`
      const known = byKey.get(place) ?? { kind: turn.kind, key: asked.key, persona, sessions: new Set<string>(), session, event: id }
      known.sessions.add(session)
      byKey.set(place, { ...known, session, event: id })
    }
    return [...byKey.values()]
      .filter(({ sessions }) => sessions.size >= this.#setup.settings.sessions)
      .sort((a, b) => b.sessions.size - a.sessions.size)
  }

  /** @returns undefined when the turn asks nothing any more: a command was implemented, or the machine has changed */
  async #askTurn({ session, event }: Candidate, persona: Persona): Promise<AheadOutcome | undefined> {
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
