import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** One chat request as the server saw it. */
export interface Asked {
  api: 'ollama' | 'openai'
  model: string
  /** Text of the system message. */
  system: string
  messages: { role: string; content: string }[]
  /** Text of the last user message. */
  input: string
  /** The JSON schema that the answer was to obey, if one was sent. */
  schema: Record<string, unknown> | undefined
  /** The whole request body. */
  body: Record<string, unknown>
  headers: IncomingMessage['headers']
}

export type Fault =
  /** Accepts the request and never answers. */
  | 'hang'
  /** Sends half of the text, then RST. */
  | 'reset'
  /** Sends half of the text, then ends the stream without its end mark. */
  | 'half'
  /** Writes one piece over and over; Ollama then ends the stream without its end mark, others at the token cap. */
  | 'stammer'
  /** Sends half of the text, then falls silent with the connection open. */
  | 'stall'
  /** Sends half of the text, then an error in the stream. */
  | 'stream-error'
  /** Answers 200 with bytes that are no protocol of anybody. */
  | 'garbage'
  /** Answers an empty text. */
  | 'empty'
  /** The text is JSON cut in the middle, as a token cap does it. */
  | 'cut'
  /** Refuses in the words of an assistant, inside the asked schema. */
  | 'refusal'
  /** Wraps the text in prose and a Markdown fence. */
  | 'fence'
  /** Gives its system prompt away, inside the asked schema. */
  | 'echo'

/** What one request gets. */
export interface Reply {
  /** The text of the answer; default: a well-formed answer to the asked schema. */
  text?: string
  fault?: Fault
  /** Answers this HTTP status with an error in the API's own form: 404 is "model not found". */
  status?: number
  /** Milliseconds before the first byte. */
  after?: number
  /** Milliseconds between two pieces of the text. */
  drip?: number
  /** A reasoning trace that comes before the text, in the API's own field. */
  thinking?: string
  /** Overrides the reported size of the prompt in tokens. */
  promptTokens?: number
}

/**
 * Gives each request its reply: always the same one, one after the other from a list (the last one stays), or by a function.
 */
export type Script = string | Reply | (string | Reply)[] | ((asked: Asked) => string | Reply)

export interface FakeModelServer {
  /** Base URL for an `ollama` backend. */
  readonly url: string
  /** Base URL for an `openai` backend. */
  readonly openaiUrl: string
  readonly port: number
  /** Every chat request so far. */
  readonly asked: Asked[]
  /** Chat requests whose client went away before the answer was whole. */
  readonly cancelled: number
  /** Chat requests being answered right now, and the most there ever were at once. */
  readonly open: number
  readonly mostOpen: number
  /** Changes what the next requests get. */
  script(script: Script): void
  /** Resolves when the predicate holds; looked at whenever a request comes or goes. */
  until(predicate: (server: FakeModelServer) => boolean): Promise<void>
  close(): Promise<void>
}

export interface FakeModelServerOptions {
  script?: Script
  /** Models that are present; a request for another gets 404. Default: every name is. */
  models?: string[]
  /** Port to listen on, to come back where another server died. Default: an ephemeral one. */
  port?: number
  /** How far the server goes in structured answers: `json_schema`, only `json_object`, or `none` (400 for the rest). */
  structured?: 'json_schema' | 'json_object' | 'none'
  /** Context length that /api/show and /v1/models report. */
  contextTokens?: number
}

/** A shell answer as a model would write it. */
export function shellText(stdout: string, more: { stderr?: string; exitCode?: number; operations?: unknown[] } = {}): string {
  return JSON.stringify({ stdout, stderr: more.stderr ?? '', exitCode: more.exitCode ?? 0, operations: more.operations ?? [] })
}

/** A web answer as a model would write it. */
export function webText(body: string, more: { status?: number; headers?: { name: string; value: string }[] } = {}): string {
  return JSON.stringify({ status: more.status ?? 200, headers: more.headers ?? [{ name: 'Content-Type', value: 'text/html' }], body })
}

/**
 * A model server that speaks Ollama (/api/…) and OpenAI (/v1/…) on one loopback port, answers by script, and fails on
 * demand in the ways that real ones do.
 *
 * @example
 * await using server = await fakeModelServer({ script: shellText('hello\n') })
 * const backends = [{ kind: 'ollama', url: server.url, concurrency: 2 }]
 * server.script({ fault: 'reset' })              // from now on every answer breaks off
 * server.script(['first', { status: 500 }])      // first a text, then errors
 */
