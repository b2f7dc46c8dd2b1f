import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Persona } from '../../config/persona.ts'
import type { Engine, Question } from '../../llm/question.ts'
import type { StateStore } from '../../store/contract.ts'
import type { HeaderLine } from '../headers.ts'
import type { WebRequest } from '../request.ts'
import type { WebResponse } from '../response.ts'
import { webInstructions } from './instructions.ts'

/** A page as the model writes it. Everything of the wire (lengths, dates, encodings, cookies) is the code's. */
export const GeneratedPage = z.object({
  status: z.number().int().min(200).max(599).describe('HTTP status code'),
  headers: z.array(z.object({ name: z.string(), value: z.string() })).describe('Content-Type, Location and the like'),
  body: z.string(),
})
export type GeneratedPage = z.infer<typeof GeneratedPage>

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
 * made, and stays the same to the byte for everybody, until the persona changes or the operator pins another.
 */
export async function generatedPage(question: PageQuestion): Promise<WebResponse & { page: GeneratedPage }> {
  const { request, persona, engine, state, user, history, fallback } = question
  const key = questionKey(request, user)
  const scope = `http.pages.${persona.name}`
  const id = createHash('sha256').update(`${persona.version}\0${key}`).digest('base64url')
  const isShared = user === undefined && request.bodyBytes === 0
  const kept = isShared ? readKept(state, scope, id) : undefined
  const asked: Question<GeneratedPage> = {
    kind: 'web',
    persona,
    schema: GeneratedPage,
    instructions: webInstructions(persona, Date.now()),
    state: stateText(user),
    history,
    input: requestText(request),
    key,
    share: isShared ? 'persona' : 'source',
    asker: { ip: request.source.ip, session: request.visit.session },
    ...(kept ? { kept } : {}),
    check: flawsOf,
    fallback,
    signal: request.visit.signal,
  }
  const { value: page, source, generation } = await engine.ask(asked)
  if (isShared && !kept && (source === 'llm' || source === 'cache')) state.set(scope, id, JSON.stringify(page))
  return { ...asResponse(page), source, generation, page }
}

function readKept(state: StateStore, scope: string, id: string): GeneratedPage | undefined {
  const bytes = state.get(scope, id)
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

/** What no application answers. */
function flawsOf({ status, headers, body }: GeneratedPage): string[] {
  const flaws: string[] = []
  const location = headers.find(({ name }) => name.toLowerCase() === 'location')?.value
  if (status >= 300 && status < 400 && status !== 304 && !location) flaws.push('redirect-without-location')
  if (location !== undefined && !/^(\/(?!\/)|https?:\/\/)/.test(location)) flaws.push('location-is-no-url')
  if (status === 200 && body.trim() === '') flaws.push('empty-page')
  return flaws
}
