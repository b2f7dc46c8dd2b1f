import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { parseYaml } from '../../config/yaml.ts'
import type { PlantState } from './kind.ts'

const Point = z.strictObject({
  tag: z.string(),
  path: z.string(),
  /** `position`: of a switch, 0 between, 1 open, 2 closed, 3 neither. */
  kind: z.enum(['analog', 'bit', 'count', 'position']),
  unit: z.string().default(''),
  range: z.tuple([z.number(), z.number()]).default([0, 1]),
  writable: z.boolean().default(false),
  /** A bit that a write sets to 0: what is moved by hand is no longer in automatic. */
  hand: z.string().optional(),
  /** Tag of the position that follows this command: it travels, and may be told on its way. */
  moves: z.string().optional(),
  about: z.string(),
})
/** One signal of a plant, whatever protocol shows it. */
export type Point = z.output<typeof Point>

/** Every signal of a kind of plant, in the order of its list. */
export class PointList implements Iterable<Point> {
  readonly all: readonly Point[]
  readonly #byTag: ReadonlyMap<string, Point>

  constructor(all: readonly Point[]) {
    this.all = all
    this.#byTag = new Map(all.map((point) => [point.tag, point]))
  }

  [Symbol.iterator](): Iterator<Point> {
    return this.all[Symbol.iterator]()
  }

  /** The signal of this tag. @throws Error for a tag that the list does not have: a mistake in a table of ours */
  get(tag: string): Point {
    const known = this.#byTag.get(tag)
    if (!known) throw new Error(`the plant has no point "${tag}"`)
    return known
  }

  has(tag: string): boolean {
    return this.#byTag.has(tag)
  }
}

export function readPoints(file: URL): PointList {
  return new PointList(parseYaml(file.pathname, readFileSync(file, 'utf8'), z.array(Point)))
}

export function readPoint(state: PlantState, { path }: Point): number {
  const [holder, key] = holderOf(state, path)
  return holder[key] as number
}

/** What is entered for a value: bits are 0 or 1, numbers are kept within what an operator's panel takes. */
export function enteredAt({ kind, range }: Point, value: number): number {
  const [least, most] = range
  return kind === 'bit' ? Number(value !== 0) : Math.max(least, Math.min(most, Number.isFinite(value) ? value : least))
}

/** Enters a value as an operator's panel would. The value that holds now. */
export function writePoint(state: PlantState, point: Point, value: number): number {
  const entered = enteredAt(point, value)
  const [holder, key] = holderOf(state, point.path)
  holder[key] = entered
  if (point.hand) {
    const [device, auto] = holderOf(state, point.hand)
    device[auto] = 0
  }
  return entered
}

function holderOf(state: PlantState, path: string): [Record<string, unknown>, string] {
  const parts = path.split('.')
  const key = parts.pop() as string
  return [parts.reduce((at, part) => at[part] as Record<string, unknown>, state as unknown as Record<string, unknown>), key]
}
