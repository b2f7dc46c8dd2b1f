import type { Persona } from '../config/persona.ts'
import { makeCall } from './call.ts'
import type { Pool } from './pool.ts'
import { prefixOf } from './prompt.ts'

/** Longest that loading a model may take: some tens of gigabytes from a slow disk. */
const LONGEST_MS = 120_000

/**
 * Has every backend load its model before the first attacker comes, with the context size that the personas ask for (Ollama
 * loads a model anew for another one) and the beginning that all their prompts share. Never rejects; a backend that is away
 * is known to be from then on.
 */
export async function warmUp(pool: Pool, personas: readonly Persona[], canary: string, signal: AbortSignal): Promise<void> {
  const wanted = new Map(personas.map(({ model }) => [`${model.name ?? ''} ${model.contextTokens}`, model]))
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(LONGEST_MS)])
  for (const model of wanted.values()) {
    const leases = pool.acquireEach(model.name)
    const request = {
      messages: [{ role: 'system', content: prefixOf(canary) } as const, { role: 'user', content: '{}' } as const],
      schema: { type: 'object' },
      temperature: 0,
      maxTokens: 1,
      contextTokens: model.contextTokens,
      keepAlive: model.keepAlive,
    }
    // What goes wrong is in the state of the backend then, for `sundew status` and `sundew doctor`.
    await Promise.allSettled(leases.map((lease) => makeCall(lease, request, LONGEST_MS, bounded)))
  }
}
