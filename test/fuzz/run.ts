/**
 * Fuzzes lures, and the shell of the simulated host: `npm run fuzz` all that have seeds, `npm run fuzz -- redis shell` some.
 *
 *   --inputs N    inputs a target, 10000 unless said
 *   --minutes N   goes on with new inputs, round after round, until so much time has passed
 *   --seed N      the inputs of an earlier run
 *
 * Exits 1 when a target faults, hangs or grows.
 */
import { parseArgs } from 'node:util'
import { lures } from '../../src/lures.ts'
import { type FuzzOptions, type FuzzReport, fuzzLure } from './fuzz-lure.ts'
import { fuzzShell } from './fuzz-shell.ts'
import { optionsOf, seededLures, seedsOf } from './seeds.ts'

const GROWTH_MIB = 32
const SHELL = 'shell'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { inputs: { type: 'string', default: '10000' }, minutes: { type: 'string', default: '0' }, seed: { type: 'string' } },
})

const names = positionals.length ? positionals : [...seededLures(), SHELL]
const known = [...lures.map((lure) => lure.name), SHELL]
const unknown = names.filter((name) => !known.includes(name))
if (unknown.length) {
  console.error(`there is nothing to fuzz called ${unknown.join(', ')}; there are: ${known.join(', ')}`)
  process.exit(2)
}

async function fuzz(name: string, options: FuzzOptions): Promise<FuzzReport> {
  if (name === SHELL) return fuzzShell(options)
  const lure = lures.find((one) => one.name === name)!
  return fuzzLure(lure, await seedsOf(name), { ...options, options: await optionsOf(name) })
}

function print({ faults, hanging, deadLetters, ...figures }: FuzzReport): void {
  console.log(JSON.stringify({ ...figures, faults: faults.length, hanging: hanging.length, deadLetters: deadLetters.length }))
  for (const fault of faults) console.log(`  ${fault.stack || fault.message}\n  input ${fault.input}`)
  for (const input of hanging) console.log(`  hanging after ${input}`)
  for (const letter of deadLetters) console.log(`  dead letter ${letter}`)
}

const until = performance.now() + Number(values.minutes) * 60_000
let isBad = false
for (let round = 0; round === 0 || performance.now() < until; round++) {
  for (const name of names) {
    const seed = values.seed === undefined ? {} : { seed: Number(values.seed) + round }
    const report = await fuzz(name, { inputs: Number(values.inputs), ...seed })
    print(report)
    isBad ||= report.faults.length + report.hanging.length + report.deadLetters.length > 0 || report.growthMiB > GROWTH_MIB
  }
}
process.exit(isBad ? 1 : 0)
