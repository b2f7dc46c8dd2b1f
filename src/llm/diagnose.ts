import { z } from 'zod'
import type { Persona } from '../config/persona.ts'
import type { Backend as BackendSettings, SecondGuard as SecondGuardSettings, Settings } from '../config/schema.ts'
import { readAnswer, wireSchema } from './answer-schema.ts'
import { type Backend, type BackendAnswer, BackendError } from './backend.ts'
import { createBackend } from './backends/create-backend.ts'
import { RULES } from './prompt.ts'
import { type Opinion, readVerdict, verdictRequest } from './second-guard.ts'
import { TokenEstimator } from './tokens.ts'

/** One thing that was looked at. */
export interface Finding {
  ok: boolean
  what: string
  /** What to do about it; empty when all is well. */
  cure: string
}

/** How large a persona's prompts are, to compare with the context window. Sizes in tokens. */
export interface PromptSize {
  persona: string
  promptTokens: number
  maxTokens: number
  contextTokens: number
}

/** State, input and schema as they mostly are, in tokens: they come on top of a persona's prompt text. */
const USUAL_QUESTION_TOKENS = 600

/** The size of a persona's larger prompt. */
export function promptSizeOf({ name, prompts, model }: Persona): PromptSize {
  const estimator = new TokenEstimator()
  const largest = Math.max(...[prompts.shell, prompts.web].map((text) => estimator.estimate(model.name ?? '', RULES + text)))
  return { persona: name, promptTokens: largest + USUAL_QUESTION_TOKENS, maxTokens: model.maxTokens, contextTokens: model.contextTokens }
}

const REACH_MS = 5_000
const QUICK_MS = 1_500
/** A large model's first load from disk. */
const COLD_START_MS = 180_000
/** What most shell answers stay below. */
const USUAL_ANSWER_TOKENS = 150

/**
 * Looks at every model server as an operator would: is it there, has it the model, is its context large enough, how fast is it,
 * does it obey a JSON schema; and at the second guard: is it another model, and does it judge in time.
 *
 * @param options.quick only whether server and model are there; takes at most 1.5 s
 * @returns nothing when the model is switched off
 */
export async function diagnose(
  settings: Settings['llm'],
  options: { quick?: boolean; prompts?: readonly PromptSize[] } = {},
): Promise<Finding[]> {
  if (!settings.enabled) return []
  const { secondGuard } = settings
  const findings = await Promise.all([
    ...settings.backends.map((b) => diagnoseBackend(b, settings, options)),
    ...(secondGuard ? [diagnoseSecondGuard(secondGuard, settings, options)] : []),
  ])
  return findings.flat()
}

async function diagnoseBackend(
  entry: BackendSettings,
  settings: Settings['llm'],
  { quick = false, prompts = [] }: { quick?: boolean; prompts?: readonly PromptSize[] },
): Promise<Finding[]> {
  const backend = createBackend(entry)
  const model = entry.model ?? settings.model
  const name = `${entry.kind} ${entry.url}`
  const findings = await checkPresence(backend, entry, model, name, quick)
  if (quick || findings.some(({ ok }) => !ok)) return findings
  return [
    ...findings,
    ...(await checkContext(backend, name, model, prompts)),
    ...(await checkAnswers(backend, name, model, settings.deadlineMs)),
  ]
}

/** An output that speaks as an assistant, and one that does not. */
const OUT_OF_CHARACTER = JSON.stringify({ stdout: "I'm sorry, but as an AI language model I cannot run this command.\n" })
const IN_CHARACTER = JSON.stringify({ stdout: 'uid=0(root) gid=0(root) groups=0(root)\n' })

