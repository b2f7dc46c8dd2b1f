import type { VerbTable } from './cli.ts'

/**
 * The verbs in the order in which `sundew help` shows them. Each is loaded when it is used: `sundew tail` should not wait for
 * the code of every lure.
 */
export const verbs: VerbTable = {
  start: async () => (await import('./verbs/start.ts')).start,
  status: async () => (await import('./verbs/status.ts')).status,
  ports: async () => (await import('./verbs/ports.ts')).ports,
  sessions: async () => (await import('./verbs/sessions.ts')).sessions,
  show: async () => (await import('./verbs/show.ts')).show,
  play: async () => (await import('./verbs/play.ts')).play,
  tail: async () => (await import('./verbs/tail.ts')).tail,
  pins: async () => (await import('./verbs/pins.ts')).pins,
  review: async () => (await import('./verbs/review.ts')).review,
  persona: async () => (await import('./verbs/persona.ts')).persona,
  prompt: async () => (await import('./verbs/prompt.ts')).prompt,
  dataset: async () => (await import('./verbs/dataset.ts')).dataset,
  eval: async () => (await import('./verbs/eval.ts')).evaluate,
  cache: async () => (await import('./verbs/cache.ts')).cache,
  console: async () => (await import('./verbs/console.ts')).console,
  doctor: async () => (await import('./verbs/doctor.ts')).doctor,
  systems: async () => (await import('./verbs/systems.ts')).systems,
  traps: async () => (await import('./verbs/traps.ts')).traps,
  validate: async () => (await import('./verbs/validate.ts')).validate,
  version: async () => (await import('./verbs/version.ts')).version,
}
