import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LRUCache } from 'lru-cache'
import type { Persona } from '../../config/persona.ts'
import { versionOf } from '../../config/personas.ts'
import { LabProblem } from '../lab-problem.ts'
import { FROM_FILES, type PromptLibrary } from './library.ts'
import type { Labels, PromptTexts, PromptVersion } from './version.ts'

/** A move of a label holds after this long at most: who floods a port must not make the database be read for each packet. */
const LABELS_MS = 500

/** How the files in prompts/ stand to production. */
export interface FilesState {
  inStep: boolean
  /** Both were changed; a promotion waits until the operator has chosen. */
  conflict: boolean
  /** The version that the files hold, and the one that is played. */
  files: number
  production: number
}

/**
 * Deals each visitor the prompts of a persona. The files in `prompts/` and the label `production` are kept in step: a change of
 * the files is a new version and goes live, a move of the label is written into the files, by a process that may: the confined sensor leaves that to `sundew prompt write`. Where both were changed, production
 * stays as it is and the difference is shown until the operator has chosen.
 */
export class PromptDeck {
  readonly #library: PromptLibrary
  /** The folder of all personas. */
  readonly #folder: string
  readonly #settled = new WeakSet<Persona>()
  readonly #recent = new Map<string, { labels: Labels; readAt: number }>()
  readonly #played = new LRUCache<string, Persona>({ max: 200 })

  constructor(library: PromptLibrary, folder: string) {
    this.#library = library
    this.#folder = folder
  }

  /**
   * The persona as one source meets it: with the prompts of production or, for the canary's share of sources, of the canary. A
   * source meets the same each time it comes, as long as the labels stay.
   */
  play(persona: Persona, sourceIp: string): Persona {
    const labels = this.#recentLabels(persona)
    const isCanary = labels.canary !== undefined && shareOf(persona.name, sourceIp) < labels.canaryShare
    return this.with(persona, isCanary ? (labels.canary as number) : labels.production)
  }

  /** The persona with the prompts of one version. */
  with(persona: Persona, number: number): Persona {
    const key = `${persona.version} ${number}`
    const known = this.#played.get(key)
    // The files' other parts may have been read anew under the same version.
    if (known && known.files === persona.files && known.site === persona.site) return known
    const { shell, web } = this.#library.version(persona.name, number)
    const played = withPrompts(persona, { shell, web })
    this.#library.notePlayed(played.version, persona.name, number)
    this.#played.set(key, played)
    return played
  }

  /** Takes over what the files of a persona say, as it was read from them. */
  settle(persona: Persona): Labels {
    const { name, prompts } = persona
    const known = this.#library.labels(name)
    if (known && this.#settled.has(persona)) return known
    const parent = known?.files
    const found = this.#library.save(persona, {
      ...prompts,
      author: FROM_FILES,
      message: known ? 'changed in prompts/' : 'as shipped in prompts/',
      ...(parent === undefined ? {} : { parent }),
    })
    const isChanged = found.number !== known?.files
    const wasInStep = known !== undefined && known.production === known.files
    if (isChanged) this.#library.setFiles(name, found.number, known && !wasInStep && known.production !== found.number)
    if (isChanged && wasInStep) this.#library.move(name, 'production', found.number, { by: FROM_FILES })
    this.#settled.add(persona)
    return this.#library.labels(name) as Labels
  }

  #recentLabels(persona: Persona): Labels {
    const now = performance.now()
    const recent = this.#recent.get(persona.name)
    if (recent && now - recent.readAt < LABELS_MS && this.#settled.has(persona)) return recent.labels
    const labels = this.settle(persona)
    this.#recent.set(persona.name, { labels, readAt: now })
    return labels
  }

  filesState(persona: string): FilesState | undefined {
    const labels = this.#library.labels(persona)
    return (
      labels && {
        inStep: labels.files === labels.production,
        conflict: labels.conflict === true,
        files: labels.files,
        production: labels.production,
      }
    )
  }

  /**
   * Moves production and writes the version into the files.
   * @param persona as it was last read from its files
   * @param overwrite writes also where the files hold something that production never was in step with
   * @throws {LabProblem} when the files were changed meanwhile
   * @returns false when the files could not be written: production is moved, and they are out of step
   */
  deploy(persona: Persona, version: PromptVersion, by: { by: string; why?: string }, overwrite = false): boolean {
    const labels = this.settle(persona)
    const onDisk = this.#read(persona.name)
    const holds = this.#library.versions(persona.name).find((one) => one.shell === onDisk.shell && one.web === onDisk.web)
    const isChanged = holds?.number !== labels.files || (labels.conflict && labels.files !== version.number)
    if (isChanged && !overwrite) {
      const held = holds ? `version ${holds.number}` : 'a text that is no version yet'
      throw new LabProblem(
        `prompts/${persona.name} holds ${held}, production is version ${labels.production}: promote what the files hold, or overwrite them`,
      )
    }
    this.#library.move(persona.name, 'production', version.number, by)
    return this.#write(persona.name, version)
  }

  /** Writes production into the files. @returns false when they could not be written */
  writeFiles(persona: Persona): boolean {
    return this.#write(persona.name, this.#library.version(persona.name, this.settle(persona).production))
  }

  #read(name: string): PromptTexts {
    const text = (file: string): string => readFileSync(join(this.#folder, name, file), 'utf8')
    return { shell: text('shell.md'), web: text('web.md') }
  }

  #write(name: string, { shell, web, number }: PromptVersion): boolean {
    const held = this.#read(name)
    try {
      // Only what differs: a folder that cannot be written is no trouble while it holds the same.
      if (held.shell !== shell) writeFileSync(join(this.#folder, name, 'shell.md'), shell)
      if (held.web !== web) writeFileSync(join(this.#folder, name, 'web.md'), web)
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : ''
      if (['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'ERR_ACCESS_DENIED'].includes(code)) return false
      throw error
    }
    this.#library.setFiles(name, number)
    return true
  }
}

/** The persona with other prompt texts; its version says so. */
export function withPrompts(persona: Persona, prompts: PromptTexts): Persona {
  return { ...persona, prompts, version: versionOf(persona.digest, prompts) }
}

/** A number between 0 and 1 that a source keeps. */
function shareOf(persona: string, sourceIp: string): number {
  return createHash('sha256').update(`${persona} ${sourceIp}`).digest().readUInt32BE(0) / 2 ** 32
}
