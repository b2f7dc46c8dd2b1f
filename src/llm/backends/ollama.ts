import { Ollama } from 'ollama'
import { type Backend, type BackendAnswer, BackendError, type BackendRequest, StreamedText } from '../backend.ts'
import { asBackendError, guardedFetch } from './guarded-fetch.ts'

/**
 * An Ollama server, over its native API: only that one takes the context size, keep-alive and a JSON schema per request.
 * @param url e.g. `http://127.0.0.1:11434`
 */
export function ollamaBackend(url: string): Backend {
  return {
    kind: 'ollama',
    url,
    generate: (request, signal, onText) => generate(url, request, signal, new StreamedText(onText)),
    models: (signal) => models(url, signal),
    contextTokens: (model, signal) => contextTokens(url, model, signal),
    sameModel,
    pullCommand: (model) => `ollama pull ${model}`,
  }
}

/** Ollama gives up a model that has written one piece more than thirty times in a row, and then ends the stream without an end mark. */
const REPEATS_TO_GIVE_UP = 30

/** A client a call, as a client's only way to cancel ends all its calls. */
function client(url: string, signal: AbortSignal): Ollama {
  return new Ollama({ host: url, fetch: guardedFetch(signal) })
}

async function generate(url: string, request: BackendRequest, signal: AbortSignal, streamed: StreamedText): Promise<BackendAnswer> {
  // Not in the package's types yet. A prompt over num_ctx is an error then; without, it is silently cut (older servers still do).
  const sinceV013 = { truncate: false, shift: false }
  const repeats = new Repeats()
  try {
    const stream = await client(url, signal).chat({
      model: request.model,
      messages: [...request.messages],
      stream: true,
      think: false,
      format: request.schema,
      keep_alive: request.keepAlive,
      options: {
        num_ctx: request.contextTokens,
        num_predict: request.maxTokens,
        temperature: request.temperature,
        ...(request.seed === undefined ? {} : { seed: request.seed }),
      },
      ...sinceV013,
    })
    for await (const part of stream) {
      if (part.message?.thinking) streamed.began()
      streamed.add(part.message?.content ?? '')
      repeats.add(part.message?.content ?? '')
      if (!part.done) continue
      return {
        text: streamed.text,
        finish: part.done_reason === 'length' ? 'length' : 'stop',
        structured: 'json_schema',
        promptTokens: part.prompt_eval_count,
        outputTokens: part.eval_count,
        ...streamed.times(),
      }
    }
  } catch (error) {
    const failure = asBackendError(error, signal)
    // The server is well and the answer is cut: whoever makes a model stammer must not make its server count as broken.
    if (failure.trouble === 'broken' && repeats.count >= REPEATS_TO_GIVE_UP) {
      return { text: streamed.text, finish: 'length', structured: 'json_schema', ...streamed.times() }
    }
    throw failure
  }
  throw new BackendError('broken', 'the answer ended without its end mark')
}

async function models(url: string, signal: AbortSignal): Promise<string[]> {
  try {
    const { models } = await client(url, signal).list()
    return models.map(({ name }) => name)
  } catch (error) {
    throw asBackendError(error, signal)
  }
}

async function contextTokens(url: string, model: string, signal: AbortSignal): Promise<number | undefined> {
  try {
    const { model_info } = await client(url, signal).show({ model })
    // Typed as a Map, and is the plain object of the API: {"gemma3.context_length": 32768, …}.
    const size = Object.entries(model_info).find(([key]) => key.endsWith('.context_length'))?.[1]
    return typeof size === 'number' ? size : undefined
  } catch (error) {
    throw asBackendError(error, signal)
  }
}

/** `qwen3` and `qwen3:latest` are one model. */
function sameModel(a: string, b: string): boolean {
  const full = (name: string) => (name.includes(':') ? name : `${name}:latest`)
  return full(a) === full(b)
}

/** How often the last piece of a stream came again in a row, as Ollama counts it. */
class Repeats {
  count = 0
  #last = ''

  add(piece: string): void {
    const trimmed = piece.trim()
    this.count = trimmed === this.#last ? this.count + 1 : 0
    this.#last = trimmed
  }
}
