import { z } from 'zod'
import { Evidence } from '../../events/bytes.ts'
import { webEvents } from '../../http/index.ts'

/** What the ollama-api lure writes down besides the sensor's own events. */
export const ollamaEvents = {
  ...webEvents('ollama-api'),
  /** Model time that was taken: what was asked of which model, and what for. */
  'ollama-api.prompt': z.object({
    /** `/api/chat`, `/v1/chat/completions` … */
    api: z.string(),
    model: Evidence,
    /** The last message, or the prompt. */
    prompt: Evidence,
    system: Evidence.optional(),
    messages: z.number(),
    /** Names of the tools that the model may call: an agent's. */
    tools: z.array(Evidence),
    images: z.number(),
    /** By the words of the prompt, see purposes.yaml. */
    purpose: z.string(),
    /** SHA-256 of the artifact with the whole request, where it is longer than the event. */
    conversation: z.string().optional(),
    promptTokens: z.number(),
    stream: z.boolean(),
    /** Sampling and runner options that the client set. */
    options: Evidence.optional(),
  }),
  'ollama-api.embed': z.object({ api: z.string(), model: Evidence, inputs: z.number(), first: Evidence }),
  /** A model looked at, fetched, sent away, made, copied, deleted or put out of memory. */
  'ollama-api.model': z.object({
    operation: z.enum(['show', 'pull', 'push', 'create', 'copy', 'delete', 'unload']),
    model: Evidence,
    /** Whether it was there. */
    found: z.boolean(),
    source: Evidence.optional(),
    /** Host of another registry; never contacted. */
    registry: Evidence.optional(),
    insecure: z.boolean().optional(),
  }),
  'ollama-api.blob': z.object({ digest: Evidence, bytes: z.number(), artifact: z.string().optional() }),
}
export type OllamaEvents = typeof ollamaEvents
