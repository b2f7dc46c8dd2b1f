import { evidence } from '../../events/bytes.ts'
import type { WebResponse } from '../../http/index.ts'
import { ApiError, bodyOf, type Call, ginJson, textOf } from './call.ts'
import { embeddingOf } from './embedding.ts'
import { durationMs } from './go-json.ts'
import { tokensOf } from './tokens.ts'

/** Texts that one call may have embedded. */
const MOST_INPUTS = 256

/** POST /api/embed */
export function embedNative(call: Call): WebResponse {
  const startedAt = performance.now()
  const { model, embeddings, tokens } = embed(call, bodyOf(call.request, 'EmbedRequest'))
  if (embeddings.length === 0) return ginJson({ model, embeddings })
  const took = Math.round((performance.now() - startedAt) * 1e6) + 9_000_000
  return ginJson({ model, embeddings, total_duration: took, load_duration: Math.round(took / 6), prompt_eval_count: tokens })
}

/** POST /api/embeddings, the older form: one prompt, one vector that is not of length 1. */
export function embeddings(call: Call): WebResponse {
  const body = bodyOf(call.request, 'EmbeddingRequest')
  if (textOf(body.model) === '') throw new ApiError(400, 'model is required')
  const { embeddings: vectors } = embed(call, { ...body, input: textOf(body.prompt) })
  return ginJson({ embedding: (vectors[0] ?? []).map((value) => Number((value * 21.5).toPrecision(8))) })
}

/** The vectors for a request, recorded. @throws ApiError */
export function embed(call: Call, body: Record<string, unknown>): { model: string; embeddings: number[][]; tokens: number } {
  const name = textOf(body.model)
  const inputs = inputsOf(body.input)
  const model = call.shelf.find(name)
  if (!model) throw new ApiError(404, `model ${JSON.stringify(name)} not found, try pulling it first`)
  call.shelf.load(model, durationMs(body.keep_alive))
  call.visit.record(
    'ollama-api.embed',
    {
      api: call.request.path,
      model: evidence(name.slice(0, 512)),
      inputs: inputs.length,
      first: evidence((inputs[0] ?? '').slice(0, 4_096)),
    },
    ['attack:T1496.004'],
  )
  const { width } = model.weights
  const vectors = inputs.slice(0, MOST_INPUTS).map((text) => embeddingOf(text, width, model.weights.name))
  return { model: name, embeddings: vectors, tokens: inputs.reduce((sum, text) => sum + tokensOf(text) + 2, 0) }
}

function inputsOf(input: unknown): string[] {
  if (typeof input === 'string') return input === '' ? [] : [input]
  if (input === undefined || input === null) return []
  if (!Array.isArray(input) || input.some((one) => typeof one !== 'string')) throw new ApiError(400, 'invalid input type')
  return input as string[]
}
