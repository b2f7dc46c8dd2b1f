import { parseArgs } from 'node:util'
import { ConfigProblem } from '../config/problem.ts'
import type { Arguments, ExitCode, Output, Verb } from './verb.ts'

const COMMON = {
  json: { type: 'boolean' },
  config: { type: 'string' },
  data: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

/** Verbs by name, each loaded when it is needed. */
export type VerbTable = Readonly<Record<string, () => Promise<Verb>>>

/** Runs one command line. Every mistake of the caller ends in one explained line and exit code 2. */
export async function runCommandLine(argv: readonly string[], verbs: VerbTable, output: Output): Promise<ExitCode> {
  const [name, ...rest] = argv
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    return help(verbs, rest[0], output)
  }
  const load = Object.hasOwn(verbs, name) ? verbs[name] : undefined
  if (!load) {
    output.error(`sundew: there is no verb "${name}"; the verbs are: ${Object.keys(verbs).join(', ')}`)
    return 2
  }
  const verb = await load()
  try {
    const parsed = parseArgs({ args: rest, options: { ...COMMON, ...verb.options }, allowPositionals: true })
    if (parsed.values.help) return help(verbs, verb.name, output)
    return await verb.run(argumentsOf(parsed), output)
  } catch (error) {
    return explain(error, verb, output)
  }
}

function argumentsOf({ values, positionals }: { values: Record<string, unknown>; positionals: string[] }): Arguments {
  const { json, config, data, help: _, ...options } = values
  return {
    words: positionals,
    options: options as Arguments['options'],
    json: json === true,
    config: config as string | undefined,
    data: data as string | undefined,
  }
}

function explain(error: unknown, verb: Verb, output: Output): ExitCode {
  if (error instanceof ConfigProblem) {
    output.error(error.message)
    return 2
  }
  if (error instanceof UsageProblem || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS')) {
    output.error(`sundew ${verb.name}: ${(error as Error).message}\nSee: sundew help ${verb.name}`)
    return 2
  }
  output.error(`sundew ${verb.name}: ${error instanceof Error ? error.message : String(error)}`)
  return 1
}

/** The caller's words do not fit the verb. */
export class UsageProblem extends Error {}

async function help(verbs: VerbTable, name: string | undefined, output: Output): Promise<ExitCode> {
  if (name !== undefined && Object.hasOwn(verbs, name)) {
    helpOn(await (verbs[name] as () => Promise<Verb>)(), output)
    return 0
  }
  const all = await Promise.all(Object.values(verbs).map((load) => load()))
  const width = Math.max(...all.map((v) => v.name.length))
  output.line('sundew VERB [options]\n')
  for (const v of all) output.line(`  ${v.name.padEnd(width)}  ${v.summary}`)
  output.line('\nAll verbs take --config FILE, --data FOLDER and --help; lists take --json. More: sundew help VERB')
  return name === undefined ? 0 : 2
}

function helpOn(verb: Verb, output: Output): void {
  output.line(`sundew ${verb.name}${verb.usage ? ` ${verb.usage}` : ''}\n  ${verb.summary}\n`)
  for (const [option, { type }] of Object.entries(verb.options ?? {})) {
    output.line(`  --${option}${type === 'string' ? ' VALUE' : ''}  ${verb.about?.[option] ?? ''}`)
  }
  output.line('Examples:')
  for (const example of verb.examples) output.line(`  ${example}`)
}
