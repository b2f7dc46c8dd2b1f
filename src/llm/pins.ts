import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { StateStore } from '../store/contract.ts'
import type { Question, QuestionFacts } from './question.ts'

/** Where pins lie in the state store. */
export const PIN_SCOPE = 'llm-pins'

const PinVersion = z.object({
  version: z.number().int().positive(),
  /** UTC milliseconds. */
  at: z.number(),
  /** The answer in the form of its question; absent = the pin was removed. Texts in it may use `{{hostname}}` and so on. */
  answer: z.unknown().optional(),
  note: z.string().optional(),
  /** The turn that the answer was corrected from. */
  from: z.object({ session: z.string(), event: z.string() }).optional(),
})

export const PinRecord = z.object({
  /** Name of the persona, or `*` for all. */
  persona: z.string(),
  kind: z.string(),
  /** The question, as `Question.key` spells it. */
  key: z.string(),
  versions: z.array(PinVersion),
})
export type PinRecord = z.infer<typeof PinRecord>

/** A pin in force. */
export interface Pin extends Pick<PinRecord, 'persona' | 'kind' | 'key'> {
  id: string
  version: number
  at: number
  answer: unknown
  note?: string
  from?: { session: string; event: string }
}

/** Versions of one pin that are kept. */
const MOST_VERSIONS = 50

/**
 * Answers that the operator has put right: they win over cache and model. Read from the state store at each question, so what
 * another process pins holds from then on.
 */
export class Pins {
  readonly #state: StateStore
  readonly #now: () => number

  constructor(state: StateStore, now: () => number = Date.now) {
    this.#state = state
    this.#now = now
  }

  /** Pins an answer, as a new version where the question has a pin already. */
  put(pin: { persona: string; kind: string; key: string; answer: unknown; note?: string; from?: { session: string; event: string } }): Pin {
    const { persona, kind, key, ...content } = pin
    const id = pinId(persona, kind, key)
    this.#append(id, { persona, kind, key }, content)
    return this.get(id) as Pin
  }

  /** Takes a pin out of force; its versions stay readable. */
  remove(id: string): boolean {
    const record = this.#read(id)
    if (!record || !inForce(id, record)) return false
    this.#append(id, record, {})
    return true
  }

  get(id: string): Pin | undefined {
    const record = this.#read(id)
    return record && inForce(id, record)
  }

  /** All versions of a pin, oldest first, the removals too. */
  history(id: string): PinRecord['versions'] {
    return this.#read(id)?.versions ?? []
  }

  list(): Pin[] {
    const pins: Pin[] = []
    for (const { key: id, value } of this.#state.entries(PIN_SCOPE)) {
      const pin = inForce(id, PinRecord.parse(JSON.parse(value.toString('utf8'))))
      if (pin) pins.push(pin)
    }
    return pins.sort((a, b) => b.at - a.at)
  }

  /**
   * The pinned answer to a question with its variables filled in; the persona's own pin before one for all.
   * @returns undefined when there is none, or it is not of the asked form
   */
  find<A>(question: Question<A>): { pin: Pin; value: A } | undefined {
    for (const persona of [question.persona.name, '*']) {
      const pin = this.get(pinId(persona, question.kind, question.key))
      if (!pin) continue
      const verdict = question.schema.safeParse(filledIn(pin.answer, variablesOf(question)))
      if (verdict.success) return { pin, value: verdict.data }
    }
    return undefined
  }

  #read(id: string): PinRecord | undefined {
    const bytes = this.#state.get(PIN_SCOPE, id)
    return bytes && PinRecord.parse(JSON.parse(bytes.toString('utf8')))
  }

  #append(id: string, of: Pick<PinRecord, 'persona' | 'kind' | 'key'>, content: Omit<z.infer<typeof PinVersion>, 'version' | 'at'>): void {
    const versions = this.#read(id)?.versions ?? []
    const version = (versions.at(-1)?.version ?? 0) + 1
    const record: PinRecord = {
      persona: of.persona,
      kind: of.kind,
      key: of.key,
      versions: [...versions, { version, at: this.#now(), ...content }].slice(-MOST_VERSIONS),
    }
    this.#state.set(PIN_SCOPE, id, JSON.stringify(record))
  }
}

function pinId(persona: string, kind: string, key: string): string {
  return createHash('sha256')
    .update(JSON.stringify([persona, kind, key]))
    .digest('hex')
    .slice(0, 16)
}

function inForce(id: string, record: PinRecord): Pin | undefined {
  const last = record.versions.at(-1)
  if (last?.answer === undefined) return undefined
  const { persona, kind, key } = record
  return { id, persona, kind, key, ...last, answer: last.answer }
}

/** Variables that a pinned answer may use. */
function variablesOf(question: QuestionFacts): Record<string, string> {
  const { persona, asker } = question
  return {
    hostname: persona.hostname,
    domain: persona.domain,
    os: persona.os.name,
    kernel: persona.os.kernel.release,
    machine: persona.os.kernel.machine,
    ip: asker.ip,
    input: question.input,
    ...question.variables,
  }
}

/** Fills variables in once: what a value brings along is not looked at again. Unknown ones stay as they are. */
function filledIn(value: unknown, variables: Record<string, string>): unknown {
  if (typeof value === 'string')
    return value.replace(/\{\{([a-z_.]{1,40})\}\}/g, (mark, name: string) =>
      Object.hasOwn(variables, name) ? (variables[name] as string) : mark,
    )
  if (Array.isArray(value)) return value.map((v) => filledIn(v, variables))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, filledIn(v, variables)]))
}
