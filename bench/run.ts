import { readdirSync } from 'node:fs'
import { type BenchOptions, readOptions } from './options.ts'

/**
 * Runs benchmarks: `npm run bench` all of them, `npm run bench -- events-stored` some. Each prints a table and one line of
 * JSON `{"bench": name, …figures}`. Those that ask a real model take `--url http://127.0.0.1:8080/v1 --model NAME` (Ollama: `http://127.0.0.1:11434`);
 * `peers` takes `--peers FILE`; `peers`, `faults`, `hive-partition` and `session-isolation` take `--only TEXT`; `water-works`, `substation`
 * and `tank-farm` take `--minutes N`;
 * `console-queries` takes `--events N` and `--data FOLDER`; `abuse` and `web-answers` take `--lure NAME`, once or more often.
 */
const known = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && !['run.ts', 'bench.ts', 'options.ts', 'plant-watch.ts', 'bot-families.ts'].includes(file))
  .map((file) => file.slice(0, -3))
const { names: wanted, options } = readOptions(process.argv.slice(2))
const unknown = wanted.filter((name) => !known.includes(name))
if (unknown.length) {
  console.error(`there is no benchmark ${unknown.join(', ')}; there are: ${known.join(', ')}`)
  process.exit(2)
}
for (const name of wanted.length ? wanted : known) {
  console.log(`\n# ${name}`)
  const { run } = (await import(`./${name}.ts`)) as { run: (options: BenchOptions) => Promise<Record<string, unknown>> }
  console.log(JSON.stringify({ bench: name, ...(await run(options)) }))
}
