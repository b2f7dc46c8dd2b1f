import type { WebResponse } from '../../http/index.ts'
import { ApiError, bodyOf, type Call, encoded, ginJson, textOf } from './call.ts'
import { Completion, type Metrics, modelFor, type Piece } from './completion.ts'
import { embed } from './embed.ts'
import { goJson } from './go-json.ts'
import { parseModelName } from './model-name.ts'
import { promptingOf, type Shape, streamed, values } from './native.ts'
import { messagesOf, type Prompting, recordPrompting } from './prompting.ts'

/** An error of a handler as the middleware of /v1 words it: all are of type api_error. */
export function openaiError({ status, message }: ApiError): WebResponse {
  return encoded({ error: { message, type: 'api_error', param: null, code: null } }, status)
}

/** An error of the middleware itself. */
export function middlewareError({ status, message }: ApiError): WebResponse {
  return ginJson({ error: { message, type: 'invalid_request_error', param: null, code: null } }, status)
}

/** GET /v1/models */
export function listModels({ shelf }: Call): WebResponse {
  const data = shelf
    .list()
    .map(({ name, modifiedAt }) => ({ id: name, object: 'model', created: seconds(modifiedAt), owned_by: ownerOf(name) }))
  return encoded({ object: 'list', data: data.length > 0 ? data : null })
}

/** GET /v1/models/:model */
export function retrieveModel({ shelf, parameter }: Call): WebResponse {
  const model = shelf.find(parameter)
  if (!model) throw new ApiError(404, `model '${parameter}' not found`)
  return encoded({ id: parameter, object: 'model', created: seconds(model.modifiedAt), owned_by: ownerOf(parameter) })
}

/** POST /v1/chat/completions */
export async function chatCompletions(call: Call): Promise<WebResponse> {
  const body = bodyOf(call.request, 'openai.ChatCompletionRequest')
  const messages = messagesOf(body.messages)
  if (messages.length === 0) throw new ApiError(400, "[] is too short - 'messages'")
  const name = textOf(body.model)
  if (name === '') throw new ApiError(400, 'model is required')
  const model = modelFor(call, name, 'chat')
  const system = messages.find(({ role }) => role === 'system' || role === 'developer')?.content ?? model.system
  const prompting = completionPrompting(call, body, messages, system)
  recordPrompting(call, prompting)
  const id = `chatcmpl-${serial()}`
  const head = { id, model: name, system_fingerprint: 'fp_ollama' }
  const message = ({ content, thinking, toolCall }: Piece) => ({
    role: 'assistant',
    content: content ?? '',
    ...(thinking ? { reasoning: thinking } : {}),
    ...(toolCall ? { tool_calls: [toolCallOf(toolCall)] } : {}),
  })
  let called = false
  const shape: Shape = {
    piece: (piece) => {
      called ||= piece.toolCall !== undefined
      return chunk(head, 'chat.completion.chunk', { index: 0, delta: message(piece), finish_reason: null })
    },
    end: ({ text, thinking, toolCall, metrics, doneReason, isWhole }) => {
      if (!isWhole) {
        return withUsage(
          chunk(head, 'chat.completion.chunk', { index: 0, delta: message({}), finish_reason: called ? 'tool_calls' : doneReason }),
          metrics,
        )
      }
      const said = message({ content: text, ...(thinking ? { thinking } : {}), ...(toolCall ? { toolCall } : {}) })
      const choice = { index: 0, message: said, finish_reason: toolCall ? 'tool_calls' : doneReason }
      return {
        id,
        object: 'chat.completion',
        created: seconds(Date.now()),
        model: name,
        system_fingerprint: 'fp_ollama',
        choices: [choice],
        usage: usage(metrics),
      }
    },
  }
  return answer(new Completion(call, model, prompting, undefined), prompting, shape, includesUsage(body))
}

