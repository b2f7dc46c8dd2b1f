import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { StateStore } from '../../store/contract.ts'
import { LabProblem } from '../lab-problem.ts'
import { Records } from '../records.ts'
import { RecordedTurn } from '../trial/recorded-turn.ts'
import { Assertion } from './assertion.ts'

const MOST_ROWS = 1_000

/** A recorded turn and what a good answer to it is. */
export const Row = z.object({
  id: z.string(),
  turn: RecordedTurn,
  /** The right answer, where somebody wrote it down. */
  expected: z
    .string()
    .max(64 * 1024)
    .optional(),
  assertions: z.array(Assertion).max(30),
  note: z.string().max(1000).optional(),
})
export type Row = z.infer<typeof Row>

export const DatasetName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,60}$/, 'small letters, digits and hyphens')

export const Dataset = z.object({
  name: DatasetName,
  persona: z.string(),
  about: z.string().max(1000),
  createdAt: z.number(),
  createdBy: z.string(),
  rows: z.array(Row).max(MOST_ROWS),
})
export type Dataset = z.infer<typeof Dataset>

/** Sets of recorded turns that prompts are measured by, one persona each. */
export class Datasets {
  readonly #records: Records<Dataset>
  readonly #now: () => number

  constructor(state: StateStore, now: () => number = Date.now) {
    this.#records = new Records(state, 'lab-datasets', Dataset)
    this.#now = now
  }

  list(): Dataset[] {
    return this.#records.list()
  }

  /** @throws {LabProblem} when there is none of this name */
  get(name: string): Dataset {
    const dataset = this.#records.get(name)
    if (!dataset) throw new LabProblem(`there is no dataset ${name}`)
    return dataset
  }

  /** Adds a turn; the dataset is made when there is none of this name. @throws {LabProblem} */
  add(name: string, by: string, row: Omit<Row, 'id'>): Row {
    const dataset = this.#records.get(name) ?? {
      name: DatasetName.parse(name),
      persona: row.turn.persona,
      about: '',
      createdAt: this.#now(),
      createdBy: by,
      rows: [],
    }
    if (dataset.persona !== row.turn.persona) throw new LabProblem(`${name} is of ${dataset.persona}, the turn of ${row.turn.persona}`)
    if (dataset.rows.some(({ turn }) => turn.event === row.turn.event)) throw new LabProblem(`this turn is in ${name} already`)
    if (dataset.rows.length >= MOST_ROWS) throw new LabProblem(`${name} has ${MOST_ROWS} rows, which is the most`)
    const added = { ...row, id: randomUUID().slice(0, 8) }
    this.#records.set(name, { ...dataset, rows: [...dataset.rows, added] })
    return added
  }

  /** Changes what is expected of a row. */
  change(name: string, id: string, change: Partial<Pick<Row, 'expected' | 'assertions' | 'note'>>): Row {
    const dataset = this.get(name)
    const row = dataset.rows.find((one) => one.id === id)
    if (!row) throw new LabProblem(`${name} has no row ${id}`)
    const changed = { ...row, ...change }
    this.#records.set(name, { ...dataset, rows: dataset.rows.map((one) => (one === row ? changed : one)) })
    return changed
  }

  removeRow(name: string, id: string): void {
    const dataset = this.get(name)
    this.#records.set(name, { ...dataset, rows: dataset.rows.filter((row) => row.id !== id) })
  }

  /** Puts a whole dataset in, as `export` gave it. */
  put(dataset: Dataset): void {
    this.#records.set(dataset.name, Dataset.parse(dataset))
  }

  remove(name: string): void {
    this.get(name)
    this.#records.delete(name)
  }
}

/** What a row is measured by: its assertions, or else that the answer is the expected one and no guard rule fires. */
export function assertionsOf({ assertions, expected }: Pick<Row, 'assertions' | 'expected'>): Assertion[] {
  if (assertions.length > 0) return assertions
  return [{ type: 'no-guard' }, ...(expected === undefined ? [] : [{ type: 'equals' as const, value: expected }])]
}
