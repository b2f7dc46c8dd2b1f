import type { WebResponse } from '../../http/index.ts'
import { ApiError, bodyOf, type Call, ginJson, textOf } from './call.ts'
import { Completion, type Metrics, modelFor, type Piece } from './completion.ts'
import { durationMs, goJson, goTime } from './go-json.ts'
import { messagesOf, type Prompting, recordPrompting, toolsOf } from './prompting.ts'
import { contextOf } from './tokens.ts'

/** POST /api/generate */
export async function generate(call: Call): Promise<WebResponse> {
  const body = bodyOf(call.request, 'GenerateRequest')
  const name = textOf(body.model)
  const prompt = textOf(body.prompt)
  const model = modelFor(call, name, 'generate')
  const keepAlive = durationMs(body.keep_alive)
  const plain = { model: name, created_at: goTime(Date.now()), response: '', done: true }
  if (prompt === '' && keepAlive === 0) {
    call.shelf.unload(model)
    call.visit.record('ollama-api.model', { operation: 'unload', model: name.slice(0, 512), found: true })
    return ginJson({ ...plain, done_reason: 'unload' })
  }
  if (body.raw === true && (textOf(body.template) || textOf(body.system))) {
    throw new ApiError(400, 'raw mode does not support template, system, or context')
  }
  refuseThinking(body.think, name, model.weights.capabilities)
  if (prompt === '') {
    call.shelf.load(model, keepAlive)
    return ginJson({ ...plain, done_reason: 'load' })
  }
  const images = (Array.isArray(body.images) ? body.images : []).filter((one): one is string => typeof one === 'string')
  const prompting = promptingOf(call, body, [{ role: 'user', content: prompt, images }], textOf(body.system) || model.system)
  recordPrompting(call, prompting)
  const context = Array.isArray(body.context) ? body.context : []
  const shape: Shape = {
    piece: ({ thinking, content }, created) => ({
      model: name,
      created_at: created,
      response: content ?? '',
      ...(thinking ? { thinking } : {}),
      done: false,
    }),
    end: ({ text, thinking, metrics, doneReason, created, isWhole }) => ({
      model: name,
      created_at: created,
      response: isWhole ? text : '',
      ...(isWhole && thinking ? { thinking } : {}),
      done: true,
      done_reason: doneReason,
      ...(body.raw === true ? {} : { context: contextOf(context, prompt, text) }),
      ...metrics,
    }),
  }
  return answer(new Completion(call, model, prompting, keepAlive), prompting, shape)
}

/** POST /api/chat */
export async function chat(call: Call): Promise<WebResponse> {
  const body = bodyOf(call.request, 'ChatRequest')
  const name = textOf(body.model)
  if (name === '') throw new ApiError(400, 'model is required')
  const model = modelFor(call, name, 'chat')
  const keepAlive = durationMs(body.keep_alive)
  const messages = messagesOf(body.messages)
  const empty = { model: name, created_at: goTime(Date.now()), message: { role: 'assistant', content: '' }, done: true }
  if (messages.length === 0 && keepAlive === 0) {
    call.shelf.unload(model)
    call.visit.record('ollama-api.model', { operation: 'unload', model: name.slice(0, 512), found: true })
    return ginJson({ ...empty, done_reason: 'unload' })
  }
  refuseThinking(body.think, name, model.weights.capabilities)
  const prompting = promptingOf(call, body, messages, messages.find(({ role }) => role === 'system')?.content ?? model.system)
  if (prompting.tools.length > 0 && !model.weights.capabilities.includes('tools')) {
    throw new ApiError(400, `registry.ollama.ai/library/${model.name} does not support tools`)
  }
  if (messages.length === 0) {
    call.shelf.load(model, keepAlive)
    return ginJson({ ...empty, done_reason: 'load' })
  }
  recordPrompting(call, prompting)
  return answer(new Completion(call, model, prompting, keepAlive), prompting, chatShape(name))
}

/** The answers of /api/chat. */
export function chatShape(model: string): Shape {
  const message = ({ thinking, content, toolCall }: Piece) => ({
    role: 'assistant',
    content: content ?? '',
    ...(thinking ? { thinking } : {}),
    ...(toolCall ? { tool_calls: [{ function: { index: 0, ...toolCall } }] } : {}),
  })
  return {
    piece: (piece, created) => ({ model, created_at: created, message: message(piece), done: false }),
    end: ({ text, thinking, toolCall, metrics, doneReason, created, isWhole }) => ({
      model,
      created_at: created,
      message: message(isWhole ? { content: text, ...(thinking ? { thinking } : {}), ...(toolCall ? { toolCall } : {}) } : {}),
      done: true,
      done_reason: doneReason,
      ...metrics,
    }),
  }
}

/** What a request of either native API asks for. */
export function promptingOf(call: Call, body: Record<string, unknown>, messages: Prompting['messages'], system: string): Prompting {
  const options = body.options
  return {
    api: call.request.path,
    model: textOf(body.model),
    system,
    messages,
    tools: toolsOf(body.tools),
    format: body.format,
    stream: body.stream !== false,
    think: body.think,
    options: typeof options === 'object' && options !== null ? (options as Record<string, unknown>) : {},
  }
}

function refuseThinking(think: unknown, name: string, capabilities: readonly string[]): void {
  if (think && !capabilities.includes('thinking')) throw new ApiError(400, `"${name}" does not support thinking`)
}

/** How an API words the pieces of an answer and its end. */
export interface Shape {
  piece(piece: Piece, created: string): unknown
  end(ended: Ended): unknown
}

interface Ended {
  text: string
  thinking: string
  toolCall: Piece['toolCall']
  metrics: Metrics
  doneReason: string
  created: string
  /** All in one answer; otherwise the pieces went before. */
  isWhole: boolean
}

async function answer(completion: Completion, { stream }: Prompting, shape: Shape): Promise<WebResponse> {
  return stream
    ? streamed(completion, values(completion, shape, true), 'application/x-ndjson', (value) => `${goJson(value)}\n`)
    : whole(completion, shape)
}

/** An answer that goes out piece by piece. */
export function streamed(
  completion: Completion,
  from: AsyncIterable<unknown>,
  type: string,
  write: (value: unknown) => string,
): WebResponse {
  const response: WebResponse = { status: 200, headers: [['Content-Type', type]], dynamic: true }
  const lines = async function* (): AsyncGenerator<Buffer> {
    for await (const value of from) yield Buffer.from(write(value))
    Object.assign(response, completion.origin)
  }
  response.body = lines()
  return response
}

async function whole(completion: Completion, shape: Shape): Promise<WebResponse> {
  for await (const value of values(completion, shape, false)) return { ...ginJson(value), ...completion.origin }
  throw new Error('a completion has an end')
}

/** The values of an answer in their order: pieces and an end, or the end alone. */
export async function* values(completion: Completion, shape: Shape, stream: boolean): AsyncGenerator<unknown> {
  let text = ''
  let thinking = ''
  let toolCall: Piece['toolCall']
  for await (const piece of completion.pieces()) {
    text += piece.content ?? ''
    thinking += piece.thinking ?? ''
    toolCall ??= piece.toolCall
    if (stream) yield shape.piece(piece, goTime(Date.now()))
  }
  const { metrics, doneReason } = completion
  yield shape.end({ text, thinking, toolCall, metrics, doneReason, created: goTime(Date.now()), isWhole: !stream })
}
