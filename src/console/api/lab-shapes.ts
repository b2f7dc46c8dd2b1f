import { z } from 'zod'
import { PromptGate } from '../../config/prompt-gate.ts'
import type { Assertion } from '../../lab/datasets/assertion.ts'
import { Dataset } from '../../lab/datasets/dataset.ts'
import { Experiment, Variant } from '../../lab/datasets/experiment.ts'
import { Labels, PromptVersion } from '../../lab/prompts/version.ts'
import { SAMPLING } from '../../lab/review/queue.ts'
import { Review } from '../../lab/review/review.ts'
import { Outcome } from '../../lab/trial/outcome.ts'
import { Step } from './shapes.ts'

/** What the API of the lab answers with, beside shapes.ts. Times are UTC milliseconds. */

/** One turn of one session. */
export const TurnPlace = z.object({ session: z.string().regex(/^[0-9a-f-]{4,36}$/), event: z.uuid() })

export const ReviewQueue = z.object({
  queue: z.array(
    z.object({ session: z.string(), persona: z.string().optional(), turn: Step, why: z.array(z.enum(SAMPLING)), before: z.array(Step) }),
  ),
  waiting: z.number(),
  judged: z.number(),
})
export type ReviewQueue = z.infer<typeof ReviewQueue>

export const ReviewShape = Review
export type ReviewShape = z.infer<typeof ReviewShape>

export const AgreementShape = z.object({
  reviewers: z.tuple([z.string(), z.string()]),
  turns: z.number(),
  same: z.number(),
  kappa: z.number().optional(),
})

export const FilesShape = z.object({ inStep: z.boolean(), conflict: z.boolean(), files: z.number(), production: z.number() })

export const VersionHead = PromptVersion.omit({ shell: true, web: true })
export type VersionHead = z.infer<typeof VersionHead>

export const PersonaPrompts = z.object({
  persona: z.string(),
  summary: z.string(),
  hostname: z.string(),
  os: z.string(),
  model: z.string(),
  temperature: z.number(),
  contextTokens: z.number(),
  maxTokens: z.number(),
  variables: z.array(z.string()),
  labels: Labels,
  files: FilesShape,
  /** Newest first. */
  versions: z.array(VersionHead),
})
export type PersonaPrompts = z.infer<typeof PersonaPrompts>

export const VersionShape = PromptVersion
export type VersionShape = z.infer<typeof VersionShape>

export const DiffShape = z.object({
  from: z.number(),
  to: z.number(),
  texts: z.array(
    z.object({
      file: z.string(),
      lines: z.array(z.object({ kind: z.enum(['same', 'old', 'new']), text: z.string() })),
      changed: z.boolean(),
    }),
  ),
})
export type DiffShape = z.infer<typeof DiffShape>

export const CheckedTexts = z.object({
  problems: z.array(z.object({ file: z.string(), line: z.number().optional(), key: z.string(), what: z.string(), cure: z.string() })),
  tokens: z.object({ shell: z.number(), web: z.number() }),
})
export type CheckedTexts = z.infer<typeof CheckedTexts>

export const Deployed = z.object({ number: z.number(), written: z.boolean() })

export const MetricsShape = z.object({
  number: z.number().optional(),
  played: z.array(z.string()),
  sessions: z.number(),
  answersPerSession: z.number(),
  commandsPerSession: z.number(),
  answers: z.number(),
  guarded: z.number(),
  fallbacks: z.number(),
  p95Ms: z.number(),
  lastInputs: z.array(z.object({ value: z.string(), count: z.number() })),
})
export type MetricsShape = z.infer<typeof MetricsShape>

export const OutcomeShape = Outcome
export type OutcomeShape = z.infer<typeof OutcomeShape>

export const DatasetHead = Dataset.omit({ rows: true }).extend({ rows: z.number() })
export type DatasetHead = z.infer<typeof DatasetHead>
export const DatasetShape = Dataset
export type DatasetShape = z.infer<typeof DatasetShape>
export type AssertionShape = z.infer<typeof Assertion>

const Standing = Variant.extend({
  passed: z.number(),
  cells: z.number(),
  improved: z.array(z.string()),
  regressed: z.array(z.string()),
  medianMs: z.number(),
})

export const ExperimentHead = Experiment.omit({ cells: true, rows: true }).extend({
  rows: z.number(),
  standings: z.array(Standing),
  running: z.object({ done: z.number(), of: z.number() }).optional(),
})
export type ExperimentHead = z.infer<typeof ExperimentHead>
export const ExperimentShape = Experiment.extend({
  standings: z.array(Standing),
  running: z.object({ done: z.number(), of: z.number() }).optional(),
})
export type ExperimentShape = z.infer<typeof ExperimentShape>

export const GateShape = PromptGate