/** Without it the rules hold alone, silently: so its absence is only seen here. */
async function diagnoseSecondGuard(
  entry: SecondGuardSettings,
  settings: Settings['llm'],
  { quick = false }: { quick?: boolean },
): Promise<Finding[]> {
  const { model, deadlineMs } = entry
  const backend = createBackend({ ...entry, concurrency: 1 })
  const name = `second guard, ${entry.kind} ${entry.url},`
  if (settings.backends.some((first) => backend.sameModel(first.model ?? settings.model, model))) {
    return [
      {
        ok: false,
        what: `the second guard is ${model}, the model that it is to check`,
        cure: 'set llm.secondGuard.model to another model, or remove llm.secondGuard',
      },
    ]
  }
  const findings = await checkPresence(backend, entry, model, name, quick)
  if (quick || findings.some(({ ok }) => !ok)) return findings
  const judge = (output: string) => backend.generate(verdictRequest(model, output, '30m'), AbortSignal.timeout(COLD_START_MS))
  try {
    const refusal = readVerdict(await judge(OUT_OF_CHARACTER))
    const answer = await judge(IN_CHARACTER)
    return [...findings, ...verdictFindings(name, refusal, readVerdict(answer)), paceOf(name, answer.totalMs, deadlineMs)]
  } catch (error) {
    return [...findings, { ok: false, what: `${name} does not answer: ${wordsOf(error)}`, cure: 'look at the log of the model server' }]
  }
}

function verdictFindings(name: string, refusal: Opinion, output: Opinion): Finding[] {
  const cure = 'choose another llm.secondGuard.model, or remove llm.secondGuard'
  const trouble = refusal.trouble ?? output.trouble
  if (trouble) return [{ ok: false, what: `${name} gives no verdict: ${trouble}`, cure }]
  if (!refusal.rejects) return [{ ok: false, what: `${name} lets an assistant's refusal pass`, cure }]
  if (output.rejects) return [{ ok: false, what: `${name} rejects the ordinary output of a command`, cure }]
  return [{ ok: true, what: `${name} tells a refusal from a command's output`, cure: '' }]
}

function paceOf(name: string, tookMs: number, deadlineMs: number): Finding {
  const what = `${name} judges in ${Math.round(tookMs)} ms`
  if (tookMs <= deadlineMs) return { ok: true, what, cure: '' }
  return {
    ok: false,
    what: `${what} and its deadline is ${deadlineMs} ms: the rules hold alone`,
    cure: 'use a smaller model, or raise llm.secondGuard.deadlineMs',
  }
}

/** Whether server and model are there. */
async function checkPresence(
  backend: Backend,
  entry: Pick<BackendSettings, 'kind' | 'url'>,
  model: string,
  name: string,
  quick: boolean,
): Promise<Finding[]> {
  let models: string[]
  try {
    models = await backend.models(AbortSignal.timeout(quick ? QUICK_MS : REACH_MS))
  } catch (error) {
    return [{ ok: false, what: `${name} cannot be used: ${wordsOf(error)}`, cure: cureOf(error, entry) }]
  }
  const there = models.some((m) => backend.sameModel(m, model))
  // A server of one model often answers to any name, so a wrong name is no trouble as long as there is a model.
  if (!there && (entry.kind === 'ollama' || models.length !== 1)) {
    const has = models.length ? `it has ${models.slice(0, 8).join(', ')}` : 'it has none'
    return [{ ok: false, what: `${name} does not have the model ${model} (${has})`, cure: backend.pullCommand(model) }]
  }
  return [{ ok: true, what: `${name} has the model ${there ? model : models[0]}`, cure: '' }]
}

async function checkContext(backend: Backend, name: string, model: string, prompts: readonly PromptSize[]): Promise<Finding[]> {
  let size: number | undefined
  try {
    size = await backend.contextTokens(model, AbortSignal.timeout(REACH_MS))
  } catch (error) {
    return [{ ok: false, what: `${name} does not tell its context size: ${wordsOf(error)}`, cure: 'look at the log of the model server' }]
  }
  const findings: Finding[] = prompts
    .filter((p) => p.promptTokens + p.maxTokens > p.contextTokens)
    .map((p) => ({
      ok: false,
      what: `prompts of persona ${p.persona} need ${p.promptTokens} tokens and leave no room for ${p.maxTokens} in its context of ${p.contextTokens}`,
      cure: `raise model.contextTokens in its persona.yaml, or shorten its prompt texts`,
    }))
  if (size === undefined) return findings
  const largest = Math.max(0, ...prompts.map((p) => p.contextTokens))
  if (largest <= size) return [...findings, { ok: true, what: `${name} has a context of ${size} tokens`, cure: '' }]
  const cure =
    backend.kind === 'ollama'
      ? `choose a model with a larger context, or lower model.contextTokens of the persona to ${size}`
      : `start the server with a larger context (llama.cpp: --ctx-size, a share of it per slot), or lower model.contextTokens of the persona to ${size}`
  return [...findings, { ok: false, what: `${name} has a context of ${size} tokens and a persona asks for ${largest}`, cure }]
}

