import { createHash } from 'node:crypto'
import type { Persona } from '../../config/persona.ts'
import type { Engine, Question } from '../../llm/question.ts'
import type { StateStore } from '../../store/contract.ts'
import type { HeaderLine } from '../headers.ts'
import type { WebRequest } from '../request.ts'
import type { Origin, WebResponse } from '../response.ts'
import { GrowingPage } from './growing-page.ts'
import { webInstructions } from './instructions.ts'
import { flawsOf, GeneratedPage } from './page.ts'

export interface PageQuestion {
  request: WebRequest
  persona: Persona
  engine: Engine
  state: StateStore
  /** Name that the visitor is signed in under. */
  user: string | undefined
  /** Earlier requests of this client with their answers, oldest first. */
  history: readonly { input: string; output: string }[]
  /** The answer without a model. */
  fallback: () => GeneratedPage
  /** Told of the page as far as it is written, before any of that is sent. */
  onWritten?: (page: GeneratedPage, origin: Origin) => void
}

const LONGEST_BODY = 4_000
/** Request fields that change what a page says; all others are the client's own business. */
const TOLD_FIELDS = ['host', 'content-type', 'accept', 'referer', 'authorization', 'x-requested-with', 'origin']
/** Fields that are the wire's or the session's, whatever the model says. */
const OWNED_FIELDS = new Set([
  'set-cookie',
  'content-length',
  'content-encoding',
  'transfer-encoding',
  'connection',
  'date',
  'server',
  'vary',
])

/**
 * The page that the persona's application would send, from the engine. A page that anyone may see is kept when it is first
 * made, and stays the same to the byte for everybody, until the persona changes or the operator pins another. Its body is sent
 * while the model still writes it, as soon as status and headers are known.
 */
export function generatedPage(question: PageQuestion): Promise<WebResponse> {
  const { request, persona, engine, state, user, history, fallback, onWritten } = question
  const key = questionKey(request, user)
  const isShared = user === undefined && request.bodyBytes === 0
  const place = placeOf(persona, key)
  const kept = isShared ? readKept(state, place) : undefined
  const growing = new GrowingPage((page) => onWritten?.(page, { source: 'llm' }))
  const gone = new AbortController()
  // A page that somebody has begun to see is made to its end: it is what everybody sees from then on.
  const leave = (): void => {
    if (!growing.hasBegun) gone.abort()
  }
  const { signal } = request.visit
  const asked: Question<GeneratedPage> = {
    ...ofPersona(persona, user),
    history,
    input: requestText(request),
    key,
    share: isShared ? 'persona' : 'source',
    asker: { ip: request.source.ip, session: request.visit.session },
    ...(kept ? { kept } : {}),
    // A HEAD is answered when all is known: it has nothing to show meanwhile.
    ...(request.method === 'HEAD' ? {} : { stream: growing }),
    fallback,
    signal: gone.signal,
  }
  const make = async (): Promise<Made> => {
    if (signal.aborted) leave()
    signal.addEventListener('abort', leave, { once: true })
    const { value: page, source, generation } = await engine.ask(asked)
    signal.removeEventListener('abort', leave)
    if (isShared && !kept && (source === 'llm' || source === 'cache')) state.set(...place, JSON.stringify(page))
    onWritten?.(page, { source, generation })
    return { page, origin: { source, generation } }
  }
  const made = make()
  const whole = made.then(({ page, origin }) => ({ ...asResponse(page), ...origin }))
  return Promise.race([whole, growing.begun.then((head) => inPieces(head, growing, made))])
}

interface Made {
  page: GeneratedPage
  origin: Origin
}

/** The answer with the page's body as it is being written. */
function inPieces(head: GeneratedPage, growing: GrowingPage, made: Promise<Made>): WebResponse {
  const whole = made.then(({ page }) => page.body)
  const origin = made.then((one) => one.origin)
  // Who leaves early never comes to the end of the body, where a fault would be met.
  for (const promise of [whole, origin]) promise.catch(() => undefined)
  return { ...asResponse(head), body: growing.pieces(whole), heldBack: true, origin }
}

/** The question of a page that everybody may see, before anybody asks. @param key of such a question: `GET /portal/reset.php` */
export function pageAhead(persona: Persona, state: StateStore, key: string): Question<GeneratedPage> {
  const kept = readKept(state, placeOf(persona, key))
  return {
    ...ofPersona(persona, undefined),
    history: [],
    input: `${key}\nhost: ${persona.network.interfaces[0]?.address.split('/')[0] ?? persona.hostname}\naccept: */*`,
    key,
    share: 'persona',
    // RFC 5737: nobody.
    asker: { ip: '192.0.2.1', session: 'ahead' },
    ...(kept ? { kept } : {}),
    fallback: () => ({ status: 404, headers: [], body: '' }),
  }
}

function ofPersona(persona: Persona, user: string | undefined) {
  return {
    kind: 'web',
    persona,
    schema: GeneratedPage,
    instructions: webInstructions(persona, Date.now()),
    state: stateText(user),
    check: flawsOf,
  }
}

type Place = readonly [scope: string, id: string]

/** Where a page stands that was made for everybody. */
function placeOf({ name, version }: Persona, key: string): Place {
  return [`http.pages.${name}`, createHash('sha256').update(`${version}\0${key}`).digest('base64url')]
}

function readKept(state: StateStore, place: Place): GeneratedPage | undefined {
  const bytes = state.get(...place)
  return bytes && GeneratedPage.parse(JSON.parse(bytes.toString('utf8')))
}

function asResponse({ status, headers, body }: GeneratedPage): WebResponse {
  const lines = headers.map(({ name, value }): HeaderLine => [name, value]).filter(([name]) => !OWNED_FIELDS.has(name.toLowerCase()))
  const isTyped = lines.some(([name]) => name.toLowerCase() === 'content-type')
  const typed: HeaderLine[] = isTyped || body === '' ? lines : [['Content-Type', 'text/html; charset=UTF-8'], ...lines]
  return { status, headers: typed, body, dynamic: true }
}

/** Equal for requests that must get the same page: the order of query fields and the client's own headers do not count. */
function questionKey(request: WebRequest, user: string | undefined): string {
  const { method, path, query, body, bodyBytes } = request
  const sorted = new URLSearchParams([...query].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))).toString()
  const parts = [method === 'HEAD' ? 'GET' : method, sorted ? `${path}?${sorted}` : path]
  if (user !== undefined) parts.push(`as ${user}`)
  if (bodyBytes > 0) parts.push(`body ${createHash('sha256').update(body).digest('hex').slice(0, 24)}`)
  return parts.join(' ')
}

function stateText(user: string | undefined): string {
  return user === undefined ? 'Visitor: not signed in.' : `Visitor: signed in as ${JSON.stringify(user)}; the session is valid.`
}

function requestText(request: WebRequest): string {
  const { method, target, headers, body } = request
  const told = TOLD_FIELDS.flatMap((name) => headers.all(name).map((value) => `${name}: ${value.slice(0, 300)}`))
  const text = body.subarray(0, LONGEST_BODY).toString('utf8')
  return [`${method === 'HEAD' ? 'GET' : method} ${target.slice(0, 2_000)}`, ...told, ...(text ? ['', text] : [])].join('\n')
}
