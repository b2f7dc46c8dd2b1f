import { z } from 'zod'
import { AnswerSource, Generation } from '../../events/schema.ts'

/** What came of asking a recorded turn again. */
export const Outcome = z.object({
  /** What the attacker would have got: standard output, or the page. */
  output: z.string(),
  stderr: z.string(),
  /** Exit status, or HTTP status. */
  exitCode: z.number(),
  /** `static` when the simulated host answered without a model, `fallback` when the model could not. */
  source: AnswerSource,
  generation: Generation,
  /** Outputs of the commands that looked at the state afterwards, by command. */
  after: z.record(z.string(), z.string()),
})
export type Outcome = z.infer<typeof Outcome>
