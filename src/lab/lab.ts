import type { Persona } from '../config/persona.ts'
import { checkPrompt } from '../config/personas.ts'
import type { Problem } from '../config/problem.ts'
import type { PromptGate } from '../config/prompt-gate.ts'
import { type Pin, Pins } from '../llm/pins.ts'
import type { EventReader, StateStore } from '../store/contract.ts'
import { readTranscript, type Turn } from '../store/transcript.ts'
import type { Assertion } from './datasets/assertion.ts'
import { Datasets, type Row } from './datasets/dataset.ts'
import { type Experiment, Experiments, standings, type Variant } from './datasets/experiment.ts'
import { modelJudge } from './datasets/judge.ts'
import { beginExperiment, type RunParts, type RunWish, runExperiment } from './datasets/run.ts'
import { LabProblem } from './lab-problem.ts'
import { PromptDeck, withPrompts } from './prompts/deck.ts'
import { PromptLibrary } from './prompts/library.ts'
import type { PromptTexts, PromptVersion } from './prompts/version.ts'
import { checkedAnswer, exampleOf, withExample } from './review/correction.ts'
import { type Opinion, type Review, Reviews } from './review/review.ts'
import type { Outcome } from './trial/outcome.ts'
import { type RecordedTurn, recordedTurn } from './trial/recorded-turn.ts'
import { type TrialSetup, tryTurn } from './trial/trial.ts'

export interface LabSetup extends TrialSetup {
  state: StateStore
  /** A persona as its files say now. @throws {ConfigProblem} when there is none */
  persona(name: string): Persona
  /** @throws {StoreError} while there is nothing to read */
  store(): EventReader
}

/** An experiment that runs in this process. */
export interface Running {
  done: number
  of: number
}

/** How a recorded turn is tried: a saved version or a draft, of a model, at a temperature. */
export interface TryWish {
  prompt?: number
  draft?: PromptTexts
  model?: string
  temperature?: number
  seed?: number
  after?: readonly string[]
}

/** Where transcripts are judged and prompts are made better: reviews, versions, datasets and experiments over one data folder. */
export class Lab {
  readonly reviews: Reviews
  readonly library: PromptLibrary
  readonly deck: PromptDeck
  readonly datasets: Datasets
  readonly experiments: Experiments
  readonly pins: Pins
  /** Experiments under way here, by id. */
  readonly running = new Map<string, Running>()
  readonly #setup: LabSetup

  constructor(setup: LabSetup, deck?: PromptDeck) {
    const { state, settings } = setup
    this.#setup = setup
    this.reviews = new Reviews(state)
    this.library = new PromptLibrary(state)
    this.deck = deck ?? new PromptDeck(this.library, settings.prompts)
    this.datasets = new Datasets(state)
    this.experiments = new Experiments(state)
    this.pins = new Pins(state)
  }

  /** A persona by its files, with its labels known. */
  persona(name: string): Persona {
    const persona = this.#setup.persona(name)
    this.deck.settle(persona)
    return persona
  }

  /** Models that the settings name: what a persona, the backends and the budget use. */
  modelOf({ model }: Persona): string {
    const { llm } = this.#setup.settings
    return model.name ?? llm.backends.find((backend) => backend.model)?.model ?? llm.model
  }

