import { Evidence, evidenceText } from '../events/bytes.ts'
import { type AnswerSource, coreEvents, type Generation, type SundewEvent } from '../events/schema.ts'
import type { EventReader } from './contract.ts'

/** One step of a session as the operator reads it. The text is for people; the bytes are in the event. */
export interface Turn {
  /** Event that it comes from. */
  event: string
  /** UTC milliseconds. */
  time: number
  /** The lure's form of a turn (`shell`, `web`), or the type of an event that is none (`login`, `redis.command`). */
  kind: string
  /** What the attacker sent; for an event that is no turn, its type and data in one line. */
  input: string
  output: string
  stderr?: string
  /** Length of the whole output in bytes when the event keeps less. */
  outputBytes?: number
  exitCode?: number
  durationMs?: number
  /** Where the answer came from; absent for an event that is no turn. */
  source?: AnswerSource
  generation?: Generation
  detail?: Record<string, unknown>
  tags?: string[]
}

const PAGE = 1000

/** What the sensor notes about a session, rather than what the attacker did in it. */
const BOOKKEEPING: ReadonlySet<string> = new Set(['session.open', 'session.close', 'fingerprint', 'limit', 'lure.fault'])

/** The transcript of a stored session. */
export async function readTranscript(store: Pick<EventReader, 'events'>, session: string): Promise<Turn[]> {
  const events: SundewEvent[] = []
  for (let after: string | undefined; ; after = events.at(-1)?.id) {
    const page = await store.events({ session, limit: PAGE, ...(after !== undefined && { after }) })
    events.push(...page)
    if (page.length < PAGE) return transcriptOf(events)
  }
}

/** The turns of one session in order. Where a lure records none, what it records of the protocol is told instead. */
export function transcriptOf(events: readonly SundewEvent[]): Turn[] {
  const turns = events.flatMap((event) => conversation(event) ?? [])
  if (turns.length > 0) return turns
  return events.filter((event) => !BOOKKEEPING.has(event.type)).map(stepOf)
}

/** Any event of a session as a step of it. */
export function stepOf(event: SundewEvent): Turn {
  return conversation(event) ?? login(event) ?? fact(event)
}

function conversation(event: SundewEvent): Turn | undefined {
  if (event.type !== 'turn') return undefined
  const turn = coreEvents.turn.safeParse(event.data).data
  if (!turn) return undefined
  const { kind, input, output, stderr, ...rest } = turn
  const text = { input: evidenceText(input), output: evidenceText(output), ...(stderr !== undefined && { stderr: evidenceText(stderr) }) }
  return { ...common(event, kind), ...text, ...rest }
}

function login(event: SundewEvent): Turn | undefined {
  if (event.type !== 'login') return undefined
  const attempt = coreEvents.login.safeParse(event.data).data
  if (!attempt) return undefined
  const { method, username, password, hash, fingerprint, accepted } = attempt
  const secret = password === undefined ? (fingerprint ?? hash?.line) : evidenceText(password)
  const credential = secret === undefined ? evidenceText(username) : `${evidenceText(username)}:${secret}`
  return { ...common(event, 'login'), input: `login ${method} ${credential}`, output: accepted ? 'accepted' : 'refused' }
}

function fact(event: SundewEvent): Turn {
  return { ...common(event, event.type), input: `${event.type} ${fields(event.data)}`.trimEnd(), output: '' }
}

function common(event: SundewEvent, kind: string): Pick<Turn, 'event' | 'time' | 'kind' | 'tags'> {
  return { event: event.id, time: event.time, kind, ...(event.tags && { tags: event.tags }) }
}

/** The data of an event in one line: `name=value …`. */
export function fields(data: object): string {
  return Object.entries(data)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${phrase(value)}`)
    .join(' ')
}

/** A value in one line: a word as it stands, other text quoted, lists and objects in their brackets. */
function phrase(value: unknown): string {
  const bytes = Evidence.safeParse(value).data
  if (bytes !== undefined) return quoted(evidenceText(bytes))
  if (Array.isArray(value)) return `[${value.map(phrase).join(' ')}]`
  if (typeof value === 'object' && value !== null) return `{${fields(value)}}`
  return String(value)
}

function quoted(text: string): string {
  return /^[\w.:/@%+,-]+$/.test(text) ? text : JSON.stringify(text)
}
