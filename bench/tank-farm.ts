import { fileURLToPath } from 'node:url'
import type { BenchOptions } from './options.ts'
import { watch } from './plant-watch.ts'

/** The tank farm over five protocols: the mass in all tanks changes by what a ship brings less what trucks take. */
export const run = (options: BenchOptions): Promise<Record<string, unknown>> =>
  watch(
    {
      plant: 'tank-farm',
      persona: 'fuel-terminal',
      prompts: fileURLToPath(new URL('../prompts', import.meta.url)),
      tags: ['STOCK', 'WT100', 'WT300', 'LT101', 'LAH101_SP'],
      written: 'LAH101_SP',
      values: [11, 11.2, 11.1, 10.9],
      unit: 't',
      slack: 0.05,
      balance: ({ STOCK = 0, WT100 = 0, WT300 = 0 }) => ({ in: WT100, out: WT300, held: STOCK }),
    },
    options,
  )
