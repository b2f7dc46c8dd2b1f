/**
 * Fuzzes lures, and beside them the shell of the simulated host (`shell`), its parser (`parser`) and SSH sessions after the
 * login (`ssh-sessions`): `npm run fuzz` all that have seeds, `npm run fuzz -- redis shell` some.
 *
 *   --inputs N    inputs to each port of a lure, 10000 unless said
 *   --minutes N   goes on with new inputs, round after round, until so much time has passed
 *   --seed N      the inputs of an earlier run; each round says its seed before it begins
 *   --trace FILE  writes each input down before it is sent, for a run that dies
 *
 * Exits 1 when a target faults, hangs or grows.
 */
import { openSync, writeSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { lures } from '../../src/lures.ts'
import { type FuzzOptions, type FuzzReport, fuzzLure } from './fuzz-lure.ts'
import { fuzzParser } from './fuzz-parser.ts'
import { fuzzShell } from './fuzz-shell.ts'
import { fuzzSshSessions } from './fuzz-ssh-sessions.ts'
import { optionsOf, seededLures, seedsOf } from './seeds.ts'

const GROWTH_MIB = 32
/** What is fuzzed beside the lures: command lines, the shell's parser, SSH sessions after the login. */
const OTHERS: Readonly<Record<string, (options: FuzzOptions) => Promise<FuzzReport>>> = {
  shell: fuzzShell,
  parser: fuzzParser,
  'ssh-sessions': fuzzSshSessions,
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    inputs: { type: 'string', default: '10000' },
    minutes: { type: 'string', default: '0' },
    seed: { type: 'string' },
    trace: { type: 'string' },
  },
})

const names = positionals.length ? positionals : [...seededLures(), ...Object.keys(OTHERS)]
const known = [...lures.map((lure) => lure.name), ...Object.keys(OTHERS)]
const unknown = names.filter((name) => !known.includes(name))
if (unknown.length) {
  console.error(`there is nothing to fuzz called ${unknown.join(', ')}; there are: ${known.join(', ')}`)
  process.exit(2)
}

async function* fuzz(name: string, options: FuzzOptions): AsyncGenerator<FuzzReport> {
  const other = OTHERS[name]
  if (other) return yield await other(options)
  const lure = lures.find((one) => one.name === name)!
  for (let port = 0; port < Math.max(1, lure.ports.length); port++) {
    const declared = lure.ports[port]
    const seeds = await seedsOf(name, declared && `${declared.transport} ${declared.port}`)
    yield await fuzzLure(lure, seeds, { ...options, options: await optionsOf(name), port })
  }
}

function print({ faults, hanging, deadLetters, ...figures }: FuzzReport): void {
  console.log(JSON.stringify({ ...figures, faults: faults.length, hanging: hanging.length, deadLetters: deadLetters.length }))
  for (const fault of faults) console.log(`  ${fault.stack || fault.message}\n  input ${fault.input}`)
  for (const input of hanging) console.log(`  hanging after ${input}`)
  for (const letter of deadLetters) console.log(`  dead letter ${letter}`)
}

const until = performance.now() + Number(values.minutes) * 60_000
const firstSeed = values.seed === undefined ? Date.now() % 2 ** 32 : Number(values.seed)
const traceFile = values.trace === undefined ? undefined : openSync(values.trace, 'w')
const trace = traceFile === undefined ? {} : { trace: (input: string) => void writeSync(traceFile, `${input}\n`) }
let isBad = false
for (let round = 0; round === 0 || performance.now() < until; round++) {
  for (const name of names) {
    const seed = (firstSeed + round * 10_000) % 2 ** 32
    console.log(`${name}: --seed ${seed}`)
    for await (const report of fuzz(name, { inputs: Number(values.inputs), seed, ...trace })) {
      print(report)
      isBad ||= report.faults.length + report.hanging.length + report.deadLetters.length > 0 || report.growthMiB > GROWTH_MIB
    }
  }
}
process.exit(isBad ? 1 : 0)
