import { z } from 'zod'

export const Options = z.strictObject({
  /** Release that /api/version tells. */
  version: z
    .string()
    .regex(/^\d+\.\d+\.\d+$/, 'a release such as 0.17.4')
    .default('0.17.4'),
  /** Tokens that a model of eight billion parameters writes a second; larger ones write fewer. */
  tokensPerSecond: z.number().min(1).max(100_000).default(62),
  /** Seconds that a pull takes which nobody would expect to be faster; large models take as long as this bound. */
  pullSeconds: z.number().min(0).max(600).default(45),
})
export type OllamaOptions = z.output<typeof Options>