export async function fakeModelServer(options: FakeModelServerOptions = {}): Promise<FakeModelServer & AsyncDisposable> {
  const fake = new Fake(options)
  await fake.listen(options.port ?? 0)
  return fake
}

class Fake implements FakeModelServer, AsyncDisposable {
  readonly asked: Asked[] = []
  cancelled = 0
  open = 0
  mostOpen = 0
  readonly #server: Server
  readonly #options: FakeModelServerOptions
  #script: Script
  #step = 0
  #watchers: { predicate: (server: FakeModelServer) => boolean; resolve: () => void }[] = []

  constructor(options: FakeModelServerOptions) {
    this.#options = options
    this.#script = options.script ?? {}
    this.#server = createServer((request, response) => {
      // A client that goes away makes writes fail; that is counted where the answer is given.
      response.on('error', () => this.#changed())
      this.#serve(request, response).catch((error: unknown) => response.destroy(error as Error))
    })
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  get openaiUrl(): string {
    return `${this.url}/v1`
  }

  async listen(port: number): Promise<void> {
    this.#server.listen(port, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  script(script: Script): void {
    this.#script = script
    this.#step = 0
  }

  until(predicate: (server: FakeModelServer) => boolean): Promise<void> {
    if (predicate(this)) return Promise.resolve()
    return new Promise((resolve) => this.#watchers.push({ predicate, resolve }))
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) await this.close()
  }

