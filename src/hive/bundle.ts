import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { z } from 'zod'
import type { Identity } from '../config/identity.ts'
import { listPersonas, loadPersona } from '../config/personas.ts'
import { Generation } from '../events/schema.ts'
import { Labels, PromptVersion } from '../lab/prompts/version.ts'
import { CACHE_SCOPE } from '../llm/cache.ts'
import { PIN_SCOPE, PinRecord } from '../llm/pins.ts'
import type { StateStore } from '../store/contract.ts'

/** Unpacked. */
const MOST_BYTES = 64 * 1024 * 1024
/** Of the answers, the newest: a warm pack. */
const MOST_ANSWERS = 5_000

/** Parts of the state store that travel, and what each record must be. */
const SCOPES: Readonly<Record<string, z.ZodType>> = {
  [PIN_SCOPE]: PinRecord,
  'lab-prompts': PromptVersion,
  'lab-labels': Labels,
  [CACHE_SCOPE]: z.object({ value: z.unknown(), generation: Generation, storedAt: z.number() }),
}

/** Numbers of versions and what labels point to mean something together only: a sensor's own give way. */
const OWNED = ['lab-prompts', 'lab-labels']

/** A path within a persona's folder. */
const FilePath = z.string().refine((path) => path !== '' && !/^\/|\\|\0/.test(path) && normalize(path) === path && !path.startsWith('..'))

/** What the hive has for every sensor. */
const Bundle = z.object({
  /** Persona → path → bytes in base64. */
  personas: z.record(z.string().regex(/^[a-z0-9][a-z0-9-]*$/), z.record(FilePath, z.base64())),
  /** Scope → key → record. */
  state: z.record(z.string(), z.record(z.string().min(1), z.unknown())),
})

export interface BundlePlaces {
  /** The folder of personas. */
  prompts: string
  state: StateStore
}

/** Everything that travels, packed; equal contents are equal bytes. */
export function packBundle({ prompts, state }: BundlePlaces): { sha256: string; packed: Buffer } {
  const personas = Object.fromEntries(listPersonas(prompts).map((name) => [name, filesOf(join(prompts, name))]))
  const parts = Object.keys(SCOPES).map((scope) => [scope, recordsOf(state, scope)] as const)
  const text = JSON.stringify({ personas, state: Object.fromEntries(parts) })
  return { sha256: hashOf(text), packed: gzipSync(text) }
}

/**
 * Puts what came from the hive in force: pins, prompt versions, labels and answers first, then the files of personas, which are
 * played from the next visit on.
 * @throws when it is not what its hash says, or a part of it does not fit; nothing was changed then
 */
export function applyBundle(packed: Uint8Array, sha256: string, { prompts, state }: BundlePlaces, identity: Identity): void {
  const text = gunzipSync(packed, { maxOutputLength: MOST_BYTES }).toString('utf8')
  if (hashOf(text) !== sha256) throw new Error('what came from the hive is damaged')
  const bundle = Bundle.parse(JSON.parse(text))
  const records = Object.entries(bundle.state).flatMap(([scope, entries]) =>
    Object.entries(entries).map(([key, record]) => ({ scope, key, record: schemaOf(scope).parse(record) })),
  )
  demandPersonas(bundle.personas, prompts, identity)
  for (const scope of OWNED) if (records.some((one) => one.scope === scope)) state.clear(scope)
  for (const { scope, key, record } of records) state.set(scope, key, JSON.stringify(record))
  for (const [name, files] of Object.entries(bundle.personas)) putFiles(join(prompts, name), files)
}

function schemaOf(scope: string): z.ZodType {
  const schema = SCOPES[scope]
  if (!schema) throw new Error(`the hive sends "${scope}", which this version does not know`)
  return schema
}

/** Each persona as it would be read, in a folder of its own beside the one in use. */
function demandPersonas(personas: z.infer<typeof Bundle>['personas'], prompts: string, identity: Identity): void {
  mkdirSync(prompts, { recursive: true, mode: 0o700 })
  const draft = mkdtempSync(`${prompts}.draft-`)
  try {
    for (const [name, files] of Object.entries(personas)) {
      putFiles(join(draft, name), files)
      loadPersona(draft, name, identity)
    }
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

/** Only what differs is written: who watches the folder should see no change where there is none. */
function putFiles(folder: string, files: Readonly<Record<string, string>>): void {
  const present = existsSync(folder) ? filesOf(folder) : {}
  for (const path of Object.keys(present)) if (!(path in files)) rmSync(join(folder, path))
  for (const [path, content] of Object.entries(files)) {
    if (present[path] === content) continue
    mkdirSync(dirname(join(folder, path)), { recursive: true, mode: 0o700 })
    writeFileSync(join(folder, path), Buffer.from(content, 'base64'), { mode: 0o600 })
  }
}

function filesOf(folder: string): Record<string, string> {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort()
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(folder, path)).toString('base64')]))
}

function recordsOf(state: StateStore, scope: string): Record<string, unknown> {
  const entries = [...state.entries(scope)]
  const newest = scope === CACHE_SCOPE ? entries.sort((a, b) => b.updatedAt - a.updatedAt).slice(0, MOST_ANSWERS) : entries
  const sorted = newest.sort((a, b) => (a.key < b.key ? -1 : 1))
  return Object.fromEntries(sorted.map(({ key, value }) => [key, JSON.parse(value.toString('utf8'))]))
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
