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
  search: async () => (await import('./verbs/search.ts')).search,
  top: async () => (await import('./verbs/top.ts')).top,
  show: async () => (await import('./verbs/show.ts')).show,
  play: async () => (await import('./verbs/play.ts')).play,
  tail: async () => (await import('./verbs/tail.ts')).tail,
  credentials: async () => (await import('./verbs/credentials.ts')).credentials,
  artifacts: async () => (await import('./verbs/artifacts.ts')).artifacts,
  campaigns: async () => (await import('./verbs/campaigns.ts')).campaigns,
  alerts: async () => (await import('./verbs/alerts.ts')).alerts,
  pins: async () => (await import('./verbs/pins.ts')).pins,
  review: async () => (await import('./verbs/review.ts')).review,
  persona: async () => (await import('./verbs/persona.ts')).persona,
  prompt: async () => (await import('./verbs/prompt.ts')).prompt,
  dataset: async () => (await import('./verbs/dataset.ts')).dataset,
  eval: async () => (await import('./verbs/eval.ts')).evaluate,
  backends: async () => (await import('./verbs/backends.ts')).backends,
  cache: async () => (await import('./verbs/cache.ts')).cache,
  outputs: async () => (await import('./verbs/outputs.ts')).outputs,
  import: async () => (await import('./verbs/import.ts')).importLogs,
  export: async () => (await import('./verbs/export.ts')).exportFindings,
  console: async () => (await import('./verbs/console.ts')).console,
  user: async () => (await import('./verbs/user.ts')).user,
  token: async () => (await import('./verbs/token.ts')).token,
  doctor: async () => (await import('./verbs/doctor.ts')).doctor,
  backup: async () => (await import('./verbs/backup.ts')).backup,
  restore: async () => (await import('./verbs/backup.ts')).restore,
  retain: async () => (await import('./verbs/retain.ts')).retain,
  systems: async () => (await import('./verbs/systems.ts')).systems,
  traps: async () => (await import('./verbs/traps.ts')).traps,
  validate: async () => (await import('./verbs/validate.ts')).validate,
  version: async () => (await import('./verbs/version.ts')).version,
}
