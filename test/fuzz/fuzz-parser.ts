import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { FuzzOptions, FuzzReport } from './fuzz-lure.ts'
import { shellLines } from './fuzz-shell.ts'
import { generator, nextInput } from './mutation.ts'
import type { Parsing } from './parser-child.ts'

/** A text of at most 8 KiB that is not read within this holds up everybody else. */
const PATIENCE_MS = 5000

/** Random and mutated program text for the shell's parser, which cannot be interrupted: so in a child process of the fuzzer. */
export async function fuzzParser({ inputs = 500, seed = Date.now() % 2 ** 32, trace }: FuzzOptions = {}): Promise<FuzzReport> {
  const random = generator(seed)
  const seeds = shellLines()
  const startedAt = performance.now()
  const report: FuzzReport = {
    lure: 'parser',
    seed,
    inputs,
    seconds: 0,
    faults: [],
    hanging: [],
    stallMs: 0,
    growthMiB: 0,
    answeredBytes: 0,
    deadLetters: [],
  }
  let child = start()
  for (let n = 0; n < inputs; n++) {
    const text = nextInput(random, seeds).toString('latin1')
    trace?.(JSON.stringify(text))
    const parsing = await parse(child, text)
    if (parsing === undefined) {
      report.hanging.push(JSON.stringify(text))
      child.kill('SIGKILL')
      child = start()
      continue
    }
    report.stallMs = Math.max(report.stallMs, Math.round(parsing.ms))
    if (parsing.fault && report.faults.length < 10) report.faults.push({ ...parsing.fault, input: JSON.stringify(text) })
  }
  child.kill()
  report.seconds = Number(((performance.now() - startedAt) / 1000).toFixed(1))
  return report
}

function start(): ChildProcess {
  return fork(fileURLToPath(new URL('./parser-child.ts', import.meta.url)))
}

/** Undefined when the child does not come back, or dies. */
function parse(child: ChildProcess, text: string): Promise<Parsing | undefined> {
  return new Promise((resolve) => {
    const settle = (parsing?: Parsing): void => {
      clearTimeout(timer)
      child.removeAllListeners()
      resolve(parsing)
    }
    const timer = setTimeout(settle, PATIENCE_MS)
    child.once('message', (parsing) => settle(parsing as Parsing))
    child.once('exit', () => settle())
    child.send(text)
  })
}
