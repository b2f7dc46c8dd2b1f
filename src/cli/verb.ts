import type { ParseArgsConfig } from 'node:util'

/** 0 done, 1 failed, 2 used wrongly or configured wrongly. */
export type ExitCode = 0 | 1 | 2

export interface Arguments {
  /** Words that are not options. */
  words: string[]
  options: Record<string, string | boolean | undefined>
  json: boolean
  config: string | undefined
  data: string | undefined
}

/** Where a verb writes. */
export interface Output {
  line(text?: string): void
  /** Text without a line end of its own. */
  raw(text: string): void
  error(text: string): void
  /** Width of the terminal, or undefined when the output is a file or pipe. */
  readonly columns: number | undefined
}

/** One command of `sundew`, in a file of its own. */
export interface Verb {
  name: string
  /** One line for `sundew help`. */
  summary: string
  /** Words after the name, e.g. `SESSION`. */
  usage?: string
  examples: readonly string[]
  /** Options besides --json, --config, --data and --help. */
  options?: NonNullable<ParseArgsConfig['options']>
  /** What each option means, by name. */
  about?: Readonly<Record<string, string>>
  run(given: Arguments, output: Output): Promise<ExitCode>
}