  /** @throws {LabProblem} when the session has no such turn (any more) */
  async turn(session: string, event: string): Promise<{ session: string; turn: Turn }> {
    const summary = await this.#setup.store().session(session)
    const turns = summary ? await readTranscript(this.#setup.store(), summary.session) : []
    const turn = turns.find((one) => one.event === event)
    if (!summary || !turn) throw new LabProblem('there is no such turn (any more)')
    return { session: summary.session, turn }
  }

  /** What one reviewer says of a turn. @throws {LabProblem} when a correction does not fit the turn */
  async judge(session: string, event: string, reviewer: string, opinion: Opinion): Promise<Review> {
    const found = await this.turn(session, event)
    if (opinion.correction === undefined) return this.reviews.put(found.turn, found.session, reviewer, opinion)
    const { answer } = checkedAnswer(found.turn, opinion.correction)
    return this.reviews.put(found.turn, found.session, reviewer, { ...opinion, correction: answer })
  }

  /** Makes a reviewer's correction the answer that the next one gets who asks the same. @throws {LabProblem} */
  async pin(session: string, event: string, reviewer: string): Promise<Pin> {
    const { turn, review } = await this.#corrected(session, event, reviewer)
    const { kind, key, answer } = checkedAnswer(turn, review.correction)
    const persona = turn.generation?.persona ?? '*'
    const note = review.comment === undefined ? {} : { note: review.comment }
    const pin = this.pins.put({ persona, kind, key, answer, from: { session: review.session, event }, ...note })
    this.reviews.note(event, reviewer, { pin: pin.id })
    return pin
  }

  /** Adds a reviewer's correction to the prompt as an example: a new version, made from staging or production, under `staging`. */
  async example(session: string, event: string, reviewer: string): Promise<PromptVersion> {
    const { turn, review } = await this.#corrected(session, event, reviewer)
    const { kind, key, answer } = checkedAnswer(turn, review.correction)
    const persona = this.persona(turn.generation?.persona ?? '')
    const labels = this.library.labels(persona.name)
    const from = this.library.version(persona.name, labels?.staging ?? labels?.production ?? 1)
    const side = kind === 'web' ? 'web' : 'shell'
    const version = this.library.save(persona, {
      shell: from.shell,
      web: from.web,
      [side]: withExample(from[side], exampleOf(key, answer)),
      author: reviewer,
      message: `example from session ${review.session.slice(0, 8)}`,
      parent: from.number,
    })
    this.library.move(persona.name, 'staging', version.number, { by: reviewer })
    this.reviews.note(event, reviewer, { example: version.number })
    return version
  }

  async #corrected(session: string, event: string, reviewer: string): Promise<{ turn: Turn; review: Review }> {
    const { turn } = await this.turn(session, event)
    const review = this.reviews.get(event, reviewer)
    if (review?.correction === undefined) throw new LabProblem('this turn has no correction of yours yet')
    return { turn, review }
  }

  /** What is wrong with texts, by file and line, and how large they are. */
  checkTexts(persona: Persona, { shell, web }: PromptTexts): { problems: Problem[]; tokens: { shell: number; web: number } } {
    const problems = [...checkPrompt('shell.md', shell, persona), ...checkPrompt('web.md', web, persona)]
    const tokens = { shell: this.library.tokens(shell), web: this.library.tokens(web) }
    const { contextTokens, maxTokens } = persona.model
    for (const side of ['shell', 'web'] as const) {
      if (tokens[side] <= contextTokens - maxTokens) continue
      problems.push({
        file: `${side}.md`,
        key: 'model.contextTokens',
        what: `the text has about ${tokens[side]} tokens, the context leaves ${contextTokens - maxTokens}`,
        cure: 'shorten it, or raise model.contextTokens in persona.yaml',
      })
    }
    return { problems, tokens }
  }

  /** Makes a version production, if its gate lets it. @throws {LabProblem} @returns whether prompts/ was written too */
  promote(
    persona: Persona,
    version: PromptVersion,
    by: { by: string; why?: string },
    { overwrite = false, ungated = false } = {},
  ): boolean {
    const refusal = ungated ? undefined : this.refusal(persona.name, version.number)
    if (refusal) throw new LabProblem(refusal)
    return this.deck.deploy(persona, version, by, overwrite)
  }

  /** Moves production back to where it was before its last move; no gate holds up a way back. */
  rollBack(persona: Persona, by: { by: string; why?: string }): { version: PromptVersion; written: boolean } {
    this.deck.settle(persona)
    const version = this.library.version(persona.name, this.library.former(persona.name))
    return { version, written: this.deck.deploy(persona, version, by, true) }
  }

  /** The gate of a persona: that of the settings, else the one that was set here. */
  gate(persona: string): PromptGate | undefined {
    return this.#setup.settings.lab.gates[persona] ?? this.library.labels(persona)?.gate
  }

