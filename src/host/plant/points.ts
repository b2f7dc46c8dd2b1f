import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { parseYaml } from '../../config/yaml.ts'
import type { PlantState } from './state.ts'

const Point = z.strictObject({
  tag: z.string(),
  path: z.string(),
  kind: z.enum(['analog', 'bit', 'count']),
  unit: z.string().default(''),
  range: z.tuple([z.number(), z.number()]).default([0, 1]),
  writable: z.boolean().default(false),
  hand: z.string().optional(),
  about: z.string(),
})
/** One signal of the plant, whatever protocol shows it. */
export type Point = z.output<typeof Point>

/** Every signal, in the order of the list. */
export const points: readonly Point[] = parseYaml(
  'points.yaml',
  readFileSync(new URL('points.yaml', import.meta.url), 'utf8'),
  z.array(Point),
)

const byTag = new Map(points.map((point) => [point.tag, point]))

/** The signal of this tag. @throws Error for a tag that the list does not have: a mistake in a table of ours */
export function point(tag: string): Point {
  const known = byTag.get(tag)
  if (!known) throw new Error(`the plant has no point "${tag}"`)
  return known
}

export function readPoint(state: PlantState, { path }: Point): number {
  const [holder, key] = holderOf(state, path)
  return holder[key] as number
}

/** Enters a value as an operator's panel would: bits are 0 or 1, numbers are kept within what may be entered. The value that holds now. */
export function writePoint(state: PlantState, { path, kind, range, hand }: Point, value: number): number {
  const [least, most] = range
  const entered = kind === 'bit' ? Number(value !== 0) : Math.max(least, Math.min(most, Number.isFinite(value) ? value : least))
  const [holder, key] = holderOf(state, path)
  holder[key] = entered
  if (hand) {
    const [pump, auto] = holderOf(state, hand)
    pump[auto] = 0
  }
  return entered
}

function holderOf(state: PlantState, path: string): [Record<string, unknown>, string] {
  const parts = path.split('.')
  const key = parts.pop() as string
  return [parts.reduce((at, part) => at[part] as Record<string, unknown>, state as unknown as Record<string, unknown>), key]
}
