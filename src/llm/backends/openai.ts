import type OpenAI from 'openai'
import type { ChatCompletionChunk, ChatCompletionCreateParamsStreaming } from 'openai/resources/chat/completions'
import { type Backend, type BackendAnswer, BackendError, type BackendRequest, StreamedText, type Structured } from '../backend.ts'
import { asBackendError, guardedFetch } from './guarded-fetch.ts'

/** What this server was found to understand; servers differ and say so with HTTP 400. */
interface Dialect {
  structured: Structured
  /** Fields that are no part of OpenAI's own API: llama.cpp, vLLM and SGLang switch thinking off by them. */
  extensions: boolean
}

/** From the fullest dialect to the poorest. The first that a server takes is remembered. */
const DIALECTS: readonly Dialect[] = [
  { structured: 'json_schema', extensions: true },
  { structured: 'json_schema', extensions: false },
  { structured: 'json_object', extensions: false },
  { structured: 'none', extensions: false },
]

/**
 * Any server with OpenAI's chat completions: llama.cpp, vLLM, LM Studio, LiteLLM, OpenAI.
 * @param url with its version part, e.g. `http://127.0.0.1:8080/v1`
 */
export function openaiBackend(url: string, apiKey?: string): Backend {
  let level = 0
  return {
    kind: 'openai',
    url,
    async generate(request, signal, onText) {
      for (;;) {
        const tried = level
        try {
          return await generate(url, apiKey, request, DIALECTS[tried] as Dialect, signal, new StreamedText(onText))
        } catch (error) {
          const failure = asBackendError(error, signal)
          if (!rejectsDialect(failure) || tried === DIALECTS.length - 1) throw failure
          // Calls at once may meet the same rejection; together they go down one step.
          level = Math.max(level, tried + 1)
        }
      }
    },
    models: async (signal) => (await list(url, apiKey, signal)).map(({ id }) => id),
    contextTokens: async (model, signal) => contextOf((await list(url, apiKey, signal)).find(({ id }) => id === model)),
    sameModel: (a, b) => a === b,
    pullCommand: (model) => `start the server with the model ${model}, or set llm.model to one that it has`,
  }
}

/** 400 and 422 are how servers say that they do not know a field. */
function rejectsDialect(failure: BackendError): boolean {
  return failure.trouble === 'refused' && /^HTTP (400|422|501):/.test(failure.message)
}

async function client(url: string, apiKey: string | undefined, signal: AbortSignal): Promise<OpenAI> {
  // A hundred and fifty modules that only a sensor with such a server needs.
  const { default: Client } = await import('openai')
  // Retries, time limits and logs are the engine's; the environment must not redirect a sensor's traffic or name its owner.
  return new Client({
    baseURL: url,
    apiKey: apiKey ?? 'none',
    organization: null,
    project: null,
    maxRetries: 0,
    logLevel: 'off',
    fetch: guardedFetch(signal),
  })
}

async function generate(
  url: string,
  apiKey: string | undefined,
  request: BackendRequest,
  dialect: Dialect,
  signal: AbortSignal,
  streamed: StreamedText,
): Promise<BackendAnswer> {
  let finish: string | null | undefined
  let usage: ChatCompletionChunk['usage']
  try {
    const stream = await (await client(url, apiKey, signal)).chat.completions.create(body(request, dialect), { signal })
    for await (const chunk of stream) {
      const choice = chunk.choices?.[0]
      // Thinking comes in a field of its own that the API's types do not have.
      if (choice && 'reasoning_content' in choice.delta) streamed.began()
      streamed.add(choice?.delta?.content ?? '')
      finish = choice?.finish_reason ?? finish
      usage = chunk.usage ?? usage
    }
  } catch (error) {
    throw asBackendError(error, signal)
  }
  // The package ends its stream quietly on an abort and on a lost end mark.
  if (signal.aborted) throw new BackendError('cancelled', 'cancelled')
  if (!finish) throw new BackendError('broken', 'the answer ended without its end mark')
  return {
    text: streamed.text,
    finish: finish === 'length' ? 'length' : 'stop',
    structured: dialect.structured,
    promptTokens: usage?.prompt_tokens,
    cachedTokens: usage?.prompt_tokens_details?.cached_tokens,
    outputTokens: usage?.completion_tokens,
    ...streamed.times(),
  }
}

function body(request: BackendRequest, dialect: Dialect): ChatCompletionCreateParamsStreaming {
  const format: Partial<ChatCompletionCreateParamsStreaming> =
    dialect.structured === 'json_schema'
      ? { response_format: { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema: request.schema } } }
      : dialect.structured === 'json_object'
        ? { response_format: { type: 'json_object' } }
        : {}
  const extensions = dialect.extensions ? { chat_template_kwargs: { enable_thinking: false }, cache_prompt: true } : {}
  return {
    model: request.model,
    messages: [...request.messages],
    stream: true,
    stream_options: { include_usage: true },
    temperature: request.temperature,
    max_tokens: request.maxTokens,
    ...(request.seed === undefined ? {} : { seed: request.seed }),
    ...format,
    ...extensions,
  }
}

async function list(url: string, apiKey: string | undefined, signal: AbortSignal): Promise<{ id: string }[]> {
  try {
    return (await (await client(url, apiKey, signal)).models.list({ signal })).data
  } catch (error) {
    throw asBackendError(error, signal)
  }
}

/** llama.cpp tells the context size as meta.n_ctx, vLLM as max_model_len, others not. */
function contextOf(model: object | undefined): number | undefined {
  const { meta, max_model_len } = (model ?? {}) as { meta?: { n_ctx?: unknown }; max_model_len?: unknown }
  const size = meta?.n_ctx ?? max_model_len
  return typeof size === 'number' ? size : undefined
}
