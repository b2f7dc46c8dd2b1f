/**
 * Fuzzes lures: `npm run fuzz` all that have seeds, `npm run fuzz -- redis ntp` some.
 *
 *   --inputs N   inputs a lure, 10000 unless said
 *   --seed N     the inputs of an earlier run
 *
 * Exits 1 when a lure faults, hangs or grows.
 */
import { parseArgs } from 'node:util'
import { lures } from '../../src/lures.ts'
import { type FuzzReport, fuzzLure } from './fuzz-lure.ts'
import { optionsOf, seededLures, seedsOf } from './seeds.ts'

const GROWTH_MIB = 32

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { inputs: { type: 'string', default: '10000' }, seed: { type: 'string' } },
})

const names = positionals.length ? positionals : seededLures()
const unknown = names.filter((name) => !lures.some((lure) => lure.name === name))
if (unknown.length) {
  console.error(`there is no lure ${unknown.join(', ')}; there are: ${lures.map((lure) => lure.name).join(', ')}`)
  process.exit(2)
}

const reports: FuzzReport[] = []
for (const name of names) {
  const lure = lures.find((one) => one.name === name)!
  const seed = values.seed === undefined ? {} : { seed: Number(values.seed) }
  const report = await fuzzLure(lure, await seedsOf(name), { inputs: Number(values.inputs), options: await optionsOf(name), ...seed })
  reports.push(report)
  const { faults, hanging, deadLetters, ...figures } = report
  console.log(JSON.stringify({ ...figures, faults: faults.length, hanging: hanging.length, deadLetters: deadLetters.length }))
  for (const fault of faults) console.log(`  ${fault.stack || fault.message}\n  input ${fault.input}`)
  for (const input of hanging) console.log(`  hanging after ${input}`)
  for (const letter of deadLetters) console.log(`  dead letter ${letter}`)
}
const bad = reports.filter((r) => r.faults.length || r.hanging.length || r.deadLetters.length || r.growthMiB > GROWTH_MIB)
process.exit(bad.length ? 1 : 0)
