import { createHash } from 'node:crypto'
import { type FSWatcher, watch } from 'node:fs'
import type { Identity } from './identity.ts'
import type { Persona } from './persona.ts'
import { playedPersona } from './personas.ts'
import { ConfigProblem } from './problem.ts'

export interface PersonaRegistryOptions {
  /** Folder with one sub-folder a persona. */
  folder: string
  /** Personas to read at once, so that a mistake in one of them shows before any port opens. */
  names: Iterable<string>
  identity: Identity
  /** A persona that cannot be used as it now stands on disk; its old version goes on being played. */
  onProblem?: (problem: ConfigProblem) => void
  /** A new version is played from the next visit on. */
  onChange?: (persona: Persona) => void
  /** Quiet time after the last write before files are read again: editors write in several steps. */
  settleMs?: number
}

/**
 * The personas that are played, read again when the operator edits their files. A persona is a value: who holds one, a
 * running session for instance, keeps the version it began with.
 *
 * @example
 * const personas = PersonaRegistry.open({ folder: 'prompts', names: ['debian-web'], identity })
 * personas.get('debian-web').hostname
 */
export class PersonaRegistry {
  readonly #options: PersonaRegistryOptions
  readonly #personas = new Map<string, { persona: Persona; digest: string }>()
  readonly #touched = new Set<string>()
  #watcher: FSWatcher | undefined
  #settling: NodeJS.Timeout | undefined

  private constructor(options: PersonaRegistryOptions) {
    this.#options = options
  }

  /** @throws ConfigProblem with the mistakes of every persona named */
  static open(options: PersonaRegistryOptions): PersonaRegistry {
    const registry = new PersonaRegistry(options)
    const problems = []
    for (const name of options.names) {
      try {
        registry.get(name)
      } catch (error) {
        if (!(error instanceof ConfigProblem)) throw error
        problems.push(...error.problems)
      }
    }
    if (problems.length) throw new ConfigProblem(problems)
    registry.#watch()
    return registry
  }

  /**
   * The version to play now; the same object until the files change.
   * @throws ConfigProblem for a persona that was not named at the start and cannot be read
   */
  get(name: string): Persona {
    return (this.#personas.get(name) ?? this.#load(name)).persona
  }

  close(): void {
    clearTimeout(this.#settling)
    this.#watcher?.close()
  }

  #load(name: string): { persona: Persona; digest: string } {
    const persona = playedPersona(this.#options.folder, name, this.#options.identity)
    const entry = { persona, digest: digestOf(persona) }
    this.#personas.set(name, entry)
    return entry
  }

  #watch(): void {
    const { folder, settleMs = 200 } = this.#options
    this.#watcher = watch(folder, { recursive: true, persistent: false }, (_event, path) => {
      // Some systems do not say which file it was.
      const names = path ? [path.split(/[/\\]/, 1)[0] as string] : [...this.#personas.keys()]
      for (const name of names) this.#touched.add(name)
      clearTimeout(this.#settling)
      this.#settling = setTimeout(() => this.#reload(), settleMs).unref()
    })
    this.#watcher.on('error', (error) => {
      const cure = 'restart to see changes of persona files'
      this.#options.onProblem?.(new ConfigProblem([{ file: folder, key: '', what: `cannot be watched: ${error.message}`, cure }]))
    })
  }

  #reload(): void {
    const names = [...this.#touched].filter((name) => this.#personas.has(name))
    this.#touched.clear()
    for (const name of names) this.#reloadOne(name)
  }

  #reloadOne(name: string): void {
    const before = this.#personas.get(name)?.digest
    try {
      const after = this.#load(name)
      if (after.digest !== before) this.#options.onChange?.(after.persona)
    } catch (error) {
      this.#options.onProblem?.(error instanceof ConfigProblem ? error : unreadable(this.#options.folder, name, error))
    }
  }
}

/** Hash over all that a persona shows, seeds and pages included, so that a touched but equal file is no change. */
function digestOf(persona: Persona): string {
  const hash = createHash('sha256').update(persona.version)
  for (const seeds of [persona.files, persona.site]) {
    for (const path of [...seeds.keys()].sort()) hash.update(`\0${path}\0`).update(seeds.get(path) as Buffer)
  }
  return hash.digest('hex')
}

/** A file that vanished between listing and reading, or that the process may not read. */
function unreadable(folder: string, name: string, error: unknown): ConfigProblem {
  const what = `cannot be read: ${error instanceof Error ? error.message : String(error)}`
  return new ConfigProblem([{ file: `${folder}/${name}`, key: '', what, cure: 'check that the files exist and may be read' }])
}
