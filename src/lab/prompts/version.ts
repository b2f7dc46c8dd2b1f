import { z } from 'zod'
import { PromptGate } from '../../config/prompt-gate.ts'

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
  gate: PromptGate.optional(),
  /** Newest last. */
  moves: z.array(Move),
})
export type Labels = z.infer<typeof Labels>
