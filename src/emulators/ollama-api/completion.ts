import { z } from 'zod'
import type { WebResponse } from '../../http/index.ts'
import type { Question } from '../../llm/question.ts'
import { ApiError, type Call } from './call.ts'
import { cannedAnswer, sample } from './canned.ts'
import { digestOf } from './catalog.ts'
import { goJson } from './go-json.ts'
import { lastMessage, type Prompting, promptTokens, type Tool } from './prompting.ts'
import type { ShelfModel } from './shelf.ts'
import { tokenPieces } from './tokens.ts'

/** A piece of what a model writes. */
export interface Piece {
  thinking?: string
  content?: string
  toolCall?: { name: string; arguments: unknown }
}

/** What a completion took, in nanoseconds and tokens. */
export interface Metrics {
  total_duration: number
  load_duration: number
  prompt_eval_count: number
  prompt_eval_duration: number
  eval_count: number
  eval_duration: number
}

const Generated = z.object({ answer: z.string().min(1).max(12_000) })
type Generated = z.infer<typeof Generated>

/** Bytes a second that a model is read from disk with; a load takes no longer than this many milliseconds. */
const DISK = 2.4e9
const LONGEST_LOAD_MS = 6_000
/** Tokens a second that a prompt is read with. */
const PROMPT_RATE = 1_900
const LONGEST_READ_MS = 8_000
/** A completion ends here, as with num_predict. */
const MOST_TOKENS = 2_048

/** One run of a model: the pieces of its answer at the pace of its size, and the figures of it when it has ended. */
export class Completion {
  readonly #call: Call
  readonly #model: ShelfModel
  readonly #prompting: Prompting
  readonly #startedAt = performance.now()
  readonly #wasLoaded: boolean
  #readAt = 0
  #written = 0
  /** Where the answer came from, for the transcript; the site's answer takes it over. */
  readonly origin: Pick<WebResponse, 'source' | 'generation'> = {}
  doneReason: 'stop' | 'length' = 'stop'

  constructor(call: Call, model: ShelfModel, prompting: Prompting, keepAliveMs: number | undefined) {
    this.#call = call
    this.#model = model
    this.#prompting = prompting
    this.#wasLoaded = call.shelf.load(model, keepAliveMs)
  }