  /** Sets the gate of a persona, or takes it away. @throws {LabProblem} when the settings have one, or there is no such dataset */
  setGate(persona: string, gate: PromptGate | undefined): void {
    if (this.#setup.settings.lab.gates[persona])
      throw new LabProblem(`the gate of ${persona} stands in sundew.yaml (lab.gates): change it there`)
    if (gate && this.datasets.get(gate.dataset).persona !== persona)
      throw new LabProblem(`the dataset ${gate.dataset} is of another persona`)
    this.library.setGate(persona, gate)
  }

  /** Why the gate of a persona does not let a version through; undefined when it does, or there is no gate. */
  refusal(persona: string, number: number): string | undefined {
    const labels = this.library.labels(persona)
    const gate = this.gate(persona)
    if (!labels || !gate) return undefined
    const { dataset, atLeast, noRegressions } = gate
    const own = this.experiments
      .list()
      .find((one) => one.dataset === dataset && one.endedAt && one.variants.some((v) => v.prompt === number))
    if (!own) return `the gate wants an experiment of version ${number} over the dataset ${dataset}`
    const all = standings(own).filter(({ prompt }) => prompt === number)
    const worst = Math.min(...all.map(({ passed }) => passed))
    if (worst < atLeast) return `the gate wants ${share(atLeast)} of ${dataset}; version ${number} passes ${share(worst)}`
    if (!noRegressions) return undefined
    if (own.variants[0]?.prompt !== labels.production && number !== labels.production)
      return `the gate wants version ${number} compared with production, version ${labels.production}: make that the first of the experiment`
    const regressed = new Set(all.flatMap((one) => one.regressed)).size
    return regressed === 0 ? undefined : `the gate wants no regression; version ${number} fails ${regressed} rows that production passes`
  }

  /** @throws {LabProblem} */
  recorded(session: string, event: string): Promise<RecordedTurn> {
    return recordedTurn(this.#setup.store(), session, event)
  }

  /** Asks a recorded turn again. */
  tryTurn(turn: RecordedTurn, wish: TryWish): Promise<Outcome> {
    const files = this.persona(turn.persona)
    const persona = wish.draft ? withPrompts(files, wish.draft) : this.deck.with(files, wish.prompt ?? this.#production(files))
    return tryTurn(this.#setup, {
      turn,
      persona,
      model: wish.model ?? this.modelOf(files),
      temperature: wish.temperature ?? files.model.temperature,
      seed: wish.seed ?? 1,
      ...(wish.after && { after: wish.after }),
    })
  }

  /** Puts a turn into a dataset; a correction by the same person is what is expected there. */
  async addRow(dataset: string, by: string, from: { session: string; event: string }, assertions: readonly Assertion[] = []): Promise<Row> {
    const turn = await this.recorded(from.session, from.event)
    const correction = this.reviews.get(from.event, by)?.correction
    const expected = correction === undefined ? undefined : textOf(correction)
    return this.datasets.add(dataset, by, { turn, assertions: [...assertions], ...(expected === undefined ? {} : { expected }) })
  }

  /** Starts an experiment; it goes on by itself, and `finished` tells when. @throws {LabProblem} when it has nothing to ask */
  startExperiment(
    wish: Omit<RunWish, 'dataset'> & { dataset: string; judgeModel?: string },
    onCell?: (done: number, of: number) => void,
  ): { experiment: Experiment; finished: Promise<Experiment> } {
    const dataset = this.datasets.get(wish.dataset)
    if (dataset.rows.length === 0) throw new LabProblem(`${dataset.name} has no rows yet`)
    const persona = this.persona(dataset.persona)
    for (const { prompt } of wish.variants) this.library.version(persona.name, prompt)
    const { settings } = this.#setup
    const whole: RunWish = { ...wish, dataset }
    const parts: RunParts = {
      experiments: this.experiments,
      ask: (row, variant, own) => this.tryTurn(row.turn, { ...variant, ...own }),
      promptId: (number) => this.library.version(persona.name, number).id,
      judge: modelJudge(settings.llm, wish.judgeModel ?? this.modelOf(persona)),
      concurrency: settings.llm.backends.reduce((sum, { concurrency }) => sum + concurrency, 0) || 1,
    }
    const experiment = beginExperiment(whole, parts)
    const progress: Running = { done: 0, of: dataset.rows.length * wish.variants.length * wish.repeats }
    this.running.set(experiment.id, progress)
    const finished = runExperiment(experiment, whole, parts, (done, of) => {
      progress.done = done
      onCell?.(done, of)
    }).finally(() => this.running.delete(experiment.id))
    return { experiment, finished }
  }

  /** Variants of a matrix: every prompt with every model at every temperature. */
  matrix(persona: Persona, prompts: readonly number[], models: readonly string[], temperatures: readonly number[]): Variant[] {
    const ofModels = models.length ? models : [this.modelOf(persona)]
    const ofTemperatures = temperatures.length ? temperatures : [persona.model.temperature]
    return prompts.flatMap((prompt) => ofModels.flatMap((model) => ofTemperatures.map((temperature) => ({ prompt, model, temperature }))))
  }

  #production({ name }: Persona): number {
    return this.library.labels(name)?.production ?? 1
  }
}

/** What an attacker would read of an answer. */
function textOf(answer: unknown): string {
  const { stdout, stderr, body } = answer as { stdout?: string; stderr?: string; body?: string }
  return body ?? `${stdout ?? ''}${stderr ?? ''}`
}

function share(part: number): string {
  return `${Math.round(part * 100)} %`
}
