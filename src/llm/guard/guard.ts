import type { z } from 'zod'
import { cutOff, loop, overlong } from './bounds.ts'
import { identity, modelName, outsideThePlay } from './identity.ts'
import { canary, promptEcho, scaffolding } from './leak.ts'
import { chatter, filler, inventedPrompt, lastNewline, markdownFence, placeholder } from './manner.ts'
import { refusal } from './refusal.ts'
import { repetition, twinStreams } from './repetition.ts'
import type { AnswerRule, GuardContext, TextRule } from './rule.ts'
import { pageControl, terminalControl } from './terminal.ts'
import { contentType, webHeaders } from './web.ts'

/** In the order they look: what could hide something is taken off first, what repairs comes before what rejects for the rest. */
export const TEXT_RULES: readonly TextRule[] = [
  terminalControl,
  pageControl,
  canary,
  markdownFence,
  inventedPrompt,
  loop,
  cutOff,
  overlong,
  promptEcho,
  scaffolding,
  refusal,
  identity,
  modelName,
  outsideThePlay,
  chatter,
  placeholder,
  filler,
  lastNewline,
]

export const ANSWER_RULES: readonly AnswerRule[] = [twinStreams, repetition, webHeaders, contentType]

export type Verdict<A> = { ok: true; value: A /** Rules that repaired something. */; fired: string[] } | { ok: false; fired: string[] }

/**
 * Looks at a generated answer before anybody else does: repairs what can be repaired, rejects the rest. Deterministic; every
 * text of the answer is looked at, wherever it stands.
 */
export function guard<A>(answer: A, schema: z.ZodType<A>, context: GuardContext): Verdict<A> {
  const fired = new Set<string>()
  let value: unknown = answer
  for (const rule of TEXT_RULES) {
    if (!holds(rule, context)) continue
    const examined = overTexts(value, '', (text, field) => {
      if (rule.looksAt && !rule.looksAt(field)) return text
      const seen = rule.examine(text, context, field)
      if (seen !== text) fired.add(rule.name)
      return seen
    })
    if (examined === REJECTED) return { ok: false, fired: [...fired] }
    value = examined
  }
  for (const rule of ANSWER_RULES) {
    if (!holds(rule, context)) continue
    const examined = rule.examine(value, context)
    if (examined !== value) fired.add(rule.name)
    if (examined === undefined) return { ok: false, fired: [...fired] }
    value = examined
  }
  if (fired.size === 0) return { ok: true, value: answer, fired: [] }
  const repaired = schema.safeParse(value)
  return repaired.success ? { ok: true, value: repaired.data, fired: [...fired] } : { ok: false, fired: [...fired, 'schema'] }
}

function holds(rule: { kinds?: readonly string[]; notFor?: readonly string[] }, { kind }: GuardContext): boolean {
  return (!rule.kinds || rule.kinds.includes(kind)) && !rule.notFor?.includes(kind)
}

const REJECTED = Symbol('rejected')

/** Applies a function to every text of a value; keys are the schema's and need no look. */
function overTexts(value: unknown, field: string, examine: (text: string, field: string) => string | undefined): unknown {
  if (typeof value === 'string') return examine(value, field) ?? REJECTED
  if (typeof value !== 'object' || value === null) return value
  const copy: Record<string, unknown> | unknown[] = Array.isArray(value) ? [] : {}
  for (const [key, item] of Object.entries(value)) {
    const examined = overTexts(item, field ? `${field}.${key}` : key, examine)
    if (examined === REJECTED) return REJECTED
    ;(copy as Record<string, unknown>)[key] = examined
  }
  return copy
}