  #changed(): void {
    const waiting = this.#watchers
    this.#watchers = []
    for (const w of waiting) {
      if (w.predicate(this)) w.resolve()
      else this.#watchers.push(w)
    }
  }

  #reply(asked: Asked): Reply {
    const script = this.#script
    const step = this.#step++
    const reply = typeof script === 'function' ? script(asked) : Array.isArray(script) ? script[Math.min(step, script.length - 1)] : script
    return typeof reply === 'string' ? { text: reply } : (reply ?? {})
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', 'http://fake').pathname
    const models = this.#options.models ?? ['fake']
    const context = this.#options.contextTokens ?? 8192
    if (path === '/api/version') return sendJson(response, 200, { version: '0.17.4' })
    if (path === '/api/tags') return sendJson(response, 200, { models: models.map(listed) })
    if (path === '/api/ps') return sendJson(response, 200, { models: [] })
    if (path === '/v1/models') {
      return sendJson(response, 200, { object: 'list', data: models.map((id) => ({ id, object: 'model', meta: { n_ctx: context } })) })
    }
    const body = await readJson(request)
    if (path === '/api/show') {
      const model = String(body.model)
      if (!this.#has(model)) return sendJson(response, 404, { error: `model '${model}' not found` })
      const model_info = { 'general.architecture': 'fake', 'fake.context_length': context }
      return sendJson(response, 200, { details: DETAILS, model_info, capabilities: ['completion'], modified_at: MODIFIED })
    }
    if (path !== '/api/chat' && path !== '/v1/chat/completions') return sendJson(response, 404, { error: 'not found' })
    await this.#chat(
      path === '/api/chat' ? new OllamaDialect(response, body, request.headers) : new OpenAiDialect(response, body, request.headers),
      response,
    )
  }

  #has(model: string): boolean {
    return !this.#options.models || this.#options.models.includes(model)
  }

  async #chat(dialect: Dialect, response: ServerResponse): Promise<void> {
    const { asked } = dialect
    this.asked.push(asked)
    this.open++
    this.mostOpen = Math.max(this.mostOpen, this.open)
    const gone = new AbortController()
    response.once('close', () => {
      this.open--
      if (!response.writableEnded && !dialect.faulted) this.cancelled++
      gone.abort()
      this.#changed()
    })
    this.#changed()
    const reply = this.#reply(asked)
    try {
      await this.#answer(dialect, response, reply, gone.signal)
    } catch (error) {
      if (!gone.signal.aborted) throw error
    }
  }

  async #answer(dialect: Dialect, response: ServerResponse, reply: Reply, gone: AbortSignal): Promise<void> {
    const { asked } = dialect
    if (reply.after) await sleep(reply.after, undefined, { signal: gone })
    if (!this.#has(asked.model)) return dialect.error(404)
    if (reply.status) return dialect.error(reply.status)
    if (!dialect.accepts(this.#options.structured ?? 'json_schema')) return dialect.error(400)
    if (reply.fault === 'hang') return
    if (reply.fault === 'garbage') {
      response.writeHead(200, { 'content-type': 'application/octet-stream' })
      response.end('\u0000\u0001<<<not json>>>\n{"half": \ndata: {{{\n\n')
      return
    }
    dialect.begin()
    if (reply.thinking) dialect.thinking(reply.thinking)
    const text = textOf(reply, asked)
    const pieces = reply.fault === 'stammer' ? ['{"stdout": "', ...Array<string>(31).fill('0')] : (text.match(/[\s\S]{1,12}/g) ?? [])
    const givesUp = reply.fault === 'stammer' && asked.api === 'ollama'
    const breaks = ['reset', 'half', 'stall', 'stream-error'].includes(reply.fault ?? '')
    const sent = breaks ? pieces.slice(0, Math.ceil(pieces.length / 2)) : pieces
    for (const piece of sent) {
      if (reply.drip) await sleep(reply.drip, undefined, { signal: gone })
      dialect.piece(piece)
    }
    if (reply.fault === 'stall') return
    dialect.faulted = breaks || givesUp
    if (reply.fault === 'reset') {
      // What was written must leave first, or the client sees a reset without the half answer.
      await new Promise((resolve) => response.write(' ', resolve))
      response.socket?.resetAndDestroy()
    } else if (reply.fault === 'half' || givesUp) response.end()
    else if (reply.fault === 'stream-error') dialect.errorInStream()
    else
      dialect.finish(
        reply.promptTokens ?? estimate(asked.messages.map((m) => m.content).join('')),
        estimate(text),
        reply.fault === 'cut' || reply.fault === 'stammer',
      )
  }
}

function textOf(reply: Reply, asked: Asked): string {
  const text = reply.text ?? inSchema('ok', asked)
  switch (reply.fault) {
    case 'empty':
      return ''
    case 'cut':
      return text.slice(0, Math.ceil(text.length * 0.6))
    case 'refusal':
      return inSchema("I'm sorry, but I can't assist with that request. As an AI language model I cannot run commands.", asked)
    case 'fence':
      return `Sure! Here is the output:\n\n\`\`\`json\n${text}\n\`\`\`\nLet me know if you need anything else.`
    case 'echo':
      return inSchema(asked.system, asked)
    default:
      return text
  }
}

/** Puts a text where the asked schema has room for it. */
function inSchema(text: string, asked: Asked): string {
  const properties = JSON.stringify(asked.schema ?? asked.system)
  if (properties.includes('stdout')) return shellText(`${text}\n`)
  if (properties.includes('body')) return webText(`<html><body>${text}</body></html>`)
  return JSON.stringify({ answer: text })
}

interface Dialect {
  readonly asked: Asked
  /** The break was ours, so the client did not cancel. */
  faulted: boolean
  accepts(structured: 'json_schema' | 'json_object' | 'none'): boolean
  begin(): void
  thinking(text: string): void
  piece(text: string): void
  finish(promptTokens: number, outputTokens: number, cut: boolean): void
  error(status: number): void
  errorInStream(): void
}

class OllamaDialect implements Dialect {
  readonly asked: Asked
  faulted = false
  readonly #response: ServerResponse

  constructor(response: ServerResponse, body: Record<string, unknown>, headers: IncomingMessage['headers']) {
    this.#response = response
    this.asked = askedOf('ollama', body, body.format, headers)
  }

  accepts(): boolean {
    return true
  }

  begin(): void {
    this.#response.writeHead(200, { 'content-type': 'application/x-ndjson' })
    this.#response.flushHeaders()
  }

  thinking(text: string): void {
    this.#line({ message: { role: 'assistant', content: '', thinking: text }, done: false })
  }

  piece(text: string): void {
    this.#line({ message: { role: 'assistant', content: text }, done: false })
  }

  finish(promptTokens: number, outputTokens: number, cut: boolean): void {
    this.#line({
      message: { role: 'assistant', content: '' },
      done: true,
      done_reason: cut ? 'length' : 'stop',
      total_duration: 5e6,
      load_duration: 1e6,
      prompt_eval_count: promptTokens,
      prompt_eval_duration: 2e6,
      eval_count: outputTokens,
      eval_duration: 2e6,
    })
    this.#response.end()
  }

  error(status: number): void {
    const words: Record<number, string> = {
      404: `model '${this.asked.model}' not found`,
      503: 'server busy, please try again.  maximum pending requests exceeded',
    }
    sendJson(this.#response, status, { error: words[status] ?? `fake trouble ${status}` })
  }

  errorInStream(): void {
    this.#response.end(`${JSON.stringify({ error: 'an error was encountered while running the model: unexpected EOF' })}\n`)
  }

  #line(line: Record<string, unknown>): void {
    this.#response.write(`${JSON.stringify({ model: this.asked.model, created_at: new Date().toISOString(), ...line })}\n`)
  }
}

