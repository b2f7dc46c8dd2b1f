import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { hivePrompts, readMembership } from './membership.ts'
import { ConfigProblem, type Problem } from './problem.ts'
import { Settings } from './schema.ts'
import { lineFinder, parseYaml, problemsOf } from './yaml.ts'

/** Settings and where they came from; folders are absolute. */
export interface Loaded {
  settings: Settings
  /** Path of sundew.yaml, absent when there is none and the defaults hold. */
  file: string | undefined
  /** Line of a key path in that file. */
  lineOf: (path: readonly PropertyKey[]) => number | undefined
  /** Keys that variables of the environment have overridden, with their names. */
  overrides?: ReadonlyMap<string, string>
}

/** Settings as the file has them, before they are checked and their defaults and units come in. */
const Raw = z.record(z.string(), z.unknown())
type Raw = z.infer<typeof Raw>

/** Overrides that a container needs: variable → where it goes, and how its text becomes a value. */
export const ENVIRONMENT: Record<string, { key: string; about: string; apply: (raw: Raw, value: string) => void }> = {
  SUNDEW_PROFILE: { key: 'profile', about: 'profile of lures', apply: (s, v) => (s.profile = v) },
  SUNDEW_SENSOR: { key: 'sensor', about: 'name of this sensor', apply: (s, v) => (s.sensor = v) },
  SUNDEW_DATA: { key: 'data', about: 'data folder', apply: (s, v) => (s.data = v) },
  SUNDEW_PERSONA: { key: 'persona', about: 'default persona', apply: (s, v) => (s.persona = v) },
  SUNDEW_LISTEN_HOST: { key: 'listen.host', about: 'address to listen on', apply: (s, v) => (section(s, 'listen').host = v) },
  SUNDEW_LISTEN_OFFSET: { key: 'listen.offset', about: 'added to every port', apply: (s, v) => (section(s, 'listen').offset = number(v)) },
  SUNDEW_LLM_ENABLED: { key: 'llm.enabled', about: 'true or false', apply: (s, v) => (section(s, 'llm').enabled = boolean(v)) },
  SUNDEW_LLM_MODEL: { key: 'llm.model', about: 'model of every backend that names none', apply: (s, v) => (section(s, 'llm').model = v) },
  SUNDEW_LLM_DEADLINE_MS: {
    key: 'llm.deadlineMs',
    about: 'deadline of one answer',
    apply: (s, v) => (section(s, 'llm').deadlineMs = number(v)),
  },
  SUNDEW_OLLAMA_URL: {
    key: 'llm.backends',
    about: 'Ollama servers, separated by commas',
    apply: (s, v) => (section(s, 'llm').backends = urls(v).map((url) => ({ kind: 'ollama', url }))),
  },
  SUNDEW_OPENAI_URL: {
    key: 'llm.backends',
    about: 'OpenAI-compatible servers, separated by commas',
    apply: (s, v) => (section(s, 'llm').backends = urls(v).map((url) => ({ kind: 'openai', url }))),
  },
  SUNDEW_OPENAI_API_KEY: {
    key: 'llm.backends[].apiKey',
    about: 'key for all openai backends',
    apply: (s, v) => {
      for (const b of (section(s, 'llm').backends ?? []) as Record<string, unknown>[]) if (b.kind === 'openai') b.apiKey = v
    },
  },
  SUNDEW_VIRUSTOTAL_KEY: {
    key: 'lookups.virusTotal.key',
    about: 'key for look-ups of hashes by operators',
    apply: (s, v) => {
      const lookups = section(s, 'lookups')
      lookups.virusTotal = { ...(lookups.virusTotal as object), key: v }
    },
  },
  SUNDEW_CONSOLE_ENABLED: { key: 'console.enabled', about: 'true or false', apply: (s, v) => (section(s, 'console').enabled = boolean(v)) },
  SUNDEW_CONSOLE_HOST: { key: 'console.host', about: 'address of the console', apply: (s, v) => (section(s, 'console').host = v) },
  SUNDEW_CONSOLE_PORT: { key: 'console.port', about: 'port of the console', apply: (s, v) => (section(s, 'console').port = number(v)) },
  SUNDEW_STORE_URL: {
    key: 'store.url',
    about: 'PostgreSQL that keeps the events; empty for none',
    // The file may have it in one line.
    apply: (s, v) => (s.store = { ...(typeof s.store === 'object' && s.store), url: v || undefined }),
  },
  SUNDEW_LOG_LEVEL: { key: 'log.level', about: 'trace to silent', apply: (s, v) => (section(s, 'log').level = v) },
}

