import { createReadStream, createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'
import { loadSettings } from '../../config/load.ts'
import type { Settings } from '../../config/schema.ts'
import { Generation } from '../../events/schema.ts'
import { AnswerCache } from '../../llm/cache.ts'
import { RunningFile } from '../../running-file.ts'
import { openStateStore } from '../../store/state.ts'
import { UsageProblem } from '../cli.ts'
import { humanBytes } from '../duration.ts'
import { jsonLine } from '../json-line.ts'
import type { ExitCode, Output, Verb } from '../verb.ts'

/** One line of a warm pack. */
const Packed = z.object({ key: z.string().length(64), value: z.unknown(), generation: Generation, storedAt: z.number() })

export const cache: Verb = {
  name: 'cache',
  summary: 'answers that the model need not give again: figures, warm packs, purge',
  usage: 'stats | export FILE | import FILE | purge',
  examples: ['sundew cache stats', 'sundew cache export warm.jsonl', 'sundew cache import warm.jsonl', 'sundew cache purge'],
  async run(given, output) {
    const [what, file] = given.words
    const { settings } = loadSettings(given)
    if (what === 'stats') return stats(settings, given.json, output)
    const state = openStateStore(settings.data)
    try {
      const answers = new AnswerCache(settings.llm.cache, state)
      switch (what) {
        case 'export':
          output.line(`${await exportTo(answers, named(file))} answers written to ${file}`)
          return 0
        case 'import':
          output.line(`${answers.import(await packOf(named(file)))} answers taken from ${file}`)
          return 0
        case 'purge':
          answers.purge()
          output.line('the cache is empty; a running sensor still has its recent answers in memory until it restarts')
          return 0
        default:
          throw new UsageProblem('say stats, export FILE, import FILE or purge')
      }
    } finally {
      state.close()
    }
  },
}

/** The running sensor knows hits and misses; without one there is what lies on disk. */
function stats(settings: Settings, json: boolean, output: Output): ExitCode {
  const state = openStateStore(settings.data)
  const entries = [...new AnswerCache(settings.llm.cache, state).export()]
  state.close()
  const onDisk = { entries: entries.length, bytes: entries.reduce((sum, e) => sum + JSON.stringify(e.value).length, 0) }
  const live = RunningFile.read(settings.data)?.engine.cache
  if (json) output.line(jsonLine({ onDisk, live: live ?? null }))
  else {
    output.line(`on disk   ${onDisk.entries} answers, ${humanBytes(onDisk.bytes)}`)
    if (live)
      output.line(
        `running   ${live.hits} hits, ${live.misses} misses, ${live.wrongHits} wrong hits, ${humanBytes(live.memoryBytes)} in memory`,
      )
    else output.line('running   no sensor on this data folder: no hits or misses to show')
  }
  return 0
}

function named(file: string | undefined): string {
  if (!file) throw new UsageProblem('which FILE?')
  return file
}

async function exportTo(answers: AnswerCache, file: string): Promise<number> {
  let n = 0
  const lines = function* (): Iterable<string> {
    for (const entry of answers.export()) {
      n++
      yield `${JSON.stringify(entry)}\n`
    }
  }
  await pipeline(Readable.from(lines()), createWriteStream(file, { mode: 0o600 }))
  return n
}

/** @throws with the line number when a line is no packed answer */
async function packOf(file: string): Promise<z.infer<typeof Packed>[]> {
  const pack: z.infer<typeof Packed>[] = []
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() === '') continue
    pack.push(packed(line, `${file}:${pack.length + 1}`))
  }
  return pack
}

function packed(line: string, where: string): z.infer<typeof Packed> {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    throw new UsageProblem(`${where}: is not JSON; give a file that "sundew cache export" wrote`)
  }
  const verdict = Packed.safeParse(value)
  if (!verdict.success) throw new UsageProblem(`${where}: is no cached answer; give a file that "sundew cache export" wrote`)
  return verdict.data
}
