import { RE2JS, RE2JSSyntaxException } from 're2js'
import { z } from 'zod'
import type { Outcome } from '../trial/outcome.ts'

const Pattern = z.string().min(1).max(2000).superRefine(refinePattern)
const Text = z.string().min(1).max(8000)

/** What must hold for an answer. Names as promptfoo has them, where it has them. */
export const Assertion = z.discriminatedUnion('type', [
  /** The same text, blank ends apart. */
  z.strictObject({ type: z.literal('equals'), value: z.string().max(64 * 1024) }),
  z.strictObject({ type: z.literal('contains'), value: Text }),
  z.strictObject({ type: z.literal('not-contains'), value: Text }),
  /** RE2 syntax; its time grows with the text, whatever the expression. */
  z.strictObject({ type: z.literal('regex'), value: Pattern }),
  z.strictObject({ type: z.literal('not-regex'), value: Pattern }),
  z.strictObject({ type: z.literal('is-json') }),
  /** Exit status of a command, or status of a page. */
  z.strictObject({ type: z.literal('exit-code'), value: z.number().int() }),
  /** A command typed afterwards prints this. */
  z.strictObject({ type: z.literal('state-after'), command: Text, value: Pattern }),
  /** Milliseconds to the end of the answer. */
  z.strictObject({ type: z.literal('latency'), value: z.number().positive() }),
  /** Most tokens of the answer. */
  z.strictObject({ type: z.literal('tokens'), value: z.number().int().positive() }),
  /** No guard rule fired on the way. */
  z.strictObject({ type: z.literal('no-guard') }),
  /** A model judges it by these words. */
  z.strictObject({ type: z.literal('llm-rubric'), value: Text }),
])
export type Assertion = z.infer<typeof Assertion>

export const Result = z.object({ type: z.string(), pass: z.boolean(), why: z.string() })
export type Result = z.infer<typeof Result>

/** Asks a model whether an answer keeps to a rubric. */
export type Judge = (input: string, output: string, rubric: string) => Promise<{ pass: boolean; why: string }>

/** Looks at one answer. */
export async function examine(assertion: Assertion, outcome: Outcome, input: string, judge: Judge): Promise<Result> {
  const { type } = assertion
  const { pass, why } = assertion.type === 'llm-rubric' ? await judge(input, wholeOf(outcome), assertion.value) : looked(assertion, outcome)
  return { type, pass, why }
}

/** Commands that the assertions need to look at the state. */
export function commandsAfter(assertions: readonly Assertion[]): string[] {
  return [...new Set(assertions.flatMap((one) => (one.type === 'state-after' ? [one.command] : [])))]
}

/** What the attacker reads: standard output, then standard error. */
export function wholeOf({ output, stderr }: Pick<Outcome, 'output' | 'stderr'>): string {
  return output + stderr
}

function looked(assertion: Exclude<Assertion, { type: 'llm-rubric' }>, outcome: Outcome): { pass: boolean; why: string } {
  const text = wholeOf(outcome)
  switch (assertion.type) {
    case 'equals':
      return told(text.trim() === assertion.value.trim(), 'is the expected text')
    case 'contains':
      return told(text.includes(assertion.value), `contains ${quoted(assertion.value)}`)
    case 'not-contains':
      return told(!text.includes(assertion.value), `does not contain ${quoted(assertion.value)}`)
    case 'regex':
      return told(isFound(assertion.value, text), `matches ${quoted(assertion.value)}`)
    case 'not-regex':
      return told(!isFound(assertion.value, text), `does not match ${quoted(assertion.value)}`)
    case 'is-json':
      return told(isJson(outcome.output), 'is JSON')
    case 'exit-code':
      return told(outcome.exitCode === assertion.value, `exit code ${assertion.value}, was ${outcome.exitCode}`)
    case 'state-after': {
      const seen = outcome.after[assertion.command]
      return told(
        seen !== undefined && isFound(assertion.value, seen),
        `${quoted(assertion.command)} then prints ${quoted(assertion.value)}`,
      )
    }
    case 'latency': {
      const ms = outcome.generation.totalMs ?? 0
      return told(ms <= assertion.value, `within ${assertion.value} ms, took ${ms}`)
    }
    case 'tokens': {
      const tokens = outcome.generation.outputTokens ?? 0
      return told(tokens <= assertion.value, `at most ${assertion.value} tokens, had ${tokens}`)
    }
    case 'no-guard': {
      const fired = outcome.generation.guard ?? []
      return told(fired.length === 0, fired.length ? `no guard rule fires; fired: ${fired.join(', ')}` : 'no guard rule fires')
    }
  }
}

function told(pass: boolean, what: string): { pass: boolean; why: string } {
  return { pass, why: what }
}

function isFound(pattern: string, text: string): boolean {
  return RE2JS.compile(pattern, RE2JS.MULTILINE).matcher(text).find()
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text)
}

function refinePattern(source: string, context: z.RefinementCtx): void {
  try {
    RE2JS.compile(source)
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error
    context.addIssue({ code: 'custom', message: `is no regular expression of RE2: ${error.message}` })
  }
}
