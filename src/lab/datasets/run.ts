import { createHash, randomUUID } from 'node:crypto'
import type { Outcome } from '../trial/outcome.ts'
import type { TrialWish } from '../trial/trial.ts'
import { commandsAfter, examine, type Judge } from './assertion.ts'
import { assertionsOf, type Dataset, type Row } from './dataset.ts'
import type { Cell, Experiment, Experiments, Variant } from './experiment.ts'

/** Who looks on sees new cells this often. */
const WRITE_EVERY_MS = 1_000

export interface RunWish {
  dataset: Dataset
  variants: readonly Variant[]
  seed: number
  repeats: number
  by: string
  /** Takes answers that were recorded for the same question, so that no model is asked twice. */
  recorded: boolean
}

export interface RunParts {
  experiments: Experiments
  /** Asks one row by one variant. */
  ask(row: Row, variant: Variant, wish: Pick<TrialWish, 'seed'> & { after: readonly string[] }): Promise<Outcome>
  /** Id of the texts behind the number of a prompt version. */
  promptId(number: number): string
  judge: Judge
  /** Answers asked at a time. */
  concurrency: number
  now?: () => number
}

/** Begins an experiment; it is in the store at once, and written again while its cells come in. */
export function beginExperiment({ dataset, variants, seed, repeats, by }: RunWish, { experiments, now = Date.now }: RunParts): Experiment {
  const experiment: Experiment = {
    id: randomUUID().slice(0, 12),
    dataset: dataset.name,
    persona: dataset.persona,
    by,
    startedAt: now(),
    seed,
    repeats,
    variants: [...variants],
    rows: dataset.rows.map(({ id, turn }) => ({ id, input: turn.input.slice(0, 200) })),
    cells: [],
  }
  experiments.put(experiment)
  return experiment
}

/** Asks every row by every variant and grades the answers. @param onCell told after each, for progress */
export async function runExperiment(
  experiment: Experiment,
  wish: RunWish,
  parts: RunParts,
  onCell: (done: number, of: number) => void = () => undefined,
): Promise<Experiment> {
  const { dataset, variants, repeats } = wish
  const jobs = variants.flatMap((_, variant) =>
    dataset.rows.flatMap((row) => Array.from({ length: repeats }, (_, repeat) => ({ row, variant, repeat }))),
  )
  const cells: Cell[] = []
  let next = 0
  let writtenAt = performance.now()
  const work = async (): Promise<void> => {
    for (let job = jobs[next++]; job; job = jobs[next++]) {
      cells.push(await cellOf(job, wish, parts))
      if (performance.now() - writtenAt > WRITE_EVERY_MS) {
        writtenAt = performance.now()
        parts.experiments.put({ ...experiment, cells: inOrder(cells) })
      }
      onCell(cells.length, jobs.length)
    }
  }
  const ended = (): number => (parts.now ?? Date.now)()
  try {
    await Promise.all(Array.from({ length: Math.min(parts.concurrency, jobs.length) }, work))
    const whole = { ...experiment, cells: inOrder(cells), endedAt: ended() }
    parts.experiments.put(whole)
    return whole
  } catch (error) {
    const trouble = error instanceof Error ? error.message : String(error)
    parts.experiments.put({ ...experiment, cells: inOrder(cells), endedAt: ended(), trouble })
    throw error
  }
}

async function cellOf(
  { row, variant: n, repeat }: { row: Row; variant: number; repeat: number },
  { variants, seed, recorded }: RunWish,
  { ask, experiments, judge, promptId }: RunParts,
): Promise<Cell> {
  const variant = variants[n] as Variant
  const assertions = assertionsOf(row)
  const after = commandsAfter(assertions)
  const own = { seed: seed + repeat, after }
  const question = digestOf([row.turn, promptId(variant.prompt), variant.model, variant.temperature, own])
  const known = recorded ? experiments.answer(question) : undefined
  const outcome = known ?? (await ask(row, variant, own))
  // An answer that the model did not give is no answer to keep.
  if (!known && outcome.source !== 'fallback') experiments.keepAnswer(question, outcome)
  const results = await Promise.all(assertions.map((assertion) => examine(assertion, outcome, row.turn.input, judge)))
  if (outcome.source === 'fallback')
    results.push({ type: 'answered', pass: false, why: outcome.generation.trouble ?? 'the model gave no answer that could be used' })
  return { row: row.id, variant: n, repeat, pass: results.every(({ pass }) => pass), outcome, results, recorded: known !== undefined }
}

function inOrder(cells: readonly Cell[]): Cell[] {
  return [...cells].sort((a, b) => a.variant - b.variant || a.row.localeCompare(b.row) || a.repeat - b.repeat)
}

function digestOf(question: unknown): string {
  return createHash('sha256').update(JSON.stringify(question)).digest('hex')
}
