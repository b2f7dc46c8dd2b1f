import { z } from 'zod'

/** What must hold before a version of a persona's prompts may become production. */
export const PromptGate = z.strictObject({
  /** The dataset that an experiment must have asked. */
  dataset: z.string(),
  /** Least share of its rows that pass, 0 to 1. */
  atLeast: z.number().min(0).max(1),
  /** No row may fail that passes with the present production. */
  noRegressions: z.boolean().default(true),
})
export type PromptGate = z.infer<typeof PromptGate>
