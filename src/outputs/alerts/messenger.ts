import type { Logger } from 'pino'
import { z } from 'zod'
import type { AlertDestination } from '../../config/alerts.ts'
import { uuid7 } from '../../events/uuid7.ts'
import type { StateStore } from '../../store/contract.ts'
import { Egress } from '../egress.ts'
import { secretOf } from '../secret.ts'
import type { Alert } from './counter.ts'
import { requestOf, wordsOf } from './message.ts'

const SCOPE = 'alert-delivery'
const DEADLINE_MS = 15_000
const FIRST_RETRY_MS = 5_000
const LONGEST_RETRY_MS = 10 * 60_000
/** An alert that could not be told for so long is no news any more. */
const GIVEN_UP_MS = 24 * 3_600_000
const WAITING = 1000

const Waiting = z.object({
  destination: z.string(),
  alert: z.object({ rule: z.string(), group: z.string(), count: z.number(), sessions: z.array(z.string()), time: z.number() }),
})
type Waiting = z.infer<typeof Waiting>

/**
 * Tells alerts to the operator's destinations, each one after the other, and again until it is taken: what waits is kept in the
 * state store and outlives a restart.
 */
export class Messenger {
  readonly #destinations: ReadonlyMap<string, AlertDestination>
  readonly #state: StateStore
  readonly #sensor: string
  readonly #log: Logger
  readonly #firstRetryMs: number
  readonly #waiting = new Map<string, Waiting>()
  readonly #timers = new Map<string, NodeJS.Timeout>()
  readonly #delivering = new Set<Promise<void>>()
  readonly #failures = new Map<string, number>()
  #closed = false

  constructor(given: { destinations: readonly AlertDestination[]; state: StateStore; sensor: string; log: Logger; firstRetryMs?: number }) {
    this.#destinations = new Map(given.destinations.map((one) => [one.name, one]))
    this.#state = given.state
    this.#sensor = given.sensor
    this.#log = given.log
    this.#firstRetryMs = given.firstRetryMs ?? FIRST_RETRY_MS
    for (const { key, value } of this.#state.entries(SCOPE)) {
      const kept = Waiting.safeParse(JSON.parse(value.toString()))
      if (kept.success && this.#destinations.has(kept.data.destination)) this.#waiting.set(key, kept.data)
      else this.#state.delete(SCOPE, key)
    }
    for (const name of this.#destinations.keys()) this.#schedule(name, 0)
  }

  get waiting(): number {
    return this.#waiting.size
  }

  tell(alert: Alert, to: readonly string[]): void {
    for (const destination of to) {
      const key = uuid7()
      if (this.#waiting.size >= WAITING) {
        this.#log.error({ destination, rule: alert.rule }, 'too many alerts wait: this one is only listed')
        continue
      }
      this.#waiting.set(key, { destination, alert })
      this.#state.set(SCOPE, key, JSON.stringify({ destination, alert }))
      this.#schedule(destination, 0)
    }
  }

  /** What is on its way arrives or fails first; the rest waits for the next start. */
  async close(): Promise<void> {
    this.#closed = true
    for (const timer of this.#timers.values()) clearTimeout(timer)
    await Promise.all(this.#delivering)
  }

  #schedule(destination: string, afterMs: number): void {
    if (this.#closed || this.#timers.has(destination)) return
    const timer = setTimeout(() => {
      const delivery = this.#deliver(destination).finally(() => this.#delivering.delete(delivery))
      this.#delivering.add(delivery)
    }, afterMs)
    timer.unref()
    this.#timers.set(destination, timer)
  }

  async #deliver(name: string): Promise<void> {
    const destination = this.#destinations.get(name)!
    for (const [key, { destination: whose, alert }] of this.#waiting) {
      if (whose !== name || this.#closed) continue
      try {
        await sendAlert(destination, alert, this.#sensor)
        this.#failures.delete(name)
      } catch (error) {
        if (Date.now() - alert.time < GIVEN_UP_MS) {
          this.#timers.delete(name)
          this.#later(name, error)
          return
        }
        this.#log.error({ destination: name, rule: alert.rule }, 'nobody could be told of an alert for a day: it is only listed')
      }
      this.#waiting.delete(key)
      this.#state.delete(SCOPE, key)
    }
    this.#timers.delete(name)
    if ([...this.#waiting.values()].some(({ destination: whose }) => whose === name)) this.#schedule(name, 0)
  }

  #later(name: string, error: unknown): void {
    const failures = (this.#failures.get(name) ?? 0) + 1
    this.#failures.set(name, failures)
    this.#log.warn(
      { destination: name, error: error instanceof Error ? error.message : String(error) },
      'an alert could not be told; it waits',
    )
    this.#schedule(name, Math.min(this.#firstRetryMs * 2 ** (failures - 1), LONGEST_RETRY_MS))
  }
}

/** @throws when it was not taken */
export async function sendAlert(destination: AlertDestination, alert: Alert, sensor: string): Promise<void> {
  const signal = AbortSignal.timeout(DEADLINE_MS)
  if (destination.kind === 'mail') return sendMail(destination, alert, sensor)
  const { url, headers, body } = requestOf(destination, alert, sensor)
  const egress = new Egress([url])
  try {
    const { status } = await egress.http('POST', url, { headers, body, signal })
    if (status < 200 || status > 299) throw new Error(`${destination.name} answered with ${status}`)
  } finally {
    egress.close()
  }
}

async function sendMail(destination: Extract<AlertDestination, { kind: 'mail' }>, alert: Alert, sensor: string): Promise<void> {
  const { host, port, tls, insecure, username, password, from, to, name } = destination
  const auth = username && password ? { auth: { user: username, pass: secretOf(password, `alerts.destinations.${name}`) } } : {}
  const certificate = insecure ? { tls: { rejectUnauthorized: false } } : {}
  const { createTransport } = await import('nodemailer')
  const transport = createTransport({
    host,
    port,
    secure: tls,
    ...certificate,
    ...auth,
    connectionTimeout: DEADLINE_MS,
    socketTimeout: DEADLINE_MS,
  })
  try {
    await transport.sendMail({
      from,
      to,
      subject: `Sundew: ${alert.rule}`,
      text: `${wordsOf(alert, sensor)}\n\n${alert.sessions.join('\n')}\n`,
    })
  } finally {
    transport.close()
  }
}
