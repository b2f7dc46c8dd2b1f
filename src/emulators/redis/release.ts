import { readFileSync } from 'node:fs'

/** One command as COMMAND describes it. */
export interface CommandFacts {
  name: string
  /** Words of the whole command, its name included; negative = at least that many. */
  arity: number
  flags: readonly string[]
  /** Positions of the keys: first, last (negative counts from the end), step. */
  keys: readonly [number, number, number]
  categories: readonly string[]
  tips: readonly string[]
  keySpecs: readonly Json[]
  subcommands: ReadonlyMap<string, CommandFacts>
}

export type Json = string | number | Json[] | { [key: string]: Json }

/** What one Redis release says of itself, recorded from a real server of that release. */
export interface Release {
  major: Major
  version: string
  /** CONFIG GET *, in its order. */
  config: Readonly<Record<string, string>>
  /** INFO by section, in its order, as a server shows it that has just started. */
  info: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** `<command> HELP`. */
  help: Readonly<Record<string, readonly string[]>>
  commands: ReadonlyMap<string, CommandFacts>
}

export type Major = 5 | 6 | 7

interface WrittenCommand {
  arity: number
  flags: string
  keys: string
  categories?: string
  tips?: string[]
  keySpecs?: Json[]
  subcommands?: Record<string, WrittenCommand>
}

interface WrittenRelease extends Omit<Release, 'major' | 'version' | 'commands'> {
  commands: Record<string, WrittenCommand>
}

const loaded = new Map<Major, Release>()

/** Reads the facts of a release once. */
export function releaseOf(major: Major): Release {
  const known = loaded.get(major)
  if (known) return known
  const { config, info, help, commands } = readFacts<WrittenRelease>(`redis-${major}.0.json`)
  const version = info.Server?.redis_version ?? ''
  const release = { major, version, config, info, help, commands: commandsOf(commands) }
  loaded.set(major, release)
  return release
}

let docs: Record<string, Json> | undefined

/** COMMAND DOCS, which redis-cli 7 asks for when it starts. Large and rarely asked, so read when it is. */
export function commandDocs(): Record<string, Json> {
  docs ??= readFacts<Record<string, Json>>('command-docs-7.0.json')
  return docs
}

function readFacts<T>(file: string): T {
  return JSON.parse(readFileSync(new URL(`./facts/${file}`, import.meta.url), 'utf8')) as T
}

function commandsOf(written: Record<string, WrittenCommand>): Map<string, CommandFacts> {
  return new Map(
    Object.entries(written).map(([name, { arity, flags, keys, categories, tips = [], keySpecs = [], subcommands = {} }]) => {
      const [first = 0, last = 0, step = 0] = keys.split(' ').map(Number)
      const facts: CommandFacts = {
        name,
        arity,
        flags: words(flags),
        keys: [first, last, step],
        categories: words(categories ?? ''),
        tips,
        keySpecs,
        subcommands: commandsOf(subcommands),
      }
      return [name, facts]
    }),
  )
}

function words(text: string): string[] {
  return text ? text.split(' ') : []
}
