import { fileURLToPath } from 'node:url'
import { waterWorks } from '../src/host/plant/water-works/index.ts'
import type { BenchOptions } from './options.ts'
import { watch } from './plant-watch.ts'

/** The water works over five protocols: the tank's volume changes by what the pumps bring less what the town takes. */
export const run = (options: BenchOptions): Promise<Record<string, unknown>> =>
  watch(
    {
      plant: 'water-works',
      persona: 'plain',
      prompts: fileURLToPath(new URL('../test/fixtures/prompts', import.meta.url)),
      tags: ['LT101', 'FT101', 'FT201', 'PC201_SP'],
      written: 'PC201_SP',
      values: [4.6, 4.9, 4.75, 5],
      unit: 'm3',
      slack: 0.05,
      balance: ({ LT101 = 0, FT101 = 0, FT201 = 0 }, identity) => ({
        in: FT101,
        out: FT201,
        held: LT101 * waterWorks.open(identity).design.tankArea,
      }),
    },
    options,
  )
