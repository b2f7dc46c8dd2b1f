import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Persona } from '../../config/persona.ts'
import { checkPrompt } from '../../config/personas.ts'
import { ConfigProblem } from '../../config/problem.ts'
import type { PromptGate } from '../../config/prompt-gate.ts'
import { RULES } from '../../llm/prompt.ts'
import { TokenEstimator } from '../../llm/tokens.ts'
import type { StateStore } from '../../store/contract.ts'
import { LabProblem } from '../lab-problem.ts'
import { Records } from '../records.ts'
import { LABELS, type Label, Labels, type PromptTexts, PromptVersion } from './version.ts'

const MOST_MOVES = 200
/** Author of what was found in the prompts folder. */
export const FROM_FILES = 'prompts/'

const Played = z.object({ persona: z.string(), number: z.number() })

/** A version before it is saved. */
export interface Draft extends PromptTexts {
  author: string
  message: string
  /** The version that it was made from. */
  parent?: number
}

/**
 * All versions of all personas' prompts, and the labels that point to them. Deploying moves a label; nothing is ever
 * overwritten. Held in the state store, read at each question: a move made by the command line holds from the next visit on.
 */
export class PromptLibrary {
  readonly #versions: Records<PromptVersion>
  readonly #labels: Records<Labels>
  readonly #played: Records<z.infer<typeof Played>>
  readonly #estimator = new TokenEstimator()
  readonly #now: () => number

  constructor(state: StateStore, now: () => number = Date.now) {
    this.#versions = new Records(state, 'lab-prompts', PromptVersion)
    this.#labels = new Records(state, 'lab-labels', Labels)
    this.#played = new Records(state, 'lab-played', Played)
    this.#now = now
  }

  /** Oldest first. */
  versions(persona: string): PromptVersion[] {
    return this.#versions.list(`${persona} `).sort((a, b) => a.number - b.number)
  }

  /**
   * By number, by label, or by the beginning of an id or of the version that events name.
   * @throws {LabProblem} when there is none
   */
  version(persona: string, reference: string | number): PromptVersion {
    const labels = this.labels(persona)
    const wanted = String(reference).replace(/^@/, '')
    const number = isLabel(wanted) ? labels?.[wanted] : /^\d{1,6}$/.test(wanted) ? Number(wanted) : this.#played.get(wanted)?.number
    const found = this.versions(persona).find((one) => one.number === number || (number === undefined && one.id.startsWith(wanted)))
    if (!found) throw new LabProblem(`${persona} has no version ${wanted} of its prompts`)
    return found
  }

  labels(persona: string): Labels | undefined {
    return this.#labels.get(persona)
  }

  /**
   * Keeps texts as a new version, or gives the version that has them already.
   * @throws {ConfigProblem} when they name a variable that there is not
   * @throws {LabProblem} when a text is empty
   */
  save({ name, facts }: Pick<Persona, 'name' | 'facts'>, draft: Draft): PromptVersion {
    const { shell, web, author, message, parent } = draft
    const problems = [...checkPrompt('shell.md', shell, { facts }), ...checkPrompt('web.md', web, { facts })]
    if (problems.length) throw new ConfigProblem(problems)
    if (shell.trim() === '' || web.trim() === '') throw new LabProblem('a prompt text must not be empty')
    const known = this.versions(name)
    const id = createHash('sha256').update(`${shell}\0${web}`).digest('hex').slice(0, 12)
    const same = known.find((one) => one.id === id)
    if (same) return same
    const version: PromptVersion = {
      persona: name,
      number: (known.at(-1)?.number ?? 0) + 1,
      id,
      shell,
      web,
      author,
      message,
      at: this.#now(),
      ...(parent === undefined ? {} : { parent }),
      tokens: { shell: this.tokens(shell), web: this.tokens(web) },
    }
    this.#versions.set(`${name} ${id}`, version)
    return version
  }

  /** Estimated size of a text with the engine's own rules before it. */
  tokens(text: string): number {
    return this.#estimator.estimate('', `${RULES}\n${text}`)
  }

  /** Points a label to a version; without a number a `staging` or `canary` label is taken away. */
  move(persona: string, label: Label, number: number | undefined, { by, why }: { by: string; why?: string }): Labels {
    const labels = this.#known(persona)
    if (number !== undefined) this.version(persona, number)
    const move = { label, at: this.#now(), by, ...(number === undefined ? {} : { number }), ...(why === undefined ? {} : { why }) }
    const next: Labels = { ...labels, moves: [...labels.moves, move].slice(-MOST_MOVES) }
    if (number !== undefined) next[label] = number
    else if (label === 'production') throw new LabProblem('production must point to a version')
    else delete next[label]
    this.#labels.set(persona, next)
    return next
  }

  /** The version that production pointed to before its last move. @throws {LabProblem} when it was never moved */
  former(persona: string): number {
    const labels = this.#known(persona)
    const before = labels.moves.filter(({ label }) => label === 'production').at(-2)?.number
    if (before === undefined) throw new LabProblem(`production of ${persona} was never moved`)
    return before
  }

  setCanaryShare(persona: string, canaryShare: number): void {
    this.#labels.set(persona, { ...this.#known(persona), canaryShare })
  }

  setGate(persona: string, gate: PromptGate | undefined): void {
    const { gate: _old, ...labels } = this.#known(persona)
    this.#labels.set(persona, gate ? { ...labels, gate } : labels)
  }

  /**
   * Notes what the files of a persona hold now, and where production starts.
   * @param conflict they were changed while production was another version than they held
   */
  setFiles(persona: string, number: number, conflict = false): void {
    const labels = this.#labels.get(persona)
    if (labels) {
      const { conflict: _old, ...rest } = labels
      this.#labels.set(persona, { ...rest, files: number, ...(conflict ? { conflict } : {}) })
    } else {
      const move = { label: 'production' as const, number, at: this.#now(), by: FROM_FILES }
      this.#labels.set(persona, { production: number, files: number, canaryShare: 0.1, moves: [move] })
    }
  }

  /** Notes which prompts a version of a persona is played with; events name that version. */
  notePlayed(personaVersion: string, persona: string, number: number): void {
    if (!this.#played.get(personaVersion)) this.#played.set(personaVersion, { persona, number })
  }

  /** The number of the prompts behind a version that events name. */
  numberOf(personaVersion: string): number | undefined {
    return this.#played.get(personaVersion)?.number
  }

  #known(persona: string): Labels {
    const labels = this.#labels.get(persona)
    if (!labels) throw new LabProblem(`there are no prompts of ${persona} yet`)
    return labels
  }
}

function isLabel(text: string): text is Label {
  return (LABELS as readonly string[]).includes(text)
}
