import { z } from 'zod'
import { parseLenient } from '../lenient-json.ts'
import type { KnownParts } from '../showing.ts'
import { guard } from './guard.ts'
import { hintsAtLeak } from './leak.ts'
import type { GuardContext } from './rule.ts'

/** Repairs that say the same of a beginning as of the whole. */
const HARMLESS: ReadonlySet<string> = new Set(['terminal-control', 'page-control', 'web-headers', 'content-type'])
/** A text is looked at again when it has grown by this share, so that looking at all beginnings costs a few times the whole. */
const GROWTH = 1 / 8

/** Elements of a page that no sentence goes beyond, so that their end is as good as that of a line. */
const BLOCK_END =
  /<\/(?:article|div|footer|form|h[1-6]|head|header|li|main|nav|ol|p|pre|script|section|select|style|table|tbody|thead|title|tr|ul)>/gi

/**
 * Decides while an answer is being written how much of its main text may be shown already: whole lines (of a page also whole
 * blocks: many are written in one line) that pass every rule, and that no leak can begin in. At the first doubt nothing more is shown before the whole answer was judged.
 */
export class IncrementalGuard {
  readonly #field: string
  readonly #context: Omit<GuardContext, 'cut'>
  #lookAt = 1
  #shown = ''
  #inDoubt = false

  /** @param field the main text: `stdout`, `body` */
  constructor(field: string, context: Omit<GuardContext, 'cut'>) {
    this.#field = field
    this.#context = context
  }

  /**
   * @param written all that the model wrote so far
   * @returns what may be shown now beyond what was before
   */
  next(written: string): { piece: string; known: KnownParts } | undefined {
    if (this.#inDoubt || written.length < this.#lookAt) return undefined
    this.#lookAt = written.length * (1 + GROWTH)
    // Prose, a fence or a thinking trace: where the answer begins is known at its end.
    if (!/^\s*(\{|$)/.test(written)) return this.#doubt()
    const answer = parseLenient(written)?.value ?? {}
    const text = answer[this.#field]
    if (typeof text !== 'string') return undefined
    const lines = text.slice(0, this.#wholeUntil(text))
    if (lines.length <= this.#shown.length) return undefined
    const verdict = guard<Record<string, unknown>>({ ...answer, [this.#field]: lines }, Anything, { ...this.#context, cut: undefined })
    if (!verdict.ok || verdict.fired.some((rule) => !HARMLESS.has(rule)) || hintsAtLeak(lines, this.#context)) return this.#doubt()
    const clean = verdict.value[this.#field]
    if (typeof clean !== 'string' || !clean.startsWith(this.#shown)) return this.#doubt()
    const piece = clean.slice(this.#shown.length)
    this.#shown = clean
    return { piece, known: verdict.value }
  }

  #wholeUntil(text: string): number {
    const lineEnd = text.lastIndexOf('\n') + 1
    if (this.#context.kind !== 'web' || !/^\s*</.test(text)) return lineEnd
    BLOCK_END.lastIndex = lineEnd
    let end = lineEnd
    while (BLOCK_END.test(text)) end = BLOCK_END.lastIndex
    return end
  }

  #doubt(): undefined {
    this.#inDoubt = true
    return undefined
  }
}

const Anything = z.record(z.string(), z.unknown())
