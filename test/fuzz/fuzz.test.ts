import { describe, expect, it } from 'vitest'
import { lures } from '../../src/lures.ts'
import { fuzzLure } from './fuzz-lure.ts'
import { optionsOf, seededLures, seedsOf } from './seeds.ts'

/** Inputs a lure in every test run; `npm run fuzz` sends ten thousand. */
const INPUTS = Number(process.env.FUZZ_INPUTS ?? 400)

describe.each(seededLures())('%s under random and mutated bytes', (name) => {
  it('neither faults nor hangs nor grows', { timeout: 120_000 }, async () => {
    const lure = lures.find((one) => one.name === name)
    expect(lure, `seeds for "${name}", which is no lure`).toBeDefined()
    const report = await fuzzLure(lure!, await seedsOf(name), { inputs: INPUTS, options: await optionsOf(name) })
    expect(report, `seed ${report.seed}`).toMatchObject({ faults: [], hanging: [], deadLetters: [] })
    expect(report.growthMiB, `seed ${report.seed}`).toBeLessThan(32)
  })
})
