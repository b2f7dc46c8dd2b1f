import type { Logger } from 'pino'
import type { AlertRule } from '../../config/alerts.ts'
import type { EventBus } from '../../events/bus.ts'
import type { EventReader, SessionSummary } from '../../store/contract.ts'
import { parseQuery } from '../../store/query/parse.ts'
import type { Query } from '../../store/query/query.ts'
import { type Alert, AlertCounter } from './counter.ts'

/** Sessions are judged so long after something happened in them: by then the store has it. */
const JUDGED_AFTER_MS = 2_000
/** Of sessions that something happened in at once: the rest is judged with the next. */
const AT_ONCE = 500
/** Older sessions are looked up one by one. */
const YOUNG_MS = 10 * 60_000
const OLD_AT_ONCE = 20

interface Touched {
  startedAt: number
  touchedAt: number
}

/** What is watched for, and whom it is told. */
export interface AlertWatchOptions {
  rules: readonly AlertRule[]
  bus: EventBus
  store: EventReader
  log: Logger
  /** Told of each alert, after it was published as an event. */
  tell(alert: Alert, rule: AlertRule): void
  judgedAfterMs?: number
}

/**
 * Judges sessions in which something happened by the rules. The store is asked, in the language of the sessions page, so that a
 * rule means what the page shows; each judgement costs a bounded number of small questions.
 */
export class AlertWatch {
  readonly #options: AlertWatchOptions
  readonly #rules: { rule: AlertRule; where: Query; counter: AlertCounter }[]
  readonly #startedAt = new Map<string, number>()
  readonly #touched = new Map<string, Touched>()
  readonly #timer: NodeJS.Timeout
  readonly #unsubscribe: () => void
  #judging = Promise.resolve()

  /** @throws {QueryProblem} when a condition cannot be read */
  constructor(options: AlertWatchOptions) {
    this.#options = options
    this.#rules = options.rules
      .filter(({ enabled }) => enabled)
      .map((rule) => ({ rule, where: notIgnored(parseQuery(rule.when)), counter: new AlertCounter(rule) }))
    this.#unsubscribe = options.bus.subscribe(({ session, type, time }) => {
      if (session !== undefined) this.#touch(session, type, time)
    })
    this.#timer = setInterval(() => void this.judge(), options.judgedAfterMs ?? JUDGED_AFTER_MS)
    this.#timer.unref()
  }

  /** Judges what was touched long enough ago; resolves when it is done. */
  judge(now = Date.now()): Promise<void> {
    this.#judging = this.#judging
      .then(() => this.#judge(now))
      .catch((error: Error) => this.#options.log.error({ error: error.message }, 'alerts'))
    return this.#judging
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    this.#unsubscribe()
    await this.judge(Number.POSITIVE_INFINITY)
  }

  #touch(session: string, type: string, time: number): void {
    if (this.#rules.length === 0) return
    const known = this.#touched.get(session)
    const startedAt = known?.startedAt ?? this.#startedAt.get(session) ?? time
    this.#touched.set(session, { startedAt, touchedAt: time })
    if (type === 'session.close') this.#startedAt.delete(session)
    else this.#startedAt.set(session, startedAt)
    // A spoofed flood opens more sessions than anybody will look at.
    if (this.#startedAt.size > 100_000) this.#startedAt.delete(this.#startedAt.keys().next().value as string)
  }

  async #judge(now: number): Promise<void> {
    const due = [...this.#touched]
      .filter(([, { touchedAt }]) => touchedAt <= now - (this.#options.judgedAfterMs ?? JUDGED_AFTER_MS))
      .slice(0, AT_ONCE)
    if (due.length === 0) return
    for (const [session] of due) this.#touched.delete(session)
    const ids = new Set(due.map(([session]) => session))
    const newest = Math.max(...due.map(([, { startedAt }]) => startedAt))
    const young = due.filter(([, { startedAt }]) => startedAt > newest - YOUNG_MS)
    const old = due.filter(([, { startedAt }]) => startedAt <= newest - YOUNG_MS).slice(0, OLD_AT_ONCE)
    const since = Math.min(...young.map(([, { startedAt }]) => startedAt))
    for (const { rule, where, counter } of this.#rules) {
      const matching = await this.#options.store.sessions({ where, since, until: newest + 1, limit: AT_ONCE })
      for (const [, { startedAt }] of old)
        matching.push(...(await this.#options.store.sessions({ where, since: startedAt, until: startedAt + 1 })))
      for (const session of matching.filter(({ session }) => ids.has(session))) this.#count(session, rule, counter)
    }
  }

  #count(session: SessionSummary, rule: AlertRule, counter: AlertCounter): void {
    const alert = counter.add(session, Date.now())
    if (!alert) return
    this.#options.bus.publish({ type: 'alert', data: { ...alert } })
    this.#options.tell(alert, rule)
  }
}

/** Sources that the operator has set aside raise no alerts. */
export function notIgnored(where: Query | undefined): Query {
  const others: Query = { kind: 'not', part: { kind: 'is', field: 'tag', value: 'ignored:*' } }
  return where ? { kind: 'and', parts: [where, others] } : others
}
