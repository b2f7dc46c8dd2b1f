import type { Logger } from 'pino'
import type { Identity } from '../../config/identity.ts'
import type { Persona } from '../../config/persona.ts'
import type { Settings } from '../../config/schema.ts'
import { webInstructions } from '../../http/site/instructions.ts'
import { GeneratedPage } from '../../http/site/page.ts'
import { canaryOf, createEngine } from '../../llm/engine.ts'
import type { Engine, Question } from '../../llm/question.ts'
import type { StateStore } from '../../store/contract.ts'
import { MemoryState } from './memory-state.ts'
import type { Outcome } from './outcome.ts'
import type { RecordedTurn } from './recorded-turn.ts'
import { Rehearsal } from './rehearsal.ts'

/** Answers of a web session that a question looks back on, and what it sees of each. */
const REMEMBERED_PAGES = 6
const REMEMBERED_OUTPUT = 1_200
const LONGEST_REQUEST = 4_000
/** Nobody waits at the other end: a slow model is measured, not cut off. */
const DEADLINE_MS = 120_000

export interface TrialSetup {
  settings: Settings
  /** Has the sensor's canary: with the same one, a model server knows the beginning of the prompt from the question before. */
  state: Pick<StateStore, 'get' | 'set'>
  identity: Identity
  log: Logger
}

/** How a turn is asked. */
export interface TrialWish {
  turn: RecordedTurn
  /** With the prompts to be tried. */
  persona: Persona
  model: string
  temperature: number
  seed: number
  /** Commands that look at the state when the turn is over. */
  after?: readonly string[]
}

/**
 * Asks a recorded turn once, by the same path as an attacker's question (prompt, backend, guard, retry), with nothing remembered:
 * no pin, no cache, and none of the sensor's budget.
 */
export async function tryTurn(setup: TrialSetup, { turn, persona, model, temperature, seed, after = [] }: TrialWish): Promise<Outcome> {
  const tuned: Persona = { ...persona, model: { ...persona.model, name: model, temperature, seed, deadlineMs: DEADLINE_MS } }
  const engine = trialEngine(setup)
  try {
    if (turn.kind === 'web') return await askPage(engine, turn, tuned)
    return await new Rehearsal(turn, tuned, setup.identity).play(engine, after)
  } finally {
    engine.close()
  }
}

function trialEngine({ settings, state, log }: TrialSetup) {
  const endless = Number.MAX_SAFE_INTEGER
  const { smallModel: _small, ...budget } = settings.llm.budget
  return createEngine({
    settings: {
      ...settings.llm,
      deadlineMs: DEADLINE_MS,
      budget: { ...budget, source: endless, network: endless, session: endless, hour: endless, total: endless, spend: {} },
    },
    state: new MemoryState(),
    canary: canaryOf(state),
    log: log.child({ part: 'lab' }),
  })
}

/** A page is a single question: what came before stands in its history. */
async function askPage(engine: Engine, turn: RecordedTurn, persona: Persona): Promise<Outcome> {
  const history = turn.earlier.slice(-REMEMBERED_PAGES).map(({ input, output }) => ({ input, output: output.slice(0, REMEMBERED_OUTPUT) }))
  const question: Question<GeneratedPage> = {
    kind: 'web',
    persona,
    schema: GeneratedPage,
    instructions: webInstructions(persona, Date.now()),
    state: 'Visitor: not signed in.',
    history,
    input: turn.input.slice(0, LONGEST_REQUEST),
    key: turn.key ?? turn.input,
    share: 'source',
    asker: { ip: '192.0.2.1', session: turn.session },
    fallback: () => ({ status: 404, headers: [], body: '' }),
  }
  const { value, source, generation } = await engine.ask(question)
  return { output: value.body, stderr: '', exitCode: value.status, source, generation, after: {} }
}
