import { z } from 'zod'
import type { StateStore } from '../../../store/contract.ts'
import type { UtmpRecord } from '../utmp.ts'
import { FACILITIES, type LogMessage } from './message.ts'

const Message = z.object({
  at: z.number(),
  facility: z.enum(FACILITIES),
  identifier: z.string(),
  pid: z.number().optional(),
  unit: z.string().optional(),
  text: z.string(),
})
const Login = z.object({ type: z.number(), pid: z.number(), line: z.string(), user: z.string(), host: z.string(), time: z.number() })
const Hit = z.object({ at: z.number(), text: z.string() })
const Kept = z.object({
  messages: z.array(Message),
  logins: z.array(Login),
  failures: z.array(Login).default([]),
  hits: z.array(Hit).default([]),
})

/** A line of the web server's access log, and when it was written. */
export type AccessLine = z.infer<typeof Hit>

/** What of one source is remembered of each kind; the oldest go first. Who guesses passwords leaves three messages a guess. */
const MOST = 400
/** A scanner makes thousands of requests. */
const MOST_HITS = 200
const LONGEST_TEXT = 1000
const DELAY_MS = 1000
/** What guessers and scanners leave may wait: there is much of it, and it is seldom looked at. */
const LONG_DELAY_MS = 15_000
const KEY = 'diary'

/** What one source's doings have written into the logs of its machine: kept, so that it finds them again. */
export class Diary {
  readonly messages: readonly LogMessage[]
  /** Records of wtmp. */
  readonly logins: readonly UtmpRecord[]
  /** Records of btmp. */
  readonly failures: readonly UtmpRecord[]
  readonly hits: readonly AccessLine[]
  readonly #state: StateStore
  readonly #scope: string
  #timer: { handle: NodeJS.Timeout; at: number } | undefined

  /** @param scope of the state store, that of the disk */
  constructor(state: StateStore, scope: string) {
    this.#state = state
    this.#scope = scope
    const kept = Kept.safeParse(parseJson(state.get(scope, KEY)?.toString('utf8')))
    const { messages, logins, failures, hits } = kept.success ? kept.data : { messages: [], logins: [], failures: [], hits: [] }
    this.messages = messages.map((message) => ({ ...message, pid: message.pid, unit: message.unit }))
    this.logins = logins
    this.failures = failures
    this.hits = hits
  }

  add(message: LogMessage): void {
    this.#keep(this.messages, { ...message, text: message.text.slice(0, LONGEST_TEXT) }, MOST, DELAY_MS)
  }

  addLogin(record: UtmpRecord): void {
    this.#keep(this.logins, record, MOST, DELAY_MS)
  }

  addFailure(record: UtmpRecord): void {
    this.#keep(this.failures, record, MOST, LONG_DELAY_MS)
  }

  addHit({ at, text }: AccessLine): void {
    this.#keep(this.hits, { at, text: text.slice(0, LONGEST_TEXT) }, MOST_HITS, LONG_DELAY_MS)
  }

  flush(): void {
    if (!this.#timer) return
    clearTimeout(this.#timer.handle)
    this.#timer = undefined
    const { messages, logins, failures, hits } = this
    this.#state.set(this.#scope, KEY, JSON.stringify({ messages, logins, failures, hits }))
  }

  #keep<T>(list: readonly T[], entry: T, most: number, ms: number): void {
    const own = list as T[]
    own.push(entry)
    if (own.length > most) own.shift()
    const at = Date.now() + ms
    if (this.#timer && this.#timer.at <= at) return
    clearTimeout(this.#timer?.handle)
    this.#timer = { handle: setTimeout(() => this.flush(), ms).unref(), at }
  }
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '{}')
  } catch (error) {
    // A record cut short by a full disk: the machine then remembers nothing of it.
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
