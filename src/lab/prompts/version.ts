import { z } from 'zod'

/** The prompt texts of a persona. */
export const PromptTexts = z.object({ shell: z.string().max(64 * 1024), web: z.string().max(64 * 1024) })
export type PromptTexts = z.infer<typeof PromptTexts>

/** One version of a persona's prompts. It never changes: another text is another version. */
export const PromptVersion = PromptTexts.extend({
  persona: z.string(),
  /** 1, 2, 3 … in the order of saving. */
  number: z.number().int().positive(),
  /** Hash over the texts. */
  id: z.string(),
  author: z.string(),
  message: z.string(),
  /** UTC milliseconds. */
  at: z.number(),
  /** The version that it was made from. */
  parent: z.number().optional(),
  /** Estimated size of each text in tokens. */
  tokens: z.object({ shell: z.number(), web: z.number() }),
})
export type PromptVersion = z.infer<typeof PromptVersion>

export const LABELS = ['production', 'staging', 'canary'] as const
export const Label = z.enum(LABELS)
export type Label = z.infer<typeof Label>

/** What must hold before a version may become production. */
export const Gate = z.object({
  dataset: z.string(),
  /** Least share of rows that pass, 0 to 1. */
  atLeast: z.number().min(0).max(1),
  /** No row may fail that passes with the present production. */
  noRegressions: z.boolean().default(true),
})
export type Gate = z.infer<typeof Gate>

const Move = z.object({ label: Label, number: z.number().optional(), at: z.number(), by: z.string(), why: z.string().optional() })

/** Where the labels of a persona stand, and how they came there. */
export const Labels = z.object({
  production: z.number(),
  staging: z.number().optional(),
  canary: z.number().optional(),
  /** Share of sources that meet the canary, 0 to 1. */
  canaryShare: z.number().min(0).max(1).default(0.1),
  /** The version that the files in prompts/ last held. */
  files: z.number(),
  /** The files were changed while they were not in step: somebody must choose. */
  conflict: z.boolean().optional(),
  gate: Gate.optional(),
  /** Newest last. */
  moves: z.array(Move),
})
export type Labels = z.infer<typeof Labels>
