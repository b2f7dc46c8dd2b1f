/** A JSON schema as it goes over the wire; see `wireSchema`. */
export type JsonSchema = Record<string, unknown>

/** One call to a model server. */
export interface BackendRequest {
  model: string
  /** The stable prefix first: servers keep what they computed for an equal beginning. */
  messages: readonly { role: 'system' | 'user'; content: string }[]
  schema: JsonSchema
  temperature: number
  /** Most tokens the answer may have. */
  maxTokens: number
  /** Size of the context window that the prompt was made for, in tokens. */
  contextTokens: number
  seed?: number
  /** How long the server keeps the model loaded, as Ollama spells it: `30m`. */
  keepAlive: string
}

export interface BackendAnswer {
  text: string
  /** `length`: the token cap cut it. */
  finish: 'stop' | 'length'
  /** How far the server was bound to the schema. */
  structured: Structured
  promptTokens?: number
  /** Tokens of the prompt that the server had already computed. */
  cachedTokens?: number
  outputTokens?: number
  firstTokenMs: number
  totalMs: number
}

export type Structured = 'json_schema' | 'json_object' | 'none'

/**
 * A model server. It knows its protocol and nothing of deadlines, retries or guards.
 * @see createBackend
 */
export interface Backend {
  readonly kind: 'ollama' | 'openai'
  readonly url: string
  /**
   * Asks and waits for the whole answer. Aborting the signal ends the call on the server too.
   * @param onText told all that was written so far, whenever there is more
   * @throws BackendError
   */
  generate(request: BackendRequest, signal: AbortSignal, onText?: (written: string) => void): Promise<BackendAnswer>
  /**
   * Names of the models that are there.
   * @throws BackendError
   */
  models(signal: AbortSignal): Promise<string[]>
  /**
   * The largest context in tokens that the server gives a model; undefined when it does not tell.
   * @throws BackendError
   */
  contextTokens(model: string, signal: AbortSignal): Promise<number | undefined>
  /** Whether two names mean one model. */
  sameModel(a: string, b: string): boolean
  /** What to type so that a missing model is there. */
  pullCommand(model: string): string
}

export type BackendTrouble =
  /** No connection, or it broke before the answer began. */
  | 'unreachable'
  /** The server lives and does not have the model. */
  | 'model-missing'
  /** 429 or 503: too much to do, or the model is being loaded. */
  | 'busy'
  /** The key is wrong or missing. */
  | 'unauthorised'
  /** The prompt is larger than the context window. */
  | 'context'
  /** Another answer of HTTP 4xx or 5xx. */
  | 'refused'
  /** The answer broke off or is no answer. */
  | 'broken'
  /** More bytes than an answer can have. */
  | 'too-long'
  /** The call was cancelled by our side. */
  | 'cancelled'

/** A failed call, in words for the operator. Never shown to an attacker. */
export class BackendError extends Error {
  readonly trouble: BackendTrouble

  constructor(trouble: BackendTrouble, message: string) {
    super(message)
    this.name = 'BackendError'
    this.trouble = trouble
  }
}

/** Most characters of an answer's text, well above what 8192 tokens can be; a server that ignores the token cap is stopped. */
export const LONGEST_TEXT = 128 * 1024

/** Gathers the pieces of a streamed answer. */
export class StreamedText {
  readonly #started = performance.now()
  readonly #onText: ((written: string) => void) | undefined
  #firstTokenMs: number | undefined
  #text = ''

  constructor(onText?: (written: string) => void) {
    this.#onText = onText
  }

  /** Takes note that the model has begun, be it with thinking. */
  began(): void {
    this.#firstTokenMs ??= performance.now() - this.#started
  }

  /** @throws BackendError `too-long` */
  add(piece: string): void {
    if (piece === '') return
    this.began()
    this.#text += piece
    if (this.#text.length > LONGEST_TEXT) throw new BackendError('too-long', `the model wrote more than ${LONGEST_TEXT} characters`)
    this.#onText?.(this.#text)
  }

  get text(): string {
    return this.#text
  }

  times(): { firstTokenMs: number; totalMs: number } {
    const totalMs = performance.now() - this.#started
    return { firstTokenMs: this.#firstTokenMs ?? totalMs, totalMs }
  }
}
