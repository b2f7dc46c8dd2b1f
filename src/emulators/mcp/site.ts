import type { WebRequest, WebResponse } from '../../http/index.ts'
import type { McpContext } from './mcp-context.ts'
import { type Params, PROTOCOL_VERSIONS, RpcError, resultOf } from './methods.ts'
import { messageFlaw } from './pydantic.ts'
import type { McpSession, McpSessions } from './sessions.ts'

/** How often an idle stream gives a sign of life, milliseconds (sse-starlette). */
const PING_MS = 15_000

/** What a request happens in. */
export interface SiteContext extends McpContext {
  request: WebRequest
  sessions: McpSessions
  /** Answers are JSON instead of a stream of one event (FastMCP's `json_response`). */
  answersJson: boolean
}

/** The streamable HTTP transport at /mcp, as the Python package serves it under Starlette. */
export async function mcpAnswer(site: SiteContext): Promise<WebResponse> {
  const { request } = site
  if (request.path === '/mcp/')
    return { status: 307, headers: [['location', `${request.scheme}://${request.host}/mcp`]], body: '', dynamic: true }
  if (request.path !== '/mcp')
    return { status: 404, headers: [['Content-Type', 'text/plain; charset=utf-8']], body: 'Not Found', dynamic: true }
  if (request.method === 'POST' && !/^application\/json\s*(;|$)/i.test(request.header('content-type') ?? '')) {
    return { status: 400, body: 'Invalid Content-Type header', dynamic: true }
  }
  const given = request.header('mcp-session-id')
  const known = given === undefined ? undefined : site.sessions.find(given, request.source.ip)
  if (given !== undefined && !known) return refusal(404, -32600, 'Session not found')
  const session = known ?? site.sessions.make()
  switch (request.method) {
    case 'POST':
      return post(site, session, known !== undefined)
    case 'GET':
      return listen(site, session, known !== undefined)
    case 'DELETE':
      return end(site, session, known !== undefined)
    default:
      return refusal(405, -32600, 'Method Not Allowed', session, [['allow', 'GET, POST, DELETE']])
  }
}

async function post(site: SiteContext, session: McpSession, isKnown: boolean): Promise<WebResponse> {
  const { request, answersJson } = site
  const takes = accepted(request)
  if (!takes.json || (!takes.events && !answersJson)) {
    const what = answersJson ? 'application/json' : 'both application/json and text/event-stream'
    return refusal(406, -32600, `Not Acceptable: Client must accept ${what}`, session)
  }
  const message = request.json()
  if (message === undefined) return refusal(400, -32700, `Parse error: ${pythonJsonError(request.body)}`, session)
  const flaw = messageFlaw(message)
  if (flaw !== undefined) return refusal(400, -32602, `Validation error: ${flaw}`, session)
  const { id, method, params } = message as { id?: unknown; method?: string; params?: unknown }
  if (method !== 'initialize') {
    if (!isKnown) return refusal(400, -32600, 'Bad Request: Missing session ID', session)
    const version = wrongVersion(request, session)
    if (version) return version
  }
  if (typeof method !== 'string' || id === undefined || id === null) return empty(202, session)
  if (!isKnown) site.sessions.keep(session, request.source.ip)
  const answer = { jsonrpc: '2.0', id, ...(await outcome(method, params, session, site)) }
  return answersJson ? ofSession(200, 'application/json', JSON.stringify(answer), session) : eventStream(answer, session)
}

async function outcome(method: string, params: unknown, session: McpSession, site: SiteContext): Promise<object> {
  const isObject = typeof params === 'object' && params !== null && !Array.isArray(params)
  try {
    return { result: await resultOf(method, isObject ? (params as Params) : {}, session, site) }
  } catch (error) {
    if (!(error instanceof RpcError)) throw error
    return { error: { code: error.code, message: error.message, ...(error.data === undefined ? {} : { data: error.data }) } }
  }
}