const Probe = z.strictObject({ stdout: z.string(), stderr: z.string(), exitCode: z.number().int() })

/** Asks a small question twice: the first loads the model, the second is as fast as answers will be. */
async function checkAnswers(backend: Backend, name: string, model: string, deadlineMs: number): Promise<Finding[]> {
  const started = performance.now()
  try {
    await probe(backend, model)
    const loadedMs = performance.now() - started
    const answer = await probe(backend, model)
    return [...speedFindings(answer, name, loadedMs, deadlineMs), formFinding(answer, name)]
  } catch (error) {
    const cure =
      error instanceof BackendError && error.trouble === 'model-missing'
        ? backend.pullCommand(model)
        : 'look at the log of the model server'
    return [{ ok: false, what: `${name} does not answer: ${wordsOf(error)}`, cure }]
  }
}

function probe(backend: Backend, model: string): Promise<BackendAnswer> {
  const schema = wireSchema(Probe)
  return backend.generate(
    {
      model,
      messages: [
        {
          role: 'system',
          content: `${RULES}\n\nYou are the shell of a Debian server named web01. Answer by this schema: ${JSON.stringify(schema)}`,
        },
        { role: 'user', content: 'The input, as a JSON string:\n<input>\n"lscpu | head -5"\n</input>' },
      ],
      schema,
      temperature: 0,
      maxTokens: 200,
      contextTokens: 2048,
      keepAlive: '30m',
    },
    AbortSignal.timeout(COLD_START_MS),
  )
}

function speedFindings(answer: BackendAnswer, name: string, loadedMs: number, deadlineMs: number): Finding[] {
  const seconds = (answer.totalMs - answer.firstTokenMs) / 1000
  const rate = answer.outputTokens && seconds > 0 ? answer.outputTokens / seconds : undefined
  const speed = rate === undefined ? '' : `, then ${rate.toFixed(1)} tokens/s`
  const what = `${name}: first token after ${Math.round(answer.firstTokenMs)} ms${speed} (first call, with loading: ${(loadedMs / 1000).toFixed(1)} s)`
  const usualMs = answer.firstTokenMs + (rate === undefined ? 0 : (USUAL_ANSWER_TOKENS / rate) * 1000)
  if (usualMs <= deadlineMs) return [{ ok: true, what, cure: '' }]
  return [
    {
      ok: false,
      what: `${what}: an answer of ${USUAL_ANSWER_TOKENS} tokens takes ${(usualMs / 1000).toFixed(1)} s and the deadline is ${deadlineMs / 1000} s`,
      cure: 'use a smaller model or more cores, or raise llm.deadlineMs',
    },
  ]
}

function formFinding(answer: BackendAnswer, name: string): Finding {
  const reading = readAnswer(answer.text, Probe, answer.structured)
  const bound = answer.structured === 'json_schema' ? 'takes a JSON schema' : `takes no JSON schema (${answer.structured})`
  if (!reading.ok) {
    return {
      ok: false,
      what: `${name} ${bound} and its answer cannot be read: ${reading.problem}`,
      cure: 'choose an instruction-tuned model',
    }
  }
  return { ok: true, what: `${name} ${bound}; its answer ${reading.repaired ? 'was readable after repair' : 'was exact'}`, cure: '' }
}

function wordsOf(error: unknown): string {
  if (error instanceof BackendError) return error.trouble === 'cancelled' ? 'no answer in time' : error.message
  return String(error)
}

function cureOf(error: unknown, entry: Pick<BackendSettings, 'kind'>): string {
  const trouble = error instanceof BackendError ? error.trouble : undefined
  if (trouble === 'unauthorised') return 'set apiKey of this backend'
  if (trouble === 'model-missing' || trouble === 'broken') {
    return entry.kind === 'openai'
      ? `check the url: it mostly ends in /v1`
      : `check the url: an Ollama server's has no path (http://127.0.0.1:11434)`
  }
  const start = entry.kind === 'ollama' ? 'start it with: ollama serve' : 'start the model server'
  return `${start}; or correct llm.backends in sundew.yaml (inside a container 127.0.0.1 is the container itself)`
}
