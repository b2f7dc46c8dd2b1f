import { evidenceText } from '../events/bytes.ts'
import { coreEvents, type SundewEvent } from '../events/schema.ts'

/**
 * What is counted and what sessions are found by, as plain text values. `who` is noted once a visit, the rest as often as it
 * happens; `text` can be searched within; `counted` is a number that means nothing for a single session.
 */
export const FACT_FIELDS = {
  /** Every event by its lure, and by the sensor that recorded it. */
  lure: 'counted',
  sensor: 'counted',
  src_ip: 'who',
  port: 'who',
  country: 'who',
  asn: 'who',
  /** A command line, or another protocol's command in one line. */
  input: 'text',
  /** `GET /path`. */
  request: 'text',
  user_agent: 'text',
  username: 'word',
  password: 'word',
  /** `user:password`. */
  credential: 'word',
  /** A challenge and its response: hashcat's mode, a tab, and the line as hashcat reads it. */
  hash: 'word',
  /** Something an attacker pointed at: a URL, a host, a wallet. */
  indicator: 'text',
  /** SHA-256. */
  artifact: 'word',
  hassh: 'word',
  ja4: 'word',
  ja4h: 'word',
  /** Any other fingerprint, `kind=value`. */
  fingerprint: 'word',
  /** How a client calls itself: `SSH-2.0-Go`. */
  client: 'text',
  /** Where an answer came from. */
  source: 'word',
  model: 'word',
  /** `persona@version` of a generated answer. */
  prompt: 'word',
  /** Rules that fired on the way to an answer. */
  guard: 'word',
  /** What a model answered. */
  answer: 'text',
  /** Tags of every event that carries them; sessions are found by their own. */
  tag: 'counted',
  /** Milliseconds of a model's answer, by the upper end of their {@link latencyStep}. */
  latency: 'counted',
} as const
export type FactField = keyof typeof FACT_FIELDS

export interface Fact {
  field: FactField
  value: string
}

/** What analysis knows that events do not say; given to a store when it is opened, for stores know no analysis. */
export interface Annotator {
  /** ISO 3166 code of the country, and `AS64496 Name`; absent when not known. */
  locate(ip: string): { country?: string; asn?: string }
  /** An input with what varies from session to session taken out. */
  shape(input: string): string
}

export const NO_ANNOTATOR: Annotator = { locate: () => ({}), shape: (input) => input }

/** Longest value that is kept; longer ones are cut, their events have them whole. */
const VALUE_LENGTH = 16_384

/** What an event says that can be counted. Values are text for people: bytes that are none are written as `\xNN`. */
export function factsOf(event: SundewEvent, annotator: Annotator): Fact[] {
  const facts: Fact[] = []
  const note = (field: FactField, value: string | undefined): void => {
    if (value) facts.push({ field, value: value.length > VALUE_LENGTH ? value.slice(0, VALUE_LENGTH) : value })
  }
  note('lure', event.lure)
  note('sensor', event.sensor)
  for (const tag of event.tags ?? []) note('tag', tag)
  if (event.type === 'session.open' || event.session === undefined) noteVisit(event, annotator, note)
  BY_TYPE[event.type]?.(event, note)
  if (event.type.endsWith('.command')) note('input', commandLine(event.data))
  if (event.type.endsWith('.request')) noteRequest(event, note)
  return facts
}

/** Steps of a latency, an eighth of a doubling apart: a median of steps is within 5 % of the true one. */
export function latencyStep(ms: number): number {
  return Math.round(2 ** (Math.ceil(Math.log2(Math.max(ms, 1)) * 8) / 8))
}

type Note = (field: FactField, value: string | undefined) => void

function noteVisit(event: SundewEvent, annotator: Annotator, note: Note): void {
  if (event.srcIp === undefined) return
  const { country, asn } = annotator.locate(event.srcIp)
  note('src_ip', event.srcIp)
  note('port', event.dstPort?.toString())
  note('country', country)
  note('asn', asn)
}

const BY_TYPE: Readonly<Record<string, (event: SundewEvent, note: Note) => void>> = {
  turn: noteTurn,
  login(event, note) {
    const login = coreEvents.login.safeParse(event.data).data
    if (!login) return
    const username = evidenceText(login.username)
    note('username', username)
    if (login.hash) note('hash', `${login.hash.mode}\t${login.hash.line}`)
    if (login.password === undefined) return
    note('password', evidenceText(login.password))
    note('credential', `${username}:${evidenceText(login.password)}`)
  },
  artifact: (event, note) => note('artifact', String(event.data.sha256)),
  indicator(event, note) {
    const indicator = coreEvents.indicator.safeParse(event.data).data
    if (indicator) note('indicator', evidenceText(indicator.value))
  },
  fingerprint(event, note) {
    const found = coreEvents.fingerprint.safeParse(event.data).data
    if (!found) return
    if (found.kind === 'hassh' || found.kind === 'ja4' || found.kind === 'ja4h') note(found.kind, found.value)
    else note('fingerprint', `${found.kind}=${found.value}`)
  },
  'ssh.version': (event, note) => note('client', text(event.data.version)),
}

/** Read without its schema, which the bus has checked: this runs for every turn that is stored. */
function noteTurn({ data }: SundewEvent, note: Note): void {
  if (data.kind === 'web') note('request', requestLine(data.detail))
  else note('input', text(data.input)?.trim())
  note('source', text(data.source))
  const generation = isRecord(data.generation) ? data.generation : {}
  for (const rule of Array.isArray(generation.guard) ? generation.guard : []) note('guard', text(rule))
  if (data.source !== 'llm') return
  note('answer', text(data.output))
  note('model', text(generation.model))
  if (generation.persona !== undefined) note('prompt', `${generation.persona}@${generation.promptVersion ?? '?'}`)
  const ms = Number(generation.totalMs ?? data.durationMs)
  if (Number.isFinite(ms)) note('latency', String(latencyStep(ms)))
}

/** `METHOD /target`, as web lures put it into the detail of a turn. */
export function requestLine(detail: unknown): string | undefined {
  return isRecord(detail) && typeof detail.method === 'string' && typeof detail.target === 'string'
    ? `${detail.method} ${detail.target}`
    : undefined
}

/** The arguments of a protocol's command, joined; undefined where a lure has another form. */
function commandLine(data: Record<string, unknown>): string | undefined {
  if (Array.isArray(data.args)) return data.args.map((argument) => text(argument) ?? '').join(' ')
  return text(data.command)
}

function noteRequest(event: SundewEvent, note: Note): void {
  const { headers } = event.data
  if (!Array.isArray(headers)) return
  for (const header of headers) {
    if (Array.isArray(header) && text(header[0])?.toLowerCase() === 'user-agent') note('user_agent', text(header[1]))
  }
}

function text(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return isRecord(value) && typeof value.base64 === 'string' ? evidenceText({ base64: value.base64 }) : undefined
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
