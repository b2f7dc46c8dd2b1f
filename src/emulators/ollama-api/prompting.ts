import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { parseYaml } from '../../config/yaml.ts'
import { evidence } from '../../events/bytes.ts'
import { type Call, textOf } from './call.ts'
import { goJson } from './go-json.ts'
import { tokensOf } from './tokens.ts'

/** One message of a conversation, whichever API it came by. */
export interface Message {
  role: string
  content: string
  /** Pictures, in base64. */
  images: readonly string[]
}

/** A tool as the APIs declare it: `{ type: 'function', function: { name, description, parameters } }`. */
export interface Tool {
  name: string
  description: string
  parameters: Record<string, unknown>
}

/** What one request asks a model for. */
export interface Prompting {
  api: string
  model: string
  system: string
  messages: readonly Message[]
  tools: readonly Tool[]
  format: unknown
  stream: boolean
  think: unknown
  options: Record<string, unknown>
}

const Purposes = z.array(z.strictObject({ purpose: z.string(), words: z.array(z.string()) }))
const purposes = parseYaml('purposes.yaml', readFileSync(new URL('purposes.yaml', import.meta.url), 'utf8'), Purposes)

const MOST_IMAGES = 16
const LOOKED_AT = 8_000
const KEPT = 16 * 1024

/** Writes down who wants model time, and for what. */
export function recordPrompting({ visit, request }: Call, prompting: Prompting): void {
  const { api, model, system, messages, tools, stream, options } = prompting
  const images = messages.flatMap((one) => one.images).slice(0, MOST_IMAGES)
  for (const image of images) {
    const bytes = Buffer.from(image.replace(/^data:[\w/+.-]{0,80};base64,/, ''), 'base64')
    if (bytes.length > 0) visit.capture(bytes, { how: 'prompt-image' })
  }
  const isLong = request.bodyBytes > KEPT
  const conversation = isLong ? visit.capture(request.body, { how: 'prompt' }).sha256 : undefined
  visit.record(
    'ollama-api.prompt',
    {
      api,
      model: evidence(model.slice(0, 512)),
      prompt: evidence(lastMessage(messages).slice(0, KEPT)),
      ...(system === '' ? {} : { system: evidence(system.slice(0, KEPT)) }),
      messages: messages.length,
      tools: tools.slice(0, 100).map(({ name }) => evidence(name.slice(0, 128))),
      images: images.length,
      purpose: purposeOf(prompting),
      ...(conversation ? { conversation } : {}),
      promptTokens: promptTokens(prompting),
      stream,
      ...(Object.keys(options).length > 0 ? { options: evidence(goJson(options).slice(0, 1024)) } : {}),
    },
    ['attack:T1496.004'],
  )
}

/** What the model time is for; `agent` where tools are declared, `probe` where a greeting or nothing is asked. */
function purposeOf({ messages, system, tools }: Prompting): string {
  const last = lastMessage(messages)
  const text = `${last.slice(0, LOOKED_AT)}\n${system.slice(0, LOOKED_AT)}`.toLowerCase()
  const known = purposes.find(({ words }) => words.some((word) => text.includes(word)))
  if (known) return known.purpose
  if (tools.length > 0) return 'agent'
  return last.length < 40 ? 'probe' : 'other'
}

export function lastMessage(messages: readonly Message[]): string {
  return messages.findLast(({ role }) => role === 'user')?.content ?? messages.at(-1)?.content ?? ''
}

/** Tokens that the prompt has, about. */
export function promptTokens({ messages, system, tools }: Prompting): number {
  const text = messages.reduce(
    (sum, { content }) => sum + tokensOf(content),
    tokensOf(system) + (tools.length > 0 ? tokensOf(goJson(tools)) : 0),
  )
  return 10 + text + 4 * messages.length
}

/** Messages of /api/chat and /v1/chat/completions: the content of the latter may be a list of parts. */
export function messagesOf(value: unknown): Message[] {
  if (!Array.isArray(value)) return []
  return value
    .slice(0, 2_000)
    .flatMap((one: unknown) => (typeof one === 'object' && one !== null ? [messageOf(one as Record<string, unknown>)] : []))
}

function messageOf({ role, content, images }: Record<string, unknown>): Message {
  const inline = (Array.isArray(images) ? images : []).filter((one): one is string => typeof one === 'string')
  if (!Array.isArray(content)) return { role: textOf(role), content: textOf(content), images: inline }
  const parts = content.filter((one): one is Record<string, unknown> => typeof one === 'object' && one !== null)
  const urls = parts.flatMap((part) => {
    const url = part.image_url
    return typeof url === 'string' ? [url] : typeof url === 'object' && url !== null ? [textOf((url as Record<string, unknown>).url)] : []
  })
  return {
    role: textOf(role),
    content: parts
      .map((part) => textOf(part.text))
      .join('\n')
      .trim(),
    images: [...inline, ...urls],
  }
}

export function toolsOf(value: unknown): Tool[] {
  if (!Array.isArray(value)) return []
  return value.slice(0, 200).flatMap((one: unknown) => {
    const given = (one as { function?: Record<string, unknown> } | null)?.function
    if (typeof given !== 'object' || given === null) return []
    const parameters = given.parameters
    return [
      {
        name: textOf(given.name),
        description: textOf(given.description),
        parameters: typeof parameters === 'object' && parameters !== null ? (parameters as Record<string, unknown>) : {},
      },
    ]
  })
}
