import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { parseYaml } from '../../config/yaml.ts'
import { digestOf } from './catalog.ts'
import { evaluateArithmetic } from './sum.ts'

const Answers = z.strictObject({
  known: z.array(z.strictObject({ asked: z.array(z.string()), answer: z.string() })),
  greetings: z.array(z.string()),
  code: z.string(),
  openers: z.array(z.string()),
  points: z.array(z.string()),
  closers: z.array(z.string()),
})
const answers = parseYaml('answers.yaml', readFileSync(new URL('answers.yaml', import.meta.url), 'utf8'), Answers)

/** What a plausible answer depends on. */
export interface CannedQuestion {
  model: string
  maker: string
  /** The last message. */
  message: string
  /** The answer must be JSON (`format`). */
  format: unknown
}

const GREETING = /^\W{0,3}(hi|hello|hey|hallo|hola|salut|ping|test|testing|yo|good (morning|evening|day))\b[\s\w]{0,16}\W{0,3}$/i
const ECHO =
  /\b(?:say|reply|respond|answer|print|output|repeat|write|return)(?: to me)?(?: back)?(?: with)?(?: exactly| only| just)?(?: the)?(?: (?:single|one))?(?: (?:word|text|following|phrase|string))?(?: exactly| only)?:? ?["'“`]?([A-Za-z0-9][\w .!-]{0,60}?)["'”`]?(?: and nothing else| only)?[.!]?$/i
const CODE = /\b(code|script|function|program|python|javascript|bash|regex|sql)\b/i

/** An answer that a model of this size might give: the same to the same question, made without any model. */
export function cannedAnswer({ model, maker, message, format }: CannedQuestion): string {
  const said = message.slice(0, 2_000).trim()
  if (format !== undefined && format !== null && format !== '') return jsonAnswer(format, said)
  const words = said.toLowerCase()
  const sum = evaluateArithmetic(words)
  if (sum !== undefined) return sum
  if (said === '' || GREETING.test(said)) return pick(answers.greetings, said)
  const known = answers.known.find(({ asked }) => asked.some((part) => words.includes(part)))
  if (known) return known.answer.replace('{model}', familyName(model)).replace('{maker}', maker)
  const echo = said.length < 120 ? ECHO.exec(said)?.[1] : undefined
  if (echo !== undefined) return echo.trim()
  if (CODE.test(said)) return answers.code
  return essay(said)
}

function essay(said: string): string {
  const seed = Number.parseInt(digestOf(said).slice(0, 8), 16)
  const first = seed % answers.points.length
  const points = [0, 1, 2].map((n) => answers.points[(first + n) % answers.points.length])
  const opener = pick(answers.openers, said).replace('{topic}', topicOf(said))
  return `${opener}\n\n${points.map((point, n) => `${n + 1}. ${point}`).join('\n')}\n\n${pick(answers.closers, said)}`
}

/** The longest words of a question, in their order: what it is about. */
function topicOf(said: string): string {
  const words = said.match(/\p{L}[\p{L}\p{N}-]{2,20}/gu)?.slice(0, 60) ?? []
  const longest = [...new Set(words)].sort((a, b) => b.length - a.length).slice(0, 3)
  return words.filter((word, n) => longest.includes(word) && words.indexOf(word) === n).join(' ') || 'this'
}

function pick(from: readonly string[], by: string): string {
  return from[Number.parseInt(digestOf(by).slice(0, 6), 16) % from.length] as string
}

function familyName(model: string): string {
  const name = model.split(':')[0]?.split('/').at(-1) ?? model
  return name.charAt(0).toUpperCase() + name.slice(1)
}

const DEEPEST = 6

/** A value that fits a JSON schema, as a grammar would force it. */
function jsonAnswer(format: unknown, said: string): string {
  if (format === 'json' || typeof format !== 'object') return JSON.stringify({ response: topicOf(said) })
  return JSON.stringify(sample(format as Record<string, unknown>, said, 0))
}

/** A value of a JSON schema; beyond the depth that anybody needs, null. */
export function sample(schema: Record<string, unknown>, said: string, depth: number): unknown {
  if (depth > DEEPEST) return null
  if (Array.isArray(schema.enum) && schema.enum.length > 0)
    return schema.enum.find((one) => said.toLowerCase().includes(String(one).toLowerCase())) ?? schema.enum[0]
  switch (schema.type) {
    case 'object': {
      const properties = Object.entries((schema.properties ?? {}) as Record<string, Record<string, unknown>>).slice(0, 40)
      return Object.fromEntries(properties.map(([name, one]) => [name, sample(one ?? {}, said, depth + 1)]))
    }
    case 'array':
      return [sample((schema.items ?? {}) as Record<string, unknown>, said, depth + 1)]
    case 'integer':
    case 'number':
      return Number(/-?\d{1,9}/.exec(said)?.[0] ?? 1)
    case 'boolean':
      return true
    default:
      return (
        /"([^"]{1,80})"|'([^']{1,80})'/.exec(said)?.slice(1).find(Boolean) ?? /(?<=\s)\p{Lu}\p{L}{2,20}/u.exec(said)?.[0] ?? topicOf(said)
      )
  }
}