/** Variables the command line reads itself. */
const OTHER_VARIABLES = new Set(['SUNDEW_CONFIG'])

/**
 * Reads sundew.yaml, applies SUNDEW_* overrides and the command line's `--data`, and checks the whole. A sensor that joined a hive
 * has its name and its personas from there.
 * @throws ConfigProblem
 */
export function loadSettings(given: { config?: string; data?: string; env?: NodeJS.ProcessEnv; cwd?: string } = {}): Loaded {
  const env = given.env ?? process.env
  const cwd = given.cwd ?? process.cwd()
  const named = given.config ?? env.SUNDEW_CONFIG
  const file = resolve(cwd, named ?? 'sundew.yaml')
  if (named && !existsSync(file)) {
    throw new ConfigProblem([
      { file, key: '', what: 'there is no such file', cure: 'correct --config (or SUNDEW_CONFIG), or leave it out to use the defaults' },
    ])
  }
  const present = existsSync(file)
  const text = present ? readFileSync(file, 'utf8') : ''
  // Checked twice on purpose: mistakes of the file are named with their line before overrides blur where a value is from.
  parseYaml(file, text, Settings)
  const { settings, overrides } = override(parseYaml(file, text, Raw), env)
  if (given.data) settings.data = given.data
  const base = present ? dirname(file) : cwd
  settings.data = resolve(given.data || env.SUNDEW_DATA ? cwd : base, settings.data)
  settings.prompts = resolve(base, settings.prompts)
  const membership = readMembership(settings.data)
  if (membership) Object.assign(settings, { sensor: membership.sensor, prompts: hivePrompts(settings.data) })
  return { settings, file: present ? file : undefined, lineOf: lineFinder(text), overrides }
}

function override(raw: Raw, env: NodeJS.ProcessEnv): { settings: Settings; overrides: Map<string, string> } {
  const problems: Problem[] = []
  const applied = new Map<string, string>()
  for (const name of Object.keys(env).sort(listsBeforeKeys)) {
    if (!name.startsWith('SUNDEW_') || OTHER_VARIABLES.has(name)) continue
    const rule = ENVIRONMENT[name]
    if (!rule) {
      problems.push({ file: name, key: '', what: 'no such override', cure: `use one of: ${Object.keys(ENVIRONMENT).join(', ')}` })
      continue
    }
    rule.apply(raw, env[name] ?? '')
    applied.set(rule.key.split('[')[0] as string, name)
  }
  const verdict = Settings.safeParse(raw)
  if (!verdict.success) {
    for (const p of problemsOf('environment', verdict.error.issues)) {
      const variable = [...applied].find(([key]) => p.key.startsWith(key))?.[1]
      problems.push({ ...p, file: variable ?? p.file })
    }
  }
  if (problems.length) throw new ConfigProblem(problems)
  return { settings: verdict.data as Settings, overrides: applied }
}

/** The API key applies to backends that another variable may set, so it comes last. */
function listsBeforeKeys(a: string, b: string): number {
  return Number(a.endsWith('_API_KEY')) - Number(b.endsWith('_API_KEY')) || a.localeCompare(b)
}

function section(settings: Raw, name: string): Raw {
  settings[name] ??= {}
  return settings[name] as Raw
}

function number(text: string): number | string {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
}

function boolean(text: string): boolean | string {
  return text === 'true' || text === '1' ? true : text === 'false' || text === '0' ? false : text
}

function urls(text: string): string[] {
  return text
    .split(',')
    .map((u) => u.trim())
    .filter(Boolean)
}