/** GET: a stream of messages of the server, of which it has none. */
function listen(site: SiteContext, session: McpSession, isKnown: boolean): WebResponse {
  const { request, visit } = site
  if (!accepted(request).events) return refusal(406, -32600, 'Not Acceptable: Client must accept text/event-stream', session)
  if (!isKnown) return refusal(400, -32600, 'Bad Request: Missing session ID', session)
  const version = wrongVersion(request, session)
  if (version) return version
  if (session.isListening) return refusal(409, -32600, 'Conflict: Only one SSE stream is allowed per session', session)
  session.isListening = true
  const pings = async function* (): AsyncGenerator<Buffer> {
    try {
      for (;;) {
        await visit.pause(PING_MS)
        yield Buffer.from(`: ping - ${new Date().toISOString().replace('T', ' ').replace('Z', '000+00:00')}\r\n\r\n`)
      }
    } finally {
      session.isListening = false
    }
  }
  return {
    status: 200,
    headers: [
      ['Content-Type', 'text/event-stream'],
      ['mcp-session-id', session.id],
    ],
    body: pings(),
    dynamic: true,
  }
}

function end(site: SiteContext, session: McpSession, isKnown: boolean): WebResponse {
  if (!isKnown) return refusal(400, -32600, 'Bad Request: Missing session ID', session)
  site.sessions.end(session, site.request.source.ip)
  return ofSession(200, 'application/json', '', session)
}

function wrongVersion(request: WebRequest, session: McpSession): WebResponse | undefined {
  const version = request.header('mcp-protocol-version')
  if (version === undefined || PROTOCOL_VERSIONS.includes(version)) return undefined
  const known = PROTOCOL_VERSIONS.join(', ')
  return refusal(400, -32600, `Bad Request: Unsupported protocol version: ${version}. Supported versions: ${known}`, session)
}

function accepted(request: WebRequest): { json: boolean; events: boolean } {
  const types = request.headers.all('accept').flatMap((line) => line.split(',').map((type) => type.trim().toLowerCase()))
  return {
    json: types.some((type) => type.startsWith('application/json')),
    events: types.some((type) => type.startsWith('text/event-stream')),
  }
}

function eventStream(message: unknown, session: McpSession): WebResponse {
  const event = Buffer.from(`event: message\r\ndata: ${JSON.stringify(message)}\r\n\r\n`)
  const once = async function* (): AsyncGenerator<Buffer> {
    yield event
  }
  return {
    status: 200,
    headers: [
      ['Content-Type', 'text/event-stream'],
      ['mcp-session-id', session.id],
    ],
    body: once(),
    dynamic: true,
  }
}

function empty(status: number, session: McpSession): WebResponse {
  return ofSession(status, 'application/json', '', session)
}

function ofSession(status: number, type: string, body: string, session: McpSession): WebResponse {
  return {
    status,
    headers: [
      ['Content-Type', type],
      ['mcp-session-id', session.id],
    ],
    body,
    dynamic: true,
  }
}

function refusal(status: number, code: number, message: string, session?: McpSession, lines: [string, string][] = []): WebResponse {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 'server-error', error: { code, message } })
  const own: [string, string][] = session ? [['mcp-session-id', session.id]] : []
  return { status, headers: [['Content-Type', 'application/json'], ...lines, ...own], body, dynamic: true }
}

/** What Python's json says of a text that is none; the place is that of the first sign that it cannot read. */
function pythonJsonError(body: Buffer): string {
  const text = body.toString('utf8')
  let message = ''
  try {
    JSON.parse(text)
  } catch (error) {
    message = error instanceof Error ? error.message : ''
  }
  const at = Number(/at position (\d+)/.exec(message)?.[1] ?? (message.startsWith('Unexpected end') ? text.length : 0))
  const before = text.slice(0, at)
  const line = before.split('\n').length
  const what = /property name/.test(message)
    ? 'Expecting property name enclosed in double quotes'
    : /after JSON/.test(message)
      ? 'Extra data'
      : 'Expecting value'
  return `${what}: line ${line} column ${at - before.lastIndexOf('\n')} (char ${at})`
}
