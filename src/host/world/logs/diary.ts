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
const Kept = z.object({ messages: z.array(Message), logins: z.array(Login) })

/** Messages of one source that are remembered; the oldest go first. */
const MOST = 200
const LONGEST_TEXT = 1000
const DELAY_MS = 1000
const KEY = 'diary'

/** What one source's doings have written into the logs of its machine: kept, so that it finds them again. */
export class Diary {
  readonly #state: StateStore
  readonly #scope: string
  readonly #messages: LogMessage[]
  readonly #logins: UtmpRecord[]
  #timer: NodeJS.Timeout | undefined

  /** @param scope of the state store, that of the disk */
  constructor(state: StateStore, scope: string) {
    this.#state = state
    this.#scope = scope
    const kept = Kept.safeParse(parseJson(state.get(scope, KEY)?.toString('utf8')))
    const { messages, logins } = kept.success ? kept.data : { messages: [], logins: [] }
    this.#messages = messages.map((message) => ({ ...message, pid: message.pid, unit: message.unit }))
    this.#logins = logins
  }

  get messages(): readonly LogMessage[] {
    return this.#messages
  }

  /** Records of wtmp. */
  get logins(): readonly UtmpRecord[] {
    return this.#logins
  }

  add(message: LogMessage): void {
    this.#messages.push({ ...message, text: message.text.slice(0, LONGEST_TEXT) })
    if (this.#messages.length > MOST) this.#messages.shift()
    this.#soon()
  }

  addLogin(record: UtmpRecord): void {
    this.#logins.push(record)
    if (this.#logins.length > MOST) this.#logins.shift()
    this.#soon()
  }

  flush(): void {
    if (!this.#timer) return
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#state.set(this.#scope, KEY, JSON.stringify({ messages: this.#messages, logins: this.#logins }))
  }

  #soon(): void {
    this.#timer ??= setTimeout(() => this.flush(), DELAY_MS).unref()
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