/** POST /v1/completions */
export async function completions(call: Call): Promise<WebResponse> {
  const body = bodyOf(call.request, 'openai.CompletionRequest')
  const name = textOf(body.model)
  const model = modelFor(call, name, 'generate')
  const prompt = Array.isArray(body.prompt) ? body.prompt.map(textOf).join('\n') : textOf(body.prompt)
  const prompting = completionPrompting(call, body, [{ role: 'user', content: prompt, images: [] }], model.system)
  recordPrompting(call, prompting)
  const id = `cmpl-${serial()}`
  const head = { id, model: name, system_fingerprint: 'fp_ollama' }
  const shape: Shape = {
    piece: ({ content }) => chunk(head, 'text_completion', { text: content ?? '', index: 0, finish_reason: null }),
    end: ({ text, metrics, doneReason, isWhole }) => {
      const choice = { text: isWhole ? text : '', index: 0, finish_reason: doneReason }
      if (!isWhole) return withUsage(chunk(head, 'text_completion', choice), metrics)
      return {
        id,
        object: 'text_completion',
        created: seconds(Date.now()),
        model: name,
        system_fingerprint: 'fp_ollama',
        choices: [choice],
        usage: usage(metrics),
      }
    },
  }
  return answer(new Completion(call, model, prompting, undefined), prompting, shape, includesUsage(body))
}

/** POST /v1/embeddings */
export function openaiEmbeddings(call: Call): WebResponse {
  const body = bodyOf(call.request, 'openai.EmbedRequest')
  if (body.input === undefined || body.input === null || body.input === '') throw new ApiError(400, 'invalid input')
  const { model, embeddings, tokens } = embed(call, body)
  const asked = body.encoding_format === 'base64'
  const data = embeddings.map((vector, index) => ({
    object: 'embedding',
    embedding: asked ? Buffer.from(new Float32Array(vector).buffer).toString('base64') : vector,
    index,
  }))
  return encoded({ object: 'list', data, model, usage: { prompt_tokens: tokens, total_tokens: tokens } })
}

const DONE = Symbol('[DONE]')

async function answer(completion: Completion, { stream }: Prompting, shape: Shape, withTotals: boolean): Promise<WebResponse> {
  if (stream) return streamed(completion, events(values(completion, shape, true), withTotals), 'text/event-stream', asEvent)
  for await (const value of values(completion, shape, false)) return { ...encoded(value), ...completion.origin }
  throw new Error('a completion has an end')
}

/** The chunks of a stream; its usage goes out in one more, where the client wants it. */
async function* events(from: AsyncIterable<unknown>, withTotals: boolean): AsyncGenerator<unknown> {
  for await (const value of from) {
    const { usage: totals, ...rest } = value as { usage?: unknown }
    yield rest
    if (totals !== undefined && withTotals) yield { ...rest, choices: [], usage: totals }
  }
  yield DONE
}

function asEvent(value: unknown): string {
  return `data: ${value === DONE ? '[DONE]' : goJson(value)}\n\n`
}

function chunk(head: { id: string; model: string; system_fingerprint: string }, object: string, choice: unknown) {
  const { id, model, system_fingerprint } = head
  return { id, object, created: seconds(Date.now()), model, system_fingerprint, choices: [choice] }
}

function withUsage<T extends object>(value: T, metrics: Metrics): T & { usage: unknown } {
  return { ...value, usage: usage(metrics) }
}

function usage({ prompt_eval_count, eval_count }: Metrics) {
  return { prompt_tokens: prompt_eval_count, completion_tokens: eval_count, total_tokens: prompt_eval_count + eval_count }
}

function completionPrompting(call: Call, body: Record<string, unknown>, messages: Prompting['messages'], system: string): Prompting {
  const { temperature, top_p, max_tokens, max_completion_tokens, seed, stop, response_format } = body
  const options = { temperature, top_p, num_predict: max_completion_tokens ?? max_tokens, seed, stop }
  const set = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined && value !== null))
  const prompting = promptingOf(call, { ...body, options: set, format: formatOf(response_format) }, messages, system)
  return { ...prompting, stream: body.stream === true, think: body.reasoning_effort === 'none' ? false : undefined }
}

function formatOf(given: unknown): unknown {
  const format = (given ?? {}) as { type?: unknown; json_schema?: { schema?: unknown } }
  if (format.type === 'json_object') return 'json'
  return format.type === 'json_schema' ? format.json_schema?.schema : undefined
}

function includesUsage({ stream_options }: Record<string, unknown>): boolean {
  return (stream_options as { include_usage?: unknown } | undefined)?.include_usage === true
}

function toolCallOf({ name, arguments: given }: NonNullable<Piece['toolCall']>) {
  return { id: `call_${Math.random().toString(36).slice(2, 10)}`, index: 0, type: 'function', function: { name, arguments: goJson(given) } }
}

/** The middleware numbers its answers by chance: rand.Intn(999). */
function serial(): number {
  return Math.floor(Math.random() * 999)
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000)
}

function ownerOf(name: string): string {
  return parseModelName(name)?.namespace ?? ''
}
