import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { fakeModelServer, shellText } from '../test/llm/fake-model-server.ts'
import { backendEntry, engineOn, llmSettings, shellQuestion } from '../test/llm/setup.ts'
import { percentile } from './bench.ts'

const DELAYS_S = [0, 1, 3, 12]
const QUESTIONS = 100
/** Milliseconds between two questions, so that none waits for the processor. */
const APART_MS = 15
const CACHED = 20_000

/**
 * What the engine adds to a model server that answers after 0, 1, 3 and 12 s: from question to request, and from question to
 * answer less the server's delay. Then answers from the cache, a second. Target: p50 of the overhead ≤ 5 ms.
 */
export async function run(): Promise<Record<string, unknown>> {
  const rows = await Promise.all(DELAYS_S.map(overhead))
  const cachedPerSecond = await cached()
  console.table(rows.map((row) => ({ ...row, cachedPerSecond })))
  return { delays: rows, cachedPerSecond }
}

async function overhead(delayS: number): Promise<Record<string, number>> {
  const arrived = new Map<string, number>()
  await using server = await fakeModelServer({
    script: ({ input }) => {
      arrived.set(/php -r \d+/.exec(input)?.[0] ?? '', performance.now())
      return { text: shellText('1\n2\n3\n'), after: delayS * 1000 }
    },
  })
  const unbounded = { source: 1e9, network: 1e9, session: 1e9, hour: 1e9 }
  const settings = llmSettings({ backends: [backendEntry('ollama', server, QUESTIONS)], deadlineMs: 60_000, budget: unbounded })
  using engine = engineOn(settings)
  await engine.ask(shellQuestion('warm up'))
  const toRequest: number[] = []
  const added: number[] = []
  const asked: Promise<void>[] = []
  for (let i = 0; i < QUESTIONS; i++) {
    asked.push(
      (async () => {
        const started = performance.now()
        const { source } = await engine.ask(shellQuestion(`php -r ${i}`))
        if (source !== 'llm') throw new Error(`question ${i} was answered by ${source}`)
        added.push(performance.now() - started - delayS * 1000)
        toRequest.push((arrived.get(`php -r ${i}`) ?? Number.NaN) - started)
      })(),
    )
    await sleep(APART_MS)
  }
  await Promise.all(asked)
  const rounded = (values: number[], p: number) => Number(percentile(values, p).toFixed(2))
  return {
    delayS,
    toRequestP50: rounded(toRequest, 50),
    toRequestP99: rounded(toRequest, 99),
    addedP50: rounded(added, 50),
    addedP99: rounded(added, 99),
  }
}

async function cached(): Promise<number> {
  await using server = await fakeModelServer({ script: shellText('cached\n'.repeat(40)) })
  using engine = engineOn(llmSettings({ backends: [backendEntry('ollama', server)] }))
  await engine.ask(shellQuestion('php -v'))
  const started = performance.now()
  for (let i = 0; i < CACHED; i++) await engine.ask(shellQuestion('php -v'))
  return Math.round(CACHED / ((performance.now() - started) / 1000))
}