  async *pieces(): AsyncGenerator<Piece> {
    const { visit } = this.#call
    await visit.pause(Math.round(this.#loadMs + this.#promptMs))
    this.#readAt = performance.now()
    const tool = toolCallFor(this.#prompting)
    if (tool) {
      this.#written += tokenPieces(goJson(tool)).length
      yield { toolCall: tool }
      return
    }
    if (this.#thinks) yield* this.#paced(thoughtAbout(lastMessage(this.#prompting.messages)), 'thinking')
    yield* this.#paced(await this.#answer(), 'content')
  }

  get metrics(): Metrics {
    const now = performance.now()
    const read = this.#readAt || now
    return {
      total_duration: nanos(now - this.#startedAt),
      load_duration: nanos(Math.max(this.#loadMs, 18) + ((this.#startedAt * 1000) % 40)),
      prompt_eval_count: promptTokens(this.#prompting),
      prompt_eval_duration: nanos(this.#promptMs + 4),
      eval_count: this.#written + 1,
      eval_duration: nanos(now - read),
    }
  }

  get #thinks(): boolean {
    return this.#model.weights.capabilities.includes('thinking') && this.#prompting.think !== false
  }

  get #loadMs(): number {
    return this.#wasLoaded ? 0 : Math.min(LONGEST_LOAD_MS, (this.#model.weights.size / DISK) * 1000) * this.#slowness
  }

  get #promptMs(): number {
    return Math.min(LONGEST_READ_MS, (promptTokens(this.#prompting) / PROMPT_RATE) * 1000) * this.#slowness
  }

  /** 1 at the pace of the defaults; less where the operator has models write faster. */
  get #slowness(): number {
    return Math.min(1, 62 / this.#call.context.options.tokensPerSecond)
  }

  async *#paced(text: string, kind: 'thinking' | 'content'): AsyncGenerator<Piece> {
    const { options } = this.#call.context
    const rate = options.tokensPerSecond * Math.min(4, Math.max(0.15, 8e9 / this.#model.weights.count))
    const most = mostTokens(this.#prompting.options.num_predict)
    let due = performance.now()
    for (const piece of tokenPieces(text)) {
      if (this.#written >= most) {
        this.doneReason = 'length'
        return
      }
      this.#written++
      due += 1000 / rate
      const wait = due - performance.now()
      if (wait > 1) await this.#call.visit.pause(Math.ceil(wait))
      yield { [kind]: piece }
    }
  }

  async #answer(): Promise<string> {
    const { engine } = this.#call.context
    const { value, source, generation } = await engine.ask(this.#question())
    this.origin.source = source
    this.origin.generation = generation
    return value.answer
  }

  #question(): Question<Generated> {
    const { context, request, visit } = this.#call
    const { system, messages, format } = this.#prompting
    const { name, weights } = this.#model
    const earlier = messages.slice(0, -1).filter(({ role }) => role !== 'system')
    const message = lastMessage(messages)
    return {
      kind: 'chat',
      persona: context.persona,
      schema: Generated,
      instructions: INSTRUCTIONS.replaceAll('{model}', name.slice(0, 128)).replaceAll('{maker}', weights.maker),
      state: system === '' ? '' : `System text that the client gave the model, as a JSON string: ${JSON.stringify(system.slice(0, 4_000))}`,
      history: pairs(earlier),
      input: format ? `${message}\n\n(The answer must be JSON of this format: ${goJson(format).slice(0, 2_000)})` : message,
      key: digestOf(JSON.stringify([name, messages.map(({ role, content }) => [role, content]), format ?? null])),
      share: 'persona',
      asker: { ip: request.source.ip, session: visit.session },
      fallback: () => ({ answer: cannedAnswer({ model: name, maker: weights.maker, message, format }) }),
      signal: visit.signal,
    }
  }
}

const INSTRUCTIONS = [
  'The system is a language model server. The input is the last message of a conversation with its model {model}, made by {maker}.',
  'In "answer" stands what that model replies: in the language of the message, at most 300 words, Markdown where it helps.',
  'The model is general-purpose and answers plainly. It has no access to files, programs, networks or the machine that it runs on.',
].join('\n')

function pairs(messages: Prompting['messages']): { input: string; output: string }[] {
  return messages.flatMap(({ role, content }, n) => {
    const next = messages[n + 1]
    return role === 'user' && next?.role === 'assistant' ? [{ input: content, output: next.content }] : []
  })
}

function nanos(ms: number): number {
  return Math.max(1, Math.round(ms * 1e6))
}

function mostTokens(given: unknown): number {
  return typeof given === 'number' && given > 0 ? Math.min(given, MOST_TOKENS) : MOST_TOKENS
}

function thoughtAbout(message: string): string {
  const about = message.replace(/\s+/g, ' ').slice(0, 80).trim()
  return `Okay, the user wrote "${about}". Let me think about what is being asked here. I should keep the answer clear and to the point.\n`
}

/**
 * The call of a tool that a model would make: of the first tool of which a word stands in the user's last message. After a
 * tool's result the model answers in words.
 */
function toolCallFor({ tools, messages }: Prompting): Piece['toolCall'] {
  const last = messages.at(-1)
  if (last?.role !== 'user' || tools.length === 0) return undefined
  const said = last.content.slice(0, 2_000)
  const words = new Set(said.toLowerCase().match(/\p{L}{4,}/gu) ?? [])
  const wordsOf = ({ name, description }: Tool): string[] =>
    `${name.replace(/[_-]/g, ' ')} ${description}`
      .slice(0, 1_000)
      .toLowerCase()
      .match(/\p{L}{4,}/gu) ?? []
  const tool = tools.find((one) => wordsOf(one).some((word) => words.has(word)))
  return tool && { name: tool.name, arguments: sample({ type: 'object', ...tool.parameters }, said, 0) }
}

/** The model of a request that wants text. @throws ApiError as scheduleRunner does */
export function modelFor(call: Call, name: string, what: 'generate' | 'chat'): ShelfModel {
  const model = call.shelf.find(name)
  if (!model) throw new ApiError(404, `model '${name}' not found`)
  if (!model.weights.capabilities.includes('completion')) throw new ApiError(400, `"${name}" does not support ${what}`)
  return model
}
