/** What a rule may know of the question whose answer it looks at. */
export interface GuardContext {
  kind: string
  /** What the attacker sent. */
  input: string
  /** Persona text and state: what the answer may speak of. */
  known: string
  /** The system's own rules and the persona's orders, which must not show up in an answer. */
  orders: string
  canary: string
  /** The text that the model's answer ended in the middle of. */
  cut: Field | undefined
}

/** Which text of an answer a rule looks at: `stdout`, `body`, `headers.0.value`. */
export type Field = string

/**
 * One rule about texts of an answer.
 * `examine` returns the same text when it is fine, another when it could be repaired, undefined when nothing saves it.
 */
export interface TextRule {
  name: string
  /** Kinds of question it holds for; absent = all. */
  kinds?: readonly string[]
  /** Kinds of question it does not hold for: a played language model may say what it is, and refuse. */
  notFor?: readonly string[]
  /** Whether it looks at this field; absent = at all. */
  looksAt?: (field: Field) => boolean
  examine(text: string, context: GuardContext, field: Field): string | undefined
}

/** One rule about an answer as a whole; same convention as {@link TextRule}. */
export interface AnswerRule {
  name: string
  kinds?: readonly string[]
  examine(answer: unknown, context: GuardContext): unknown
}

/** The texts that reach a terminal or page, as against paths and names in operations. */
export function isOutput(field: Field): boolean {
  return field === 'stdout' || field === 'stderr' || field === 'output' || field === 'body'
}