class OpenAiDialect implements Dialect {
  readonly asked: Asked
  faulted = false
  readonly #response: ServerResponse
  readonly #form: string | undefined
  /** The answer so far, for a client that wants it whole. */
  #whole: string | undefined

  constructor(response: ServerResponse, body: Record<string, unknown>, headers: IncomingMessage['headers']) {
    this.#response = response
    const format = body.response_format as { type?: string; json_schema?: { schema?: unknown } } | undefined
    this.#form = format?.type
    if (body.stream !== true) this.#whole = ''
    this.asked = askedOf('openai', body, format?.json_schema?.schema, headers)
  }

  accepts(structured: 'json_schema' | 'json_object' | 'none'): boolean {
    if (this.#form === 'json_schema') return structured === 'json_schema'
    if (this.#form === 'json_object') return structured !== 'none'
    return true
  }

  begin(): void {
    if (this.#whole !== undefined) return
    this.#response.writeHead(200, { 'content-type': 'text/event-stream' })
    this.#response.flushHeaders()
    this.#chunk({ choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] })
  }

  thinking(text: string): void {
    this.#chunk({ choices: [{ index: 0, delta: { reasoning_content: text }, finish_reason: null }] })
  }

  piece(text: string): void {
    if (this.#whole !== undefined) this.#whole += text
    else this.#chunk({ choices: [{ index: 0, delta: { content: text }, finish_reason: null }] })
  }

  finish(promptTokens: number, outputTokens: number, cut: boolean): void {
    const finish_reason = cut ? 'length' : 'stop'
    const usage = {
      prompt_tokens: promptTokens,
      completion_tokens: outputTokens,
      total_tokens: promptTokens + outputTokens,
      prompt_tokens_details: { cached_tokens: 0 },
    }
    if (this.#whole !== undefined) {
      const message = { role: 'assistant', content: this.#whole }
      const choices = [{ index: 0, message, finish_reason }]
      sendJson(this.#response, 200, {
        id: 'chatcmpl-fake',
        object: 'chat.completion',
        created: 1,
        model: this.asked.model,
        choices,
        usage,
      })
      return
    }
    this.#chunk({ choices: [{ index: 0, delta: {}, finish_reason }] })
    this.#chunk({ choices: [], usage })
    this.#response.end('data: [DONE]\n\n')
  }

  error(status: number): void {
    const said = status === 404 ? `The model \`${this.asked.model}\` does not exist` : `fake trouble ${status}`
    const param = status === 400 ? 'response_format' : null
    sendJson(this.#response, status, {
      error: { message: said, type: 'fake_error', param, code: status === 404 ? 'model_not_found' : null },
    })
  }

  errorInStream(): void {
    this.#response.end(`data: ${JSON.stringify({ error: { message: 'server is unloading the model', code: 500 } })}\n\n`)
  }

  #chunk(chunk: Record<string, unknown>): void {
    const envelope = { id: 'chatcmpl-fake', object: 'chat.completion.chunk', created: 1, model: this.asked.model, ...chunk }
    this.#response.write(`data: ${JSON.stringify(envelope)}\n\n`)
  }
}

function askedOf(api: Asked['api'], body: Record<string, unknown>, schema: unknown, headers: Asked['headers']): Asked {
  const messages = (Array.isArray(body.messages) ? body.messages : []) as Asked['messages']
  return {
    api,
    model: String(body.model),
    system: messages.find((m) => m.role === 'system')?.content ?? '',
    messages,
    input: messages.findLast((m) => m.role === 'user')?.content ?? '',
    schema: typeof schema === 'object' && schema !== null ? (schema as Record<string, unknown>) : undefined,
    body,
    headers,
  }
}

async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return parts.length ? (JSON.parse(Buffer.concat(parts).toString('utf8')) as Record<string, unknown>) : {}
}

const MODIFIED = '2026-11-24T16:05:17.214303573Z'
const DETAILS = { parent_model: '', format: 'gguf', family: 'fake', families: ['fake'], parameter_size: '1M', quantization_level: 'Q4_K_M' }

/** A model as Ollama lists it. */
function listed(name: string): Record<string, unknown> {
  return { name, model: name, modified_at: MODIFIED, size: 1, digest: 'f'.repeat(64), details: DETAILS }
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
  response.end(JSON.stringify(body))
}

/** About four characters a token, as English text has them. */
function estimate(text: string): number {
  return Math.ceil(text.length / 4)
}
