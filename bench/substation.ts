import { fileURLToPath } from 'node:url'
import type { BenchOptions } from './options.ts'
import { watch } from './plant-watch.ts'

/** The substation over five protocols: what the lines bring goes out over the feeders, to its own supply, or into losses. */
export const run = (options: BenchOptions): Promise<Record<string, unknown>> =>
  watch(
    {
      plant: 'substation',
      persona: 'substation-gateway',
      prompts: fileURLToPath(new URL('../prompts', import.meta.url)),
      tags: ['MA_U', 'P_IN', 'P_OUT', 'P_OWN', 'P_LOSS', 'T1_U_SP'],
      written: 'T1_U_SP',
      values: [14.1, 14.3, 14.2, 14],
      unit: 'MWh',
      slack: 0.00001,
      balance: ({ P_IN = 0, P_OUT = 0, P_OWN = 0, P_LOSS = 0 }) => ({ in: P_IN, out: P_OUT + P_OWN + P_LOSS, held: 0 }),
    },
    options,
  )
