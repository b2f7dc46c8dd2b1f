import { z } from 'zod'
import type { StateStore } from '../../store/contract.ts'
import { LabProblem } from '../lab-problem.ts'
import { Records } from '../records.ts'
import { Outcome } from '../trial/outcome.ts'
import { Result } from './assertion.ts'

/** One column of the matrix: a prompt version asked of a model at a temperature. */
export const Variant = z.object({ prompt: z.number(), model: z.string(), temperature: z.number() })
export type Variant = z.infer<typeof Variant>

/** One row asked by one variant, once. */
export const Cell = z.object({
  row: z.string(),
  variant: z.number(),
  repeat: z.number(),
  pass: z.boolean(),
  outcome: Outcome,
  results: z.array(Result),
  /** The answer is one that was recorded before. */
  recorded: z.boolean(),
})
export type Cell = z.infer<typeof Cell>

export const Experiment = z.object({
  id: z.string(),
  dataset: z.string(),
  persona: z.string(),
  by: z.string(),
  startedAt: z.number(),
  endedAt: z.number().optional(),
  seed: z.number(),
  repeats: z.number(),
  /** The first is what the others are compared with. */
  variants: z.array(Variant),
  rows: z.array(z.object({ id: z.string(), input: z.string() })),
  cells: z.array(Cell),
  /** Why it ended early. */
  trouble: z.string().optional(),
})
export type Experiment = z.infer<typeof Experiment>

/** How one variant did, against the first. */
export interface Standing extends Variant {
  /** Share of cells that pass. */
  passed: number
  cells: number
  /** Rows that pass (all their repeats) and did not with the first variant, and the other way round. */
  improved: string[]
  regressed: string[]
  medianMs: number
}

/** Experiments with every answer; an answer is kept by what was asked, so that the same can be graded again without a model. */
export class Experiments {
  readonly #records: Records<Experiment>
  readonly #answers: Records<Outcome>

  constructor(state: StateStore) {
    this.#records = new Records(state, 'lab-experiments', Experiment)
    this.#answers = new Records(state, 'lab-answers', Outcome)
  }

  /** Newest first. */
  list(): Experiment[] {
    return this.#records.list().sort((a, b) => b.startedAt - a.startedAt)
  }

  /** By its id or a beginning of it. @throws {LabProblem} when there is none */
  get(id: string): Experiment {
    const found = this.#records.get(id) ?? this.list().find((one) => one.id.startsWith(id))
    if (!found) throw new LabProblem(`there is no experiment ${id}`)
    return found
  }

  put(experiment: Experiment): void {
    this.#records.set(experiment.id, experiment)
  }

  remove(id: string): void {
    this.#records.delete(this.get(id).id)
  }

  answer(question: string): Outcome | undefined {
    return this.#answers.get(question)
  }

  keepAnswer(question: string, outcome: Outcome): void {
    this.#answers.set(question, outcome)
  }
}

export function standings({ variants, cells, rows }: Experiment): Standing[] {
  const passes = (variant: number, row: string): boolean | undefined => {
    const own = cells.filter((cell) => cell.variant === variant && cell.row === row)
    return own.length === 0 ? undefined : own.every(({ pass }) => pass)
  }
  return variants.map((variant, n) => {
    const own = cells.filter((cell) => cell.variant === n)
    const changed = (now: boolean): string[] => rows.flatMap(({ id }) => (passes(n, id) === now && passes(0, id) === !now ? [id] : []))
    const times = own.map(({ outcome }) => outcome.generation.totalMs ?? 0).sort((a, b) => a - b)
    return {
      ...variant,
      passed: own.length === 0 ? 0 : own.filter(({ pass }) => pass).length / own.length,
      cells: own.length,
      improved: changed(true),
      regressed: changed(false),
      medianMs: times[Math.floor(times.length / 2)] ?? 0,
    }
  })
}
