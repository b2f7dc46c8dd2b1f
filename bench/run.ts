import { readdirSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { BenchOptions } from './bench.ts'

/**
 * Runs benchmarks: `npm run bench` all of them, `npm run bench -- events-stored` some. Each prints a table and one line of
 * JSON `{"bench": name, …figures}`.
 *
 *   --peer HOST:PORT   a server that `ssh-peers` measures beside ours; may be given again
 */
const known = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && !['run.ts', 'bench.ts'].includes(file))
  .map((file) => file.slice(0, -3))
const { values, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: { peer: { type: 'string', multiple: true, default: [] } },
})
const options: BenchOptions = { peers: values.peer }
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
